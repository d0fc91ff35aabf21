//! The figures of the book in a real browser, and what a page carries for them.

use std::fs;

use crate::common::{address_of, course, open_book, static_book, succeeds};

#[test]
#[ignore = "long"]
fn every_recorded_figure_comes_alive() {
    let Some(mut browser) = crate::common::browser("the figures in a browser") else { return };
    let book = open_book();
    browser.arg(course().join("tests/clients/figures.mjs"));
    browser.arg(address_of(&book));
    println!("{}", succeeds(browser));
}

#[test]
fn a_figure_is_text_with_a_link_and_its_data() {
    let files = static_book();
    let page = fs::read_to_string(files.join("05-reply.html")).expect("a page");
    let figure = page.split("id=\"fig-05-reply-echo-3-4\"").nth(1).expect("the figure has its id");
    let figure = figure.split("</figure>").next().expect("a first piece");
    assert!(figure.contains("37 fa 21 3d                 masking-key"), "it is text: {figure}");
    let data = figure.split("class=\"figure-recording\">").nth(1).expect("it has its data");
    let data = data.split("</script>").next().expect("a first piece");
    let data: serde_json::Value = serde_json::from_str(data).expect("the data is JSON");
    assert_eq!(data["events"].as_array().map(Vec::len), Some(2), "only what it shows: {data}");
    assert!(!data["events"][0]["unit"].is_null(), "the frame is here, or came before: {data}");
    assert_eq!(
        page.matches("\"818737fa213d7b9301775e9446\"").count(),
        1,
        "a unit is in a page once"
    );
    assert_eq!(data["printed"][0], "the client says: Li Jing");
    assert!(
        !data["before"]["1"].is_null(),
        "what the client sent before is here, or came before: {data}"
    );
    for shape in ["wide", "upright"] {
        let drawings = page.matches("<figure class=\"drawing\"").count();
        let shapes = page.matches(&format!("<div class=\"shape {shape}\">")).count();
        assert_eq!(shapes, drawings, "each drawing has the shape {shape}");
    }
}
