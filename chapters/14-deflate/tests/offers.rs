//! What is taken, and what is declined (RFC 7692, sections 5 and 7.1).

use ch14_deflate::Agreement;

const ALL: Agreement = Agreement {
    server_takeover: true,
    client_takeover: true,
    server_bits: None,
    client_bits: None,
};

fn found(offers: &str) -> Option<Agreement> {
    Agreement::find(offers.split(','))
}

#[test]
fn what_is_taken() {
    let server_bits = |bits| Agreement { server_bits: Some(bits), ..ALL };
    let client_bits = |bits| Agreement { client_bits: Some(bits), ..ALL };
    let cases = [
        ("permessage-deflate", ALL),
        (" permessage-deflate ", ALL),
        // What Chromium offers, and Firefox.
        ("permessage-deflate; client_max_window_bits", ALL),
        ("permessage-deflate;client_max_window_bits", ALL),
        ("permessage-deflate; client_max_window_bits=15", client_bits(15)),
        ("permessage-deflate; client_max_window_bits=8", client_bits(8)),
        ("permessage-deflate\t;\tclient_max_window_bits=\"10\"", client_bits(10)),
        ("permessage-deflate; server_max_window_bits=9", server_bits(9)),
        ("permessage-deflate; server_max_window_bits=15", server_bits(15)),
        (
            "permessage-deflate; server_no_context_takeover",
            Agreement { server_takeover: false, ..ALL },
        ),
        (
            "permessage-deflate; client_no_context_takeover; server_no_context_takeover",
            Agreement { server_takeover: false, client_takeover: false, ..ALL },
        ),
    ];
    for (offer, agreed) in cases {
        assert_eq!(found(offer), Some(agreed), "{offer}");
    }
}

#[test]
fn what_is_declined() {
    let declined = [
        "",
        "permessage-bzip2",
        "x-permessage-deflate",
        "permessage-deflate2",
        "permessage-deflate-extended; client_max_window_bits",
        "Permessage-Deflate",
        "permessage-deflate;",
        "permessage-deflate; ; client_max_window_bits",
        "permessage-deflate; unknown",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=",
        "permessage-deflate; server_max_window_bits=0",
        "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=99",
        "permessage-deflate; server_max_window_bits=08",
        "permessage-deflate; server_max_window_bits=+9",
        "permessage-deflate; server_max_window_bits=9.0",
        "permessage-deflate; server_max_window_bits=\"9",
        "permessage-deflate; server_max_window_bits='9'",
        // Our compressor makes nine of it.
        "permessage-deflate; server_max_window_bits=8",
        "permessage-deflate; client_max_window_bits=7",
        "permessage-deflate; client_max_window_bits=16",
        "permessage-deflate; client_max_window_bits=265",
        "permessage-deflate; client_max_window_bits=010",
        "permessage-deflate; client_max_window_bits=",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; client_no_context_takeover=15",
        "permessage-deflate; server_no_context_takeover=",
        "permessage-deflate; client_max_window_bits; client_max_window_bits=9",
        "permessage-deflate; server_max_window_bits=9; server_max_window_bits=9",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
    ];
    for offer in declined {
        assert_eq!(found(offer), None, "{offer}");
        // The next one is looked at, and the one after that is not.
        let next = "permessage-deflate; server_max_window_bits=10, permessage-deflate";
        let agreed = Agreement { server_bits: Some(10), ..ALL };
        assert_eq!(found(&format!("{offer},{next}")), Some(agreed), "{offer}");
    }
}

/// What is answered to each offer that is taken.
#[test]
fn what_is_answered() {
    let answer = |parameters: &str| {
        let agreed = found(&format!("permessage-deflate{parameters}")).expect("it is taken");
        let field = agreed.field();
        let field = field.strip_prefix("Sec-WebSocket-Extensions: permessage-deflate");
        field.and_then(|rest| rest.strip_suffix("\r\n")).expect("a field").to_owned()
    };
    for same in [
        "",
        "; server_no_context_takeover",
        "; client_no_context_takeover",
        "; server_no_context_takeover; client_no_context_takeover",
        "; server_max_window_bits=9",
        "; server_max_window_bits=14; client_max_window_bits=8",
        "; client_max_window_bits=15",
        "; server_max_window_bits=15",
    ] {
        assert_eq!(answer(same), same);
    }
    // A limit that the client would take is not one that it has.
    assert_eq!(answer("; client_max_window_bits"), "");
}
