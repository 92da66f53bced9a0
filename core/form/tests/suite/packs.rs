//! What holds for every form of the pack: it reads without a warning, its text
//! for review is up to date, its example can be finished, and a draft of it
//! comes back from its journal.

use crate::support::{MORNING, example, filled, pack, pack_form, pack_names};
use calamine::{Data, Reader, Xlsx};
use ruhu_form::{Environment, Form, JournalEntry, Question, Session};
use std::fmt::Write;
use std::fs;
use std::io::Cursor;
use std::sync::Arc;

/// A workbook as text: a row a paragraph, a cell a line.
fn rendering(name: &str) -> String {
    let bytes = fs::read(pack(&format!("{name}.xlsx"))).unwrap();
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    let mut text = format!(
        "# packs/forms/{name}.xlsx as text, for review. Refresh: RUHU_REFRESH=1 cargo test -p ruhu-form\n"
    );
    for sheet in workbook.sheet_names() {
        let range = workbook.worksheet_range(&sheet).unwrap();
        let head: Vec<String> = range.rows().next().unwrap().iter().map(ToString::to_string).collect();
        writeln!(text, "\n== {sheet}").unwrap();
        for row in range.rows().skip(1) {
            text.push('\n');
            for (heading, cell) in head.iter().zip(row).filter(|(_, cell)| **cell != Data::Empty) {
                writeln!(text, "{heading}: {cell}").unwrap();
            }
        }
    }
    text
}

#[test]
fn the_text_rendering_of_every_workbook_is_up_to_date() {
    for name in pack_names() {
        let rendered = rendering(&name);
        let file = pack(&format!("{name}.txt"));
        if std::env::var_os("RUHU_REFRESH").is_some() {
            fs::write(&file, &rendered).unwrap();
        }
        let kept = fs::read_to_string(&file).unwrap_or_default();
        assert!(
            kept == rendered,
            "packs/forms/{name}.txt does not show the workbook; run: RUHU_REFRESH=1 cargo test -p ruhu-form"
        );
    }
}

#[test]
fn the_example_of_every_form_can_be_finished() {
    for name in pack_names() {
        assert_eq!(filled(&name).missing(), [], "{name}");
    }
}

#[test]
fn an_empty_form_of_the_pack_cannot_be_finished() {
    for name in pack_names() {
        assert_ne!(Session::new(pack_form(&name), MORNING).missing(), [], "{name}");
    }
}

#[test]
fn every_form_is_called_as_its_file_and_speaks_chinese_and_english() {
    for name in pack_names() {
        let form = pack_form(&name);
        assert_eq!(form.id(), name);
        assert_eq!(form.languages(), ["中文 (zh)", "English (en)"], "{name}");
        assert_eq!(form.version().len(), 10, "{name}: a version is the day and two digits");
        for question in form.questions().iter().filter(|question| question.kind.is_shown()) {
            let label = |language| question.label(language);
            assert!(!label("zh").is_empty() && label("zh") != label("en"), "{}", question.path);
        }
    }
}

/// What a person types, draws or photographs may tell something about
/// somebody: what is left without a class is listed here, with care.
#[test]
fn free_text_and_pictures_have_a_class_of_personal_information() {
    use ruhu_form::QuestionKind::{Geopoint, Image, Text};
    let free = |question: &&Question| matches!(question.kind, Text | Image | Geopoint);
    let mut open = Vec::new();
    for name in pack_names() {
        let form = pack_form(&name);
        let unclassed = form.questions().iter().filter(free).filter(|question| question.class.is_none());
        open.extend(unclassed.map(|question| question.path.clone()));
    }
    let allowed =
        ["/home_visit/place/mode_reason", "/lead/found/data_source", "/publicity/posting/place_detail"];
    assert_eq!(open, allowed);
}

