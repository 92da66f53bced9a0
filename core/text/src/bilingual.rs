//! One text in both languages.

use serde::{Deserialize, Serialize};

use crate::Lang;

/// One text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Bilingual {
    /// The Chinese text.
    pub zh: String,
    /// The English text.
    pub en: String,
}

impl Bilingual {
    /// Joins the two texts into one.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Bilingual { zh: zh.into(), en: en.into() }
    }

    /// The text in `lang`.
    pub fn get(&self, lang: Lang) -> &str {
        lang.pick(&self.zh, &self.en)
    }

    /// Whether there is nothing to read in either language.
    pub fn is_blank(&self) -> bool {
        self.zh.is_empty() && self.en.is_empty()
    }
}
