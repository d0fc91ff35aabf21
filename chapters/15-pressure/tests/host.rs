//! The host with a sink whose clock and whose clients the test moves by hand.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ch00_wire::{
    HIXIE76_KEY1, HIXIE76_KEY2, HIXIE76_KEY3, hixie76_request, masked_frame, rfc_request,
};
use ch06_select::{ClientId, Protocol, Service, Sink};
use ch15_pressure::{Counters, Host, Letter, Lively, Patient, Settings, TooSlow, host};
use clap::Parser;

const SECOND: Duration = Duration::from_secs(1);
const ONE: ClientId = ClientId(1);
const PING: [u8; 10] = [0x89, 8, 0, 0, 0, 0, 0, 0, 0, 1];

struct Hand {
    now: Instant,
    out: HashMap<ClientId, Vec<u8>>,
    closed: Vec<ClientId>,
    waiting: usize,
    addresses: HashMap<ClientId, IpAddr>,
    stopped: bool,
    sent: u64,
}

impl Sink for Hand {
    fn fill(&mut self, to: &[ClientId], write: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = Vec::new();
        write(&mut bytes);
        for client in to {
            self.out.entry(*client).or_default().extend(&bytes);
            self.sent += bytes.len() as u64;
        }
    }

    fn close(&mut self, client: ClientId) {
        self.closed.push(client);
    }
}

impl Patient for Hand {
    fn now(&self) -> Instant {
        self.now
    }

    fn waiting(&self, _client: ClientId) -> usize {
        self.waiting
    }

    fn address(&self, client: ClientId) -> Option<SocketAddr> {
        self.addresses.get(&client).map(|&address| (address, 1).into())
    }

    fn sent(&self) -> u64 {
        self.sent
    }

    fn stop(&mut self) {
        self.stopped = true;
    }
}

impl Hand {
    fn took(&mut self, client: ClientId) -> Vec<u8> {
        self.out.remove(&client).unwrap_or_default()
    }
}

fn set(arguments: &[&str]) -> (Host<impl Protocol + use<>>, Arc<Counters>, Hand) {
    let settings = Settings::parse_from([&["ch15-pressure", "--app=echo"], arguments].concat());
    let counters = Arc::<Counters>::default();
    let host = host(&settings, settings.app(), Arc::clone(&counters));
    let (out, closed, addresses) = Default::default();
    let (now, waiting, stopped, sent) = (Instant::now(), 0, false, 0);
    let hand = Hand { now, out, closed, waiting, addresses, stopped, sent };
    (host, counters, hand)
}

/// A client that has just been answered with a 101.
fn open(host: &mut Host<impl Protocol>, client: ClientId, hand: &mut Hand) {
    host.connected(client, hand);
    host.received(client, &mut rfc_request(), hand);
    assert!(hand.took(client).starts_with(b"HTTP/1.1 101 "));
}

fn counted(counters: &Counters, line: &str) -> bool {
    counters.text().lines().any(|other| other == line)
}

#[test]
fn who_says_something_is_not_asked() {
    let (mut host, _, mut hand) = set(&["--ping-after=1"]);
    open(&mut host, ONE, &mut hand);
    for _ in 0..5 {
        host.received(ONE, &mut masked_frame(1, b"Li Jing"), &mut hand);
        hand.now += SECOND;
        host.tick(&mut hand);
        assert_eq!(hand.took(ONE), b"\x81\x07Li Jing");
    }
    // Any byte is a sign of life, also one that begins a frame which never ends.
    host.received(ONE, &mut [0x81], &mut hand);
    hand.now += SECOND;
    let next = host.tick(&mut hand);
    assert_eq!((hand.took(ONE), next), (vec![], Some(hand.now + SECOND)));
}

