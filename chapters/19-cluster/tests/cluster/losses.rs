//! What may be lost, what may not, and who is told.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

use stage::{Program, carry};

use crate::cast::{
    BACK, GONE, Member, PATIENCE, Redis, request_for, send_signal, server, server_on,
};

const GAP: &str = "* some of what was said here is lost";
const FULL: &str = "* not sent: the broker is gone, and too much waits already";

/// Something between a server and its broker that lets posts arrive, and loses the answers to the first few.
fn loser(to: SocketAddr, answers: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    let left = Arc::new(AtomicUsize::new(answers));
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(broker) = TcpStream::connect(to) else { continue };
            let (from, into) =
                (client.try_clone().expect("a clone"), broker.try_clone().expect("a clone"));
            let has_post = Arc::new(AtomicUsize::new(0));
            let seen = Arc::clone(&has_post);
            // A post has an opcode and a payload behind the name of its script.
            thread::spawn(move || {
                carry(from, into, |bytes| {
                    let is_post = bytes.windows(8).any(|part| part == b"lost-ack");
                    if is_post {
                        seen.store(1, SeqCst);
                    }
                    true
                })
            });
            let left = Arc::clone(&left);
            thread::spawn(move || {
                carry(broker, client, |_| {
                    let is_answer = has_post.swap(0, SeqCst) == 1;
                    !(is_answer
                        && left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok())
                })
            });
        }
    });
    address
}

#[test]
fn a_post_whose_answer_is_lost_is_told_again_and_heard_once() {
    let Some(redis) = Redis::start("answer") else { return };
    let between = loser(redis.address, 3);
    let one = server(&["--broker", &format!("redis://{between}")]);
    let other = server_on(&redis);
    let mut ada = Member::join(&one, "/chat");
    let mut li = Member::join(&other, "/chat");
    ada.says("hello");
    ada.hears_at_last("hello");
    ada.says("lost-ack");
    ada.says("goodbye");
    ada.hears_at_last("lost-ack");
    assert!(!ada.hears_at_last("goodbye").contains(&"lost-ack".to_owned()));
    li.hears("hello");
    li.hears("lost-ack");
    li.hears("goodbye");
    assert_eq!(redis.ask(&["XLEN", "ws:room:"]).trim(), "3");
}

#[test]
fn what_waits_has_a_bound_and_what_is_refused_is_refused_aloud() {
    let Some(mut redis) = Redis::start("bound") else { return };
    let servers = [server_on(&redis), server_on(&redis)];
    let mut ada = Member::join(&servers[0], "/chat");
    let mut li = Member::join(&servers[1], "/chat");
    ada.says("before");
    ada.hears("before");
    li.hears("before");
    redis.kill();
    ada.hears(GONE);
    li.hears(GONE);
    let long = |number: usize| format!("{number:02} {}", "x".repeat(15_000));
    const ALL: usize = 90;
    (0..ALL).for_each(|number| ada.says(&long(number)));
    // Refusals come at once, and nothing else comes while there is no broker.
    ada.says(&"y".repeat(17_000));
    let refused = ada.hears_at_last("* not sent: this is longer than 16 KiB");
    assert!(refused.iter().all(|text| text == FULL), "{refused:#?}");
    let kept = ALL - refused.len();
    assert!((60..=72).contains(&kept), "about a mebibyte: {kept}");
    redis.restart();
    for member in [&mut ada, &mut li] {
        let mut heard: Vec<String> = (0..=kept).map(|_| member.text().expect("a text")).collect();
        heard.retain(|text| text != BACK);
        assert!(
            heard
                .iter()
                .map(|text| &text[..2])
                .eq((0..kept).map(|number| format!("{number:02}")).collect::<Vec<_>>().iter())
        );
    }
    ada.says("afterwards");
    ada.hears("afterwards");
    li.hears("afterwards");
}

#[test]
fn a_broker_that_has_forgotten_is_found_out() {
    let Some(mut redis) = Redis::start("forgotten") else { return };
    let one = server_on(&redis);
    let mut ada = Member::join(&one, "/?after=0");
    ada.says("before");
    let before = ada.text().expect("a text");
    let last = before.split(' ').next().expect("an id").to_owned();
    redis.kill_and_empty();
    redis.restart();
    let told = ada.hears_at_last(GAP);
    assert!(told.iter().all(|text| text == GONE || text == BACK), "{told:?}");
    let mut li = Member::join(&one, &format!("/?after={last}"));
    let told = li.hears_at_last(GAP);
    assert!(told.iter().all(|text| text == GONE || text == BACK), "{told:?}");
    ada.says("afterwards");
    let mut heard = Vec::new();
    while !heard.last().is_some_and(|text: &String| text.ends_with(" afterwards")) {
        heard.push(ada.text().expect("a text"));
    }
    heard.retain(|text| !text.starts_with('*'));
    // The broker may have ended before it had confirmed the first message: then it is said once more.
    let again = ["-1 before", "-2 afterwards"];
    let expected = if heard.len() == 1 { &["-1 afterwards"][..] } else { &again };
    assert_eq!(heard.len(), expected.len(), "{heard:?}");
    assert!(heard.iter().zip(expected).all(|(text, end)| text.ends_with(end)), "{heard:?}");
}

