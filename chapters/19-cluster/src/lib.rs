//! Chapter 19, Many machines: one room on many servers, by way of a broker.

mod alone;
mod asked;
mod broker;
mod carrier;
mod entry;
mod hall;
mod members;
mod reader;
mod rooms;
mod serve;

pub use alone::Alone;
pub use asked::{Asked, RoomName};
pub use broker::Broker;
pub use carrier::{Ask, Carrier, Loops, Phase, Question};
pub use entry::{Entry, Id};
pub use hall::{Batch, Hall, News, Welcome};
pub use rooms::Rooms;
pub use serve::{Settings, serve};
