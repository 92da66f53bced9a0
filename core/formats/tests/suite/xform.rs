//! Forms that come as XForm XML from other tools.

use crate::support::MORNING;
use ruhu_form::{Form, Labels, QuestionKind, Session};
use ruhu_formats::{read_form, read_xform, write_xform};
use ruhu_text::{Diagnostic, Severity};
use std::sync::Arc;

/// An XForm of a model and a body.
pub fn document(model: &str, body: &str) -> String {
    format!(
        r#"<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
  xmlns:jr="http://openrosa.org/javarosa" xmlns:orx="http://openrosa.org/xforms"
  xmlns:odk="http://www.opendatakit.org/xforms" xmlns:entities="http://www.opendatakit.org/xforms/entities">
<h:head><h:title>入户</h:title><model>{model}</model></h:head><h:body>{body}</h:body></h:html>"#
    )
}

fn form(model: &str, body: &str) -> Form {
    let reading = read_xform(document(model, body).as_bytes()).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(reading.warnings, []);
    reading.form
}

fn session(model: &str, body: &str) -> Session {
    Session::new(Arc::new(form(model, body)), MORNING)
}

fn said(visit: &Session, path: &str) -> String {
    visit.node(path).unwrap().value
}

fn faults(model: &str, body: &str) -> Vec<Diagnostic> {
    match read_xform(document(model, body).as_bytes()) {
        Ok(reading) => reading.warnings,
        Err(faults) => faults.diagnostics,
    }
}

fn brief(faults: &[Diagnostic]) -> Vec<String> {
    let brief =
        |fault: &Diagnostic| format!("{} {} {} {}", fault.code, fault.sheet, fault.column, fault.value);
    faults.iter().map(|fault| brief(fault).trim_end().to_owned()).collect()
}

const VISIT: &str = r#"
<itext>
  <translation lang="English (en)"><text id="name:label"><value>Name</value><value form="image">jr://images/door.jpg</value></text>
    <text id="name:hint"><value>As on the card</value><value form="guidance">Ask to see it.</value></text>
    <text id="too-many"><value>At most <output value="/visit/limit"/>.</value></text></translation>
  <translation lang="中文 (zh)" default="true()"><text id="name:label"><value>姓名</value></text>
    <text id="name:hint"><value>和证件上一样</value></text>
    <text id="too-many"><value>最多 <output value="/visit/limit"/> 人。</value></text></translation>
</itext>
<instance><visit id="visit_7" version="3">
  <begun/><phone/><limit>8</limit><name/><members>1</members><photo/><say/><check/>
  <meta><instanceID/><instanceName/></meta></visit></instance>
<bind nodeset="/visit/begun" type="dateTime" jr:preload="timestamp" jr:preloadParams="start"/>
<bind nodeset="/visit/phone" type="string" jr:preload="property" jr:preloadParams="phonenumber"/>
<bind nodeset="/visit/limit" type="int"/>
<bind nodeset="/visit/name" type="xsd:string" required="true()"/>
<bind nodeset="/visit/members" type="int" constraint=". &lt;= /visit/limit" jr:constraintMsg="jr:itext('too-many')"/>
<bind nodeset="/visit/photo" type="binary" orx:max-pixels="1024"/>
<bind nodeset="/visit/say" readonly="true()" type="string" relevant="/visit/members &gt; 3"/>
<bind nodeset="/visit/check" type="string" odk:strange="1"/>
<bind nodeset="/visit/meta/instanceID" type="string" readonly="true()" jr:preload="uid"/>
<bind nodeset="/visit/meta/instanceName" type="string" calculate="/visit/name"/>"#;

const VISIT_BODY: &str = r#"
<input ref="/visit/name"><label ref="jr:itext('name:label')"/><hint ref="jr:itext('name:hint')"/></input>
<input ref="/visit/members" appearance="bearing"><label>几口人？</label></input>
<upload ref="/visit/photo" mediatype="image/*"><label>门口照片</label></upload>
<input ref="/visit/say"><label>这一户有 <output value=" /visit/members "/> 人，不止 ${3} 人。</label></input>
<trigger ref="/visit/check"><label>看过</label></trigger>"#;

