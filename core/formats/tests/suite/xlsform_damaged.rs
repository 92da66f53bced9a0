//! Bytes changed at random, and files made to cost memory.

use crate::support::workbook;
use crate::xls;
use proptest::prelude::*;
use ruhu_formats::{read_form, read_workbook};
use std::io::{Cursor, Write};
use std::sync::OnceLock;
use zip::write::SimpleFileOptions;

const SHEETS: [(&str, &[&str]); 2] = [
    ("survey", &["type|name|label|relevant", "select_one yn|a|甲|", "integer|b|乙|${a} = 'yes'"]),
    ("choices", &["list_name|name|label", "yn|yes|是", "yn|no|12"]),
];

fn old() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| xls::workbook(&SHEETS))
}

/// A workbook of parts as given, the usual ones added.
fn package(parts: &[(&str, String)]) -> Vec<u8> {
    let usual = [
        (
            "_rels/.rels",
            r#"<Relationships><Relationship Id="1" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
        ),
        (
            "xl/workbook.xml",
            r#"<workbook xmlns:r="r"><sheets><sheet name="survey" sheetId="1" r:id="s"/></sheets></workbook>"#,
        ),
        (
            "xl/_rels/workbook.xml.rels",
            r#"<Relationships><Relationship Id="s" Type="x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#,
        ),
    ];
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let given = parts.iter().map(|(name, content)| (*name, content.as_str()));
    let usual = usual.into_iter().filter(|(name, _)| !parts.iter().any(|(given, _)| given == name));
    for (name, content) in given.chain(usual) {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn sheet(rows: &str) -> (&'static str, String) {
    ("xl/worksheets/sheet1.xml", format!("<worksheet><sheetData>{rows}</sheetData></worksheet>"))
}

fn code(bytes: &[u8]) -> String {
    read_workbook(bytes).unwrap_err().diagnostics[0].code.clone()
}

#[test]
fn a_workbook_of_few_parts_is_read() {
    let cell = |at: &str, text: &str| format!(r#"<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>"#);
    let rows = format!(
        "<row>{}{}</row><row>{}{}</row>",
        cell("A1", "type"),
        cell("B1", "name"),
        cell("A2", "text"),
        cell("B2", "a")
    );
    assert!(read_workbook(&package(&[sheet(&rows)])).unwrap().form.question("a").is_some());
}

#[test]
fn sizes_that_a_file_only_claims_cost_nothing() {
    let shared = r#"<sst uniqueCount="99999999999999"><si><t>type</t></si></sst>"#.to_owned();
    let claimed = package(&[
        ("xl/sharedStrings.xml", shared),
        (
            "xl/worksheets/sheet1.xml",
            r#"<worksheet><dimension ref="XFD9:A1"/><sheetData/></worksheet>"#.to_owned(),
        ),
    ]);
    assert_eq!(code(&claimed), "no-questions");
}

#[test]
fn a_formula_that_was_never_worked_out_is_told() {
    let cell = |at: &str, text: &str| format!(r#"<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>"#);
    let rows = format!(
        r#"<row>{}{}{}</row><row>{}{}<c r="C2"><f>CONCATENATE("a")</f></c></row>"#,
        cell("A1", "type"),
        cell("B1", "name"),
        cell("C1", "relevant"),
        cell("A2", "text"),
        cell("B2", "a"),
    );
    let faults = read_workbook(&package(&[sheet(&rows)])).unwrap_err().diagnostics;
    let wrong = faults.iter().find(|fault| fault.code == "formula-without-value").unwrap();
    assert_eq!((wrong.row, wrong.column.as_str()), (2, "relevant"));
}

#[test]
fn bombs_of_every_kind_are_refused() {
    let many = |piece: &str, times: usize| piece.repeat(times);
    let shared = |content: String| ("xl/sharedStrings.xml", format!("<sst>{content}</sst>"));
    assert_eq!(code(&package(&[shared(many("<si/>", 600_000)), sheet("")])), "too-large");
    let long = format!("<si><t>{}</t></si>", many("x", 33 << 20));
    assert_eq!(code(&package(&[shared(long), sheet("")])), "too-large");
    let text = format!("<si><t>{}</t></si>", many("x", 32_000));
    let cells = many(r#"<row><c t="s"><v>0</v></c></row>"#, 600);
    assert_eq!(code(&package(&[shared(text), sheet(&cells)])), "too-large");
    assert_eq!(code(&package(&[sheet(&many("<row><c><v>1</v></c></row>", 500_001))])), "too-large");
    assert_eq!(code(&package(&[sheet(&many(" ", 65 << 20))])), "too-large");
    assert_eq!(code(&package(&[sheet(&many("<row>", 200_000))])), "damaged-workbook");
    let attributes: String = (0..100_000).map(|n| format!(" a{n}=\"\"")).collect();
    let attributes = format!("<worksheet{attributes}/>");
    assert_eq!(code(&package(&[("xl/worksheets/sheet1.xml", attributes)])), "damaged-workbook");
    let entity = r#"<!DOCTYPE w [<!ENTITY a "aaaa">]><worksheet><sheetData/></worksheet>"#.to_owned();
    assert_eq!(code(&package(&[("xl/worksheets/sheet1.xml", entity)])), "damaged-workbook");
    let sheets = many(r#"<sheet name="s" r:id="s"/>"#, 5_000);
    assert_eq!(
        code(&package(&[("xl/workbook.xml", format!("<workbook><sheets>{sheets}</sheets></workbook>"))])),
        "too-large"
    );
    let parts: Vec<String> = (0..4_001).map(|n| format!("p{n}")).collect();
    let parts: Vec<(&str, String)> = parts.iter().map(|name| (name.as_str(), String::new())).collect();
    assert_eq!(code(&package(&parts)), "too-large");
}

#[test]
fn of_many_sheets_with_one_name_the_first_is_read() {
    let again = std::iter::repeat_n(SHEETS[0], 50);
    let sheets: Vec<(&str, &[&str])> = again.chain([SHEETS[1]]).collect();
    let reading = read_workbook(&xls::workbook(&sheets)).unwrap_or_else(|faults| panic!("{faults}"));
    assert!(reading.warnings.iter().any(|fault| fault.code == "duplicate-sheet"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_xls_never_panics(edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut bytes = old().to_vec();
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = read_form(&bytes);
    }

    #[test]
    fn damaged_records_never_panic(edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut records = xls::records(&SHEETS);
        for (at, byte) in edits {
            let at = at.index(records.len());
            records[at] = byte;
        }
        let _ = read_form(&xls::compound("/Workbook", &records));
    }

    #[test]
    fn no_text_makes_the_reader_of_csv_panic(text in "(survey|choices|,|;|\t|\"|\r|\n|type|name|text|\\PC){0,60}") {
        let _ = read_form(text.as_bytes());
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read_form(&bytes);
    }

    #[test]
    fn no_cells_make_the_reader_panic(cells in proptest::collection::vec("(begin loop over |select_one |rank |\\$\\{|\\}|yn|or_other|=|,|'|%\\(name\\)s|\\PC){0,8}", 12)) {
        let rows: Vec<String> = cells.chunks(4).map(|row| row.join("|").replace(['\u{0}', '\u{1f}'], "")).collect();
        let mut survey = vec!["type|name|parameters|trigger"];
        survey.extend(rows.iter().map(String::as_str));
        let _ = read_form(&workbook(&[("survey", &survey), SHEETS[1]]));
    }
}