#[test]
fn a_ping_is_answered_and_measured() {
    let (mut host, counters, mut hand) = set(&["--ping-after=1"]);
    open(&mut host, ONE, &mut hand);
    hand.now += SECOND;
    host.tick(&mut hand);
    assert_eq!(hand.took(ONE), PING);
    hand.now += SECOND / 4;
    // What nobody asked for measures nothing, and neither does the same pong twice.
    host.received(ONE, &mut masked_frame(0xa, b"\0\0\0\0\0\0\0\x02"), &mut hand);
    for _ in 0..2 {
        host.received(ONE, &mut masked_frame(0xa, &PING[2..]), &mut hand);
    }
    assert!(counted(&counters, "ws_round_trip_seconds_count 1"), "{}", counters.text());
    assert!(counted(&counters, "ws_round_trip_seconds_sum 0.25"), "{}", counters.text());
    hand.now += SECOND;
    host.tick(&mut hand);
    hand.now += SECOND;
    host.tick(&mut hand);
    assert_eq!(hand.took(ONE)[9], 2, "the next silence has a ping of its own");
}

#[test]
fn without_a_pong_it_is_let_go() {
    let (mut host, counters, mut hand) = set(&["--ping-after=1"]);
    open(&mut host, ONE, &mut hand);
    hand.now += SECOND;
    host.tick(&mut hand);
    hand.took(ONE);
    hand.now += SECOND;
    let next = host.tick(&mut hand);
    assert_eq!(next, None, "nothing is waited for: its handshake was in time");
    assert_eq!(hand.took(ONE), b"\x88\x0e\x03\xf0no pong came");
    assert_eq!(hand.closed, [ONE]);
    host.left(ONE, Ok(()), &mut hand);
    assert!(counted(&counters, "ws_ends_total{code=\"1008\"} 1"), "{}", counters.text());
    assert!(counted(&counters, "ws_clients 0"), "{}", counters.text());
}

/// It is not read from, so its pong would not be seen: the loop lets it go, if it takes nothing.
/// Sixteen MiB less a byte are not kept for ever.
#[test]
fn a_message_has_its_time() {
    let (mut host, _, mut hand) = set(&["--message-timeout=2", "--ping-after=100"]);
    open(&mut host, ONE, &mut hand);
    let whole = masked_frame(1, b"Li Jing");
    let mut first = masked_frame(1, b"Li");
    first[0] = 0x01;
    // A whole message, and the beginning of another; a ping in between changes nothing.
    host.received(ONE, &mut [&whole[..], &whole[..8]].concat(), &mut hand);
    hand.now += SECOND;
    host.received(ONE, &mut whole[8..].to_vec(), &mut hand);
    host.received(ONE, &mut first, &mut hand);
    host.received(ONE, &mut masked_frame(9, b""), &mut hand);
    hand.took(ONE);
    hand.now += SECOND;
    host.tick(&mut hand);
    assert!(hand.closed.is_empty(), "the second message has had one second");
    // While something waits for it, it may not have been read from.
    hand.waiting = 1;
    hand.now += 2 * SECOND;
    host.tick(&mut hand);
    hand.waiting = 0;
    let mut more = masked_frame(0, b" ");
    more[0] = 0x00;
    host.received(ONE, &mut more, &mut hand);
    assert!(hand.closed.is_empty(), "{:?}", hand.out);
    hand.now += 2 * SECOND;
    host.tick(&mut hand);
    assert_eq!(hand.took(ONE), b"\x88\x1b\x03\xf0the message took too long");
    assert_eq!(hand.closed, [ONE]);
}

#[test]
fn for_whom_something_waits_is_not_asked() {
    let (mut host, _, mut hand) = set(&["--ping-after=1"]);
    open(&mut host, ONE, &mut hand);
    hand.now += SECOND;
    host.tick(&mut hand);
    assert_eq!(hand.took(ONE), PING);
    hand.waiting = 1;
    for _ in 0..3 {
        hand.now += SECOND;
        host.tick(&mut hand);
    }
    hand.waiting = 0;
    hand.now += SECOND;
    host.tick(&mut hand);
    assert!(hand.closed.is_empty(), "it has had no time for its pong");
    assert_eq!(hand.took(ONE)[9], 2);
}

