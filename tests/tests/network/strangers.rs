//! Somebody else answers on the server's port: nothing is believed, nothing is lost.

use std::net::SocketAddr;

use ruhu_device::DeviceError;
use ruhu_device::Explain;
use ruhu_system_tests::process::{ServerProcess, Wire};
use ruhu_text::Lang;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use crate::town::{Phone, Town};

/// What a stranger says to every request.
#[derive(Debug, Clone)]
struct Answer {
    head: Vec<u8>,
    /// Said again and again after the head, for as long as somebody listens.
    endlessly: Option<Vec<u8>>,
}

impl Answer {
    fn of(text: &str) -> Answer {
        Answer { head: text.as_bytes().to_vec(), endlessly: None }
    }

    /// An HTTP answer that claims to be of Ruhu's protocol.
    fn of_protocol(version: &str, status: &str, body: &[u8]) -> Answer {
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status}\r\nRuhu-Protocol: {version}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        );
        Answer { head: [head.as_bytes(), body].concat(), endlessly: None }
    }

    fn then_endlessly(text: &str, again: &[u8]) -> Answer {
        Answer { endlessly: Some(again.to_vec()), ..Answer::of(text) }
    }
}

/// Somebody who listens on a port and is no server of ours.
struct Stranger {
    address: SocketAddr,
    _runtime: Runtime,
}

impl Stranger {
    fn saying(answer: Answer) -> Stranger {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(say(stream, answer.clone()));
            }
        });
        Stranger { address, _runtime: runtime }
    }
}

async fn say(mut stream: TcpStream, answer: Answer) {
    // Without having read the request, closing would be a reset that takes the answer with it.
    if !read_request(&mut stream).await || stream.write_all(&answer.head).await.is_err() {
        return;
    }
    if let Some(again) = answer.endlessly {
        while stream.write_all(&again).await.is_ok() {}
    }
}

/// Reads one request with its body, or what somebody sends who speaks no plain HTTP; gives whether
/// there was anything.
async fn read_request(stream: &mut TcpStream) -> bool {
    let (mut bytes, mut buffer) = (Vec::new(), vec![0; 16 * 1024]);
    loop {
        match stream.read(&mut buffer).await {
            Ok(count) if count > 0 => bytes.extend_from_slice(&buffer[..count]),
            _ => return false,
        }
        if !bytes.starts_with(b"POST ") {
            return true;
        }
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |length| length.parse().unwrap());
            if bytes.len() >= end + 4 + length {
                return true;
            }
        }
    }
}

/// Wang has work to give, and somebody else answers; gives what the phone says.
struct Port {
    town: Town,
    wang: Phone,
}

impl Port {
    fn new(wire: Wire) -> Port {
        let mut town = Town::new(wire);
        let wang = town.caseworker("王经办");
        let case = wang.new_case("张三");
        wang.write(&case, "remark", "门前有坡");
        Port { town, wang }
    }

    fn sync_with(&mut self, server: SocketAddr) -> DeviceError {
        let before = (self.wang.outbox(), self.wang.documents());
        self.town.proxy.lead_to(server);
        let error = self.wang.sync().unwrap_err();
        self.town.proxy.lead_to(self.town.server.address());
        assert_eq!((self.wang.outbox(), self.wang.documents()), before, "nothing was taken for given");
        assert!(!self.wang.device.status().unwrap().revoked);
        assert!(self.wang.device.check().unwrap().is_empty());
        for lang in [Lang::Zh, Lang::En] {
            assert!(error.message(lang).len() > 20, "a person is told what to do: {error:?}");
        }
        error
    }

    /// The error's code when a stranger says that.
    fn told(&mut self, answer: Answer) -> &'static str {
        let stranger = Stranger::saying(answer);
        self.sync_with(stranger.address).code()
    }

    /// The own server is back, and takes everything.
    fn end(mut self) {
        let li = self.town.volunteer("李网格");
        assert_eq!(self.town.settle(&[&self.wang, &li]).len(), 1);
    }
}

#[test]
fn a_server_of_another_version_is_recognised_and_nothing_is_lost() {
    let mut port = Port::new(Wire::Plain);
    for body in [&b""[..], b"\xa0", b"something of the future"] {
        assert_eq!(port.told(Answer::of_protocol("2", "200 OK", body)), "protocol");
        assert_eq!(port.told(Answer::of_protocol("2", "400 Bad Request", body)), "protocol");
    }
    let old = Stranger::saying(Answer::of_protocol("0", "200 OK", b""));
    let message = port.sync_with(old.address).message(Lang::En);
    assert!(message.contains("update"), "{message}");
    port.end();
}

