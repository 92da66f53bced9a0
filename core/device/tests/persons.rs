//! Whoever fills in a visit is told to its form, and must be one of the investigators.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use ruhu_device::DeviceError;
use ruhu_formats::read_form;
use ruhu_harness::world::World;

/// A form that asks who goes, and who uses the phone.
const FORM: &str = "survey,,,,,\n\
    ,type,name,label,required,relevant\n\
    ,username,user,,,\n\
    ,text,who,谁去,yes,\n\
    ,note,not_me,填表的人必须去,yes,\"${user} != '' and ${who} != '' and ruhu:fold(${who}) != ruhu:fold(${user})\"\n\
    settings,,\n,form_id,version\n,small_team,1\n";

#[test]
fn a_visit_closes_only_when_the_phones_user_was_there_however_the_name_is_typed() {
    let mut world = World::new(95);
    let phone = world.caseworker("王经办");
    let form = read_form(FORM.as_bytes()).unwrap_or_else(|faults| panic!("{faults}")).form.to_bytes();
    phone.device().form_install(&form).unwrap();
    let case = phone.new_case("张三");
    let visit = phone.device().visit_start(&case, "small_team").unwrap().id;
    let value = |path: &str| phone.device().visit_node(&visit, path).unwrap().unwrap().value;
    assert_eq!(value("user"), "王经办");
    assert_eq!(phone.device().visit_requests(&visit).unwrap(), []);
    let refused = phone.device().visit_answer(&visit, "user", "李经办").unwrap_err();
    assert!(matches!(refused, DeviceError::Answer(_)), "nobody else writes it: {refused:?}");
    phone.device().visit_answer(&visit, "who", "李经办").unwrap();
    let Err(DeviceError::NotComplete { missing }) = phone.device().visit_close(&visit) else {
        panic!("closed without the phone's user")
    };
    assert_eq!(missing.iter().map(|missing| missing.path.as_str()).collect::<Vec<_>>(), ["/data/not_me"]);
    phone.device().visit_answer(&visit, "who", "王 经办\u{3000}").unwrap();
    phone.device().visit_close(&visit).unwrap();
}
