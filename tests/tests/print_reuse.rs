//! One print on letters of two households, which come to phones and to a server over the real endpoints: who is
//! told of it, who is not, and what the real `ruhu-server` says of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use ruhu_device::{CancelToken, Explain, HeldReuse, SyncControl, SyncObserver, SyncPhase, SyncProgress};
use ruhu_harness::world::{OTHER_VILLAGE, Phone, VILLAGE, World, fast_folder};
use ruhu_pictures::impression::Manner;
use ruhu_pictures::ink::Mark;
use ruhu_pictures::letters::Hand;
use ruhu_pictures::noise::Chance;
use ruhu_pictures::pressed::{code, photo};
use ruhu_server::hub::{PhotoFolder, Subject};
use ruhu_system_tests::endpoints::Endpoints;
use ruhu_system_tests::process::server_program;
use serde_json::Value;

/// A photo of a household's letter with an impression in its box, as a file.
fn letter(world: &World, case: &str, mark: &Mark, seed: u64) -> PathBuf {
    let file = world.folder().join(format!("{seed}.jpg"));
    std::fs::write(&file, photo(&code(case, "2026-11", 1), &[(1, mark)], seed)).unwrap();
    file
}

fn held(phone: &Phone) -> HeldReuse {
    assert_eq!(phone.device().letter_look(u32::MAX).unwrap().left, 0);
    phone.device().letter_reuse_held(&mut |_, _| true).unwrap()
}

/// The lines of `ruhu-server letter reuse`: pairs, and the last one, which sums up.
fn on_server(folder: &Path, more: &[&str]) -> (Vec<Value>, Value) {
    let command =
        [&["--json", "letter", "reuse", "--data"], [folder.to_str().unwrap()].as_slice(), more].concat();
    let output = Command::new(server_program()).args(command).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let mut lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let summary = lines.pop().unwrap()["summary"].take();
    (lines, summary)
}

#[test]
fn a_print_on_two_households_letters_is_told_to_who_may_see_both_and_found_on_the_server() {
    let root = tempfile::Builder::new().prefix("ruhu-prints").tempdir_in(fast_folder()).unwrap();
    let mut world = World::served_by(Arc::new(Endpoints::default()), 73, root);
    let data = world.folder().join("server");
    world.stop_server();
    PhotoFolder::begin_sealing(&data).unwrap();
    world.start_server();
    let (wang, zhao) = (world.caseworker("王经办"), world.caseworker("赵经办"));
    let volunteer = world.volunteer("孙网格");
    let far = wang.new_case_in("陈大河", OTHER_VILLAGE);
    let near = wang.new_case_in("李四", VILLAGE);
    let chance = &mut Chance::of(731);
    let finger = Hand::First.finger(731);
    let mut press = || Hand::First.press(&finger, Manner::Good, chance);
    let (print, again) = (press(), press());
    let first = wang.device().attach(&far, &letter(&world, &far, &print, 7311), "letter").unwrap();
    wang.sync().unwrap();
    assert_eq!(zhao.sync().unwrap().files_received, 1);

    // The letter came with the sync and was looked at: a copy is found on this phone too, and the same finger
    // pressed again is none.
    let copy = letter(&world, &near, &print.turned(-0.4, 1.0), 7312);
    let second = zhao.device().attach(&near, &copy, "letter").unwrap();
    let reuse = second.reuse.unwrap();
    let [told] = reuse.reused.as_slice() else { panic!("{reuse:?}") };
    assert_eq!((&told.earlier.case, reuse.not_shown), (&far, 0));
    let pressed_again = letter(&world, &near, &again, 7313);
    let third = zhao.device().attach(&near, &pressed_again, "letter").unwrap();
    assert!(third.reuse.unwrap().reused.is_empty());
    zhao.sync().unwrap();

    // Who may not see one of the households learns that there is one, and nothing of it.
    volunteer.sync().unwrap();
    let all = held(&volunteer);
    assert_eq!((all.photos, all.pairs.len(), all.not_shown), (2, 0, 1), "{all:?}");
    let shown = serde_json::to_string(&volunteer.device().case_show(&near).unwrap()).unwrap();
    assert!(!shown.contains(&far) && !shown.contains("陈大河") && !shown.contains(&first.id), "{shown}");
    wang.sync().unwrap();
    let all = held(&wang);
    let [pair] = all.pairs.as_slice() else { panic!("{all:?}") };
    // Which was first is by the clocks of two phones.
    let both = BTreeSet::from([first.sha256.as_str(), second.sha256.as_str()]);
    assert_eq!((BTreeSet::from([pair.a.as_str(), pair.b.as_str()]), all.not_shown), (both.clone(), 0));

    // The server, whose photos are sealed, says the same, and names nobody.
    world.stop_server();
    let (pairs, summary) = on_server(&data, &[]);
    let [pair] = pairs.as_slice() else { panic!("{pairs:?}") };
    assert_eq!(BTreeSet::from([&pair["a"], &pair["b"]].map(|file| file.as_str().unwrap())), both);
    let place = ["a_place", "b_place"].map(|place| &pair[place]);
    let near_place = place.into_iter().find(|place| place["case"] == near.as_str()).unwrap();
    assert!(place.iter().any(|place| place["case"] == far.as_str()), "{pair}");
    assert_eq!((&near_place["grantor"], &near_place["name"]), (&"1".into(), &Value::Null));
    assert!(!pair.to_string().contains("陈大河") && !pair.to_string().contains("李四"), "{pair}");
    assert_eq!((&summary["photos"], &summary["pairs"]), (&3.into(), &1.into()), "{summary}");
    let (pairs, summary) = on_server(&data, &["--division", VILLAGE]);
    assert_eq!((pairs.len(), &summary["photos"]), (0, &2.into()), "{summary}");

    // What cannot be read is named, and the rest goes on.
    let digits = &second.sha256;
    let sealed = data.join("files").join(&digits[..2]).join(format!("{digits}.sealed"));
    let mut bytes = std::fs::read(&sealed).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&sealed, bytes).unwrap();
    let (pairs, summary) = on_server(&data, &[]);
    assert_eq!((pairs.len(), &summary["photos"]), (0, &2.into()), "{summary}");
    assert_eq!(
        (&summary["unread"][0]["file"], &summary["unread"][0]["reason"]),
        (&digits.clone().into(), &"unreadable".into())
    );

    // What an administrator excludes is kept nowhere.
    world.start_server();
    let document = Subject::Document(far.parse().unwrap());
    let now = world.clock.now_ms();
    world.with_hub(|hub| hub.exclude(document, false, now)).unwrap();
    wang.sync().unwrap();
    let all = wang.device().letter_reuse_held(&mut |_, _| true).unwrap();
    assert_eq!((all.photos, all.pairs.len()), (2, 0), "{all:?}");
}