#[test]
fn a_handshake_has_its_time() {
    let (mut host, counters, mut hand) = set(&["--handshake-timeout=1"]);
    let [late, older, early] = [1, 2, 3].map(ClientId);
    host.connected(late, &mut hand);
    host.received(late, &mut rfc_request()[..20], &mut hand);
    host.connected(older, &mut hand);
    host.received(older, &mut hixie76_request(HIXIE76_KEY1, HIXIE76_KEY2), &mut hand);
    hand.took(older);
    open(&mut host, early, &mut hand);
    hand.now += SECOND;
    host.tick(&mut hand);
    assert!(hand.took(late).starts_with(b"HTTP/1.1 408 "));
    // This one has its answer.
    assert_eq!(hand.took(older), b"");
    assert_eq!(hand.closed, [late, older]);
    host.left(late, Ok(()), &mut hand);
    host.left(older, Ok(()), &mut hand);
    assert!(counted(&counters, "ws_ends_total{code=\"408\"} 2"), "{}", counters.text());
    assert!(counted(&counters, "ws_clients 1"), "{}", counters.text());
}

#[test]
fn a_client_of_2010_is_not_asked_and_has_a_goodbye_of_its_own() {
    let (mut host, _, mut hand) = set(&["--ping-after=1"]);
    host.connected(ONE, &mut hand);
    let head = hixie76_request(HIXIE76_KEY1, HIXIE76_KEY2);
    host.received(ONE, &mut [&head, &HIXIE76_KEY3[..]].concat(), &mut hand);
    hand.took(ONE);
    hand.now += SECOND;
    assert_eq!(host.tick(&mut hand), None, "nothing is waited for");
    hand.now += SECOND;
    host.tick(&mut hand);
    assert!(hand.out.is_empty() && hand.closed.is_empty());
    host.mail(Letter::Stop, &mut hand);
    assert_eq!(hand.took(ONE), [0xff, 0x00]);
}

#[test]
fn limits_hold_in_all_and_for_each_address() {
    let (mut host, counters, mut hand) = set(&["--max-clients=4", "--max-clients-per-address=2"]);
    // The second two are of one network: their first 64 bits are the same. So are the first two: one
    // is written in the way of IPv6.
    let from = ["10.0.0.1", "::ffff:10.0.0.1", "2001:db8::1", "2001:db8::2:0:0:1", "10.0.0.2"];
    for (client, from) in from.iter().enumerate() {
        hand.addresses.insert(ClientId(client), from.parse().expect("an address"));
    }
    for client in 0..4 {
        host.connected(ClientId(client), &mut hand);
    }
    assert!(hand.out.is_empty() && hand.closed.is_empty(), "all have room");
    host.connected(ClientId(4), &mut hand);
    let answer = String::from_utf8(hand.took(ClientId(4))).expect("text");
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("\r\nRetry-After: "));
    assert!(answer.ends_with("\r\n\r\nthere are too many clients\n"), "{answer}");
    host.left(ClientId(4), Ok(()), &mut hand);
    host.left(ClientId(0), Ok(()), &mut hand);
    // There is room, but not for this network.
    hand.addresses.insert(ClientId(5), "2001:db8::3".parse().expect("an address"));
    host.connected(ClientId(5), &mut hand);
    assert!(hand.took(ClientId(5)).ends_with(b"\r\n\r\nthere are too many of you\n"));
    hand.addresses.insert(ClientId(6), "10.0.0.1".parse().expect("an address"));
    host.connected(ClientId(6), &mut hand);
    assert!(hand.out.is_empty(), "one of two has left");
    assert!(counted(&counters, "ws_refused_total{reason=\"clients\"} 1"), "{}", counters.text());
    assert!(counted(&counters, "ws_refused_total{reason=\"address\"} 1"), "{}", counters.text());
    assert!(counted(&counters, "ws_clients 4"), "{}", counters.text());
}

