//! Workbooks, XForms, compiled forms, and expressions.

use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use ruhu_form::{Environment, Form, ParsedForm, Session};
use ruhu_formats::{attach, read_form, read_workbook, read_xform, write_xform};
use ruhu_text::{Diagnostics, Explain, Severity};
use ruhu_xpath::parse;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use ruhu_harness::world::SMALL_FORM;

#[path = "../../../core/formats/tests/suite/xls.rs"]
mod xls;

/// How a compound file begins, which an old .xls is.
const COMPOUND: [u8; 4] = [0xD0, 0xCF, 0x11, 0xE0];
/// A form of many kinds of rows: its sheets, with bars between the cells.
const SHEETS: [(&str, &[&str]); 3] = [
    (
        "survey",
        &[
            "type|name|label|relevant|constraint|calculation|required",
            "start|begun",
            "begin group|who|谁",
            "text|name|姓名||string-length(.) < 30||yes",
            "select_one yn or_other|home|在家吗|${name} != ''",
            "select_multiple wells|wells|哪些井|selected(${home}, 'yes')|count-selected(.) <= 2",
            "end group",
            "begin repeat|member|成员",
            "integer|age|年龄||. >= 0 and . < 130",
            "range|pain|疼吗",
            "end repeat",
            "calculate|eldest||||max(${age})",
            "note|say|最大的${eldest}岁|${eldest} > 80",
        ],
    ),
    ("choices", &["list_name|name|label", "yn|yes|在家", "yn|no|不在", "wells|w1|东井", "wells|w2|西井"]),
    ("settings", &["form_id|form_title|version", "visit|入户|20261122"]),
];

/// 2026-11-22 09:30 in China.
pub(super) const MORNING: Environment =
    Environment { now_ms: 1_795_311_000_000, utc_offset_minutes: 480, seed: 7 };
fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

pub(super) fn pack(name: &str) -> Vec<u8> {
    std::fs::read(in_repository("packs/forms").join(name)).unwrap()
}

/// Three of the guide's worked examples.
fn guide_examples() -> Vec<Vec<u8>> {
    let files = std::fs::read_dir(in_repository("docs/guides/examples")).unwrap();
    let mut workbooks: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    workbooks.retain(|path| path.extension().is_some_and(|extension| extension == "xlsx"));
    workbooks.sort();
    workbooks.iter().step_by(3).take(3).map(|path| std::fs::read(path).unwrap()).collect()
}

pub(super) fn home_visit() -> Arc<Form> {
    read_workbook(&pack("home_visit.xlsx")).unwrap().form.into()
}

/// Begins the form and looks at everything a phone would show.
fn look_through(form: Form) {
    look_at(&Session::new(form.into(), MORNING));
}

pub(super) fn look_at(session: &Session) {
    for missing in session.missing() {
        assert!(session.node(&missing.path).is_some(), "something is missing that is not there");
    }
    session.pages();
    session.answers();
}

fn hold_to_its_bytes(form: &Form) {
    let bytes = form.to_bytes();
    assert_eq!(Form::from_bytes(&bytes).unwrap().to_bytes(), bytes);
}

/// What is written for other engines is a form for us too.
fn hold_to_its_xform(form: &Form) {
    let written = write_xform(form);
    let again = read_xform(written.as_bytes()).unwrap_or_else(|faults| panic!("{faults}"));
    // XML has no control characters.
    let plain: String = form.id().chars().filter(|c| !c.is_control()).collect();
    assert_eq!(again.form.id(), plain);
}

/// A form is whole; what is none says why.
fn examine(read: Result<ParsedForm, Diagnostics>) {
    match read {
        Ok(reading) => {
            assert!(reading.warnings.iter().all(|fault| fault.severity != Severity::Error));
            hold_to_its_bytes(&reading.form);
            hold_to_its_xform(&reading.form);
            look_through(reading.form);
        }
        Err(faults) => {
            assert!(faults.diagnostics.iter().any(|fault| fault.severity == Severity::Error));
            assert!(!faults.to_string().is_empty());
        }
    }
}

