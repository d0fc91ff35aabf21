//! The chapters, in order: the one list of them. Whatever speaks of chapters follows from it: the sidebar,
//! the table of the preface, the minutes, the labs, the ladder, the tests.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::anyhow;

use crate::build::{BuildError, build_course};

/// One chapter.
#[derive(Clone, Copy)]
pub struct Chapter {
    /// From 0; its slug begins with it.
    pub number: u8,
    /// The name of its folder and of its page.
    pub slug: &'static str,
    /// What the book calls it.
    pub title: &'static str,
    /// The part of the book that it belongs to.
    pub part: Part,
    /// What it adds to the chapters before it.
    pub adds: &'static str,
    /// What does not work before it: why a reader turns to it.
    pub before: &'static str,
    /// What a reader sees at its end.
    pub shows: &'static str,
    /// How many minutes a reader needs to predict, run and check, found by trial. How long it takes to read
    /// follows from its page.
    pub trying: usize,
    /// Whether later chapters do without it: a check of a later one goes on where this one is not kept.
    pub optional: bool,
    /// Its lab; only a chapter with a server has one.
    pub lab: Option<Lab>,
    /// Its program is a client: it has no lab, and its promises are a client's.
    pub client: bool,
}

/// A part of the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The article's five steps.
    OneClient,
    /// From the second client on.
    Room,
    /// RFC 6455 and RFC 7692 to the letter.
    EveryByte,
    /// A server that can be left running.
    World,
}

impl Part {
    /// Its name.
    pub fn title(self) -> &'static str {
        match self {
            Part::OneClient => "Part I: One client",
            Part::Room => "Part II: A room full of clients",
            Part::EveryByte => "Part III: Every byte accounted for",
            Part::World => "Part IV: Out in the world",
        }
    }
}

/// What a page can do with the server of its chapter.
#[derive(Clone, Copy)]
pub struct Lab {
    /// Whether a browser can connect: where it cannot, raw requests come first.
    pub connects: bool,
    /// How many clients connect side by side.
    pub clients: u8,
    /// What a client that says something hears.
    pub hears: Hears,
    /// The raw request that is ready to be sent.
    pub request: Prepared,
}

/// Who hears what a client says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hears {
    /// Nobody.
    Nobody,
    /// The client that said it.
    Itself,
    /// Every client.
    All,
}

/// A raw request, and what follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prepared {
    /// The request of RFC 6455.
    Rfc,
    /// The request of Hixie-76, with a message; a browser cannot send it.
    Hixie76,
}

impl Lab {
    const RAW: Lab =
        Lab { connects: false, clients: 1, hears: Hears::Nobody, request: Prepared::Rfc };
    const SILENT: Lab = Lab { connects: true, ..Lab::RAW };
    const ECHO: Lab = Lab { hears: Hears::Itself, ..Lab::SILENT };
    const CROWD: Lab = Lab { clients: 3, ..Lab::ECHO };
    const ROOM: Lab = Lab { hears: Hears::All, ..Lab::CROWD };
}

