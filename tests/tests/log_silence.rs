//! What is written into logs at the most talkative level: ids, counts, durations, codes. A whole story is
//! told with values that would be recognised, and none of them is there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write;
use std::sync::{Arc, Mutex};

use ruhu_device::{Explain, NewCase, SyncControl};
use ruhu_harness::world::{Phone, VILLAGE, World};
use ruhu_system_tests::photo::Photo;
use tracing_subscriber::fmt::MakeWriter;

const NAME: &str = "欧阳测名";
const OTHER_NAME: &str = "司徒另名";
const ID_NUMBER: &str = "110101190001010014";
const WRONG_ID_NUMBER: &str = "110101190001010013";
const PHONE: &str = "13800138997";
const ADDRESS: &str = "梧桐巷七十七号院";
const ANSWERS: [&str; 3] = ["灶台漏烟需要修", "欠表哥两万三千", "长期服用降压药"];
const PERSONS: [&str; 2] = ["经办甲某某", "网格乙某某"];
const FILE_NAME: &str = "欧阳家大门口照片";

/// Everything that was logged, of this process.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Log;

    fn make_writer(&'a self) -> Log {
        self.clone()
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn everything_is_logged() -> Log {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    log
}

fn household(phone: &Phone) -> String {
    let new = NewCase {
        name: NAME.into(),
        division: VILLAGE.into(),
        address: ADDRESS.into(),
        phone: Some(PHONE.into()),
        idno: Some(ID_NUMBER.into()),
    };
    phone.device().case_new(new).unwrap().id
}

/// Two phones on a household, a photo, a conflict and its end, a copied phone, a revocation.
fn story(world: &mut World, folder: &std::path::Path) {
    let mut wang = world.caseworker(PERSONS[0]);
    let li = world.volunteer(PERSONS[1]);
    let case = household(&wang);
    let wrong = NewCase {
        idno: Some(WRONG_ID_NUMBER.into()),
        name: OTHER_NAME.into(),
        division: VILLAGE.into(),
        ..NewCase::default()
    };
    assert_eq!(wang.device().case_new(wrong).unwrap_err().code(), "id_number");
    let photo = folder.join(format!("{FILE_NAME}.jpg"));
    std::fs::write(&photo, Photo { seed: 1, width: 320, height: 240 }.to_jpeg().unwrap()).unwrap();
    wang.device().attach(&case, &photo, "house_out").unwrap();
    assert_eq!(wang.device().attach(&case, &folder.join(ANSWERS[2]), "sign").unwrap_err().code(), "file");
    let control = SyncControl { slice_bytes: 1, ..SyncControl::default() };
    wang.sync_with(&control).unwrap();
    li.sync_with(&control).unwrap();
    wang.write(&case, "remark", ANSWERS[0]);
    li.write(&case, "remark", ANSWERS[1]);
    for phone in [&wang, &li, &wang] {
        phone.sync().unwrap();
    }
    assert_eq!(wang.device().case_search(NAME, 9).unwrap().len(), 1);
    assert_eq!(wang.conflict(&case, "case/remark").len(), 2);
    wang.device().resolve(&case, "case/remark", ANSWERS[1]).unwrap();
    // A copied phone writes under the same name: what it says is issued again.
    let copy = world.clone_phone(&mut wang);
    wang.write(&case, "house_type", ANSWERS[2]);
    copy.write(&case, "house_type", ANSWERS[0]);
    wang.sync().unwrap();
    assert!(copy.sync().unwrap().reissued > 0);
    let now_ms = world.clock.now_ms();
    world.with_hub(|hub| hub.revoke(li.id(), Some(now_ms - 1), now_ms)).unwrap();
    li.write(&case, "remark", ANSWERS[2]);
    assert!(li.sync().unwrap().revoked);
    world.stop_server();
    assert_eq!(wang.sync().unwrap_err().code(), "offline");
    world.start_server();
    wang.kill_and_reopen();
    assert_eq!(wang.device().check().unwrap(), Vec::<String>::new());
}

#[test]
fn no_log_line_of_a_whole_story_holds_what_somebody_entered() {
    let log = everything_is_logged();
    let folder = tempfile::tempdir().unwrap();
    story(&mut World::new(91), folder.path());
    let text = log.text();
    for speaker in ["ruhu_store", "ruhu_sync::engine", "ruhu_device::sync_run", "ruhu_device::commit"] {
        assert!(text.contains(speaker), "{speaker} says nothing: the test would not find what it says");
    }
    let planted = [NAME, OTHER_NAME, ID_NUMBER, WRONG_ID_NUMBER, PHONE, ADDRESS, FILE_NAME];
    for value in planted.iter().chain(&ANSWERS).chain(&PERSONS) {
        assert_eq!(text.lines().find(|line| line.contains(value)), None, "{value} is in the log");
        // As `Debug` would write it.
        let escaped = value.escape_unicode().to_string();
        assert!(!text.contains(&escaped), "{value} is in the log, escaped");
        assert!(!text.contains(&format!("{:?}", value.as_bytes())), "{value} is in the log, as bytes");
    }
}
