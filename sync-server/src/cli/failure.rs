//! Why a command failed.

use std::io;

use ruhu_formats::WorkbookFaults;
use ruhu_text::Lang;

use crate::error::{HubError, StorageError};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum CommandError {
    #[error(transparent)]
    Hub(#[from] HubError),
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
    #[error("not a time: RFC 3339 or Unix milliseconds are expected")]
    Time,
    #[error("the scope is a division code of 6, 9 or 12 digits")]
    Scope,
    #[error("the form cannot be read: {0}")]
    FormFile(io::ErrorKind),
    #[error("{}", .0.message(Lang::En))]
    Form(WorkbookFaults),
    #[error("a folder or file of the server cannot be written: {0}")]
    ReadyFile(io::ErrorKind),
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

impl CommandError {
    fn words(&self) -> (&'static str, String) {
        let (code, zh) = match self {
            CommandError::Hub(error) => return (error.code(), error.message(Lang::Zh)),
            CommandError::Form(faults) => {
                return ("form_faults", faults.message(Lang::Zh));
            }
            CommandError::FormFile(_) => ("form_file", "无法读取表单文件。"),
            CommandError::PlainHttp => ("plain_http", "明文 HTTP 只能用于本机回环地址。"),
            CommandError::UrlNeeded => ("url_needed", "服务器监听所有地址，请用 --url 指明设备访问的地址。"),
            CommandError::Url => ("bad_url", "--url 应为类似 https://192.0.2.1:8443 的地址。"),
            CommandError::NeverServed => {
                ("never_served", "该目录的服务器尚未启动过，请先运行 serve，或给出 --url。")
            }
            CommandError::DeviceId => ("bad_device", "设备编号应为32位十六进制数。"),
            CommandError::EnvelopeHash => ("bad_hash", "摘要应为64位十六进制数。"),
            CommandError::Time => ("bad_time", "时间应为 RFC 3339 格式或毫秒数。"),
            CommandError::Scope => ("bad_scope", "管辖范围应为6位（县）、9位（乡镇）或12位（村）区划代码。"),
            CommandError::ReadyFile(_) => ("ready_file", "无法写入就绪文件。"),
            CommandError::Output => ("output", "无法输出结果。"),
            CommandError::Runtime => ("runtime", "无法启动运行环境。"),
        };
        (code, zh.to_owned())
    }

    pub(super) fn code(&self) -> &'static str {
        self.words().0
    }

    pub(super) fn message(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => self.words().1,
            Lang::En => self.to_string(),
        }
    }
}
