//! The one table of findings: what the bytes themselves tell of a mistake. What came is compared with what should
//! have come, and a cause is named only if the bytes agree with it.

use ch00_wire::{Frame, Header, Kind, Unit, masked_frame, unmask, unmasked_frame};

use super::missed::{Missed, Wanted, bare_line_feed, frame_without_head, status};

/// A cause, and what has to be seen for it to be named.
struct Finding {
    cause: &'static str,
    fits: fn(&Evidence) -> bool,
}

/// What there is to go by.
struct Evidence<'a> {
    missed: &'a Missed,
    /// The bytes of the unit that came.
    came: &'a [u8],
    /// The text that was wanted, in a frame or in the terminal.
    text: &'a str,
}

/// Every cause that fits.
pub(super) fn causes(missed: &Missed) -> Vec<&'static str> {
    let came = missed.unit.as_ref().map_or(&[][..], |unit| &unit.bytes);
    let text = match &missed.wanted {
        Wanted::Text(text) | Wanted::Printed(text) => text,
        _ => "",
    };
    let evidence = Evidence { missed, came, text };
    let table = match &missed.wanted {
        Wanted::Text(_) => FRAMES,
        Wanted::Printed(_) => LINES,
        Wanted::Bytes(_, bytes) if matches!(bytes[..], [0x81, 0x80..=0xff, ..]) => TYPED,
        Wanted::Bytes(..) => OLDER,
        Wanted::Pong(_) => PONGS,
        Wanted::Close(_) => CLOSES,
        _ => &[],
    };
    let heads = if missed.unit.as_ref().is_some_and(|unit| is_head(unit)) { HEADS } else { &[] };
    let fitting = heads.iter().chain(table).filter(|finding| (finding.fits)(&evidence));
    let fitting = fitting.map(|finding| finding.cause).chain(evidence.slip());
    missed.cause.into_iter().chain(fitting).collect()
}

fn is_head(unit: &Unit) -> bool {
    matches!(unit.kind, Kind::ResponseHead | Kind::Unknown)
}

/// What a response head, or something in its place, tells.
const HEADS: &[Finding] = &[
    Finding {
        cause: "the server answers at another target only: every request here asks for /chat",
        fits: |seen| seen.status() == Some("404") && seen.wants_101(),
    },
    Finding {
        cause: "the request is taken for one of another method: it begins with GET",
        fits: |seen| seen.status() == Some("405") && seen.wants_101(),
    },
    Finding {
        cause: "the request is taken for one of another version: it says Sec-WebSocket-Version: 13",
        fits: |seen| {
            seen.status() == Some("426") && matches!(seen.missed.wanted, Wanted::Head(101))
        },
    },
    Finding {
        cause: "the status is right, and the field Sec-WebSocket-Version is missing, which says what the server speaks",
        fits: |seen| {
            seen.status() == Some("426")
                && matches!(seen.missed.wanted, Wanted::Field("Sec-WebSocket-Version", _))
        },
    },
    Finding {
        cause: "the origin is refused: without a list in ORIGINS every page comes in, and with one each origin on it, \
                and a client that names no origin",
        fits: |seen| seen.status() == Some("403") && seen.wants_101(),
    },
    Finding {
        cause: "there is a line end inside the accept value: what makes Base64 of the digest has put one behind it",
        fits: |seen| seen.bare_line_is("sec-websocket-accept"),
    },
    Finding {
        cause: "a line that ends with \\n alone: \\r\\n is required",
        fits: |seen| {
            seen.unit().and_then(bare_line_feed).is_some()
                && !seen.bare_line_is("sec-websocket-accept")
                && !seen.is_body_in_head()
        },
    },
    Finding {
        cause: "the empty line in front of the body is missing: \\r\\n once more",
        fits: |seen| seen.is_body_in_head(),
    },
    Finding {
        cause: "the empty line at the end is missing: \\r\\n once more",
        fits: |seen| seen.is_unended_head() && seen.came.ends_with(b"\r\n"),
    },
    Finding {
        cause: "the head has no end: each line ends with \\r\\n, and an empty line follows the last one",
        fits: |seen| seen.is_unended_head() && !seen.came.ends_with(b"\n"),
    },
    Finding {
        cause: "a text is sent without a frame, and without a response before it",
        fits: |seen| {
            seen.unit().is_some_and(|unit| unit.kind == Kind::Unknown && unit.text.is_some())
        },
    },
    Finding {
        cause: "the request is refused by a Close frame: before a 101 there are no frames, and a refusal is a response \
                head with the status 400",
        fits: |seen| seen.opcode_without_head() == Some(8),
    },
    Finding {
        cause: "a message is sent to a client whose opening handshake is not done: it becomes a member with its 101",
        fits: |seen| matches!(seen.opcode_without_head(), Some(1 | 2)),
    },
    Finding {
        cause: "the example of the RFC, copied: its value belongs to its key alone",
        fits: |seen| {
            matches!(&seen.missed.wanted, Wanted::Field(name, value)
                if *name == ACCEPT && value != RFC_ACCEPT && seen.field() == Some(RFC_ACCEPT))
        },
    },
];

/// The accept value of the RFC's key, from section 1.3.
pub(super) const RFC_ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// The field that has it.
pub(super) const ACCEPT: &str = "Sec-WebSocket-Accept";

