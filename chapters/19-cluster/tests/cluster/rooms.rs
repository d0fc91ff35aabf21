//! A few members on two servers.

use crate::cast::{BACK, GONE, Member, Redis, server, server_on};

#[test]
fn what_is_said_on_one_is_heard_on_the_other_once_and_in_one_order() {
    let Some(redis) = Redis::start("order") else { return };
    let servers = [server_on(&redis), server_on(&redis)];
    let mut members: Vec<Member> =
        (0..4).map(|number| Member::join(&servers[number % 2], "/chat")).collect();
    members[0].sees("* 4 here, on 2 servers");
    const EACH: usize = 50;
    for round in 0..EACH {
        for (number, member) in members.iter_mut().enumerate() {
            member.says(&format!("{number} says {round}"));
        }
    }
    let heard: Vec<Vec<String>> = members
        .iter_mut()
        .map(|member| (0..4 * EACH).map(|_| member.text().expect("a text")).collect())
        .collect();
    for other in &heard[1..] {
        assert_eq!(other, &heard[0], "one order for all");
    }
    let mut sorted = heard[0].clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(sorted.len(), 4 * EACH, "each once");
    // Each one's own, in the order in which it was said.
    for number in 0..4 {
        let own = heard[0].iter().filter(|text| text.starts_with(&format!("{number} ")));
        assert!(own.eq(
            (0..EACH).map(|round| format!("{number} says {round}")).collect::<Vec<_>>().iter()
        ));
    }
}

#[test]
fn a_broker_that_is_killed_and_started_again_loses_and_doubles_nothing() {
    let Some(mut redis) = Redis::start("killed") else { return };
    let servers = [server_on(&redis), server_on(&redis)];
    let mut ada = Member::join(&servers[0], "/chat");
    let mut li = Member::join(&servers[1], "/chat");
    ada.says("before");
    ada.hears("before");
    li.hears("before");
    for round in 0..3 {
        redis.kill();
        ada.hears(GONE);
        li.hears(GONE);
        let said: Vec<String> = (0..20).map(|number| format!("{round} {number}")).collect();
        said.iter().for_each(|text| ada.says(text));
        redis.restart();
        let mut heard = Vec::new();
        for member in [&mut ada, &mut li] {
            let mut all: Vec<String> =
                (0..said.len() + 1).map(|_| member.text().expect("a text")).collect();
            // The servers notice at different times that the broker is back.
            all.retain(|text| text != BACK);
            assert_eq!(all, said);
            heard.push(all);
        }
    }
}

#[test]
fn a_broker_that_hangs_is_noticed() {
    let Some(redis) = Redis::start("hangs") else { return };
    let one = server_on(&redis);
    let mut ada = Member::join(&one, "/chat");
    ada.says("before");
    ada.hears("before");
    redis.signal("STOP");
    ada.hears(GONE);
    ada.says("meanwhile");
    redis.signal("CONT");
    let heard = ada.hears_at_last("meanwhile");
    assert!(heard.is_empty() || heard == [BACK], "{heard:?}");
    ada.says("afterwards");
    ada.hears_at_last("afterwards");
}

#[test]
fn rooms_are_apart_and_one_who_comes_back_goes_on_where_it_was() {
    let Some(redis) = Redis::start("apart") else { return };
    let servers = [server_on(&redis), server_on(&redis)];
    let mut ada = Member::join(&servers[0], "/room/tea?after=0");
    let mut li = Member::join(&servers[1], "/room/coffee");
    li.says("coffee");
    ada.says("tea");
    li.hears("coffee");
    let heard = ada.text().expect("a text");
    let (first, text) = heard.split_once(' ').expect("an id");
    assert_eq!(text, "tea");
    drop(ada);
    let mut other = Member::join(&servers[1], "/room/tea");
    other.hears("tea");
    other.says("more tea");
    other.hears("more tea");
    let mut ada = Member::join(&servers[1], &format!("/room/tea?after={first}"));
    let heard = ada.text().expect("a text");
    assert!(heard.ends_with("-2 more tea"), "{heard}");
    ada.sees("* 2 here, on 1 server");
}

#[test]
fn a_server_by_itself_has_one_room_and_needs_no_broker() {
    let one = server(&["--loops", "2"]);
    let mut ada = Member::join(&one, "/room/tea");
    let mut li = Member::join(&one, "/");
    ada.says("tea");
    ada.hears("tea");
    li.hears("tea");
}
