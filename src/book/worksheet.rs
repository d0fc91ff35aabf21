//! Tables to fill in with a pencil, and the same filled in: `{{#worksheet …}}`.

use std::path::Path;

use ch00_wire::{Event, Kind, Unit, unhex};

use super::figures;
use super::html::escaped;

/// What a table shows: an exercise, or its answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Empty,
    FilledIn,
}

impl Shown {
    fn of(word: &str) -> Result<Shown, String> {
        match word {
            "empty" => Ok(Shown::Empty),
            "filled-in" => Ok(Shown::FilledIn),
            _ => Err(format!("{word} is neither empty nor filled-in")),
        }
    }

    /// A cell for what the student finds out.
    fn cell(self, text: &str) -> String {
        match self {
            Shown::Empty => "<td class=\"open\"></td>".to_owned(),
            Shown::FilledIn => format!("<td><b>{}</b></td>", escaped(text)),
        }
    }
}

/// One table of a worksheet or a slide.
pub(super) fn table(course: &Path, words: &[&str], caption: &str) -> Result<String, String> {
    let table = match *words {
        ["digits"] => digits(),
        ["bytes", name, event] => bytes(&frame(course, name, event)?),
        ["frame", name, event, shown] => bits(&frame(course, name, event)?, Shown::of(shown)?)?,
        ["xor", name, event, shown] => xor(&frame(course, name, event)?, Shown::of(shown)?)?,
        ["base64", hex, shown] => base64(hex, Shown::of(shown)?)?,
        _ => {
            return Err(format!(
                "there is no table {}: use digits, bytes, frame, xor or base64",
                words.join(" ")
            ));
        }
    };
    let caption = match caption {
        "" => String::new(),
        caption => format!("<figcaption>{}</figcaption>\n", escaped(caption)),
    };
    Ok(format!("<figure class=\"table\">\n{caption}{table}\n</figure>\n"))
}

fn frame(course: &Path, name: &str, event: &str) -> Result<Unit, String> {
    match figures::event(course, name, event)? {
        Event::Unit { unit, .. } if unit.kind == Kind::Frame => Ok(*unit),
        _ => Err(format!("event {event} of {name} is no frame")),
    }
}

/// The sixteen digits and their bits, in four columns.
fn digits() -> String {
    let row = |first: u8| {
        let pairs = (0..4).map(|column| first + 4 * column);
        let pairs = pairs.map(|digit| {
            format!(
                "<th scope=\"row\"><code>{digit:x}</code></th><td><code>{digit:04b}</code></td>"
            )
        });
        format!("<tr>{}</tr>", pairs.collect::<String>())
    };
    format!("<table class=\"digits\">{}</table>", (0..4).map(row).collect::<String>())
}

/// All bytes of a frame, unnamed.
fn bytes(unit: &Unit) -> String {
    format!("<p class=\"bytes\"><code>{}</code></p>", unit.hex)
}

/// The first two bytes bit by bit, with a row for what the bits say, and then the other bytes.
fn bits(unit: &Unit, shown: Shown) -> Result<String, String> {
    let bytes = unhex(&unit.hex)?;
    let (header, rest) = bytes.split_at_checked(2).ok_or("a frame has two bytes at least")?;
    let header_bits =
        header.iter().flat_map(|byte| format!("{byte:08b}").chars().collect::<Vec<_>>());
    let cells: String = header_bits.map(|bit| shown.cell(&bit.to_string())).collect();
    let (mut names, mut values) = (String::new(), String::new());
    for part in unit.parts.iter().filter(|part| part.bits.is_some()) {
        let (first, last) = part.bits.unwrap_or_default();
        let span = last - first;
        names += &format!("<th scope=\"col\" colspan=\"{span}\">{}</th>", escaped(&part.name));
        let value = match part.name.as_str() {
            "opcode" => format!("{} {}", part.value, part.note),
            _ => part.value.clone(),
        };
        values += &shown.cell(&value).replacen("<td", &format!("<td colspan=\"{span}\""), 1);
    }
    let heads = header.iter().map(|byte| match shown {
        Shown::Empty => {
            "<th scope=\"colgroup\" colspan=\"8\">a byte: <span class=\"gap\"></span></th>"
                .to_owned()
        }
        Shown::FilledIn => {
            format!("<th scope=\"colgroup\" colspan=\"8\"><code>{byte:02x}</code></th>")
        }
    });
    let heads: String = heads.collect();
    Ok(format!(
        "<table class=\"bits\"><tr>{heads}</tr><tr>{cells}</tr><tr>{names}</tr><tr class=\"values\">{values}</tr></table>\n{}",
        rest_of(unit, rest, shown)
    ))
}

