//! Why a form that a server offers cannot be used.

use ruhu_text::{Explain, Explanation};

use super::FormError;

/// Why a form cannot be used. It stays so until the server offers another one in its place, or the
/// program is renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the form cannot be used: {}", self.code())]
pub enum FormRefusal {
    /// Its bytes are no form, or one that does not hold together.
    Unreadable,
    /// It was made for a newer program.
    Newer,
    /// It is larger than any form may be.
    TooLarge,
    /// Another content is here under the same id and version: visits refer to that one.
    VersionTaken,
    /// It calls itself otherwise than the server's list.
    Misnamed,
}

impl FormRefusal {
    const ALL: [FormRefusal; 5] = [
        FormRefusal::Unreadable,
        FormRefusal::Newer,
        FormRefusal::TooLarge,
        FormRefusal::VersionTaken,
        FormRefusal::Misnamed,
    ];

    /// What a form's own error comes to.
    pub fn of(error: &FormError) -> FormRefusal {
        match error {
            FormError::Newer { .. } => FormRefusal::Newer,
            FormError::TooLarge { .. } => FormRefusal::TooLarge,
            FormError::Damaged | FormError::Faulty { .. } => FormRefusal::Unreadable,
        }
    }

    /// The reason as it was stored; a code of another program says that the form cannot be used.
    pub fn from_code(code: &str) -> FormRefusal {
        FormRefusal::ALL.into_iter().find(|refusal| refusal.code() == code).unwrap_or(FormRefusal::Unreadable)
    }
}

impl Explain for FormRefusal {
    fn code(&self) -> &'static str {
        match self {
            FormRefusal::Unreadable => "form_unreadable",
            FormRefusal::Newer => "form_newer",
            FormRefusal::TooLarge => "form_too_large",
            FormRefusal::VersionTaken => "form_version_taken",
            FormRefusal::Misnamed => "form_misnamed",
        }
    }

    fn explain(&self) -> Explanation {
        let said = match self {
            FormRefusal::Unreadable => Explanation::new("内容无法读取。", "It cannot be read."),
            FormRefusal::Newer => {
                return Explanation::new("是为更新的程序做的。", "It was made for a newer program.")
                    .advise("请更新程序。", "Update the program.");
            }
            FormRefusal::TooLarge => {
                Explanation::new("太大，没有接收。", "It is too large and was not taken.")
            }
            FormRefusal::VersionTaken => Explanation::new(
                "本机已有同一版本、内容不同的表单，没有替换。",
                "This version is here with other contents, which were kept.",
            ),
            FormRefusal::Misnamed => Explanation::new(
                "里面的编号或版本号与服务器名单不符。",
                "Its own id or version is not the one of the server's list.",
            ),
        };
        said.advise(
            "请管理员换一个版本号重新发布。",
            "Ask the administrator to publish it under another version.",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_comes_back_from_its_code() {
        for refusal in FormRefusal::ALL {
            assert_eq!(FormRefusal::from_code(refusal.code()), refusal);
        }
        assert_eq!(FormRefusal::from_code("of a later program"), FormRefusal::Unreadable);
    }
}
