//! Paths from the root inside a repeat, and `${name}` beside them.

use crate::support::{MORNING, session};
use crate::xform::document;
use ruhu_form::Session;
use ruhu_formats::read_xform;
use std::sync::Arc;

fn value(session: &Session, path: &str) -> String {
    session.node(path).unwrap_or_else(|| panic!("{path}")).value
}

/// Two members aged 70 and 8, in an XForm as other tools write it.
fn household() -> Session {
    let binds = [
        ("/data/member/next_year", "/data/member/age + 1"),
        ("/data/member/mine", "sum(/data/member/age)"),
        ("/data/member/all", "sum(../../member/age)"),
        ("/data/member/older", "count(/data/member[age &gt; current()/../age])"),
        ("/data/total", "sum(/data/member/age)"),
        ("/data/old", "count(/data/member[/data/member/age &gt;= 60])"),
        ("/data/pets", "count(/data/member[count(/data/member/pet) &gt; 1])"),
    ];
    let binds: String = binds
        .iter()
        .map(|(path, calculate)| format!(r#"<bind nodeset="{path}" type="string" calculate="{calculate}"/>"#))
        .collect();
    let model = format!(
        r#"<instance><data id="own"><member><age/><next_year/><mine/><all/><older/><pet><kind/></pet></member>
        <total/><old/><pets/></data></instance><bind nodeset="/data/member/age" type="int"/>{binds}"#
    );
    let body = r#"<repeat nodeset="/data/member"><input ref="/data/member/age"><label>age</label></input>
        <repeat nodeset="/data/member/pet"><input ref="/data/member/pet/kind"><label>kind</label></input></repeat>
        </repeat>"#;
    let form = read_xform(document(&model, body).as_bytes()).unwrap_or_else(|faults| panic!("{faults}")).form;
    let mut session = Session::new(Arc::new(form), MORNING);
    session.add_repeat("/data/member", "b").unwrap();
    session.answer("/data/member[1]/age", "70").unwrap();
    session.answer("/data/member[2]/age", "8").unwrap();
    session.add_repeat("/data/member[2]/pet", "c").unwrap();
    session
}

#[test]
fn a_path_from_the_root_keeps_to_the_member_it_is_written_for() {
    let session = household();
    let of = |name: &str| [1, 2].map(|n| value(&session, &format!("/data/member[{n}]/{name}")));
    assert_eq!(of("next_year"), ["71", "9"]);
    assert_eq!(of("mine"), ["70", "8"]);
    assert_eq!(of("all"), ["78", "78"], "a path that goes up names all");
    assert_eq!(of("older"), ["0", "1"], "so does one with a predicate");
}

#[test]
fn outside_of_the_repeat_it_is_all_members_and_in_a_predicate_the_one_that_is_looked_at() {
    let session = household();
    assert_eq!(value(&session, "total"), "78");
    assert_eq!(value(&session, "old"), "1");
    assert_eq!(value(&session, "pets"), "1");
}

#[test]
fn a_name_is_all_members_also_within_one_and_stays_so_in_an_xform() {
    let rows = [
        "type|name|label|calculation",
        "begin_repeat|member|人|",
        "integer|age|岁|",
        "calculate|size||count(${member})",
        "calculate|last||if(position(..) = count(${member}), 'yes', 'no')",
        "calculate|old||count(${member}[${age} >= 60])",
        "end_repeat|||",
    ];
    let workbook = session(&rows, &[]);
    let xml = ruhu_formats::write_xform(workbook.form());
    let form = read_xform(xml.as_bytes()).unwrap_or_else(|faults| panic!("{faults}")).form;
    for mut session in [workbook, Session::new(Arc::new(form), MORNING)] {
        session.add_repeat("/data/member", "b").unwrap();
        session.answer("/data/member[2]/age", "70").unwrap();
        let of = |name: &str| [1, 2].map(|n| value(&session, &format!("/data/member[{n}]/{name}")));
        assert_eq!(of("size"), ["2", "2"]);
        assert_eq!(of("last"), ["no", "yes"]);
    }
}

#[test]
fn the_form_that_was_saved_last_is_named_and_blank_until_the_host_has_one() {
    let rows = [
        "type|name|label|default|calculation",
        "begin_group|place|地方||",
        "text|village|村，上次是 ${last-saved#village}|${last-saved#village}|",
        "end_group||||",
        "calculate|before|||concat(${last-saved#village}, '。')",
    ];
    let workbook = session(&rows, &[]);
    let xml = ruhu_formats::write_xform(workbook.form());
    assert!(xml.contains(r#"src="jr://instance/last-saved""#), "{xml}");
    assert!(xml.contains("instance('__last-saved')/data/place/village"), "{xml}");
    let form = read_xform(xml.as_bytes()).unwrap_or_else(|faults| panic!("{faults}")).form;
    for session in [workbook, Session::new(Arc::new(form), MORNING)] {
        assert_eq!(value(&session, "/data/place/village"), "");
        assert_eq!(value(&session, "before"), "。");
        assert_eq!(ruhu_formats::attachments(session.form()), []);
    }
}
