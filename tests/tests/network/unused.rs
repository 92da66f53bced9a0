//! What counts as a passage over the network that breaks.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

use ruhu_system_tests::cutting_proxy::{CuttingProxy, Direction, Limit, Passage, Then};

/// A server that gives back every byte, and the proxy before it.
fn echo() -> CuttingProxy {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = CuttingProxy::start(listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            thread::spawn(move || std::io::copy(&mut stream.try_clone().unwrap(), &mut stream));
        }
    });
    proxy
}

fn say(proxy: &CuttingProxy, words: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(proxy.address()).unwrap();
    stream.write_all(words).unwrap();
    stream.shutdown(Shutdown::Write).ok();
    let mut heard = Vec::new();
    stream.read_to_end(&mut heard).ok();
    heard
}

#[test]
fn connections_that_were_never_used_are_no_passages_and_belong_to_what_made_them() {
    let mut proxy = echo();
    for _ in 0..20 {
        // As a client does that opens a second connection to be quicker: it goes unused, and nobody has
        // seen it yet when the first is done.
        for _ in 0..3 {
            drop(TcpStream::connect(proxy.address()).unwrap());
        }
        say(&proxy, b"ni hao");
        for _ in 0..3 {
            drop(TcpStream::connect(proxy.address()).unwrap());
        }
        let [used] = proxy.passages()[..] else { panic!("one connection was used") };
        assert_eq!((used.up, used.cut), (6, false));
        assert_eq!(proxy.passages(), [], "nothing is left over for the next");
    }
}

#[test]
fn a_connection_that_was_cut_before_its_first_byte_is_a_passage() {
    let mut proxy = echo();
    proxy.limit(Some(Limit { direction: Direction::Up, bytes: 0, then: Then::Close }));
    assert_eq!(say(&proxy, b"ni hao"), b"");
    assert_eq!(proxy.passages(), [Passage { up: 0, down: 0, cut: true }]);
}
