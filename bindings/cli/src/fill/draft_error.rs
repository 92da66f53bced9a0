//! Why a draft cannot be opened or begun. None of these has changed the draft.

use std::io::ErrorKind;

use ruhu_text::Lang;

use crate::failure::with_reason;

/// Why a draft cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// It cannot be read.
    #[error("the draft cannot be read: {0}")]
    Read(ErrorKind),
    /// It cannot be written, or a file beside it.
    #[error("the draft cannot be written: {0}")]
    Write(ErrorKind),
    /// The file is something else.
    #[error("the file is no draft")]
    NotADraft,
    /// Another version of this program wrote it in another format.
    #[error("the draft has format {format}")]
    OtherFormat {
        /// The format's number.
        format: u32,
    },
    /// It belongs to another form.
    #[error("the draft belongs to another form")]
    OtherForm {
        /// That form's id.
        form: String,
    },
    /// A line in the middle cannot be read.
    #[error("line {line} of the draft cannot be read")]
    Line {
        /// The line, from 1.
        line: usize,
    },
    /// Another terminal has it open.
    #[error("the draft is open elsewhere")]
    InUse,
    /// It is larger than drafts get.
    #[error("the draft is too large")]
    TooLarge,
    /// This user has no folder for drafts.
    #[error("there is no folder for drafts")]
    NoHome,
}

impl From<std::io::Error> for DraftError {
    fn from(error: std::io::Error) -> Self {
        DraftError::Write(error.kind())
    }
}

impl DraftError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            DraftError::Read(_) => "draft_read",
            DraftError::Write(_) => "draft_write",
            DraftError::NotADraft => "draft_foreign",
            DraftError::OtherFormat { .. } => "draft_format",
            DraftError::OtherForm { .. } => "draft_form",
            DraftError::Line { .. } => "draft_damaged",
            DraftError::InUse => "draft_in_use",
            DraftError::TooLarge => "draft_too_large",
            DraftError::NoHome => "draft_folder",
        }
    }

    /// What happened and what to do.
    pub fn message(&self, lang: Lang) -> String {
        let plain = |zh: &str, en: &str| lang.pick(zh, en).to_owned();
        match self {
            DraftError::Read(kind) => {
                with_reason(lang, lang.pick("草稿无法读取", "The draft cannot be read"), *kind)
            }
            DraftError::Write(kind) => {
                with_reason(lang, lang.pick("草稿无法写入", "The draft cannot be written"), *kind)
            }
            DraftError::NotADraft => plain(
                "这个文件不是草稿，没有改动它。请换一个文件名。",
                "This file is no draft and was left alone. Name another file.",
            ),
            DraftError::OtherFormat { format } => match lang {
                Lang::Zh => format!("草稿是另一版本的程序写的（格式 {format}），没有改动它。"),
                Lang::En => {
                    format!(
                        "Another version of this program wrote the draft (format {format}); it was left alone."
                    )
                }
            },
            DraftError::OtherForm { form } => match lang {
                Lang::Zh => format!("这份草稿填的是另一张表“{form}”，没有改动它。"),
                Lang::En => format!("This draft belongs to another form, “{form}”, and was left alone."),
            },
            DraftError::Line { line } => match lang {
                Lang::Zh => format!("草稿第 {line} 行已损坏，后面还有内容。没有改动它，请先另存一份再修。"),
                Lang::En => format!(
                    "Line {line} of the draft is damaged, and more follows. It was left alone; mend a copy of it."
                ),
            },
            DraftError::InUse => {
                plain("这份草稿正在另一个窗口里填写。", "This draft is being filled in another terminal.")
            }
            DraftError::TooLarge => plain("文件太大，不会是草稿。", "The file is too large to be a draft."),
            DraftError::NoHome => plain(
                "找不到存放草稿的文件夹，请用 --draft 指明草稿文件。",
                "There is no folder for drafts; name a file with --draft.",
            ),
        }
    }
}
