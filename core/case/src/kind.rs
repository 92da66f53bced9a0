//! The kinds of documents. Who may read is decided by kind and division, so what is confidential is a kind of its own.

use std::fmt;
use std::str::FromStr;

use ruhu_text::{Explain, Explanation};
use serde::{Deserialize, Serialize};

/// Kind of a document, fixed for its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DocKind {
    /// One household's archive (一户一档).
    Household,
    /// A lead from a discovery round (线索).
    Lead,
    /// Bank accounts and check reports; township staff only.
    Finance,
}

/// No kind of document has this name or number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown kind of document: household, lead and finance are known")]
pub struct UnknownKind;

impl Explain for UnknownKind {
    fn code(&self) -> &'static str {
        "unknown_kind"
    }

    fn explain(&self) -> Explanation {
        Explanation::new("没有这一类档案。", "There is no such kind of document.")
            .advise("请更新程序。", "Update the program.")
    }
}

impl DocKind {
    /// All kinds, by number.
    pub const ALL: [DocKind; 3] = [DocKind::Household, DocKind::Lead, DocKind::Finance];

    /// The name used in text.
    pub fn as_str(self) -> &'static str {
        match self {
            DocKind::Household => "household",
            DocKind::Lead => "lead",
            DocKind::Finance => "finance",
        }
    }

    /// The number used in compact encodings; never reassigned.
    pub fn code(self) -> u8 {
        match self {
            DocKind::Household => 1,
            DocKind::Lead => 2,
            DocKind::Finance => 3,
        }
    }

    /// The kind of a number.
    ///
    /// # Errors
    /// `unknown_kind`: a later version made it.
    pub fn from_code(code: u8) -> Result<DocKind, UnknownKind> {
        DocKind::ALL.into_iter().find(|k| k.code() == code).ok_or(UnknownKind)
    }
}

impl fmt::Display for DocKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for DocKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        DocKind::ALL.into_iter().find(|k| k.as_str() == text).ok_or(UnknownKind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_reads_back_from_its_name_and_number() {
        for kind in DocKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(DocKind::from_code(kind.code()), Ok(kind));
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
        }
        assert_eq!("Household".parse::<DocKind>(), Err(UnknownKind));
        assert_eq!(DocKind::from_code(0), Err(UnknownKind));
    }
}
