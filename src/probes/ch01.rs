//! Chapter 01, Listen: clients can connect, one after another, and are heard.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::Probe;
use super::bench::{Bench, Failure, Wanted};

/// How soon this machine says yes or no to itself.
const SOON: Duration = Duration::from_millis(500);

pub(super) const PROBES: &[Probe] = &[
    Probe {
        chapter: 1,
        promise: "takes a connection",
        section: "4.1",
        mistake: "bind without listen, or another address than 127.0.0.1",
        hints: [
            "Which calls does your server make before it waits, and at which address and port \
             does it wait?",
            "These calls make a socket that listens: socket, bind (an address and a port), listen \
             (how many may queue). Then accept takes one client after another, and waits for each.",
            "Take the port from where the check puts it, bind to 127.0.0.1 with that port, call \
             listen, and then accept. Without listen, the system refuses every client.",
        ],
        script: |bench| bench.client().map(drop),
    },
    Probe {
        chapter: 1,
        promise: "is not reached at another address than 127.0.0.1",
        section: "chapter 01, step 6",
        mistake: "no address is given, or 0.0.0.0: everybody in the same network can connect",
        hints: [
            "Where does your server say at which address it listens? What does your language take \
             where nothing is said?",
            "A machine has several addresses. 127.0.0.1 is the machine itself, and 0.0.0.0 means all \
             of them.",
            "Give bind the address 127.0.0.1 beside the port: listen(port, '127.0.0.1') in Node, \
             bind(('127.0.0.1', port)) in Python.",
        ],
        script: |bench| {
            drop(bench.client()?);
            // All of 127 is this machine. Where a system has only the first address, nothing shows here.
            let other = SocketAddr::from(([127, 0, 0, 2], bench.address().port()));
            match TcpStream::connect_timeout(&other, SOON) {
                Ok(_) => {
                    let came = format!("it was taken at {}", other.ip());
                    Err(Failure::missed("no connection at another address", came))
                }
                Err(_) => Ok(()),
            }
        },
    },
    Probe {
        chapter: 1,
        promise: "prints the request that a client sends",
        section: "4.1",
        mistake: "nothing is printed, a read waits for the client to end, or output is not flushed",
        hints: [
            "A client connects, sends its request, and stays: it waits for an answer. Does your \
             server print before the client leaves?",
            "read gives you what has come so far. It does not wait for more, and a client that \
             waits for you does not close first.",
            "After each read that gives more than 0 bytes, print them as text at once, and flush \
             the output if your language keeps it back. Only then read again.",
        ],
        script: |bench| {
            let before = bench.lines()?;
            let mut client = bench.client()?;
            let request = ch00_wire::rfc_request();
            client.send(&request).wanted("the request to be taken")?;
            bench.shows_in_time(&mut client, before, "GET /chat HTTP/1.1")
        },
    },
    Probe {
        chapter: 1,
        promise: "serves the next client after one that left without a word",
        section: "7.1.1",
        mistake: "a read of 0 bytes ends the program, or an endless loop",
        hints: [
            "This client connects and closes, and says nothing. What does your read return then, \
             and what do you do with it?",
            "A read of 0 bytes is the end of what this client says. It is no error, and no reason \
             to read again or to end the program.",
            "When read returns 0 (in Rust Ok(0)), leave the loop over reads, let the connection \
             go, and accept the next client.",
        ],
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
        hints: [
            "Five clients connect before the first has left. What happens to the second one while \
             you serve the first?",
            "The system keeps clients in a queue, as many as you asked for in listen. They are \
             not lost: each accept takes the next one.",
            "Put accept in a loop without an end, and serve one client inside it until that \
             client is gone. Give listen a backlog of at least 5; the course takes 128.",
        ],
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
        hints: [
            "This client ends by a reset, before and in the middle of a request. Which of your \
             calls reports that, and where does the report go?",
            "A reset shows as an error of read (or of a write, or of accept). It is about one \
             client, and must not leave the loop over all of them.",
            "Treat an error of read as you treat 0 bytes: say so, let this connection go, accept \
             the next one. In Rust: no ? and no unwrap between accept and the end of the loop.",
        ],
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