/// Every chapter. The first one is about the instrument, and has no server.
pub const ALL: &[Chapter] = &[
    Chapter {
        title: "The wire",
        adds: "how to read bytes",
        before: "a first message has gone out, and its bytes look damaged",
        shows: "a conversation, named byte by byte",
        trying: 30,
        ..Chapter::new("00-wire", Part::OneClient, None)
    },
    Chapter {
        title: "Listen",
        adds: "a socket that clients can reach",
        before: "a browser wants to talk, and nobody listens",
        shows: "the browser's request in your terminal",
        trying: 10,
        ..Chapter::new("01-listen", Part::OneClient, Some(Lab::RAW))
    },
    Chapter {
        title: "The key",
        adds: "telling a request from anything else",
        before: "the server cannot tell a request from anything else, and says nothing to either",
        shows: "a refusal with a reason, or the key",
        trying: 10,
        ..Chapter::new("02-key", Part::OneClient, Some(Lab::RAW))
    },
    Chapter {
        title: "Accept",
        adds: "the answer that opens the connection",
        before: "the browser waits, and onopen never fires",
        shows: "`onopen` fires",
        trying: 15,
        ..Chapter::new("03-accept", Part::OneClient, Some(Lab::SILENT))
    },
    Chapter {
        title: "Decode",
        adds: "frames, lengths, the mask",
        before: "the page sends Li Jing, and the server prints something else",
        shows: "what the page says",
        trying: 15,
        ..Chapter::new("04-decode", Part::OneClient, Some(Lab::SILENT))
    },
    Chapter {
        title: "Reply",
        adds: "a frame back",
        before: "the server hears every word, and never answers",
        shows: "the page hears itself",
        trying: 25,
        ..Chapter::new("05-reply", Part::OneClient, Some(Lab::ECHO))
    },
    Chapter {
        title: "Many at once",
        adds: "one thread for everyone, separate state for each client",
        before: "one silent tab keeps everybody else out",
        shows: "nobody waits for anybody",
        trying: 15,
        ..Chapter::new("06-select", Part::Room, Some(Lab::CROWD))
    },
    Chapter {
        title: "The room",
        adds: "everybody hears what one client says",
        before: "every client talks to the server, and none to each other",
        shows: "a chat, with its page",
        trying: 15,
        ..Chapter::new("07-room", Part::Room, Some(Lab::ROOM))
    },
    Chapter {
        title: "2010",
        adds: "the older handshake, by hand",
        before: "a browser of July 2010 asks, and the server does not understand",
        shows: "two ages in one room",
        trying: 20,
        optional: true,
        ..Chapter::new(
            "08-hixie",
            Part::Room,
            Some(Lab { request: Prepared::Hixie76, ..Lab::ROOM }),
        )
    },
    Chapter {
        title: "In pieces",
        adds: "frames from a stream, however it is cut",
        before: "a message arrives in two reads, and the server hangs up",
        shows: "every message, whole, whatever the network makes of it",
        trying: 15,
        ..Chapter::new("09-stream", Part::EveryByte, Some(Lab::ROOM))
    },
    Chapter {
        title: "Ping, pong, goodbye",
        adds: "control frames, and the closing handshake",
        before: "a ping is not answered, and a goodbye is cut off",
        shows: "a goodbye with a code, from both sides",
        trying: 15,
        ..Chapter::new("10-control", Part::EveryByte, Some(Lab::ROOM))
    },
    Chapter {
        title: "Messages",
        adds: "fragments put together, and UTF-8 judged as it arrives",
        before: "a message in three fragments is three messages",
        shows: "one message, and a wrong byte that is noticed at once",
        trying: 15,
        ..Chapter::new("11-messages", Part::EveryByte, Some(Lab::ROOM))
    },
    Chapter {
        title: "No mercy",
        adds: "one table of rules, and a close code for each",
        before: "every malformed frame is taken for something",
        shows: "a broken rule, named",
        trying: 15,
        ..Chapter::new("12-strict", Part::EveryByte, Some(Lab::ROOM))
    },
    Chapter {
        title: "Who may come in",
        adds: "the opening handshake to the letter, and a look at the Origin",
        before: "any page of any site talks in our room, with its visitor's cookies",
        shows: "a refusal for each request that breaks a rule",
        trying: 20,
        ..Chapter::new("13-door", Part::EveryByte, Some(Lab::ROOM))
    },
    Chapter {
        title: "Smaller",
        adds: "messages that cross the wire compressed",
        before: "every client offers to compress, and nothing ever is",
        shows: "the same words in fewer bytes",
        trying: 15,
        ..Chapter::new("14-deflate", Part::EveryByte, Some(Lab::ROOM))
    },
    Chapter {
        title: "Under pressure",
        adds: "deadlines, limits, and a good end",
        before: "half a request stays for ever, and Ctrl-C cuts everybody off",
        shows: "a goodbye to everybody, and exit code 0",
        trying: 30,
        ..Chapter::new("15-pressure", Part::World, Some(Lab::ROOM))
    },
    Chapter {
        title: "Speed",
        adds: "the same server, for a fraction of the time and memory",
        before: "an echo costs several times what its peers take for it",
        shows: "a ratio for each technique, measured on your machine",
        trying: 20,
        ..Chapter::new("16-speed", Part::World, Some(Lab::ROOM))
    },
    Chapter {
        title: "Secret",
        adds: "TLS between the loop and everything that it serves",
        before: "`wss:` is refused, and everybody on the way reads along",
        shows: "the same room, and nothing to read on the wire",
        trying: 25,
        ..Chapter::new("17-secret", Part::World, Some(Lab::ROOM))
    },
    Chapter {
        title: "The other end",
        adds: "a client: masks, keys, and coming back",
        before: "every frame that we send has no mask, and no server would take it",
        shows: "a program that talks to any WebSocket server",
        trying: 20,
        client: true,
        ..Chapter::new("18-client", Part::World, None)
    },
    Chapter {
        title: "Many machines",
        adds: "one room on several servers",
        before: "two servers are two rooms, and nobody in one hears the other",
        shows: "a room that outlives its servers",
        trying: 30,
        ..Chapter::new("19-cluster", Part::World, Some(Lab::ROOM))
    },
];

