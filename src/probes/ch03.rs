//! Chapter 03, Accept: the connection opens.

use ch00_wire::{RFC_KEY, Unit, masked_frame, rfc_key_line};
use stage::Trouble;

use super::Probe;
use super::bench::{Bench, Failure, PACE, Wanted};

/// The accept value of [`RFC_KEY`], from section 1.3.
const RFC_ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

pub(super) const PROBES: &[Probe] = &[
    Probe {
        chapter: 3,
        promise: "answers the key of the RFC with 101 and its accept value",
        section: "1.3",
        mistake: "nothing is answered, the digest is in hexadecimal, the key decoded before it is hashed, or the \
                  GUID mistyped",
        hints: [
            "Print the text that you hash, between quotes, and the value that comes out. Where \
             does it begin to differ from what is expected?",
            "The accept value is Base64 of the twenty bytes of SHA-1, of the key as it stands in \
             the request followed by 258EAFA5-E914-47DA-95CA-C5AB0DC85B11.",
            "Join the key and the GUID, hash that text, and give the twenty raw bytes (digest, \
             not hexdigest) to Base64. Send the status line, the three fields, each with \\r\\n, \
             and an empty line, \\r\\n.",
        ],
        script: |bench| accepts(bench, &rfc_key_line(), RFC_ACCEPT),
    },
    Probe {
        chapter: 3,
        promise: "answers another key with another value",
        section: "4.2.2",
        mistake: "the example of the RFC, copied",
        hints: [
            "Another key was sent, and what came back? Is it the value of the example?",
            "The value is made anew for each client, from the key of its own request.",
            "Pass the key that you found in this request to the function that makes the accept \
             value, and put its result into the response. No value stands in your source.",
        ],
        script: |bench| {
            let line = "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==";
            accepts(bench, line, "HSmrc0sMlYUkAGmm5OPpG2HaGWk=")
        },
    },
    Probe {
        chapter: 3,
        promise: "makes the accept value from the key alone",
        section: "4.2.2",
        mistake: "the space around the key is hashed with it, or a name in lower case is not found",
        hints: [
            "The key is the same as before; around it are other spaces, and its name is in lower \
             case. What exactly do you hash?",
            "The value of a field is what remains without the spaces and tabs at both ends. One \
             space too many, and all of the hash is another.",
            "Trim spaces and tabs from both ends of the value before you add the GUID, and \
             compare the name of the field without regard to case.",
        ],
        script: |bench| {
            accepts(bench, &format!("sec-websocket-key:{RFC_KEY}"), RFC_ACCEPT)?;
            accepts(bench, &format!("Sec-WebSocket-Key: \t{RFC_KEY}  "), RFC_ACCEPT)
        },
    },
    Probe {
        chapter: 3,
        promise: "says that it upgrades, and to what",
        section: "4.2.2",
        mistake: "a response without Upgrade and Connection",
        hints: [
            "Read the head that you sent line by line. Which of its three fields is missing, or \
             has another value?",
            "A 101 says which protocol it changes to: Upgrade: websocket, and Connection: \
             Upgrade, beside Sec-WebSocket-Accept.",
            "Write these lines after HTTP/1.1 101 Switching Protocols, each one ended by \\r\\n: \
             Upgrade: websocket, Connection: Upgrade, Sec-WebSocket-Accept and your value, and \
             the empty line.",
        ],
        script: |bench| {
            let (_client, answer) = bench.handshake(&rfc_key_line())?;
            field(&answer, "Upgrade", "websocket", |value| {
                value.eq_ignore_ascii_case("websocket")
            })?;
            field(&answer, "Connection", "Upgrade", |value| {
                value.split(',').any(|token| token.trim().eq_ignore_ascii_case("upgrade"))
            })
        },
    },
    Probe {
        chapter: 3,
        promise: "sends nothing after the empty line",
        section: "4.2.2",
        mistake: "a line end or a NUL too many: it is the first byte of a frame",
        hints: [
            "The drawing shows what came after the head. Which of your writes has sent it?",
            "From the empty line on, each byte is a part of a frame. A line end or a NUL that \
             follows is taken for the first byte of one.",
            "Let the head end with exactly \\r\\n\\r\\n, write these bytes and no more (write, \
             and not a call that adds a line end), and send no greeting yet.",
        ],
        script: |bench| {
            let mut client = bench.open()?;
            match client.quiet(PACE) {
                Err(Trouble::Ended(..)) => {
                    let expected = "the connection to stay open: the client has something to say";
                    return Err(Failure::missed(expected, "the server closed it")
                        .because("the connection is closed as soon as the 101 is written"));
                }
                heard => heard.wanted("nothing after the empty line")?,
            }
            client.finish_sending();
            let (_, after) = client.ended().wanted("the connection to be closed")?;
            match after.first() {
                Some(unit) if unit.frame.as_ref().is_none_or(|frame| frame.header.opcode != 8) => {
                    Err(Failure::wrong("nothing after the empty line", unit, 0))
                }
                _ => Ok(()),
            }
        },
    },
    Probe {
        chapter: 3,
        promise: "answers once, whatever comes after the opening handshake",
        section: "4.2.2",
        mistake: "every read is answered with a 101",
        hints: [
            "A frame comes after the 101, and another 101 after the frame. What does your server do \
             with a read, whatever it brings?",
            "The opening handshake is the beginning of a connection, and it is done once. What comes \
             behind the head is frames.",
            "Read the head and answer it before the loop that reads what follows, or keep for each \
             connection whether its handshake is done.",
        ],
        script: |bench| {
            let mut client = bench.open()?;
            client.send(&masked_frame(1, b"Li Jing")).wanted("the frame to be taken")?;
            client.finish_sending();
            let (_, after) = client.ended().wanted("the connection to be closed")?;
            match after.iter().find(|unit| unit.bytes.starts_with(b"HTTP/")) {
                Some(unit) => Err(Failure::wrong("no second response head", unit, 0)
                    .with("another one came".to_owned())),
                None => Ok(()),
            }
        },
    },
    Probe {
        chapter: 3,
        promise: "opens a connection for the next client after one has left",
        section: "7.1.1",
        mistake: "one flag for all clients says that the handshake is done",
        hints: [
            "The first client got its 101 and left. Which of your variables still remember it \
             when the next one comes?",
            "That the opening handshake is done is a fact about one connection. The next client \
             begins from nothing.",
            "Make whatever you know about a client (its buffer, whether its handshake is done) \
             inside the loop over accept, after accept, so that it begins anew for each.",
        ],
        script: |bench| {
            bench.open()?.leave();
            bench.open().map(drop)
        },
    },
];

fn accepts(bench: &Bench, key_line: &str, accept: &str) -> Result<(), Failure> {
    let (_client, answer) = bench.handshake(key_line)?;
    field(&answer, "Sec-WebSocket-Accept", accept, |value| value == accept)
}

/// Sees a header field in the answer, with a value that is right.
fn field(
    answer: &Unit,
    name: &str,
    wanted: &str,
    right: impl Fn(&str) -> bool,
) -> Result<(), Failure> {
    let expected = format!("{name}: {wanted}");
    match answer.parts.iter().find(|part| part.name.eq_ignore_ascii_case(name)) {
        // It belongs before the empty line.
        None => Err(Failure::wrong(expected, answer, answer.bytes.len().saturating_sub(2))
            .with(format!("the head has no field {name}"))),
        Some(part) if right(&part.value) => Ok(()),
        Some(part) => {
            let at = part.start - answer.start + name.len() + ": ".len();
            Err(Failure::wrong(expected, answer, at).with(format!("{name}: {}", part.value)))
        }
    }
}
