//! wsproto, in a Python of its own.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::outcome::Outcome;

/// A Python that waits for conversations.
pub struct Wsproto(Child);

impl Wsproto {
    /// Starts it.
    pub fn start() -> Wsproto {
        let course = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut python = Command::new(course.join("target/venv/bin/python"));
        python.args(["-c", include_str!("wsproto.py")]);
        python.stdin(Stdio::piped()).stdout(Stdio::piped());
        Wsproto(python.spawn().expect("target/venv with tests/clients/requirements.txt"))
    }

    /// Hands it conversations, each of some reads. What it makes of them is asked for later.
    pub fn take<'a>(&mut self, conversations: impl Iterator<Item = Vec<&'a [u8]>>) {
        let mut batch = Vec::new();
        let number = |number: usize| (number as u32).to_be_bytes();
        for reads in conversations {
            batch.extend(number(reads.len()));
            batch.extend(reads.iter().flat_map(|read| number(read.len())));
            batch.extend(reads.concat());
        }
        let stdin = self.0.stdin.as_mut().expect("its input");
        stdin.write_all(&number(batch.len())).expect("it listens");
        stdin.write_all(&batch).expect("it listens");
    }

    /// What it makes of so many conversations.
    pub fn outcomes(&mut self, count: usize) -> Vec<Outcome> {
        let stdout = self.0.stdout.as_mut().expect("its output");
        let mut length = [0; 4];
        stdout.read_exact(&mut length).expect("an answer");
        let mut answer = vec![0; u32::from_be_bytes(length) as usize];
        stdout.read_exact(&mut answer).expect("an answer");
        let mut answer = Answer(&answer);
        let outcomes = (0..count).map(|_| answer.outcome()).collect();
        assert!(answer.0.is_empty(), "it says more than it was asked");
        outcomes
    }
}

impl Drop for Wsproto {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Answer<'a>(&'a [u8]);

impl Answer<'_> {
    fn take(&mut self, count: usize) -> &[u8] {
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        taken
    }

    fn number(&mut self) -> usize {
        self.take(4).iter().fold(0, |number, &byte| number << 8 | usize::from(byte))
    }

    fn payload(&mut self) -> Vec<u8> {
        let length = self.number();
        self.take(length).to_vec()
    }

    fn outcome(&mut self) -> Outcome {
        let mut outcome = Outcome::default();
        for _ in 0..self.number() {
            let is_text = self.take(1) == [1];
            outcome.hear(is_text, self.payload());
        }
        outcome.pongs = (0..self.number()).map(|_| self.payload()).collect();
        outcome.close = match self.take(1) {
            b"-" => None,
            b"c" => Some(None),
            _ => self.take(2).try_into().ok().map(u16::from_be_bytes).map(Some),
        };
        outcome
    }
}
