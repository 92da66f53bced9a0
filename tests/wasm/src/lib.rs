//! A whole home visit, filled in by the form engine alone: what the host program and the WebAssembly
//! module of this crate share.

use ruhu_form::{Environment, Form, JournalEntry, Session};

/// 2026-11-22 09:30 in China.
const MORNING: Environment = Environment { now_ms: 1_795_311_000_000, utc_offset_minutes: 480, seed: 7 };

/// How a visit came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Outcome {
    /// Every line was taken, and nothing is missing.
    Finished = 0,
    /// The bytes are no form.
    NoForm = 1,
    /// A line of the visit is none.
    BadLine = 2,
    /// The form refused an answer.
    Refused = 3,
    /// Something is still missing at the end.
    Missing = 4,
}

/// Fills the form with the lines of a visit: `path = value` answers a question, `+ path id` adds an
/// instance of a repeat, `#` begins a remark.
pub fn fill(form: Form, visit: &str) -> Outcome {
    let mut session = Session::new(form.into(), MORNING);
    for line in visit.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        let Some(entry) = entry(line) else { return Outcome::BadLine };
        if session.apply(&entry).is_err() {
            return Outcome::Refused;
        }
    }
    if session.missing().is_empty() { Outcome::Finished } else { Outcome::Missing }
}

fn entry(line: &str) -> Option<JournalEntry> {
    if let Some(added) = line.strip_prefix("+ ") {
        let (path, id) = added.rsplit_once(' ')?;
        return Some(JournalEntry::AddRepeat { path: path.into(), instance_id: id.into() });
    }
    let (path, value) = line.split_once(" = ")?;
    Some(JournalEntry::Answer { path: path.into(), value: value.into() })
}

#[cfg(test)]
mod unit {
    use super::*;

    const VISIT: &str = include_str!("../../../packs/forms/home_visit.example.txt");

    fn home_visit() -> Form {
        ruhu_formats::read_workbook(include_bytes!("../../../packs/forms/home_visit.xlsx")).unwrap().form
    }

    #[test]
    fn the_example_visit_is_whole() {
        assert_eq!(fill(home_visit(), VISIT), Outcome::Finished);
    }

    #[test]
    fn a_visit_that_stops_halfway_or_says_nonsense_is_told_apart() {
        let half: String = VISIT.lines().take(40).map(|line| format!("{line}\n")).collect();
        assert_eq!(fill(home_visit(), &half), Outcome::Missing);
        assert_eq!(fill(home_visit(), "members_real: 3"), Outcome::BadLine);
        assert_eq!(fill(home_visit(), "members_real = 三个"), Outcome::Refused);
    }
}
