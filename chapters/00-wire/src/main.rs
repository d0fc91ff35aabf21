//! Names the bytes that are given as arguments: `cargo run -p ch00-wire -- 81 05 48 65 6c 6c 6f`.

use std::process::ExitCode;

use ch00_wire::{Side, Stream, unhex};

fn main() -> ExitCode {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let side = match words.first().map(String::as_str) {
        Some("server") => Side::Server,
        _ => Side::Client,
    };
    words.retain(|word| !matches!(word.as_str(), "server" | "client"));
    let bytes = match unhex(&words.join(" ")) {
        Ok(bytes) if !bytes.is_empty() => bytes,
        Ok(_) => return usage("give me the bytes of a frame"),
        Err(why) => return usage(&why),
    };
    for unit in Stream::of_frames(side).feed(&bytes) {
        println!("{side} · {}", unit.title);
        print!("{unit}");
    }
    ExitCode::SUCCESS
}

fn usage(why: &str) -> ExitCode {
    eprintln!("ch00-wire: {why}");
    eprintln!("like this: cargo run -p ch00-wire -- client 81 85 37 fa 21 3d 7f 9f 4d 51 58");
    ExitCode::from(2)
}
