//! XForms that are damaged or made to do harm.

use crate::support::MORNING;
use crate::xform::document;
use proptest::prelude::*;
use ruhu_form::Session;
use ruhu_formats::read_xform;
use std::sync::Arc;
use std::time::{Duration, Instant};

const MODEL: &str = r#"<itext><translation lang="zh"><text id="a"><value>甲 <output value="/d/b"/></value></text></translation></itext>
<instance><d id="d" version="1"><a>1</a><b/><r jr:template=""><c/></r><r><c/></r><meta><entity dataset="x" create="1"><label/></entity></meta></d></instance>
<instance id="l"><root><item><name>x</name><label>X</label><k>1</k></item></root></instance>
<bind nodeset="/d/a" type="int" relevant="/d/b != 'x'"/><bind nodeset="/d/b" type="string"/><bind nodeset="/d/r/c" calculate="concat('c', /d/b)"/>
<setvalue event="odk-instance-first-load" ref="/d/a" value="1 + 1"/>"#;
const BODY: &str = r#"<input ref="/d/a"><label ref="jr:itext('a')"/></input>
<select1 ref="/d/b"><label>乙</label><itemset nodeset="instance('l')/root/item[k = /d/a]"><value ref="name"/><label ref="label"/></itemset></select1>
<group ref="/d/r"><repeat nodeset="/d/r" jr:count="/d/a"><input ref="/d/r/c"><label>丙</label></input></repeat></group>"#;

fn refused(text: &str) -> String {
    let begun = Instant::now();
    let faults = read_xform(text.as_bytes()).unwrap_err().diagnostics;
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    faults[0].code.clone()
}

#[test]
fn entities_are_not_expanded() {
    let bomb =
        r#"<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>"#;
    assert_eq!(refused(bomb), "document-type");
    let outside = r#"<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>"#;
    assert_eq!(refused(outside), "document-type");
}

#[test]
fn nesting_without_end_is_refused() {
    assert_eq!(refused(&"<a>".repeat(100_000)), "too-large");
    let groups = format!("{}{}", "<group>".repeat(5_000), "</group>".repeat(5_000));
    assert_eq!(refused(&document(MODEL, &groups)), "too-large");
    let deep = |n: usize| format!("<instance><d>{}{}</d></instance>", "<g>".repeat(n), "</g>".repeat(n));
    assert_eq!(refused(&document(&deep(100), "")), "too-deep");
    let brackets = format!("<bind nodeset='/d/a' relevant='{}1{}'/>", "(".repeat(50_000), ")".repeat(50_000));
    assert_eq!(
        refused(&document(&format!("<instance><d><a/></d></instance>{brackets}"), "")),
        "bad-expression"
    );
}

#[test]
fn too_much_of_anything_is_refused_before_it_costs_much() {
    assert_eq!(refused(&format!("<a>{}</a>", "<b/>".repeat(600_000))), "too-large");
    let attributes: String = (0..1_000).map(|n| format!(" a{n}=''")).collect();
    assert_eq!(refused(&format!("<a{attributes}/>")), "too-large");
    let namespaces: String = (0..1_000).map(|n| format!(" xmlns:a{n}='x'")).collect();
    assert_eq!(refused(&format!("<a{namespaces}/>")), "too-large");
    assert_eq!(refused(&" ".repeat(17 << 20)), "too-large");
    let rows: String = (0..30_000).map(|n| format!("<q{n}/>")).collect();
    assert_eq!(refused(&document(&format!("<instance><d>{rows}</d></instance>"), "")), "too-many-rows");
}

#[test]
fn many_choices_that_are_all_alike_do_not_take_long() {
    let selects: String = (0..5_000)
        .map(|n| format!("<select1 ref='/d/q{n}'><item><label>{n}</label><value>v</value></item></select1>"))
        .collect();
    let rows: String = (0..5_000).map(|n| format!("<q{n}/>")).collect();
    let text = document(&format!("<instance><d>{rows}</d></instance>"), &selects);
    let begun = Instant::now();
    assert!(read_xform(text.as_bytes()).is_ok());
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

/// Reads, begins and looks at what may be a form.
fn run(bytes: &[u8]) {
    let begun = Instant::now();
    if let Ok(reading) = read_xform(bytes) {
        let session = Session::new(Arc::new(reading.form), MORNING);
        let _ = (session.missing(), session.pages());
    }
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_document_never_panics(edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6), cut in any::<prop::sample::Index>(), cuts in any::<bool>()) {
        let mut bytes = document(MODEL, BODY).into_bytes();
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if cuts {
            bytes.truncate(cut.index(bytes.len()));
        }
        run(&bytes);
    }

    #[test]
    fn pieces_of_a_document_in_any_order_never_panic(order in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..12)) {
        let text = document(MODEL, BODY);
        let mut pieces: Vec<&str> = text.split_inclusive('>').collect();
        for (from, to) in order {
            let piece = pieces[from.index(pieces.len())];
            pieces.insert(to.index(pieces.len()), piece);
        }
        run(pieces.concat().as_bytes());
    }

    #[test]
    fn words_in_place_of_others_never_panic(at in any::<prop::sample::Index>(), word in "(/d/[abr]|/d|\\.\\.|//\\*|instance\\('l'\\)|jr:itext\\('a'\\)|true\\(\\)|randomize\\(/d/r, 3\\)|[^\"&<>]{0,12})") {
        let text = document(MODEL, BODY);
        let mut quoted: Vec<&str> = text.split('"').collect();
        let inner = (quoted.len() - 1) / 2;
        let at = 2 * at.index(inner) + 1;
        quoted[at] = &word;
        run(quoted.join("\"").as_bytes());
    }
}
