//! A slow line: a TCP proxy on loopback through which so many bytes pass in a second, each way. TLS goes
//! through it untouched.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::Result;

/// So many pieces a second: what a piece takes is waited for behind it.
const PIECES_A_SECOND: u32 = 8;

/// A line that is there until the story ends.
pub struct Line {
    /// Where phones connect.
    pub address: SocketAddr,
    passed: Arc<AtomicU64>,
}

impl Line {
    /// A line to a server, of so many bytes a second.
    pub fn to(server: SocketAddr, bytes_a_second: u32) -> Result<Line> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let line = Line { address: listener.local_addr()?, passed: Arc::default() };
        let passed = Arc::clone(&line.passed);
        thread::spawn(move || {
            for phone in listener.incoming().map_while(Result::ok) {
                let passed = Arc::clone(&passed);
                // A connection that breaks is the phone's to make anew.
                thread::spawn(move || carry(phone, server, bytes_a_second, &passed).ok());
            }
        });
        Ok(line)
    }

    /// Bytes that have passed, both ways together.
    pub fn passed(&self) -> u64 {
        self.passed.load(Ordering::Relaxed)
    }
}

fn carry(phone: TcpStream, server: SocketAddr, rate: u32, passed: &Arc<AtomicU64>) -> Result<()> {
    let server = TcpStream::connect(server)?;
    let (up_from, up_to, counted) = (phone.try_clone()?, server.try_clone()?, Arc::clone(passed));
    let up = thread::spawn(move || pace(up_from, up_to, rate, &counted));
    pace(server, phone, rate, passed);
    up.join().ok();
    Ok(())
}

/// Carries one direction until it ends or breaks; the other side hears of it.
fn pace(mut from: TcpStream, mut to: TcpStream, rate: u32, passed: &AtomicU64) {
    let mut piece = vec![0; (rate / PIECES_A_SECOND).max(1) as usize];
    while let Ok(count) = from.read(&mut piece) {
        let Some(bytes) = piece.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
        if to.write_all(bytes).is_err() {
            break;
        }
        passed.fetch_add(count as u64, Ordering::Relaxed);
        thread::sleep(Duration::from_secs_f64(count as f64 / f64::from(rate)));
    }
    to.shutdown(Shutdown::Write).ok();
    from.shutdown(Shutdown::Read).ok();
}
