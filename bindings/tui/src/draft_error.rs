//! Why a draft cannot be opened or begun. None of these has changed the draft.

use std::io::ErrorKind;

use ruhu_text::{Explain, Explanation, with_reason};

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

impl Explain for DraftError {
    fn code(&self) -> &'static str {
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

    fn explain(&self) -> Explanation {
        match self {
            DraftError::Read(kind) => with_reason("草稿无法读取", "The draft cannot be read", *kind).into(),
            DraftError::Write(kind) => {
                with_reason("草稿无法写入", "The draft cannot be written", *kind).into()
            }
            DraftError::NotADraft => Explanation::new(
                "这个文件不是草稿，没有改动它。",
                "This file is no draft and was left alone.",
            )
            .advise("请换一个文件名。", "Name another file."),
            DraftError::OtherFormat { format } => Explanation::new(
                format!("草稿是另一版本的程序写的（格式 {format}），没有改动它。"),
                format!(
                    "Another version of this program wrote the draft (format {format}); it was left alone."
                ),
            )
            .advise("请用那个版本打开。", "Open it with that version."),
            DraftError::OtherForm { form } => Explanation::new(
                format!("这份草稿填的是另一张表“{form}”，没有改动它。"),
                format!("This draft belongs to another form, “{form}”, and was left alone."),
            )
            .advise("请换一个文件名。", "Name another file."),
            DraftError::Line { line } => Explanation::new(
                format!("草稿第 {line} 行已损坏，后面还有内容。没有改动它，"),
                format!("Line {line} of the draft is damaged, and more follows. It was left alone;"),
            )
            .advise("请先另存一份再修。", "mend a copy of it."),
            DraftError::InUse => Explanation::new(
                "这份草稿正在另一个窗口里填写。",
                "This draft is being filled in another terminal.",
            )
            .advise("请到那个窗口去填。", "Go on there."),
            DraftError::TooLarge => {
                Explanation::new("文件太大，不会是草稿。", "The file is too large to be a draft.")
                    .advise("请换一个文件名。", "Name another file.")
            }
            DraftError::NoHome => {
                Explanation::new("找不到存放草稿的文件夹，", "There is no folder for drafts;")
                    .advise("请用 --draft 指明草稿文件。", "name a file with --draft.")
            }
        }
    }
}
