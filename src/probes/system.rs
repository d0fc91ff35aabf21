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

/// Waits until a process, with those that it has started, does nothing: true if it comes to rest, or ends. `None`:
/// this system does not say.
pub(super) fn wait_until_rest(process: u32, patience: Duration) -> Option<bool> {
    let deadline = Instant::now() + patience;
    let mut calm = 0;
    let mut before = None;
    while calm < CALM {
        let now = process::state(process)?;
        let rests = !now.is_running && before == Some(now.time);
        calm = if rests || now.has_ended { calm + 1 } else { 0 };
        before = Some(now.time);
        if Instant::now() > deadline {
            return Some(false);
        }
        thread::sleep(APART);
    }
    Some(true)
}

#[cfg(target_os = "linux")]
mod queue {
    use std::fs;
    use std::net::{IpAddr, Ipv4Addr, SocketAddr};

    use super::Ends;

    /// How many bytes of this client wait in the server's socket. `None` where that socket is not seen.
    pub(super) fn unread(ends: Ends) -> Option<u64> {
        ["/proc/net/tcp", "/proc/net/tcp6"].iter().find_map(|table| {
            let table = fs::read_to_string(table).ok()?;
            table.lines().skip(1).find_map(|line| waiting(line, ends))
        })
    }

    /// A line has a number, this end, the other end, a state, and two queues: to be sent, and to be read.
    fn waiting(line: &str, ends: Ends) -> Option<u64> {
        let mut words = line.split_ascii_whitespace().skip(1);
        let here = address(words.next()?)?;
        let there = address(words.next()?)?;
        let queues = words.nth(1)?;
        let (_, to_be_read) = queues.split_once(':')?;
        ((here, there) == (ends.server, ends.client))
            .then(|| u64::from_str_radix(to_be_read, 16).ok())
            .flatten()
    }

    /// `0100007F:0FA0` is 127.0.0.1:4000; an address of IPv6 may hold one of IPv4.
    fn address(text: &str) -> Option<SocketAddr> {
        let (address, port) = text.split_once(':')?;
        let port = u16::from_str_radix(port, 16).ok()?;
        let last = address.get(address.len().checked_sub(8)?..)?;
        let four = u32::from_str_radix(last, 16).ok()?.to_le_bytes();
        Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::from(four)), port))
    }
}

#[cfg(not(target_os = "linux"))]
mod queue {
    use super::Ends;

    pub(super) fn unread(_ends: Ends) -> Option<u64> {
        None
    }
}

/// What a process, with those that it has started, does at a moment.
#[cfg_attr(not(unix), expect(dead_code, reason = "this system does not say"))]
struct State {
    is_running: bool,
    has_ended: bool,
    /// How long they have run, in units of the system; 0 where it does not say.
    time: u64,
}

#[cfg(target_os = "linux")]
mod process {
    use std::fs;

    use super::State;

    pub(super) fn state(process: u32) -> Option<State> {
        let mut state = State { is_running: false, has_ended: true, time: 0 };
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
                let children = file("children").unwrap_or_default();
                processes.extend(
                    children.split_ascii_whitespace().filter_map(|id| id.parse::<u32>().ok()),
                );
            }
        }
        Some(state)
    }

    /// What stands behind the name, which is in parentheses: the state, and as words 12 and 13 the times.
    fn parse(stat: &str) -> Option<(char, u64)> {
        let (_, rest) = stat.rsplit_once(')')?;
        let words: Vec<&str> = rest.split_ascii_whitespace().collect();
        let time = |at: usize| words.get(at)?.parse::<u64>().ok();
        Some((words.first()?.chars().next()?, time(11)? + time(12)?))
    }
}

#[cfg(all(unix, not(target_os = "linux")))]
mod process {
    use std::process::Command;

    use super::State;

    pub(super) fn state(process: u32) -> Option<State> {
        let said =
            Command::new("ps").args(["-o", "stat=", "-p", &process.to_string()]).output().ok()?;
        let now = String::from_utf8_lossy(&said.stdout).trim().chars().next();
        Some(State {
            is_running: now.is_some_and(|now| matches!(now, 'R' | 'U' | 'D')),
            has_ended: now.is_none_or(|now| now == 'Z'),
            time: 0,
        })
    }
}

#[cfg(not(unix))]
mod process {
    use super::State;

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
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let mut client =
            TcpStream::connect(listener.local_addr().expect("bound")).expect("connected");
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

    #[test]
    fn a_process_that_waits_rests_and_one_that_turns_does_not() {
        let start = |script: &str| {
            std::process::Command::new("sh").args(["-c", script]).spawn().expect("a shell")
        };
        let mut waits = start("exec sleep 60");
        let mut turns = start("while :; do :; done");
        assert_eq!(wait_until_rest(waits.id(), Duration::from_secs(10)), Some(true));
        assert_eq!(wait_until_rest(turns.id(), Duration::from_millis(500)), Some(false));
        for process in [&mut waits, &mut turns] {
            process.kill().expect("ended");
            process.wait().expect("gone");
        }
    }
}
