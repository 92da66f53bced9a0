//! Conflicts: listing and settling.

use ruhu_device::{ConflictView, Device};
use ruhu_text::Lang;
use serde_json::json;

use crate::failure::Failure;
use crate::output::Output;
use crate::table::Table;
use crate::{clock, words};

/// `ruhu case conflicts`.
pub fn list(device: &Device, case: &str, output: &mut Output) -> Result<(), Failure> {
    output.answer(&device.conflicts(case)?, |output, conflicts| {
        if conflicts.is_empty() {
            return output.line(output.pick("没有冲突。", "No conflicts."));
        }
        print(output, conflicts)
    })
}

/// Conflicts as people read them.
pub fn print(output: &mut Output, conflicts: &[ConflictView]) -> Result<(), Failure> {
    let lang = output.lang();
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
