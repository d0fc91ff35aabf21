//! What a million clients in a thousand rooms need: `cargo run -p ch19-cluster --example million`, and after `--` how
//! many clients, rooms, and messages a minute of each client.
//!
//! Two things are done: a count on paper, from figures that earlier chapters measured; and a simulation of one second, which
//! rolls dice for who is where and who talks, because means hide how uneven rooms and servers are.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

/// Memory for a client that is idle, in bytes: chapter 16 measured it; what waits for it comes on top.
const CLIENT: f64 = 128.0;
/// Memory that the system takes for a connection, in bytes, with small buffers that are empty.
const SOCKET: f64 = 4.0 * 1024.0;
/// Processor time to hand one message to one member: chapter 16, a room of 1,000.
const DELIVERY: f64 = 0.6e-6;
/// How many script calls with one message each a Redis on one core takes in a second, with the disk in the way now and
/// then; a batch of 100 counts as ten.
const POSTS: f64 = 60_000.0;
/// How many bytes one network card carries in a second: ten gigabits.
const CARD: f64 = 1.25e9;
/// A message, with header and id, and what the packet around it takes if it is alone in it.
const MESSAGE: f64 = 64.0;
/// How many clients one server has: its descriptors, and what a restart throws at the others.
const PER_SERVER: usize = 50_000;

fn main() {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<usize>().expect("a number"));
    let clients = numbers.next().unwrap_or(1_000_000);
    let rooms = numbers.next().unwrap_or(1_000);
    let a_minute = numbers.next().unwrap_or(1);
    let servers = clients.div_ceil(PER_SERVER);

    println!(
        "{clients} clients in {rooms} rooms, on {servers} servers; each says {a_minute} a minute\n"
    );
    let posts = (clients * a_minute) as f64 / 60.0;
    let deliveries = posts * clients as f64 / rooms as f64;
    line("messages to the broker, a second", posts, "");
    line("messages to clients, a second", deliveries, "");
    line("  of them a server's", deliveries / servers as f64, "");
    line("memory for clients, a server", PER_SERVER as f64 * (CLIENT + SOCKET) / 1e6, "MB");
    line(
        "bytes to clients, a server and second",
        deliveries * MESSAGE / servers as f64 / 1e6,
        "MB",
    );
    line("bytes from the broker, a second", posts * MESSAGE * servers as f64 / 1e6, "MB");

    println!("\nHow much of each there is, in percent; the first limit is the largest:\n");
    let mut limits = [
        ("processor of a server, one core", deliveries / servers as f64 * DELIVERY),
        ("network card of a server", deliveries * MESSAGE / servers as f64 / CARD),
        ("network card of the broker", posts * MESSAGE * servers as f64 / CARD),
        ("broker, one core", posts / POSTS),
    ];
    limits.sort_by(|one, other| other.1.total_cmp(&one.1));
    limits.iter().for_each(|(what, share)| line(what, share * 100.0, "%"));

    println!("\nOne second, with dice:\n");
    simulate(clients, rooms, servers, a_minute);
}

fn line(what: &str, value: f64, unit: &str) {
    println!("{what:<42} {value:>14.1} {unit}");
}

/// Everybody is put into a room and onto a server, and those who talk in this second talk.
fn simulate(clients: usize, rooms: usize, servers: usize, a_minute: usize) {
    let mut dice = Dice(0);
    // Rooms are not alike: the next one has a little less than the one before, as words in a language do.
    let weights: Vec<f64> = (0..rooms).map(|room| 1.0 / (room as f64 + 10.0)).collect();
    let all: f64 = weights.iter().sum();
    let mut members = vec![vec![0_u32; servers]; rooms];
    let mut room_of = Vec::with_capacity(clients);
    let mut upto: Vec<f64> = weights
        .iter()
        .scan(0.0, |sum, weight| {
            *sum += weight / all;
            Some(*sum)
        })
        .collect();
    upto[rooms - 1] = 1.0;
    for _ in 0..clients {
        let at = dice.part();
        let room = upto.partition_point(|end| *end < at);
        members[room][dice.below(servers)] += 1;
        room_of.push(room);
    }
    let mut to_server = vec![0_u64; servers];
    let mut posts = 0_u64;
    let mut in_room = vec![0_u64; rooms];
    for room in room_of {
        if dice.part() * 60.0 < a_minute as f64 {
            posts += 1;
            in_room[room] += 1;
        }
    }
    for (room, said) in in_room.iter().enumerate() {
        for (server, here) in members[room].iter().enumerate() {
            to_server[server] += said * u64::from(*here);
        }
    }
    let largest: u32 = members[0].iter().sum();
    let deliveries: u64 = to_server.iter().sum();
    line("members of the largest room", f64::from(largest), "");
    line("messages to the broker", posts as f64, "");
    line("  of them in the largest room", in_room[0] as f64, "");
    line("messages to clients", deliveries as f64, "");
    line("  of them in the largest room", (in_room[0] * u64::from(largest)) as f64, "");
    line(
        "processor of the busiest server, in cores",
        *to_server.iter().max().unwrap_or(&0) as f64 * DELIVERY,
        "",
    );
}

/// Dice that fall the same in each run.
struct Dice(u64);

impl Dice {
    fn part(&mut self) -> f64 {
        self.0 += 1;
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(self.0);
        hash as f64 / u64::MAX as f64
    }

    fn below(&mut self, end: usize) -> usize {
        ((self.part() * end as f64) as usize).min(end - 1)
    }
}
