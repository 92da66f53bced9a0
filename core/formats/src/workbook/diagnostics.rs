//! What can be wrong with a file as a whole.

use ruhu_text::{Bilingual, Diagnostic};

fn diagnostic(code: &str, message: Bilingual, help: Bilingual) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(code, message).help(help))
}

fn save_again() -> Bilingual {
    Bilingual::new(
        "请在 Excel 或 WPS 里打开，另存为 .xlsx 后再试。",
        "Open it in Excel or WPS, save it as .xlsx, and try again.",
    )
}

pub(super) fn not_a_workbook() -> Box<Diagnostic> {
    let message = Bilingual::new("这不是表格工作簿。", "This is not a workbook.");
    diagnostic("not-a-workbook", message, save_again())
}

pub(super) fn damaged() -> Box<Diagnostic> {
    let message = Bilingual::new(
        "工作簿已损坏或不完整，读不下去。",
        "The workbook is damaged or incomplete and cannot be read.",
    );
    diagnostic("damaged-workbook", message, save_again())
}

pub(super) fn too_large(limit: &str) -> Box<Diagnostic> {
    let message = Bilingual::new(
        format!("工作簿太大，超过 {limit}。"),
        format!("The workbook is too large: more than {limit}."),
    );
    let help = Bilingual::new(
        "请删去不用的工作表、图片和空行。",
        "Remove sheets, pictures and empty rows that are not needed.",
    );
    diagnostic("too-large", message, help)
}

pub(super) fn empty() -> Box<Diagnostic> {
    let message = Bilingual::new("文件是空的。", "The file is empty.");
    let help = Bilingual::new("请重新取得这个文件。", "Fetch the file again.");
    diagnostic("empty-file", message, help)
}

pub(super) fn encrypted() -> Box<Diagnostic> {
    let message = Bilingual::new("工作簿加了密码。", "The workbook has a password.");
    let help = Bilingual::new(
        "请在 Excel 或 WPS 里去掉密码，另存后再试。",
        "Remove the password in Excel or WPS, save it, and try again.",
    );
    diagnostic("encrypted-workbook", message, help)
}

pub(super) fn other_format(format: &str) -> Box<Diagnostic> {
    let message = Bilingual::new(
        format!("这是 {format} 文件，读不了。"),
        format!("This is an {format} file, which is not read."),
    );
    diagnostic("other-format", message, save_again())
}

pub(super) fn too_old() -> Box<Diagnostic> {
    let message =
        Bilingual::new("这是 Excel 95 或更早的工作簿。", "This is a workbook of Excel 95 or earlier.");
    diagnostic("too-old", message, save_again())
}

pub(super) fn bad_encoding() -> Box<Diagnostic> {
    let message = Bilingual::new("看不出文本用的是哪种编码。", "The encoding of the text is not known.");
    let help = Bilingual::new(
        "请在 Excel 或 WPS 里另存为“CSV UTF-8”或 .xlsx。",
        "Save it as “CSV UTF-8” or .xlsx in Excel or WPS.",
    );
    diagnostic("bad-encoding", message, help)
}
