//! One server by itself: nothing is between its rooms and its loops.

use std::sync::Arc;

use ch06_select::Message;

use crate::{Ask, Batch, Carrier, Entry, Loops, News, Question, RoomName, Welcome};

// ANCHOR: alone
/// Carries what is said from one loop of this server to all of them, and keeps nothing.
pub struct Alone(pub Loops);

impl Carrier for Alone {
    fn say(&self, room: &RoomName, message: Message<'static>) {
        let said = vec![(room.clone(), vec![Entry { id: None, message }])];
        let batch = Arc::new(Batch { said, done: None });
        self.0.tell(|| News::Heard(Arc::clone(&batch)));
    }

    fn refuses(&self, _length: usize) -> Option<&'static str> {
        None
    }

    fn trouble(&self) -> Option<&'static str> {
        None
    }

    fn ask(&self, Ask { client, room, question, to }: Ask) {
        let news = match question {
            Question::Before(after) => News::Welcome(Welcome {
                client,
                said: Vec::new(),
                gap: after.is_some(),
                done: None,
            }),
            Question::Who => {
                let here = self.0.members().get(&room).copied().unwrap_or_default();
                News::Told(client, format!("* {here} here"))
            }
        };
        // A loop that has ended has nobody left to tell.
        let _ = to.send(news);
    }

    fn loops(&self) -> &Loops {
        &self.0
    }
}
// ANCHOR_END: alone
