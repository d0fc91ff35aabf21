//! Chapter 02, The key: a request is told from what is none.

use ch00_wire::{RFC_KEY, request, rfc_key_line, rfc_request};
use stage::Trouble;

use super::Probe;
use super::bench::{Bench, Failure, Wanted, status};

/// First lines that are none of a WebSocket, beside POST.
const FIRST_LINES: [&str; 3] = ["GET /chat", "GET /chat HTTP/1.0", "GET /chat HTTP/1.1 now"];
const FIRST_LINE: &str = "the first line is not looked at as a whole: GET, a target, HTTP/1.1";
const ANY_METHOD: &str = "the first line is not looked at: a WebSocket is asked for with GET";
const ANY_LINE: &str = "a line without a colon is passed over";
const NO_TEXT: &str = "bytes that are no UTF-8 end the conversation, or the program";
const ANYWHERE: &str = "the name is found anywhere in the head, also at the end of another name";
const NEXT_LINE: &str = "an empty key is taken for one, or the search goes on in the next line";

/// What a good request has in the lines that the probes change.
const GET: &str = "GET /chat HTTP/1.1";
const UPGRADE: &str = "Upgrade: websocket";

/// A head with these lines in it; the key's line may be missing.
fn head(first: &str, upgrade: &str, key_line: Option<&str>) -> Vec<u8> {
    let host = "Host: server.example.com";
    let lines = [Some(first), Some(host), Some(upgrade), Some("Connection: Upgrade"), key_line];
    let lines = lines.into_iter().chain([Some("Sec-WebSocket-Version: 13"), Some("\r\n")]);
    lines.flatten().collect::<Vec<_>>().join("\r\n").into_bytes()
}

fn no_key() -> Vec<u8> {
    head(GET, UPGRADE, None)
}

/// Longer than any head, in bytes.
const TOO_LONG: usize = 1_000_000;

pub(super) const PROBES: &[Probe] = &[
    Probe {
        chapter: 2,
        promise: "answers 400 to what is no request, and hangs up",
        section: "4.2.1",
        mistake: "the key is looked for, and nothing is said where there is none",
        hints: [
            "Several heads come, each with something wrong: the line hello, POST in place of GET, a \
             first line with a word too few, a line without a colon, bytes that are no text. Which of \
             your lines decides that this is no request?",
            "A request line has three words: GET, a target, HTTP/1.1. Whatever has another first \
             line, or a line without a colon, gets 400, and then the connection ends.",
            "Split the first line at its spaces. If it is not GET, a target and HTTP/1.1, write \
             HTTP/1.1 400 Bad Request, \\r\\n, Connection: close, \\r\\n\\r\\n, and close the \
             connection.",
        ],
        script: |bench| {
            bench.refused(b"hello\r\n\r\n")?;
            let key = rfc_key_line();
            bench
                .refused(&head("POST /chat HTTP/1.1", UPGRADE, Some(&key)))
                .map_err(|failure| failure.because(ANY_METHOD))?;
            FIRST_LINES.iter().try_for_each(|line| {
                let request = head(line, UPGRADE, Some(&key));
                bench.refused(&request).map_err(|failure| failure.because(FIRST_LINE))
            })?;
            bench
                .refused(&head(GET, "Upgrade", Some(&key)))
                .map_err(|failure| failure.because(ANY_LINE))?;
            bench.refused(b"\xff\xfe\r\n\r\n").map_err(|failure| failure.because(NO_TEXT))
        },
    },
    Probe {
        chapter: 2,
        promise: "answers 400 to a request without a key, and hangs up",
        section: "4.2.1",
        mistake: "the accept value is made from nothing",
        hints: [
            "Three requests come without a key: the line is missing, or its name is the end of \
             another name, or it has no value. What does your search return when it finds nothing?",
            "A search for a field has two results: the value, or none. None is a case of its own, \
             and no empty text.",
            "Where no field of this name was found (None in Rust, None or null elsewhere), send \
             the same 400 as for what is no request, and close.",
        ],
        script: |bench| {
            bench.refused(&no_key())?;
            let other = format!("X-{}", rfc_key_line());
            bench
                .refused(&head(GET, UPGRADE, Some(&other)))
                .map_err(|failure| failure.because(ANYWHERE))?;
            bench
                .refused(&head(GET, UPGRADE, Some("Sec-WebSocket-Key:")))
                .map_err(|failure| failure.because(NEXT_LINE))
        },
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
            bench.refused(&no_key())
        },
    },
    Probe {
        chapter: 2,
        promise: "gives up on a head that does not end",
        section: "10.4",
        mistake: "what comes is kept until an empty line comes, however much it is",
        hints: [
            "A million bytes come, and no empty line. What does your loop do with them, and where \
             does it keep them?",
            "Whoever sends without end must not fill your memory. From some length on, what came is \
             no head any more.",
            "In the loop that reads a head: if you have more than 16 KiB and \\r\\n\\r\\n has not \
             come, close this connection, with a 400 or without, and accept the next client. A \
             reader of lines needs a limit as well.",
        ],
        script: |bench| {
            let mut client = bench.client()?;
            let request = rfc_request();
            let head = [&request[..request.len() - 2], b"X-Name: ", &[b'x'; TOO_LONG][..]].concat();
            match client.send(&head) {
                // A server that has enough may hang up before all has come.
                Err(Trouble::Ended(..)) => {}
                sent => sent.wanted("the bytes to be taken, or the connection to be closed")?,
            }
            bench.closes(&mut client, "the connection to be closed")?;
            bench.refused(&no_key())
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
            bench.refused(&no_key())?;
            // Everything but the empty line.
            let mut client = bench.client()?;
            let request = rfc_request();
            let head = &request[..request.len() - 2];
            client.send(head).wanted("half a head to be taken")?;
            client.finish_sending();
            let (_, answer) = client.ended().wanted("the connection to be closed")?;
            match answer.iter().find(|unit| status(unit) == Some("101")) {
                Some(unit) => Err(Failure::wrong("no 101 for half a head", unit, 9)
                    .because("a head without its empty line is taken for a whole one")),
                None => Ok(()),
            }
        },
    },
];

/// A good request is not refused, and the next one, without a key, is.
fn not_refused(bench: &Bench, key_line: &str) -> Result<(), Failure> {
    let mut client = bench.client()?;
    client.send(&request(key_line)).wanted("the request to be taken")?;
    bench.not_refused(client)?;
    bench.refused(&no_key())
}