#[test]
fn a_form_of_another_tool_is_read_with_all_it_says() {
    let form = form(VISIT, VISIT_BODY);
    assert_eq!((form.id(), form.version(), form.title()), ("visit_7", "3", "入户"));
    assert_eq!(form.languages(), ["中文 (zh)", "English (en)"]);
    let kinds: Vec<_> = form.questions().iter().map(|q| (q.path.as_str(), q.kind)).collect();
    assert_eq!(
        kinds,
        [
            ("/visit/begun", QuestionKind::Start),
            ("/visit/phone", QuestionKind::Property),
            ("/visit/limit", QuestionKind::Hidden),
            ("/visit/name", QuestionKind::Text),
            ("/visit/members", QuestionKind::Integer),
            ("/visit/photo", QuestionKind::Image),
            ("/visit/say", QuestionKind::Note),
            ("/visit/check", QuestionKind::Acknowledge),
            ("/visit/meta", QuestionKind::Group),
            ("/visit/meta/instanceID", QuestionKind::Calculate),
            ("/visit/meta/instanceName", QuestionKind::Calculate),
        ]
    );
    let name = form.question("name").unwrap();
    assert_eq!((name.label("zh"), name.label("en")), ("姓名", "Name"));
    assert_eq!(name.guidance_hints, Labels::one("English (en)", "Ask to see it."));
    assert_eq!(name.media[0].1.get(""), "door.jpg");
    assert_eq!(form.question("photo").unwrap().parameter("max-pixels"), Some("1024"));
    assert_eq!(form.question("phone").unwrap().parameter("name"), Some("phonenumber"));
    assert_eq!(form.question("members").unwrap().appearance.as_deref(), Some("bearing"));
}

#[test]
fn it_is_filled_like_any_other() {
    let mut visit = session(VISIT, VISIT_BODY);
    assert_eq!(visit.node("members").unwrap().value, "1");
    assert!(!visit.node("say").unwrap().relevant);
    visit.answer("members", "5").unwrap();
    assert_eq!(visit.node("say").unwrap().label("zh"), "这一户有 5 人，不止 ${3} 人。");
    assert!(visit.answer("members", "9").is_err());
    visit.answer("name", "王小明").unwrap();
    assert_eq!(visit.node("instanceName").unwrap().value, "王小明");
    assert!(visit.node("instanceID").unwrap().value.starts_with("uuid:"));
}

#[test]
fn choices_come_from_instances_and_from_the_question_itself() {
    let model = r#"
<itext><translation lang="中文 (zh)"><text id="v-0"><value>东村</value></text><text id="v-1"><value>西村</value></text></translation>
  <translation lang="English (en)"><text id="v-0"><value>East</value></text><text id="v-1"><value>West</value></text></translation></itext>
<instance><d id="d"><town/><village/><well/></d></instance>
<instance id="villages"><root>
  <item><itextId>v-0</itextId><name>east</name><town>river</town></item>
  <item><itextId>v-1</itextId><name>west</name><town>hill</town></item></root></instance>
<instance id="wells"><root><place code="1"><id>w1</id><title>老井</title><of>east</of></place>
  <place code="2"><id>w2</id><title>新井</title><of>west</of></place></root></instance>
<bind nodeset="/d/town" type="string"/><bind nodeset="/d/village" type="string"/><bind nodeset="/d/well" type="string"/>"#;
    let body = r#"
<select1 ref="/d/town"><label>镇</label><item><label>河镇</label><value>river</value></item><item><label>山镇</label><value>hill</value></item></select1>
<select1 ref="/d/village"><label>村</label><itemset nodeset="instance('villages')/root/item[town = /d/town]"><value ref="name"/><label ref="jr:itext(itextId)"/></itemset></select1>
<select ref="/d/well"><label>井</label><itemset nodeset="instance('wells')/root/place"><value ref="id"/><label ref="title"/></itemset></select>"#;
    let mut visit = session(model, body);
    assert!(visit.node("village").unwrap().choices.is_empty());
    visit.answer("town", "hill").unwrap();
    let village = visit.node("village").unwrap();
    assert_eq!(village.choices.len(), 1);
    let west = village.choices.get(0).unwrap();
    assert_eq!((west.label("zh"), west.label("en")), ("西村", "West"));
    visit.answer("village", "west").unwrap();
    assert!(visit.answer("town", "lake").is_err());
}

