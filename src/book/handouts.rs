//! What teachers hand out and project: pages beside the book, each a single file with its styles in it, so
//! that it can be copied, printed and shown anywhere.

use std::fs;
use std::path::Path;

use pulldown_cmark::{Options, Parser, html};

use super::directives::Directives;
use super::html::{escaped, without_data};
use super::{Edition, Mistakes};

/// A page beside the book.
pub(crate) struct Handout {
    /// The name of its file: `book/src/NAME.md` becomes `NAME.html`.
    pub(crate) name: &'static str,
    /// What a browser calls it. In ASCII, by which a printed one is known.
    pub(crate) title: &'static str,
}

/// The worksheet of the lesson for teachers.
pub(crate) const WORKSHEET: Handout =
    Handout { name: "worksheet", title: "Frame by Frame: a worksheet" };

/// The slides of that lesson.
pub(crate) const SLIDES: Handout = Handout { name: "slides", title: "Frame by Frame: slides" };

/// The styles that a handout takes along.
const STYLES: [&str; 2] = ["book.css", "handouts.css"];

/// Divides a handout into its sheets, alone on its line.
const NEXT_SHEET: &str = "\n---\n";

/// A short line is not shown larger than this many characters would be.
const FEWEST_COLUMNS: usize = 64;

/// Writes all of them into a built book.
pub(super) fn write(course: &Path, built: &Path) -> Result<(), Mistakes> {
    for handout in [WORKSHEET, SLIDES] {
        let page = page(course, &handout)?;
        fs::write(built.join(handout.name).with_extension("html"), page).map_err(Mistakes::one)?;
    }
    Ok(())
}

fn page(course: &Path, handout: &Handout) -> Result<String, Mistakes> {
    let Handout { name, title } = handout;
    let source = Path::new(name).with_extension("md");
    let text = read(&course.join("book/src").join(&source))?;
    let directives = Directives { course: course.to_path_buf(), edition: Edition::Static };
    let text = without_data(&directives.fill_in(&source, &text)?);
    let sheets = text.split(NEXT_SHEET).map(|sheet| {
        let mut inner = String::new();
        let options = Options::ENABLE_TABLES | Options::ENABLE_SMART_PUNCTUATION;
        html::push_html(&mut inner, Parser::new_ext(sheet, options));
        let columns = columns(sheet);
        format!("<section class=\"sheet\" style=\"--columns: {columns}\">\n{inner}</section>\n")
    });
    let styles = STYLES.iter().map(|file| read(&course.join("book/theme").join(file)));
    let styles = styles.collect::<Result<String, Mistakes>>()?;
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{}</title>\n<style>\n{styles}</style>\n</head>\n\
         <body>\n<main class=\"{name}\">\n{}</main>\n</body>\n</html>\n",
        escaped(title),
        sheets.collect::<String>()
    ))
}

/// How many characters the longest line of a recording has: a slide shows it as large as it fits.
fn columns(sheet: &str) -> usize {
    let recordings = sheet.split("```text\n").skip(1);
    let lines = recordings.flat_map(|rest| rest.split("```").next().unwrap_or_default().lines());
    lines.map(|line| line.chars().count()).max().unwrap_or(0).max(FEWEST_COLUMNS)
}

fn read(file: &Path) -> Result<String, Mistakes> {
    let text = fs::read_to_string(file);
    let text = text.map_err(|error| Mistakes::one(format!("{}: {error}", file.display())))?;
    Ok(text.replace("\r\n", "\n"))
}
