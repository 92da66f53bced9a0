//! Why a device cannot be enrolled.

use ruhu_text::{Explain, Explanation};

use super::sentence::sentence;

/// The longest name of a person, in characters.
pub(crate) const MAX_PERSON: usize = 60;

/// Why a device cannot be enrolled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnrollError {
    /// No such code was issued here.
    #[error("this enrolment code is unknown here")]
    CodeUnknown,
    /// The code's time is over.
    #[error("this enrolment code has expired")]
    CodeExpired,
    /// Another device used the code.
    #[error("this enrolment code was used by another device")]
    CodeUsed,
    /// The device was revoked: a new key is needed.
    #[error("this device was revoked; it needs a new key")]
    Revoked,
    /// The device belongs to somebody else, or to another role or scope: a code renews it as it is.
    #[error("this device is enrolled for another person, role or scope; a code can only renew it")]
    OtherPerson,
    /// The request is not signed with the key it brings.
    #[error("the request is not signed with the key it brings")]
    BadSignature,
    /// The name is empty, too long, or has control characters.
    #[error("a name has 1 to {MAX_PERSON} characters and no control characters")]
    Person,
    /// The server's own role is not given away.
    #[error("this role is not given to devices")]
    Role,
    /// The code must be valid for some time.
    #[error("a code must be valid for some time")]
    Validity,
}

impl Explain for EnrollError {
    fn code(&self) -> &'static str {
        match self {
            EnrollError::CodeUnknown => "code_unknown",
            EnrollError::CodeExpired => "code_expired",
            EnrollError::CodeUsed => "code_used",
            EnrollError::Revoked => "device_revoked",
            EnrollError::OtherPerson => "other_person",
            EnrollError::BadSignature => "bad_signature",
            EnrollError::Person => "bad_person",
            EnrollError::Role => "bad_role",
            EnrollError::Validity => "bad_validity",
        }
    }

    fn explain(&self) -> Explanation {
        let new_code = ("请向管理员索取新的登记码。", "Ask the administrator for a new one.");
        let (zh, (advice_zh, advice_en)) = match self {
            EnrollError::CodeUnknown => ("本服务器没有发过这个登记码。".to_owned(), new_code),
            EnrollError::CodeExpired => ("登记码已过期，".to_owned(), new_code),
            EnrollError::CodeUsed => ("登记码已被另一台设备使用，".to_owned(), new_code),
            EnrollError::Revoked => {
                ("这台设备已被吊销，".to_owned(), ("须重新生成密钥后登记。", "Enrol it anew with one."))
            }
            EnrollError::OtherPerson => (
                "这台设备已登记给其他人，或角色、范围不同；登记码只能为它原样续期，".to_owned(),
                (
                    "请管理员按原来的姓名、角色和范围发码；换人使用时请先清空设备。",
                    "The administrator gives a code with the same name, role and scope; for somebody else the device is set up anew.",
                ),
            ),
            EnrollError::BadSignature => (
                "登记请求的签名不正确。".to_owned(),
                ("请更新程序后重试。", "Update the program and try again."),
            ),
            EnrollError::Person => {
                (format!("姓名应为1至{MAX_PERSON}个字符，且不含控制字符。"), ("请改正。", "Correct it."))
            }
            EnrollError::Role => (
                "不能给设备这个角色。".to_owned(),
                ("请选协管员、经办或督导。", "Choose volunteer, caseworker or supervisor."),
            ),
            EnrollError::Validity => {
                ("登记码的有效期必须大于零。".to_owned(), ("请改正。", "Give it a time above zero."))
            }
        };
        Explanation::new(zh, sentence(self)).advise(advice_zh, advice_en)
    }
}
