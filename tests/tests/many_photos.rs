//! Three thousand photos on one phone, over the real endpoints: they are told, go and come in requests that
//! are bounded, and cost no more each than the first ones.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::sync::Arc;

use ruhu_device::PendingKind;
use ruhu_harness::pictures::plain;
use ruhu_harness::world::{Phone, World, fast_folder};
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
