//! Chapter 04, Decode: the server reads what its client says.

use ch00_wire::masked_frame;

use super::Probe;
use super::bench::Wanted;

pub(super) const PROBES: &[Probe] = &[
    Probe {
        chapter: 4,
        promise: "prints what a client says, unmasked",
        section: "5.3",
        mistake: "the payload is not unmasked, MASK is left in the length, or the masking-key is taken from \
                  the wrong place",
        script: |bench| bench.prints(&mut bench.open()?, "Li Jing"),
    },
    Probe {
        chapter: 4,
        promise: "hears one message after another on one connection",
        section: "5.4",
        mistake: "one read, one frame, and that was all",
        script: |bench| {
            let mut client = bench.open()?;
            ["one", "two", "three"]
                .iter()
                .try_for_each(|text| bench.prints(&mut client, &format!("message {text}")))
        },
    },
    Probe {
        chapter: 4,
        promise: "prints messages of 125, 126, 127 and 1,500 bytes whole",
        section: "5.2",
        mistake: "126 is taken for a length, the two bytes after it are read in the wrong order, or one read \
                  takes fewer than 1,508 bytes",
        script: |bench| {
            let mut client = bench.open()?;
            [125, 126, 127, 1_500].iter().try_for_each(|&length| {
                bench.prints(&mut client, &super::ch05::text_of(length, "Li Jing "))
            })
        },
    },
    Probe {
        chapter: 4,
        promise: "prints characters of several bytes",
        section: "5.6",
        mistake: "bytes are taken for characters one by one",
        script: |bench| bench.prints(&mut bench.open()?, "李静, héllo, 🦀"),
    },
    Probe {
        chapter: 4,
        promise: "fails the connection on a frame that is not masked, and serves the next client",
        section: "5.1",
        mistake: "the frame is taken as it is, or four bytes of its payload for a masking-key",
        script: |bench| {
            let mut client = bench.open()?;
            // Two of them: whoever takes the first four bytes for a key finds enough that follows.
            client.send(b"\x81\x07Li Jing\x81\x07Li Jing").wanted("the frames to be taken")?;
            client.ended().wanted("the connection to be closed")?;
            bench.prints(&mut bench.open()?, "Li Jing")
        },
    },
    Probe {
        chapter: 4,
        promise: "outlives a client that leaves in the middle of a frame",
        section: "7.1.1",
        mistake: "a payload is read past the end of what has come",
        script: |bench| {
            let mut client = bench.open()?;
            let frame = masked_frame(1, b"Li Jing");
            client.send(&frame[..9]).wanted("a piece of a frame to be taken")?;
            client.leave();
            bench.prints(&mut bench.open()?, "Li Jing")
        },
    },
];