/// Accept values that people get for the RFC's key, and how. A test makes them once more.
const SLIPS: [(&str, &str); 9] = [
    (
        "b37a4f2cc0624f1690f64606cf385945b2bec4ea",
        "the digest is written in hexadecimal: Base64 is to be made of its twenty bytes",
    ),
    (
        "YjM3YTRmMmNjMDYyNGYxNjkwZjY0NjA2Y2YzODU5NDViMmJlYzRlYQ==",
        "Base64 is made of the hexadecimal digits of the digest, and not of its twenty bytes",
    ),
    (
        "Kfh9QIsMVZcl6xEPYxPHzW8SZ8w=",
        "the accept value is made from an empty key: the key was not found",
    ),
    (
        "BXhwxM0SZasKmCD9S4BfpPmCnEw=",
        "the key is decoded before it is hashed: it is hashed as the text that came",
    ),
    ("hHLtf2V1k8aDQZfNjw3Ia1hCwt0=", "the GUID is not hashed with the key"),
    ("2OZf2Seed9yzIpkj+zvC9KS9Mjw=", "the GUID stands before the key, and belongs behind it"),
    ("s3mCG3XUBfFRrUGpYOBQiHm5i8g=", "a space before the key is hashed with it"),
    (
        "WJfwerbIozKsJXHxxI0JTO1SQgU=",
        "the GUID is hashed in small letters: its letters are capitals",
    ),
    ("zvnId+CMmoYWpbuFiCx6kU/bpAw=", "the line end behind the key is hashed with it"),
];

/// Which of them is made from no key at all.
const EMPTY_KEY: usize = 2;

