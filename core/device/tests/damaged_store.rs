//! One byte of a phone's database is another one, anywhere: what lies there is told as damage, what lies
//! elsewhere is read and worked on, and `check` finds the place.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;

use ruhu_device::{Device, DeviceError, Explain};
use ruhu_harness::world::{KEY, World};

/// SQLCipher's pages.
const PAGE: usize = 4_096;

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap).filter(|e| e.file_type().unwrap().is_file())
    {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// What a person asks of a phone.
fn asked(device: &Device, case: &str, visit: &str) -> Vec<Result<(), DeviceError>> {
    vec![
        device.status().map(drop),
        device.case_list("", 0, 9).map(drop),
        device.case_show(case).map(drop),
        device.visit_show(visit).map(drop),
        device.not_yet_safe().map(drop),
        device.visit_answer(visit, "house_type", "自建").map(drop),
    ]
}

#[test]
fn a_byte_that_flips_anywhere_is_told_as_damage_and_found_by_check() {
    let mut world = World::new(501);
    let mut phone = world.caseworker("王经办");
    let case = phone.new_case("张三");
    phone.write(&case, "remark", "已存入");
    let visit = phone.visit(&case);
    phone.device().visit_answer(&visit, "members_real", "4").unwrap();
    let whole = phone.switch_off().to_owned();
    let damaged = whole.with_extension("damaged");
    let (pages, mut refused, mut worked) = (fs::read(whole.join("store.db")).unwrap().len() / PAGE, 0, 0);
    assert!(pages > 20, "{pages}");
    for page in 0..pages {
        copy(&whole, &damaged);
        let mut bytes = fs::read(damaged.join("store.db")).unwrap();
        bytes[page * PAGE + 2_000] ^= 1;
        fs::write(damaged.join("store.db"), &bytes).unwrap();
        match Device::open(&damaged, KEY, "another") {
            Err(error) => {
                assert_eq!(error.code(), "damaged", "page {page}");
                assert!(
                    fs::read(damaged.join("store.db")).unwrap() == bytes,
                    "page {page}: a byte has changed"
                );
                refused += 1;
            }
            Ok(device) => {
                let answers = asked(&device, &case, &visit);
                for error in answers.iter().filter_map(|answer| answer.as_ref().err()) {
                    assert_eq!(error.code(), "damaged", "page {page}: {error}");
                }
                assert!(!device.check().unwrap().is_empty(), "page {page} of {pages}");
                worked += usize::from(answers.iter().all(Result::is_ok));
            }
        }
        fs::remove_dir_all(&damaged).unwrap();
    }
    assert!(
        refused < pages / 2 && worked > 0,
        "{refused} of {pages} pages stopped all, {worked} nothing asked"
    );
    let device = Device::open(&whole, KEY, "another").unwrap();
    assert!(asked(&device, &case, &visit).iter().all(Result::is_ok), "the whole one works");
}
