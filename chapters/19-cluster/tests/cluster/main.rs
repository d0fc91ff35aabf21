//! Servers that share a broker, held to what the chapter says: with a real Redis, which is killed, stopped and
//! started again, and with a load balancer in front.
#![cfg(unix)]

mod balanced;
mod cast;
mod crowd;
mod figures;
mod losses;
mod rooms;
