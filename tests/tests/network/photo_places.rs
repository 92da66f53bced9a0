//! Where each photo is, the room that is given back for those in a second place, and networks that cost.

use std::sync::Arc;

use ruhu_device::{
    Explain, FilesStatus, PhotoPlace, PictureSettings, SyncControl, SyncExtent, SyncObserver, SyncPhase,
    SyncProgress, SyncReport,
};
use ruhu_harness::pictures::{photographed, picture};
use ruhu_system_tests::process::Wire;

use crate::town::{Phone, Shot, Town};

fn shot(town: &Town, seed: u64, bytes: usize) -> Shot {
    town.shot(picture(seed, bytes))
}

fn status(phone: &Phone) -> FilesStatus {
    phone.device.files_status(None).unwrap()
}

fn place_of(phone: &Phone, shot: &Shot) -> PhotoPlace {
    let photos = status(phone).photos;
    photos.iter().find(|photo| photo.sha256 == shot.sha256).unwrap().place
}

fn sync(phone: &Phone) -> SyncReport {
    let report = phone.sync().unwrap();
    assert_eq!(report.files_failed, []);
    report
}

impl Town {
    fn back_up_whole(&self) -> serde_json::Value {
        self.server.admin(&["backup", self.folder().join("backup.tar").to_str().unwrap()])
    }
}

#[test]
fn a_photo_is_only_here_then_on_the_server_then_in_a_second_place() {
    let mut town = Town::new(Wire::Tls);
    let (wang, li) = (town.caseworker("王经办"), town.caseworker("李经办"));
    let photo = shot(&town, 1, 20_000);
    let case = wang.new_case("张三");
    wang.attach(&case, &photo);
    let before = status(&wang);
    assert_eq!((before.only_here.photos, before.only_here.bytes), (1, photo.bytes.len() as u64));
    assert_eq!(
        (before.photos[0].place, before.photos[0].household.as_str()),
        (PhotoPlace::OnlyHere, "张三 柳树胡同3号")
    );

    sync(&wang);
    assert_eq!(place_of(&wang, &photo), PhotoPlace::Server);
    sync(&li);
    assert_eq!(place_of(&li, &photo), PhotoPlace::Server);
    assert_eq!(town.back_up_whole()["noted"], true);
    // Nobody knows of it before he is told.
    assert_eq!(place_of(&wang, &photo), PhotoPlace::Server);
    for phone in [&wang, &li] {
        sync(phone);
        assert_eq!(place_of(phone, &photo), PhotoPlace::SecondPlace);
        assert_eq!(phone.device.files_status(Some(&case)).unwrap().second_place.photos, 1);
    }
    // What comes after the backup is not in it.
    let later = shot(&town, 2, 20_000);
    wang.attach(&case, &later);
    sync(&wang);
    assert_eq!(
        (place_of(&wang, &later), place_of(&wang, &photo)),
        (PhotoPlace::Server, PhotoPlace::SecondPlace)
    );
    town.back_up_whole();
    sync(&wang);
    assert_eq!(place_of(&wang, &later), PhotoPlace::SecondPlace);
}

#[test]
fn room_is_given_back_for_photos_in_a_second_place_and_they_come_again_when_opened() {
    let mut town = Town::new(Wire::Tls);
    let wang = town.caseworker("王经办");
    let shots = [1, 2, 3].map(|number| shot(&town, number, 20_000));
    let cases = ["张三", "李四", "王五"].map(|name| wang.new_case(name));
    cases.iter().zip(&shots).for_each(|(case, shot)| drop(wang.attach(case, shot)));
    // The first household was touched last, the third is being visited.
    wang.write(&cases[0], "remark", "门前有坡");
    let visits = wang.device.visits(true).unwrap();
    wang.device.visit_close(&visits[0].id).unwrap();
    wang.device.visit_start(&cases[2], "small").unwrap();
    sync(&wang);
    let none = wang.device.files_reclaim(None).unwrap();
    assert_eq!(
        (none.photos, status(&wang).reclaimable.photos),
        (0, 0),
        "the server alone is no second place"
    );

    town.back_up_whole();
    sync(&wang);
    assert_eq!(status(&wang).reclaimable.photos, 2, "not those of the household that is visited");
    let first = wang.device.files_reclaim(Some(1)).unwrap();
    assert_eq!((first.photos, first.bytes), (1, shots[1].bytes.len() as u64));
    assert_eq!(wang.device.file(&shots[1].sha256).unwrap_err().code(), "not_found", "the longest unchanged");
    assert_eq!(wang.device.file(&shots[0].sha256).unwrap(), shots[0].bytes);
    assert_eq!(wang.device.files_reclaim(None).unwrap().photos, 1);
    assert_eq!(wang.device.file(&shots[2].sha256).unwrap(), shots[2].bytes);

    // They are where they were, are not fetched by themselves, and nothing is told as lost.
    sync(&wang);
    let after = status(&wang);
    assert_eq!((after.second_place.photos, after.here.photos, after.lacking.photos), (3, 1, 0));
    assert_eq!(wang.device.not_yet_safe().unwrap().count, 0);
    wang.fetch(&shots[1].sha256);
    assert_eq!(wang.device.file(&shots[1].sha256).unwrap(), shots[1].bytes);
    let again = status(&wang);
    assert_eq!((again.second_place.photos, again.here.photos, again.reclaimable.photos), (3, 2, 1));
    assert_eq!(wang.device.check().unwrap(), Vec::<String>::new());
}

