//! Households of 75 facts up, down and corrected, beside PouchDB with the same households
//! (`tests/peers/pouchdb`), which `cargo xtask bench` measures just before.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cpu_time::{ProcessTime, ThreadTime};
use ruhu_device::{NewCase, Request, Response};
use ruhu_harness::clock::ServerClock;
use ruhu_harness::link::{Direct, Server};
use ruhu_harness::world::{Phone, VILLAGE, World};
use ruhu_server::Hub;
use serde_json::Value;

use crate::household::{facts, form, household};
use crate::{on_disk, row};

const HOUSEHOLDS: u32 = 1_000;
const EDITS: usize = 100;
/// What a thousand households may cost on a village line, in bytes.
const MOST_UP: u64 = 800_000;
/// In seconds.
const LONGEST_DOWN: f64 = 0.6;
const MOST_FOR_EDITS: u64 = 12_000;

/// Writes the households, one JSON object a line.
pub fn write(file: &Path) {
    let lines = (0..HOUSEHOLDS).fold(String::new(), |mut lines, number| {
        let _ = writeln!(lines, "{}", household(number));
        lines
    });
    std::fs::write(file, lines).unwrap();
}

/// Measures, and prints the rows; the peer's figures are what its driver printed.
pub fn measure(peer: Option<&Path>) {
    let peer: Value =
        peer.map_or(Value::Null, |file| serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap());
    let hub = Arc::new(Timed::default());
    let mut world = World::served_by(hub.clone(), 4, on_disk());
    let (writer, reader) = (world.caseworker("量度"), world.caseworker("读者"));
    writer.device().form_install(&form()).unwrap();
    for phone in [&writer, &reader] {
        phone.sync().unwrap();
    }
    let cases: Vec<String> = (0..HOUSEHOLDS).map(|number| visited(&writer, number)).collect();
    let began = Instant::now();
    let up = writer.sync().unwrap();
    let up_time = began.elapsed().as_secs_f64();
    hub.take();
    let (began, processor) = (Instant::now(), ProcessTime::now());
    let down = reader.sync().unwrap();
    let (down_time, both, server) = (began.elapsed().as_secs_f64(), processor.elapsed(), hub.take());
    let phone = both.saturating_sub(server).as_secs_f64();
    assert_eq!(reader.device().status().unwrap().cases, HOUSEHOLDS);
    for case in cases.iter().take(EDITS) {
        writer.device().case_set(case, "case/remark", &format!("更正{}", &case[..4])).unwrap();
    }
    let edits = writer.sync().unwrap();

    let told = |what: &str, value: String| format!("{what}; PouchDB {value}");
    let bytes = |part: &str| peer[part]["up"].as_u64().map_or("–".to_owned(), |bytes| bytes.to_string());
    let time = |part: &str| peer[part]["seconds"].as_f64().map_or("–".to_owned(), |s| format!("{s:.2} s"));
    row(
        &format!("{HOUSEHOLDS} households of 75 facts up, body bytes"),
        &format!("{} in {up_time:.2} s", up.bytes_up),
        &told(&MOST_UP.to_string(), format!("{} in {}", bytes("up"), time("up"))),
        up.bytes_up as f64 / MOST_UP as f64,
    );
    row(
        &format!("{HOUSEHOLDS} households of 75 facts down, time"),
        &format!("{down_time:.2} s, {} bytes", down.bytes_down),
        &told(&format!("{LONGEST_DOWN} s"), time("down")),
        down_time / LONGEST_DOWN,
    );
    row(
        &format!("{HOUSEHOLDS} households of 75 facts down, processor time of the phone, all threads"),
        &format!("{phone:.2} s; of the server {:.2} s", server.as_secs_f64()),
        &format!("{LONGEST_DOWN} s"),
        phone / LONGEST_DOWN,
    );
    row(
        &format!("{EDITS} facts of {EDITS} such households up, body bytes"),
        &edits.bytes_up.to_string(),
        &told(&MOST_FOR_EDITS.to_string(), bytes("edits")),
        edits.bytes_up as f64 / MOST_FOR_EDITS as f64,
    );
}

/// A household as a caseworker leaves it after a visit.
fn visited(phone: &Phone, number: u32) -> String {
    let household = household(number);
    let device = phone.device();
    let case = device
        .case_new(NewCase {
            name: household["head"]["name"].as_str().unwrap().to_owned(),
            division: VILLAGE.into(),
            address: household["place"]["address"].as_str().unwrap().to_owned(),
            ..NewCase::default()
        })
        .unwrap();
    let visit = device.visit_start(&case.id, "household_check").unwrap().id;
    for (path, fact) in facts(&household) {
        device.visit_answer(&visit, &format!("/data/{path}"), &fact).unwrap();
    }
    device.visit_save(&visit).unwrap();
    case.id
}

/// The hub, called as a function on a thread of its own, as a server works beside its phones, and the
/// processor's time for it.
#[derive(Default)]
struct Timed {
    hub: Direct,
    spent: Mutex<Duration>,
}

impl Timed {
    /// The time since it was last asked for.
    fn take(&self) -> Duration {
        std::mem::take(&mut *self.spent.lock().unwrap())
    }
}

impl Server for Timed {
    fn start(&self, hub: Hub, clock: Arc<ServerClock>) {
        self.hub.start(hub, clock);
    }

    fn stop(&self) {
        self.hub.stop();
    }

    fn with_hub(&self, act: &mut dyn FnMut(&mut Hub)) {
        self.hub.with_hub(act);
    }

    fn is_beside(&self) -> bool {
        true
    }

    fn answer(&self, request: &Request) -> Option<Response> {
        let began = ThreadTime::now();
        let answer = self.hub.answer(request);
        *self.spent.lock().unwrap() += began.elapsed();
        answer
    }
}
