//! Photos that a server lost, that a phone lost, that nobody has any more.

use std::path::{Path, PathBuf};

use ruhu_device::{Explain, SyncReport};
use ruhu_harness::pictures::picture;
use ruhu_harness::world::{OTHER_VILLAGE, TOWNSHIP, VILLAGE};
use ruhu_system_tests::cutting_proxy::{Direction, Limit, Then};
use ruhu_system_tests::process::Wire;

use crate::town::{Phone, Shot, Town};

fn shot(town: &Town, seed: u64) -> Shot {
    town.shot(picture(seed, 20_000))
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (from, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        match from.is_dir() {
            true => copy_folder(&from, &to),
            false => assert!(std::fs::copy(from, to).is_ok()),
        }
    }
}

impl Town {
    /// Puts a copy of the server's folder in its place.
    fn restore(&mut self, copy: &Path) {
        self.server.stop();
        std::fs::remove_dir_all(self.server.folder()).unwrap();
        copy_folder(copy, self.server.folder());
        self.server.restart();
        self.proxy.lead_to(self.server.address());
    }

    fn back_up(&mut self) -> PathBuf {
        let copy = self.folder().join("copy");
        self.server.stop();
        copy_folder(self.server.folder(), &copy);
        self.server.restart();
        self.proxy.lead_to(self.server.address());
        copy
    }

    fn path_of(&self, shot: &Shot) -> PathBuf {
        self.server.folder().join("files").join(&shot.sha256[..2]).join(&shot.sha256)
    }

    fn findings(&self) -> Vec<String> {
        let check = self.server.check();
        let codes = check["findings"].as_array().unwrap().iter();
        codes.map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
    }

    /// A caseworker on the line that a restarted server is found by.
    fn worker(&mut self, person: &str) -> Phone {
        self.caseworker(person)
    }
}

fn sync(phone: &Phone) -> SyncReport {
    let report = phone.sync().unwrap();
    assert_eq!(report.files_failed, []);
    report
}

fn requests_of_a_quiet_run(town: &mut Town, phone: &Phone) -> u64 {
    town.proxy.passages();
    sync(phone);
    town.proxy.passages().iter().map(|passage| passage.up).sum()
}

#[test]
fn photos_given_after_the_backup_come_back_after_the_restore() {
    let mut town = Town::new(Wire::Tls);
    let (wang, li) = (town.worker("王经办"), town.worker("李经办"));
    let (first, second, third) = (shot(&town, 1), shot(&town, 2), shot(&town, 3));
    let case = wang.new_case("张三");
    wang.attach(&case, &first);
    sync(&wang);
    let copy = town.back_up();
    wang.attach(&case, &second);
    let other = wang.new_case("李四");
    wang.attach(&other, &third);
    assert_eq!(sync(&wang).files_sent, 2);
    town.restore(&copy);

    sync(&wang);
    sync(&wang);
    assert_eq!(town.files().len(), 3, "every photo is there again");
    assert_eq!(town.findings(), Vec::<String>::new());
    sync(&li);
    for shot in [&first, &second, &third] {
        assert_eq!(li.device.file(&shot.sha256).unwrap(), shot.bytes);
    }
}

#[test]
fn a_photo_whose_text_was_in_the_backup_and_its_bytes_were_not_comes_back_too() {
    let mut town = Town::new(Wire::Tls);
    let wang = town.worker("王经办");
    let photo = shot(&town, 1);
    let case = wang.new_case("张三");
    wang.attach(&case, &photo);
    // The line breaks after the text: no log is ever further than in the copy.
    let text = |phone: &Phone| phone.outbox() == 0;
    let mut kilobytes = 2;
    while !text(&wang) {
        let limit = Limit { direction: Direction::Up, bytes: kilobytes * 1024, then: Then::Close };
        town.sync_limited(&wang, limit).0.unwrap_err();
        kilobytes += 1;
    }
    assert_eq!(wang.device.status().unwrap().files_waiting, 1);
    let copy = town.back_up();
    assert_eq!(sync(&wang).files_sent, 1);
    town.restore(&copy);
    sync(&wang);
    assert_eq!(town.files().len(), 1);
    assert_eq!(town.findings(), Vec::<String>::new());
}

