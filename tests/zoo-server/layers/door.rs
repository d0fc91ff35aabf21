//! Mistakes with requests, chapter 13: most change the request before the course's own code judges it.

use ch06_select::{Emit, End, Event};
use ch08_hixie::Dialect;
use ch09_stream::Stream;
use ch13_door::{Door, Refusal};

use super::deflate::agree;
use super::{Layers, makes};

/// Answers a whole head.
pub fn start(door: &Door, head: &[u8], emit: Emit<'_>) -> Result<Dialect<Stream<Layers>>, End> {
    let mut lines = Lines::of(head);
    let offer = lines.value("Sec-WebSocket-Protocol").unwrap_or_default().to_owned();
    if makes("origin-demanded") && !door.origins.is_empty() && lines.value("Origin").is_none() {
        return Err(Refusal::Forbidden.into());
    }
    let (changed, open) = (change(door, &mut lines), Door::default());
    let changed = changed.map(|()| lines.bytes());
    let door = if makes("origin-unchecked") { &open } else { door };
    let answer = &mut |event: Event<'_>| match event {
        Event::Send(bytes) if makes("subprotocols-echoed") && !offer.is_empty() => {
            let head = String::from_utf8_lossy(bytes);
            let lines = head.lines().filter(|line| !line.starts_with("Sec-WebSocket-Protocol"));
            let lines = lines.take_while(|line| !line.is_empty()).map(str::to_owned);
            let ours = [format!("Sec-WebSocket-Protocol: {offer}"), "\r\n".to_owned()];
            let lines: Vec<String> = lines.chain(ours).collect();
            emit(Event::Send(lines.join("\r\n").as_bytes()));
        }
        event => emit(event),
    };
    let started = ch13_door::start(door, agree, changed.as_deref().unwrap_or(head), answer);
    started.map_err(|end| match makes("no-version-in-the-refusal") && end.why.starts_with("426") {
        true => Refusal::Bad("this server speaks version 13").into(),
        false => end,
    })
}

/// Makes a good request of one that the mistake lets in; `None` if it is none of these.
fn change(door: &Door, lines: &mut Lines) -> Option<()> {
    const KEY: &str = "Sec-WebSocket-Key";
    match () {
        _ if makes("version-unread") => lines.set("Sec-WebSocket-Version", "13"),
        _ if makes("host-unasked") => lines.add("Host", "localhost"),
        _ if makes("hosts-in-a-table") => lines.keep_last("Host"),
        _ if makes("host-as-it-came") => {
            let host = lines.value("Host")?.replace([' ', '/', '@'], "");
            lines.set("Host", &host);
        }
        _ if makes("connection-unasked") => lines.add("Connection", "Upgrade"),
        _ if makes("upgrade-as-a-whole") => {
            let is_other = lines.value("Upgrade")?.contains(',');
            is_other.then(|| lines.set("Upgrade", "another"))?;
        }
        _ if makes("first-field-of-a-list") => lines.keep_first("Connection"),
        _ if makes("bytes-of-the-key-uncounted") => {
            let key = lines.value(KEY)?;
            let is_other = key.len() == 20 || key.ends_with("ZWQ=");
            is_other.then(|| lines.set(KEY, ch00_wire::RFC_KEY))?;
        }
        _ if makes("first-of-two-keys") => lines.keep_first(KEY),
        _ if makes("first-of-two-versions") => lines.keep_first("Sec-WebSocket-Version"),
        _ if makes("first-of-two-origins") => lines.keep_first("Origin"),
        _ if makes("offer-not-looked-at") => {
            let bad = lines.value("Sec-WebSocket-Protocol")?.contains([' ', '"', '\r', ';']);
            bad.then(|| lines.set("Sec-WebSocket-Protocol", "mqtt"))?;
        }
        _ if makes("names-are-trimmed") => lines.each(|line| line.replace(" :", ":")),
        _ if makes("folded-lines-are-fields") => lines.each(|line| line.trim_start().to_owned()),
        _ if makes("fields-uncounted") => lines.0.dedup(),
        _ if makes("origin-by-its-beginning") => {
            let origin = lines.value("Origin")?.to_owned();
            let ours = door.origins.iter().find(|ours| origin.starts_with(*ours))?;
            lines.set("Origin", ours);
        }
        _ if makes("origin-by-its-end") => {
            let host = |origin: &str| origin.split("://").nth(1).unwrap_or_default().to_owned();
            let origin = lines.value("Origin")?.to_owned();
            let ours = door.origins.iter().find(|ours| origin.ends_with(&host(ours)))?;
            lines.set("Origin", ours);
        }
        _ if makes("origin-without-its-port") => {
            let bare = |origin: &str| {
                origin.trim_end_matches(|c: char| ":0123456789".contains(c)).to_owned()
            };
            let origin = lines.value("Origin")?.to_owned();
            let ours = door.origins.iter().find(|ours| bare(ours) == bare(&origin))?;
            lines.set("Origin", ours);
        }
        _ => return None,
    }
    Some(())
}

/// The lines of a head, up to its empty line.
struct Lines(Vec<String>);

impl Lines {
    fn of(head: &[u8]) -> Lines {
        let head = String::from_utf8_lossy(head);
        let head = head.strip_suffix("\r\n\r\n").unwrap_or(&head);
        Lines(head.split("\r\n").map(str::to_owned).collect())
    }

    fn bytes(&self) -> Vec<u8> {
        (self.0.join("\r\n") + "\r\n\r\n").into_bytes()
    }

    fn has(line: &str, name: &str) -> bool {
        line.split_once(':').is_some_and(|(other, _)| other.eq_ignore_ascii_case(name))
    }

    fn value(&self, name: &str) -> Option<&str> {
        let line = self.0.iter().find(|line| Lines::has(line, name))?;
        line.split_once(':').map(|(_, value)| value.trim_matches([' ', '\t']))
    }

    /// Gives a newer request a field, if it has none of this name.
    fn add(&mut self, name: &str, value: &str) {
        let is_newer = self.value("Sec-WebSocket-Key").is_some();
        if is_newer && self.value(name).is_none() {
            self.0.push(format!("{name}: {value}"));
        }
    }

    /// Gives a field another value, or a newer request the field.
    fn set(&mut self, name: &str, value: &str) {
        self.add(name, value);
        let line = self.0.iter_mut().find(|line| Lines::has(line, name));
        line.into_iter().for_each(|line| *line = format!("{name}: {value}"));
    }

    /// Keeps the first field of a name.
    fn keep_first(&mut self, name: &str) {
        let mut kept = 0;
        self.0.retain(|line| {
            kept += usize::from(Lines::has(line, name));
            kept < 2 || !Lines::has(line, name)
        });
    }

    /// Keeps the last one.
    fn keep_last(&mut self, name: &str) {
        self.0.reverse();
        self.keep_first(name);
        self.0.reverse();
    }

    fn each(&mut self, change: impl Fn(&str) -> String) {
        self.0.iter_mut().skip(1).for_each(|line| *line = change(line));
    }
}
