//! Why a command failed.

use std::io;

use ruhu_formats::UnfitName;
use ruhu_sheet::boxes_file::BoxesError;
use ruhu_text::{Diagnostics, Explain, Explanation, Lang};

use crate::error::{BackupError, HubError, StorageError, sentence};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum CommandError {
    #[error(transparent)]
    Hub(#[from] HubError),
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error("plain HTTP is for loopback addresses only")]
    PlainHttp,
    #[error("the server listens on every address: say with --url how devices reach it")]
    UrlNeeded,
    #[error("--url is not an address such as https://192.0.2.1:8443")]
    Url,
    #[error("no server has run on this folder yet: run serve first, or give --url")]
    NeverServed,
    #[error("not a device id: 32 hexadecimal digits are expected")]
    DeviceId,
    #[error("not an envelope hash: 64 hexadecimal digits are expected")]
    EnvelopeHash,
    #[error("not a document id")]
    DocumentId,
    #[error("not the SHA-256 of a photo: 64 hexadecimal digits are expected")]
    PhotoHash,
    #[error("several photos are named, or none: say which with --photo")]
    WhichPhoto,
    #[error("the reason must not be blank")]
    Reason,
    #[error("the file exists already or cannot be written: {0}")]
    OutFile(io::ErrorKind),
    #[error("not an envelope's hash, a document's id or a device's id")]
    Subject,
    #[error("not a time: RFC 3339 or Unix milliseconds are expected")]
    Time,
    #[error("the scope is a division code of 6, 9 or 12 digits")]
    Scope,
    #[error("the form cannot be read: {0}")]
    FormFile(io::ErrorKind),
    #[error("{}", .0.message(Lang::En))]
    Form(Diagnostics),
    #[error(transparent)]
    FormName(#[from] UnfitName),
    #[error("no phone can open the form")]
    FormUnusable,
    #[error("a folder or file of the server cannot be written: {0}")]
    ReadyFile(io::ErrorKind),
    #[error("the file cannot be read: {0}")]
    InFile(io::ErrorKind),
    #[error(transparent)]
    Boxes(BoxesError),
    #[error("the answer cannot be written")]
    Output,
    #[error("the runtime cannot be started")]
    Runtime,
}

impl From<StorageError> for CommandError {
    fn from(error: StorageError) -> Self {
        CommandError::Hub(error.into())
    }
}

impl Explain for CommandError {
    fn code(&self) -> &'static str {
        match self {
            CommandError::Hub(error) => error.code(),
            CommandError::Backup(error) => error.code(),
            CommandError::PlainHttp => "plain_http",
            CommandError::UrlNeeded => "url_needed",
            CommandError::Url => "bad_url",
            CommandError::NeverServed => "never_served",
            CommandError::DeviceId => "bad_device",
            CommandError::EnvelopeHash => "bad_hash",
            CommandError::DocumentId => "bad_document",
            CommandError::PhotoHash => "bad_photo",
            CommandError::WhichPhoto => "which_photo",
            CommandError::Reason => "reason",
            CommandError::OutFile(_) => "out_file",
            CommandError::Subject => "bad_subject",
            CommandError::Time => "bad_time",
            CommandError::Scope => "bad_scope",
            CommandError::FormFile(_) => "form_file",
            CommandError::Form(_) => "form_faults",
            CommandError::FormName(unfit) => unfit.code(),
            CommandError::FormUnusable => "form_unusable",
            CommandError::ReadyFile(_) => "ready_file",
            CommandError::InFile(_) => "file",
            CommandError::Boxes(error) => error.code(),
            CommandError::Output => "output",
            CommandError::Runtime => "runtime",
        }
    }

    fn explain(&self) -> Explanation {
        let zh = match self {
            CommandError::Hub(error) => return error.explain(),
            CommandError::Backup(error) => return error.explain(),
            CommandError::FormName(unfit) => return unfit.explain(),
            CommandError::Form(faults) => {
                return Explanation::new(faults.message(Lang::Zh), faults.message(Lang::En));
            }
            CommandError::Boxes(error) => return error.explain(),
            CommandError::InFile(_) => "无法读取文件。",
            CommandError::FormFile(_) => "无法读取表单文件。",
            CommandError::FormUnusable => "这张表单手机打不开，没有发布。",
            CommandError::PlainHttp => "明文 HTTP 只能用于本机回环地址。",
            CommandError::UrlNeeded => "服务器监听所有地址，请用 --url 指明设备访问的地址。",
            CommandError::Url => "--url 应为类似 https://192.0.2.1:8443 的地址。",
            CommandError::NeverServed => "该目录的服务器尚未启动过，请先运行 serve，或给出 --url。",
            CommandError::DeviceId => "设备编号应为32位十六进制数。",
            CommandError::EnvelopeHash => "摘要应为64位十六进制数。",
            CommandError::DocumentId => "不是档案编号。",
            CommandError::PhotoHash => "照片摘要应为64位十六进制数。",
            CommandError::WhichPhoto => "照片不止一张或没有，请用 --photo 指明是哪一张。",
            CommandError::Reason => "驳回理由不能为空。",
            CommandError::OutFile(_) => "文件已存在或无法写入。",
            CommandError::Subject => "应为信封摘要、档案编号或设备编号。",
            CommandError::Time => "时间应为 RFC 3339 格式或毫秒数。",
            CommandError::Scope => "管辖范围应为6位（县）、9位（乡镇）或12位（村）区划代码。",
            CommandError::ReadyFile(_) => "无法写入就绪文件。",
            CommandError::Output => "无法输出结果。",
            CommandError::Runtime => "无法启动运行环境。",
        };
        Explanation::new(zh, sentence(self))
    }
}
