//! Why a command failed, for programs (a code) and for people (Chinese and English).

use std::io::ErrorKind;

use ruhu_conformance::ConformanceError;
use ruhu_device::DeviceError;
use ruhu_formats::WorkbookFaults;
use ruhu_text::Lang;
use serde_json::{Value, json};

use crate::fill::DraftError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The device said no.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// A line of a script was refused; the lines before it are kept.
    #[error("line {line}: {cause}")]
    ScriptLine {
        /// The line, from 1.
        line: usize,
        /// What the device said.
        cause: DeviceError,
    },
    /// A line of a script cannot be read; nothing of the script was played.
    #[error("line {line} is no script line")]
    ScriptSyntax {
        /// The line, from 1.
        line: usize,
    },
    /// The command line is wrong; the text is that of the parser.
    #[error("usage")]
    Usage(String),
    /// No data folder was named.
    #[error("no data folder was named")]
    NoFolder,
    /// The data folder cannot be used.
    #[error("the data folder cannot be used: {0}")]
    Folder(ErrorKind),
    /// There is a store and no key file.
    #[error("the key file is missing")]
    KeyMissing,
    /// The key file holds no key.
    #[error("the key file holds no key")]
    KeyMalformed,
    /// The key file cannot be read or made.
    #[error("the key file cannot be used: {0}")]
    KeyFile(ErrorKind),
    /// A file named on the command line cannot be read.
    #[error("the file cannot be read: {0}")]
    Read(ErrorKind),
    /// A form cannot be used.
    #[error("the form cannot be used")]
    BadForm(WorkbookFaults),
    /// The draft of a form cannot be used.
    #[error(transparent)]
    Draft(#[from] DraftError),
    /// A form is filled on a terminal, and there is none.
    #[error("there is no terminal")]
    NoTerminal,
    /// The terminal does not do what it should.
    #[error("the terminal cannot be used: {0}")]
    Terminal(ErrorKind),
    /// The file to be written exists.
    #[error("the file exists already")]
    Exists,
    /// The file cannot be written.
    #[error("the file cannot be written: {0}")]
    Write(ErrorKind),
    /// The network part of the program could not start.
    #[error("the network runtime could not start: {0}")]
    Runtime(ErrorKind),
    /// The file named on the command line is no file of expression vectors or traces.
    #[error(transparent)]
    Vectors(ConformanceError),
    /// Nobody reads the output any more.
    #[error("the output cannot be written: {0}")]
    Output(ErrorKind),
}