#[test]
fn a_photo_gone_or_damaged_on_the_servers_disk_is_named_and_given_again() {
    let mut town = Town::new(Wire::Tls);
    let wang = town.worker("王经办");
    let (gone, flipped) = (shot(&town, 1), shot(&town, 2));
    let case = wang.new_case("张三");
    wang.attach(&case, &gone);
    wang.attach(&case, &flipped);
    assert_eq!(sync(&wang).files_sent, 2);
    std::fs::remove_file(town.path_of(&gone)).unwrap();
    let mut bytes = std::fs::read(town.path_of(&flipped)).unwrap();
    bytes[1_000] ^= 1;
    std::fs::write(town.path_of(&flipped), bytes).unwrap();

    // A colleague who asks for them is given nothing false.
    let address = town.proxy.address();
    let li = town.phone("李经办", ["caseworker", TOWNSHIP], address);
    let report = sync(&li);
    assert_eq!((report.files_received, report.files_lacking), (0, 2), "{report:?}");
    assert_eq!(li.device.status().unwrap().files_lacking, 2);
    assert_eq!(sync(&li).files_lacking, 0, "it is said once");
    assert_eq!(town.findings(), ["file", "file"]);

    sync(&wang);
    assert_eq!(town.findings(), Vec::<String>::new());
    assert_eq!(sync(&li).files_received, 2);
    for shot in [&gone, &flipped] {
        assert_eq!(li.device.file(&shot.sha256).unwrap(), shot.bytes);
    }
    assert_eq!(li.device.status().unwrap().files_lacking, 0);
}

#[test]
fn a_photo_that_nobody_has_any_more_is_said_once_and_costs_nothing_after_that() {
    let mut town = Town::new(Wire::Tls);
    let (wang, li) = (town.worker("王经办"), town.worker("李经办"));
    let photo = shot(&town, 1);
    let case = wang.new_case("张三");
    wang.attach(&case, &photo);
    sync(&wang);
    // The phone that has it is lost, and then the server's disk.
    drop(wang);
    std::fs::remove_file(town.path_of(&photo)).unwrap();
    town.server.check();
    let report = sync(&li);
    assert_eq!((report.files_lacking, report.files_received), (1, 0));
    let quiet = requests_of_a_quiet_run(&mut town, &li);
    assert_eq!(sync(&li).files_lacking, 0);
    assert!(quiet < 4_096, "{quiet} bytes");
    assert_eq!(li.device.status().unwrap().files_lacking, 1);
    assert_eq!(town.findings(), ["file"]);
}

#[test]
fn a_photo_of_two_households_is_seen_with_either() {
    let mut town = Town::new(Wire::Tls);
    let wang = town.worker("王经办");
    let photo = shot(&town, 1);
    let one = wang.new_case("张三");
    let other = wang.new_case_in("李四", OTHER_VILLAGE);
    wang.attach(&one, &photo);
    sync(&wang);
    wang.attach(&other, &photo);
    let report = sync(&wang);
    assert_eq!(report.files_sent, 0, "its bytes are there");
    let address = town.server.address();
    let near = town.phone("近网格", ["volunteer", VILLAGE], address);
    let far = town.phone("远网格", ["volunteer", OTHER_VILLAGE], address);
    for volunteer in [&near, &far] {
        assert_eq!(sync(volunteer).files_received, 1);
        assert_eq!(volunteer.device.file(&photo.sha256).unwrap(), photo.bytes);
    }
    assert_eq!(town.files().len(), 1, "it is stored once");
    assert_eq!(town.findings(), Vec::<String>::new());
}

