//! A form that is written as an XForm and read again behaves the same.

use crate::support::{MORNING, pack, session as survey};
use proptest::prelude::*;
use ruhu_form::{Form, JournalEntry, NodeState, QuestionKind, Session};
use ruhu_formats::{read_workbook, read_xform, write_xform};
use std::sync::{Arc, OnceLock};

/// What a person and a server see of a node.
fn seen(node: &NodeState) -> String {
    let NodeState {
        path, kind, relevant, required, read_only, value, labels, hints, appearance, error, ..
    } = node;
    let choices: Vec<_> = node.choices.iter().map(|choice| (&choice.value, &choice.labels)).collect();
    format!(
        "{path} {kind:?} relevant {relevant} required {required} read-only {read_only} “{value}” \
         {labels:?} {hints:?} {choices:?} {appearance:?} {error:?}"
    )
}

/// The same without words: pyxform mends quotes, and has its own for “other”.
fn behaviour(node: &NodeState) -> String {
    let NodeState { path, kind, relevant, required, read_only, value, error, .. } = node;
    let choices: Vec<_> = node.choices.iter().map(|choice| &choice.value).collect();
    let broken = error.is_some();
    format!("{path} {kind:?} {relevant} {required} {read_only} “{value}” {choices:?} {broken}")
}

type View = fn(&NodeState) -> String;

/// Every node but those that writing adds to every form.
fn state(session: &Session, seen: View) -> Vec<String> {
    let root = format!("{}/meta", root_of(session.form()));
    session.nodes().iter().filter(|node| !node.path.starts_with(&root)).map(seen).collect()
}

fn root_of(form: &Form) -> String {
    let path = &form.questions()[0].path;
    path.match_indices('/').nth(1).map_or(path.clone(), |(end, _)| path[..end].to_owned())
}

fn pages(session: &Session) -> Vec<(String, Vec<String>)> {
    let page = |page: ruhu_form::Page| (page.path, page.nodes.into_iter().map(|node| node.path).collect());
    session.pages().into_iter().map(page).collect()
}

fn again(form: &Form) -> Form {
    let text = write_xform(form);
    let reading = read_xform(text.as_bytes()).unwrap_or_else(|faults| panic!("{faults}\n{text}"));
    reading.form
}

/// A value that fits the kind of a node more often than not.
fn value(node: &NodeState, pick: u32) -> String {
    let n = pick / 7;
    let choice = |n: u32| node.choices.get(n as usize % node.choices.len().max(1)).map(|c| c.value.clone());
    match node.kind {
        QuestionKind::Integer | QuestionKind::Range => (n % 12).to_string(),
        QuestionKind::Decimal => format!("{}.5", n % 2_000),
        QuestionKind::Date => format!("20{:02}-{:02}-{:02}", 10 + n % 17, 1 + n % 12, 1 + n % 28),
        QuestionKind::Time => format!("{:02}:30", n % 24),
        QuestionKind::DateTime => format!("2026-11-{:02}T08:30:00.000+08:00", 1 + n % 22),
        QuestionKind::SelectOne => choice(n).unwrap_or_default(),
        QuestionKind::SelectMultiple | QuestionKind::Rank => {
            let (a, b) = (choice(n).unwrap_or_default(), choice(n / 3).unwrap_or_default());
            if a == b { a } else { format!("{a} {b}") }
        }
        QuestionKind::Geopoint => format!("{}.25 116.5 40 5", n % 90),
        QuestionKind::Acknowledge => "OK".to_owned(),
        kind if kind.is_file() => format!("p{n}.jpg"),
        _ => ["王小明", "11010519491231002X", "x", "东村 3 组", "13800000000"][n as usize % 5].to_owned(),
    }
}

/// Does the same to both sessions, and holds that both say the same.
fn fill_both(one: &Arc<Form>, other: &Arc<Form>, picks: &[u32], seen: View) {
    let mut a = Session::new(one.clone(), MORNING);
    let mut b = Session::new(other.clone(), MORNING);
    assert_eq!(state(&a, seen), state(&b, seen));
    for (pick, step) in picks.iter().zip(0..) {
        let nodes = a.nodes();
        let answerable: Vec<&NodeState> = nodes
            .iter()
            .filter(|node| node.relevant && node.kind.is_answerable() && !node.read_only)
            .collect();
        let repeats: Vec<&NodeState> =
            nodes.iter().filter(|node| node.kind == QuestionKind::Repeat).collect();
        let entry = match (pick % 7, repeats.get(*pick as usize % repeats.len().max(1))) {
            (0, Some(repeat)) => {
                let path = repeat.path.rsplit_once('[').map_or("", |(path, _)| path).to_owned();
                JournalEntry::AddRepeat { path, instance_id: format!("n{step}") }
            }
            (1, Some(repeat)) if pick % 3 == 0 => JournalEntry::RemoveRepeat { path: repeat.path.clone() },
            (kind, _) => {
                let Some(node) = answerable.get((pick / 11) as usize % answerable.len().max(1)) else {
                    continue;
                };
                let value = if kind == 6 { String::new() } else { value(node, *pick) };
                JournalEntry::Answer { path: node.path.clone(), value }
            }
        };
        let (of_a, of_b) = (a.apply(&entry), b.apply(&entry));
        let kind = |error| std::mem::discriminant(&error);
        assert_eq!(of_a.map(|_| ()).map_err(kind), of_b.map(|_| ()).map_err(kind), "{entry:?}");
    }
    assert_eq!(state(&a, seen), state(&b, seen));
    assert_eq!(pages(&a), pages(&b));
    assert_eq!(
        a.missing().iter().filter(|left| !left.path.contains("/meta/")).count(),
        b.missing().iter().filter(|left| !left.path.contains("/meta/")).count()
    );
}