pub(super) fn workbook(bytes: &[u8]) {
    examine(read_workbook(bytes));
}

pub(super) fn workbook_seeds() -> Vec<Vec<u8>> {
    let mut seeds = guide_examples();
    seeds.extend([SMALL_FORM.to_vec(), pack("home_visit.xlsx")]);
    seeds
}

/// What ends a part of [`workbook_parts`].
const END_OF_PART: u8 = 0;
/// A workbook has about ten parts.
const MAX_PARTS: usize = 24;

/// The parts of an .xlsx, each with its name on the first line, and a zero byte between them: damage
/// that a checksum of the zip would hide is carried to the readers of the sheets.
pub(super) fn workbook_parts(bytes: &[u8]) {
    examine(read_workbook(&package(bytes)));
}

fn package(bytes: &[u8]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for part in bytes.split(|byte| *byte == END_OF_PART).take(MAX_PARTS) {
        let (name, content) =
            part.split_at(part.iter().position(|byte| *byte == b'\n').unwrap_or(part.len()));
        // Two parts of one name cannot be written.
        if zip.start_file(String::from_utf8_lossy(name), stored).is_ok() {
            zip.write_all(content.get(1..).unwrap_or_default()).unwrap();
        }
    }
    zip.finish().unwrap().into_inner()
}

pub(super) fn workbook_parts_seeds() -> Vec<Vec<u8>> {
    guide_examples().iter().map(Vec::as_slice).chain([SMALL_FORM]).map(parts).collect()
}

fn parts(workbook: &[u8]) -> Vec<u8> {
    let mut zip = ZipArchive::new(Cursor::new(workbook)).unwrap();
    let mut parts = Vec::new();
    for index in 0..zip.len() {
        let mut part = zip.by_index(index).unwrap();
        let name = part.name().unwrap().into_owned();
        if name.starts_with("docProps") || name.contains("theme") {
            continue;
        }
        parts.extend([name.as_bytes(), b"\n"].concat());
        part.read_to_end(&mut parts).unwrap();
        parts.push(END_OF_PART);
    }
    parts
}

/// An old .xls, or the records within one: the container around them would stop most damage.
pub(super) fn workbook_xls(bytes: &[u8]) {
    if bytes.starts_with(&COMPOUND) {
        examine(read_form(bytes));
    } else {
        examine(read_form(&xls::compound("/Workbook", bytes)));
    }
}

pub(super) fn workbook_xls_seeds() -> Vec<Vec<u8>> {
    vec![xls::records(&SHEETS), xls::workbook(&SHEETS)]
}

/// Any file that somebody takes for a form; the examples are tables of text.
pub(super) fn workbook_csv(bytes: &[u8]) {
    examine(read_form(bytes));
}

pub(super) fn workbook_csv_seeds() -> Vec<Vec<u8>> {
    let mut text = String::new();
    for (name, rows) in SHEETS {
        text.push_str(&format!("{name},,,,,,,\r\n"));
        for row in rows {
            let cells: String = row.split('|').map(|cell| format!(",\"{cell}\"")).collect();
            text.push_str(&format!("{cells}\r\n"));
        }
    }
    let tabs = text.replace(",\"", "\t\"").replace(",,", "\t\t");
    // "住" in GB 18030: Excel writes CSV in the encoding of its system.
    let chinese = [b"survey,,,\r\n,type,name,label\r\n,text,a,".as_slice(), &[0xD7, 0xA1], b"\r\n"].concat();
    vec![text.into_bytes(), tabs.into_bytes(), chinese]
}

pub(super) fn xform(bytes: &[u8]) {
    examine(read_xform(bytes));
}

/// An XForm as an exporter writes it, and small ones of what else it may hold.
pub(super) fn xform_seeds() -> Vec<Vec<u8>> {
    [include_str!("xforms/visit.xml"), include_str!("xforms/roster.xml"), include_str!("xforms/village.xml")]
        .iter()
        .map(|text| text.as_bytes().to_vec())
        .collect()
}

