//! Eight real clients in one room, of chapter 08 and of chapter 14: Chromium and Firefox with the room's page, npm ws,
//! Python websockets, Node's and Java's own clients, one of 2010, and curl, which only listens. Each hears all that is
//! said, in the same order. On chapter 14 those speak compressed that can.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use crate::common::{self, PATIENCE, chapter, course};

const TEXTS: [&str; 7] = [
    "Li Jing",
    "李静, héllo",
    "李静, from npm",
    "<b>from Python</b>",
    "from Node itself",
    "from Java, 静",
    "from 2010",
];

/// A client, and what it prints.
struct Member {
    name: &'static str,
    child: Child,
    lines: Receiver<String>,
}

impl Member {
    /// Starts a script of `tests/clients` with what every member is told.
    fn join(mut command: Command, script: &'static str, url: &str, text: &str) -> Member {
        command.arg(course().join("tests/clients").join(script));
        command.args([url, text, &TEXTS.len().to_string()]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the client starts");
        let stdout = BufReader::new(child.stdout.take().expect("its output"));
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Member { name: script, child, lines }
    }

    /// Eight programs start at once, two of them browsers.
    fn line(&self) -> String {
        self.lines
            .recv_timeout(2 * PATIENCE)
            .unwrap_or_else(|_| panic!("{} falls silent", self.name))
    }

    fn prints(&self, expected: &str) {
        assert_eq!(self.line(), expected, "{}", self.name);
    }

    fn speak(&mut self) {
        let stdin = self.child.stdin.as_mut().expect("its input");
        stdin.write_all(b"go\n").expect("it listens");
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        // It has ended by itself, if all went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "long"]
fn real_clients_hear_each_other() {
    for number in [8, 14] {
        let Some((speakers, listener)) = programs() else { return };
        hear_each_other(number, speakers, listener);
    }
}

/// Each program that speaks, with its script and whether it offers to compress; and the one that only listens.
type Programs = ([(Command, &'static str, bool); 7], Command);

fn programs() -> Option<Programs> {
    let test = "real clients in one room";
    let mut node = common::node(test)?;
    node.arg("--experimental-websocket");
    common::curl(test)?;
    let speakers = [
        (common::browser(test)?, "room-browser.mjs", true),
        (common::second_browser(test)?, "room-browser.mjs", true),
        (common::node(test)?, "room-ws.mjs", true),
        (common::python(test)?, "room_websockets.py", true),
        (node, "room-node.mjs", true),
        (common::java(test)?, "RoomMember.java", false),
        (common::python_2010(test)?, "room_2010.py", false),
    ];
    Some((speakers, common::node(test)?))
}

fn hear_each_other(number: u8, speakers: [(Command, &'static str, bool); 7], listener: Command) {
    let server = chapter(number);
    let at = server.address();
    let (page, chat) = (format!("http://{at}"), format!("ws://{at}/chat"));
    let mut members = Vec::new();
    for ((command, script, offers), text) in speakers.into_iter().zip(TEXTS) {
        let url = if script == "room-browser.mjs" { &page } else { &chat };
        let opens = if offers && number >= 14 { "open, compressed" } else { "open" };
        members.push((Member::join(command, script, url, text), opens));
    }
    members.push((Member::join(listener, "room-curl.mjs", &format!("{page}/chat"), ""), "open"));
    members.iter().for_each(|(member, opens)| member.prints(opens));
    let mut members: Vec<Member> = members.into_iter().map(|(member, _)| member).collect();
    for (i, text) in TEXTS.iter().enumerate() {
        members[i].speak();
        members.iter().for_each(|member| member.prints(&format!("hears {text}")));
    }
    for member in &mut members {
        member.prints("done");
        let status = member.child.wait().expect("it ends");
        assert!(status.success(), "{} ended with {status}", member.name);
    }
}
