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
        script: |bench| bench.refused(b"hello\r\n\r\n"),
    },
    Probe {
        chapter: 2,
        promise: "answers 400 to a request without a key, and hangs up",
        section: "4.2.1",
        mistake: "the accept value is made from nothing",
        script: |bench| bench.refused(NO_KEY),
    },
    Probe {
        chapter: 2,
        promise: "finds the key whatever the case of its name",
        section: "4.1",
        mistake: "names are compared by case",
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