#[test]
fn everybody_hears_of_the_end() {
    let (mut host, counters, mut hand) = set(&[]);
    let [open_one, opening, late] = [1, 2, 3].map(ClientId);
    open(&mut host, open_one, &mut hand);
    host.connected(opening, &mut hand);
    host.mail(Letter::Stop, &mut hand);
    assert_eq!(hand.took(open_one), b"\x88\x11\x03\xe9the server ends");
    assert!(hand.took(opening).starts_with(b"HTTP/1.1 503 "));
    assert!(hand.stopped);
    host.connected(late, &mut hand);
    assert!(hand.took(late).starts_with(b"HTTP/1.1 503 "));
    for client in [open_one, opening, late] {
        assert!(hand.closed.contains(&client));
        host.left(client, Ok(()), &mut hand);
    }
    // A second letter has nobody left to tell.
    host.mail(Letter::Stop, &mut hand);
    assert!(hand.out.is_empty());
    assert!(counted(&counters, "ws_ends_total{code=\"1001\"} 1"), "{}", counters.text());
    assert!(counted(&counters, "ws_ends_total{code=\"503\"} 1"), "{}", counters.text());
    assert!(counted(&counters, "ws_clients 0"), "{}", counters.text());
}

#[test]
fn what_is_counted() {
    let (mut host, counters, mut hand) = set(&[]);
    open(&mut host, ONE, &mut hand);
    let two = [masked_frame(1, b"Li"), masked_frame(2, b"Jing")].concat();
    host.received(ONE, &mut two.clone(), &mut hand);
    host.tick(&mut hand);
    let came = format!("ws_received_bytes_total {}", rfc_request().len() + two.len());
    assert!(counted(&counters, &came), "{}", counters.text());
    assert!(counted(&counters, "ws_messages_total 2"), "{}", counters.text());
    assert!(counted(&counters, "ws_opened_total 1"), "{}", counters.text());
    let sent = format!("ws_sent_bytes_total {}", hand.sent);
    assert!(counted(&counters, &sent), "{}", counters.text());
    host.received(ONE, &mut masked_frame(8, &4000_u16.to_be_bytes()), &mut hand);
    host.left(ONE, Ok(()), &mut hand);
    let slow = ClientId(2);
    open(&mut host, slow, &mut hand);
    host.left(slow, Err(io::Error::other(TooSlow)), &mut hand);
    assert!(counted(&counters, "ws_slow_total 1"), "{}", counters.text());
    assert!(counted(&counters, "ws_ends_total{code=\"1006\"} 1"), "{}", counters.text());
    assert!(counted(&counters, "ws_ends_total{code=\"other\"} 1"), "{}", counters.text());
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("report", counters.text());
    });
}

/// A turn in which nothing is due costs nothing, however many clients there are.
#[test]
fn ten_thousand_are_looked_after_when_it_is_time() {
    let (mut host, _, mut hand) = set(&["--ping-after=1"]);
    for client in 1..=10_000 {
        open(&mut host, ClientId(client), &mut hand);
    }
    let mut tick = |times: u32, hand: &mut Hand| {
        let begin = Instant::now();
        for _ in 0..times {
            host.tick(hand);
        }
        begin.elapsed() / times
    };
    tick(1, &mut hand);
    let nothing = tick(1000, &mut hand);
    hand.now += SECOND;
    let everybody = tick(1, &mut hand);
    println!("a tick: {nothing:?} if nothing is due, {everybody:?} if 10,000 are sent a ping");
    assert_eq!(hand.out.values().filter(|out| out.len() == PING.len()).count(), 10_000);
    assert!(nothing * 100 < everybody);
}
