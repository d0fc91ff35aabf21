//! Chapter 04, Decode: the server reads what its client says.

use ch00_wire::masked_frame;

use super::Probe;
use super::bench::Wanted;

pub(super) const PROBES: &[Probe] = &[
    Probe {
        chapter: 4,
        promise: "prints what a client says, unmasked",
        section: "5.3",
        mistake: "the payload is not unmasked, MASK is left in the length, the masking-key is taken from the \
                  wrong place, or the frame was made text before it was taken apart",
        hints: [
            "Print the bytes of the frame in hexadecimal, and beside them the length and the \
             masking-key that you took from it. Do they match the names in the drawing?",
            "The length is the second byte without its first bit. The next four bytes are the \
             masking-key, and the payload begins after them: each byte XOR one of the four, in \
             turn.",
            "Keep what you read as bytes. length = second byte AND 127; key = bytes 2 to 5; byte i \
             of the text = byte 6 + i XOR key[i modulo 4], for i below length. Then print it as \
             UTF-8.",
        ],
        script: |bench| bench.prints(&mut bench.open()?, "Li Jing"),
    },
    Probe {
        chapter: 4,
        promise: "hears one message after another on one connection",
        section: "5.4",
        mistake: "one read, one frame, and that was all",
        hints: [
            "The first message is printed, the second is not. What does your server do after it \
             has printed one?",
            "A connection stays open, and more frames come. Only a read of 0 bytes, an error, or \
             what is no frame ends it.",
            "Put the read of a frame, and what you do with it, in a loop inside the connection; \
             leave it when read returns 0.",
        ],
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
        hints: [
            "Which length does your server take from the second byte of the first message that \
             fails? Is that a length?",
            "126 in those seven bits is no length: it says that the length is in the next two \
             bytes, the larger one first. Masking-key and payload then begin two bytes later.",
            "If second byte AND 127 is 126: length = byte 2 times 256 + byte 3, key = bytes 4 to \
             7, payload from byte 8. If it is 127: eight bytes of length, key at 10. In JavaScript and \
             PHP, put parentheses around byte & 127. Give read a buffer of at least 4,096 bytes.",
        ],
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
        hints: [
            "Look at what was printed: are there two or three strange signs in the place of one?",
            "A payload is bytes, and a character of UTF-8 takes one to four of them. So unmask \
             all bytes first, and make text of them once.",
            "Collect the unmasked bytes in an array of bytes, and decode the whole as UTF-8 \
             (String::from_utf8_lossy in Rust); do not turn each byte into a character.",
        ],
        script: |bench| bench.prints(&mut bench.open()?, "李静, héllo, 🦀"),
    },
    Probe {
        chapter: 4,
        promise: "shows a message on one line, and no byte that a terminal obeys",
        section: "chapter 01, step 4",
        mistake: "what a stranger sends goes to the terminal as it is",
        hints: [
            "The message has a line feed in it, and the bytes that clear a screen. What does your \
             terminal do with them?",
            "A message may hold any character. Those that are not to be printed have to be written \
             out, as \\n and \\u{1b} for instance, before the line is printed.",
            "Use what your language has for this: escape_default on each control character in Rust, \
             repr() in Python, JSON.stringify in JavaScript, json_encode in PHP.",
        ],
        script: |bench| {
            let before = bench.lines()?;
            let mut client = bench.open()?;
            let text = masked_frame(1, b"Li\n\x1b[2JJing");
            client.send(&text).wanted("the frame to be taken")?;
            bench.shows_on_one_line(before, ["Li", "Jing"])?;
            bench.shows_no_control(before)
        },
    },
    Probe {
        chapter: 4,
        promise: "outlives a text that is no UTF-8",
        section: "8.1",
        mistake: "making text of the payload fails, and this ends the program",
        hints: [
            "The payload is e9 9d: the first two bytes of a character that takes three. What does \
             your language do when it is to make text of them?",
            "A client may send any bytes, in a closing frame for example. That they are no text \
             concerns this connection alone, or nobody.",
            "Decode for the terminal in the way that puts a sign in the place of what is no text: \
             String::from_utf8_lossy in Rust, decode('utf-8', 'replace') in Python. Closing this \
             connection is right as well.",
        ],
        script: |bench| {
            let mut client = bench.open()?;
            client.send(&masked_frame(1, b"\xe9\x9d")).wanted("the frame to be taken")?;
            client.leave();
            bench.prints(&mut bench.open()?, "Li Jing")
        },
    },
    Probe {
        chapter: 4,
        promise: "fails the connection on a frame that is not masked, and serves the next client",
        section: "5.1",
        mistake: "the frame is taken as it is, or four bytes of its payload for a masking-key; or it is \
                  refused, and the connection stays open",
        hints: [
            "Two frames come whose second byte is 07: its first bit is 0. Which of your lines \
             looks at that bit?",
            "Every frame of a client has to be masked. If MASK is 0, there is no masking-key, and \
             the server closes the connection.",
            "If (second byte AND 128) is 0, print nothing, leave the loop of this connection, close \
             it, and accept the next client.",
        ],
        script: |bench| {
            let mut client = bench.open()?;
            // Two of them: whoever takes the first four bytes for a key finds enough that follows.
            client.send(b"\x81\x07Li Jing\x81\x07Li Jing").wanted("the frames to be taken")?;
            bench.closes(
                &mut client,
                "the connection to be closed, after the first of two frames",
            )?;
            bench.prints(&mut bench.open()?, "Li Jing")
        },
    },
    Probe {
        chapter: 4,
        promise: "outlives a client that leaves in the middle of a frame",
        section: "7.1.1",
        mistake: "a payload, a masking-key or a length is read past the end of what has come",
        hints: [
            "A frame ends too early: in its payload, in its masking-key, in its length, after its \
             first byte. How many bytes does your code take, and what if there are fewer?",
            "The header may promise more bytes than have come. Compare the lengths before you \
             take anything out.",
            "Before you take the length, the key or the payload: if fewer bytes have come than \
             you need, it is no whole frame. Close this connection, and accept the next client.",
        ],
        script: |bench| {
            let (short, long) = (masked_frame(1, b"Li Jing"), masked_frame(1, &[b'x'; 126]));
            [&short[..9], &short[..3], &long[..3], b"\x81\xff\0\0", &short[..1]]
                .iter()
                .try_for_each(|piece| {
                    let mut client = bench.open()?;
                    client.send(piece).wanted("a piece of a frame to be taken")?;
                    client.leave();
                    bench.prints(&mut bench.open()?, "Li Jing")
                })
        },
    },
    Probe {
        chapter: 4,
        promise: "outlives a length of eight bytes, whatever they say",
        section: "5.2",
        mistake: "the length goes into a number that does not hold it, or so much memory is asked for",
        hints: [
            "The second byte says 127, and the next eight bytes are all ff, or seven 00 and a 07. Into \
             what kind of number does your server put them, and what does it add to it?",
            "No frame is as long as that, and less has come. So compare the length with what is here, \
             before you add anything to it or ask for memory.",
            "Read the eight bytes as one unsigned number (u64 in Rust; readBigUInt64BE gives a BigInt \
             in Node: make it a Number before you add). If it is more than the bytes that came, close \
             this connection.",
        ],
        script: |bench| {
            let lengths: [[u8; 8]; 3] = [[0xff; 8], 7u64.to_be_bytes(), [0x7f; 8]];
            lengths.iter().try_for_each(|length| {
                let mut client = bench.open()?;
                let frame = [b"\x81\xff", &length[..], b"\x37\xfa\x21\x3dLi"].concat();
                client.send(&frame).wanted("the frame to be taken")?;
                client.leave();
                bench.prints(&mut bench.open()?, "Li Jing")
            })
        },
    },
];
