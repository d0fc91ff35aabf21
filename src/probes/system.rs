//! What the operating system says of a server, so that no script has to guess how long to wait: whether its
//! program has read what was sent to it, and whether it rests.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

/// How soon to ask the system again: there is no event for what it is asked here.
const ASK_AGAIN: Duration = Duration::from_millis(2);
/// How many times in a row a process is seen to do nothing until it counts as resting, and how far apart.
const CALM: usize = 4;
const APART: Duration = Duration::from_millis(10);

/// The two ends of a connection, as the client sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends {
    pub(super) client: SocketAddr,
    pub(super) server: SocketAddr,
}

/// Whether the server's program has read all that this client has sent. `None`: this system does not say, or the
/// server is behind something else.
pub(super) fn has_read(ends: Ends) -> Option<bool> {
    queue::unread(ends).map(|bytes| bytes == 0)
}

/// Waits until the server's program has read all that the client has sent: true if it did. `None`: as above.
pub(super) fn wait_until_read(ends: Ends, patience: Duration) -> Option<bool> {
    let deadline = Instant::now() + patience;
    loop {
        match has_read(ends) {
            Some(false) if Instant::now() < deadline => thread::sleep(ASK_AGAIN),
            answer => return answer,
        }
    }
}

/// Waits until a process, with those that it has started, does nothing, and `printed` is known and stays the same: true if it comes to
/// rest, or ends; false when it has worked for so long, by the clock or in the processor's time. `None`: this system
/// does not say.
pub(super) fn wait_until_rest(
    process: u32,
    printed: impl Fn() -> Option<usize>,
    patience: Duration,
    work: Duration,
) -> Option<bool> {
    let deadline = Instant::now() + patience;
    let enough = work_so_far(process).saturating_add(work);
    let mut calm = 0;
    let mut before = None;
    while calm < CALM {
        let now = process::state(process)?;
        let done = printed().map(|printed| (now.time, printed));
        let rests = !now.is_running && done.is_some() && before == done;
        calm = if rests || now.has_ended { calm + 1 } else { 0 };
        before = done;
        if Instant::now() > deadline || now.time > enough {
            return Some(false);
        }
        thread::sleep(APART);
    }
    Some(true)
}

/// How long a process, with those that it has started, has worked; zero where the system does not say.
pub(super) fn work_so_far(process: u32) -> Duration {
    process::state(process).map(|state| state.time).unwrap_or_default()
}

/// How much memory a process takes, with those that it has started, in bytes: what it has used, and not what it has asked for.
pub(super) fn memory(process: u32) -> Option<u64> {
    process::memory(process)
}

#[cfg(target_os = "linux")]
mod queue {
    use std::io::{Read, Write};
    use std::net::{IpAddr, SocketAddr};

    use socket2::{Domain, Protocol, Socket, Type};

    use super::Ends;

    /// The kernel's own numbers, from its headers `netlink.h`, `sock_diag.h` and `inet_diag.h`; see `man 7 sock_diag`.
    const AF_NETLINK: i32 = 16;
    const NETLINK_SOCK_DIAG: i32 = 4;
    const SOCK_DIAG_BY_FAMILY: u16 = 20;
    const NLM_F_REQUEST: u16 = 1;
    const AF_INET: u8 = 2;
    const AF_INET6: u8 = 10;
    const IPPROTO_TCP: u8 = 6;
    /// The sizes of a message's header and of a question, and where an answer says how many bytes wait to be read by its
    /// program, and to be taken by the other end.
    const HEADER: usize = 16;
    const QUESTION: usize = 56;
    const TO_BE_READ: usize = 72;
    const TO_BE_TAKEN: usize = 76;

