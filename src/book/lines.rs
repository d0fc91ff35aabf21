//! How many lines of code each crate has.

use std::fs;
use std::path::{Path, PathBuf};

use crate::chapters::{ALL, Chapter};

/// A table of the lines of code of each chapter, of the stage and of the workshop.
pub(super) fn table(course: &Path) -> Result<String, String> {
    let chapter = |one: &Chapter| (one.name(), one.folder(course).join("src"));
    let others = [("the stage", "stage/src"), ("the workshop", "src")];
    let others = others.map(|(name, folder)| (name.to_owned(), course.join(folder)));
    let mut table = String::from(
        "| crate | lines of Rust | of a page: HTML, CSS, JavaScript |\n|---|--:|--:|\n",
    );
    for (name, folder) in ALL.iter().map(chapter).chain(others) {
        let unread = |error| format!("{} cannot be read: {error}", folder.display());
        let files = files(&folder).map_err(unread)?;
        let count = |languages: &[&str]| -> std::io::Result<usize> {
            let files = files.iter().filter(|path| is_in(path, languages));
            files.map(|path| Ok(code(&fs::read_to_string(path)?))).sum()
        };
        let rust = count(&["rs"]).map_err(unread)?;
        let other = count(&["html", "css", "js"]).map_err(unread)?;
        let other = if other == 0 { String::new() } else { other.to_string() };
        table += &format!("| {name} | {rust} | {other} |\n");
    }
    Ok(table)
}

fn is_in(path: &Path, languages: &[&str]) -> bool {
    let extension = path.extension().unwrap_or_default();
    languages.iter().any(|language| extension == *language)
}

/// The files of a folder and of the folders in it.
fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true => files.extend(self::files(&path)?),
            false => files.push(path),
        }
    }
    Ok(files)
}

/// The lines of code in a file: no empty lines, no comments, no imports, no tests.
fn code(text: &str) -> usize {
    let program = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let lines = without_imports(program).map(|(_, line)| line.trim());
    lines.filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}

/// The lines of a file, numbered from 0, without its imports, some of which take several lines.
pub(super) fn without_imports(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut within = false;
    text.lines().enumerate().filter(move |(_, line)| {
        within |= line.starts_with("use ") || line.starts_with("pub use ");
        let import = within;
        within &= !line.ends_with(';');
        !import
    })
}

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn only_code_is_counted() {
        let file = "//! A file.\n\nuse std::{\n    fs,\n};\npub use a::b;\n\n/// One.\nfn one() {\n    // Why.\n    two();\n}\n\n#[cfg(test)]\nmod tests {\n    use super::*;\n}\n";
        assert_eq!(code(file), 3);
    }
}