/// Every chapter with a program: all but the first.
pub const CHAPTERS: [Chapter; ALL.len() - 1] = match ALL.last_chunk() {
    Some(with_programs) => *with_programs,
    None => panic!("there are chapters with programs"),
};

impl Chapter {
    const fn new(slug: &'static str, part: Part, lab: Option<Lab>) -> Chapter {
        let [tens, ones, ..] = slug.as_bytes() else { panic!("a slug begins with two digits") };
        let number = (*tens - b'0') * 10 + *ones - b'0';
        Chapter {
            number,
            slug,
            title: "",
            part,
            adds: "",
            before: "",
            shows: "",
            trying: 0,
            optional: false,
            lab,
            client: false,
        }
    }

    /// Its number and its title, as the sidebar and a table name it.
    pub fn name(&self) -> String {
        format!("{:02} {}", self.number, self.title)
    }

    /// How the book speaks of it.
    pub fn full_name(&self) -> String {
        format!("Chapter {:02}, {}", self.number, self.title)
    }

    /// The name of its package.
    pub fn package(&self) -> String {
        format!("ch{}", self.slug)
    }

    /// The folder of its package.
    pub fn folder(&self, course: &Path) -> PathBuf {
        course.join("chapters").join(self.slug)
    }

    /// Its program, which is built if it is not there yet: meanwhile `at_work` hears what cargo does.
    ///
    /// # Errors
    ///
    /// It cannot be built: cargo's words, and what to do.
    pub fn program(&self, course: &Path, at_work: &mut dyn FnMut(&str)) -> anyhow::Result<PathBuf> {
        let mut programs = programs_of(&[*self], course, at_work)?;
        Ok(programs.remove(0))
    }
}

/// The program of each of [`CHAPTERS`], built like [`Chapter::program`], all with one call of cargo.
///
/// # Errors
///
/// As there.
pub fn programs(course: &Path, at_work: &mut dyn FnMut(&str)) -> anyhow::Result<Vec<PathBuf>> {
    programs_of(&CHAPTERS, course, at_work)
}

fn programs_of(
    chapters: &[Chapter],
    course: &Path,
    at_work: &mut dyn FnMut(&str),
) -> anyhow::Result<Vec<PathBuf>> {
    let packages: Vec<String> = chapters.iter().map(Chapter::package).collect();
    build_course(course, &packages, at_work).map_err(|error| match &error {
        BuildError::Fails(words) => anyhow!("{error}\n\n{}", advice(words)),
        _ => error.into(),
    })
}

/// What to do when the course's own programs cannot be built.
fn advice(words: &str) -> &'static str {
    let of_network = ["failed to download", "failed to get `", "--offline"];
    match of_network.iter().any(|words_of_it| words.contains(words_of_it)) {
        true => {
            "The chapter needs a crate that this machine does not have yet. When there is a network, run \
             `cargo fetch` once in the course's folder."
        }
        false => {
            "The chapter's server cannot be built. If a file of the course has been changed, `git status` \
             names it."
        }
    }
}

/// The command that runs a chapter's program, or a student's, on a port that the system chooses, with an app where one
/// is named.
pub fn announced(program: &Path, app: Option<&str>) -> Command {
    let mut command = Command::new(program);
    // What the server says is repeated, and where Rust was when it said so is not the point.
    command.arg("127.0.0.1:0").env("RUST_BACKTRACE", "0");
    if let Some(app) = app {
        command.args(["--app", app]);
    }
    command
}

/// The last chapter: whose server keeps every promise of a server.
pub fn last() -> Chapter {
    let servers = CHAPTERS.iter().rev().find(|chapter| !chapter.client);
    *servers.expect("there are chapters with servers")
}

/// The command that runs a chapter's client, or a student's, with the address of a server.
pub fn calling(program: &Path, address: &str) -> Command {
    let mut command = Command::new(program);
    command.arg(address).env("RUST_BACKTRACE", "0");
    command
}

/// The chapter with this number; the error says which there are.
pub fn find(number: u8) -> Result<Chapter, String> {
    let found = CHAPTERS.iter().find(|chapter| chapter.number == number);
    found.copied().ok_or_else(|| {
        format!(
            "there is no chapter {number:02} with a server: choose from 1 to {}",
            CHAPTERS[CHAPTERS.len() - 1].number
        )
    })
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn chapters_are_in_order() {
        assert!(ALL.is_sorted_by(|one, next| one.number < next.number));
        for chapter in ALL {
            let has_server = chapter.number > 0 && !chapter.client;
            assert_eq!(chapter.lab.is_some(), has_server, "{}", chapter.slug);
        }
    }
}
