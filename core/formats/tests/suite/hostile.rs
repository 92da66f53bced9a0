//! Files and bytes made to do harm: typed errors, never a panic, never more
//! memory than the limits say.

use crate::support::{MORNING, pack, session, workbook};
use proptest::prelude::*;
use ruhu_form::{Form, FormError, Session};
use ruhu_formats::read_workbook;
use rust_xlsxwriter::Workbook;
use std::io::{Cursor, Write};
use std::sync::{Arc, OnceLock};
use zip::write::SimpleFileOptions;

fn small() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| {
        workbook(&[
            (
                "survey",
                &[
                    "type|name|label|relevant",
                    "select_one yn|a|甲|",
                    "begin_repeat|r|组|${a} = 'yes'",
                    "integer|b|乙|. > 0",
                    "end_repeat|||",
                ],
            ),
            ("choices", &["list_name|name|label", "yn|yes|是", "yn|no|否"]),
            ("settings", &["form_id|version", "t|1"]),
        ])
    })
}

fn form_bytes() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| {
        read_workbook(&std::fs::read(pack("home_visit.xlsx")).unwrap()).unwrap().form.to_bytes()
    })
}

/// The parts of a workbook unpacked, changed, and packed again.
fn repacked(bytes: &[u8], change: impl Fn(&str, Vec<u8>) -> Vec<u8>) -> Vec<u8> {
    let mut from = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut to = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for n in 0..from.len() {
        let mut part = from.by_index(n).unwrap();
        let name = part.name().unwrap().into_owned();
        let mut content = Vec::new();
        std::io::copy(&mut part, &mut content).unwrap();
        to.start_file(&name, SimpleFileOptions::default()).unwrap();
        to.write_all(&change(&name, content)).unwrap();
    }
    to.finish().unwrap().into_inner()
}

fn code(bytes: &[u8]) -> String {
    read_workbook(bytes).unwrap_err().diagnostics[0].code.clone()
}

#[test]
fn a_bomb_is_refused_before_it_unpacks() {
    let bomb = repacked(small(), |name, content| match name {
        "xl/worksheets/sheet1.xml" => vec![b' '; 65 * 1024 * 1024],
        _ => content,
    });
    assert!(bomb.len() < 1024 * 1024);
    assert_eq!(code(&bomb), "too-large");
}

#[test]
fn a_cell_in_the_far_corner_costs_nothing() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name("survey").unwrap();
    sheet.write_string(0, 0, "type").unwrap();
    sheet.write_string(0, 1, "name").unwrap();
    sheet.write_string(1, 0, "text").unwrap();
    sheet.write_string(1, 1, "a").unwrap();
    sheet.write_string(1_048_575, 16_383, "far").unwrap();
    let reading = read_workbook(&workbook.save_to_buffer().unwrap()).unwrap();
    assert_eq!(reading.form.questions()[0].name, "a");
}

#[test]
fn a_sheet_that_says_it_ends_before_it_begins_is_read_all_the_same() {
    let odd = repacked(small(), |name, content| match name {
        "xl/worksheets/sheet1.xml" => {
            let text = String::from_utf8(content).unwrap();
            let (before, after) = text.split_once("<dimension ref=\"").unwrap();
            let (_, after) = after.split_once('"').unwrap();
            format!("{before}<dimension ref=\"D9:A1\"{after}").into_bytes()
        }
        _ => content,
    });
    let faults = |bytes: &[u8]| read_workbook(bytes).unwrap_err().diagnostics;
    assert_eq!(faults(&odd), faults(small()));
}

#[test]
fn too_many_rows_are_refused() {
    let mut rows = vec!["type|name|label".to_owned()];
    rows.extend((0..20_001).map(|n| format!("text|q{n}|题")));
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let faults = read_workbook(&workbook(&[("survey", &rows)])).unwrap_err().diagnostics;
    assert!(faults.iter().any(|fault| fault.code == "too-many-rows"));
}