#[test]
fn a_photo_whose_room_was_given_back_and_that_the_server_lost_is_told() {
    let mut town = Town::new(Wire::Tls);
    let wang = town.caseworker("王经办");
    let photo = shot(&town, 1, 20_000);
    let case = wang.new_case("张三");
    wang.attach(&case, &photo);
    sync(&wang);
    town.back_up_whole();
    sync(&wang);
    assert_eq!(wang.device.files_reclaim(None).unwrap().photos, 1);
    std::fs::remove_dir_all(town.server.folder().join("files")).unwrap();
    town.server.stop();
    town.server.restart();
    town.server.check();
    town.proxy.lead_to(town.server.address());
    sync(&wang);
    assert_eq!(place_of(&wang, &photo), PhotoPlace::Lost);
    assert_eq!(wang.device.not_yet_safe().unwrap().count, 1);
}

#[test]
fn on_a_metered_network_text_goes_and_photos_wait() {
    let mut town = Town::new(Wire::Tls);
    let wang = town.caseworker("王经办");
    let case = wang.new_case("张三");
    let photo = shot(&town, 1, 20_000);
    wang.attach(&case, &photo);
    wang.device.set_metered(true);
    let report = sync(&wang);
    assert!(report.sent > 0);
    assert_eq!((report.files_sent, report.files_paused, report.files_left), (0, 1, 0));
    let extent = SyncExtent::of_report(&report, &wang.device.not_yet_safe().unwrap());
    assert_eq!(extent, SyncExtent::InPart);
    wang.device.set_metered(false);
    assert_eq!(sync(&wang).files_sent, 1);
}

/// A phone whose network becomes a metered one when some of a photo has passed.
struct LeavesTheOffice {
    phone: Arc<Phone>,
    heard: std::sync::Mutex<Vec<SyncProgress>>,
}

impl SyncObserver for LeavesTheOffice {
    fn on_progress(&self, progress: &SyncProgress) {
        self.heard.lock().unwrap().push(*progress);
        if progress.phase == SyncPhase::Photos && progress.photo_seconds_left.is_some() {
            self.phone.device.set_metered(true);
        }
    }
}

#[test]
fn a_network_that_becomes_metered_stops_within_a_photo_which_goes_on_from_there() {
    let mut town = Town::new(Wire::Tls);
    let wang = Arc::new(town.caseworker("王经办"));
    let case = wang.new_case("张三");
    let photo = shot(&town, 1, 1_500_000);
    wang.attach(&case, &photo);
    let observer = Arc::new(LeavesTheOffice { phone: wang.clone(), heard: Default::default() });
    let control = SyncControl { observer: Some(observer.clone()), ..SyncControl::default() };
    let report = wang.sync_with(&control).unwrap();
    assert_eq!((report.files_sent, report.files_paused), (0, 1));
    let sent = status(&wang).photos[0].sent;
    let size = photo.bytes.len() as u64;
    assert!(sent > 0 && sent < size, "{sent} of {size}");
    let left: Vec<u64> = observer.heard.lock().unwrap().iter().map(|heard| heard.photo_bytes_left).collect();
    assert_eq!((left.iter().max(), left.last()), (Some(&size), Some(&(size - sent))));
    assert_eq!(town.bytes_of_uploads(), sent);
    wang.device.set_metered(false);
    assert_eq!(sync(&wang).files_sent, 1);
    assert_eq!(town.files().len(), 1);
}

#[test]
fn an_original_is_kept_beside_the_picture_and_comes_to_a_colleague_when_it_is_opened() {
    let mut town = Town::new(Wire::Tls);
    let (wang, li) = (town.caseworker("王经办"), town.caseworker("李经办"));
    wang.device.set_picture_settings(PictureSettings { originals: true, ..Default::default() }).unwrap();
    let original = town.shot(photographed(&picture(1, 40_000)));
    let case = wang.new_case("张三");
    let kept = wang.device.attach(&case, &original.path, "house_out").unwrap();
    assert_ne!(kept.sha256, original.sha256);
    assert_eq!(sync(&wang).files_sent, 2);
    assert_eq!(sync(&li).files_received, 1, "the picture, not the original");
    let bytes = li.device.file(&kept.sha256).unwrap();
    assert_eq!(bytes, wang.device.file(&kept.sha256).unwrap());
    assert_eq!(li.device.file(&original.sha256).unwrap_err().code(), "not_found");
    li.fetch(&original.sha256);
    assert_eq!(li.device.file(&original.sha256).unwrap(), original.bytes);
    assert_eq!(town.files().len(), 2);
    assert_eq!(town.server.check()["findings"], serde_json::json!([]));
    for phone in [&wang, &li] {
        assert_eq!(phone.device.check().unwrap(), Vec::<String>::new());
        assert_eq!(phone.device.not_yet_safe().unwrap().count, 0);
    }
}
