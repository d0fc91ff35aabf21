//! `SO_REUSEADDR`, in a process of its own: a test beside it that starts a program would hand that
//! program, for a moment, the listening socket too.

use std::net::SocketAddr;

use ch01_listen::listen;

#[test]
fn a_port_can_be_taken_again_at_once() {
    let first = listen(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
    let at = first.local_addr().expect("bound").as_socket().expect("an address");
    let client = std::net::TcpStream::connect(at).expect("a client connects");
    // The side that closes first keeps the port in TIME_WAIT: without the option, bind would fail.
    drop(first.accept().expect("accepted"));
    drop(first);
    drop(client);
    listen(at).expect("the same port again");
}
