//! The mistakes that a client of the zoo can make, each with the promise that catches it.

/// Name and promise.
pub const MISTAKES: [(&str, &str); 20] = [
    // Seen in clients that were written against a server that does not look.
    ("no-version", "client-asks"),
    ("host-without-port", "client-asks"),
    ("same-key", "client-key"),
    // Eight bytes, written as sixteen digits.
    ("key-of-digits", "client-key"),
    ("input-first", "client-talks"),
    ("with-line-end", "client-talks"),
    ("no-masks", "client-masks"),
    ("zero-masks", "client-masks"),
    // Once for each connection, as in many a first client.
    ("one-mask", "client-masks"),
    ("any-accept", "client-accept"),
    ("any-status", "client-status"),
    ("takes-extensions", "client-not-asked"),
    ("no-pong", "client-pong"),
    ("empty-pong", "client-pong"),
    ("fragments-apart", "client-fragments"),
    ("takes-masks", "client-masked-server"),
    ("other-code", "client-close"),
    ("hangs-up-first", "client-close"),
    ("leaves-silently", "client-goodbye"),
    ("back-at-once", "client-patient"),
];
