//! The two languages that every message exists in.

use serde::{Deserialize, Serialize};

/// The language of a message that Ruhu itself writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Chinese (zh-CN), the default.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// The BCP 47 primary subtag: `zh` or `en`.
    pub fn code(self) -> &'static str {
        self.pick("zh", "en")
    }

    /// What is said in this language.
    pub fn pick<T>(self, zh: T, en: T) -> T {
        match self {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_stored_by_its_code() {
        for lang in [Lang::Zh, Lang::En] {
            let stored = serde_json::to_string(&lang).unwrap();
            assert_eq!(stored, format!("\"{}\"", lang.code()));
            assert_eq!(serde_json::from_str::<Lang>(&stored).unwrap(), lang);
        }
    }
}
