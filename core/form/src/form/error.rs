//! Why the bytes of a compiled form cannot be used.

use ruhu_text::{Diagnostics, Explain, Explanation, Lang};
use thiserror::Error;

/// Why [`crate::Form::from_bytes`] refuses.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FormError {
    /// The bytes are not a form, or are damaged.
    #[error("{}", self.message(Lang::En))]
    Damaged,
    /// The form was made by a newer Ruhu.
    #[error("{}", self.message(Lang::En))]
    Newer {
        /// The version of the encoding found.
        found: u32,
        /// The newest this Ruhu reads.
        known: u32,
    },
    /// There are more bytes than a form may have.
    #[error("{}", self.message(Lang::En))]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The bytes are whole, but the form in them does not hold together.
    #[error("{}", self.message(Lang::En))]
    Faulty {
        /// What is wrong with it.
        diagnostics: Diagnostics,
    },
}

impl Explain for FormError {
    fn code(&self) -> &'static str {
        match self {
            FormError::Damaged => "form_damaged",
            FormError::Newer { .. } => "form_newer",
            FormError::TooLarge { .. } => "form_too_large",
            FormError::Faulty { .. } => "form_faulty",
        }
    }

    fn explain(&self) -> Explanation {
        match self {
            FormError::Damaged => {
                Explanation::new("表单文件已损坏，请重新获取。", "The form is damaged; fetch it again.")
            }
            FormError::Newer { found, known } => Explanation::new(
                format!("表单格式版本 {found} 比本程序认识的 {known} 新，请升级程序。"),
                format!("The form has encoding {found}, this program knows {known}; upgrade the program."),
            ),
            FormError::TooLarge { limit } => Explanation::new(
                format!("表单超过 {} MB，请减少选项表。", limit >> 20),
                format!("The form is larger than {} MB; shorten its lists.", limit >> 20),
            ),
            FormError::Faulty { diagnostics } => diagnostics.explain(),
        }
    }
}
