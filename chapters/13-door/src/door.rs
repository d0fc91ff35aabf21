//! Who may come in: every request is judged before anything is answered.

use ch02_key::Request;
use ch06_select::{Emit, End, Event, FrameWriter, Writer};
use ch08_hixie::{Dialect, OlderRequest};
use ch09_stream::Stream;

use crate::head::read;
use crate::opening::the_one;
use crate::{Opening, Refusal};

// ANCHOR: door
/// Which pages may come in.
#[derive(Clone, Debug, Default)]
pub struct Door {
    /// The origins of these pages. If there are none, those of all pages.
    pub origins: Vec<String>,
}

impl Door {
    /// Judges where a request comes from (section 10.2). A request without an Origin is not a browser's.
    fn is_open_to(&self, request: &Request) -> Result<(), Refusal> {
        // YOURS: Which origin may come in, and what if there is none?
        if self.origins.is_empty() || request.field("Origin").is_none() {
            return Ok(());
        }
        let origin = the_one(request, "Origin").ok_or(Refusal::Bad("there must be one Origin"))?;
        let is_ours = |ours: &String| ours.eq_ignore_ascii_case(origin);
        if self.origins.iter().any(is_ours) { Ok(()) } else { Err(Refusal::Forbidden) }
        // YOURS_END
    }
}
// ANCHOR_END: door

// ANCHOR: spoken
/// What is spoken with a client that has come in.
pub struct Spoken<L> {
    /// Header fields of the answer, for what was agreed on.
    pub fields: String,
    /// What writes to it.
    pub writer: Box<dyn Writer>,
    /// What understands its frames.
    pub layer: L,
}

impl<L: Default> Spoken<L> {
    /// RFC 6455 and no extension.
    pub fn plain(_request: &Request) -> Self {
        Spoken { fields: String::new(), writer: Box::new(FrameWriter), layer: L::default() }
    }
}

// ANCHOR_END: spoken

// ANCHOR: start
/// Answers a whole head. A request of 2010, or for a file, is answered as in chapter 08; with any other,
/// `agree` says what is spoken.
pub fn start<L: Default>(
    door: &Door,
    agree: impl FnOnce(&Request) -> Spoken<L>,
    head: &[u8],
    emit: Emit<'_>,
) -> Result<Dialect<Stream<L>>, End> {
    // YOURS: In which order is a request judged?
    let request = read(head)?;
    let has = |name| request.field(name).is_some();
    if !has("Upgrade") && !has("Sec-WebSocket-Key") {
        return ch08_hixie::start(head, emit);
    }
    door.is_open_to(&request)?;
    if OlderRequest::find(&request).is_some() {
        return ch08_hixie::start(head, emit);
    }
    let opening = Opening::read(&request)?;
    let spoken = agree(&request);
    emit(Event::Send(opening.answer(&spoken.fields).as_bytes()));
    emit(Event::Opened(spoken.writer));
    Ok(Dialect::Newer(Stream::new(spoken.layer)))
    // YOURS_END
}
// ANCHOR_END: start
