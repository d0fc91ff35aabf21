//! The servers that a page may name: by a chapter, as the reader's own project, or by an address. It may name no command,
//! because what this machine runs is decided in its terminal.

use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use ch00_wire::Recorder;
use stage::{Server, StartError};

use crate::check::Subject;
use crate::command_line::{address, address_of_server};
use crate::own::Own;
use crate::probes::Target;

/// How long a server may take to start.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// How long one that runs may take to accept a connection.
const ANSWER: Duration = Duration::from_secs(1);
/// How soon to ask again whether a server listens.
const ASK_AGAIN: Duration = Duration::from_millis(20);

/// How the workshop is told of a project.
const HOW_TO_TELL: &str = "make one with `cargo run -- start`, or name your server when you open the book: \
     `cargo run -- --server \"COMMAND\"`";

/// What the reader's own project is, or how to tell the workshop of one.
///
/// # Errors
///
/// The workshop knows of none.
pub(super) fn project(subject: &Subject) -> Result<String> {
    match subject {
        Subject::Command(line) => {
            Ok(format!("Your project is the server that this starts: {line}"))
        }
        Subject::Running(at) => Ok(format!("Your project is the server that runs at {at}.")),
        Subject::Client(line) => bail!("{line} is a client: {HOW_TO_TELL}"),
        Subject::Own(folder) => match Own::near(folder) {
            Ok(own) => Ok(format!("Your project is {}.", own.folder().display())),
            Err(_) => bail!("The workshop knows no project of yours yet: {HOW_TO_TELL}"),
        },
    }
}

/// Starts the reader's own project, as it is to be in a chapter. A server that runs already is left as it is.
///
/// # Errors
///
/// The workshop knows of no project, or it does not compile, start or listen.
pub(super) fn start_project(
    subject: &Subject,
    chapter: u8,
    recorder: &Recorder,
) -> Result<(Option<Server>, SocketAddr)> {
    project(subject)?;
    let server = match subject.target(chapter)? {
        Target::Running(at) => return Ok((None, listening(at)?)),
        Target::Caller(_) => bail!("the program of chapter {chapter:02} is a client"),
        Target::Announced(command) => Server::announced(command(None), recorder, PATIENCE)?,
        Target::OnPort(command) => {
            let at = Server::free_address().context("no free port")?;
            let command = command(at.port(), None).context("the server needs an app")?;
            wait_until_it_listens(Server::told(at, command, recorder)?)?
        }
    };
    let at = server.address();
    Ok((Some(server), at))
}

fn wait_until_it_listens(server: Server) -> Result<Server, StartError> {
    let until = Instant::now() + PATIENCE;
    while listening(server.address()).is_err() {
        if server.has_ended() || Instant::now() > until {
            return Err(server.not_listening());
        }
        thread::sleep(ASK_AGAIN);
    }
    Ok(server)
}

/// A server on this machine that runs already, at the address that a reader wrote. A page shall not make us connect to
/// others.
///
/// # Errors
///
/// It is no address, or one of another machine, or nobody listens there.
pub(super) fn running(text: &str) -> Result<SocketAddr> {
    let text = text.trim();
    let no_address = |why: String| anyhow!("\"{text}\" is not the address of a server: {why}");
    on_this_machine(address(text).map_err(no_address)?)?;
    Ok(listening(on_this_machine(address_of_server(text).map_err(no_address)?)?)?)
}

fn on_this_machine(at: SocketAddr) -> Result<SocketAddr> {
    if !at.ip().is_loopback() {
        bail!("{at} is another machine: a page looks at servers on 127.0.0.1 only");
    }
    Ok(at)
}

fn listening(at: SocketAddr) -> Result<SocketAddr, StartError> {
    let connected = TcpStream::connect_timeout(&at, ANSWER);
    connected.map(|_| at).map_err(|_| StartError::Nobody(at))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::{project, running};
    use crate::check::Subject;

    #[test]
    fn a_running_server_is_found_however_its_address_is_written() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let at = listener.local_addr().expect("bound");
        let port = at.port();
        for text in [format!("{port}"), format!(" localhost:{port}"), format!("ws://{at}/chat")] {
            assert_eq!(running(&text).expect("found"), at, "{text}");
        }
        drop(listener);
        for (text, said) in [
            (at.to_string(), "start your server first"),
            ("here".to_owned(), "write it like 4000"),
            ("192.0.2.1:80".to_owned(), "servers on 127.0.0.1 only"),
        ] {
            let why = running(&text).expect_err("nobody is there").to_string();
            assert!(why.contains(said), "{why}");
        }
    }

    #[test]
    fn a_workshop_without_a_project_says_how_to_tell_it_of_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let none = project(&Subject::Own(folder.path().into())).expect_err("there is none");
        assert!(none.to_string().contains("cargo run -- start"), "{none}");
        let named = project(&Subject::Command("php a.php".to_owned())).expect("a project");
        assert!(named.contains("php a.php"), "{named}");
    }
}
