//! Conflicts: listing and settling.

use ruhu_device::{ConflictView, Device};
use ruhu_text::Lang;
use serde_json::json;

use crate::failure::Failure;
use crate::output::Output;
use crate::table::Table;
use crate::{clock, words};

/// How many merged fields are named; the rest are counted.
const NAMED: usize = 3;

/// `ruhu case conflicts`.
pub fn list(device: &Device, case: &str, output: &mut Output) -> Result<(), Failure> {
    let view = device.case_show(case)?;
    output.answer(&view.conflicts, |output, conflicts| {
        if conflicts.is_empty() {
            output.line(output.pick("没有冲突。", "No conflicts."))?;
        }
        print(output, conflicts)?;
        print_merged(output, &view.merged)
    })
}

/// How many fields were merged by a rule, and the first of them.
pub fn print_merged(output: &mut Output, merged: &[String]) -> Result<(), Failure> {
    if merged.is_empty() {
        return Ok(());
    }
    let (lang, count) = (output.lang(), merged.len());
    let named = merged.iter().take(NAMED).cloned().collect::<Vec<_>>().join(lang.pick("、", ", "));
    let more = if count > NAMED { lang.pick(" 等", " and others") } else { "" };
    output.line(&match lang {
        Lang::Zh => format!("另有 {count} 项由程序填写的内容不同，已按规则合并，不需处理：{named}{more}"),
        Lang::En => {
            format!("{count} more fields that the program fills in differed and were merged: {named}{more}")
        }
    })
}

/// Conflicts as people read them, counted.
pub fn print(output: &mut Output, conflicts: &[ConflictView]) -> Result<(), Failure> {
    let (lang, count) = (output.lang(), conflicts.len());
    if count > 0 {
        output.line(&match lang {
            Lang::Zh => format!("{count} 处冲突"),
            Lang::En => format!("{count} in conflict"),
        })?;
    }
    for conflict in conflicts {
        let mark = match conflict.eligibility {
            true => {
                output.pick("（影响资格，办结前须处理）", " (decides eligibility: settle before closing)")
            }
            false => "",
        };
        output.line(&format!("{} {}{mark}", output.pick("冲突", "Conflict"), conflict.path))?;
        let mut table = match lang {
            Lang::Zh => Table::new(["", "内容", "填写人", "手机时间", "服务器收到"]),
            Lang::En => Table::new(["", "value", "author", "phone time", "server time"]),
        };
        for choice in &conflict.choices {
            table.row([
                if choice.shown { "*" } else { "" }.to_owned(),
                words::value(lang, &choice.value),
                words::author(lang, &choice.author),
                clock::local(choice.phone_time_ms),
                words::server_time(lang, choice.server_time_ms),
            ]);
        }
        output.table(&table)?;
    }
    Ok(())
}

/// `ruhu case resolve`.
pub fn resolve(
    device: &Device,
    case: &str,
    path: &str,
    value: &str,
    output: &mut Output,
) -> Result<(), Failure> {
    device.resolve(case, path, value)?;
    let left = device.conflicts(case)?.len();
    let settled = json!({ "case": case, "path": path, "value": value, "conflicts_left": left });
    output.answer(&settled, |output, _| {
        output.line(&match output.lang() {
            Lang::Zh => format!("已处理：{path} = {value}。还有 {left} 处冲突。"),
            Lang::En => format!("Settled: {path} = {value}. {left} conflicts are left."),
        })
    })
}
