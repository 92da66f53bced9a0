//! What lies over the page: the list of pages, the end, questions and help.

use super::picker::Picker;

/// What lies over the page.
#[derive(Debug, Clone)]
pub enum Overlay {
    /// The list of pages.
    Pages(PageList),
    /// What is missing; the form is handed in from here.
    Finish {
        /// The gap under the cursor.
        cursor: usize,
    },
    /// Whether to remove an instance of a repeat.
    Remove {
        /// Its stable key.
        key: String,
        /// Its title.
        title: String,
    },
    /// Whether to leave although what was typed last was refused.
    Leave,
    /// The keys.
    Help {
        /// The first line shown.
        top: usize,
    },
}

/// The list of pages.
#[derive(Debug, Clone)]
pub struct PageList {
    /// What is shown.
    pub picker: Picker,
    /// Where each line leads.
    pub(super) targets: Vec<Target>,
}

/// Where a line of the list of pages leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// To a page.
    Page(usize),
    /// To the first instance of a repeat that has none.
    Add(String),
}

impl Overlay {
    /// The page that says what is missing.
    pub(super) fn finish() -> Overlay {
        Overlay::Finish { cursor: 0 }
    }
}

impl PageList {
    /// The page of the form that a line of the list stands for.
    pub fn page(&self, line: usize) -> Option<usize> {
        match self.targets.get(line)? {
            Target::Page(page) => Some(*page),
            Target::Add(_) => None,
        }
    }
}
