//! Households: opening, lists, the history of a field.

use ruhu_device::{CaseSummary, Device, HistoryItem, NewCase};

use crate::arguments::NewCaseArguments;
use crate::failure::Failure;
use crate::output::Output;
use crate::table::Table;
use crate::{clock, mask, words};

/// `ruhu case new`.
pub fn new(device: &Device, new: &NewCaseArguments, output: &mut Output) -> Result<(), Failure> {
    let summary = device.case_new(NewCase {
        name: new.name.clone(),
        idno: new.idno.clone(),
        division: new.division.clone(),
        address: new.address.clone(),
        phone: new.phone.clone(),
    })?;
    output.answer(&summary, |output, summary| {
        output.line(&format!("{} {}", output.pick("已建户", "Opened household"), summary.id))
    })
}

/// `ruhu case list`: a page, and how many households stand behind it.
pub fn list(
    device: &Device,
    (division, offset, limit): (&str, u32, u32),
    output: &mut Output,
) -> Result<(), Failure> {
    let page = device.case_list(division, offset, limit)?;
    let end = offset.saturating_add(u32::try_from(page.len()).unwrap_or(u32::MAX));
    print(page, output)?;
    if output.json() {
        return Ok(());
    }
    let more = device.case_count(division)?.saturating_sub(end);
    if more > 0 {
        output.line(&match output.lang() {
            ruhu_device::Lang::Zh => format!("另有 {more} 户：--offset {end}"),
            ruhu_device::Lang::En => format!("{more} more: --offset {end}"),
        })?;
    }
    not_shown(device.status()?.cases_not_shown, output)
}

/// Says that there are households of which nothing can be shown.
pub fn not_shown(count: u32, output: &mut Output) -> Result<(), Failure> {
    if count == 0 {
        return Ok(());
    }
    output.line(&match output.lang() {
        ruhu_device::Lang::Zh => {
            format!("! {count} 户的内容还不能显示：尚未收到，或已隔离；ruhu check 列出它们")
        }
        ruhu_device::Lang::En => {
            format!("! {count} households not here yet: what they say has not come, or is kept apart; ruhu check names them")
        }
    })
}

/// `ruhu case search`: the households found, and whether there are more.
pub fn search(device: &Device, text: &str, limit: u32, output: &mut Output) -> Result<(), Failure> {
    let mut found = device.case_search(text, limit.saturating_add(1))?;
    let shown = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = found.len() > shown;
    found.truncate(shown);
    print(found, output)?;
    match more && !output.json() {
        true => output.line(output.pick(
            "还有更多：请写得更具体，或加大 --limit",
            "There are more: say more of it, or raise --limit",
        )),
        false => Ok(()),
    }
}

fn print(cases: Vec<CaseSummary>, output: &mut Output) -> Result<(), Failure> {
    output.answer(&cases, |output, cases| {
        if cases.is_empty() {
            return output.line(output.pick("没有户。", "No households."));
        }
        let lang = output.lang();
        let mut table = match lang {
            ruhu_device::Lang::Zh => Table::new([
                "编号",
                "户主",
                "身份证号",
                "人口",
                "区划",
                "住址",
                "状态",
                "冲突",
                "尚不安全",
                "更新时间",
            ]),
            ruhu_device::Lang::En => Table::new([
                "id",
                "head",
                "ID number",
                "people",
                "division",
                "address",
                "status",
                "conflicts",
                "not safe yet",
                "updated",
            ]),
        };
        for case in cases {
            table.row([
                case.id.clone(),
                case.name.clone(),
                mask::id_tail(&case.id_tail),
                case.people.to_string(),
                case.division.clone(),
                case.address.clone(),
                words::status(lang, &case.status).to_owned(),
                case.conflicts.to_string(),
                mark(case.not_yet_safe),
                clock::local(case.updated_at_ms),
            ]);
        }
        output.table(&table)
    })
}

/// How many things are not safe yet; nothing where all is, so that the others stand out.
fn mark(not_yet_safe: u32) -> String {
    if not_yet_safe == 0 { String::new() } else { format!("! {not_yet_safe}") }
}

/// `ruhu case history`.
pub fn history(device: &Device, case: &str, path: &str, output: &mut Output) -> Result<(), Failure> {
    output.answer(&device.case_history(case, path)?, print_history)
}

fn print_history(output: &mut Output, items: &Vec<HistoryItem>) -> Result<(), Failure> {
    if items.is_empty() {
        return output.line(output.pick("这一项还没有内容。", "The field never had a value."));
    }
    let lang = output.lang();
    let mut table = match lang {
        ruhu_device::Lang::Zh => Table::new(["", "内容", "填写人", "手机时间", "服务器收到", "备注"]),
        ruhu_device::Lang::En => Table::new(["", "value", "author", "phone time", "server time", "note"]),
    };
    for item in items {
        table.row([
            if item.current { "*" } else { "" }.to_owned(),
            words::value(lang, &item.value),
            words::author(lang, &item.author),
            clock::local(item.phone_time_ms),
            words::server_time(lang, item.server_time_ms),
            if item.hidden { output.pick("已隐藏", "hidden") } else { "" }.to_owned(),
        ]);
    }
    output.table(&table)
}