/// The bytes behind the first two, under the names of their parts.
fn rest_of(unit: &Unit, rest: &[u8], shown: Shown) -> String {
    let mut names = String::new();
    for part in unit.parts.iter().filter(|part| part.bits.is_none()) {
        let span = part.end - part.start;
        names += &format!("<th scope=\"colgroup\" colspan=\"{span}\">{}</th>", escaped(&part.name));
    }
    let cells: String = rest.iter().map(|byte| shown.cell(&format!("{byte:02x}"))).collect();
    format!("<table class=\"bits rest\"><tr>{names}</tr><tr>{cells}</tr></table>")
}

/// Each byte of the payload above its byte of the key, and below them what differs.
fn xor(unit: &Unit, shown: Shown) -> Result<String, String> {
    let part = |name: &str| {
        let part = unit.parts.iter().find(|part| part.name == name);
        let part = part.ok_or_else(|| format!("the frame has no {name}"))?;
        let bytes = unhex(&unit.hex)?;
        Ok::<Vec<u8>, String>(bytes[part.start - unit.start..part.end - unit.start].to_vec())
    };
    let (key, payload) = (part("masking-key")?, part("payload, masked")?);
    let pairs: Vec<(u8, u8)> = payload.into_iter().zip(key.into_iter().cycle()).collect();
    let row = |name: &str, given: bool, byte: fn(&(u8, u8)) -> u8| {
        let cells = pairs.iter().map(|pair| {
            let byte = byte(pair);
            let hex = match given {
                true => format!("<td><code>{byte:02x}</code></td>"),
                false => shown.cell(&format!("{byte:02x}")),
            };
            hex + &shown.cell(&format!("{:04b} {:04b}", byte >> 4, byte & 15))
        });
        format!("<tr><th scope=\"row\">{name}</th>{}</tr>", cells.collect::<String>())
    };
    let heads = (1..=pairs.len()).map(|number| {
        format!("<th scope=\"col\">byte {number}</th><th scope=\"col\">its bits</th>")
    });
    let letters = pairs.iter().map(|(one, other)| {
        let letter = char::from(one ^ other).to_string();
        shown.cell(&letter).replacen("<td", "<td colspan=\"2\"", 1)
    });
    Ok(format!(
        "<table class=\"xor\"><tr><td></td>{}</tr>{}{}{}<tr><th scope=\"row\">the letter</th>{}</tr></table>",
        heads.collect::<String>(),
        row("the payload", true, |pair| pair.0),
        row("the key", true, |pair| pair.1),
        row("1 where they differ", false, |pair| pair.0 ^ pair.1),
        letters.collect::<String>()
    ))
}

/// The digits of base64, in their order.
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Three bytes, cut into four numbers of six bits, and the character for each.
fn base64(hex: &str, shown: Shown) -> Result<String, String> {
    let bytes = unhex(hex)?;
    let [one, two, three] = bytes[..] else { return Err(format!("{hex} is not three bytes")) };
    let all = u32::from_be_bytes([0, one, two, three]);
    let numbers = [18, 12, 6, 0].map(|shift| (all >> shift) & 63);
    let row = |name: &str, cells: [String; 4]| {
        let cells: String = cells.iter().map(|text| shown.cell(text)).collect();
        format!("<tr><th scope=\"row\">{name}</th>{cells}</tr>")
    };
    Ok(format!(
        "<table class=\"base64\">{}{}{}</table>",
        row("six bits", numbers.map(|number| format!("{number:06b}"))),
        row("as a number", numbers.map(|number| number.to_string())),
        row("the character", numbers.map(|number| char::from(DIGITS[number as usize]).to_string()))
    ))
}

#[cfg(test)]
mod tests {
    use super::{Shown, base64, digits};

    #[test]
    fn three_bytes_are_four_characters() {
        let filled = base64("b37a4f", Shown::FilledIn).expect("three bytes");
        for cell in ["101100", "44", "s", "110111", "3", "p", "15", "P"] {
            assert!(filled.contains(&format!("<b>{cell}</b>")), "{cell}: {filled}");
        }
        let empty = base64("b37a4f", Shown::Empty).expect("three bytes");
        assert!(!empty.contains("<b>") && empty.matches("class=\"open\"").count() == 12);
        assert!(base64("b37a", Shown::Empty).is_err());
    }

    #[test]
    fn every_digit_has_its_bits() {
        let table = digits();
        assert!(table.contains("<code>b</code></th><td><code>1011</code>"), "{table}");
        assert_eq!(table.matches("<td>").count(), 16);
    }
}
