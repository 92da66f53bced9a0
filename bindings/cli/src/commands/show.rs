//! A household as it stands.

use ruhu_device::{CaseView, Device, FilesStatus, Household};
use ruhu_text::Lang;

use crate::commands::{conflicts, files};
use crate::failure::Failure;
use crate::output::Output;
use crate::table::Table;
use crate::{mask, words};

/// Digits of a hash that tell one from another.
const HASH_SHOWN: usize = 12;

/// `ruhu case show`.
pub fn case(device: &Device, id: &str, output: &mut Output) -> Result<(), Failure> {
    let places = device.files_status(Some(id))?;
    output.answer(&device.case_show(id)?, |output, view| {
        output.line(&format!("{} {}  {}", output.pick("户", "Household"), view.id, view.division))?;
        print_fields(output, &view.household)?;
        print_people(output, &view.household)?;
        print_records(output, &view.household)?;
        print_evidence(output, &view.household, &places)?;
        if !view.conflicts.is_empty() {
            output.line("")?;
            conflicts::print(output, &view.conflicts)?;
        }
        print_unshown(output, view)?;
        output.line("")?;
        print_version(output, view)
    })
}

fn print_fields(output: &mut Output, household: &Household) -> Result<(), Failure> {
    let lang = output.lang();
    let mut table = match lang {
        Lang::Zh => Table::new(["项目", "内容"]),
        Lang::En => Table::new(["field", "value"]),
    };
    for (key, value) in household.case.iter().filter(|(key, _)| key.as_str() != "head") {
        let shown = match key.as_str() {
            "status" => words::status(lang, &value.to_string()).to_owned(),
            _ => words::value(lang, value),
        };
        table.row([key.clone(), shown]);
    }
    output.table(&table)
}

fn print_people(output: &mut Output, household: &Household) -> Result<(), Failure> {
    if household.people.is_empty() {
        return Ok(());
    }
    output.line("")?;
    let lang = output.lang();
    let mut table = match lang {
        Lang::Zh => Table::new(["姓名", "关系", "身份证号", "电话", "不再计入"]),
        Lang::En => Table::new(["name", "relation", "ID number", "telephone", "removed"]),
    };
    for person in &household.people {
        let field = |key: &str| person.fields.get(key).map(|v| words::value(lang, v)).unwrap_or_default();
        table.row([
            person.name.clone().unwrap_or_default(),
            field("relation"),
            person.idno.as_deref().map(mask::id_number).unwrap_or_default(),
            field("phone"),
            person.removed.clone().unwrap_or_default(),
        ]);
    }
    output.table(&table)
}

fn print_records(output: &mut Output, household: &Household) -> Result<(), Failure> {
    if household.records.is_empty() {
        return Ok(());
    }
    output.line("")?;
    let lang = output.lang();
    let mut table = match lang {
        Lang::Zh => Table::new(["表单", "版本", "状态", "填写人", "开始时间", "答案", "须查看"]),
        Lang::En => Table::new(["form", "version", "status", "by", "begun", "answers", "to look at"]),
    };
    for record in &household.records {
        table.row([
            record.form.clone().unwrap_or_default(),
            record.version.clone().unwrap_or_default(),
            words::status(lang, record.status.as_deref().unwrap_or_default()).to_owned(),
            record.started_by.clone().unwrap_or_default(),
            record.fields.get("started_at").map(|v| words::value(lang, v)).unwrap_or_default(),
            record.answers.len().to_string(),
            record.flags.len().to_string(),
        ]);
    }
    output.table(&table)
}

fn print_evidence(output: &mut Output, household: &Household, places: &FilesStatus) -> Result<(), Failure> {
    if household.evidence.is_empty() {
        return Ok(());
    }
    output.line("")?;
    let lang = output.lang();
    let mut table = match lang {
        Lang::Zh => Table::new(["照片", "大小", "拍摄时间", "位置", "附上人", "附上时间", "存放", "SHA-256"]),
        Lang::En => Table::new(["photo", "size", "taken", "place", "by", "attached", "where", "SHA-256"]),
    };
    let place = |sha256: Option<&str>| {
        let photo = places.photos.iter().find(|photo| Some(photo.sha256.as_str()) == sha256);
        photo.map(|photo| files::place(lang, photo.place).to_owned()).unwrap_or_default()
    };
    for evidence in &household.evidence {
        let field = |key: &str| evidence.fields.get(key).map(|v| words::value(lang, v)).unwrap_or_default();
        let size = evidence.size.and_then(|size| u64::try_from(size).ok());
        table.row([
            evidence.kind.clone().unwrap_or_default(),
            size.map(words::bytes).unwrap_or_default(),
            field("taken_at"),
            field("place"),
            field("by"),
            field("attached_at"),
            place(evidence.sha256.as_deref()),
            evidence.sha256.as_deref().map(short).unwrap_or_default(),
        ]);
    }
    output.table(&table)
}

/// What is in the household and not shown above, counted.
fn print_unshown(output: &mut Output, view: &CaseView) -> Result<(), Failure> {
    let lang = output.lang();
    if !view.merged.is_empty() {
        output.line("")?;
        conflicts::print_merged(output, &view.merged)?;
    }
    for hidden in &view.hidden {
        let (changes, why) = (hidden.changes, hidden.message.get(lang));
        output.line(&match lang {
            Lang::Zh => format!("! 服务器隐藏了 {changes} 项修改：{why}"),
            Lang::En => format!("! {changes} changes are hidden by the server: {why}"),
        })?;
    }
    Ok(())
}

fn print_version(output: &mut Output, view: &CaseView) -> Result<(), Failure> {
    let heads: Vec<String> = view.heads.iter().map(|head| short(head)).collect();
    let line = match output.lang() {
        Lang::Zh => format!("{} 次修改，版本 {}", view.changes, heads.join(" ")),
        Lang::En => format!("{} changes, heads {}", view.changes, heads.join(" ")),
    };
    output.line(&line)
}

fn short(hash: &str) -> String {
    hash.chars().take(HASH_SHOWN).collect()
}
