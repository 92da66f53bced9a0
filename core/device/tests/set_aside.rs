//! One household's row on a phone cannot be read any more: news of it is set aside, step by step, and
//! all other households of the same slice come.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use ruhu_harness::world::World;

#[test]
fn news_for_a_household_that_cannot_be_read_is_set_aside_and_named_and_the_others_come() {
    let mut world = World::new(91);
    let (wang, mut li) = (world.caseworker("王经办"), world.caseworker("李经办"));
    let cases: Vec<String> = ["甲", "乙", "丙"].iter().map(|name| wang.new_case(name)).collect();
    wang.sync().unwrap();
    li.sync().unwrap();
    li.rot_document(&cases[1]);
    for case in &cases {
        wang.write(case, "remark", "漏雨");
    }
    wang.sync().unwrap();

    let report = li.sync().unwrap();
    assert_eq!(report.quarantined.len(), 1, "{report:?}");
    assert!(report.quarantined[0].starts_with(&cases[1]) && report.quarantined[0].ends_with("damaged"));
    assert_eq!(report.drifted, Vec::<String>::new(), "what is set aside counts as here");
    for case in [&cases[0], &cases[2]] {
        assert_eq!(li.field(case, "remark").as_deref(), Some("漏雨"));
    }
    let findings = li.device().check().unwrap();
    assert!(findings.iter().any(|finding| finding.contains(&cases[1])), "{findings:?}");

    // The next run goes by it, also when more comes.
    let again = li.sync().unwrap();
    assert_eq!((again.received, again.quarantined, again.drifted), (0, vec![], vec![]));
    wang.write(&cases[0], "remark", "修好了");
    wang.sync().unwrap();
    assert_eq!(li.sync().unwrap().quarantined, Vec::<String>::new());
    assert_eq!(li.field(&cases[0], "remark").as_deref(), Some("修好了"));
}
