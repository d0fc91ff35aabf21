//! What the chapters promise, in words: one data file a chapter. The scripts that hold a server to it stand
//! beside it, by the same ids.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How many hints there are for a promise.
pub const HINTS: usize = 3;

/// One promise of a chapter, as its data file has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promise {
    /// The chapter that makes it.
    #[serde(skip)]
    pub chapter: u8,
    /// Its name for programs, for ever: progress and zoo know it by this.
    pub id: String,
    /// What is promised: "the server …".
    pub says: String,
    /// The section of RFC 6455, the older draft, or the word `course`: what asks for it.
    pub section: String,
    /// The promises without which this one cannot be judged, by their ids.
    #[serde(default)]
    pub needs: Vec<String>,
    /// What it said in earlier versions of the course, for progress that was written then.
    #[serde(default)]
    pub was: Vec<String>,
    /// The last chapter whose server has to keep it, and why it ends there; for most there is none.
    pub until: Option<Until>,
    /// The app that the server is started with, from the chapter on that has several.
    pub app: Option<String>,
    /// Variables that the server finds in its environment, with their values.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// Whether the server finds the files of a certificate and its key in its environment, and is to speak TLS.
    #[serde(default)]
    pub tls: bool,
    /// What a reader is told meanwhile, where its script takes long: what is done, and what may hold it up.
    pub slow: Option<String>,
    /// Each says more than the one before: where to look, the idea, what to write.
    hints: [String; HINTS],
    /// What to write, in one language, in place of the last hint.
    #[serde(default)]
    write: BTreeMap<String, String>,
    /// Mistakes that people make here, each with what is seen of it.
    #[serde(default, rename = "mistake")]
    mistakes: Vec<Mistake>,
}

/// Where a promise ends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Until {
    /// The last chapter that keeps it.
    pub chapter: u8,
    /// What the next one does instead.
    pub because: String,
}

/// A usual mistake.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mistake {
    /// What has to be seen for it to be named. With nothing here, only the bytes tell, and findings name it.
    when: Vec<Sight>,
    /// The steps of the script at which it shows; at any, if there are none.
    #[serde(default)]
    at: Vec<String>,
    /// The first chapter in which it can be made, if that is not the promise's own.
    from: Option<u8>,
    text: String,
}

/// What a script sees in place of what it waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sight {
    /// The connection was not taken.
    Refused,
    /// Nothing came, and the connection is open.
    Silent,
    /// A part came, and no more.
    Part,
    /// A part came, and then the end.
    Cut,
    /// The server ended the connection first. Whether that shows as a close or as a reset says nothing about it: it
    /// depends on what the server had not read by then.
    Closed,
    /// It stayed open where it had to end.
    Open,
    /// Something else came.
    Other,
    /// Another status came.
    Status,
    /// 101 came where a refusal had to.
    Granted,
    /// A field of the head is missing, has another value, or should not be there.
    Field,
    /// Something came where nothing may.
    Extra,
    /// Something was taken that had to be refused.
    Taken,
    /// The terminal shows nothing new.
    Unprinted,
    /// The terminal shows something else.
    Misprinted,
    /// The terminal shows it when the client has said its last word, and not before.
    Late,
    /// What was to be printed was sent back, and not printed.
    Answered,
    /// The program never rests.
    Busy,
    /// The program has ended over it.
    Ended,
}

impl Promise {
    /// The hints, for a server in this language, such as `python`.
    pub fn hints(&self, language: Option<&str>) -> [&str; HINTS] {
        let mut hints = self.hints.each_ref().map(String::as_str);
        if let Some(write) = language.and_then(|language| self.write.get(language)) {
            hints[HINTS - 1] = write;
        }
        hints
    }

    /// Whether the servers of this chapter have to keep it.
    pub fn holds_in(&self, chapter: u8) -> bool {
        let last = self.until.as_ref().map_or(u8::MAX, |until| until.chapter);
        (self.chapter..=last).contains(&chapter)
    }

    /// The usual mistakes that show like this, at this step, in a server of this chapter.
    pub fn mistakes(&self, sights: &[Sight], step: Option<&str>, chapter: u8) -> Vec<&str> {
        let fits = |mistake: &&Mistake| {
            sights.iter().any(|sight| mistake.when.contains(sight))
                && (mistake.at.is_empty()
                    || step.is_some_and(|step| mistake.at.iter().any(|at| at == step)))
                && mistake.from.is_none_or(|first| first <= chapter)
        };
        self.mistakes.iter().filter(fits).map(|mistake| mistake.text.as_str()).collect()
    }

    /// The mistakes that people make in the promise's own chapter, whatever is seen of them.
    pub fn usual_mistakes(&self) -> Vec<&str> {
        let own = self.mistakes.iter().filter(|mistake| mistake.from.is_none());
        let mut texts: Vec<&str> = Vec::new();
        for mistake in own {
            if !texts.contains(&mistake.text.as_str()) {
                texts.push(&mistake.text);
            }
        }
        texts
    }
}

/// The promises of a chapter's file.
///
/// # Panics
///
/// The file is not as it has to be: a test reads all of them.
pub(super) fn read(chapter: u8, file: &str) -> Vec<Promise> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        promise: Vec<Promise>,
    }
    let file: File = toml::from_str(file)
        .unwrap_or_else(|error| panic!("the promises of chapter {chapter:02}: {error}"));
    let numbered = |promise| Promise { chapter, ..promise };
    file.promise.into_iter().map(numbered).collect()
}