#[test]
fn who_comes_back_too_late_is_told_so() {
    let Some(redis) = Redis::start("late") else { return };
    let one = server(&["--broker", &redis.url(), "--keep", "10"]);
    let mut ada = Member::join(&one, "/?after=0");
    ada.says("first");
    let heard = ada.text().expect("a text");
    let first = heard.split(' ').next().expect("an id").to_owned();
    // Redis forgets by the hundred.
    for number in 0..300 {
        ada.says(&number.to_string());
        ada.text().expect("a text");
    }
    let mut li = Member::join(&one, &format!("/?after={first}"));
    li.hears(GAP);
    let next = li.text().expect("a text");
    assert!(next.contains(' ') && !next.starts_with('*'), "{next}");
    // One who does not say where it was hears what was said lately.
    let mut other = Member::join(&one, "/");
    other.hears("250");
}

#[test]
fn a_server_that_is_killed_is_forgotten_after_a_while() {
    let Some(redis) = Redis::start("presence") else { return };
    let servers = [server_on(&redis), server_on(&redis)];
    let mut ada = Member::join(&servers[0], "/chat");
    let _li = Member::join(&servers[1], "/chat");
    ada.sees("* 2 here, on 2 servers");
    send_signal("KILL", servers[1].id());
    ada.sees("* 1 here, on 1 server");
}

#[test]
fn a_server_that_is_told_to_stop_leaves_nothing_unsaid() {
    let Some(mut redis) = Redis::start("stop") else { return };
    let one = server_on(&redis);
    let other = server_on(&redis);
    let mut ada = Member::join(&one, "/chat");
    let mut li = Member::join(&other, "/chat");
    ada.says("before");
    ada.hears("before");
    li.hears("before");
    redis.kill();
    ada.hears(GONE);
    ada.says("my last word");
    // What the room says to its speaker alone comes behind it: the server has heard the word.
    ada.says(&"y".repeat(17_000));
    ada.hears("* not sent: this is longer than 16 KiB");
    send_signal("TERM", one.id());
    // From some moment on it takes nothing more, and says so.
    let ends = "* not sent: this server is about to end. Say it on another";
    let mut kept = vec!["my last word".to_owned()];
    for number in 0.. {
        ada.says(&number.to_string());
        ada.says("/who");
        match ada.text().expect("a text") {
            text if text == ends => break,
            text => assert_eq!(text, "* nobody knows at the moment"),
        }
        kept.push(number.to_string());
    }
    redis.restart();
    assert!(one.wait_for_end(PATIENCE), "it ends");
    let mut said = li.hears_at_last(kept.last().expect("a word"));
    said.retain(|text| text != GONE && text != BACK);
    assert_eq!(said, kept[..kept.len() - 1]);
}

#[test]
fn the_broker_is_waited_for_and_a_wrong_url_is_not() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ch19-cluster"));
    command.args(["127.0.0.1:0", "--broker", "readis://nowhere"]);
    let output = Program::output(command).expect("it runs");
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(
        said,
        "--broker <URL> cannot be \"readis://nowhere\": say where Redis is, like redis://127.0.0.1:6379\n"
    );

    let Some(mut redis) = Redis::start("wait") else { return };
    redis.kill();
    let one = server_on(&redis);
    let gone = one.wait_for(0, PATIENCE, |line| line.contains("the broker is gone: "));
    assert!(gone.is_some(), "it says so: {:#?}", one.lines_from(0));
    let mut ada = Member::join(&one, "/chat");
    ada.hears(GONE);
    ada.says("early");
    redis.restart();
    // The terminal is told first, and then the members: one who joins in between hears it twice.
    let told = ada.hears_at_last("early");
    assert!(told.iter().all(|text| text == BACK || text == GONE), "{told:?}");
}

#[test]
fn all_hear_that_the_broker_is_back_though_nobody_has_said_anything() {
    let Some(mut redis) = Redis::start("silent") else { return };
    redis.kill();
    let one = server_on(&redis);
    let is_told = |word: &'static str| {
        let told = one.wait_for(0, PATIENCE, |line| line.contains(word));
        assert!(told.is_some(), "{word}: {:#?}", one.lines_from(0));
    };
    is_told("the broker is gone: ");
    redis.restart();
    is_told("the broker is back");
    // Nobody has been here so far: the first one who comes is not told that it is gone.
    let mut ada = Member::join(&one, "/chat");
    ada.says("/who");
    // The terminal is told first, and then the members: one who joins in between hears it, too.
    let told = ada.hears_at_last("* 1 here, on 1 server");
    assert!(told.iter().all(|text| text == BACK), "{told:?}");
    redis.kill();
    ada.hears(GONE);
    // To join is a question to the broker, and nothing else is said.
    let mut li = Member::join(&one, "/chat");
    li.hears(GONE);
    redis.restart();
    ada.hears(BACK);
    li.hears(BACK);
    let mut other = Member::join(&one, "/chat");
    other.says("/who");
    other.hears("* 3 here, on 1 server");
}

#[test]
fn a_name_that_is_none_and_an_id_that_is_none_are_refused() {
    // Nobody needs to be there.
    let one = server(&["--broker", "redis://127.0.0.1:1"]);
    for (target, status) in [
        ("/room/Tea", "HTTP/1.1 404 Not Found"),
        ("/room/", "HTTP/1.1 404 Not Found"),
        ("/room/tea?after=x", "HTTP/1.1 400 Bad Request"),
        ("/?after=1-18446744073709551615", "HTTP/1.1 400 Bad Request"),
    ] {
        let mut client = Member::connect(&one);
        client.send(&request_for(target)).expect("sent");
        assert_eq!(client.unit().expect("a head").value("status line"), Some(status), "{target}");
    }
}
