//! Chapter 08, 2010: the older handshake, and its frames.

use ch00_wire::{
    HIXIE76_ANSWER, HIXIE76_KEY1, HIXIE76_KEY2, HIXIE76_KEY3, Kind, Unit, hixie_frame,
    hixie75_request, hixie76_request, masked_frame,
};
use stage::Client;

use super::Probe;
use super::bench::{Bench, Failure, Wanted, status};

/// What a frame without an end is made of, at the most, in bytes.
const ENDLESS: usize = 4 * 1024 * 1024;

pub(super) const PROBES: &[Probe] = &[
    Probe {
        chapter: 8,
        promise: "answers the two keys of 2010 with sixteen bytes",
        section: "Hixie-76",
        mistake: "the digits are added up, the spaces trimmed, or the numbers packed little-endian",
        hints: [
            "Print the two numbers, the two counts of spaces, and the sixteen bytes before they \
             are hashed. Which differs from the example of the page?",
            "The digits of a key, joined, are one number; divide it by the number of spaces. Two \
             quotients as four bytes each, the larger one first, and then the eight bytes after \
             the head: MD5 of these sixteen.",
            "Do it for both keys; pack each as a 32-bit number, big-endian; append the eight \
             bytes; send the sixteen raw bytes of MD5 right after the empty line of your head.",
        ],
        script: |bench| {
            open(bench).map(drop)?;
            handshake(
                bench,
                "18x 6]8vM;54 *(5:  {   U1]8  z [  8",
                "1_ tx7X d  <  nw  334J702) 7]o}` 0",
                b"Tm[K T2u",
                b"fQJ,fN/4F4!~K~MH",
            )
            .map(drop)
        },
    },
    Probe {
        chapter: 8,
        promise: "answers the head before the eight bytes come, and takes them when they do",
        section: "Hixie-76",
        mistake: "one read is taken for the head and the eight bytes together",
        hints: [
            "The head comes first, and nothing follows until you have answered. Do you wait for \
             the eight bytes before that?",
            "Head and eight bytes are two steps. After the empty line send your head; then wait \
             until eight bytes are there, in as many reads as it takes.",
            "Keep a state for this client, such as waiting for eight bytes, with what has come of \
             them. When there are eight, send the sixteen.",
        ],
        script: |bench| {
            let mut client = bench.client()?;
            client
                .send(&hixie76_request(HIXIE76_KEY1, HIXIE76_KEY2))
                .wanted("the request to be taken")?;
            head(&mut client)?;
            bench.send_in_two(&mut client, HIXIE76_KEY3, 3)?;
            answer(&mut client, HIXIE76_ANSWER)
        },
    },
    Probe {
        chapter: 8,
        promise: "says whose page it answers, and at which address",
        section: "Hixie-76",
        mistake: "Origin and Location are left out: a client of 2010 checks both",
        hints: [
            "Which of the two fields is missing, or has another value than the request gives?",
            "A client of 2010 compares: Sec-WebSocket-Origin has to repeat its Origin, and \
             Sec-WebSocket-Location the address that it asked for.",
            "Write Sec-WebSocket-Origin: and the value of Origin; Sec-WebSocket-Location: ws:// \
             and the value of Host and the target of the request line.",
        ],
        script: |bench| {
            let (_client, head) = open(bench)?;
            let fields = [
                ("Sec-WebSocket-Origin", "http://example.com"),
                ("Sec-WebSocket-Location", "ws://server.example.com/chat"),
            ];
            fields.iter().try_for_each(|(name, value)| match head.value(name) {
                Some(other) if other == *value => Ok(()),
                _ => Err(Failure::wrong(format!("{name}: {value}"), &head, head.bytes.len())),
            })
        },
    },
    Probe {
        chapter: 8,
        promise: "sends what is said between 00 and ff back between 00 and ff",
        section: "Hixie-76",
        mistake: "the frames of RFC 6455 are sent to everybody",
        hints: [
            "Which first byte did your answer have? Is it one that a client of 2010 knows?",
            "A message of 2010 is 00, the text, and ff. It has no length and no mask.",
            "Remember for each client which protocol it speaks. For one of 2010 write the byte \
             00, the text as UTF-8, and the byte ff.",
        ],
        script: |bench| {
            let (mut client, _) = open(bench)?;
            ["Li Jing", "李静", "", "message"].iter().try_for_each(|text| {
                client.send(&hixie_frame(text)).wanted("the frame to be taken")?;
                hears_older(&mut client, text)
            })
        },
    },
    Probe {
        chapter: 8,
        promise: "finds the end of a message by its ff, however it is cut",
        section: "Hixie-76",
        mistake: "one read is taken for one message",
        hints: [
            "Once half a message comes, once two of them come together. What does your server \
             take for a message?",
            "A message ends at its ff, wherever the reads end. UTF-8 has no byte ff, so the first \
             one is the end.",
            "Append each read to a buffer. While an ff is in it: take everything up to it as one \
             message, remove that, and look again.",
        ],
        script: |bench| {
            let (mut client, _) = open(bench)?;
            bench.send_in_two(&mut client, &hixie_frame("Li Jing"), 4)?;
            hears_older(&mut client, "Li Jing")?;
            let two = [hixie_frame("Li"), hixie_frame("Jing")].concat();
            client.send(&two).wanted("two frames to be taken")?;
            hears_older(&mut client, "Li")?;
            hears_older(&mut client, "Jing")
        },
    },
    Probe {
        chapter: 8,
        promise: "skips a frame that has a length",
        section: "Hixie-76",
        mistake: "every frame is taken for text",
        hints: [
            "The first frame begins with 80. What does its first bit say?",
            "A first byte of 80 or more has a length after it, of seven bits a byte, as long as \
             the first bit of a byte is 1. Such a frame is not text: it is skipped.",
            "length = 0; for each byte: length = length times 128 + (byte AND 127), until a byte \
             is below 128. Then drop so many bytes, and go on.",
        ],
        script: |bench| {
            let (mut client, _) = open(bench)?;
            client.send(b"\x80\x02He\x00Hello\xff").wanted("two frames to be taken")?;
            hears_older(&mut client, "Hello")
        },
    },
    Probe {
        chapter: 8,
        promise: "answers ff 00 with ff 00, and hangs up",
        section: "Hixie-76",
        mistake: "ff is taken for the end of an empty message",
        hints: [
            "Two bytes come, ff and 00. Which of the two kinds of frame are they to your server?",
            "A frame of type ff with the length 0 is the closing handshake of 2010. It is \
             answered by the same two bytes.",
            "If the first byte is ff and the length after it is 0: write ff 00, close the \
             connection, and take nothing more from this client.",
        ],
        script: |bench| {
            let (mut client, _) = open(bench)?;
            client.send(b"\xff\x00").wanted("the closing frame to be taken")?;
            let unit = client.unit().wanted("ff 00")?;
            if unit.bytes != b"\xff\x00" {
                return Err(Failure::wrong("ff 00", &unit, 0));
            }
            client.ended().wanted("the connection to be closed").map(drop)
        },
    },
    Probe {
        chapter: 8,
        promise: "refuses a key that has no space, does not divide, or is too large",
        section: "Hixie-76",
        mistake: "a division by zero, a remainder thrown away, or digits without end",
        hints: [
            "Three kinds of bad keys come. Which of them does your server still answer with 101?",
            "No space means division by zero. A remainder means that no client has made this key. \
             A number has to fit into 32 bits.",
            "Before the head is answered: refuse with 400 if there are no spaces, if number \
             modulo spaces is not 0, or if the quotient is above 4,294,967,295. Stop at digits \
             that do not fit (checked_mul).",
        ],
        script: |bench| {
            open(bench).map(drop)?;
            let bad = ["12345", "2 L785 8o% s9Sy9@V. 4<1P5", &"9 ".repeat(100)];
            bad.iter().try_for_each(|key| {
                bench.refused(&hixie76_request(key, HIXIE76_KEY2))?;
                bench.refused(&hixie76_request(HIXIE76_KEY1, key))
            })
        },
    },
    Probe {
        chapter: 8,
        promise: "gives up on a frame that does not end",
        section: "Hixie-76",
        mistake: "bytes are kept until an ff comes, however many they are",
        hints: [
            "A 00 comes, and then megabytes without ff. How large does your buffer get?",
            "What has no length needs a limit: yours.",
            "After each read: if the buffer is over the limit, such as 64 KiB, and holds no ff, \
             close the connection.",
        ],
        script: |bench| {
            let (mut client, _) = open(bench)?;
            client.send(b"\x00").wanted("the first byte to be taken")?;
            let piece = [b'x'; 4096];
            let taken = (0..ENDLESS / piece.len()).all(|_| client.send(&piece).is_ok());
            if taken {
                bench.closes(&mut client, "the connection to be closed")?;
            }
            open(bench).map(drop)
        },
    },
    Probe {
        chapter: 8,
        promise: "lets a client of 2010 and one of today hear each other",
        section: "Hixie-76",
        mistake: "a room for each, or one way of framing for all",
        hints: [
            "One of the two has heard, the other has not. Over which clients does your loop go, \
             and which frame does each get?",
            "There is one room. What differs between the two is only how a text is put into bytes \
             for each of them.",
            "Send the text to all, and make the frame for each client when you send it: 81 and a \
             length for one of today, 00 and ff for one of 2010.",
        ],
        script: |bench| {
            let mut newer = bench.open()?;
            let (mut older, _) = open(bench)?;
            newer.send(&masked_frame(1, "Li Jing".as_bytes())).wanted("the frame to be taken")?;
            bench.hears(&mut newer, "Li Jing")?;
            hears_older(&mut older, "Li Jing")?;
            older.send(&hixie_frame("李静")).wanted("the frame to be taken")?;
            hears_older(&mut older, "李静")?;
            bench.hears(&mut newer, "李静").map(drop)
        },
    },
    Probe {
        chapter: 8,
        promise: "answers a client of 2009, which has no keys",
        section: "Hixie-75",
        mistake: "whatever has no key is refused",
        hints: [
            "This request has Upgrade, Host and Origin, and no key at all. Which line of your \
             server refuses it?",
            "The oldest clients have no keys and no eight bytes. They get a head whose fields \
             have no Sec- before their names, and then the frames of 2010.",
            "If it upgrades to WebSocket and has neither Sec-WebSocket-Key nor Key1 and Key2: \
             answer 101 with WebSocket-Origin and WebSocket-Location, send no sixteen bytes, and \
             go on as with 2010.",
        ],
        script: |bench| {
            let mut client = bench.client()?;
            client.send(&hixie75_request()).wanted("the request to be taken")?;
            let head = head(&mut client)?;
            if head.value("WebSocket-Location").is_none() {
                let expected = "WebSocket-Location, without Sec- before it";
                return Err(Failure::wrong(expected, &head, head.bytes.len()));
            }
            client.send(&hixie_frame("Li Jing")).wanted("the frame to be taken")?;
            hears_older(&mut client, "Li Jing")
        },
    },
];