/// Stops a sync when it has looked at so many letters.
struct Stops {
    at: u32,
    cancel: CancelToken,
    heard: Mutex<Vec<(u32, u32)>>,
}

impl SyncObserver for Stops {
    fn on_progress(&self, progress: &SyncProgress) {
        if progress.phase != SyncPhase::Letters {
            return;
        }
        self.heard.lock().unwrap().push((progress.letters, progress.letters_left));
        if progress.letters == self.at {
            self.cancel.cancel();
        }
    }
}

#[test]
fn a_sync_tells_how_far_its_look_at_letters_is_and_stops_between_two() {
    let root = tempfile::Builder::new().prefix("ruhu-prints").tempdir_in(fast_folder()).unwrap();
    let mut world = World::served_by(Arc::new(Endpoints::default()), 74, root);
    let (wang, zhao) = (world.caseworker("王经办"), world.caseworker("赵经办"));
    for seed in 741..744 {
        let case = wang.new_case("陈大河");
        let print = Hand::First.press(&Hand::First.finger(seed), Manner::Good, &mut Chance::of(seed));
        wang.device().attach(&case, &letter(&world, &case, &print, seed), "letter").unwrap();
    }
    wang.sync().unwrap();
    let sync = |at: u32| {
        let cancel = CancelToken::default();
        let stops = Arc::new(Stops { at, cancel: cancel.clone(), heard: Mutex::default() });
        let control = SyncControl { observer: Some(stops.clone()), cancel, ..SyncControl::default() };
        let report = zhao.sync_with(&control);
        let heard = stops.heard.lock().unwrap().clone();
        (report, heard)
    };
    // What came by then stays, and what was looked at is not looked at again.
    let (report, heard) = sync(1);
    assert_eq!((report.unwrap_err().code(), heard), ("cancelled", vec![(0, 3), (1, 2)]));
    let (report, heard) = sync(u32::MAX);
    assert_eq!((report.unwrap().files_received, heard), (0, vec![(0, 2), (1, 1), (2, 0)]));
    assert_eq!(zhao.device().letter_reuse_held(&mut |_, _| true).unwrap().photos, 3);
    // Where there is nothing to look at, nothing is told.
    assert_eq!(sync(u32::MAX).1, []);
}
