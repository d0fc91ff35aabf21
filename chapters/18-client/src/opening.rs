//! The opening handshake from the client's side (RFC 6455, section 4.1).

use std::fmt;

use ch03_accept::accept_key;
use ch14_deflate::Agreement;

use crate::Address;

// ANCHOR: wish
/// What a client asks for.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Where.
    pub address: Address,
    /// The subprotocols that it speaks, its favorite first.
    pub subprotocols: Vec<String>,
    /// More header fields: names and values.
    pub fields: Vec<(String, String)>,
    /// Messages may be compressed.
    pub compressed: bool,
}

/// All that we offer: both windows may be of any size, and may be kept.
const OFFER: &str = "permessage-deflate; client_max_window_bits";

impl Wish {
    /// The head of the request.
    pub fn head(&self, key: &str) -> String {
        // YOURS: Which fields does section 4.1 ask for?
        let Address { authority, target, .. } = &self.address;
        let mut head = format!(
            "GET {target} HTTP/1.1\r\nHost: {authority}\r\nUpgrade: websocket\r\n\
             Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        );
        if !self.subprotocols.is_empty() {
            let names = self.subprotocols.join(", ");
            head += &format!("Sec-WebSocket-Protocol: {names}\r\n");
        }
        if self.compressed {
            head += &format!("Sec-WebSocket-Extensions: {OFFER}\r\n");
        }
        let lines = self.fields.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
        head + &lines.collect::<String>() + "\r\n"
        // YOURS_END
    }
}
// ANCHOR_END: wish

// ANCHOR: refused
/// Why a connection is not opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// What came is not a response of HTTP/1.1.
    NotHttp,
    /// It has this status, and perhaps says where to go.
    Status(u16, Option<String>),
    /// This field is missing, or is there twice, or says something else than it must.
    Field(&'static str),
    /// The server names what was not asked for.
    NotAskedFor(String),
}

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::NotHttp => out.write_str("the answer is not HTTP/1.1"),
            Refused::Status(status, Some(to)) => {
                write!(out, "{status}: it wants us to go to {to}, and we do not follow")
            }
            Refused::Status(status, None) => write!(out, "the answer is {status}, and not 101"),
            Refused::Field(name) => write!(out, "the answer's {name} is not what it must be"),
            Refused::NotAskedFor(what) => {
                write!(out, "the answer has what nobody asked for: {what}")
            }
        }
    }
}
// ANCHOR_END: refused

// ANCHOR: answer
/// The most header fields that an answer may have.
const MAX_FIELDS: usize = 100;

const PROTOCOL: &str = "Sec-WebSocket-Protocol";

/// A server's answer, as far as a client needs it.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    fields: Vec<(String, String)>,
}

impl Answer {
    /// Takes a head apart.
    pub fn read(head: &[u8]) -> Result<Answer, Refused> {
        let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
        let mut response = httparse::Response::new(&mut fields);
        let is_whole = response.parse(head).is_ok_and(|read| read.is_complete());
        let status = response.code.filter(|_| is_whole && response.version == Some(1));
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        let fields = response.headers.iter();
        let fields = fields.map(|field| (field.name.to_owned(), text(field.value))).collect();
        Ok(Answer { status: status.ok_or(Refused::NotHttp)?, fields })
    }

    /// The subprotocol that the server has chosen.
    pub fn subprotocol(&self) -> Option<&str> {
        self.the_one(PROTOCOL)
    }

    fn values<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let has_name = move |(other, _): &&(String, String)| other.eq_ignore_ascii_case(name);
        self.fields.iter().filter(has_name).map(|(_, value)| value.trim())
    }

    /// The value of the one field with this name: no other value may stand beside it.
    fn the_one(&self, name: &str) -> Option<&str> {
        let mut values = self.values(name);
        values.next().filter(|_| values.next().is_none())
    }

    fn items(&self, name: &str) -> Vec<&str> {
        let items = self.values(name).flat_map(|value| value.split(','));
        items.map(str::trim).filter(|item| !item.is_empty()).collect()
    }
}
// ANCHOR_END: answer

// ANCHOR: judge
impl Wish {
    /// Holds an answer to section 4.1, point by point: what may be compressed, if the connection is open.
    pub fn judge(&self, key: &str, head: &[u8]) -> Result<Option<Agreement>, Refused> {
        // YOURS: What does section 4.1 ask of the answer?
        let answer = Answer::read(head)?;
        let is = |name, word| answer.the_one(name).is_some_and(|it| it.eq_ignore_ascii_case(word));
        let names_upgrade = || {
            let items = answer.items("Connection");
            items.iter().any(|item| item.eq_ignore_ascii_case("Upgrade"))
        };
        match answer.status {
            101 if !is("Upgrade", "websocket") => Err(Refused::Field("Upgrade")),
            101 if !names_upgrade() => Err(Refused::Field("Connection")),
            101 if answer.the_one("Sec-WebSocket-Accept") != Some(&accept_key(key)) => {
                Err(Refused::Field("Sec-WebSocket-Accept"))
            }
            101 => self.judge_choice(&answer).and_then(|()| self.agreed(&answer)),
            status @ 300..=399 => {
                Err(Refused::Status(status, answer.the_one("Location").map(str::to_owned)))
            }
            status => Err(Refused::Status(status, None)),
        }
        // YOURS_END
    }
}
// ANCHOR_END: judge

// ANCHOR: agreed
impl Wish {
    /// The subprotocol is one that was asked for, or there is none.
    fn judge_choice(&self, answer: &Answer) -> Result<(), Refused> {
        // YOURS: Which names may the server choose from?
        match answer.subprotocol() {
            Some(name) if self.subprotocols.iter().any(|ours| ours == name) => Ok(()),
            Some(other) => Err(Refused::NotAskedFor(format!("the subprotocol {other}"))),
            None if answer.values(PROTOCOL).next().is_some() => Err(Refused::Field(PROTOCOL)),
            None => Ok(()),
        }
        // YOURS_END
    }

    /// The extension is the one that was offered, with parameters that answer it, or there is none.
    fn agreed(&self, answer: &Answer) -> Result<Option<Agreement>, Refused> {
        // YOURS: Which answers does the offer have (RFC 7692, section 7.1)?
        let items = answer.items("Sec-WebSocket-Extensions");
        let [one] = items[..] else {
            let is_there = !items.is_empty();
            return if is_there { Err(Refused::NotAskedFor(items.join(", "))) } else { Ok(None) };
        };
        // In an answer, a window has a size.
        let has_no_value = one.split(';').any(|part| part.trim() == "client_max_window_bits");
        let agreed = Agreement::read(one).filter(|_| self.compressed && !has_no_value);
        agreed.map(Some).ok_or_else(|| Refused::NotAskedFor(one.to_owned()))
        // YOURS_END
    }
}
// ANCHOR_END: agreed
