//! Visits: answering a form in a household.

use std::fs;
use std::path::Path;

use ruhu_device::{Device, DeviceError, EvidenceView, PictureAnswered, SavedVisit, VisitSummary, VisitView};
use ruhu_form::{AnswerError, Changed, NodeState, QuestionKind};
use ruhu_formats::script::{self, Action};
use ruhu_text::Lang;
use serde::Serialize;
use serde_json::json;

use crate::arguments::VisitCommand;
use crate::commands::{case_id, evidence, migrations, visit_id};
use crate::failure::Failure;
use crate::output::Output;
use crate::table::Table;
use crate::{clock, words};

/// `ruhu visit …`.
pub fn run(device: &Device, command: &VisitCommand, output: &mut Output) -> Result<(), Failure> {
    let named = |word: &str| visit_id(device, word);
    match command {
        VisitCommand::Start { case, form } => start(device, &case_id(device, case)?, form, output),
        VisitCommand::List { open } => list(&device.visits(*open)?, output),
        VisitCommand::Answer { visit, path, value } => answer(device, &named(visit)?, path, value, output),
        VisitCommand::Answers { visit, file } => answers(device, &named(visit)?, file, output),
        VisitCommand::Show { visit } => output.answer(&device.visit_show(&named(visit)?)?, show),
        VisitCommand::Migrate { visit, dry_run } => {
            migrations::migrate(device, &named(visit)?, *dry_run, output)
        }
        VisitCommand::Migrations { visit } => migrations::list(device, &named(visit)?, output),
        VisitCommand::Save { visit } => {
            let saved = device.visit_save(&named(visit)?)?;
            output.answer(&saved, |output, saved| {
                print_saved(output, saved, "已存入该户。", "Saved into the household.")
            })
        }
        VisitCommand::Close { visit } => {
            let saved = device.visit_close(&named(visit)?)?;
            output.answer(&saved, |output, saved| print_saved(output, saved, "已办结。", "Closed."))
        }
    }
}

fn start(device: &Device, case: &str, form: &str, output: &mut Output) -> Result<(), Failure> {
    output.answer(&device.visit_start(case, form)?, |output, visit| {
        let began = output.pick("入户调查开始", "Visit begun");
        output.line(&format!("{began} {}  {} {}", visit.id, visit.form, visit.version))
    })
}

fn list(visits: &Vec<VisitSummary>, output: &mut Output) -> Result<(), Failure> {
    output.answer(visits, |output, visits| {
        if visits.is_empty() {
            return output.line(output.pick("没有入户调查。", "No visits."));
        }
        let lang = output.lang();
        let mut table = match lang {
            Lang::Zh => Table::new(["编号", "户", "表单", "版本", "新版", "状态", "最后填写"]),
            Lang::En => Table::new(["id", "case", "form", "version", "newer", "status", "last answered"]),
        };
        for visit in visits.iter() {
            let status = if visit.open { "open" } else { "closed" };
            table.row([
                visit.id.clone(),
                visit.case.clone(),
                visit.form.clone(),
                visit.version.clone(),
                visit.newer_version.clone().unwrap_or_default(),
                words::status(lang, status).to_owned(),
                clock::local(visit.updated_at_ms),
            ]);
        }
        output.table(&table)
    })
}

/// What an answer changed, and the picture when it was one.
#[derive(Default, Serialize)]
struct Given {
    #[serde(flatten)]
    changed: Changed,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<EvidenceView>,
}

impl From<Changed> for Given {
    fn from(changed: Changed) -> Self {
        Given { changed, evidence: None }
    }
}

fn answer(device: &Device, visit: &str, path: &str, value: &str, output: &mut Output) -> Result<(), Failure> {
    let given = give(device, visit, path, value, Path::new(""))?;
    output.answer(&given, |output, given: &Given| {
        let count = given.changed.nodes.len();
        output.line(&match output.lang() {
            Lang::Zh => format!("已保存。{count} 处随之变化。"),
            Lang::En => format!("Saved. {count} places changed."),
        })?;
        given.evidence.as_ref().map_or(Ok(()), |evidence| evidence::tell(output, evidence))
    })
}

/// Answers a question. What is given to a question for a picture is a file, from this folder on, or the id
/// of evidence.
fn give(device: &Device, visit: &str, path: &str, value: &str, folder: &Path) -> Result<Given, DeviceError> {
    let node = device.visit_node(visit, path)?;
    let file = folder.join(value);
    match node.is_some_and(|node| node.kind == QuestionKind::Image) && file.is_file() {
        true => {
            let PictureAnswered { changed, evidence } = device.visit_answer_picture(visit, path, &file)?;
            Ok(Given { changed, evidence: Some(evidence) })
        }
        false => Ok(device.visit_answer(visit, path, value)?.into()),
    }
}