#[test]
fn groups_too_deep_are_refused() {
    let mut rows = vec!["type|name|label".to_owned()];
    rows.extend((0..40).map(|n| format!("begin_group|g{n}|组")));
    rows.extend((0..40).map(|_| "end_group||".to_owned()));
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let faults = read_workbook(&workbook(&[("survey", &rows)])).unwrap_err().diagnostics;
    assert!(faults.iter().any(|fault| fault.code == "too-deep"));
}

#[test]
fn expressions_that_look_everywhere_are_refused_before_they_fill_memory() {
    let mut rows = vec!["type|name|label|relevant".to_owned()];
    rows.extend((0..5_000).map(|n| format!("text|q{n}|题|count(//*) > 1")));
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let faults = read_workbook(&workbook(&[("survey", &rows)])).unwrap_err().diagnostics;
    assert!(faults.iter().any(|fault| fault.code == "too-many-references" || fault.code == "cycle"));
}

#[test]
fn a_text_that_doubles_itself_stops_at_the_limit() {
    let mut rows = vec!["type|name|label|calculation".to_owned(), "text|q0|题|".to_owned()];
    rows.extend((1..60).map(|n| format!("calculate|q{n}||concat(${{q{}}}, ${{q{}}})", n - 1, n - 1)));
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let mut visit = session(&rows, &[]);
    visit.answer("q0", "水").unwrap();
    assert!(visit.missing().iter().any(|left| left.reason.message().en.contains("too long")));
}

#[test]
fn bytes_of_a_form_that_are_not_whole_or_not_known_are_refused() {
    let bytes = form_bytes();
    for cut in 0..bytes.len().min(600) {
        assert_eq!(Form::from_bytes(&bytes[..cut]).unwrap_err(), FormError::Damaged);
    }
    assert_eq!(Form::from_bytes(&[bytes, b"x"].concat()).unwrap_err(), FormError::Damaged);
    let mut newer = bytes.to_vec();
    newer[11] = 9;
    assert_eq!(Form::from_bytes(&newer).unwrap_err(), FormError::Newer { found: 9, known: 2 });
    assert!(matches!(Form::from_bytes(&vec![0; 17 << 20]).unwrap_err(), FormError::TooLarge { .. }));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_workbook_never_panics(edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8), cut in any::<prop::sample::Index>(), cuts in any::<bool>()) {
        let mut bytes = small().to_vec();
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if cuts {
            bytes.truncate(cut.index(bytes.len()));
        }
        let _ = read_workbook(&bytes);
    }

    #[test]
    fn a_workbook_whose_parts_are_damaged_never_panics(part in 0..12_usize, edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let archive = zip::ZipArchive::new(Cursor::new(small())).unwrap();
        let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
        let wanted = &names[part % names.len()];
        let bytes = repacked(small(), |name, mut content| {
            if name == wanted && !content.is_empty() {
                for (at, byte) in &edits {
                    let at = at.index(content.len());
                    content[at] = *byte;
                }
            }
            content
        });
        let _ = read_workbook(&bytes);
    }

    #[test]
    fn damaged_bytes_of_a_form_never_panic(edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = form_bytes().to_vec();
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(form) = Form::from_bytes(&bytes) {
            let _ = Session::new(Arc::new(form), MORNING).missing();
        }
    }

    #[test]
    fn no_path_and_no_value_makes_a_session_panic(path in "\\PC{0,40}", value in "\\PC{0,40}", id in "\\PC{0,6}") {
        let mut visit = session(&["type|name|label", "text|a|甲", "begin_repeat|r|组", "integer|b|乙", "end_repeat||"], &[]);
        let _ = visit.answer(&path, &value);
        for path in ["a", "b", "r[1]/b", "/data/r[@id='1']/b", "r"] {
            let _ = visit.answer(path, &value);
        }
        let _ = visit.add_repeat("r", &id);
        let _ = visit.remove_repeat(&path);
        prop_assert!(visit.node("a").is_some());
    }
}
