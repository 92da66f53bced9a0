//! Three thousand photos on one phone, over the real endpoints: they are told, go and come in requests that
//! are bounded, and cost no more each than the first ones.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use ruhu_device::{PendingKind, Request, Response, SyncExtent};
use ruhu_harness::clock::ServerClock;
use ruhu_harness::link::Server;
use ruhu_harness::pictures::{photographed, picture, plain};
use ruhu_harness::world::{Phone, World, fast_folder};
use ruhu_server::hub::Hub;
use ruhu_system_tests::endpoints::Endpoints;

const HOUSEHOLDS: usize = 60;
const OF_EACH: usize = 50;
const PHOTOS: usize = HOUSEHOLDS * OF_EACH;

fn take_photos(world: &World, phone: &Phone) {
    let path = world.folder().join("photo.jpg");
    for household in 0..HOUSEHOLDS {
        let case = phone.new_case(&format!("第{household}户"));
        for number in 0..OF_EACH {
            let seed = household * OF_EACH + number;
            std::fs::write(&path, plain(seed as u16)).unwrap();
            phone.device().attach(&case, &path, "house_out").unwrap();
        }
    }
}

/// How many requests of each kind a phone made since the last call.
fn requests(phone: &Phone) -> BTreeMap<String, usize> {
    let mut count = BTreeMap::new();
    for request in phone.link.asked() {
        let kind = request.split('/').take(3).collect::<Vec<_>>().join("/");
        *count.entry(kind).or_default() += 1;
    }
    count
}

#[test]
fn three_thousand_photos_are_told_and_go_and_come_in_bounded_requests() {
    let root = tempfile::Builder::new().prefix("ruhu-photos").tempdir_in(fast_folder()).unwrap();
    let mut world = World::served_by(Arc::new(Endpoints::default()), 301, root);
    let (wang, li) = (world.caseworker("王经办"), world.caseworker("李经办"));
    take_photos(&world, &wang);
    let waiting = |phone: &Phone| phone.device().not_yet_safe().unwrap().of(PendingKind::Photo) as usize;
    assert_eq!((waiting(&wang), wang.device().status().unwrap().files_waiting as usize), (PHOTOS, PHOTOS));
    requests(&wang);

    let report = wang.sync().unwrap();
    assert_eq!((report.files_sent as usize, report.files_left), (PHOTOS, 0), "{:?}", report.files_failed);
    assert_eq!(waiting(&wang), 0);
    let asked = requests(&wang);
    assert_eq!((asked["POST /v1/uploads"], asked["PATCH /v1/uploads"]), (PHOTOS, PHOTOS), "{asked:?}");
    let others: usize = asked.values().sum::<usize>() - 2 * PHOTOS;
    assert!(others < 20, "{asked:?}");

    // A colleague gets them.
    let report = li.sync().unwrap();
    assert_eq!((report.files_received as usize, report.files_left), (PHOTOS, 0), "{:?}", report.files_failed);
    let asked = requests(&li);
    assert_eq!(asked["GET /v1/files"], PHOTOS, "{asked:?}");
    assert!(asked["POST /v1/files"] <= 2 * PHOTOS.div_ceil(1_000), "asked for in bulk: {asked:?}");

    // And then nothing costs anything any more.
    for phone in [&wang, &li] {
        phone.sync().unwrap();
        requests(phone);
        phone.sync().unwrap();
        let asked = requests(phone);
        assert!(asked.values().sum::<usize>() <= 3, "{asked:?}");
        assert_eq!(phone.device().check().unwrap(), Vec::<String>::new());
    }
}