    /// How many bytes of this client wait, on their way to the server's socket or in it. `None` where one of the two
    /// sockets is not seen.
    pub(super) fn unread(ends: Ends) -> Option<u32> {
        let protocol = Some(Protocol::from(NETLINK_SOCK_DIAG));
        let kernel = Socket::new(Domain::from(AF_NETLINK), Type::RAW, protocol).ok()?;
        // An answer is there when its question has been taken.
        kernel.set_nonblocking(true).ok()?;
        // In this order: what has left the first queue by then is in the second, or has been read.
        let on_the_way = ask(&kernel, ends.client, ends.server, TO_BE_TAKEN)?;
        Some(on_the_way.saturating_add(ask(&kernel, ends.server, ends.client, TO_BE_READ)?))
    }

    /// What the system says of the socket with these two ends, its own first.
    fn ask(mut kernel: &Socket, own: SocketAddr, other: SocketAddr, what: usize) -> Option<u32> {
        kernel.write_all(&question(own, other)).ok()?;
        let mut answer = [0; 256];
        let length = kernel.read(&mut answer).ok()?;
        let kind = u16::from_ne_bytes([answer[4], answer[5]]);
        let (bytes, _) = answer[..length].get(what..)?.split_first_chunk()?;
        (kind == SOCK_DIAG_BY_FAMILY).then(|| u32::from_ne_bytes(*bytes))
    }

    /// Asks for one socket, by its two ends.
    fn question(own: SocketAddr, other: SocketAddr) -> Vec<u8> {
        let family = if own.is_ipv4() { AF_INET } else { AF_INET6 };
        let mut out = Vec::with_capacity(HEADER + QUESTION);
        // The length of all, the kind, what it wants, a number, and nobody's port.
        out.extend(((HEADER + QUESTION) as u32).to_ne_bytes());
        out.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
        out.extend(NLM_F_REQUEST.to_ne_bytes());
        out.extend([0; 8]);
        // What it is about, nothing more than that, in any state.
        out.extend([family, IPPROTO_TCP, 0, 0]);
        out.extend(u32::MAX.to_ne_bytes());
        // The two ports and the two addresses; any interface, and any socket that has these.
        [own, other].iter().for_each(|end| out.extend(end.port().to_be_bytes()));
        [own, other].iter().for_each(|end| out.extend(address(*end)));
        out.extend([0; 4]);
        out.extend([0xff; 8]);
        out
    }