fn answers(device: &Device, visit: &str, file: &Path, output: &mut Output) -> Result<(), Failure> {
    let text = fs::read_to_string(file).map_err(|error| Failure::Read(error.kind()))?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let steps = script::parse(&text).map_err(|line| Failure::ScriptSyntax { line })?;
    for (n, step) in steps.iter().enumerate() {
        let given = match play(device, visit, &step.action, folder) {
            // The script was played before and cut short: what it made is there.
            Err(DeviceError::Answer(AnswerError::InstanceExists { .. })) => Given::default(),
            result => result.map_err(|cause| Failure::ScriptLine { line: step.line, cause })?,
        };
        let (op, path, value) = match &step.action {
            Action::Answer { path, value } => ("answer", path, value.clone()),
            Action::Add { path, id } => ("add", path, id.clone()),
            Action::Remove { path } => ("remove", path, String::new()),
        };
        let node = if op == "answer" { device.visit_node(visit, path)? } else { None };
        // The question as it stands now: by its stable key, with the value as the form keeps it.
        let (key, value) = node.map_or((None, value), |node| (Some(node.path), node.value));
        let mut done = json!({
            "n": n + 1, "line": step.line, "op": op, "path": path, "key": key, "value": value,
            "changed": given.changed.nodes.len(),
        });
        if let Some(evidence) = &given.evidence {
            done["evidence"] = json!(evidence);
        }
        output.answer(&done, |output, _| {
            output.line(&format!("✓ {op} {path} {value}"))?;
            given.evidence.as_ref().map_or(Ok(()), |evidence| evidence::tell(output, evidence))
        })?;
    }
    Ok(())
}

fn play(device: &Device, visit: &str, action: &Action, folder: &Path) -> Result<Given, DeviceError> {
    match action {
        Action::Answer { path, value } => give(device, visit, path, value, folder),
        Action::Add { path, id } => Ok(device.visit_add_repeat_as(visit, path, id)?.into()),
        Action::Remove { path } => Ok(device.visit_remove_repeat(visit, path)?.into()),
    }
}

fn show(output: &mut Output, view: &VisitView) -> Result<(), Failure> {
    let lang = output.lang();
    let code = lang.code();
    let state = words::status(lang, if view.visit.open { "open" } else { "closed" });
    let title = output.pick("入户调查", "Visit");
    output
        .line(&format!("{title} {}  {} {}  {state}", view.visit.id, view.visit.form, view.visit.version))?;
    if let Some(newer) = &view.visit.newer_version {
        let id = &view.visit.id;
        output.line(&match lang {
            Lang::Zh => format!("! 表单有新版 {newer}。换用会怎样：ruhu visit migrate {id} --dry-run"),
            Lang::En => {
                format!("! The form has a newer version, {newer}. Look: ruhu visit migrate {id} --dry-run")
            }
        })?;
    }
    let is_question = |node: &&NodeState| node.kind != QuestionKind::Note;
    for page in view.pages.iter().filter(|page| page.nodes.iter().any(|node| is_question(&node))) {
        output.line("")?;
        output.line(&format!("[{}]", page.labels.get(code)))?;
        let mut table = match lang {
            Lang::Zh => Table::new(["", "题目", "答案", "名称"]),
            Lang::En => Table::new(["", "question", "answer", "name"]),
        };
        for node in page.nodes.iter().filter(is_question) {
            table.row([
                mark(node).to_owned(),
                node.label(code).to_owned(),
                shown(node, code),
                node.name.clone(),
            ]);
        }
        output.table(&table)?;
    }
    output.line("")?;
    print_missing(output, view, code)
}

fn mark(node: &NodeState) -> &'static str {
    match (&node.error, node.required && node.value.is_empty()) {
        (Some(_), _) => "✗",
        (None, true) => "*",
        (None, false) => "",
    }
}

/// The answer, choices by their labels.
fn shown(node: &NodeState, code: &str) -> String {
    let label_of = |value: &str| {
        let choice = node.choices.iter().find(|choice| choice.value == value);
        choice.map_or_else(|| value.to_owned(), |choice| choice.label(code).to_owned())
    };
    match node.kind {
        QuestionKind::SelectOne => label_of(&node.value),
        QuestionKind::SelectMultiple => {
            node.value.split_whitespace().map(label_of).collect::<Vec<_>>().join("、")
        }
        _ => node.value.clone(),
    }
}

fn print_missing(output: &mut Output, view: &VisitView, code: &str) -> Result<(), Failure> {
    let (lang, count) = (output.lang(), view.missing.len());
    let answered = view.answered;
    output.line(&match (lang, count) {
        (Lang::Zh, 0) => format!("已填 {answered} 题，可以办结。"),
        (Lang::En, 0) => format!("{answered} answers; nothing stands in the way of closing."),
        (Lang::Zh, _) => format!("已填 {answered} 题，还有 {count} 处未完成："),
        (Lang::En, _) => format!("{answered} answers; {count} places are not complete:"),
    })?;
    for missing in &view.missing {
        let reason = missing.reason.message().get(lang);
        output.line(&format!("  {}  {}  {reason}", missing.path, missing.labels.get(code)))?;
    }
    Ok(())
}

fn print_saved(output: &mut Output, saved: &SavedVisit, zh: &str, en: &str) -> Result<(), Failure> {
    output.line(output.pick(zh, en))?;
    if saved.overtaken.is_empty() {
        return Ok(());
    }
    let paths = saved.overtaken.join(output.pick("、", ", "));
    output.line(&match output.lang() {
        Lang::Zh => format!("! 他人在此期间也改了：{paths}。两种内容都已保留，请处理冲突。"),
        Lang::En => format!(
            "! Somebody else changed these meanwhile: {paths}. Both values are kept; settle the conflict."
        ),
    })
}
