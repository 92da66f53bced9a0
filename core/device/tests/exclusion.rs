//! An administrator excludes what somebody brought: every phone drops it and goes on, and has it again when
//! that is undone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use ruhu_harness::world::{Phone, World};
use ruhu_hub::Subject;

fn names(phone: &Phone) -> Vec<String> {
    let mut names: Vec<String> =
        phone.device().case_list("", 0, 100).unwrap().into_iter().map(|case| case.name).collect();
    names.sort();
    names
}

fn sync(phone: &Phone) {
    let report = phone.sync().expect("a sync that goes on");
    assert_eq!((report.quarantined.len(), report.drifted.len()), (0, 0), "{report:?}");
}

#[test]
fn a_household_and_a_device_are_excluded_dropped_everywhere_and_taken_in_again() {
    let mut world = World::new(41);
    let (bad, a) = (world.caseworker("坏设备"), world.caseworker("王经办"));
    let honest = a.new_case("张三");
    a.sync().unwrap();
    let (one, _) = (bad.new_case("恶意一"), bad.new_case("恶意二"));
    bad.sync().unwrap();
    bad.write(&honest, "house_type", "乱写");
    bad.write(&one, "remark", "乱写");
    bad.sync().unwrap();
    for _ in 0..2 {
        sync(&a);
    }
    assert_eq!(names(&a), ["张三", "恶意一", "恶意二"]);
    let now = world.clock.now_ms();
    let document = Subject::Document(one.parse().unwrap());
    world.with_hub(|hub| hub.exclude(document, false, now)).unwrap();
    sync(&a);
    assert_eq!(names(&a), ["张三", "恶意二"]);
    let device = Subject::Device(bad.id());
    world.with_hub(|hub| hub.exclude(device, false, now)).unwrap();
    let n = world.caseworker("新来者");
    for phone in [&a, &n] {
        sync(phone);
        assert_eq!(names(phone), ["张三"]);
        assert_eq!(phone.field(&honest, "house_type"), None);
    }
    // Work goes on, also in the household that something was taken out of.
    a.write(&honest, "remark", "照常");
    n.write(&honest, "members_real", "3");
    for phone in [&a, &n, &a] {
        sync(phone);
    }
    assert_eq!((a.heads(&honest), n.field(&honest, "remark")), (n.heads(&honest), Some("照常".into())));
    for phone in [&a, &n] {
        assert_eq!(phone.device().check().unwrap(), Vec::<String>::new());
        assert_eq!(phone.device().status().unwrap().lacking, 0, "it is not asked for");
    }
    world.with_hub(|hub| assert_eq!(hub.check().unwrap().findings, vec![]));
    world.with_hub(|hub| hub.include(device, now)).unwrap();
    for phone in [&a, &n, &a, &n] {
        sync(phone);
    }
    for phone in [&a, &n] {
        assert_eq!(names(phone), ["张三", "恶意一", "恶意二"]);
        assert_eq!(phone.field(&honest, "house_type").as_deref(), Some("乱写"));
        assert_eq!(phone.field(&honest, "remark").as_deref(), Some("照常"));
    }
    assert_eq!(a.heads(&honest), n.heads(&honest));
    world.with_hub(|hub| assert_eq!(hub.check().unwrap().findings, vec![]));
}