    /// Sixteen bytes, of which IPv4 uses the first four.
    fn address(end: SocketAddr) -> [u8; 16] {
        match end.ip() {
            IpAddr::V6(ip) => ip.octets(),
            IpAddr::V4(ip) => {
                let mut out = [0; 16];
                out[..4].copy_from_slice(&ip.octets());
                out
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod queue {
    use super::Ends;

    pub(super) fn unread(_ends: Ends) -> Option<u32> {
        None
    }
}

/// What a process, with those that it has started, does at a moment.
#[cfg_attr(not(unix), expect(dead_code, reason = "this system does not say"))]
struct State {
    is_running: bool,
    has_ended: bool,
    /// How long they have worked; zero where the system does not say.
    time: Duration,
}

#[cfg(target_os = "linux")]
mod process {
    use std::fs;
    use std::path::Path;
    use std::time::Duration;

    use super::State;

    /// What the system counts in here, on every processor: `USER_HZ` is 100.
    const TICK: Duration = Duration::from_millis(10);

    pub(super) fn state(process: u32) -> Option<State> {
        let mut state = State { is_running: false, has_ended: true, time: Duration::ZERO };
        let mut processes = vec![process];
        while let Some(process) = processes.pop() {
            let Ok(tasks) = fs::read_dir(format!("/proc/{process}/task")) else { continue };
            for task in tasks.flatten() {
                let file = |name: &str| fs::read_to_string(task.path().join(name));
                let Some((now, time)) = file("stat").ok().as_deref().and_then(parse) else {
                    continue;
                };
                state.is_running |= matches!(now, 'R' | 'D');
                state.has_ended &= matches!(now, 'Z' | 'X');
                state.time += time;
                processes.extend(started_by(&task.path()));
            }
        }
        Some(state)
    }

    /// The processes that a thread has started.
    fn started_by(task: &Path) -> Vec<u32> {
        let children = fs::read_to_string(task.join("children")).unwrap_or_default();
        children.split_ascii_whitespace().filter_map(|id| id.parse().ok()).collect()
    }

    pub(super) fn memory(process: u32) -> Option<u64> {
        let mut memory = None;
        let mut processes = vec![process];
        while let Some(process) = processes.pop() {
            let own = stage::memory(process);
            memory = own.map(|own| memory.unwrap_or(0) + own).or(memory);
            let tasks = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten();
            processes.extend(tasks.flatten().flat_map(|task| started_by(&task.path())));
        }
        memory
    }

    /// What stands behind the name, which is in parentheses: the state, and as words 12 and 13 the times.
    fn parse(stat: &str) -> Option<(char, Duration)> {
        let (_, rest) = stat.rsplit_once(')')?;
        let words: Vec<&str> = rest.split_ascii_whitespace().collect();
        let time = |at: usize| Some(TICK * words.get(at)?.parse::<u32>().ok()?);
        Some((words.first()?.chars().next()?, time(11)? + time(12)?))
    }
}

#[cfg(all(unix, not(target_os = "linux")))]
mod process {
    use std::process::Command;
    use std::time::Duration;

    use super::State;

    pub(super) fn memory(_process: u32) -> Option<u64> {
        None
    }

    pub(super) fn state(process: u32) -> Option<State> {
        let said =
            Command::new("ps").args(["-o", "stat=", "-p", &process.to_string()]).output().ok()?;
        let now = String::from_utf8_lossy(&said.stdout).trim().chars().next();
        Some(State {
            is_running: now.is_some_and(|now| matches!(now, 'R' | 'U' | 'D')),
            has_ended: now.is_none_or(|now| now == 'Z'),
            time: Duration::ZERO,
        })
    }
}

#[cfg(not(unix))]
mod process {
    use super::State;

    pub(super) fn memory(_process: u32) -> Option<u64> {
        None
    }

    pub(super) fn state(_process: u32) -> Option<State> {
        None
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_system_knows_what_a_server_has_not_read() {
        // A system without IPv6 has only the first.
        let listeners = ["127.0.0.1:0", "[::]:0", "[::1]:0"].map(TcpListener::bind);
        assert!(listeners[0].is_ok(), "no port on loopback");
        for listener in listeners.into_iter().flatten() {
            let mut at = listener.local_addr().expect("bound");
            if at.ip().is_unspecified() {
                at.set_ip([127, 0, 0, 1].into());
            }
            let mut client = TcpStream::connect(at).expect("connected");
            let ends = Ends {
                client: client.local_addr().expect("an end"),
                server: client.peer_addr().expect("an end"),
            };
            let (mut server, _) = listener.accept().expect("accepted");
            client.write_all(b"Li Jing").expect("sent");
            assert_eq!(has_read(ends), Some(false));
            server.read_exact(&mut [0; 7]).expect("read");
            assert_eq!(wait_until_read(ends, Duration::from_secs(10)), Some(true));
            drop((client, server));
        }
    }

    #[test]
    fn a_process_that_waits_rests_and_one_that_turns_does_not() {
        let start = |script: &str| {
            std::process::Command::new("sh").args(["-c", script]).spawn().expect("a shell")
        };
        let mut waits = start("exec sleep 60");
        let mut turns = start("while :; do :; done");
        let rests = |process: &std::process::Child, patience: u64, work: u64| {
            let (patience, work) = (Duration::from_secs(patience), Duration::from_millis(work));
            wait_until_rest(process.id(), || Some(0), patience, work)
        };
        assert_eq!(rests(&waits, 10, 500), Some(true));
        // However long it waits for its turns.
        assert_eq!(rests(&turns, 3_600, 500), Some(false));
        assert_eq!(rests(&turns, 0, 500), Some(false));
        let count = std::sync::atomic::AtomicUsize::new(0);
        let print = || Some(count.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        let patience = Duration::from_millis(200);
        assert_eq!(wait_until_rest(waits.id(), print, patience, Duration::MAX), Some(false));
        for process in [&mut waits, &mut turns] {
            process.kill().expect("ended");
            process.wait().expect("gone");
        }
    }
}
