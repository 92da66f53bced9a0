//! Why a command failed, for programs (a code) and for people (Chinese and English).

use std::io::ErrorKind;

use ruhu_conformance::ConformanceError;
use ruhu_device::{DeviceError, LetterError, NotYetSafe, RequestError, SyncExtent};
use ruhu_sheet::boxes_file::BoxesError;
use ruhu_text::{Diagnostics, Explain, Explanation, Lang, with_reason};
use ruhu_tui::FillError;
use serde_json::{Value, json};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The device said no.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// A sync broke off.
    #[error("{}", .0.cause)]
    Sync(Box<BrokenSync>),
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
    BadForm(Diagnostics),
    /// A form cannot be filled on the terminal.
    #[error(transparent)]
    Fill(#[from] FillError),
    /// A form is filled on a terminal, and there is none.
    #[error("there is no terminal")]
    NoTerminal,
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
    /// The file of a letter's boxes cannot be used.
    #[error(transparent)]
    Boxes(BoxesError),
    /// A signature was named otherwise than `WHO=FILE`.
    #[error("not WHO=FILE: {0}")]
    Signed(String),
    /// Nobody reads the output any more.
    #[error("the output cannot be written: {0}")]
    Output(ErrorKind),
}

/// A sync that broke off, and what is left after it.
#[derive(Debug)]
pub struct BrokenSync {
    /// Why.
    pub cause: DeviceError,
    /// How far it came.
    pub extent: SyncExtent,
    /// What of this device is not safe now; nothing when that cannot be read.
    pub not_yet_safe: Option<NotYetSafe>,
}

impl Failure {
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
                Failure::Device(DeviceError::Letter(LetterError::Template(faults))) => {
                    object.insert("faults".into(), json!(faults.0));
                }
                Failure::Device(DeviceError::Request(RequestError::NotAuthorized(refused))) => {
                    object.insert("refused".into(), json!(refused));
                }
                Failure::Device(DeviceError::InConflict { paths }) => {
                    object.insert("paths".into(), json!(paths));
                }
                Failure::Sync(broken) => {
                    if let DeviceError::Incomplete { report, .. } | DeviceError::Cancelled { report } =
                        &broken.cause
                    {
                        object.insert("report".into(), json!(report));
                    }
                }
                _ => {}
            }
        }
        match self {
            Failure::Sync(broken) => json!({
                "error": error, "extent": broken.extent, "not_yet_safe": broken.not_yet_safe,
            }),
            _ => json!({ "error": error }),
        }
    }
}

impl Explain for Failure {
    fn code(&self) -> &'static str {
        match self {
            Failure::Device(error) | Failure::ScriptLine { cause: error, .. } => error.code(),
            Failure::Sync(broken) => broken.cause.code(),
            Failure::ScriptSyntax { .. } => "script",
            Failure::Usage(_) | Failure::NoFolder => "usage",
            Failure::Folder(_) => "folder",
            Failure::KeyMissing => "key_missing",
            Failure::KeyMalformed => "key_malformed",
            Failure::KeyFile(_) => "key_file",
            Failure::Read(_) => "file",
            Failure::BadForm(_) => "form",
            Failure::Fill(error) => error.code(),
            Failure::NoTerminal => "no_terminal",
            Failure::Exists => "file_exists",
            Failure::Write(_) => "file_write",
            Failure::Runtime(_) => "runtime",
            Failure::Vectors(_) => "vectors",
            Failure::Boxes(error) => error.code(),
            Failure::Signed(_) => "bad_signature_argument",
            Failure::Output(_) => "output",
        }
    }

    fn explain(&self) -> Explanation {
        match self {
            Failure::Device(error) => both(|lang| error.message(lang)),
            Failure::Sync(broken) => both(|lang| broken.cause.message(lang)),
            Failure::ScriptLine { line, cause } => of_script_line(*line, cause),
            Failure::ScriptSyntax { line } => of_script_syntax(*line),
            Failure::Usage(text) => {
                Explanation::new(format!("用法有误。\n{}", text.trim_end()), text.trim_end())
            }
            Failure::BadForm(found) => both(|lang| {
                let head = lang.pick("这张表单不能使用：", "This form cannot be used:");
                format!("{head}\n{}", found.message(lang))
            }),
            Failure::Fill(error) => error.explain(),
            Failure::Boxes(error) => error.explain(),
            Failure::Signed(word) => Explanation::new(
                format!("“{word}”看不懂。"),
                format!("“{word}” says nothing about a signature."),
            )
            .advise("请写成 --signed 授权人=签名文件。", "Write --signed WHO=FILE."),
            Failure::Vectors(error) => Explanation::new(
                format!("这个文件不是可用的向量或记录文件（{error}）。"),
                format!("This file cannot be used as vectors or traces: {error}."),
            ),
            Failure::Folder(kind) => {
                with_reason("数据文件夹无法使用", "The data folder cannot be used", *kind).into()
            }
            Failure::KeyFile(kind) => {
                with_reason("密钥文件无法读写", "The key file cannot be used", *kind).into()
            }
            Failure::Read(kind) => with_reason("文件无法读取", "The file cannot be read", *kind).into(),
            Failure::Write(kind) => with_reason("文件无法写入", "The file cannot be written", *kind).into(),
            Failure::Runtime(kind) => {
                with_reason("网络部分无法启动", "The network part could not start", *kind).into()
            }
            Failure::Output(kind) => with_reason("无法输出", "The output cannot be written", *kind).into(),
            Failure::NoTerminal => Explanation::new(
                "填表要在终端里进行：输入和输出都不能接到文件或管道上。",
                "A form is filled on a terminal: neither input nor output may be a file or a pipe.",
            ),
            Failure::NoFolder => Explanation::default().advise(
                "请用 --data 或环境变量 RUHU_DATA 指明数据文件夹。",
                "Name the data folder with --data or the variable RUHU_DATA.",
            ),
            Failure::KeyMissing => Explanation::new(
                "数据在，密钥文件不在。没有改动任何内容，",
                "The store is there, its key file is not. Nothing was changed;",
            )
            .advise("请找回密钥文件。", "bring the key file back."),
            Failure::KeyMalformed => Explanation::new(
                "密钥文件应为 64 位十六进制数。没有改动任何内容。",
                "A key file holds 64 hexadecimal digits. Nothing was changed.",
            ),
            Failure::Exists => {
                Explanation::new("文件已存在，没有覆盖。", "The file exists already and was left alone.")
                    .advise("请换一个文件名。", "Choose another name.")
            }
        }
    }
}

/// What something says in each language.
fn both(message: impl Fn(Lang) -> String) -> Explanation {
    Explanation::new(message(Lang::Zh), message(Lang::En))
}

fn of_script_line(line: usize, cause: &DeviceError) -> Explanation {
    Explanation::new(
        format!("脚本第 {line} 行：{} 前面各行已保存。", cause.message(Lang::Zh)),
        format!("Line {line} of the script: {} The lines before it are kept.", cause.message(Lang::En)),
    )
}

fn of_script_syntax(line: usize) -> Explanation {
    Explanation::new(
        format!(
            "脚本第 {line} 行看不懂：应为“路径 = 值”、“+ 重复组 编号”或“- 重复组的一项”。没有填写任何内容。"
        ),
        format!(
            "Line {line} of the script cannot be read: write `path = value`, `+ repeat id` or `- instance`. Nothing was answered."
        ),
    )
}
