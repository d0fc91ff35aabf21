//! The table of a class as files: a page, and a text for a spreadsheet.

use super::table::{COLUMNS, Cells, Found, Row, Table};
use crate::book::html::{capitalized, escaped};

/// The page, without its body.
const PAGE: &str = include_str!("page.html");

/// One page, with all that it needs.
pub(super) fn html(table: &Table) -> String {
    let heads: String =
        COLUMNS.iter().map(|head| format!("<th scope=\"col\">{head}</th>")).collect();
    let rows: String = table.rows.iter().map(row).collect();
    let failures = table.failures();
    let failures = failures.iter().map(|(probe, count)| {
        let says = escaped(&probe.says);
        format!("<tr><td>{count}</td><td>{:02} {says}</td></tr>\n", probe.chapter)
    });
    let body = format!(
        "<h1>The class, {}</h1>\n<p>{} checked</p>\n\
         <table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n\
         <h2>{}</h2>\n<table>\n<tbody>\n{}</tbody>\n</table>\n",
        table.reach(),
        table.progress(),
        capitalized(table.stumbles_over().trim_end_matches(':')),
        failures.collect::<String>(),
    );
    PAGE.replace("{body}", &body)
}

fn row(row: &Row) -> String {
    let cells = row.cells();
    let promises = cells.promises();
    let Cells { mark, name, kept_up_to, first, .. } = cells;
    let first = match &row.found {
        Found::Nothing(unchecked) if unchecked.words.trim() != first => {
            let words = escaped(unchecked.words.trim_end());
            format!("<details><summary>{}</summary><pre>{words}</pre></details>", escaped(&first))
        }
        _ => escaped(&first),
    };
    format!(
        "<tr><th scope=\"row\"><span aria-hidden=\"true\">{mark}</span> {}</th><td>{kept_up_to}</td>\
         <td>{promises}</td><td>{first}</td></tr>\n",
        escaped(&name)
    )
}

/// A line for each project. It begins with the mark by which a spreadsheet knows UTF-8.
pub(super) fn csv(table: &Table) -> String {
    let [name, kept_up_to, promises, first] = COLUMNS;
    let mut out = format!("\u{feff}{name},{kept_up_to},{promises},of,{first}\r\n");
    for row in &table.rows {
        let Cells { name, kept_up_to, kept, first, .. } = row.cells();
        let kept_up_to = kept_up_to.trim_start_matches('–');
        let (kept, all) = match kept {
            Some((kept, all)) => (kept.to_string(), all.to_string()),
            None => Default::default(),
        };
        let (name, first) = (cell(&name), cell(&first));
        out.push_str(&format!("{name},{kept_up_to},{kept},{all},{first}\r\n"));
    }
    out
}

/// A text as one cell. What a student chose, such as a name, shall not be a formula of the spreadsheet.
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@']);
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::{Found, Row, Table, Unchecked};
    use super::{cell, csv, html};

    #[test]
    fn a_cell_is_one_cell_and_no_formula() {
        assert_eq!(cell("anna"), "anna");
        assert_eq!(cell("a, \"b\""), "\"a, \"\"b\"\"\"");
        assert_eq!(cell("=1+1"), "'=1+1");
        assert_eq!(cell("@a,b"), "\"'@a,b\"");
    }

    #[test]
    fn a_name_is_only_a_name() {
        let mut table = Table::of(Some(1), vec!["<b>".to_owned()]);
        let found = Found::Nothing(Unchecked::new("<script>", false));
        table.rows.push(Row { name: "<b>".to_owned(), found });
        let page = html(&table);
        assert!(page.contains("&lt;b&gt;") && page.contains("&lt;script&gt;"), "{page}");
        assert!(!page.contains("<b>") && !page.contains("<script>"), "{page}");
        assert!(csv(&table).ends_with("\r\n<b>,,,,<script>\r\n"));
    }
}
