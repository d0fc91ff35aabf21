//! Where two implementations disagree, and what the RFC says of it.

use crate::conversation::{Conversation, Fault};
use crate::outcome::Outcome;

/// A witness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Witness {
    /// The Rust library.
    Tungstenite,
    /// The Python library.
    Wsproto,
}

/// A disagreement that is no news.
pub struct Known {
    /// The section of RFC 6455 that decides.
    pub section: &'static str,
    /// What it is about.
    pub says: &'static str,
    /// Whether this is it.
    is_it: fn(&Case) -> bool,
}

struct Case<'a> {
    conversation: &'a Conversation,
    ours: &'a Outcome,
    theirs: &'a Outcome,
    witness: Witness,
}

impl Case<'_> {
    fn is(&self, witness: Witness, fault: Fault) -> bool {
        self.witness == witness && self.conversation.faults.contains(&fault)
    }

    /// We fail the connection with this code, and up to there all is the same.
    fn fails_first(&self, code: u16) -> bool {
        self.ours.close == Some(Some(code)) && self.ours.is_begin_of(self.theirs)
    }

    /// All is the same but the codes, which are these.
    fn differs_in_code(&self, ours: u16, theirs: u16) -> bool {
        let codes = [self.ours.close, self.theirs.close];
        codes == [ours, theirs].map(|code| Some(Some(code))) && self.same_until_close()
    }

    fn same_until_close(&self) -> bool {
        self.ours.is_begin_of(self.theirs) && self.theirs.is_begin_of(self.ours)
    }
}

/// All of them.
pub const KNOWN: [Known; 6] = [
    Known {
        section: "5.2",
        says: "tungstenite takes a length that is longer than it has to be; it MUST be the shortest",
        is_it: |case| case.is(Witness::Tungstenite, Fault::NotShortest) && case.fails_first(1002),
    },
    Known {
        section: "5.2",
        says: "tungstenite finds a length whose first bit is set too long (1009); the bit MUST be 0 (1002)",
        is_it: |case| {
            case.is(Witness::Tungstenite, Fault::FirstBit) && case.differs_in_code(1002, 1009)
        },
    },
    Known {
        section: "7.4.2",
        says: "both witnesses refuse the code 1014; it was registered with IANA after the RFC",
        is_it: |case| {
            case.conversation.close == Some(Some(1014)) && case.differs_in_code(1014, 1002)
        },
    },
    Known {
        section: "10.4",
        says: "wsproto leaves the limit of a message to its caller; each implementation chooses its own",
        is_it: |case| case.is(Witness::Wsproto, Fault::Huge) && case.fails_first(1009),
    },
    Known {
        section: "7.1.7",
        says: "a frame that is not whole is judged by one, and waited for by the other; the RFC fixes no moment",
        is_it: |case| {
            let never_whole = case.conversation.faults.contains(&Fault::Huge);
            (never_whole || !case.conversation.is_whole)
                && case.ours.is_over() != case.theirs.is_over()
                && case.same_until_close()
        },
    },
    Known {
        section: "7.1.7",
        says: "two rules are broken, and each of the two answers to another one; the RFC fixes no order",
        is_it: |case| {
            let is_of_a_fault = |outcome: &Outcome| {
                let mut faults = case.conversation.faults.iter();
                faults.any(|fault| outcome.close == Some(Some(fault.code())))
            };
            case.conversation.faults.len() > 1
                && is_of_a_fault(case.ours)
                && is_of_a_fault(case.theirs)
                && case.same_until_close()
        },
    },
];

/// Which of them this is.
pub fn find(
    conversation: &Conversation,
    ours: &Outcome,
    theirs: &Outcome,
    witness: Witness,
) -> Option<usize> {
    let case = Case { conversation, ours, theirs, witness };
    KNOWN.iter().position(|known| (known.is_it)(&case))
}