type Pair = (String, Arc<Form>, Arc<Form>);

/// The forms of the pack, as they are and by way of XML.
fn packs() -> &'static [Pair] {
    static PACKS: OnceLock<Vec<Pair>> = OnceLock::new();
    PACKS.get_or_init(|| {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(pack("")).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "xlsx") {
                continue;
            }
            let form = read_workbook(&std::fs::read(&path).unwrap()).unwrap().form;
            let other = again(&form);
            found.push((path.display().to_string(), Arc::new(form), Arc::new(other)));
        }
        found.sort_by(|a, b| a.0.cmp(&b.0));
        found
    })
}

#[test]
fn every_form_of_the_pack_keeps_its_questions_and_what_ruhu_says_of_them() {
    assert!(packs().len() >= 5);
    for (name, one, other) in packs() {
        assert_eq!(
            (one.id(), one.version(), one.title(), one.languages()),
            (other.id(), other.version(), other.title(), other.languages()),
            "{name}"
        );
        for question in one.questions() {
            let found = other.question(&question.path).unwrap_or_else(|| panic!("{name} {}", question.path));
            assert_eq!(
                (&question.kind, &question.save_to, &question.class, &question.merge, &question.parameters),
                (&found.kind, &found.save_to, &found.class, &found.merge, &found.parameters),
                "{name} {}",
                question.path
            );
        }
    }
}

#[test]
fn what_is_written_twice_is_the_same() {
    for (name, _, other) in packs() {
        assert_eq!(write_xform(other), write_xform(&again(other)), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn forms_of_the_pack_behave_the_same_by_way_of_xml(which in any::<prop::sample::Index>(), picks in proptest::collection::vec(any::<u32>(), 1..40)) {
        let (_, one, other) = &packs()[which.index(packs().len())];
        fill_both(one, other, &picks, seen);
    }
}

/// A survey with what the forms of the pack have not.
fn rare() -> Session {
    survey(
        &[
            "type|name|label|default|calculation|choice_filter|repeat_count|appearance|relevant|constraint|constraint_message",
            "text|name|名字 ${age} ${ 元|||||||. != 'x'|不能是 x",
            "integer|age|几岁|3||||||| ",
            "date|day|哪天|today()||||||| ",
            "select_one town|town|镇||||||| | ",
            "select_one village|village|村|||town = ${town}||||| ",
            "begin_repeat|person|人||||${age} + 1|||| ",
            "text|who|谁|concat(${name}, '！')||||||| ",
            "note|both|${who} 和 ${name}||||||${who} != ''|| ",
            "begin_repeat|pet|宠物||||||||",
            "text|kind|种类||||||||",
            "calculate|nth|||position(..)|||||| ",
            "end_repeat|||||||||",
            "calculate|told|||jr:choice-name(${town}, '${town}')||||||",
            "end_repeat|||||||||",
            "hidden|kept||家||||||| ",
            "calculate|first|||${kind}||||||",
        ],
        &[
            "list_name|name|label|town",
            "town|river|河镇|",
            "town|hill|山镇|",
            "village|a|甲村|river",
            "village|b|乙村|hill",
        ],
    )
}

#[test]
fn a_form_without_languages_reads_as_it_was_written() {
    insta::assert_snapshot!(write_xform(rare().form()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn repeats_counts_and_defaults_behave_the_same_by_way_of_xml(picks in proptest::collection::vec(any::<u32>(), 1..40)) {
        static FORMS: OnceLock<(Arc<Form>, Arc<Form>)> = OnceLock::new();
        let (one, other) = FORMS.get_or_init(|| {
            let one = rare().form().clone();
            let other = Arc::new(again(&one));
            (one, other)
        });
        fill_both(one, other, &picks, seen);
    }
}

/// RUHU_CONFORMANCE names a folder whose `forms` have workbooks, and beside
/// some of them, with `.xml` added, what pyxform makes of them.
#[test]
fn what_pyxform_makes_of_a_workbook_behaves_like_the_workbook() {
    let Some(folder) = std::env::var_os("RUHU_CONFORMANCE") else { return };
    let mut compared = 0;
    for entry in std::fs::read_dir(std::path::PathBuf::from(folder).join("forms")).unwrap() {
        let path = entry.unwrap().path();
        let xml = std::path::PathBuf::from(format!("{}.xml", path.display()));
        let (Ok(workbook), Ok(xml)) = (std::fs::read(&path), std::fs::read(xml)) else { continue };
        let one = read_workbook(&workbook).unwrap_or_else(|faults| panic!("{path:?} {faults}")).form;
        let other = read_xform(&xml).unwrap_or_else(|faults| panic!("{path:?} {faults}")).form;
        let picks: Vec<u32> = (1..60_u32).map(|n| n.wrapping_mul(2_654_435_761)).collect();
        fill_both(&Arc::new(one), &Arc::new(other), &picks, behaviour);
        compared += 1;
    }
    assert!(compared > 0);
}
