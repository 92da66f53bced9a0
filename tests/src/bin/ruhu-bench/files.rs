//! Photos: how fast they go up against what the same TLS carries, and ten thousand small ones both ways,
//! against a real server process.

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ruhu_device::{Device, NewCase, SyncReport};
use ruhu_harness::pictures::picture;
use ruhu_harness::world::{TOWNSHIP, VILLAGE};
use ruhu_system_tests::process::{ServerProcess, Wire};
use rustls::pki_types::ServerName;

use crate::{on_disk, row};

const LARGE: usize = 48;
const LARGE_BYTES: usize = 2 * 1024 * 1024;
const SMALL_BYTES: usize = 2 * 1024;
const MB: f64 = 1024.0 * 1024.0;

fn phone(server: &ServerProcess, folder: &Path, name: &str) -> Device {
    let url = format!("https://{}", server.address());
    let code = server.code(name, "caseworker", TOWNSHIP, &url);
    let device = Device::open(&folder.join(name), [7; 32], name).unwrap();
    online(device.enroll(&code)).unwrap();
    device
}

fn online<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.unwrap().block_on(work)
}

fn sync(device: &Device) -> (SyncReport, Duration) {
    let began = Instant::now();
    let report = online(device.sync()).unwrap();
    assert_eq!(report.files_failed, []);
    (report, began.elapsed())
}

/// Syncs until nothing of photos is left: a run takes a thousand.
fn sync_all(device: &Device) -> (u32, Duration) {
    let (mut photos, mut time) = (0, Duration::ZERO);
    loop {
        let (report, took) = sync(device);
        time += took;
        match report.files_sent + report.files_received {
            0 => return (photos, time),
            moved => photos += moved,
        }
    }
}

fn attach(device: &Device, folder: &Path, pictures: impl Iterator<Item = Vec<u8>>) {
    let new =
        |name: String| NewCase { name, division: VILLAGE.into(), address: "1".into(), ..NewCase::default() };
    let mut case = device.case_new(new("户主0".into())).unwrap().id;
    let path = folder.join("picture.jpg");
    for (number, picture) in pictures.enumerate() {
        if number % 20 == 19 {
            case = device.case_new(new(format!("户主{number}"))).unwrap().id;
        }
        std::fs::write(&path, picture).unwrap();
        device.attach(&case, &path, "house_out").unwrap();
    }
}

/// So many small photos.
pub fn measure(small: usize) {
    for (wire, sealed) in [(Wire::Tls, false), (Wire::Tls, true)] {
        let folder = on_disk();
        let data = folder.path().join("server");
        if sealed {
            std::fs::create_dir_all(&data).unwrap();
            ruhu_server::hub::PhotoFolder::begin_sealing(&data).unwrap();
        }
        let server = ServerProcess::start(&data, wire);
        let how = if sealed { ", sealed at rest" } else { "" };
        large(&server, folder.path(), how);
        if !sealed {
            many(&server, folder.path(), small);
        }
    }
}

fn large(server: &ServerProcess, folder: &Path, how: &str) {
    let wang = phone(server, folder, "wang");
    sync(&wang);
    attach(&wang, folder, (0..LARGE as u64).map(|seed| picture(seed, LARGE_BYTES)));
    let (photos, took) = sync_all(&wang);
    assert_eq!(photos as usize, LARGE);
    let bytes = (LARGE * LARGE_BYTES) as f64 / MB;
    let (up, limit) = (bytes / took.as_secs_f64(), bytes / copy_over_tls(LARGE * LARGE_BYTES).as_secs_f64());
    row(
        &format!("{LARGE} photos of 2 MB up{how}"),
        &format!("{up:.0} MB/s"),
        &format!("{limit:.0} MB/s copied over the same TLS"),
        up / limit,
    );
}

fn many(server: &ServerProcess, folder: &Path, small: usize) {
    let (li, sun) = (phone(server, folder, "li"), phone(server, folder, "sun"));
    sync_all(&li);
    attach(&li, folder, (0..small as u64).map(|seed| picture(1_000 + seed, SMALL_BYTES)));
    let (sent, up) = sync_all(&li);
    assert_eq!(sent as usize, small);
    let (received, down) = sync_all(&sun);
    assert!(received as usize >= small);
    let rate = |count: u32, time: Duration| f64::from(count) / time.as_secs_f64();
    row(
        &format!("{small} photos of 2 KB up"),
        &format!("{:.1} s, {:.0} a second", up.as_secs_f64(), rate(sent, up)),
        "-",
        1.0,
    );
    row(
        &format!("{received} photos down, those of 2 KB among them"),
        &format!("{:.1} s, {:.0} a second", down.as_secs_f64(), rate(received, down)),
        "-",
        1.0,
    );
}

/// What loopback carries: the same number of bytes through TLS of the same library, and nothing done with
/// them.
fn copy_over_tls(bytes: usize) -> Duration {
    use std::io::{Read, Write};
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = rustls::DEFAULT_VERSIONS;
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let server = rustls::ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let client = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let reader = std::thread::spawn(move || {
        let (socket, _) = listener.accept().unwrap();
        let connection = rustls::ServerConnection::new(Arc::new(server)).unwrap();
        let mut stream = rustls::StreamOwned::new(connection, socket);
        let (mut part, mut read) = (vec![0; 256 * 1024], 0);
        while read < bytes {
            read += stream.read(&mut part).unwrap();
        }
    });
    let began = Instant::now();
    let name = ServerName::try_from("localhost").unwrap();
    let connection = rustls::ClientConnection::new(Arc::new(client), name).unwrap();
    let mut stream = rustls::StreamOwned::new(connection, std::net::TcpStream::connect(address).unwrap());
    let part = vec![7; 256 * 1024];
    let mut left = bytes;
    while left > 0 {
        let now = left.min(part.len());
        stream.write_all(&part[..now]).unwrap();
        left -= now;
    }
    stream.flush().unwrap();
    reader.join().unwrap();
    began.elapsed()
}
