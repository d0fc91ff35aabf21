//! One client's TLS, without I/O: records in, and what they say and what to answer out.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::server::UnbufferedServerConnection;
use rustls::unbuffered::{ConnectionState, UnbufferedStatus};

// ANCHOR: session
/// What a record adds to what it carries: at most 29 bytes with the ciphers that are used here, and now
/// and then a message that changes the keys comes before it.
const OVERHEAD: usize = 64;

/// How much a record carries at most (RFC 8446, section 5.1).
pub(crate) const RECORD: usize = 16 * 1024;

/// The longest handshake message that rustls takes, in its records: nobody has more to say at once.
const MAX_UNREAD: usize = 64 * 1024 + 5 * RECORD;

/// One client's side of TLS, as the server sees it.
pub(crate) struct Session {
    tls: UnbufferedServerConnection,
    /// A record that has not come as a whole yet. Between two records it takes no memory.
    unread: Vec<u8>,
    /// The client has said that nothing more follows: with close_notify, section 6.1.
    pub(crate) ended: bool,
}
// ANCHOR_END: session

// ANCHOR: new
impl Session {
    /// The session of a client that has connected.
    pub(crate) fn new(config: &Arc<ServerConfig>) -> Result<Self, rustls::Error> {
        let tls = UnbufferedServerConnection::new(Arc::clone(config))?;
        Ok(Session { tls, unread: Vec::new(), ended: false })
    }

    /// Whether both sides have their keys.
    pub(crate) fn is_open(&self) -> bool {
        !self.tls.is_handshaking()
    }
}
// ANCHOR_END: new

// ANCHOR: put
/// Makes room behind what is in `out`, lets something be written there, and takes back what it has left.
fn put(out: &mut Vec<u8>, room: usize, write: impl FnOnce(&mut [u8]) -> Option<usize>) -> bool {
    let start = out.len();
    out.resize(start + room, 0);
    let written = write(&mut out[start..]);
    out.truncate(start + written.unwrap_or(0));
    written.is_some()
}
// ANCHOR_END: put

// ANCHOR: take
impl Session {
    /// Takes whole records, and says how many bytes they were.
    fn take(
        &mut self,
        bytes: &mut [u8],
        plain: &mut Vec<u8>,
        reply: &mut Vec<u8>,
    ) -> Result<usize, rustls::Error> {
        let mut used = 0;
        loop {
            let UnbufferedStatus { discard, state } =
                self.tls.process_tls_records(&mut bytes[used..]);
            match state {
                Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                    while let Some(record) = traffic.next_record() {
                        plain.extend_from_slice(record?.payload);
                    }
                }
                Ok(ConnectionState::EncodeTlsData(mut data)) => {
                    put(reply, RECORD + OVERHEAD, |room| data.encode(room).ok());
                }
                Ok(ConnectionState::TransmitTlsData(data)) => data.done(),
                Ok(ConnectionState::PeerClosed) => self.ended = true,
                // It waits for the next record, or for something to say.
                Ok(_) => return Ok(used + discard),
                Err(error) => {
                    self.put_alert(reply);
                    return Err(error);
                }
            }
            used += discard;
        }
    }

    /// Why the session has failed, for the client: rustls has it ready.
    fn put_alert(&mut self, reply: &mut Vec<u8>) {
        while let Ok(ConnectionState::EncodeTlsData(mut data)) =
            self.tls.process_tls_records(&mut []).state
        {
            put(reply, RECORD + OVERHEAD, |room| data.encode(room).ok());
        }
    }
}
// ANCHOR_END: take

// ANCHOR: receive
impl Session {
    /// Puts bytes aside until [`Session::receive`].
    pub(crate) fn keep(&mut self, bytes: &[u8]) -> Result<(), rustls::Error> {
        self.unread.extend_from_slice(bytes);
        match self.unread.len() > MAX_UNREAD {
            true => Err(rustls::Error::General("its record does not end".to_owned())),
            false => Ok(()),
        }
    }

    /// Takes these bytes behind those that were put aside: puts what they say into `plain`, and what is to
    /// be answered into `reply`, an alert if there is an error.
    pub(crate) fn receive(
        &mut self,
        bytes: &mut [u8],
        plain: &mut Vec<u8>,
        reply: &mut Vec<u8>,
    ) -> Result<(), rustls::Error> {
        if self.unread.is_empty() {
            let used = self.take(bytes, plain, reply)?;
            return self.keep(&bytes[used..]);
        }
        let mut unread = std::mem::take(&mut self.unread);
        unread.extend_from_slice(bytes);
        let used = self.take(&mut unread, plain, reply)?;
        // Not what is left of the old list: that has more room than is needed.
        self.keep(&unread[used..])
    }
}
// ANCHOR_END: receive

// ANCHOR: seal
impl Session {
    /// Writes this behind what is in `out`, encrypted. False if that cannot be: these keys have been used
    /// too often, and the client knows no way to others.
    pub(crate) fn seal(&mut self, plain: &[u8], out: &mut Vec<u8>) -> bool {
        let room = plain.len() + (plain.len() / RECORD + 1) * OVERHEAD;
        match self.tls.process_tls_records(&mut self.unread).state {
            Ok(ConnectionState::WriteTraffic(mut traffic)) => {
                put(out, room, |room| traffic.encrypt(plain, room).ok())
            }
            _ => false,
        }
    }

    /// Says that nothing more follows.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        if let Ok(ConnectionState::WriteTraffic(mut traffic)) =
            self.tls.process_tls_records(&mut self.unread).state
        {
            put(out, OVERHEAD, |room| traffic.queue_close_notify(room).ok());
        }
    }
}
// ANCHOR_END: seal