/// What a frame tells, or what came in the place of one.
const FRAMES: &[Finding] = &[
    Finding {
        cause: "the connection is failed with 1007: a text that is valid UTF-8 is taken for an invalid one",
        fits: |seen| matches!(seen.came, [0x88, _, 0x03, 0xef, ..]),
    },
    Finding {
        cause: "the connection is failed with 1002: frames that keep all rules are taken for some that break one",
        fits: |seen| matches!(seen.came, [0x88, _, 0x03, 0xea, ..]),
    },
    Finding {
        cause: "text is written in place of bytes: as a character, 81 takes two bytes, c2 81",
        fits: |seen| seen.came.starts_with(&[0xc2, 0x81]),
    },
    Finding {
        cause: "the text is sent without a frame around it",
        fits: |seen| !seen.text.is_empty() && seen.came.starts_with(seen.text.as_bytes()),
    },
    Finding {
        cause: "the client's frame is sent back as it came, with its mask",
        fits: |seen| seen.came == masked_frame(1, seen.text.as_bytes()),
    },
    Finding {
        cause: "the frame is masked: a server's frames never are",
        fits: |seen| {
            seen.header().is_some_and(|header| header.masking_key.is_some())
                && seen.came != masked_frame(1, seen.text.as_bytes())
                && !seen.has_length_in_one_byte()
        },
    },
    Finding {
        cause: "FIN is not set: the first byte of a whole text message is 81",
        fits: |seen| seen.is_right_but_for(|header| !header.fin && header.opcode == 1),
    },
    Finding {
        cause: "the frame says that it is binary, opcode 2: a text has opcode 1",
        fits: |seen| seen.is_right_but_for(|header| header.opcode == 2),
    },
    Finding {
        cause: "the first byte is another one than 81: FIN 1, RSV 000, opcode 1",
        fits: |seen| {
            seen.is_right_but_for(|header| {
                header.rsv != 0 && !seen.is_compressed()
                    || !matches!(header.opcode, 1 | 2)
                    || (!header.fin && header.opcode == 2)
            })
        },
    },
    Finding {
        cause: "RSV1 says that the message is compressed, and its payload is the text as it was",
        fits: |seen| seen.is_compressed() && seen.payload() == Some(seen.text.as_bytes()),
    },
    Finding {
        cause: "the last four bytes that the compressor gives, 00 00 ff ff, are not cut off",
        fits: |seen| seen.is_compressed() && seen.came.ends_with(&[0x00, 0x00, 0xff, 0xff]),
    },
    Finding {
        cause: "the payload has a header of zlib or gzip in front: what is wanted is raw DEFLATE",
        fits: |seen| {
            let starts = |header: &[u8]| seen.payload().is_some_and(|all| all.starts_with(header));
            let headers: [&[u8]; 5] =
                [b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda", b"\x1f\x8b"];
            seen.is_compressed() && headers.into_iter().any(starts)
        },
    },
    Finding {
        cause: "the compressor repeats what is behind the window that the answer agreed to",
        fits: |seen| seen.is_compressed() && seen.has_fault("behind the window"),
    },
    Finding {
        cause: "the payload length counts characters: it has to count bytes",
        fits: |seen| seen.counts_characters(),
    },
    Finding {
        cause: "the bytes of the payload length stand in the wrong order: the larger one comes first",
        fits: |seen| match seen.came {
            [_, 126, low, high, ..] => {
                low != high && usize::from(u16::from_le_bytes([*low, *high])) == seen.text.len()
            }
            [_, 127, length @ ..] => length
                .first_chunk()
                .is_some_and(|length| u64::from_le_bytes(*length) == seen.text.len() as u64),
            _ => false,
        },
    },
    Finding {
        cause: "the payload length is written into one byte: from 126 on, that byte is 126 and two more hold it",
        fits: |seen| seen.has_length_in_one_byte() && !seen.is_cut_into_pieces(),
    },
    Finding {
        cause: "the payload length takes more bytes than it needs: the shortest of the three forms is to be used",
        fits: |seen| {
            seen.declares(seen.text.len() as u64)
                && match seen.came.get(1).map(|second| second & 0x7f) {
                    Some(126) => seen.text.len() < 126,
                    Some(127) => seen.text.len() < 65_536,
                    _ => false,
                }
        },
    },
    Finding {
        cause: "the message is cut into pieces: each of them is a whole message to a client",
        fits: |seen| seen.is_cut_into_pieces(),
    },
    Finding {
        cause: "the array is longer than the payload: the NULs behind the text were never filled",
        fits: |seen| seen.rest().is_some_and(|rest| rest.iter().all(|byte| *byte == 0)),
    },
    Finding {
        cause: "a line end is sent with the text",
        fits: |seen| matches!(seen.rest(), Some(b"\n" | b"\r\n")),
    },
    Finding {
        cause: "what follows the frame is sent back with it: the payload is taken to be all that came, whatever the \
                length says",
        fits: |seen| {
            seen.rest().is_some_and(|rest| rest.iter().any(|byte| *byte != 0) && rest.len() > 2)
                && !seen.is_wrapped()
        },
    },
    Finding {
        cause: "something is put before the text, or behind it: the text alone is to be sent back",
        fits: |seen| seen.is_wrapped(),
    },
    Finding {
        cause: "the payload is not unmasked",
        fits: |seen| !seen.text.is_empty() && seen.payload() == Some(&seen.masked()),
    },
    Finding {
        cause: "only every fourth byte is right: the same byte of the masking-key is used for all of them",
        fits: |seen| seen.is_unmasked_with(|key, _| key[0]),
    },
    Finding {
        cause: "the bytes of the masking-key are used in the opposite order",
        fits: |seen| seen.is_unmasked_with(|key, i| key[3 - i % 4]),
    },
    Finding {
        cause: ROTATED,
        fits: |seen| (1..4).any(|by| seen.is_unmasked_with(|key, i| key[(i + by) % 4])),
    },
    Finding {
        cause: "the masking-key is taken from the wrong place",
        fits: |seen| {
            seen.text.len() > 4
                && seen.payload().is_some_and(|payload| payload.starts_with(&[0; 4]))
        },
    },
    Finding {
        cause: "the masking-key begins anew in the middle of the payload, where a read has ended: it goes on with the byte \
                that is its turn",
        fits: |seen| {
            seen.right_up_to().is_some_and(|at| {
                at > 0 && seen.is_unmasked_with(|key, i| key[if i < at { i } else { i - at } % 4])
            })
        },
    },
    Finding {
        cause: "the payload is right up to some byte, and not unmasked from there on",
        fits: |seen| {
            let masked = seen.masked();
            seen.right_up_to().is_some_and(|at| {
                at > 0 && seen.payload().is_some_and(|payload| payload[at..] == masked[at..])
            })
        },
    },
    Finding {
        cause: "bytes above 127 come out wrong and all others right: they are taken for signed numbers, or for \
                characters",
        fits: |seen| {
            let Some(payload) = seen.payload() else { return false };
            let wanted = seen.text.as_bytes();
            payload.len() == wanted.len()
                && payload != wanted
                && wanted.iter().zip(payload).all(|(right, came)| right == came || *right > 127)
        },
    },
    Finding {
        cause: "the text is encoded twice: its bytes were taken for characters one by one",
        fits: |seen| {
            let twice: String = seen.text.bytes().map(char::from).collect();
            twice != seen.text && seen.payload() == Some(twice.as_bytes())
        },
    },
    Finding {
        cause: "the text is escaped for HTML: a server sends it as it is, and the page that shows it sets textContent",
        fits: |seen| {
            let said = seen.payload().map(String::from_utf8_lossy).unwrap_or_default();
            said.len() > seen.text.len() && unescaped(&said) == seen.text
        },
    },
    Finding {
        cause: "the letters change their case",
        fits: |seen| {
            seen.payload().is_some_and(|payload| {
                payload != seen.text.as_bytes()
                    && payload.eq_ignore_ascii_case(seen.text.as_bytes())
            })
        },
    },
];

/// What a payload tells that is unmasked from another byte of the key on.
const ROTATED: &str = "the masking-key is used from another of its bytes on: it begins with the first byte of the payload, wherever \
                       that stands in the frame";

/// What the terminal tells in place of a text.
const LINES: &[Finding] = &[
    Finding {
        cause: ROTATED,
        fits: |seen| {
            (1..4).any(|by| {
                let unmasked = plain(&String::from_utf8_lossy(
                    &seen.unmasked_with(|key, i| key[(i + by) % 4]),
                ));
                unmasked.len() > 2 && seen.lines().any(|line| plain(line).contains(&unmasked))
            })
        },
    },
    Finding {
        cause: "the payload is shown as it came: it is not unmasked",
        fits: |seen| {
            let masked = plain(&String::from_utf8_lossy(&seen.masked()));
            masked.len() > 3 && seen.lines().any(|line| plain(line).contains(&masked))
        },
    },
    Finding {
        cause: "126 is taken for a length: it says that the next two bytes hold the length",
        fits: |seen| {
            let frame = masked_frame(1, seen.text.as_bytes());
            let [_, 0xfe, k0, k1, k2, k3, body @ ..] = &frame[..] else { return false };
            let key = [k0, k1, k2, k3];
            let unmasked = body.iter().take(126).enumerate().map(|(i, byte)| byte ^ key[i % 4]);
            let unmasked = plain(&String::from_utf8_lossy(&unmasked.collect::<Vec<u8>>()));
            seen.lines().any(|line| plain(line).contains(&unmasked))
        },
    },
    Finding {
        cause: "bytes are taken for characters one by one: unmask all of them, and make text of the whole",
        fits: |seen| {
            let each: String =
                seen.text.bytes().map(char::from).filter(|c| !c.is_control()).collect();
            !seen.text.is_ascii()
                && seen
                    .lines()
                    .any(|line| without_escapes(line).replace(char::is_control, "").contains(&each))
        },
    },
    Finding {
        cause: "only the beginning is shown: a length is taken too small, or a read is too short",
        fits: |seen| {
            let beginning: String = seen.text.chars().take(6).collect();
            seen.text.chars().count() > 6 && seen.lines().any(|line| line.contains(&beginning))
        },
    },
    Finding {
        cause: "the masking-key is taken from the wrong place",
        fits: |seen| {
            seen.lines().any(|line| {
                line.contains("\0\0\0\0")
                    || line.contains(r"\0\0\0\0")
                    || line.contains(r"\x00\x00\x00\x00")
                    || line.contains(r"\u{0}\u{0}\u{0}\u{0}")
                    || line.contains(r"\u0000\u0000\u0000\u0000")
            })
        },
    },
];

/// What came in place of the bytes of 2010.
const OLDER: &[Finding] = &[
    Finding {
        cause: "the digest is sent as hexadecimal digits, and not as its sixteen bytes",
        fits: |seen| seen.came.len() >= 16 && seen.came.iter().all(u8::is_ascii_hexdigit),
    },
    Finding {
        cause: "a frame of RFC 6455 is sent: one of 2010 is 00, the text, and ff",
        fits: |seen| {
            matches!(&seen.missed.wanted, Wanted::Bytes(_, bytes) if bytes.starts_with(&[0]))
                && seen.came.first() == Some(&0x81)
        },
    },
];

/// What a client's frame tells that was to have a line that was typed.
const TYPED: &[Finding] = &[
    Finding {
        cause: "the end of the line is sent with the text",
        fits: |seen| {
            seen.typed(1, |came, line| {
                came.strip_prefix(line).is_some_and(|end| {
                    !end.is_empty() && end.iter().all(|byte| matches!(byte, b'\n' | b'\r'))
                })
            })
        },
    },
    Finding {
        cause: "the opcode is 2, that of a binary message: a text has 1, and its first byte is 81",
        fits: |seen| seen.typed(2, |came, line| came == line),
    },
    Finding {
        cause: "the spaces around the line are cut off: only its end is no part of it",
        fits: |seen| seen.typed(1, |came, line| came != line && came == line.trim_ascii()),
    },
    Finding {
        cause: "the payload is not masked as it should be: byte i takes byte i mod 4 of the masking-key",
        fits: |seen| seen.typed(1, |came, line| came.len() == line.len() && came != line),
    },
    Finding {
        cause: "the length counts characters: it is that of the bytes in UTF-8",
        fits: |seen| {
            seen.typed(1, |came, line| {
                let count = String::from_utf8_lossy(line).chars().count();
                count < line.len() && came.len() == count
            })
        },
    },
];

/// What came in place of a pong.
const PONGS: &[Finding] = &[
    Finding {
        cause: "a control frame is taken for a message: what came is one",
        fits: |seen| {
            matches!(seen.came.first(), Some(0x81 | 0x82)) && !seen.has_payload_of_the_ping()
        },
    },
    Finding {
        cause: "the server says goodbye: it takes this ping, or so many of them, for an error",
        fits: |seen| seen.is_control(8),
    },
    Finding {
        cause: "the ping is sent back as it came: a pong has opcode A, and its first byte is 8a",
        fits: |seen| seen.is_control(9) && seen.has_payload_of_the_ping(),
    },
    Finding {
        cause: "the ping is sent back as a message: a pong has opcode A, and its first byte is 8a",
        fits: |seen| {
            matches!(seen.came.first(), Some(0x81 | 0x82)) && seen.has_payload_of_the_ping()
        },
    },
    Finding {
        cause: "the pong is empty: a pong has the payload of its ping",
        fits: |seen| seen.is_control(10) && seen.plain_payload() == Some(b""),
    },
    Finding {
        cause: "the pong is masked: a server's frames never are",
        fits: |seen| {
            seen.is_control(10) && Header::read(seen.came).is_some_and(|h| h.masking_key.is_some())
        },
    },
    Finding {
        cause: "the payload of the ping is not unmasked before it is sent back",
        fits: |seen| {
            let masked = seen.ping().map(|payload| masked_frame(9, payload)[6..].to_vec());
            seen.is_control(10)
                && masked.is_some_and(|masked| seen.plain_payload() == Some(&masked))
        },
    },
    Finding {
        cause: "the payload of the ping is made a text on the way: it may be any bytes",
        fits: |seen| {
            let lossy =
                seen.ping().map(String::from_utf8_lossy).filter(|text| text.contains('\u{fffd}'));
            seen.is_control(10)
                && lossy.is_some_and(|text| seen.plain_payload() == Some(text.as_bytes()))
        },
    },
];

/// What came in place of a Close frame.
const CLOSES: &[Finding] = &[
    Finding {
        cause: "the Close frame is sent back as it came, with its mask: a server's frames have none",
        fits: |seen| {
            seen.is_control(8) && Header::read(seen.came).is_some_and(|h| h.masking_key.is_some())
        },
    },
    Finding {
        cause: "the bytes of the code stand in the wrong order: the larger one comes first",
        fits: |seen| match seen.came {
            [0x88, _, low, high, ..] => {
                let swapped = u16::from_le_bytes([*low, *high]);
                low != high && seen.may_be_code(swapped)
            }
            _ => false,
        },
    },
    Finding {
        cause: "the code is written as text: it is a number of two bytes, and 1000 is 03 e8",
        fits: |seen| {
            matches!(seen.came, [0x88, _, digits @ ..]
                if digits.len() >= 4 && digits[..4].iter().all(u8::is_ascii_digit))
        },
    },
    Finding {
        cause: "1005 stands for a Close frame without a code, and is never sent: the payload is left empty",
        fits: |seen| seen.came.get(..4) == Some(&[0x88, 2, 0x03, 0xed]),
    },
    Finding {
        cause: "the code is 1000 whatever the client has sent: the code of its Close frame is to be sent back",
        fits: |seen| {
            matches!(seen.missed.wanted, Wanted::Close(Some(code)) if !matches!(code, 1000 | 1002))
                && matches!(seen.came, [0x88, _, 0x03, 0xe8, ..])
                && !seen.answers_nobody()
        },
    },
    Finding {
        cause: "1000 says that everything was done that the connection was for: 1001 says that the server goes away",
        fits: |seen| matches!(seen.came, [0x88, _, 0x03, 0xe8, ..]) && seen.answers_nobody(),
    },
    Finding {
        cause: "the Close frame says nothing: its payload begins with a code",
        fits: |seen| matches!(seen.missed.wanted, Wanted::Close(Some(_))) && seen.came == [0x88, 0],
    },
];

impl Evidence<'_> {
    /// The payload of the ping whose pong was wanted.
    fn ping(&self) -> Option<&[u8]> {
        match &self.missed.wanted {
            Wanted::Pong(payload) => Some(payload),
            _ => None,
        }
    }

    /// Whether the goodbye that was wanted is the server's own: no client has said one before.
    fn answers_nobody(&self) -> bool {
        self.missed.step == Some("going-away")
    }

    /// Whether a control frame with this opcode came.
    fn is_control(&self, opcode: u8) -> bool {
        self.came.first() == Some(&(0x80 | opcode))
    }

    /// The payload of a frame that is not masked.
    fn plain_payload(&self) -> Option<&[u8]> {
        let header = Header::read(self.came).filter(|header| header.masking_key.is_none())?;
        self.came.get(header.size..)
    }

    fn has_payload_of_the_ping(&self) -> bool {
        self.ping().is_some_and(|payload| self.plain_payload() == Some(payload))
    }

    /// Whether a Close frame with this code would have been right.
    fn may_be_code(&self, code: u16) -> bool {
        match self.missed.wanted {
            Wanted::Close(Some(wanted)) => code == wanted,
            _ => code == 1000,
        }
    }

    fn unit(&self) -> Option<&Unit> {
        self.missed.unit.as_deref()
    }

    /// Whether a frame with this opcode came, whose payload stands like this to the line that was typed.
    fn typed(&self, opcode: u8, fits: fn(&[u8], &[u8]) -> bool) -> bool {
        let Wanted::Bytes(_, wanted) = &self.missed.wanted else { return false };
        let line = Header::read(wanted)
            .map(|header| unmask(&wanted[header.size..], header.masking_key))
            .unwrap_or_default();
        self.unit()
            .and_then(|unit| unit.frame.as_ref())
            .is_some_and(|frame| frame.header.opcode == opcode && fits(&frame.payload, &line))
    }

    /// Whether the frame says that it is compressed, and may be.
    fn is_compressed(&self) -> bool {
        self.unit().is_some_and(|unit| unit.title.contains(", compressed"))
    }

    fn has_fault(&self, words: &str) -> bool {
        self.unit().is_some_and(|unit| unit.faults.iter().any(|fault| fault.why.contains(words)))
    }

    fn status(&self) -> Option<&str> {
        self.unit().and_then(status)
    }

    /// The opcode of a frame that came where a response head was to come.
    fn opcode_without_head(&self) -> Option<u8> {
        Some(frame_without_head(self.unit()?)?.frame?.header.opcode)
    }

    fn wants_101(&self) -> bool {
        !matches!(self.missed.wanted, Wanted::Refusal | Wanted::Head(200))
    }

    fn lines(&self) -> impl Iterator<Item = &str> {
        self.missed.printed.iter().map(String::as_str)
    }

    /// Whether the line of the head that ends with a line feed alone is the one of this field.
    fn bare_line_is(&self, name: &str) -> bool {
        self.bare_line().is_some_and(|line| line.to_ascii_lowercase().starts_with(name))
    }

    /// The first line of a head that ends without `\r`.
    fn bare_line(&self) -> Option<String> {
        let at = self.unit().and_then(bare_line_feed)?;
        let line = self.came[..at].rsplit(|byte| *byte == b'\n').next()?;
        Some(String::from_utf8_lossy(line).into_owned())
    }

    /// Whether lines end as they should in a head, and then one comes that is no field.
    fn is_body_in_head(&self) -> bool {
        self.bare_line().is_some_and(|line| !line.contains(':') && !line.starts_with("HTTP/"))
    }

    /// Whether a response head has begun, which is the one that was wanted so far, and has not ended.
    fn is_unended_head(&self) -> bool {
        let is_wanted = matches!(self.missed.wanted, Wanted::Head(_) | Wanted::Refusal);
        is_wanted
            && self.unit().is_some_and(|unit| {
                unit.kind == Kind::ResponseHead && !unit.complete && bare_line_feed(unit).is_none()
            })
    }

    /// The accept value that came.
    fn field(&self) -> Option<&str> {
        self.unit()?.value(ACCEPT)
    }

    /// How somebody gets the accept value that came, for the RFC's key. That of an empty key is known for any.
    fn slip(&self) -> Option<&'static str> {
        let Wanted::Field(ACCEPT, wanted) = &self.missed.wanted else { return None };
        let came = self.field()?;
        let slip = SLIPS.iter().find(|(value, _)| *value == came)?;
        (wanted == RFC_ACCEPT || came == SLIPS[EMPTY_KEY].0).then_some(slip.1)
    }

    /// Whether what came looks like the text in any frame at all.
    fn is_framed(&self) -> bool {
        let is_bare = !self.text.is_empty() && self.came.starts_with(self.text.as_bytes());
        !is_bare && !self.came.starts_with(&[0xc2, 0x81])
    }

    fn header(&self) -> Option<Header> {
        Header::read(self.came).filter(|_| self.is_framed())
    }

    /// The payload as it came, as far as it did, of a frame that is not masked.
    fn payload(&self) -> Option<&[u8]> {
        let header = self.header().filter(|header| header.masking_key.is_none())?;
        self.came.get(header.size..)
    }

    /// Whether a length above 125 was put into the second byte, which may have set MASK.
    fn has_length_in_one_byte(&self) -> bool {
        let length = self.text.len();
        let second = self.came.get(1).map(|second| usize::from(*second));
        let is_followed = self.came.get(2..4) == self.text.as_bytes().get(..2);
        length > 125
            && self.is_framed()
            && is_followed
            && [length & 0xff, length & 0x7f].map(Some).contains(&second)
    }

    fn counts_characters(&self) -> bool {
        let characters = self.text.chars().count();
        characters != self.text.len() && self.declares(characters as u64)
    }

    fn declares(&self, length: u64) -> bool {
        self.header().is_some_and(|header| header.length == length)
    }

    /// Whether the payload is right, and something in the first byte is not.
    fn is_right_but_for(&self, wrong: impl Fn(&Header) -> bool) -> bool {
        self.header().is_some_and(|header| wrong(&header))
            && self.payload() == Some(self.text.as_bytes())
    }

    /// What a payload has behind the text, where it begins with it.
    fn rest(&self) -> Option<&[u8]> {
        let rest = self.payload()?.strip_prefix(self.text.as_bytes())?;
        (!rest.is_empty() && !self.text.is_empty()).then_some(rest)
    }

    /// Whether the text stands inside a longer one that can be read.
    fn is_wrapped(&self) -> bool {
        let Some(Ok(said)) = self.payload().map(std::str::from_utf8) else { return false };
        let is_readable = |text: &str| !text.contains(char::is_control);
        !self.text.is_empty()
            && said.split_once(self.text).is_some_and(|(before, behind)| {
                !before.is_empty() && is_readable(before) && is_readable(behind)
                    || behind.len() > 2 && behind.starts_with([' ', '!', '"', '\''])
            })
    }

    fn is_cut_into_pieces(&self) -> bool {
        self.payload().is_some_and(|payload| {
            !payload.is_empty()
                && self.text.len() > 125
                && payload.len() < self.text.len()
                && self.text.as_bytes().starts_with(payload)
                && self.declares(payload.len() as u64)
                && !self.counts_characters()
        })
    }

    /// The text as the client sent it.
    fn masked(&self) -> Vec<u8> {
        let frame = masked_frame(1, self.text.as_bytes());
        frame[frame.len() - self.text.len()..].to_vec()
    }

    /// The client's payload, unmasked with another byte of the key than the right one.
    fn unmasked_with(&self, key_byte: impl Fn([u8; 4], usize) -> u8) -> Vec<u8> {
        let frame = masked_frame(1, self.text.as_bytes());
        let start = frame.len() - self.text.len();
        let Some(key) = frame[..start].last_chunk::<4>() else { return Vec::new() };
        frame[start..].iter().enumerate().map(|(i, byte)| byte ^ key_byte(*key, i)).collect()
    }

    /// Whether that is what came.
    fn is_unmasked_with(&self, key_byte: impl Fn([u8; 4], usize) -> u8) -> bool {
        let unmasked = self.unmasked_with(key_byte);
        unmasked != self.text.as_bytes() && self.payload() == Some(&unmasked)
    }

    /// How many bytes of the payload are right, where it has the right length and is not right.
    fn right_up_to(&self) -> Option<usize> {
        let payload = self.payload().filter(|payload| payload.len() == self.text.len())?;
        payload.iter().zip(self.text.as_bytes()).position(|(came, right)| came != right)
    }
}

