//! Why a file is no form that can be used.

use ruhu_form::Fault;
use ruhu_text::Lang;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A workbook that cannot be used: all its faults, at least one an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkbookFaults {
    /// Every fault found, warnings too, in the order of the sheets.
    pub faults: Vec<Fault>,
}

impl WorkbookFaults {
    /// All faults as lines of text.
    pub fn message(&self, lang: Lang) -> String {
        self.faults.iter().map(|fault| fault.line(lang)).collect::<Vec<_>>().join("\n")
    }
}

impl From<Fault> for WorkbookFaults {
    fn from(fault: Fault) -> Self {
        WorkbookFaults { faults: vec![fault] }
    }
}

impl From<Box<Fault>> for WorkbookFaults {
    fn from(fault: Box<Fault>) -> Self {
        WorkbookFaults::from(*fault)
    }
}

impl fmt::Display for WorkbookFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(Lang::En))
    }
}

impl std::error::Error for WorkbookFaults {}
