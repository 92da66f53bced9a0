//! The files that county staff really have: old .xls, CSV of many kinds, and
//! files that only look like workbooks.

use crate::support::workbook;
use crate::xls;
use ruhu_form::{Form, ParsedForm};
use ruhu_formats::{read_form, read_workbook};
use ruhu_text::Severity;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;

const SURVEY: &[&str] = &["type|name|label|default", "select_one yn|a|在家吗|", "integer|b|几口人|3"];
const CHOICES: &[&str] = &["list_name|name|label", "yn|yes|在家", "yn|no|不在"];
const SETTINGS: &[&str] = &["form_id|form_title|version", "visit|入户|20261122"];
const SHEETS: [(&str, &[&str]); 3] = [("survey", SURVEY), ("choices", CHOICES), ("settings", SETTINGS)];

fn form(bytes: &[u8]) -> Form {
    let ParsedForm { form, warnings: faults } = read_form(bytes).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(faults, []);
    form
}

/// All that a form says, the numbers of its rows left out.
fn said(bytes: &[u8]) -> String {
    let form = form(bytes);
    format!("{} {} {} {:?}", form.id(), form.title(), form.version(), form.questions())
}

fn code(bytes: &[u8]) -> String {
    let faults = read_form(bytes).unwrap_err().diagnostics;
    assert!(faults.iter().all(|fault| !fault.message.zh.is_empty() && !fault.message.en.is_empty()));
    faults[0].code.clone()
}

/// XLSForm in CSV: the sheet's name in the first column.
fn csv(separator: &str) -> String {
    let mut text = String::new();
    for (name, rows) in SHEETS {
        text.push_str(&format!("{name}{}\r\n", separator.repeat(4)));
        for row in rows {
            text.push_str(&format!("{separator}{}\r\n", row.replace('|', separator)));
        }
    }
    text
}

#[test]
fn an_old_xls_is_read_like_an_xlsx_whatever_it_is_called() {
    assert_eq!(form(&xls::workbook(&SHEETS)).hash(), form(&workbook(&SHEETS)).hash());
}

#[test]
fn csv_is_read_like_an_xlsx_in_every_encoding_that_excel_and_wps_write() {
    let wanted = said(&workbook(&SHEETS));
    let text = csv(",");
    assert_eq!(said(text.as_bytes()), wanted);
    assert_eq!(said(&[b"\xEF\xBB\xBF", text.as_bytes()].concat()), wanted);
    assert_eq!(said(csv(";").as_bytes()), wanted);
    let (chinese, _, failed) = encoding_rs::GB18030.encode(&text);
    assert!(!failed && std::str::from_utf8(&chinese).is_err());
    assert_eq!(said(&chinese), wanted);
    let little: Vec<u8> =
        std::iter::once(0xFEFF).chain(csv("\t").encode_utf16()).flat_map(u16::to_le_bytes).collect();
    assert_eq!(said(&little), wanted);
}

#[test]
fn a_plain_table_is_the_survey() {
    let text = "type,name,label\ntext,a,姓名\ninteger,b,年龄\n";
    let reading = read_form(text.as_bytes()).unwrap();
    assert_eq!(reading.form.question("b").unwrap().labels.get(""), "年龄");
}

#[test]
fn rows_of_a_csv_are_numbered_as_a_spreadsheet_numbers_them() {
    let text = "survey,,,\n,type,name,label\n,text,a,\"两行\n的文字\"\n\n,interger,b,年龄\n";
    let faults = read_form(text.as_bytes()).unwrap_err().diagnostics;
    let wrong = faults.iter().find(|fault| fault.code == "unknown-type").unwrap();
    assert_eq!((wrong.row, wrong.value.as_str()), (5, "interger"));
}

