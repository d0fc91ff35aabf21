//! What a scripted client says: the course's one key, one mask and one request.

/// The key of RFC 6455, section 1.3.
pub const RFC_KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// The masking-key of the examples in section 5.7.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// The request of an opening handshake, with one header field under the name and value given.
/// `request("Sec-WebSocket-Key: …")` is a good one.
pub fn request(key_line: &str) -> Vec<u8> {
    let lines = [
        "GET /chat HTTP/1.1",
        "Host: server.example.com",
        "Upgrade: websocket",
        "Connection: Upgrade",
        key_line,
        "Origin: http://example.com",
        "Sec-WebSocket-Version: 13",
        "\r\n",
    ];
    lines.join("\r\n").into_bytes()
}

/// The header field with the key of the RFC.
pub fn rfc_key_line() -> String {
    format!("Sec-WebSocket-Key: {RFC_KEY}")
}

/// The request of an opening handshake that the whole course uses.
pub fn rfc_request() -> Vec<u8> {
    request(&rfc_key_line())
}

/// A whole message in one frame of a server, its length in the shortest form.
pub fn unmasked_frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = header(opcode, 0, payload.len());
    frame.extend_from_slice(payload);
    frame
}

/// The header of a frame, with this bit for its mask, up to the masking-key.
fn header(opcode: u8, mask: u8, length: usize) -> Vec<u8> {
    let mut header = vec![0x80 | opcode];
    match length {
        0..=125 => header.push(mask | length as u8),
        126..=0xffff => {
            header.push(mask | 126);
            header.extend((length as u16).to_be_bytes());
        }
        _ => {
            header.push(mask | 127);
            header.extend((length as u64).to_be_bytes());
        }
    }
    header
}

/// A whole message in one masked frame, its length in the shortest form.
pub fn masked_frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = header(opcode, 0x80, payload.len());
    frame.extend(MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// A masked frame like [`masked_frame`], with FIN 0: more fragments of its message follow. The opcode of each that follows
/// is 0, and the last of them is a `masked_frame`.
pub fn fragment(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = masked_frame(opcode, payload);
    frame[0] &= 0x7f;
    frame
}

/// The first key of the draft's example of the older handshake.
pub const HIXIE76_KEY1: &str = "4 @1  46546xW%0l 1 5";
/// The second key of that example.
pub const HIXIE76_KEY2: &str = "12998 5 Y3 1  .P00";
/// The eight bytes that follow the head in that example.
pub const HIXIE76_KEY3: &[u8; 8] = b"^n:ds[4U";
/// The sixteen bytes that answer them.
pub const HIXIE76_ANSWER: &[u8; 16] = b"8jKS'y:G*Co,Wxa-";

/// The head of a request of 2010 (Hixie-76) with these keys. Eight bytes have to follow it.
pub fn hixie76_request(key1: &str, key2: &str) -> Vec<u8> {
    let keys = [format!("Sec-WebSocket-Key1: {key1}"), format!("Sec-WebSocket-Key2: {key2}")];
    hixie_head(&keys)
}

/// A request of Hixie-75, which has no keys.
pub fn hixie75_request() -> Vec<u8> {
    hixie_head(&[])
}

fn hixie_head(keys: &[String]) -> Vec<u8> {
    let lines = [
        "GET /chat HTTP/1.1",
        "Host: server.example.com",
        "Upgrade: WebSocket",
        "Connection: Upgrade",
        "Origin: http://example.com",
    ];
    let lines = lines.into_iter().chain(keys.iter().map(String::as_str)).chain(["\r\n"]);
    lines.collect::<Vec<_>>().join("\r\n").into_bytes()
}

/// A whole message in a frame of 2010.
pub fn hixie_frame(text: &str) -> Vec<u8> {
    [b"\x00", text.as_bytes(), b"\xff"].concat()
}
