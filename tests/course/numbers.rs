//! The page *The numbers* says what `bench/run` has measured: every figure is computed here again, and looked for on it.

use std::fs;
use std::ops::RangeInclusive;

use frame_by_frame::chapters::ALL;
use serde_json::Value;

use crate::book::build;
use crate::common::course;

/// The chapters that are measured: from the first echo on, as long as a message costs each of them something else. 17 and 19
/// are 16 if they have neither certificate nor broker, and 18 is a client.
const MEASURED: RangeInclusive<u8> = 5..=16;

fn results() -> Value {
    let text = fs::read_to_string(course().join("bench/results.json")).expect("results");
    serde_json::from_str(&text).expect("JSON")
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().expect("a list").iter()
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

/// The processor's time for a message, in each round.
fn times(server: &Value) -> Vec<f64> {
    let time = |round: &Value| number(&round["cpu_ns"]) / number(&round["messages"]);
    list(&server["rounds"]).map(time).collect()
}

/// As the page says it: the median, the least and the most.
fn spread(mut numbers: Vec<f64>) -> String {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    let median = match numbers.len() % 2 {
        0 => (numbers[middle - 1] + numbers[middle]) / 2.0,
        _ => numbers[middle],
    };
    format!("{median:.2} ({:.2}–\u{2060}{:.2})", numbers[0], numbers[numbers.len() - 1])
}

fn page() -> String {
    let built = build(course()).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    fs::read_to_string(built.path().join("numbers.html")).expect("the page")
}

#[test]
fn the_page_says_what_was_measured() {
    let page = page();
    let mut figures = 0;
    for mode in list(&results()["modes"]) {
        let servers = || list(&mode["servers"]).filter(|server| server["fault"].is_null());
        let Some(floor) = servers().find(|server| server["server"] == "floor") else { continue };
        let floor = times(floor);
        for server in servers().filter(|server| server["server"] != "floor") {
            let rounds = times(server).into_iter().zip(&floor);
            let ratios = rounds.map(|(time, floor)| time / floor);
            let cell = spread(ratios.collect());
            assert!(page.contains(&cell), "{} {}: {cell}", mode["mode"], server["server"]);
            figures += 1;
        }
    }
    assert!(figures > 0, "nothing was measured");
}

#[test]
fn every_chapter_and_every_peer_is_known() {
    let page = page();
    let servers = fs::read_to_string(course().join("bench/src/servers.rs")).expect("the servers");
    for (name, _) in results()["servers"].as_object().expect("servers") {
        let Some(number) = name.strip_prefix("ch") else {
            assert!(servers.contains(&format!("(\"{name}\", Recipe::")), "who is {name}?");
            continue;
        };
        let folders = fs::read_dir(course().join("chapters")).expect("the chapters");
        let mut folders = folders.map(|folder| folder.expect("a folder").file_name());
        let begins = format!("{number}-");
        assert!(
            folders.any(|folder| folder.to_string_lossy().starts_with(&begins)),
            "there is no chapter {number}"
        );
    }
    for chapter in ALL.iter().filter(|chapter| MEASURED.contains(&chapter.number)) {
        let name = format!("{:02} {}", chapter.number, chapter.title);
        assert!(page.contains(&name), "{name} is not on the page: bench/run measures it");
    }
}
