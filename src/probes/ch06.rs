//! Chapter 06, Many at once: nobody waits for anybody else.

use std::time::{Duration, Instant};

use ch00_wire::{masked_frame, rfc_request};

use super::Probe;
use super::bench::{Bench, Failure, Wanted};
use super::ch05::text_of;
use super::crowd::{HELD_UP, Member, gather, one, slow};

/// What the slow reader of the two last probes is sent: the length of the longest message of chapter 05.
const LONG: usize = 1_500;

pub(super) const PROBES: &[Probe] = &[
    Probe {
        chapter: 6,
        promise: "answers the second client while the first is silent",
        section: "4.2",
        mistake: "the server waits in read, and for one client",
        hints: [
            "The first client has its 101 and says nothing. In which call does your server stand \
             meanwhile?",
            "A read waits for one client. To serve two of them, ask the system which of all has \
             something for you, and read only there.",
            "Make the sockets non-blocking, register the listener and each client with a poll \
             (select, selectors, mio), and in each turn of one loop read only from those that are \
             reported.",
        ],
        script: |bench| {
            let mut first = bench.open()?;
            let mut second = bench.open()?;
            bench.echoes(&mut second, "Li Jing")?;
            bench.echoes_among(&mut first, "Li Jing, first")
        },
    },
    Probe {
        chapter: 6,
        promise: "answers others while one has sent half a request",
        section: "4.2.1",
        mistake: "a loop waits for the end of the head, and nobody else is served in it",
        hints: [
            "Half a head of one client is here. Does a loop of yours wait for its other half?",
            "What a client has sent so far is kept beside its connection, and is looked at again \
             when more of it comes.",
            "Give each client a buffer and a state. When it is readable: read once, append, and \
             if \\r\\n\\r\\n is not there yet, go back to the poll.",
        ],
        script: |bench| {
            let mut half = bench.client()?;
            let request = rfc_request();
            half.send(&request[..30]).wanted("half a head to be taken")?;
            bench.echoes(&mut bench.open()?, "Li Jing")?;
            half.send(&request[30..]).wanted("the other half to be taken")?;
            half.unit().wanted("a response head: 101, for the one that was slow").map(drop)
        },
    },
    Probe {
        chapter: 6,
        promise: "answers others when one is killed in the middle of a frame",
        section: "7.1.1",
        mistake: "an error on one connection ends the loop over all of them",
        hints: [
            "The read of one client fails with an error. Which loop does this error leave?",
            "An error of a read or a write concerns one client. It is taken off the list, and the \
             loop goes on with the others.",
            "Around the read and the write of one client: on an error, deregister and drop this \
             client, and continue with the next event. Only an error of the poll itself ends the \
             loop.",
        ],
        script: |bench| {
            let mut other = bench.open()?;
            let mut killed = bench.open()?;
            killed.send(&masked_frame(1, b"Li Jing")[..9]).wanted("half a frame to be taken")?;
            killed.reset();
            // The server may hear of it a moment later.
            (0..20).try_for_each(|_| bench.echoes(&mut other, "Li Jing"))?;
            bench.echoes(&mut bench.open()?, "Li Jing")
        },
    },
    Probe {
        chapter: 6,
        promise: "sends what it owes to one that has said its last word, beside another",
        section: "7.1.1",
        mistake: "the end of what a client says is taken for the end of the client",
        hints: [
            "This client says Li Jing and then closes its own direction. What do you do when read \
             returns 0: drop what you have not written?",
            "The end of what a client says is not the end of what it hears. What was said before \
             the end is still answered.",
            "When read returns 0, first take all frames out of what has come, write their \
             answers, and close when nothing is owed any more.",
        ],
        script: |bench| {
            let _other = bench.open()?;
            let mut last = bench.open()?;
            last.send(&masked_frame(1, b"Li Jing")).wanted("the frame to be taken")?;
            last.finish_sending();
            bench.hears(&mut last, "Li Jing").map(drop)
        },
    },
    Probe {
        chapter: 6,
        promise: "answers each of a thousand clients that are open at once",
        section: "4.2",
        mistake: "a limit on open files (ulimit -n), or on what select can watch",
        hints: [
            "At how many clients does it stop, and what does your terminal say there?",
            "Each client is an open file of your process, and a shell often allows 1,024 or \
             fewer; select itself may watch 1,024 at the most.",
            "Raise the limit (ulimit -n 4096) before the start, use poll, epoll, kqueue or a \
             library that chooses them in place of select, and take all waiting clients in one \
             turn: accept until there is none.",
        ],
        script: |bench| {
            let mut crowd = gather(bench, 1_000)?;
            let text = |i: usize| format!("Li Jing {i}");
            if let Some(i) = (0..crowd.len()).find(|&i| !crowd[i].say(&text(i))) {
                return Err(Failure::missed(format!("message {i} to be taken"), "it was not"));
            }
            crowd.iter_mut().enumerate().try_for_each(|(i, member)| member.hear_among(&text(i)))
        },
    },
    Probe {
        chapter: 6,
        promise: "answers others while one does not read",
        section: "5.1",
        mistake: "a write waits until the slow one reads, and all others with it",
        hints: [
            "One client sends and never reads. What does your write to it do when the system \
             takes no more?",
            "A write that waits holds up everybody. A non-blocking one takes what fits, says how \
             much that was, and the rest has to be kept for later.",
            "Keep a buffer of what is owed to each client. Write until the call says that it \
             would block, keep the rest, ask the poll for writable, and go on when it says so.",
        ],
        script: |bench| flood(bench, MORE_THAN_A_SYSTEM / 2).map(drop),
    },
    Probe {
        chapter: 6,
        promise: "does not store without end for one that does not read",
        section: "5.1",
        mistake: "what a client does not take is kept for it, however much it is",
        hints: [
            "How large does the buffer of what you owe to this client get?",
            "Whoever never reads must not fill your memory. From some size on, the client is cut \
             off, or is read from no longer.",
            "Before you add to what is owed: if it would be over a limit, such as 1 MiB, close \
             this connection.",
        ],
        script: |bench| match flood(bench, MORE_THAN_A_SYSTEM)? {
            None => Ok(()),
            Some(bytes) => Err(Failure::missed(
                "the one that reads nothing to be cut off, or heard no longer",
                format!("the server took {} MB from it, and owes it as much", bytes / 1_000_000),
            )),
        },
    },
];