#[test]
fn a_file_that_is_no_workbook_is_told_for_what_it_is() {
    let zip = |parts: &[(&str, &str)]| {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in parts {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(content.as_bytes()).unwrap();
        }
        zip.finish().unwrap().into_inner()
    };
    let ods = zip(&[("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", "<a/>")]);
    let relations = r#"<Relationships><Relationship Id="1" Type="x/officeDocument" Target="word/document.xml"/></Relationships>"#;
    let word = zip(&[("_rels/.rels", relations), ("word/document.xml", "<w/>")]);
    let binary = zip(&[("xl/workbook.bin", "")]);
    let whole = workbook(&SHEETS);
    let old = xls::workbook(&SHEETS);
    assert_eq!(code(b""), "empty-file");
    assert_eq!(code(b" \n"), "empty-file");
    assert_eq!(code(&ods), "other-format");
    assert_eq!(code(&binary), "other-format");
    assert_eq!(code(&word), "not-a-workbook");
    assert_eq!(code(&zip(&[("photo.jpg", "")])), "not-a-workbook");
    assert_eq!(
        code("\u{feff}<html><table><tr><td>survey</td></tr></table></html>".as_bytes()),
        "other-format"
    );
    assert_eq!(code(b"<?xml version=\"1.0\"?><Workbook/>"), "other-format");
    assert_eq!(code(b"%PDF-1.7\n"), "other-format");
    assert_eq!(code(b"\x89PNG\r\n\x1a\n\0\0"), "not-a-workbook");
    assert_eq!(code(&[0x80, 0x81, 0xFF, b','].repeat(9)), "bad-encoding");
    assert_eq!(code(&whole[..whole.len() / 2]), "damaged-workbook");
    assert_eq!(code(&old[..old.len() / 2]), "damaged-workbook");
    assert_eq!(code(&xls::compound("/EncryptedPackage", b"x")), "encrypted-workbook");
    assert_eq!(code(&xls::compound("/Book", b"x")), "too-old");
    assert_eq!(code(&xls::compound("/WordDocument", b"x")), "not-a-workbook");
    assert_eq!(code(&xls::compound("/Workbook", b"x")), "damaged-workbook");
    let pass = [&xls::records(&SHEETS)[..20], &[0x2F, 0, 2, 0, 1, 0][..]].concat();
    assert_eq!(code(&xls::compound("/Workbook", &pass)), "encrypted-workbook");
}

#[test]
fn xform_xml_is_read_by_the_same_door() {
    let xform = r#"<?xml version="1.0"?>
        <h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">
        <h:head><h:title>t</h:title><model><instance><data id="x"><a/></data></instance>
        <bind nodeset="/data/a" type="int"/></model></h:head>
        <h:body><input ref="/data/a"><label>A</label></input></h:body></h:html>"#;
    assert_eq!(read_form(xform.as_bytes()).unwrap().form.id(), "x");
    assert_eq!(read_form(&[b"\xEF\xBB\xBF ", xform.as_bytes()].concat()).unwrap().form.id(), "x");
}

/// A workbook whose survey has cells that are more than text.
fn odd(fill: impl Fn(&mut rust_xlsxwriter::Worksheet)) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name("survey").unwrap();
    for (column, heading) in (0..).zip(["type", "name", "label", "default", "relevant"]) {
        sheet.write_string(0, column, heading).unwrap();
    }
    sheet.write_string(1, 0, "text").unwrap();
    sheet.write_string(1, 1, "a").unwrap();
    sheet.write_string(1, 2, "甲").unwrap();
    fill(sheet);
    let settings = workbook.add_worksheet();
    settings.set_name("settings").unwrap();
    settings.write_string(0, 0, "form_id").unwrap();
    settings.write_string(1, 0, "t").unwrap();
    workbook.save_to_buffer().unwrap()
}

fn faults(bytes: &[u8]) -> Vec<(Severity, String, u32, String)> {
    let faults = match read_workbook(bytes) {
        Ok(reading) => reading.warnings,
        Err(faults) => faults.diagnostics,
    };
    faults.into_iter().map(|fault| (fault.severity, fault.code, fault.row, fault.column)).collect()
}