#[test]
fn a_gateway_or_a_login_page_is_not_taken_for_a_server_of_another_version() {
    let mut port = Port::new(Wire::Plain);
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 15\r\n\r\n<h1>欢迎</h1>",
        "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/login\r\nContent-Length: 0\r\n\r\n",
    ] {
        let stranger = Stranger::saying(Answer::of(answer));
        let error = port.sync_with(stranger.address);
        assert_eq!(error.code(), "protocol");
        let message = error.message(Lang::En);
        assert!(!message.contains("update"), "no other program helps here: {message}");
    }
    port.end();
}

#[test]
fn garbage_and_answers_that_break_off_or_never_end_are_refused_within_limits() {
    let mut port = Port::new(Wire::Plain);
    let head = "HTTP/1.1 200 OK\r\nRuhu-Protocol: 1\r\n";
    for broken in [
        Answer::of(""),
        Answer::of("SSH-2.0-OpenSSH_9.9\r\n"),
        Answer::of("\u{0}\u{1}\u{2}\r\n\r\n\u{0}"),
        Answer::of("HTTP/1.1 200 OK\r\nRuhu-Proto"),
        Answer::of(&format!("{head}Content-Length: 1000\r\n\r\nhalf")),
        Answer::of(&format!("{head}Transfer-Encoding: chunked\r\n\r\n5\r\nhel")),
        Answer::then_endlessly(head, b"X-More: and more\r\n"),
    ] {
        assert_eq!(port.told(broken.clone()), "offline", "{broken:?}");
    }
    let flood = [&b"4000\r\n"[..], &[0; 0x4000], b"\r\n"].concat();
    let endless = format!("{head}Transfer-Encoding: chunked\r\n\r\n");
    assert_eq!(port.told(Answer::then_endlessly(&endless, &flood)), "bad_answer");
    port.end();
}

#[test]
fn an_answer_of_our_protocol_that_means_nothing_is_not_believed() {
    let mut port = Port::new(Wire::Plain);
    let plain_nothing = b"\x00\xa0".to_vec();
    let bomb = {
        // 32 MB of zeros in a few bytes; the format byte says zstd.
        let blocks = b"\x02\x00\x10\x00".repeat(256);
        [&b"\x01\x28\xb5\x2f\xfd\x00\x58"[..], &blocks, b"\x03\x00\x10\x00"].concat()
    };
    for body in [Vec::new(), b"<html>".to_vec(), vec![0xff; 4096], plain_nothing, bomb] {
        assert_eq!(port.told(Answer::of_protocol("1", "200 OK", &body)), "bad_answer", "{body:?}");
    }
    assert_eq!(port.told(Answer::of_protocol("1", "500 Internal Server Error", b"oops")), "server");
    port.end();
}

#[test]
fn another_server_on_the_port_is_recognised_by_its_certificate() {
    let mut port = Port::new(Wire::Tls);
    let other = ServerProcess::start(&port.town.folder().join("other"), Wire::Tls);
    let error = port.sync_with(other.address());
    assert_eq!(error.code(), "wrong_server");
    assert_eq!(other.admin(&["check"])["documents"], serde_json::json!([]));
    port.end();
}

#[test]
fn another_server_on_the_port_without_tls_is_given_nothing_that_counts_as_given() {
    let mut port = Port::new(Wire::Plain);
    let other = ServerProcess::start(&port.town.folder().join("other"), Wire::Plain);
    let error = port.sync_with(other.address());
    assert_eq!(error.code(), "server");
    assert_eq!(other.admin(&["check"])["documents"], serde_json::json!([]));
    port.end();
}

#[test]
fn somebody_without_tls_on_the_port_is_told_nothing() {
    let mut port = Port::new(Wire::Tls);
    for answer in
        ["", "HTTP/1.1 400 Bad Request\r\nRuhu-Protocol: 1\r\nContent-Length: 0\r\n\r\n", "SSH-2.0-x\r\n"]
    {
        assert_eq!(port.told(Answer::of(answer)), "offline", "{answer:?}");
    }
    port.end();
}
