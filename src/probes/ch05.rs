//! Chapter 05, Reply: what a client says comes back.

use ch00_wire::masked_frame;

use super::Probe;
use super::bench::{Bench, Failure, Wanted};

/// The lengths at which a form of the payload length ends or begins, and one packet's worth.
const EDGES: [usize; 4] = [125, 126, 127, 1_500];

const ALL_THAT_CAME: &str = "in chapter 04's part, the payload is taken to be all that came, whatever the length says, or the length \
    is read in the wrong order";

pub(super) const PROBES: &[Probe] = &[
    Probe {
        chapter: 5,
        promise: "sends a message back as one text frame",
        section: "5.6",
        mistake: "nothing is written, what is written waits in a buffer, or it has no frame around it",
        hints: [
            "Did your server write any bytes? What do the first two of them say?",
            "A text alone is no frame. Before it stand a first byte of 81 (FIN 1, opcode 1) and a \
             second byte with the payload length.",
            "For up to 125 bytes, write in one piece: the byte 0x81, the byte with the number of \
             bytes, and then the bytes of the text.",
        ],
        script: |bench| bench.echoes(&mut bench.open()?, "Li Jing"),
    },
    Probe {
        chapter: 5,
        promise: "sends frames that are not masked",
        section: "5.1",
        mistake: "the client's frame is sent back as it came",
        hints: [
            "Look at the second byte that you sent. Is its first bit 0?",
            "A client masks what it sends, and a server never does. What you send is the text, \
             unmasked, in a new frame of your own.",
            "Build the reply from the unmasked bytes: 0x81, the length without the bit 128, no \
             masking-key, and the bytes as they are.",
        ],
        script: |bench| {
            let mut client = bench.open()?;
            client.send(&masked_frame(1, b"Li Jing")).wanted("the frame to be taken")?;
            let unit = client.unit().wanted("a frame")?;
            match unit.frame.as_ref().is_some_and(|frame| frame.header.masking_key.is_none()) {
                true => Ok(()),
                false => Err(Failure::wrong("MASK to be 0", &unit, 1)),
            }
        },
    },
    Probe {
        chapter: 5,
        promise: "counts bytes, not characters",
        section: "5.2",
        mistake: "the length of the text is taken for the length of its bytes",
        hints: [
            "The text has five characters. How many bytes does it have in UTF-8, and which of the \
             two did you send as the length?",
            "The payload length counts bytes. So count after the text has been encoded.",
            "Encode the text as UTF-8 first, and take the length of that (in Rust, len of a str \
             is its bytes; in other languages, of the encoded bytes).",
        ],
        script: |bench| bench.echoes(&mut bench.open()?, "héllo"),
    },
    Probe {
        chapter: 5,
        promise: "sends 125, 126, 127 and 1,500 bytes back as one message each",
        section: "5.2",
        mistake: "the payload length in one byte only, or a message cut in pieces of 125",
        hints: [
            "At which of the four lengths does it fail, and what stands in the second byte of \
             your frame there?",
            "Up to 125 the length fits into the second byte. From 126 to 65,535 that byte is 126, \
             and the length follows in two bytes, the larger one first.",
            "If length is over 125: write 0x81, 126, length shifted right by 8, length AND 255, \
             and then the payload; one frame for the whole message.",
        ],
        script: |bench| echoes_at_the_edges(bench, "Li Jing "),
    },
    Probe {
        chapter: 5,
        promise: "sends characters of several bytes back whole, at each of these lengths",
        section: "5.6",
        mistake: "a message is cut inside a character",
        hints: [
            "Where in the text does what came back stop, or change? Is that inside a character?",
            "A character may take three bytes, so a message that is cut at a fixed number of \
             bytes is cut inside one. Send it in one frame, as it came.",
            "Keep the unmasked bytes as bytes, from the read to the write. Do not cut them, and \
             do not turn parts of them into text.",
        ],
        script: |bench| echoes_at_the_edges(bench, "静"),
    },
    Probe {
        chapter: 5,
        promise: "sends back what the length says, and nothing of what comes behind it",
        section: "5.2",
        mistake: ALL_THAT_CAME,
        hints: [
            "Two frames come in one piece, and then half a frame, and no more. How long is your answer \
             to each, and how long is its payload?",
            "A read may bring more than one frame. The payload of a frame ends where its payload \
             length says, and what follows belongs to the next one.",
            "Take exactly so many bytes after the masking-key as the length says, the larger byte \
             first where it takes two. If fewer are there, it is no frame: answer nothing. What follows \
             may still be dropped.",
        ],
        script: |bench| {
            [7, 126].iter().try_for_each(|&length| {
                let text = text_of(length, "Li Jing");
                let mut client = bench.open()?;
                let frames = [masked_frame(1, text.as_bytes()), masked_frame(1, b"two")].concat();
                client.send(&frames).wanted("the frames to be taken")?;
                let heard = bench.hears(&mut client, &text).map(drop);
                heard.map_err(|failure| failure.because(ALL_THAT_CAME))
            })?;
            let mut client = bench.open()?;
            let half = &masked_frame(1, b"Li Jing")[..9];
            client.send(half).wanted("half a frame to be taken")?;
            client.finish_sending();
            let (_, answer) = client.ended().wanted("the connection to be closed")?;
            match answer.iter().find(|unit| unit.text.is_some()) {
                Some(unit) => {
                    Err(Failure::wrong("no answer to half a frame", unit, 0).because(ALL_THAT_CAME))
                }
                None => Ok(()),
            }
        },
    },
    Probe {
        chapter: 5,
        promise: "sends an empty message back",
        section: "5.2",
        mistake: "no payload is taken for no message",
        hints: [
            "What does your server do with a frame whose payload length is 0? Is that the same to \
             it as no frame?",
            "An empty message is a message. It is answered by a frame of two bytes.",
            "Tell the end of the connection by a read of 0 bytes, and not by an empty text. For \
             an empty payload write 81 00.",
        ],
        script: |bench| bench.echoes(&mut bench.open()?, ""),
    },
    Probe {
        chapter: 5,
        promise: "answers a hundred messages in turn",
        section: "5.4",
        mistake: "one reply, and the connection is closed",
        hints: [
            "After how many messages does it stop, and what has your server done then?",
            "Each message is answered on the same connection, which stays open for the next.",
            "Read, unmask, write and read again, in one loop; close only when read returns 0 or \
             what came is no frame.",
        ],
        script: |bench| {
            let mut client = bench.open()?;
            (0..100).try_for_each(|i| bench.echoes(&mut client, &format!("message {i}")))
        },
    },
];

fn echoes_at_the_edges(bench: &Bench, text: &str) -> Result<(), Failure> {
    let mut client = bench.open()?;
    EDGES.iter().try_for_each(|&length| bench.echoes(&mut client, &text_of(length, text)))
}

/// A text of exactly so many bytes: `text` over and over, filled up with full stops.
pub(super) fn text_of(bytes: usize, text: &str) -> String {
    let whole = text.repeat(bytes / text.len());
    format!("{whole}{}", ".".repeat(bytes - whole.len()))
}
