//! Offers of compression: what is agreed on was offered, and the answer says it in a way that we would take ourselves.
#![no_main]

use ch14_deflate::Agreement;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let offers = String::from_utf8_lossy(input);
    let Some(agreed) = Agreement::find(offers.split(',').map(str::trim)) else { return };
    let Agreement { server_takeover, client_takeover, server_bits, client_bits } = agreed;
    assert!(server_bits.is_none_or(|bits| (9..=15).contains(&bits)));
    assert!(client_bits.is_none_or(|bits| (8..=15).contains(&bits)));
    assert!(offers.contains("permessage-deflate"));
    assert!(server_takeover || offers.contains("server_no_context_takeover"));
    assert!(client_takeover || offers.contains("client_no_context_takeover"));
    assert!(server_bits.is_none_or(|bits| offers.contains(&bits.to_string())));
    assert!(client_bits.is_none() || offers.contains("client_max_window_bits"));

    let field = agreed.field();
    let answer = field.strip_prefix("Sec-WebSocket-Extensions: ").expect("the name");
    let answer = answer.strip_suffix("\r\n").expect("a line end");
    assert!(!answer.contains([',', '\r', '\n']));
    assert_eq!(Agreement::find([answer].into_iter()), Some(agreed));
});
