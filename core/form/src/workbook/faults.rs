//! What can be wrong with a file as a whole.

use crate::fault::Fault;
use crate::lang::Text2;

fn fault(code: &str, message: Text2, hint: Text2) -> Box<Fault> {
    Box::new(Fault::error(code, message).hint(hint))
}

fn save_again() -> Text2 {
    Text2::new(
        "请在 Excel 或 WPS 里打开，另存为 .xlsx 后再试。",
        "Open it in Excel or WPS, save it as .xlsx, and try again.",
    )
}

pub(super) fn not_a_workbook() -> Box<Fault> {
    let message = Text2::new("这不是表格工作簿。", "This is not a workbook.");
    fault("not-a-workbook", message, save_again())
}

pub(super) fn damaged() -> Box<Fault> {
    let message = Text2::new(
        "工作簿已损坏或不完整，读不下去。",
        "The workbook is damaged or incomplete and cannot be read.",
    );
    fault("damaged-workbook", message, save_again())
}

pub(super) fn too_large(limit: &str) -> Box<Fault> {
    let message = Text2::new(
        format!("工作簿太大，超过 {limit}。"),
        format!("The workbook is too large: more than {limit}."),
    );
    let hint = Text2::new(
        "请删去不用的工作表、图片和空行。",
        "Remove sheets, pictures and empty rows that are not needed.",
    );
    fault("too-large", message, hint)
}