/// The sealed files of a phone.
fn sealed(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder.join("files")).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.file_name().unwrap().len() == 64).collect()
}

#[test]
fn a_photo_that_a_phone_lost_is_fetched_again() {
    let mut town = Town::new(Wire::Tls);
    let wang = town.worker("王经办");
    let (kept, unsent) = (shot(&town, 1), shot(&town, 2));
    let case = wang.new_case("张三");
    wang.attach(&case, &kept);
    sync(&wang);
    let folder = town.folder().join("phone-1");
    for path in sealed(&folder) {
        std::fs::remove_file(path).unwrap();
    }
    assert_eq!(wang.device.check().unwrap().len(), 1, "the photo is named");
    assert_eq!(sync(&wang).files_received, 1);
    assert_eq!(wang.device.file(&kept.sha256).unwrap(), kept.bytes);

    // One that was never sent is lost: told as failed once, and counted for as long as it is so.
    wang.attach(&case, &unsent);
    for path in sealed(&folder) {
        std::fs::write(path, b"damaged").unwrap();
    }
    let report = wang.sync().unwrap();
    let codes: Vec<&str> = report.files_failed.iter().map(|fault| fault.code.as_str()).collect();
    assert_eq!(codes, ["damaged"]);
    sync(&wang);
    let status = wang.device.status().unwrap();
    assert_eq!((status.files_lost, status.files_waiting), (1, 0));
    assert_eq!(town.findings(), ["picture"]);
    // Attached again it is whole.
    wang.attach(&case, &unsent);
    assert_eq!(sync(&wang).files_sent, 1);
    assert_eq!(wang.device.status().unwrap().files_lost, 0);
    assert_eq!(town.findings(), Vec::<String>::new());
    assert_eq!(wang.device.file(&unsent.sha256).unwrap(), unsent.bytes);
}

#[test]
fn photos_of_colleagues_leave_room_for_the_phones_own_work() {
    let mut town = Town::new(Wire::Tls);
    let (wang, li) = (town.worker("王经办"), town.worker("李经办"));
    let (theirs, own) = (shot(&town, 1), shot(&town, 2));
    let case = wang.new_case("张三");
    wang.attach(&case, &theirs);
    sync(&wang);

    // No room above the reserve: it is not fetched, and said.
    li.device.set_reserve(Some(u64::MAX / 4));
    let report = sync(&li);
    assert_eq!((report.files_received, report.files_held_back), (0, 1));
    assert_eq!(li.device.file(&theirs.sha256).unwrap_err().code(), "not_found");
    // Somebody opens it.
    li.fetch(&theirs.sha256);
    assert_eq!(li.device.file(&theirs.sha256).unwrap(), theirs.bytes);
    assert_eq!(li.device.status().unwrap().files_of_others_bytes, theirs.bytes.len() as u64);

    // It gives way to the phone's own work, which is taken all the same.
    li.attach(&case, &own);
    let status = li.device.status().unwrap();
    assert_eq!((status.files_on_demand, status.files_of_others_bytes, status.files_waiting), (1, 0, 1));
    assert_eq!(sync(&li).files_sent, 1);
    assert_eq!(li.device.file(&own.sha256).unwrap(), own.bytes, "the own photo stays");
    assert_eq!(li.device.file(&theirs.sha256).unwrap_err().code(), "not_found");
    // With room again it comes when it is opened.
    li.device.set_reserve(Some(0));
    sync(&li);
    li.fetch(&theirs.sha256);
    assert_eq!(li.device.file(&theirs.sha256).unwrap(), theirs.bytes);
    // An answer, too, makes it give way where room is scarce.
    li.device.set_reserve(Some(u64::MAX / 4));
    li.write(&case, "remark", "门前有坡");
    assert_eq!(li.device.status().unwrap().files_of_others_bytes, 0);
    assert_eq!(li.device.check().unwrap(), Vec::<String>::new());
}
