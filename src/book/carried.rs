//! How a page carries what was recorded, with as few bytes as it takes: what is usual is left out, and what came before
//! in the page is a number. `book/theme/recording.js` reads it.

use ch00_wire::{Event, Part, Unit};
use serde::Serialize;
use serde_json::{Value, json};

use super::html;

/// What the elements with recordings are called, in figures and in labs.
pub(super) const FIGURE: &str = "figure-recording";
pub(super) const LAB: &str = "lab-recording";

/// What crossed the wire, and the lines of the terminal, each in its order.
#[derive(Serialize)]
pub(super) struct Events {
    events: Vec<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lines: Vec<String>,
}

impl Events {
    pub(super) fn of<'a>(events: impl IntoIterator<Item = &'a Event>) -> Events {
        let (lines, wire): (Vec<&Event>, Vec<&Event>) =
            events.into_iter().partition(|event| event.is_line());
        let lines = lines.into_iter().filter_map(Event::line).map(str::to_owned).collect();
        Events { events: wire.into_iter().map(event).collect(), lines }
    }

    #[cfg(test)]
    pub(super) fn on_the_wire(&self) -> usize {
        self.events.len()
    }

    #[cfg(test)]
    pub(super) fn lines(&self) -> usize {
        self.lines.len()
    }
}

fn event(event: &Event) -> Value {
    let Event::Unit { client, from, unit } = event else { return json!(event) };
    json!({ "type": "unit", "client": client, "from": from, "start": unit.start, "unit": whole(unit) })
}

/// A unit without what is usual, and without its place in the stream: two that are equal have the same bytes. Its text
/// is in the value of its part.
fn whole(unit: &Unit) -> Value {
    let mut whole = json!(unit);
    let Some(fields) = whole.as_object_mut() else { return whole };
    for (field, usual) in [("complete", json!(true)), ("omitted", json!(0)), ("faults", json!([]))]
    {
        if fields[field] == usual {
            fields.remove(field);
        }
    }
    fields.remove("start");
    fields.remove("text");
    fields["end"] = json!(unit.end - unit.start);
    fields["hex"] = json!(digits(unit));
    fields["parts"] = unit.parts.iter().map(|each| part(each, unit.start)).collect();
    whole
}

/// A part as a list, up to the last thing that it has.
fn part(part: &Part, start: usize) -> Value {
    let Part { name, value, note, bits, .. } = part;
    let bits = bits.map_or(Value::Null, |bits| json!(bits));
    let mut list = vec![
        json!(name),
        json!(part.start - start),
        json!(part.end - start),
        json!(value),
        json!(note),
        bits,
    ];
    let is_nothing = |last: &Value| last.is_null() || last == "";
    while list.last().is_some_and(is_nothing) {
        list.pop();
    }
    Value::Array(list)
}

/// The bytes of a unit, two digits each.
pub(super) fn digits(unit: &Unit) -> String {
    unit.hex.replace(' ', "")
}

/// A page in which each unit, and each run of bytes that was sent before a figure, is written once. When it comes
/// again, it is a number: how many of them ago. So it stays right in the page with the whole book.
pub(super) fn each_once(page: &str) -> Result<String, String> {
    let mut written = Vec::new();
    html::with_data(page, &[FIGURE, LAB], |data| {
        let events = data["events"].as_array_mut().into_iter().flatten();
        let units = events.filter_map(|event| event.get_mut("unit"));
        units.for_each(|unit| once(unit, &mut written));
        let before = data.get_mut("before").and_then(Value::as_object_mut);
        before.into_iter().flatten().for_each(|(_, sent)| once(sent, &mut written));
    })
}

/// Puts a number in the place of a value that was written before.
fn once(value: &mut Value, written: &mut Vec<Value>) {
    match written.iter().position(|before| before == value) {
        Some(place) => *value = json!(written.len() - place),
        None => written.push(value.clone()),
    }
}

#[cfg(test)]
mod tests {
    use ch00_wire::{Event, Recorder, Side, masked_frame, rfc_request};
    use serde_json::{Value, json};

    use super::{Events, FIGURE, LAB, each_once};
    use crate::book::html;

    const ANSWER: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\n\r\n";

    /// Two clients send the same, and the terminal tells of each.
    fn events() -> Vec<Event> {
        let recorder = Recorder::new();
        for client in [recorder.new_client(), recorder.new_client()] {
            recorder.bytes(client, Side::Client, &rfc_request());
            recorder.line("a client asks");
            recorder.bytes(client, Side::Server, ANSWER);
            recorder.bytes(client, Side::Client, &masked_frame(1, b"Li"));
        }
        recorder.recording("Two clients").events
    }

    #[test]
    fn a_unit_is_its_bytes_and_their_names_from_its_own_beginning() {
        let carried = json!(Events::of(&events()));
        let frame = &carried["events"][2];
        assert_eq!(frame["start"], rfc_request().len(), "{frame}");
        assert_eq!(frame["unit"]["hex"], "818237fa213d7b93");
        assert_eq!(
            frame["unit"]["parts"][0],
            json!(["FIN", 0, 1, "1", "the last frame of its message", [0, 1]])
        );
        assert_eq!(frame["unit"]["parts"][6], json!(["payload, masked", 6, 8, "\"Li\""]));
        assert!(frame["unit"].get("complete").is_none(), "it is complete, as most are: {frame}");
        assert_eq!(carried["lines"], json!(["a client asks", "a client asks"]));
    }

    #[test]
    fn what_came_before_in_a_page_is_a_number() {
        let data = |class, before: &str| {
            let mut data = json!(Events::of(&events()));
            data["before"] = json!({ "1": before });
            html::data(class, &data).expect("it is data")
        };
        let page = format!("{}text{}{}", data(FIGURE, "<"), data("other", "<"), data(LAB, "<"));
        let light = each_once(&page).expect("the page has data");
        let parts: Vec<Value> = light
            .split("</script>")
            .filter_map(|part| serde_json::from_str(part.split_once("\">")?.1).ok())
            .collect();
        let units = |of: &Value| -> Vec<Value> {
            let events = of["events"].as_array().expect("a list").iter();
            events.map(|event| event["unit"].clone()).collect()
        };
        assert_eq!(
            units(&parts[0])[3..],
            [json!(3), json!(2), json!(1)],
            "client 2 sends what client 1 sent"
        );
        assert_eq!(parts[0]["before"]["1"], "<");
        assert!(units(&parts[1])[0].is_object(), "what no script reads stays as it was");
        assert_eq!(units(&parts[2])[..3], [json!(4), json!(3), json!(2)]);
        assert_eq!(parts[2]["before"]["1"], 1);
    }
}
