//! The figures of the page: what clients of two servers hear.

use ch00_wire::{Recorder, assert_recording, masked_frame, rfc_request};
use stage::{Client, Server};

use crate::cast::{GONE, Member, PATIENCE, Redis, server, server_on};

fn joins(recorder: &Recorder, server: &Server) -> Member {
    let mut client = Client::connect(server.address(), recorder, PATIENCE).expect("connects");
    client.send(&rfc_request()).expect("sent");
    client.unit().expect("an answer");
    Member(client)
}

/// Lets members leave, in this order, and hands back what was recorded.
macro_rules! figure {
    ($name:literal, $title:literal, $recorder:expr, [$($member:expr),*]) => {
        $(drop($member);)*
        insta::with_settings!({ snapshot_path => "../snapshots" }, {
            assert_recording!($name, $recorder.recording($title));
        });
    };
}

#[test]
fn two_servers_by_themselves_are_two_rooms() {
    let servers = [server(&[]), server(&[])];
    let recorder = Recorder::new();
    let mut ada = joins(&recorder, &servers[0]);
    let mut li = joins(&recorder, &servers[1]);
    ada.says("Is anybody here?");
    ada.hears("Is anybody here?");
    // The answer to a ping would come behind it.
    li.0.send(&masked_frame(9, b"?")).expect("sent");
    assert_eq!(li.0.unit().expect("a pong").frame.expect("a frame").header.opcode, 0xA);
    figure!("apart", "Two servers without a broker", recorder, [ada, li]);
}

#[test]
fn two_servers_on_one_broker_are_one_room() {
    let Some(redis) = Redis::start("figure-together") else { return };
    let servers = [server_on(&redis), server_on(&redis)];
    let recorder = Recorder::new();
    let mut ada = joins(&recorder, &servers[0]);
    let mut li = joins(&recorder, &servers[1]);
    ada.says("Is anybody here?");
    ada.hears("Is anybody here?");
    li.hears("Is anybody here?");
    li.says("Li Jing");
    li.hears("Li Jing");
    ada.hears("Li Jing");
    figure!("together", "Two servers on one broker", recorder, [ada, li]);
}

#[test]
fn a_newcomer_hears_what_was_said() {
    let Some(redis) = Redis::start("figure-history") else { return };
    let servers = [server_on(&redis), server_on(&redis)];
    let mut ada = Member::join(&servers[0], "/chat");
    for text in ["/name Ada", "Is anybody here?"] {
        ada.says(text);
        ada.text().expect("a text");
    }
    let recorder = Recorder::new();
    let mut li = joins(&recorder, &servers[1]);
    li.hears("* Ada joins");
    li.hears("Ada: Is anybody here?");
    li.says("Li Jing");
    li.hears("Li Jing");
    figure!("history", "A newcomer on the other server", recorder, [li]);
}

#[test]
fn members_are_told_that_the_broker_is_gone() {
    let Some(mut redis) = Redis::start("figure-gone") else { return };
    let one = server_on(&redis);
    let recorder = Recorder::new();
    let mut ada = joins(&recorder, &one);
    ada.says("Is anybody here?");
    ada.hears("Is anybody here?");
    redis.kill();
    ada.hears(GONE);
    ada.says("Li Jing");
    ada.says("/who");
    ada.hears("* nobody knows at the moment");
    figure!("gone", "The broker is killed", recorder, [ada]);
}
