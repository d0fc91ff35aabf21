//! Bytes from one connection to another, past somebody who may say no.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

/// Carries bytes from one to the other until one of them ends, or `passes` says no. Then both end.
pub fn carry(mut from: TcpStream, mut to: TcpStream, mut passes: impl FnMut(&[u8]) -> bool) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if !passes(&buffer[..count]) || to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    for end in [from, to] {
        // Whoever is gone already has ended.
        let _ = end.shutdown(Shutdown::Both);
    }
}
