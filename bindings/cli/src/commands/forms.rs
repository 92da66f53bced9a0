//! Forms: those on the device, and the check of a workbook before it is published.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Instant;

use ruhu_device::Device;
use ruhu_form::{ParsedForm, Question};
use ruhu_text::{Diagnostic, Explain, Lang, Severity};
use serde::Serialize;
use serde_json::{Value, json};

use crate::commands::Outcome;
use crate::failure::Failure;
use crate::output::Output;
use crate::table::Table;

/// One byte more than the reader of workbooks takes: enough for it to say "too large".
const READ_LIMIT: u64 = 16 * 1024 * 1024 + 1;

/// What was found in one workbook.
#[derive(Debug, Serialize)]
struct Checked {
    file: String,
    ok: bool,
    /// Questions of the form, groups not counted; none when the workbook cannot be used.
    questions: Option<usize>,
    /// Milliseconds that reading took.
    ms: u128,
    faults: Vec<Value>,
    #[serde(skip)]
    lines: Vec<String>,
}

/// `ruhu form check`. Files are independent: one that cannot be read does not hinder the others.
pub fn check(files: &[PathBuf], output: &mut Output) -> Result<Outcome, Failure> {
    let mut outcome = Outcome::Fine;
    for file in files {
        let checked = check_file(file, output.lang());
        if !checked.ok {
            outcome = Outcome::Findings;
        }
        output.answer(&checked, print)?;
    }
    Ok(outcome)
}

fn check_file(path: &Path, lang: Lang) -> Checked {
    let file = path.display().to_string();
    let began = Instant::now();
    let result = read_form(path);
    let mut unfit = None;
    let ms = began.elapsed().as_millis();
    let (questions, faults) = match result {
        Ok(reading) => {
            let count = reading.form.questions().iter().filter(|q| is_asked(q)).count();
            unfit = ruhu_form::check_name(reading.form.id(), reading.form.version()).err();
            (Some(count), reading.warnings)
        }
        Err(Failure::BadForm(found)) => (None, found.diagnostics),
        Err(failure) => return unreadable(file, &failure, lang),
    };
    // It can be tried out under this name, and not be published.
    let unfit = unfit.map(|unfit| plain_fault(Severity::Warning, &unfit, lang));
    let lines = unfit.iter().map(|(_, line)| line.clone());
    let jsons = unfit.iter().map(|(json, _)| json.clone());
    Checked {
        file,
        ok: questions.is_some(),
        questions,
        ms,
        lines: lines.chain(faults.iter().map(|fault| line(fault, lang))).collect(),
        faults: jsons.chain(faults.iter().map(|fault| fault_json(fault, lang))).collect(),
    }
}

/// A fault of no place in the file, for programs and for people.
fn plain_fault(severity: Severity, reason: &dyn Explain, lang: Lang) -> (Value, String) {
    let message = reason.message(lang);
    let json = json!({
        "severity": severity, "code": reason.code(), "sheet": "", "row": 0, "column": "",
        "value": "", "message": message, "hint": "",
    });
    (json, message)
}

/// Reads a form from a file, with the files beside it that its lists come from: the one way by
/// which commands come to one.
pub fn read_form(path: &Path) -> Result<ParsedForm, Failure> {
    let bytes = read_limited(path).map_err(|error| Failure::Read(error.kind()))?;
    let reading = ruhu_formats::read_form(&bytes).map_err(Failure::BadForm)?;
    let folders = ruhu_formats::media_folders(path);
    let beside = |file: &str| folders.iter().find_map(|folder| read_limited(&folder.join(file)).ok());
    ruhu_formats::attach_files(reading, beside).map_err(Failure::BadForm)
}

fn read_limited(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(READ_LIMIT).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether a row of the survey is a question: no group, and not what every
/// form has under `meta`.
fn is_asked(question: &Question) -> bool {
    !question.kind.is_container() && question.path.split('/').nth(2) != Some("meta")
}

fn unreadable(file: String, failure: &Failure, lang: Lang) -> Checked {
    let (fault, message) = plain_fault(Severity::Error, failure, lang);
    Checked { file, ok: false, questions: None, ms: 0, faults: vec![fault], lines: vec![message] }
}

/// A fault as programs get it: its texts in the language that was asked for.
pub fn fault_json(fault: &Diagnostic, lang: Lang) -> Value {
    json!({
        "severity": fault.severity,
        "code": fault.code,
        "sheet": fault.sheet,
        "row": fault.row,
        "column": fault.column,
        "value": fault.value,
        "message": fault.message.get(lang),
        "hint": fault.help.get(lang),
    })
}

/// A fault as one line.
pub fn line(fault: &Diagnostic, lang: Lang) -> String {
    let severity = match (fault.severity, lang) {
        (Severity::Error, Lang::Zh) => "错误",
        (Severity::Error, Lang::En) => "error",
        (Severity::Warning, Lang::Zh) => "提醒",
        (Severity::Warning, Lang::En) => "warning",
    };
    format!("{severity}  {}", fault.line(lang))
}

fn print(output: &mut Output, checked: &Checked) -> Result<(), Failure> {
    let verdict = match (checked.questions, output.lang()) {
        (Some(count), Lang::Zh) => format!("✓ 可以使用，{count} 题"),
        (Some(count), Lang::En) => format!("✓ usable, {count} questions"),
        (None, Lang::Zh) => "✗ 不能使用".to_owned(),
        (None, Lang::En) => "✗ not usable".to_owned(),
    };
    output.line(&format!("{}  {verdict}", checked.file))?;
    checked.lines.iter().try_for_each(|line| output.line(&format!("  {line}")))
}

/// `ruhu form list`.
pub fn list(device: &Device, output: &mut Output) -> Result<(), Failure> {
    output.answer(&device.forms()?, |output, forms| {
        if forms.is_empty() {
            return output.line(output.pick("本机没有表单，请先同步。", "No forms here yet; sync first."));
        }
        let mut table = match output.lang() {
            Lang::Zh => Table::new(["表单", "版本", ""]),
            Lang::En => Table::new(["form", "version", ""]),
        };
        for form in forms {
            let withdrawn = if form.withdrawn { output.pick("已撤下", "withdrawn") } else { "" };
            table.row([form.id.clone(), form.version.clone(), withdrawn.to_owned()]);
        }
        output.table(&table)
    })
}
