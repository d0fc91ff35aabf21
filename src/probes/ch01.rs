//! Chapter 01, Listen: clients can connect, one after another, and are heard.

use super::Probe;
use super::bench::{Bench, Failure, Wanted};

pub(super) const PROBES: &[Probe] = &[
    Probe {
        chapter: 1,
        promise: "takes a connection",
        section: "4.1",
        mistake: "bind without listen, or another address than 127.0.0.1",
        script: |bench| bench.client().map(drop),
    },
    Probe {
        chapter: 1,
        promise: "prints the request that a client sends",
        section: "4.1",
        mistake: "a read that waits for the client to end, or output that is not flushed",
        script: |bench| {
            let before = bench.lines()?;
            let mut client = bench.client()?;
            let request = ch00_wire::rfc_request();
            client.send(&request).wanted("the request to be taken")?;
            bench.shows(before, "GET /chat HTTP/1.1")
        },
    },
    Probe {
        chapter: 1,
        promise: "serves the next client after one that left without a word",
        section: "7.1.1",
        mistake: "a read of 0 bytes ends the program, or an endless loop",
        script: |bench| {
            let before = bench.lines()?;
            bench.client()?.leave();
            ask(bench, "/next")?;
            bench.shows(before, "GET /next HTTP/1.1")
        },
    },
    Probe {
        chapter: 1,
        promise: "serves five clients that come at the same time",
        section: "4.1",
        mistake: "one accept, outside the loop",
        script: |bench| {
            let before = bench.lines()?;
            let targets = ["/1", "/2", "/3", "/4", "/5"];
            let clients = targets.map(|target| {
                let mut client = bench.client()?;
                client.send(&plain_request(target)).wanted("the request to be taken")?;
                Ok(client)
            });
            let clients: Vec<_> = clients.into_iter().collect::<Result<_, Failure>>()?;
            targets.iter().try_for_each(|target| bench.shows(before, &format!("GET {target} ")))?;
            drop(clients);
            Ok(())
        },
    },
    Probe {
        chapter: 1,
        promise: "serves the next client after one that was killed",
        section: "7.1.1",
        mistake: "an error of read ends the program",
        script: |bench| {
            let before = bench.lines()?;
            bench.client()?.reset();
            let mut client = bench.client()?;
            client.send(b"GET /kil").wanted("a piece of a request to be taken")?;
            client.reset();
            ask(bench, "/next")?;
            bench.shows(before, "GET /next HTTP/1.1")
        },
    },
];

/// A request for a page, which is no opening handshake.
fn plain_request(target: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nHost: server.example.com\r\n\r\n").into_bytes()
}

fn ask(bench: &Bench, target: &str) -> Result<(), Failure> {
    bench.client()?.send(&plain_request(target)).wanted("the request to be taken")
}