/// The endpoints, behind something that will not let some photos pass: a rule of somebody's firewall, or a proxy
/// that breaks on them.
struct Choosy {
    endpoints: Endpoints,
    /// What it answers with.
    status: u16,
    /// The photos that it stops, and whether on their way up or down.
    stopped: Mutex<(BTreeSet<String>, &'static str)>,
}

impl Choosy {
    fn stops(&self, request: &Request) -> bool {
        let stopped = self.stopped.lock().unwrap();
        let uploaded = request.headers.iter().find(|(name, _)| *name == "upload-metadata");
        let named = match request.method {
            "POST" if request.path == "/v1/uploads" => uploaded.map(|(_, value)| digest_of(value)),
            "GET" => request.path.strip_prefix("/v1/files/").map(str::to_owned),
            _ => None,
        };
        request.method == stopped.1 && named.is_some_and(|sha256| stopped.0.contains(&sha256))
    }
}

/// The SHA-256 that the creation of an upload names, hexadecimal.
fn digest_of(metadata: &str) -> String {
    let field = metadata.split(',').find_map(|field| field.trim().strip_prefix("sha256 ")).unwrap();
    String::from_utf8(data_encoding::BASE64.decode(field.as_bytes()).unwrap()).unwrap()
}

impl Server for Choosy {
    fn start(&self, hub: Hub, clock: Arc<ServerClock>) {
        self.endpoints.start(hub, clock);
    }

    fn stop(&self) {
        self.endpoints.stop();
    }

    fn with_hub(&self, act: &mut dyn FnMut(&mut Hub)) {
        self.endpoints.with_hub(act);
    }