/// A file beside the form that its choices come from: a table, a map or XML.
pub(super) fn attachment(bytes: &[u8]) {
    static FORM: LazyLock<Form> = LazyLock::new(|| {
        let table = "survey,,\n,type,name\n,select_one_from_file wells.csv,well\n";
        read_form(table.as_bytes()).unwrap().form
    });
    match attach(&FORM, "wells.csv", bytes) {
        Ok(form) => {
            hold_to_its_bytes(&form);
            assert!(Session::new(Arc::new(form), MORNING).node("well").is_some());
        }
        Err(faults) => assert!(!faults.diagnostics.is_empty()),
    }
}

pub(super) fn attachment_seeds() -> Vec<Vec<u8>> {
    let map = r#"{"type":"FeatureCollection","features":[
        {"type":"Feature","id":"w1","geometry":{"type":"Point","coordinates":[120.9,30.8,4.5]},"properties":{"title":"东井","depth":12.50}},
        {"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[120,30],[121,30],[121,31],[120,30]]]},"properties":{"id":"w2","closed":null}}]}"#;
    let xml = "<root><item><name>w1</name><label>东井</label></item></root>";
    let table = "name,label\nw1,东井\nw2,\"西井, 旧\"\n";
    [map, xml, table].iter().map(|text| text.as_bytes().to_vec()).collect()
}

pub(super) fn form_bytes(bytes: &[u8]) {
    match Form::from_bytes(bytes) {
        Ok(form) => {
            hold_to_its_bytes(&form);
            look_through(form);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

pub(super) fn form_bytes_seeds() -> Vec<Vec<u8>> {
    vec![read_workbook(SMALL_FORM).unwrap().form.to_bytes(), home_visit().to_bytes()]
}

pub(super) fn expression(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let spelt = |text: &str| parse(text).map(|expression| expression.to_string());
    match spelt(text) {
        // A text near the limit may pass it when it is spelt out.
        Ok(plain) if plain.len() <= text.len() => assert_eq!(spelt(&plain), Ok(plain)),
        Ok(plain) => {
            if let Ok(again) = spelt(&plain) {
                assert_eq!(again, plain);
            }
        }
        Err(error) => assert!(!error.explain().what.zh.is_empty() && !error.explain().what.en.is_empty()),
    }
}

pub(super) fn expression_seeds() -> Vec<Vec<u8>> {
    [
        ". > 0 and . <= 30",
        "${members_real} != ${members_declared} or selected(${house_type}, 'rent')",
        "sum(${amount}) div if(${members_real} > 0, ${members_real}, 1)",
        "count(/home_visit/team/investigator[role = 'lead']) = 1",
        "not(selected-at(${present_members}, 0) = \"head\")",
        "regex(., '^[0-9]{17}[0-9X]$') and string-length(.) = 18",
        "format-date(today(), '%Y-%m-%d') >= date('2026-01-01')",
        "concat('住', ../name, \"'s\", position(..)) | //x/@id",
        "-(1 - 2 * 3) mod 4.5",
        "coalesce(${a}, instance('lists')/root/item[name = current()/../b]/label)",
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .collect()
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn the_examples_are_forms_and_not_refused_at_the_door() {
        for seed in xform_seeds() {
            let reading = read_xform(&seed).unwrap_or_else(|faults| panic!("{faults}"));
            assert!(!reading.form.questions().is_empty());
        }
        for workbook in
            [workbook_parts_seeds().iter().map(|parts| package(parts)).collect(), workbook_seeds()]
        {
            let read: Vec<_> = workbook.iter().map(|bytes: &Vec<u8>| read_workbook(bytes)).collect();
            assert!(read.iter().all(Result::is_ok), "{read:?}");
        }
        for file in attachment_seeds() {
            let form =
                read_form(b"survey,,\n,type,name\n,select_one_from_file wells.csv,well\n").unwrap().form;
            attach(&form, "wells.csv", &file).unwrap_or_else(|faults| panic!("{faults}"));
        }
        for table in [workbook_csv_seeds(), vec![xls::workbook(&SHEETS)]].concat() {
            read_form(&table).unwrap_or_else(|faults| panic!("{faults}"));
        }
    }
}
