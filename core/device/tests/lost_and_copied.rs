//! A server that lost its database and kept its key, and a phone whose copy knows that it is one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;

use ruhu_harness::world::{Phone, World};

fn sync_all(phones: &[&Phone]) {
    for _ in 0..2 {
        phones.iter().for_each(|phone| drop(phone.sync().unwrap()));
    }
}

/// Takes the server's database away, with its log; keys stay.
fn lose_the_database(world: &mut World) {
    let copy = world.back_up_server();
    for entry in fs::read_dir(&copy).unwrap().map(Result::unwrap) {
        if entry.file_name().to_string_lossy().starts_with("server.db") {
            fs::remove_file(entry.path()).unwrap();
        }
    }
    world.restore_server(&copy);
}

#[test]
fn phones_fill_a_server_again_that_lost_its_database_and_kept_its_key() {
    let mut world = World::new(601);
    let (wang, li) = (world.caseworker("王经办"), world.volunteer("李网格"));
    let (first, second) = (wang.new_case("张三"), wang.new_case("赵六"));
    sync_all(&[&wang, &li]);
    li.write(&first, "remark", "李所写");
    wang.write(&second, "members_real", "3");
    sync_all(&[&li, &wang]);
    lose_the_database(&mut world);
    wang.write(&first, "house_type", "此后所写");
    sync_all(&[&wang, &li]);
    let late = world.caseworker("周经办");
    sync_all(&[&late]);
    for phone in [&wang, &li, &late] {
        assert_eq!(phone.field(&first, "remark").as_deref(), Some("李所写"));
        assert_eq!(phone.field(&first, "house_type").as_deref(), Some("此后所写"));
        assert_eq!(phone.field(&second, "members_real").as_deref(), Some("3"));
        assert_eq!(phone.heads(&first), wang.heads(&first));
        assert_eq!(phone.device().not_yet_safe().unwrap().count, 0);
    }
}

#[test]
fn a_copy_of_a_phone_under_another_install_id_is_another_author_from_its_first_change() {
    let mut world = World::new(602);
    let (mut wang, li) = (world.caseworker("王经办"), world.volunteer("李网格"));
    let case = wang.new_case("张三");
    sync_all(&[&wang, &li]);
    let copy = world.copy_phone(&mut wang);
    let twin = world.phone_from(&copy, "another phone");
    wang.write(&case, "members_real", "4");
    twin.write(&case, "members_real", "5");
    let reissued: u32 = [&wang, &twin].iter().map(|phone| phone.sync().unwrap().reissued).sum();
    assert_eq!(reissued, 0, "nothing had to be written again");
    sync_all(&[&wang, &twin, &li]);
    for phone in [&wang, &twin, &li] {
        assert_eq!(phone.conflict(&case, "case/members_real"), ["4", "5"]);
    }
}