/// More than the buffers of a system hold on their way from a client to a server and back, in bytes.
const MORE_THAN_A_SYSTEM: usize = 16_000_000;
/// How often to look whether somebody was cut off, while nothing is printed.
const LOOK: Duration = Duration::from_millis(100);
/// A server that keeps so much gets slow. After this time two thirds of it are enough to know.
const LONG_ENOUGH: Duration = Duration::from_secs(15);

/// One client talks, and reads nothing of what comes back. After each message another one is answered.
/// `None` if the server had enough of the first before it had said so many bytes; how many they were,
/// if not.
fn flood(bench: &Bench, bytes: usize) -> Result<Option<usize>, Failure> {
    let mut other = one(bench)?;
    let mut slow = slow(bench)?;
    let start = Instant::now();
    let mut said = 0;
    while said < bytes && !(said > bytes * 2 / 3 && start.elapsed() > LONG_ENOUGH) {
        let mark = format!("message {said}");
        let before = bench.lines().unwrap_or_default();
        // The next one might come in the same read, where one read is taken for one frame.
        let goes_on =
            slow.say(&text_of(LONG, &format!("{mark}, "))) && is_heard(bench, &slow, before, &mark);
        answered(&mut other)?;
        if !goes_on {
            return Ok(None);
        }
        said += LONG;
    }
    Ok(Some(said))
}

/// Whether the server takes what a member has said. It may have cut the member off in the meantime.
fn is_heard(bench: &Bench, member: &Member, before: usize, text: &str) -> bool {
    let deadline = Instant::now() + HELD_UP;
    loop {
        if bench.is_heard(before, text, LOOK) {
            return true;
        }
        if member.is_cut_off() || Instant::now() > deadline {
            return false;
        }
    }
}

fn answered(other: &mut Member) -> Result<(), Failure> {
    match other.say("Li Jing") {
        true => other.hear_among("Li Jing"),
        false => Err(Failure::missed("a message of the other client to be taken", "it was not")),
    }
}