#[test]
fn an_expression_finds_a_text_of_the_form_by_its_id() {
    let model = r#"
<itext><translation lang="zh"><text id="low"><value>符合条件</value></text><text id="high"><value>超过标准</value></text></translation>
  <translation lang="en"><text id="low"><value>entitled</value></text><text id="high"><value>above the line</value></text></translation></itext>
<instance><d id="d"><income/><verdict/></d></instance>
<bind nodeset="/d/income" type="int"/>
<bind nodeset="/d/verdict" type="string" calculate="jr:itext(if(/d/income &lt; 900, 'low', 'high'))"/>"#;
    let body = r#"<input ref="/d/income"><label>每月收入</label></input>"#;
    let verdict = |form: Form| {
        let mut visit = Session::new(Arc::new(form), MORNING);
        visit.answer("income", "860").unwrap();
        let low = visit.node("verdict").unwrap().value;
        visit.answer("income", "2400").unwrap();
        (low, visit.node("verdict").unwrap().value)
    };
    let expected = ("符合条件".to_owned(), "超过标准".to_owned());
    let read = form(model, body);
    // From the bytes that a phone keeps, and from what other tools get.
    assert_eq!(verdict(Form::from_bytes(&read.to_bytes()).unwrap()), expected);
    assert_eq!(verdict(read_xform(write_xform(&read).as_bytes()).unwrap().form), expected);
    assert_eq!(verdict(read), expected);
}

#[test]
fn a_repeat_has_the_label_of_its_group_and_counts_what_its_form_says() {
    let model = r#"
<instance><d id="d"><houses/><house jr:template=""><people/><person jr:template=""><name/></person></house>
  <house><people/><person><name/></person></house></d></instance>
<bind nodeset="/d/houses" type="int"/><bind nodeset="/d/house/people" type="int"/><bind nodeset="/d/house/person/name" type="string"/>"#;
    let body = r#"
<input ref="/d/houses"><label>几户？</label></input>
<group ref="/d/house"><label>户</label><repeat nodeset="/d/house" jr:count=" /d/houses ">
  <input ref="/d/house/people"><label>几人？</label></input>
  <group ref="/d/house/person"><label>人</label><repeat nodeset="/d/house/person" jr:count="/d/house/people" jr:noAddRemove="true()">
    <input ref="/d/house/person/name"><label>名字</label></input></repeat></group></repeat></group>"#;
    let mut visit = session(model, body);
    assert_eq!(visit.form().question("person").unwrap().label("zh"), "人");
    visit.answer("houses", "2").unwrap();
    visit.answer("/d/house[1]/people", "1").unwrap();
    visit.answer("/d/house[2]/people", "3").unwrap();
    assert!(visit.node("/d/house[2]/person[3]/name").is_some());
    assert!(visit.node("/d/house[1]/person[2]/name").is_none());
}

#[test]
fn a_count_that_is_worked_out_is_read_again_after_it_was_written() {
    let model = r#"
<instance><d id="d"><houses/><house jr:template=""><name/></house><house><name/></house></d></instance>
<bind nodeset="/d/houses" type="int"/><bind nodeset="/d/house/name" type="string"/>"#;
    let body = r#"
<input ref="/d/houses"><label>还有几户？</label></input>
<group ref="/d/house"><label>户</label><repeat nodeset="/d/house" jr:count="/d/houses + 1">
  <input ref="/d/house/name"><label>户主</label></input></repeat></group>"#;
    let written = write_xform(&form(model, body));
    let again = read_xform(written.as_bytes()).unwrap_or_else(|faults| panic!("{faults}")).form;
    let mut visit = Session::new(Arc::new(again), MORNING);
    visit.answer("houses", "1").unwrap();
    assert!(visit.node("/d/house[2]/name").is_some());
    assert!(visit.node("/d/house[3]/name").is_none());
}

#[test]
fn all_faults_of_a_document_come_at_once_with_their_paths() {
    let found = faults(
        r#"<instance><d id="d"><a/><b/></d></instance>
<bind nodeset="/d/a" relevant="/d/b = "/><bind nodeset="/d/c" type="int"/><bind nodeset="/d/b" calculate="selectd(., 'x')"/>"#,
        r#"<input ref="/d/a"><label ref="jr:itext('lost')"/></input><input ref="/d/e"><label>戊</label></input>
<select1 ref="/d/b"><label>乙</label><itemset nodeset="instance('none')/root/item"><value ref="name"/><label ref="label"/></itemset></select1>
<marquee/>"#,
    );
    insta::assert_yaml_snapshot!(brief(&found));
    assert!(found.iter().all(|fault| !fault.message.zh.is_empty() && !fault.message.en.is_empty()));
}