    fn answer(&self, request: &Request) -> Option<Response> {
        match self.stops(request) {
            true => Some(Response { status: self.status, headers: Vec::new(), body: b"blocked".to_vec() }),
            false => self.endpoints.answer(request),
        }
    }
}

#[test]
fn more_photos_that_fail_than_a_run_reads_at_once_hide_none_of_those_behind_them() {
    const FAILING: usize = 1_003;
    let root = tempfile::Builder::new().prefix("ruhu-photos").tempdir_in(fast_folder()).unwrap();
    let choosy = Arc::new(Choosy { endpoints: Endpoints::default(), status: 403, stopped: Mutex::default() });
    let mut world = World::served_by(choosy.clone(), 302, root);
    let (wang, li) = (world.caseworker("王经办"), world.caseworker("李经办"));
    let path = world.folder().join("photo.jpg");
    let attach = |case: &str, jpeg: &[u8]| {
        std::fs::write(&path, jpeg).unwrap();
        wang.device().attach(case, &path, "house_out").unwrap().sha256
    };
    let mut small = BTreeSet::new();
    for household in 0..20 {
        let case = wang.new_case(&format!("第{household}户"));
        let count = (FAILING - household).div_ceil(20);
        small.extend((0..count).map(|number| attach(&case, &plain((household + 20 * number) as u16))));
    }
    assert_eq!(small.len(), FAILING);
    // The largest come last.
    let case = wang.new_case("李四");
    for seed in 0..3 {
        attach(&case, &photographed(&picture(900 + seed, 300_000)));
    }
    *choosy.stopped.lock().unwrap() = (small.clone(), "POST");
    requests(&wang);
    let report = wang.sync().unwrap();
    assert_eq!((report.files_sent, report.files_failed.len(), report.files_left), (3, FAILING, 0));
    assert_eq!(requests(&wang)["POST /v1/uploads"], FAILING + 3, "each is tried once");
    let extent = SyncExtent::of_report(&report, &wang.device().not_yet_safe().unwrap());
    assert_eq!(extent, SyncExtent::InPart);

    // Then they pass, and on their way to a colleague they are stopped.
    *choosy.stopped.lock().unwrap() = (small, "GET");
    assert_eq!(wang.sync().unwrap().files_sent as usize, FAILING);
    let report = li.sync().unwrap();
    assert_eq!((report.files_received, report.files_failed.len(), report.files_left), (3, FAILING, 0));
    *choosy.stopped.lock().unwrap() = Default::default();
    assert_eq!(li.sync().unwrap().files_received as usize, FAILING);
}

#[test]
fn photos_with_which_a_server_fails_each_time_hold_up_none_of_those_behind_them() {
    const FAILING: usize = 5;
    let root = tempfile::Builder::new().prefix("ruhu-photos").tempdir_in(fast_folder()).unwrap();
    let choosy = Arc::new(Choosy { endpoints: Endpoints::default(), status: 500, stopped: Mutex::default() });
    let mut world = World::served_by(choosy.clone(), 303, root);
    let (wang, li) = (world.caseworker("王经办"), world.caseworker("李经办"));
    let path = world.folder().join("photo.jpg");
    let case = wang.new_case("李四");
    let attach = |jpeg: &[u8]| {
        std::fs::write(&path, jpeg).unwrap();
        wang.device().attach(&case, &path, "house_out").unwrap().sha256
    };
    let small: BTreeSet<String> = (0..FAILING).map(|number| attach(&plain(number as u16))).collect();
    (0..3).for_each(|seed| drop(attach(&photographed(&picture(900 + seed, 300_000)))));
    *choosy.stopped.lock().unwrap() = (small.clone(), "POST");
    // The server seems to be ill: after three in a row it is left alone.
    let report = wang.sync().unwrap();
    assert_eq!((report.files_sent, report.files_failed.len(), report.files_left), (0, 3, FAILING as u32));
    // It is begun behind them, and they are come to last.
    let report = wang.sync().unwrap();
    assert_eq!((report.files_sent, report.files_failed.len(), report.files_left), (3, FAILING, 0));
    // What is added later does not wait for long either, wherever it stands.
    attach(&photographed(&picture(910, 300_000)));
    let sent: u32 = (0..2).map(|_| wang.sync().unwrap().files_sent).sum();
    assert_eq!(sent, 1);

    // On the way up they fail still, and nothing is held up on the way down by that or by itself.
    let visited = li.new_case("张三");
    std::fs::write(&path, photographed(&picture(911, 300_000))).unwrap();
    li.device().attach(&visited, &path, "house_out").unwrap();
    let counts: Vec<u32> =
        (0..2).map(|_| li.sync().unwrap()).map(|r| r.files_received + r.files_sent).collect();
    assert_eq!(counts, [5, 0], "four photos of the colleague's, and the own one");
    let received: u32 = (0..2).map(|_| wang.sync().unwrap().files_received).sum();
    assert_eq!(received, 1);
    *choosy.stopped.lock().unwrap() = Default::default();
    assert_eq!(wang.sync().unwrap().files_sent as usize, FAILING);
    *choosy.stopped.lock().unwrap() = (small, "GET");
    let report = li.sync().unwrap();
    assert_eq!((report.files_received, report.files_failed.len()), (0, 3));
    attach(&photographed(&picture(912, 300_000)));
    wang.sync().unwrap();
    let received: u32 = (0..2).map(|_| li.sync().unwrap().files_received).sum();
    assert_eq!(received, 1, "what came later is fetched though five fail before it");
    *choosy.stopped.lock().unwrap() = Default::default();
    assert_eq!(li.sync().unwrap().files_received as usize, FAILING);
}

#[test]
fn of_a_revoked_phone_too_photos_with_which_a_server_fails_hold_up_none_of_those_behind_them() {
    let root = tempfile::Builder::new().prefix("ruhu-photos").tempdir_in(fast_folder()).unwrap();
    let choosy = Arc::new(Choosy { endpoints: Endpoints::default(), status: 500, stopped: Mutex::default() });
    let mut world = World::served_by(choosy.clone(), 304, root);
    let wang = world.caseworker("王经办");
    wang.sync().unwrap();
    let path = world.folder().join("photo.jpg");
    let case = wang.new_case("李四");
    let attach = |jpeg: &[u8]| {
        std::fs::write(&path, jpeg).unwrap();
        wang.device().attach(&case, &path, "house_out").unwrap().sha256
    };
    let small: BTreeSet<String> = (0..3).map(|number| attach(&plain(number))).collect();
    (0..2).for_each(|seed| drop(attach(&photographed(&picture(920 + seed, 300_000)))));
    let (id, now) = (wang.id(), world.clock.now_ms());
    world.with_hub(|hub| hub.revoke(id, None, now)).unwrap();
    *choosy.stopped.lock().unwrap() = (small, "POST");
    let counts: Vec<(u32, u32)> = (0..3)
        .map(|_| wang.sync().unwrap())
        .map(|report| (report.files_kept_apart, report.files_failed.len() as u32))
        .collect();
    assert_eq!(counts, [(0, 3), (2, 3), (0, 3)]);
    *choosy.stopped.lock().unwrap() = Default::default();
    assert_eq!(wang.sync().unwrap().files_kept_apart, 3);
}