#[test]
fn an_unfinished_form_reopened_from_its_journal_is_the_same() {
    for name in pack_names() {
        let mut first = Session::new(pack_form(&name), MORNING);
        let mut journal = Vec::new();
        let mut now = MORNING;
        for entry in example(&name) {
            now = Environment { now_ms: now.now_ms + 61_000, ..now };
            first.set_environment(now);
            let stable = match &entry {
                JournalEntry::Answer { path, value } => {
                    JournalEntry::Answer { path: first.canonical(path).unwrap(), value: value.clone() }
                }
                other => other.clone(),
            };
            first.apply(&stable).unwrap_or_else(|error| panic!("{name}: {entry:?}: {error}"));
            journal.push((now, serde_json::to_string(&stable).unwrap()));
        }
        let form = Form::from_bytes(&first.form().to_bytes()).unwrap();
        let mut second = Session::new(Arc::new(form), MORNING);
        for (now, entry) in journal {
            second.set_environment(now);
            second.apply(&serde_json::from_str(&entry).unwrap()).unwrap();
        }
        assert_eq!(second.nodes(), first.nodes(), "{name}");
        assert_eq!(second.answers(), first.answers(), "{name}");
    }
}

/// A name or number as people type it.
fn typed(text: &str) -> [String; 5] {
    let wide = |character: char| match character {
        '!'..='~' => char::from_u32(character as u32 + 0xfee0).unwrap(),
        _ => character,
    };
    let (first, rest) = text.split_at(text.chars().next().unwrap().len_utf8());
    [
        text.to_owned(),
        format!("{text} "),
        format!("\u{3000}{first} {rest}"),
        text.to_lowercase(),
        text.chars().map(wide).collect(),
    ]
}

#[test]
fn nobody_is_named_twice_or_witnesses_his_own_signature_however_the_name_is_typed() {
    let officer = "officers/officer[@id='b']/officer_no";
    let (zhou, number) = ("周明远", "ZF-330109-021");
    let refused_sign = |question: &'static str| vec![(question, "refused")];
    let cases = [
        ("home_visit", refused_sign("household_sign_kind"), "witness_name", zhou),
        ("home_visit", vec![], "team/investigator[@id='lin']/cert_no", number),
        ("change_hearing", refused_sign("household_sign_kind"), "household_witness", zhou),
        ("change_hearing", vec![("+", "officers/officer")], officer, number),
        ("quick_aid", refused_sign("receiver_sign_kind"), "receiver_witness", zhou),
        ("quick_aid", vec![("+", "officers/officer")], officer, number),
        ("publicity", vec![("+", "officers/officer")], officer, number),
        ("selfcare", vec![], "person_witness", zhou),
        ("selfcare", vec![], "assessors/assessor[@id='lin']/assessor_no", number),
        ("apply_declare", vec![], "apply_witness_name", "吴桂香"),
        ("check_authorization", vec![], "grantors/grantor[1]/witness_name", "陈大河"),
        ("near_relative_record", vec![], "officer", "何小燕"),
        ("review_meeting", vec![], "recorder", zhou),
        ("review_meeting", vec![("attendee", "")], "attendees/attendee[@id='he']/attendee_name", zhou),
    ];
    for (name, before, question, person) in cases {
        let mut session = filled(name);
        let path = |part: &str| if part.contains('/') { format!("/{name}/{part}") } else { part.to_owned() };
        for (what, value) in before {
            match what {
                "+" => session.add_repeat(&path(value), "b").map(drop),
                "attendee" => session
                    .answer(&path("attendees/attendee[@id='he']/attendee_unit"), "青禾镇 社会事务办")
                    .map(drop),
                question => session.answer(question, value).map(drop),
            }
            .unwrap_or_else(|error| panic!("{name}: {what}: {error}"));
        }
        for text in typed(person) {
            let refused = session.answer(&path(question), &text);
            let is_rule = matches!(refused, Err(ruhu_form::AnswerError::Constraint { .. }));
            assert!(is_rule, "{name}: {question} = {text:?}: {refused:?}");
        }
    }
}