#[test]
fn expressions_that_cannot_be_read_name_path_and_attribute() {
    let found = faults(
        r#"<instance><d id="d"><a/><b/></d></instance>
<bind nodeset="/d/a" relevant="/d/b = " constraint="selectd(., 'x')"/><bind nodeset="/d/b" calculate="/d/nowhere + 1"/>"#,
        r#"<input ref="/d/a"><label>甲 <output value="1 +"/></label></input>"#,
    );
    insta::assert_yaml_snapshot!(brief(&found));
}

#[test]
fn what_has_no_use_here_is_left_out_with_a_warning() {
    let found = faults(
        r#"<instance><d id="d"><a/></d></instance><bind nodeset="/d/a" jr:preload="patient" jr:preloadParams="id"/>"#,
        r#"<input ref="/d/a"><label>甲</label><setvalue event="xforms-focus" ref="/d/a" value="1"/></input><marquee/>"#,
    );
    assert!(found.iter().all(|fault| fault.severity == Severity::Warning));
    assert_eq!(
        brief(&found),
        [
            "left-out xml bind jr:preload patient id",
            "left-out xml marquee marquee",
            "left-out xml setvalue xforms-focus"
        ]
    );
}

#[test]
fn a_rule_for_a_node_that_there_is_not_is_told_and_the_form_is_filled_all_the_same() {
    let model = r#"<instance><d id="d"><name/></d></instance>
<bind nodeset="/d/name" type="string" required="true()"/><bind nodeset="/other/orx:meta/audit" type="binary"/>"#;
    let body = r#"<input ref="/d/name"><label>姓名</label></input>"#;
    let reading = read_xform(document(model, body).as_bytes()).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(brief(&reading.warnings), ["idle-bind xml bind/@nodeset /other/orx:meta/audit"]);
    assert!(reading.warnings.iter().all(|fault| fault.severity == Severity::Warning));
    let mut visit = Session::new(Arc::new(reading.form), MORNING);
    visit.answer("name", "李四").unwrap();
    assert_eq!(said(&visit, "name"), "李四");
}

#[test]
fn a_form_that_names_no_namespace_is_read_as_other_engines_read_it() {
    let text = r#"<?xml version="1.0"?>
<h:html xmlns:h="http://www.w3.org/1999/xhtml"><h:head><h:title>入户</h:title><model>
<instance><d id="d"><name/></d></instance><bind nodeset="/d/name" type="string"/></model></h:head>
<h:body><input ref="/d/name"><label>姓名</label></input></h:body></h:html>"#;
    let reading = read_form(text.as_bytes()).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(reading.form.question("name").unwrap().label("zh"), "姓名");
}