/// The printable ASCII of a text, without what stands for a byte that is not: terminals show those in many ways.
fn plain(text: &str) -> String {
    without_escapes(text).replace(|c| !matches!(c, ' '..='~') || matches!(c, '"' | '\''), "")
}

/// A text without the escapes in which languages write what is not printable.
fn without_escapes(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next() {
                Some('x') => drop((rest.next(), rest.next())),
                Some('u') if rest.peek() == Some(&'{') => drop(rest.find(|c| *c == '}')),
                Some('u') => drop((rest.next(), rest.next(), rest.next(), rest.next())),
                _ => {}
            },
            c => plain.push(c),
        }
    }
    plain
}

/// A text without what HTML needs.
fn unescaped(text: &str) -> String {
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#039;", "'"),
        ("&apos;", "'"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
}

/// Whether this is the Close frame of a server that fails a connection with this code.
pub(super) fn is_failure(frame: &Frame, code: u16) -> bool {
    frame.header.opcode == 8 && frame.payload.starts_with(&code.to_be_bytes())
}

/// The Close frame that should have come in the place of this one: the same reason, with this code.
pub(super) fn failure(came: &Unit, code: u16) -> Vec<u8> {
    let payload = came.frame.as_ref().map_or(&[][..], |frame| &frame.payload);
    let reason = payload.get(2..).unwrap_or_default();
    unmasked_frame(8, &[&code.to_be_bytes(), reason].concat())
}

/// What a frame tells that came in the place of a Close frame with this code.
pub(super) fn of_failure(came: &Unit, code: u16) -> Option<&'static str> {
    let frame = came.frame.as_ref()?;
    let digits = code.to_string();
    Some(match (frame.header.opcode, frame.payload.as_slice()) {
        (8, _) if frame.header.masking_key.is_some() => {
            "the Close frame is masked: a server's frames never are"
        }
        (8, []) => {
            "the Close frame has no code: it belongs at the beginning of the payload, as two bytes"
        }
        (8, [low, high, ..]) if u16::from_le_bytes([*low, *high]) == code => {
            "the bytes of the code stand in the wrong order: the larger one comes first"
        }
        (8, payload) if payload.starts_with(digits.as_bytes()) => {
            "the code is written in digits: it is a number of two bytes, and 1002 is 03 ea"
        }
        (8, [0x03, 0xe8, ..]) => {
            "1000 says that everything is well: a client that has broken a rule does not learn of it"
        }
        (8, [0x03, 0xea, ..]) => "1002 is for frames that break a rule: this has a code of its own",
        (8, _) => return None,
        (1 | 2, _) => "the frame is taken for a message",
        (10, _) => "the frame is taken for a ping, and answered with a pong",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD as BASE64;
    use ch00_wire::{RFC_KEY, Side, Stream};
    use sha1::{Digest, Sha1};

    use super::*;
    use crate::probes::missed::{Failure, server_frame};
    use crate::probes::promises::Sight;

    const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    #[test]
    fn each_wrong_accept_value_is_made_as_its_cause_says() {
        let hash = |parts: &[&[u8]]| Sha1::digest(parts.concat());
        let key = RFC_KEY.as_bytes();
        let hex =
            |digest: &[u8]| digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let right = hash(&[key, GUID]);
        let decoded = BASE64.decode(key).expect("Base64");
        let made = [
            hex(&right),
            BASE64.encode(hex(&right)),
            BASE64.encode(hash(&[GUID])),
            BASE64.encode(hash(&[&decoded, GUID])),
            BASE64.encode(hash(&[key])),
            BASE64.encode(hash(&[GUID, key])),
            BASE64.encode(hash(&[b" ", key, GUID])),
            BASE64.encode(hash(&[key, &GUID.to_ascii_lowercase()])),
            BASE64.encode(hash(&[key, b"\r", GUID])),
        ];
        assert_eq!(made.each_ref().map(String::as_str), SLIPS.map(|(value, _)| value));
        assert_eq!(BASE64.encode(right), RFC_ACCEPT);
    }

    /// What is found where this comes in place of a text.
    fn found(text: &str, bytes: &[u8]) -> Vec<&'static str> {
        let unit = Stream::of_frames(Side::Server).feed(bytes).remove(0);
        let failure = Failure::wrong(Wanted::Text(text.to_owned()), Sight::Other, &unit);
        let Failure::Missed(missed) = failure else { panic!("it is missed") };
        causes(&missed)
    }

    /// A server's frame with this payload.
    fn frame(payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![0x81];
        match payload.len() {
            length @ 0..126 => frame.push(length as u8),
            length => frame.extend([126, (length >> 8) as u8, length as u8]),
        }
        [frame, payload.to_vec()].concat()
    }

    /// Every finding about frames, with bytes that show it: one cause each, and no other.
    #[test]
    fn each_cause_fits_its_own_bytes_and_no_others() {
        let text = "Li Jing, 李静";
        let masked = masked_frame(1, text.as_bytes());
        let start = masked.len() - text.len();
        let (key, body) = (&masked[start - 4..start], &masked[start..]);
        let long = "Li Jing ".repeat(16);
        let with = |at: usize, byte: u8, mut frame: Vec<u8>| {
            frame[at] = byte;
            frame
        };
        let each: Vec<(&str, Vec<u8>, &str)> = vec![
            (text, text.as_bytes().to_vec(), "without a frame"),
            (
                text,
                [&[0xc2, 0x81, 0x0f][..], text.as_bytes()].concat(),
                "written in place of bytes",
            ),
            (text, masked.clone(), "as it came, with its mask"),
            (text, with(0, 0x01, frame(text.as_bytes())), "FIN is not set"),
            (text, with(0, 0x82, frame(text.as_bytes())), "it is binary"),
            (text, with(0, 0xc1, frame(text.as_bytes())), "another one than 81"),
            (text, with(1, 11, frame(text.as_bytes())), "counts characters"),
            (&long, with(2, 0x80, with(3, 0x00, frame(long.as_bytes()))), "wrong order"),
            (&long, [&[0x81, 128][..], long.as_bytes()].concat(), "into one byte"),
            (text, [&[0x81, 126, 0, 15][..], text.as_bytes()].concat(), "more bytes than it needs"),
            (&long, frame(&long.as_bytes()[..125]), "cut into pieces"),
            (text, frame(&[text.as_bytes(), &[0; 6]].concat()), "longer than the payload"),
            (text, frame(&[text.as_bytes(), b"\n"].concat()), "line end is sent"),
            (text, frame(&[text.as_bytes(), b"\x01\x99\xc1\xaa"].concat()), "all that came"),
            (text, frame(format!("you said: {text}").as_bytes()), "before the text"),
            (text, frame(body), "is not unmasked"),
            (
                text,
                frame(&body.iter().map(|byte| byte ^ key[0]).collect::<Vec<_>>()),
                "every fourth",
            ),
            (
                text,
                frame(&[&text.as_bytes()[..8], &body[8..]].concat()),
                "not unmasked from there on",
            ),
            (
                text,
                frame(
                    &(0..body.len())
                        .map(|i| body[i] ^ key[if i < 7 { i } else { i - 7 } % 4])
                        .collect::<Vec<_>>(),
                ),
                "begins anew",
            ),
            (text, frame(&text.bytes().map(|byte| byte & 0x7f).collect::<Vec<_>>()), "above 127"),
            (
                text,
                frame(text.bytes().map(char::from).collect::<String>().as_bytes()),
                "encoded twice",
            ),
            ("<b>", frame(b"&lt;b&gt;"), "escaped for HTML"),
            ("Li Jing", frame(b"LI JING"), "change their case"),
        ];
        let wrong = each.into_iter().filter_map(|(text, bytes, cause)| {
            let found = found(text, &bytes);
            (found.len() != 1 || !found[0].contains(cause)).then(|| format!("{cause}: {found:?}"))
        });
        let wrong: Vec<String> = wrong.collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert!(found("Li Jing", &server_frame("another")).is_empty(), "no cause fits");
    }

    /// The same for what comes in place of a pong or of a Close frame.
    #[test]
    fn each_cause_about_control_frames_fits_its_own_bytes_and_no_others() {
        let pong = || Wanted::Pong(b"\xffLi".to_vec());
        let close = |code: u16| Wanted::Close(Some(code));
        let each: [(Wanted, &[u8], &str); 14] = [
            (pong(), b"\x89\x03\xffLi", "sent back as it came: a pong"),
            (pong(), b"\x82\x03\xffLi", "sent back as a message"),
            (pong(), b"\x81\x02Li", "taken for a message"),
            (pong(), b"\x88\x02\x03\xf0", "says goodbye"),
            (pong(), b"\x8a\x00", "is empty"),
            (pong(), b"\x8a\x83\x37\xfa\x21\x3d\xc8\xb6\x48", "is masked"),
            (pong(), b"\x8a\x03\xc8\xb6\x48", "is not unmasked"),
            (pong(), b"\x8a\x05\xef\xbf\xbdLi", "made a text"),
            (Wanted::Close(None), b"\x88\x82\x37\xfa\x21\x3d\x34\x12", "with its mask"),
            (Wanted::Close(None), b"\x88\x02\xe8\x03", "wrong order"),
            (close(1000), b"\x88\x041000", "written as text"),
            (Wanted::Close(None), b"\x88\x02\x03\xed", "1005 stands for"),
            (close(4999), b"\x88\x02\x03\xe8", "1000 whatever"),
            (close(1000), b"\x88\x00", "says nothing"),
        ];
        let wrong = each.into_iter().filter_map(|(wanted, bytes, cause)| {
            let unit = Stream::of_frames(Side::Server).feed(bytes).remove(0);
            let failure = Failure::wrong(wanted, Sight::Other, &unit);
            let Failure::Missed(missed) = failure else { panic!("it is missed") };
            let found = causes(&missed);
            (found.len() != 1 || !found[0].contains(cause)).then(|| format!("{cause}: {found:?}"))
        });
        let wrong: Vec<String> = wrong.collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        let unit = Stream::of_frames(Side::Server).feed(b"\x88\x02\x03\xe8").remove(0);
        let failure = Failure::wrong(close(1001), Sight::Other, &unit).step("going-away");
        let Failure::Missed(missed) = failure else { panic!("it is missed") };
        let found = causes(&missed);
        assert!(found.len() == 1 && found[0].contains("goes away"), "{found:?}");
    }

    #[test]
    fn what_came_in_the_place_of_a_close_frame_is_named() {
        let each: [(&[u8], Option<&str>); 9] = [
            (b"\x88\x82\0\0\0\0\x03\xea", Some("is masked")),
            (b"\x88\x00", Some("has no code")),
            (b"\x88\x02\xea\x03", Some("wrong order")),
            (b"\x88\x041002", Some("in digits")),
            (b"\x88\x05\x03\xe8bye", Some("1000 says")),
            (b"\x88\x02\x03\xf1", None),
            (b"\x81\x02Li", Some("for a message")),
            (b"\x8a\x02Li", Some("for a ping")),
            (b"\x80\x02Li", None),
        ];
        for (bytes, cause) in each {
            let unit = &Stream::of_frames(Side::Server).feed(bytes)[0];
            let found = of_failure(unit, 1002);
            assert_eq!(found.is_some(), cause.is_some(), "{bytes:x?}: {found:?}");
            assert!(found.unwrap_or_default().contains(cause.unwrap_or_default()), "{found:?}");
        }
        let unit = &Stream::of_frames(Side::Server).feed(b"\x88\x05\x03\xe8bye")[0];
        assert_eq!(failure(unit, 1002), b"\x88\x05\x03\xeabye");
    }

    /// A line that is no field is not to blame for its own end.
    #[test]
    fn a_body_without_an_empty_line_in_front_is_told_from_bare_line_feeds() {
        let found = |bytes: &[u8]| {
            let unit = Stream::new(Side::Server).feed(bytes).remove(0);
            let Failure::Missed(missed) = Failure::wrong(Wanted::Refusal, Sight::Cut, &unit) else {
                panic!("it is missed")
            };
            causes(&missed)
        };
        let body = ["the empty line in front of the body is missing: \\r\\n once more"];
        let bare = ["a line that ends with \\n alone: \\r\\n is required"];
        let head = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n";
        assert_eq!(found(format!("{head}no key\n").as_bytes()), body);
        assert_eq!(found(format!("{head}Server: mine\n").as_bytes()), bare);
        assert_eq!(found(b"HTTP/1.1 400 Bad Request\nConnection: close\n"), bare);
    }

    /// Findings about a server that has agreed to compress.
    #[test]
    fn each_cause_fits_its_own_compressed_bytes() {
        let found = |text: &str, agreed: &str, frame: &[u8]| {
            let head = format!(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                 Sec-WebSocket-Extensions: permessage-deflate{agreed}\r\n\r\n"
            );
            let mut stream = Stream::new(Side::Server);
            stream.feed(head.as_bytes());
            let unit = stream.feed(frame).remove(0);
            let wanted = Wanted::Text(text.to_owned());
            let Failure::Missed(missed) = Failure::wrong(wanted, Sight::Other, &unit) else {
                panic!("it is missed")
            };
            causes(&missed)
        };
        let hello = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
        let framed = |payload: &[u8]| [&[0xc1, payload.len() as u8][..], payload].concat();
        let tail = [&hello[..], b"\x00\x00\xff\xff"].concat();
        let zlib = [b"\x78\x9c", &hello[..]].concat();
        for (payload, cause) in
            [(&b"Hello"[..], "the text as it was"), (&tail, "not cut off"), (&zlib, "in front")]
        {
            let found = found("Hello", "", &framed(payload));
            assert!(found.len() == 1 && found[0].contains(cause), "{cause}: {found:?}");
        }
        assert!(found("hello", "", &framed(&hello)).is_empty(), "no cause fits");
    }

    #[test]
    fn what_a_terminal_shows_of_masked_bytes_is_known_in_many_spellings() {
        let text = "Li Jing Li Jing Li";
        let masked = masked_frame(1, text.as_bytes())[6..].to_vec();
        let python: String = masked
            .iter()
            .map(|byte| match byte {
                b' '..=b'~' => char::from(*byte).to_string(),
                _ => format!("\\x{byte:02x}"),
            })
            .collect();
        for line in [python, String::from_utf8_lossy(&masked).into_owned()] {
            let mut failure =
                Failure::missed(Wanted::Printed(text.to_owned()), Sight::Misprinted, "");
            failure.change(|missed| missed.printed = vec![line]);
            let Failure::Missed(missed) = failure else { panic!("it is missed") };
            let found = causes(&missed);
            assert!(found.len() == 1 && found[0].contains("not unmasked"), "{found:?}");
        }
    }
}