/// A client of 2010 whose handshake has succeeded, and the head that answered it.
fn open(bench: &Bench) -> Result<(Client, Unit), Failure> {
    handshake(bench, HIXIE76_KEY1, HIXIE76_KEY2, HIXIE76_KEY3, HIXIE76_ANSWER)
}

fn handshake(
    bench: &Bench,
    key1: &str,
    key2: &str,
    key3: &[u8; 8],
    expected: &[u8; 16],
) -> Result<(Client, Unit), Failure> {
    let mut client = bench.client()?;
    let request = [hixie76_request(key1, key2), key3.to_vec()].concat();
    client.send(&request).wanted("the request to be taken")?;
    let head = head(&mut client)?;
    answer(&mut client, expected)?;
    Ok((client, head))
}

fn head(client: &mut Client) -> Result<Unit, Failure> {
    let head = client.unit().wanted("a response head: 101")?;
    match status(&head) {
        Some("101") => Ok(head),
        _ => Err(Failure::wrong("a response head: 101", &head, "HTTP/1.1 ".len())
            .because("a request without Sec-WebSocket-Key is refused: it has its keys elsewhere")),
    }
}

fn answer(client: &mut Client, expected: &[u8; 16]) -> Result<(), Failure> {
    let name = format!("the sixteen bytes {}", ch00_wire::hex(expected));
    let unit = client.unit().wanted(&name)?;
    match unit.bytes.iter().zip(expected).position(|(came, wanted)| came != wanted) {
        None if unit.bytes.len() == expected.len() => Ok(()),
        _ if unit.bytes.iter().all(u8::is_ascii_hexdigit) => Err(Failure::wrong(name, &unit, 0)
            .because("the digest is sent as hexadecimal digits, and not as its sixteen bytes")),
        at => Err(Failure::wrong(name, &unit, at.unwrap_or(unit.bytes.len()))),
    }
}

fn hears_older(client: &mut Client, text: &str) -> Result<(), Failure> {
    let expected = format!("00, {text:?}, ff");
    let unit = client.unit().wanted(&expected)?;
    let bytes = hixie_frame(text);
    match unit.bytes.iter().zip(&bytes).position(|(came, wanted)| came != wanted) {
        None if unit.kind == Kind::HixieFrame && unit.bytes.len() == bytes.len() => Ok(()),
        at => Err(Failure::wrong(expected, &unit, at.unwrap_or(unit.bytes.len()))),
    }
}
