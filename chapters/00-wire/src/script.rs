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

/// A whole message in one masked frame, its length in the shortest form.
pub fn masked_frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x80 | opcode];
    match payload.len() {
        length @ 0..=125 => frame.push(0x80 | length as u8),
        length @ 126..=0xffff => {
            frame.push(0x80 | 126);
            frame.extend((length as u16).to_be_bytes());
        }
        length => {
            frame.push(0x80 | 127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend(MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}
