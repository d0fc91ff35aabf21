//! What a page carries of a recording, so that a script can bring its figure to life: the events that the figure
//! shows, what the server printed of each of them, and what its clients had sent before. How it is written is in
//! `carried`.

use std::collections::BTreeMap;
use std::ops::Range;

use ch00_wire::{Event, Kind, Recording, Side, Unit};
use serde::Serialize;

use super::carried::{self, Events};

/// The data of one figure.
#[derive(Serialize)]
pub(super) struct Live {
    #[serde(flatten)]
    events: Events,
    /// For each event on the wire, the line that the server printed of it. A recording does not keep when a line was
    /// printed: only a line that tells its event by itself is here.
    printed: Vec<Option<String>>,
    /// What each client that speaks in the figure had sent before it, as hexadecimal digits. A client is missing when
    /// the recording has not kept all of that.
    before: BTreeMap<usize, String>,
}

impl Live {
    /// The events of a range of what crossed the wire, and the lines of the terminal if the figure shows them.
    pub(super) fn of(recording: &Recording, shown: Range<usize>, lines: bool) -> Live {
        let (terminal, wire): (Vec<&Event>, Vec<&Event>) =
            recording.events.iter().partition(|event| event.is_line());
        let printed = printed(&wire, &terminal)[shown.clone()].to_vec();
        let before = before(&wire, &shown);
        let terminal = terminal.into_iter().filter(|_| lines);
        let events = Events::of(wire[shown].iter().copied().chain(terminal));
        Live { events, printed, before }
    }
}

/// The data of a lab: all of its recording.
#[derive(Serialize)]
pub(super) struct Whole<'a> {
    title: &'a str,
    #[serde(flatten)]
    events: Events,
}

