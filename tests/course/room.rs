//! Four real clients in one room, of chapter 08: a browser with the room's page, npm ws and Python
//! websockets, and a client of 2010. Each hears all four, in the same order.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use crate::common::{PATIENCE, chapter, course};

const TEXTS: [&str; 4] = ["Li Jing", "李静, héllo", "<b>from Python</b>", "from 2010"];

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

    fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{} falls silent", self.name))
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
fn four_real_clients_hear_each_other() {
    let test = "four real clients in one room";
    let tools = (
        crate::common::browser(test),
        crate::common::node(test),
        crate::common::python(test),
        crate::common::python_2010(test),
    );
    let (Some(browser), Some(node), Some(python), Some(older)) = tools else { return };
    let server = chapter(8);
    let at = server.address();
    let (page, chat) = (format!("http://{at}"), format!("ws://{at}/chat"));
    let mut members = [
        Member::join(browser, "room-browser.mjs", &page, TEXTS[0]),
        Member::join(node, "room-ws.mjs", &chat, TEXTS[1]),
        Member::join(python, "room_websockets.py", &chat, TEXTS[2]),
        Member::join(older, "room_2010.py", &chat, TEXTS[3]),
    ];
    members.iter().for_each(|member| member.prints("open"));
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
