//! Chapter 19, Many machines: one room on many servers, by way of a broker.

mod asked;
mod broker;
mod entry;
mod hall;
mod loops;
mod members;
mod reader;
mod rooms;
mod serve;

pub use asked::{Asked, RoomName};
pub use broker::Broker;
pub use entry::{Entry, Id};
pub use hall::{Batch, Hall, News, Welcome};
pub use loops::{Ask, Loops, Phase, Question};
pub use rooms::Rooms;
pub use serve::{Settings, serve};
