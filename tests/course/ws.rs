//! The client of chapter 18 against servers: those of the course, the poor ones too, and those of others.

use std::io::Write;
use std::net::SocketAddr;
use std::process::Command;

use ch00_wire::Recorder;
use frame_by_frame::chapters;
use stage::Server;

use crate::common::{PATIENCE, course, node, program, python, tomcat};

/// Types each line when the one before has come back, and then ends the input: the exit code, and what was said.
fn talks(server: &Server, lines: &[&str]) -> (Option<i32>, Vec<String>) {
    let mut command = Command::new(program(18));
    command.args(["--quiet", "--timeout", "2"]).arg(format!("ws://{}/chat", server.address()));
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let (client, input) =
        Server::calling(nowhere, command, &Recorder::new()).expect("the client starts");
    let mut input = input.expect("an input");
    for (count, line) in lines.iter().enumerate() {
        writeln!(input, "{line}").expect("typed");
        let came = client.wait_for(count, PATIENCE, |came| came == *line);
        assert!(came.is_some(), "{line:.80} did not come back: {:#?}", client.lines_from(0));
    }
    drop(input);
    assert!(client.wait_for_end(PATIENCE), "{:#?}", client.lines_from(0));
    (client.exit().and_then(|exit| exit.status.code()), client.lines_from(lines.len()))
}

fn echo(number: u8) -> Server {
    let app = (number >= 7).then_some("echo");
    let command = chapters::announced(program(number.into()), app);
    Server::announced(command, &Recorder::new(), PATIENCE).expect("the chapter's server starts")
}

/// A good client gets along with a poor server, and says what it has missed.
#[test]
#[ignore = "long"]
fn every_server_of_the_course_is_talked_to() {
    let long = "Li Jing, ".repeat(7_000);
    let servers =
        chapters::CHAPTERS.iter().filter(|chapter| chapter.number >= 5 && !chapter.client);
    for chapter in servers {
        let number = chapter.number;
        let lines = ["Li Jing", "\u{6f22}\u{5b57}", "", &long];
        // Before chapter 09, a message is as long as one read.
        let lines = if number < 9 { &lines[..2] } else { &lines };
        let (code, said) = talks(&echo(number), lines);
        let said = said.join("\n");
        match number {
            // It sends everything back as a text: our ping, and then our goodbye, which is not UTF-8.
            5 => assert!(code == Some(4) && said.starts_with("ws 1\n"), "{code:?}: {said}"),
            6..=9 => {
                assert_eq!(code, Some(3), "chapter {number:02}: {said}");
                assert!(said.contains("hung up without a goodbye"), "chapter {number:02}: {said}");
            }
            _ => assert_eq!((code, &*said), (Some(0), ""), "chapter {number:02}"),
        }
    }
}

/// Compression included: all of them agree to it.
#[test]
fn the_servers_of_others_are_talked_to() {
    let long = "Li Jing, ".repeat(7_000);
    let lines = ["Li Jing", "", "\u{6f22}\u{5b57}", &long, "Li Jing", &long];
    let script = |name: &str| course().join("tests/clients").join(name);
    let servers = [
        (node("ws against npm ws"), "server-ws.mjs"),
        (python("ws against Python websockets"), "server_websockets.py"),
        (tomcat("ws against Tomcat"), "EchoServer.java"),
    ];
    for (command, name) in servers {
        let Some(mut command) = command else { continue };
        command.arg(script(name));
        let server = Server::announced(command, &Recorder::new(), PATIENCE).expect("it starts");
        assert_eq!(talks(&server, &lines), (Some(0), Vec::new()), "{name}");
    }
}
