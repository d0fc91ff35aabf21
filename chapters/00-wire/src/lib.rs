//! The wire: what two programs say to each other, recorded, with every byte named.
//!
//! The instrument of the course. It decodes on its own, without the code of any chapter, so that it can
//! be a witness against them. The same names serve the figures of the book, the probes, the lab in the
//! page and `tap` in the terminal:
//!
//! - [`Stream`] takes the bytes of one direction and hands back [`Unit`]s: heads and frames, in [`Part`]s;
//! - [`Recorder`] keeps what several clients and their server say, and what the server prints, or hands it on.

mod deflate;
mod frame;
mod grant;
mod head;
mod header;
mod hex;
mod hixie;
mod messages;
mod record;
mod script;
mod stream;
mod text;
mod tls;
mod unit;

pub use frame::unmask;
pub use head::is_accept_value;
pub use header::{Frame, Header};
pub use hex::{counted, hex, unhex};
pub use record::{Closing, Event, Recorder, Recording};
pub use script::{
    HIXIE76_ANSWER, HIXIE76_KEY1, HIXIE76_KEY2, HIXIE76_KEY3, RFC_KEY, fragment, hixie_frame,
    hixie75_request, hixie76_request, masked_frame, request, rfc_key_line, rfc_request,
    unmasked_frame,
};
pub use stream::Stream;
pub use text::{short_hex, visible};
pub use unit::{Fault, Kind, Part, Side, Unit, source};