impl<'a> Whole<'a> {
    pub(super) fn of(recording: &'a Recording) -> Whole<'a> {
        Whole { title: &recording.title, events: Events::of(&recording.events) }
    }
}

/// Gives each line to the first event of which it tells and of which no line before has told.
fn printed(wire: &[&Event], terminal: &[&Event]) -> Vec<Option<String>> {
    let mut printed = vec![None; wire.len()];
    for line in terminal.iter().filter_map(|event| event.line()) {
        let mut places = wire.iter().zip(&mut printed);
        let place = places.find(|(event, told)| told.is_none() && tells_of(line, event));
        if let Some((_, told)) = place {
            *told = Some(line.to_owned());
        }
    }
    printed
}

/// Whether a line of the course's servers tells of an event.
fn tells_of(line: &str, event: &Event) -> bool {
    let (client, words) = subject(line);
    if client.is_some() && client != event.client() {
        return false;
    }
    match event {
        Event::Unit { from: Side::Client, unit, .. } => says(words, unit),
        Event::Unit { from: Side::Server, unit, .. } => answers(words, unit),
        Event::Closed { .. } => words == "the connection is closed",
        _ => false,
    }
}

fn says(words: &str, unit: &Unit) -> bool {
    words.strip_prefix("says: ").is_some_and(|text| unit.text.as_deref() == Some(text))
}

fn answers(words: &str, unit: &Unit) -> bool {
    let code = if words == "handshake successful" { Some("101") } else { refusal(words) };
    unit.kind == Kind::ResponseHead
        && code.is_some_and(|code| unit.title.contains(&format!(" {code} ")))
}

/// The code of a line like `400: there is no key`.
fn refusal(words: &str) -> Option<&str> {
    let (code, _) = words.split_once(": ")?;
    code.parse::<u16>().ok().map(|_| code)
}

/// Which client a line is about, if it names one, and what it says of the client.
fn subject(line: &str) -> (Option<usize>, &str) {
    if let Some(words) = line.strip_prefix("the client ") {
        return (None, words);
    }
    let named = line.strip_prefix("client ").and_then(|rest| {
        let (number, words) = rest.split_once(' ')?;
        Some((number.trim_end_matches(':').parse().ok()?, words))
    });
    named.map_or((None, line), |(client, words)| (Some(client), words))
}

fn before(wire: &[&Event], shown: &Range<usize>) -> BTreeMap<usize, String> {
    let speak = wire[shown.clone()].iter().filter_map(|event| said(event));
    let clients = speak.map(|(client, _)| client);
    clients.filter_map(|client| Some((client, sent(&wire[..shown.start], client)?))).collect()
}

/// All that a client sent, if all of it was kept.
fn sent(wire: &[&Event], client: usize) -> Option<String> {
    let units = wire.iter().filter_map(|event| said(event));
    let units = units.filter(|(speaker, _)| *speaker == client).map(|(_, unit)| unit);
    units.map(|unit| (unit.omitted == 0).then(|| carried::digits(unit))).collect()
}

/// What a client sent, and which client.
fn said(event: &Event) -> Option<(usize, &Unit)> {
    match event {
        Event::Unit { client, from: Side::Client, unit } => Some((*client, unit)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use ch00_wire::{Closing, Recorder, Side, masked_frame, rfc_request};

    use super::Live;

    /// A request, its answer, two frames of client 1 and one of client 2.
    fn live(shown: std::ops::Range<usize>, lines: bool) -> Live {
        let recorder = Recorder::new();
        let (one, two) = (recorder.new_client(), recorder.new_client());
        recorder.bytes(one, Side::Client, &rfc_request());
        let answer =
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
            Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
        recorder.bytes(one, Side::Server, answer);
        recorder.bytes(one, Side::Client, &masked_frame(1, b"Li"));
        recorder.bytes(one, Side::Client, &masked_frame(1, b"Jing"));
        recorder.bytes(two, Side::Client, &rfc_request());
        recorder.closed(one, Side::Client, Closing::Closed);
        for line in [
            "client 1 connects",
            "client 1: handshake successful",
            "client 1 says: Jing",
            "client 1 says: Li",
            "client 2 says: Li",
            "client 2: the connection is closed",
        ] {
            recorder.line(line);
        }
        Live::of(&recorder.recording("Two clients"), shown, lines)
    }

    #[test]
    fn a_line_stands_with_the_event_of_which_it_tells() {
        let printed = live(0..6, false).printed;
        let printed: Vec<Option<&str>> = printed.iter().map(Option::as_deref).collect();
        let told = [
            None,
            Some("client 1: handshake successful"),
            Some("client 1 says: Li"),
            Some("client 1 says: Jing"),
        ];
        assert_eq!(printed[..4], told);
        assert_eq!(printed[4..], [None, None], "no line of client 2 tells of client 1");
    }

    #[test]
    fn only_what_is_shown_is_carried_and_what_its_clients_sent_before() {
        let live = live(3..5, false);
        assert_eq!((live.events.on_the_wire(), live.printed.len()), (2, 2));
        let sent = [rfc_request(), masked_frame(1, b"Li")].concat();
        assert_eq!(live.before[&1], ch00_wire::hex(&sent).replace(' ', ""));
        assert_eq!(live.before[&2], "", "client 2 has sent nothing before");
    }

    #[test]
    fn the_terminal_comes_only_when_it_is_shown() {
        assert_eq!(live(0..6, false).events.lines(), 0);
        assert_eq!(live(0..6, true).events.lines(), 6);
    }

    #[test]
    fn what_was_not_kept_cannot_be_sent_again() {
        let recorder = Recorder::new();
        let client = recorder.new_client();
        recorder.bytes(client, Side::Client, &rfc_request());
        let long = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(5_000));
        recorder.bytes(client, Side::Client, long.as_bytes());
        recorder.bytes(client, Side::Client, b"more");
        let recording = recorder.recording("A long one");
        let all = recording.events.len();
        assert!(Live::of(&recording, 0..1, false).before.contains_key(&client));
        assert!(!Live::of(&recording, all - 1..all, false).before.contains_key(&client));
    }
}
