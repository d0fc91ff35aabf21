//! A terminal that is closed, or not read, neither ends nor stops a server.

#[path = "../../01-listen/tests/support/terminal.rs"]
mod terminal;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ch09-stream");

#[test]
fn nobody_reads_it() {
    terminal::nobody_reads(PROGRAM);
}

#[test]
fn its_reader_goes() {
    terminal::the_reader_goes(PROGRAM);
}
