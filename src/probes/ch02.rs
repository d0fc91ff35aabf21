//! Chapter 02, The key: a request is told from what is none.

use ch00_wire::{RFC_KEY, request, rfc_request};

use super::Probe;
use super::bench::{Bench, Failure, Wanted};

const NO_KEY: &[u8] = b"GET /chat HTTP/1.1\r\nHost: server.example.com\r\n\
    Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n";

pub(super) const PROBES: &[Probe] = &[
    Probe {
        chapter: 2,
        promise: "answers 400 to what is no request, and hangs up",
        section: "4.2.1",
        mistake: "the key is looked for, and nothing is said where there is none",
        hints: [
            "The head that comes is the line hello and an empty line. Which of your lines decides \
             that this is no request?",
            "A request line has three words: a method, a target, and a version that begins with \
             HTTP/. Whatever has another shape gets 400, and then the connection ends.",
            "Split the first line at its spaces. If it is not GET, a target and HTTP/1.1, write \
             HTTP/1.1 400 Bad Request, \\r\\n, Connection: close, \\r\\n\\r\\n, and close the \
             connection.",
        ],
        script: |bench| bench.refused(b"hello\r\n\r\n"),
    },
    Probe {
        chapter: 2,
        promise: "answers 400 to a request without a key, and hangs up",
        section: "4.2.1",
        mistake: "the accept value is made from nothing",
        hints: [
            "This request is a good one but for one line: Sec-WebSocket-Key is missing. What does \
             your search return when it finds nothing?",
            "A search for a field has two results: the value, or none. None is a case of its own, \
             and no empty text.",
            "Where no field of this name was found (None in Rust, None or null elsewhere), send \
             the same 400 as for what is no request, and close.",
        ],
        script: |bench| bench.refused(NO_KEY),
    },
    Probe {
        chapter: 2,
        promise: "finds the key whatever the case of its name",
        section: "4.1",
        mistake: "names are compared by case",
        hints: [
            "The same line comes as sec-websocket-key and as SEC-WEBSOCKET-KEY. How do you \
             compare names?",
            "Names of fields are equal whatever their case; their values are not. So make both \
             names lower case before you compare, and leave the value alone.",
            "Split each line at its first colon, compare the left part without regard to case \
             (eq_ignore_ascii_case in Rust), and keep the right part as it came.",
        ],
        script: |bench| {
            not_refused(bench, &format!("sec-websocket-key: {RFC_KEY}"))?;
            not_refused(bench, &format!("SEC-WEBSOCKET-KEY: {RFC_KEY}"))
        },
    },
    Probe {
        chapter: 2,
        promise: "finds the key whatever the space around it",
        section: "4.2.1",
        mistake: "exactly one space is expected after the colon",
        hints: [
            "One request has no space after the colon, the other a tab, spaces, and a tab at the \
             end. Where does your value begin and end?",
            "Between the colon and the value there may be any number of spaces and tabs, or none; \
             the same after the value. They are no part of it.",
            "Split at the first colon alone, not at a colon and a space, and then trim spaces and \
             tabs from both ends of the right part.",
        ],
        script: |bench| {
            not_refused(bench, &format!("Sec-WebSocket-Key:{RFC_KEY}"))?;
            not_refused(bench, &format!("Sec-WebSocket-Key:\t  {RFC_KEY}\t"))
        },
    },
    Probe {
        chapter: 2,
        promise: "waits for the rest of a head that comes in two pieces",
        section: "4.2.1",
        mistake: "one read is taken for the whole request",
        hints: [
            "The first 30 bytes of the request come, and the others a quarter of a second later. \
             How many reads does your server make before it looks for the key?",
            "A read may give less than a head. The head is over at its empty line: the four bytes \
             \\r\\n\\r\\n.",
            "Append each read to what you have, and look for \\r\\n\\r\\n in all of it. While it \
             is not there, and read has not returned 0, read again; bound the length, such as 16 \
             KiB.",
        ],
        script: |bench| {
            let mut client = bench.client()?;
            let request = rfc_request();
            bench.send_in_two(&mut client, &request, 30)?;
            bench.not_refused(client)?;
            bench.refused(NO_KEY)
        },
    },
    Probe {
        chapter: 2,
        promise: "outlives a client that leaves in the middle of its head",
        section: "7.1.1",
        mistake: "half a head is taken apart as if it were whole",
        hints: [
            "Half a head comes, and then read returns 0 bytes. What does your loop do with the \
             half that it has?",
            "The end came before the empty line, so there is no request and nobody to answer. It \
             concerns this client alone.",
            "In the loop that reads a head: if read returns 0 and \\r\\n\\r\\n has not come, give \
             up on this client and accept the next. Take nothing out of the half.",
        ],
        script: |bench| {
            let mut client = bench.client()?;
            client.send(b"GET /chat HTTP/1.1\r\nSec-WebSo").wanted("half a head to be taken")?;
            client.leave();
            bench.refused(NO_KEY)
        },
    },
];

/// A good request is not refused, and the next one, without a key, is.
fn not_refused(bench: &Bench, key_line: &str) -> Result<(), Failure> {
    let mut client = bench.client()?;
    client.send(&request(key_line)).wanted("the request to be taken")?;
    bench.not_refused(client)?;
    bench.refused(NO_KEY)
}
