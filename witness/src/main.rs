//! Chapter 12 beside its witnesses: `SECONDS`, or `SECONDS SEED`.

mod conversation;
mod known;
mod ours;
mod outcome;
mod tungstenite;
mod wsproto;

use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use conversation::{Conversation, Dice};
use known::{KNOWN, Witness};
use outcome::Outcome;
use wsproto::Wsproto;

/// How many conversations are handed to Python at once.
const BATCH: usize = 1000;

/// What was found.
#[derive(Default)]
struct Tally {
    conversations: usize,
    agreed: usize,
    known: [usize; KNOWN.len()],
    news: usize,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>());
    let Some(Ok(seconds)) = arguments.next() else {
        eprintln!("how many seconds?");
        return ExitCode::FAILURE;
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
    let seed = arguments.next().and_then(Result::ok).unwrap_or(now);
    println!("seed {seed}");

    let (mut dice, mut wsproto, mut tally) = (Dice::new(seed), Wsproto::start(), Tally::default());
    let end = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < end && tally.news < 10 {
        let batch: Vec<Conversation> = (0..BATCH).map(|_| Conversation::new(&mut dice)).collect();
        wsproto.take(batch.iter().map(Conversation::reads));
        // Python thinks meanwhile.
        let outcomes = batch.iter().map(Conversation::reads);
        let outcomes = outcomes.map(|reads| (ours::outcome(&reads), tungstenite::outcome(&reads)));
        let outcomes: Vec<(Outcome, Outcome)> = outcomes.collect();
        let third = wsproto.outcomes(BATCH);
        for ((conversation, (ours, tungstenite)), wsproto) in batch.iter().zip(outcomes).zip(third)
        {
            tally.compare(conversation, &ours, [&tungstenite, &wsproto]);
        }
    }
    tally.print();
    if tally.news == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Tally {
    fn compare(&mut self, conversation: &Conversation, ours: &Outcome, theirs: [&Outcome; 2]) {
        self.conversations += 1;
        if let Some(expected) = conversation.expected()
            && ours.close != expected
        {
            self.news(conversation, &format!("{expected:?} was expected, and not {ours:?}"));
        }
        let mut agreed = true;
        for (witness, theirs) in [Witness::Tungstenite, Witness::Wsproto].into_iter().zip(theirs) {
            if ours == theirs {
                continue;
            }
            agreed = false;
            match known::find(conversation, ours, theirs, witness) {
                Some(known) => self.known[known] += 1,
                None => {
                    self.news(conversation, &format!("ours: {ours:?}\n{witness:?}: {theirs:?}"))
                }
            }
        }
        self.agreed += usize::from(agreed);
    }

    fn news(&mut self, conversation: &Conversation, what: &str) {
        self.news += 1;
        println!("\nA disagreement that is not listed, with the faults {:?}:", conversation.faults);
        conversation.reads().iter().for_each(|read| println!("{read:02x?}"));
        println!("{what}");
    }

    fn print(&self) {
        println!(
            "{} conversations, of which all three agree on {}",
            self.conversations, self.agreed
        );
        for (known, count) in KNOWN.iter().zip(self.known) {
            println!("{count:9}  {}: {}", known.section, known.says);
        }
        println!("{:9}  disagreements that are not listed", self.news);
    }
}
