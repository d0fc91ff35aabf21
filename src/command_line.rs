//! What is written on a command line: a command, or an address.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

/// How long one of several addresses of a name may take to answer.
const ANSWER: Duration = Duration::from_secs(1);

/// Splits a command line at its spaces, but not inside quotes. A backslash is a part of its word, because
/// Windows separates folders with it.
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// One word, as a reader types it in a shell.
pub fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:=@%+,{}".contains(c);
    // Between double quotes, a shell of Unix still sees these.
    let is_seen = |c: char| c == '"' || cfg!(unix) && "$`\\!".contains(c);
    match () {
        _ if word.is_empty() => "\"\"".to_owned(),
        _ if word.chars().all(|c| is_plain(c) || cfg!(windows) && c == '\\') => word.to_owned(),
        _ if !word.contains(is_seen) => format!("\"{word}\""),
        // A single quote ends the word, stands for itself, and begins the word again.
        _ => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// Where a program is to listen: `4000`, `127.0.0.1:4000`, `localhost:4000`, or what a browser connects to,
/// `ws://localhost:4000/`. Of a name's addresses it is the older kind, which is what the course writes.
///
/// # Errors
///
/// It is written in another way, or no machine has this name.
pub fn address(text: &str) -> Result<SocketAddr, String> {
    Ok(addresses(text)?[0])
}

/// The same, where a server is already. A name such as `localhost` may have two addresses, and a server listens
/// perhaps on one of them: it is the first that takes a connection.
///
/// # Errors
///
/// As with [`address`].
pub fn address_of_server(text: &str) -> Result<SocketAddr, String> {
    let addresses = addresses(text)?;
    let takes = |at: &&SocketAddr| TcpStream::connect_timeout(at, ANSWER).is_ok();
    match addresses.as_slice() {
        [only] => Ok(*only),
        several => Ok(*several.iter().find(takes).unwrap_or(&several[0])),
    }
}

/// At least one.
fn addresses(text: &str) -> Result<Vec<SocketAddr>, String> {
    const FORMS: &str = "write it like 4000, 127.0.0.1:4000 or localhost:4000";
    let text = text.trim();
    if text.starts_with("wss:") || text.starts_with("https:") {
        return Err("the course's servers do not encrypt: write ws: in place of wss:".to_owned());
    }
    let without_scheme = ["ws://", "http://"].iter().find_map(|scheme| text.strip_prefix(scheme));
    let place = without_scheme.unwrap_or(text).split(['/', '?', '#']).next().unwrap_or_default();
    if let Ok(port) = place.parse::<u16>() {
        return Ok(vec![SocketAddr::from(([127, 0, 0, 1], port))]);
    }
    let (name, port) = place.rsplit_once(':').ok_or(FORMS)?;
    let port: u16 = port.parse().map_err(|_| FORMS)?;
    let is_bare = name.contains(':') && !name.starts_with('[');
    if name.is_empty() || is_bare {
        return Err(FORMS.to_owned());
    }
    if name == "localhost" {
        // Systems do not agree which of the two that is.
        return Ok(vec![(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()]);
    }
    let found = place.to_socket_addrs().map_err(|error| format!("{name} is not found: {error}"))?;
    let mut addresses: Vec<SocketAddr> = found.collect();
    addresses.sort_by_key(SocketAddr::is_ipv6);
    match addresses.is_empty() {
        true => Err(format!("{name} has no address")),
        false => Ok(addresses),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::{address, address_of_server, quoted, words};

    #[test]
    fn an_address_is_read_however_it_is_written() {
        for text in [
            "4000",
            "127.0.0.1:4000",
            "localhost:4000",
            "ws://localhost:4000/",
            "ws://127.0.0.1:4000/chat?a=b",
            "http://localhost:4000",
            " 4000\n",
        ] {
            assert_eq!(address(text), Ok(([127, 0, 0, 1], 4000).into()), "{text}");
        }
        assert_eq!(address("[::1]:4000").map(|at| at.to_string()), Ok("[::1]:4000".to_owned()));
        for text in ["", "x", "localhost", ":4000", "localhost:", "localhost:70000", "::1"] {
            assert!(address(text).is_err_and(|error| error.contains("write it like")), "{text}");
        }
        assert!(address("wss://localhost:4000").is_err_and(|error| error.contains("encrypt")));
    }

    #[test]
    fn a_server_on_either_address_of_localhost_is_found() {
        let Ok(listener) = TcpListener::bind("[::1]:0") else {
            return println!("NOT RUN: this machine has no other loopback address, [::1]");
        };
        let at = listener.local_addr().expect("bound");
        let text = format!("localhost:{}", at.port());
        // The other address's port may be another program's.
        if TcpListener::bind(("127.0.0.1", at.port())).is_ok() {
            assert_eq!(address_of_server(&text), Ok(at));
        }
    }

    #[test]
    fn a_command_line_is_split_at_spaces_outside_quotes() {
        assert_eq!(words("php  a.php {port}"), ["php", "a.php", "{port}"]);
        assert_eq!(words("node \"my server.mjs\" ''"), ["node", "my server.mjs", ""]);
        assert!(words("  ").is_empty());
    }

    #[test]
    fn what_a_shell_would_change_is_quoted() {
        for plain in ["my-server", "../my-server", "{port}"] {
            assert_eq!(quoted(plain), plain);
        }
        for word in ["my server", "a&b", "o'brien/x", "a;b", ""] {
            assert_eq!(quoted(word), format!("\"{word}\""));
        }
    }

    /// A shell is asked, because it is a shell that reads it.
    #[cfg(unix)]
    #[test]
    fn a_shell_reads_what_was_meant() {
        for word in
            ["a b", "a$b", "o'brien", "'x' \"y\"", "a\\b", "$(a)", "a&b;c|d", "!x", "*", "~"]
        {
            let mut shell = std::process::Command::new("sh");
            shell.arg("-c").arg(format!("printf %s {}", quoted(word)));
            let said = shell.output().expect("sh runs").stdout;
            assert_eq!(String::from_utf8_lossy(&said), word);
        }
    }
}