/// A repeat of members with a status, as `instances` has them.
fn members(instances: &str) -> Session {
    let model = format!(r#"<instance><d id="d">{instances}</d></instance>"#);
    let body = r#"<group ref="/d/member"><label>人</label><repeat nodeset="/d/member">
  <input ref="/d/member/is"><label>与户主关系</label></input></repeat></group>"#;
    let mut visit = session(&model, body);
    visit.add_repeat("/d/member", "second").unwrap();
    visit
}

#[test]
fn what_the_first_member_begins_with_is_not_given_to_the_next() {
    let visit = members("<member><is>户主</is></member>");
    assert_eq!([said(&visit, "/d/member[1]/is"), said(&visit, "/d/member[2]/is")], ["户主", ""]);
    let visit = members(r#"<member jr:template=""><is>成员</is></member><member><is>户主</is></member>"#);
    assert_eq!([said(&visit, "/d/member[1]/is"), said(&visit, "/d/member[2]/is")], ["户主", "成员"]);
    let visit = members(r#"<member jr:template=""><is>成员</is></member><member><is/></member>"#);
    assert_eq!([said(&visit, "/d/member[1]/is"), said(&visit, "/d/member[2]/is")], ["", "成员"]);
    let visit = members(r#"<member jr:template=""><is>成员</is></member>"#);
    assert_eq!([said(&visit, "/d/member[1]/is"), said(&visit, "/d/member[2]/is")], ["成员", "成员"]);
}

#[test]
fn a_file_that_is_no_xform_says_so() {
    let of = |text: &str| read_xform(text.as_bytes()).unwrap_err().diagnostics.remove(0);
    assert_eq!(of("").code, "bad-xml");
    assert_eq!(of("<html><body/></html>").code, "not-an-xform");
    assert_eq!(of("<a><b></a>").code, "bad-xml");
    assert_eq!(of("<a>&eacute;</a>").code, "bad-xml");
    assert_eq!(of("<a b='1' b='2'/>").code, "bad-xml");
    assert_eq!(of("<?xml version='1.0' encoding='GB18030'?><a/>").code, "bad-encoding");
    let broken = of("<a>\n\n<b></c></a>");
    assert_eq!((broken.code.as_str(), broken.row), ("bad-xml", 3));
    assert_eq!(read_xform(b"<a>\xff</a>").unwrap_err().diagnostics[0].code, "bad-encoding");
}

#[test]
fn the_screen_follows_the_body_where_it_has_an_order_and_groups_of_its_own() {
    let model = r#"
<instance><d id="d"><a/><b/><c/><r><x/><y/></r></d></instance>
<bind nodeset="/d/a" type="int"/><bind nodeset="/d/c" relevant="/d/a &gt; 1"/>"#;
    let body = r#"
<input ref="/d/b"><label>乙</label></input>
<group appearance="field-list"><label>家里 <output value="/d/a"/> 口人</label>
  <input ref="/d/a"><label>甲</label></input><input ref="/d/c"><label>丙</label></input>
  <group><label>里面</label><input ref="/d/b"><label>再问一次乙</label></input></group></group>
<group><label>屋</label><repeat nodeset="/d/r"><group appearance="field-list"><input ref="/d/r/y"><label>大</label></input></group>
  <input ref="/d/r/x"><label>小</label></input></repeat></group>"#;
    let mut visit = session(model, body);
    visit.answer("a", "3").unwrap();
    visit.add_repeat("r", "second").unwrap();
    let pages: Vec<String> = visit
        .pages()
        .iter()
        .map(|page| {
            let title = page.labels.first().map_or("", |(_, text)| text);
            let of_page = page.nodes.iter().map(|node| format!("{} {}", node.path, node.label("zh")));
            format!("{title}: {}", of_page.collect::<Vec<_>>().join(", "))
        })
        .collect();
    assert_eq!(
        pages,
        [
            ": /d/b 乙",
            "家里 3 口人: /d/a 甲, /d/c 丙, /d/b 再问一次乙",
            ": /d/r[@id='1']/y 大",
            "屋: /d/r[@id='1']/x 小",
            ": /d/r[@id='second']/y 大",
            "屋: /d/r[@id='second']/x 小",
        ]
    );
    let written = write_xform(&form(model, body));
    assert_eq!(write_xform(&read_xform(written.as_bytes()).unwrap().form), written);
}

#[test]
fn actions_entities_and_what_the_host_gives_survive_being_written() {
    let model = r#"
<instance><d id="d" version="2"><where/><sound/><town/><village>none</village><at/><score/><note>记</note>
  <r jr:template=""><made/></r><r><made/></r>
  <meta><audit/><instanceID/><entity dataset="homes" id="" create=""><label/></entity></meta></d></instance>
<instance id="people" src="jr://file-csv/people.csv"/>
<bind nodeset="/d/where" type="geopoint"/><bind nodeset="/d/at" type="geopoint"/><bind nodeset="/d/sound" type="binary"/>
<bind nodeset="/d/town" type="string" entities:saveto="town"/><bind nodeset="/d/score" type="int"/>
<bind nodeset="/d/note" type="string" readonly="true()"/>
<bind nodeset="/d/meta/audit" type="binary" odk:location-priority="balanced" odk:track-changes="true"/>
<bind nodeset="/d/meta/instanceID" type="string" readonly="true()" jr:preload="uid"/>
<bind nodeset="/d/meta/entity/@id" type="string" readonly="true()"/>
<bind nodeset="/d/meta/entity/@create" calculate="/d/town != ''" type="string"/>
<bind nodeset="/d/meta/entity/label" calculate="/d/town" type="string"/>
<odk:setgeopoint event="odk-instance-first-load" ref="/d/where"/>
<odk:recordaudio event="odk-instance-load" ref="/d/sound" odk:quality="voice-only"/>
<setvalue event="odk-instance-first-load" type="string" ref="/d/meta/entity/@id" value="uuid()"/>"#;
    let body = r#"
<select1 ref="/d/town"><label>镇</label><itemset nodeset="randomize(instance('people')/root/item[age &gt; 3], 7)"><value ref="id"/><label ref="who"/></itemset>
  <setvalue event="xforms-value-changed" ref="/d/village">none</setvalue><odk:setgeopoint event="xforms-value-changed" ref="/d/at"/></select1>
<input ref="/d/village"><label>村</label></input>
<range ref="/d/score" start="1" end="5" step="2" appearance="vertical"><label>几分</label></range>
<secret ref="/d/note"><label>暗记</label></secret>
<group ref="/d/r"><repeat nodeset="/d/r"><input ref="/d/r/made"><label>何时</label></input>
  <setvalue event="odk-new-repeat" ref="/d/r/made" value="today()"/></repeat></group>"#;
    let first = form(model, body);
    let kinds: Vec<_> = first.questions().iter().map(|q| (q.name.as_str(), q.kind)).collect();
    assert!(kinds.contains(&("where", QuestionKind::StartGeopoint)), "{kinds:?}");
    assert!(kinds.contains(&("sound", QuestionKind::BackgroundAudio)), "{kinds:?}");
    assert!(kinds.contains(&("audit", QuestionKind::Audit)), "{kinds:?}");
    assert!(kinds.contains(&("note", QuestionKind::Text)), "{kinds:?}");
    let written = write_xform(&first);
    insta::assert_snapshot!(written);
    let second = read_xform(written.as_bytes()).unwrap_or_else(|faults| panic!("{faults}")).form;
    assert_eq!(write_xform(&second), written);
    let mut visit = Session::new(Arc::new(second), MORNING);
    visit.answer("village", "东村").unwrap();
    visit.add_repeat("r", "new").unwrap();
    assert_eq!(visit.node("/d/r[2]/made").unwrap().value, "2026-11-22");
    assert_eq!(visit.node("/d/r[1]/made").unwrap().value, "");
}

#[test]
fn the_text_of_a_choice_that_refers_to_a_question_is_written_so_that_others_fill_it_in() {
    let of = |label: &str| {
        let model =
            r#"<instance><d id="d"><name/><who/></d></instance><bind nodeset="/d/name" type="string"/>"#;
        let body = format!(
            r#"<input ref="/d/name"><label>姓名</label></input><select1 ref="/d/who"><label>谁来领？</label>
<item><label>{label}</label><value>self</value></item></select1>"#
        );
        let reading =
            read_xform(document(model, &body).as_bytes()).unwrap_or_else(|faults| panic!("{faults}"));
        (brief(&reading.warnings), write_xform(&reading.form))
    };
    let (faults, written) = of(r#"<output value="/d/name"/>本人"#);
    assert_eq!(faults, ["reference-in-choice xml"]);
    assert!(written.contains(r#"<value><output value="/d/name"/>本人</value>"#), "{written}");
    let again = read_xform(written.as_bytes()).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(brief(&again.warnings), ["reference-in-choice xml"]);
    let (faults, written) = of("领 ${5} 元");
    assert_eq!(faults, Vec::<String>::new());
    assert!(written.contains("领 ${5} 元") && !written.contains("<output"), "{written}");
}

#[test]
fn the_first_of_a_repeat_that_has_only_a_template_is_a_new_one_too() {
    let of = |instances: &str| {
        let model = format!(
            r#"<instance><d id="d">{instances}</d></instance><bind nodeset="/d/member/number" type="int"/>"#
        );
        let body = r#"<repeat nodeset="/d/member"><setvalue event="odk-new-repeat" ref="/d/member/number" value="position(..)"/>
  <input ref="/d/member/number"><label>序号</label></input></repeat>"#;
        let mut visit = session(&model, body);
        visit.add_repeat("/d/member", "second").unwrap();
        [said(&visit, "/d/member[1]/number"), said(&visit, "/d/member[2]/number")]
    };
    assert_eq!(of(r#"<member jr:template=""><number/></member>"#), ["1", "2"]);
    assert_eq!(of(r#"<member jr:template=""><number/></member><member><number/></member>"#), ["", "2"]);
}