impl Failure {
    /// Whether the command line itself was wrong.
    pub fn is_usage(&self) -> bool {
        matches!(self, Failure::Usage(_) | Failure::NoFolder)
    }

    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Failure::Device(error) | Failure::ScriptLine { cause: error, .. } => error.code(),
            Failure::ScriptSyntax { .. } => "script",
            Failure::Usage(_) | Failure::NoFolder => "usage",
            Failure::Folder(_) => "folder",
            Failure::KeyMissing => "key_missing",
            Failure::KeyMalformed => "key_malformed",
            Failure::KeyFile(_) => "key_file",
            Failure::Read(_) => "file",
            Failure::BadForm(_) => "form",
            Failure::Draft(error) => error.code(),
            Failure::NoTerminal => "no_terminal",
            Failure::Terminal(_) => "terminal",
            Failure::Exists => "file_exists",
            Failure::Write(_) => "file_write",
            Failure::Runtime(_) => "runtime",
            Failure::Vectors(_) => "vectors",
            Failure::Output(_) => "output",
        }
    }

    /// What happened and what to do.
    pub fn message(&self, lang: Lang) -> String {
        match self {
            Failure::Device(error) => error.message(lang),
            Failure::ScriptLine { line, cause } => {
                let cause = cause.message(lang);
                match lang {
                    Lang::Zh => format!("脚本第 {line} 行：{cause} 前面各行已保存。"),
                    Lang::En => format!("Line {line} of the script: {cause} The lines before it are kept."),
                }
            }
            Failure::ScriptSyntax { line } => match lang {
                Lang::Zh => format!(
                    "脚本第 {line} 行看不懂：应为“路径 = 值”、“+ 重复组 编号”或“- 重复组的一项”。没有填写任何内容。"
                ),
                Lang::En => format!(
                    "Line {line} of the script cannot be read: write `path = value`, `+ repeat id` or `- instance`. Nothing was answered."
                ),
            },
            Failure::Usage(text) => format!("{}{}", lang.pick("用法有误。\n", ""), text.trim_end()),
            Failure::Folder(kind) => {
                with_reason(lang, lang.pick("数据文件夹无法使用", "The data folder cannot be used"), *kind)
            }
            Failure::KeyFile(kind) => {
                with_reason(lang, lang.pick("密钥文件无法读写", "The key file cannot be used"), *kind)
            }
            Failure::Read(kind) => {
                with_reason(lang, lang.pick("文件无法读取", "The file cannot be read"), *kind)
            }
            Failure::BadForm(found) => {
                let faults = found.message(lang);
                format!("{}\n{faults}", lang.pick("这张表单不能使用：", "This form cannot be used:"))
            }
            Failure::Draft(error) => error.message(lang),
            Failure::NoTerminal => lang
                .pick(
                    "填表要在终端里进行：输入和输出都不能接到文件或管道上。",
                    "A form is filled on a terminal: neither input nor output may be a file or a pipe.",
                )
                .into(),
            Failure::Terminal(kind) => {
                with_reason(lang, lang.pick("终端无法使用", "The terminal cannot be used"), *kind)
            }
            Failure::Write(kind) => {
                with_reason(lang, lang.pick("文件无法写入", "The file cannot be written"), *kind)
            }
            Failure::Runtime(kind) => {
                with_reason(lang, lang.pick("网络部分无法启动", "The network part could not start"), *kind)
            }
            Failure::Vectors(error) => match lang {
                Lang::Zh => format!("这个文件不是可用的向量或记录文件（{error}）。"),
                Lang::En => format!("This file cannot be used as vectors or traces: {error}."),
            },
            Failure::Output(kind) => {
                with_reason(lang, lang.pick("无法输出", "The output cannot be written"), *kind)
            }
            Failure::NoFolder => lang
                .pick(
                    "请用 --data 或环境变量 RUHU_DATA 指明数据文件夹。",
                    "Name the data folder with --data or the variable RUHU_DATA.",
                )
                .into(),
            Failure::KeyMissing => lang
                .pick(
                    "数据在，密钥文件不在。没有改动任何内容，请找回密钥文件。",
                    "The store is there, its key file is not. Nothing was changed; bring the key file back.",
                )
                .into(),
            Failure::KeyMalformed => lang
                .pick(
                    "密钥文件应为 64 位十六进制数。没有改动任何内容。",
                    "A key file holds 64 hexadecimal digits. Nothing was changed.",
                )
                .into(),
            Failure::Exists => lang
                .pick(
                    "文件已存在，没有覆盖。请换一个文件名。",
                    "The file exists already and was left alone. Choose another name.",
                )
                .into(),
        }
    }

    /// The object that `--json` prints.
    pub fn json(&self) -> Value {
        let mut error = json!({
            "code": self.code(),
            "zh": self.message(Lang::Zh),
            "en": self.message(Lang::En),
        });
        if let Some(object) = error.as_object_mut() {
            match self {
                Failure::ScriptLine { line, .. } | Failure::ScriptSyntax { line } => {
                    object.insert("line".into(), json!(line));
                }
                Failure::Device(DeviceError::NotComplete { missing }) => {
                    object.insert("missing".into(), json!(missing));
                }
                Failure::Device(DeviceError::InConflict { paths }) => {
                    object.insert("paths".into(), json!(paths));
                }
                _ => {}
            }
        }
        json!({ "error": error })
    }
}

/// What failed and why, as one sentence.
pub fn with_reason(lang: Lang, what: &str, kind: ErrorKind) -> String {
    let reason = match (kind, lang) {
        (ErrorKind::NotFound, _) => lang.pick("不存在", "it does not exist"),
        (ErrorKind::PermissionDenied, _) => lang.pick("没有权限", "permission is denied"),
        (ErrorKind::StorageFull | ErrorKind::QuotaExceeded, _) => lang.pick("磁盘已满", "the disk is full"),
        (ErrorKind::IsADirectory, _) => lang.pick("这是文件夹", "it is a folder"),
        (ErrorKind::NotADirectory, _) => {
            lang.pick("路径中有一段不是文件夹", "a part of its path is no folder")
        }
        (ErrorKind::InvalidData, _) => lang.pick("不是 UTF-8 文本", "it is no UTF-8 text"),
        (_, Lang::Zh) => return format!("{what}（系统提示：{kind}）。"),
        (_, Lang::En) => return format!("{what} ({kind})."),
    };
    match lang {
        Lang::Zh => format!("{what}：{reason}。"),
        Lang::En => format!("{what}: {reason}."),
    }
}
