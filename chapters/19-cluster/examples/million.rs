//! What a million clients in a thousand rooms need: `cargo run -p ch19-cluster --example million`, and after `--` how
//! many clients, rooms, and messages a minute of each client.
//!
//! Two things are done: a count on paper, from figures that earlier chapters measured; and a simulation of one second, which
//! rolls dice for who is where and who talks, because means hide how uneven rooms and servers are.

/// Memory for a client that is idle, in bytes: chapter 16 measured it. What waits for it comes on top.
const CLIENT: f64 = 128.0;
/// Memory that the system takes for a connection, in bytes, while its buffers are empty: an estimate.
const SOCKET: f64 = 4096.0;
/// Processor time to hand one message to one member of a room of 1,000, measured with the server of chapter 16: if the
/// message is alone in its turn, and if ten share one. Most of the first is the system's, for one write.
const DELIVERY: [f64; 2] = [5.4e-6, 0.8e-6];
/// Processor time of Redis for one message: measured with say.lua, 40,000 calls, one message in each.
const POST: f64 = 31e-6;
/// How many bytes a network card carries in a second: ten gigabits.
const CARD: f64 = 1.25e9;
/// A short message with header and id, and the packet around it.
const MESSAGE: f64 = 128.0;
/// How many clients are on one server: a restart throws them all at the others.
const PER_SERVER: usize = 50_000;

fn main() {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse().expect("a number"));
    let mut next = |usual| numbers.next().unwrap_or(usual);
    print!("{}", report(next(1_000_000), next(1_000), next(1)));
}

/// What so many clients in so many rooms need, if each says so many messages a minute.
pub fn report(clients: usize, rooms: usize, a_minute: usize) -> String {
    let servers = clients.div_ceil(PER_SERVER);
    let posts = (clients * a_minute) as f64 / 60.0;
    let deliveries = posts * clients as f64 / rooms as f64;
    let of_each = deliveries / servers as f64;
    let on_paper = [
        ("messages to the broker, a second", posts, ""),
        ("messages to clients, a second", deliveries, ""),
        ("  of them a server's", of_each, ""),
        ("memory for clients, a server", PER_SERVER as f64 * (CLIENT + SOCKET) / 1e6, " MB"),
        ("bytes to clients, a server and second", of_each * MESSAGE / 1e6, " MB"),
        ("bytes from the broker, a second", posts * MESSAGE * servers as f64 / 1e6, " MB"),
    ];
    let mut limits = [
        ("a core of a server, a message a turn", of_each * DELIVERY[0] * 100.0, " %"),
        ("a core of a server, ten messages a turn", of_each * DELIVERY[1] * 100.0, " %"),
        ("the network card of a server", of_each * MESSAGE / CARD * 100.0, " %"),
        ("the network card of the broker", posts * MESSAGE * servers as f64 / CARD * 100.0, " %"),
        ("the core of the broker", posts * POST * 100.0, " %"),
    ];
    limits.sort_by(|one, other| other.1.total_cmp(&one.1));
    let dice = simulate(clients, rooms, servers, a_minute);
    format!(
        "{clients} clients in {rooms} rooms, on {servers} servers; each says {a_minute} a minute\n\n{}\n\
         How much of each that takes; the first limit is the largest:\n\n{}\n\
         One second, with dice; the larger a room, the more talk in it:\n\n{}",
        table(&on_paper),
        table(&limits),
        table(&dice)
    )
}

type Line = (&'static str, f64, &'static str);

fn table(lines: &[Line]) -> String {
    let line = |(what, value, unit): &Line| format!("{what:<40} {value:>12.0}{unit}\n");
    lines.iter().map(line).collect()
}

/// Everybody is put into a room and onto a server, and those who talk in this second talk.
fn simulate(clients: usize, rooms: usize, servers: usize, a_minute: usize) -> [Line; 6] {
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
    let busiest = to_server.iter().copied().max().unwrap_or_default();
    let of_largest = in_room[0] * u64::from(largest);
    [
        ("members of the largest room", f64::from(largest), ""),
        ("messages to the broker", posts as f64, ""),
        ("  of them in the largest room", in_room[0] as f64, ""),
        ("messages to clients", deliveries as f64, ""),
        ("  of them in the largest room", of_largest as f64, ""),
        ("a core of the busiest server, ten a turn", busiest as f64 * DELIVERY[1] * 100.0, " %"),
    ]
}

/// Dice that fall the same in each run.
struct Dice(u64);

impl Dice {
    /// A number from 0 up to 1, by the generator SplitMix64.
    fn part(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let one = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let two = (one ^ (one >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((two ^ (two >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, end: usize) -> usize {
        (self.part() * end as f64) as usize
    }
}