fn one(severity: Severity, code: &str, row: u32, column: &str) -> Vec<(Severity, String, u32, String)> {
    vec![(severity, code.to_owned(), row, column.to_owned())]
}

#[test]
fn what_a_spreadsheet_did_to_a_cell_is_told() {
    use Severity::{Error, Warning};
    let date = Format::new().set_num_format("yyyy\"年\"m\"月\"d\"日\"");
    let day = || ExcelDateTime::from_ymd(2026, 11, 22).unwrap();
    let broken = odd(|sheet| {
        sheet.write_formula(1, 4, Formula::new("=A99").set_result("#REF!")).unwrap();
    });
    assert_eq!(faults(&broken), one(Error, "excel-error", 2, "relevant"));
    let named = odd(|sheet| {
        sheet.write_datetime_with_format(1, 1, day(), &date).unwrap();
    });
    let codes: Vec<String> = faults(&named).into_iter().map(|(_, code, _, _)| code).collect();
    assert!(codes.contains(&"became-date".to_owned()), "{codes:?}");
    let default = odd(|sheet| {
        sheet.write_datetime_with_format(1, 3, day(), &date).unwrap();
    });
    assert_eq!(faults(&default), []);
    let long = odd(|sheet| {
        sheet.write_number(1, 3, 110_101_199_003_070_000.0).unwrap();
    });
    assert_eq!(faults(&long), one(Warning, "long-number", 2, "default"));
    let merged = odd(|sheet| {
        sheet.merge_range(2, 0, 2, 2, "", &Format::new()).unwrap();
    });
    assert_eq!(faults(&merged), one(Warning, "merged-cells", 3, ""));
}

#[test]
fn a_hidden_sheet_is_read_and_told() {
    let mut workbook = Workbook::new();
    workbook.add_worksheet().set_name("说明").unwrap();
    let sheet = workbook.add_worksheet();
    sheet.set_name("survey").unwrap().set_hidden(true);
    for (column, (heading, cell)) in (0..).zip([("type", "text"), ("name", "a"), ("label", "甲")]) {
        sheet.write_string(0, column, heading).unwrap();
        sheet.write_string(1, column, cell).unwrap();
    }
    let found = faults(&workbook.save_to_buffer().unwrap());
    assert_eq!(found[0], (Severity::Warning, "hidden-sheet".to_owned(), 0, String::new()), "{found:?}");
}

#[test]
fn a_heading_below_a_title_is_found() {
    let bytes = workbook(&[
        ("survey", &["入户调查表", "type|name|label", "text|a|甲"]),
        ("settings", &["form_id", "t"]),
    ]);
    let reading = read_workbook(&bytes).unwrap();
    assert_eq!(reading.warnings.len(), 1);
    assert_eq!((reading.warnings[0].code.as_str(), reading.warnings[0].row), ("heading-not-first", 2));
    assert!(reading.form.question("a").is_some());
}

#[test]
fn cells_are_read_as_an_established_reader_reads_them() {
    use calamine::{Data, Reader, Xlsx};
    let bytes = std::fs::read(crate::support::pack("home_visit.xlsx")).unwrap();
    let mut theirs: Xlsx<_> = Xlsx::new(Cursor::new(&bytes)).unwrap();
    let sheet = theirs.worksheet_range("survey").unwrap();
    let form = read_workbook(&bytes).unwrap().form;
    let names: Vec<String> = form.questions().iter().map(|question| question.name.clone()).collect();
    let column = sheet
        .rows()
        .next()
        .unwrap()
        .iter()
        .position(|cell| matches!(cell, Data::String(name) if name == "name"))
        .unwrap();
    let mut theirs = sheet.rows().skip(1).map(|row| row[column].to_string()).filter(|name| !name.is_empty());
    assert!(theirs.all(|name| names.contains(&name)));
}
