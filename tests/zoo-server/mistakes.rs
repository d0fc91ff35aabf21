//! The mistakes of the zoo, in the order of the chapters.

/// One mistake that a server can make.
pub struct Mistake {
    /// How the server is told to make it.
    pub name: &'static str,
    /// The chapter whose promise it breaks; those of the chapters before hold.
    pub chapter: u8,
    /// The promise that is the first to fail.
    pub promise: &'static str,
}

const fn mistake(chapter: u8, name: &'static str, promise: &'static str) -> Mistake {
    Mistake { name, chapter, promise }
}

const KEY_OF_THE_RFC: &str = "answers the key of the RFC with 101 and its accept value";
const UNMASKED: &str = "prints what a client says, unmasked";
const LONG: &str = "prints messages of 125, 126, 127 and 1,500 bytes whole";
const ONE_FRAME: &str = "sends a message back as one text frame";
const LONG_BACK: &str = "sends 125, 126, 127 and 1,500 bytes back as one message each";
const SIXTEEN: &str = "answers the two keys of 2010 with sixteen bytes";
const BETWEEN: &str = "sends what is said between 00 and ff back between 00 and ff";
const BAD_KEYS: &str = "refuses a key that has no space, does not divide, or is too large";

/// Every mistake that the server of the zoo can make.
pub const MISTAKES: &[Mistake] = &[
    mistake(1, "listens-everywhere", "is not reached at another address than 127.0.0.1"),
    mistake(1, "prints-nothing", "prints the request that a client sends"),
    mistake(1, "ends-with-a-client", "serves the next client after one that left without a word"),
    mistake(1, "ends-with-an-error", "serves the next client after one that was killed"),
    mistake(2, "silence-for-what-is-none", "answers 400 to what is no request, and hangs up"),
    mistake(2, "stays-after-400", "answers 400 to what is no request, and hangs up"),
    mistake(2, "any-method", "answers 400 to what is no request, and hangs up"),
    mistake(2, "key-from-nothing", "answers 400 to a request without a key, and hangs up"),
    mistake(2, "key-in-another-field", "answers 400 to a request without a key, and hangs up"),
    mistake(2, "empty-key-taken", "answers 400 to a request without a key, and hangs up"),
    mistake(2, "names-by-case", "finds the key whatever the case of its name"),
    mistake(2, "exactly-one-space", "finds the key whatever the space around it"),
    mistake(2, "head-in-one-read", "waits for the rest of a head that comes in two pieces"),
    mistake(2, "head-without-end", "gives up on a head that does not end"),
    mistake(2, "half-a-head-taken", "outlives a client that leaves in the middle of its head"),
    mistake(2, "half-a-head-ends-all", "outlives a client that leaves in the middle of its head"),
    mistake(3, "hexadecimal-digest", KEY_OF_THE_RFC),
    mistake(3, "guid-mistyped", KEY_OF_THE_RFC),
    mistake(3, "no-empty-line", KEY_OF_THE_RFC),
    mistake(3, "bare-line-feeds", KEY_OF_THE_RFC),
    mistake(3, "accept-copied", "answers another key with another value"),
    mistake(3, "space-is-hashed", "makes the accept value from the key alone"),
    mistake(3, "no-upgrade-field", "says that it upgrades, and to what"),
    mistake(3, "nul-after-the-head", "sends nothing after the empty line"),
    mistake(3, "closes-after-101", "sends nothing after the empty line"),
    mistake(3, "101-for-each-read", "answers once, whatever comes after the opening handshake"),
    mistake(4, "not-unmasked", UNMASKED),
    mistake(4, "mask-bit-in-the-length", UNMASKED),
    mistake(4, "key-from-the-wrong-place", UNMASKED),
    mistake(4, "one-message-and-out", "hears one message after another on one connection"),
    mistake(4, "marker-taken-for-a-length", LONG),
    mistake(4, "length-little-endian", LONG),
    mistake(4, "bytes-for-characters", "prints characters of several bytes"),
    mistake(4, "long-length-ends-all", "outlives a length of eight bytes, whatever they say"),
    mistake(4, "terminal-obeys", "shows a message on one line, and no byte that a terminal obeys"),
    mistake(4, "several-lines", "shows a message on one line, and no byte that a terminal obeys"),
    mistake(4, "no-text-ends-all", "outlives a text that is no UTF-8"),
    mistake(
        4,
        "takes-what-is-not-masked",
        "fails the connection on a frame that is not masked, and serves the next client",
    ),
    mistake(4, "half-a-frame-ends-all", "outlives a client that leaves in the middle of a frame"),
    mistake(5, "no-frame-around-it", ONE_FRAME),
    mistake(5, "sent-back-masked", ONE_FRAME),
    mistake(5, "fin-forgotten", ONE_FRAME),
    mistake(5, "sent-as-binary", ONE_FRAME),
    mistake(5, "length-in-characters", "counts bytes, not characters"),
    mistake(5, "length-in-one-byte", LONG_BACK),
    mistake(5, "reply-little-endian", LONG_BACK),
    mistake(5, "pieces-of-125", LONG_BACK),
    mistake(
        5,
        "all-that-came",
        "sends back what the length says, and nothing of what comes behind it",
    ),
    mistake(5, "nothing-for-nothing", "sends an empty message back"),
    mistake(6, "one-at-a-time", "answers the second client while the first is silent"),
    mistake(6, "all-wait-for-a-head", "answers others while one has sent half a request"),
    mistake(6, "reset-ends-all", "answers others when one is killed in the middle of a frame"),
    mistake(
        6,
        "last-word-ends-it",
        "sends what it owes to one that has said its last word, beside another",
    ),
    mistake(6, "hundred-at-most", "answers each of a thousand clients that are open at once"),
    mistake(6, "waits-for-the-slow", "answers others while one does not read"),
    mistake(6, "keeps-without-end", "does not store without end for one that does not read"),
    mistake(7, "echo-only", "sends what one says to all of them"),
    mistake(7, "own-words-first", "lets all hear the same, in the same order"),
    mistake(7, "gone-ends-the-round", "goes on when one of them leaves, and when one is killed"),
    mistake(7, "escapes-html", "leaves a text as it is, with <script> and all"),
    mistake(7, "no-page", "answers GET / with a page, on the port of the socket"),
    mistake(
        7,
        "drops-when-busy",
        "brings each of 100 clients 100 messages of each, once and in order",
    ),
    mistake(8, "nobody-of-2010", SIXTEEN),
    mistake(8, "parts-little-endian", SIXTEEN),
    mistake(8, "hexadecimal-answer", SIXTEEN),
    mistake(
        8,
        "waits-for-eight-bytes",
        "answers the head before the eight bytes come, and takes them when they do",
    ),
    mistake(8, "no-location", "says whose page it answers, and at which address"),
    mistake(8, "frames-of-today", BETWEEN),
    mistake(8, "one-read-one-message", "finds the end of a message by its ff, however it is cut"),
    mistake(8, "length-is-text", "skips a frame that has a length"),
    mistake(8, "no-goodbye", "answers ff 00 with ff 00, and hangs up"),
    mistake(8, "remainder-thrown-away", BAD_KEYS),
    mistake(8, "no-end-no-limit", "gives up on a frame that does not end"),
    mistake(8, "no-end-ends-all", "gives up on a frame that does not end"),
    mistake(8, "a-room-for-each-age", "lets a client of 2010 and one of today hear each other"),
    mistake(8, "nobody-of-2009", "answers a client of 2009, which has no keys"),
];
