//! Three servers behind a load balancer, and a crowd.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use ch00_wire::Recorder;
use stage::Server;

use crate::cast::{PATIENCE, Redis, has, send_signal};
use crate::crowd::Crowd;

/// How many there are, if the variable CROWD does not say it, and how many are in one room.
const PEOPLE: usize = 1000;
const IN_ROOM: usize = 100;
/// How many messages each says.
const EACH: usize = 20;
/// How long a crowd may take; the variable CROWD_SECONDS may say more.
const TIME: Duration = Duration::from_secs(80);

/// Three servers on one broker, and a balancer in front of them.
struct Site {
    redis: Redis,
    ports: Vec<SocketAddr>,
    servers: Vec<Option<Server>>,
    _balancer: Server,
    crowd: Crowd,
}

impl Site {
    fn open(test: &str) -> Option<Site> {
        if !has(test, "haproxy") {
            return None;
        }
        let redis = Redis::start(test)?;
        let ports: Vec<_> = (0..3).map(|_| Server::free_address().expect("a port")).collect();
        let front = Server::free_address().expect("a port");
        let balancer = balancer(test, front, &ports);
        let number = |name: &str, usual| {
            std::env::var(name).map_or(usual, |text| text.parse().expect("a number"))
        };
        let people = number("CROWD", PEOPLE);
        let time = Duration::from_secs(number("CROWD_SECONDS", TIME.as_secs() as usize) as u64);
        let rooms = people.div_ceil(number("IN_ROOM", IN_ROOM));
        let crowd = Crowd::new(front, people, rooms, EACH, time);
        let mut site =
            Site { redis, ports, servers: vec![None, None, None], _balancer: balancer, crowd };
        (0..3).for_each(|number| site.start(number));
        Some(site)
    }

    fn start(&mut self, number: usize) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ch19-cluster"));
        command.arg(self.ports[number].to_string());
        command.args(["--broker", &self.redis.url(), "--keep", "1000000"]).env("RUST_LOG", "warn");
        let server = Server::announced(command, &Recorder::new(), PATIENCE).expect("a server");
        self.servers[number] = Some(server);
    }

    /// How many messages came twice, said again by those who could not know that they had arrived.
    fn finish(mut self, what: &str, start: Instant) -> usize {
        self.crowd.until("everybody hears everything", Crowd::are_done);
        self.crowd.check();
        println!("{what}: {:.1} s, {}", start.elapsed().as_secs_f64(), self.crowd.state());
        self.crowd.doubled
    }
}

/// A balancer that takes turns, and knows of no server whether it runs.
fn balancer(test: &str, front: SocketAddr, servers: &[SocketAddr]) -> Server {
    let mut lines = vec![
        "defaults".to_owned(),
        " mode tcp".to_owned(),
        " maxconn 8000".to_owned(),
        " timeout connect 1s".to_owned(),
        " timeout client 1m".to_owned(),
        " timeout server 1m".to_owned(),
        " retries 2".to_owned(),
        " option redispatch 1".to_owned(),
        "listen rooms".to_owned(),
        format!(" bind {front}"),
        " balance roundrobin".to_owned(),
    ];
    lines.extend(servers.iter().map(|at| format!(" server s{} {at}", at.port())));
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("haproxy-{test}.cfg"));
    std::fs::write(&file, lines.join("\n") + "\n").expect("a file");
    let mut command = Command::new("haproxy");
    command.args(["-db", "-f"]).arg(&file);
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{path}:/usr/sbin"));
    Server::told(front, command, &Recorder::new()).expect("haproxy starts")
}

#[test]
#[ignore = "long"]
fn a_broker_and_a_server_are_killed_and_nothing_confirmed_is_lost_or_doubled() {
    let Some(mut site) = Site::open("crowd") else { return };
    let start = Instant::now();
    let all = site.crowd.all();
    site.crowd.until("a fifth is confirmed", |crowd| crowd.confirmed > all / 5);
    site.redis.kill();
    site.crowd.until("somebody is told", |crowd| crowd.told > 0);
    site.redis.restart();
    site.crowd.until("half is confirmed", |crowd| crowd.confirmed > all / 2);
    site.servers[0] = None;
    site.crowd.until("those of the dead server come back", |crowd| crowd.came_back > 0);
    site.finish("broker and server killed", start);
}

#[test]
#[ignore = "long"]
fn servers_are_restarted_one_after_another_and_nothing_is_lost_or_doubled() {
    let Some(mut site) = Site::open("rolling") else { return };
    let start = Instant::now();
    let all = site.crowd.all();
    for number in 0..3 {
        site.crowd.until("the crowd talks", |crowd| crowd.confirmed > all * (number + 1) / 5);
        let old = site.servers[number].take().expect("it runs");
        send_signal("TERM", old.id());
        site.crowd.until("it has ended", |_| old.has_ended());
        let code = old.exit().and_then(|exit| exit.status.code());
        assert_eq!(code, Some(0), "{:#?}", old.lines_from(old.line_count().saturating_sub(5)));
        site.start(number);
    }
    // A server that ends in peace leaves nobody in doubt.
    assert_eq!(site.finish("three servers restarted", start), 0);
}
