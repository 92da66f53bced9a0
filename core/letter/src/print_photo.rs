//! The photos of a household on which prints are compared, as its document names them.

use std::collections::BTreeMap;

use ruhu_case::{Document, Evidence, Household, Value};
use ruhu_vision::letter::boxed_prints::is_finger;
use ruhu_vision::letter::verdict::Verdict;
use serde::{Deserialize, Serialize};

use crate::coverage::withdrawn;
use crate::person::Person;
use crate::photo::FIELD as LETTER_CHECK;
use crate::print_reuse;
use crate::printed::printed;

/// Stands for every box of a photo.
const ALL: &str = "*";

/// A photo of evidence on which prints are compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrintPhoto {
    /// The entry of evidence.
    pub evidence: String,
    /// SHA-256 of the photo, hexadecimal.
    pub sha256: String,
    /// When it was attached, Unix milliseconds by that phone.
    pub attached_at_ms: Option<i64>,
    /// The letter's version, where the check read it.
    pub version: Option<String>,
    /// Names of the letter's grantors in the order of the boxes, where the household has the letter.
    pub names: Vec<String>,
    /// The boxes whose grantors took back all that they authorised: numbers, nothing for a print in no box that
    /// is known, `*` for all.
    withdrawn: Vec<String>,
    /// Whether the check found a finger's ink in the box of a number, where it could tell.
    fingers: BTreeMap<String, bool>,
    /// Where the same prints stand, as whoever attached the photo found it: see
    /// [`PrintPlace::mark`](crate::PrintPlace::mark).
    pub told: Vec<String>,
}

impl PrintPhoto {
    /// Whether a print is kept and compared: nobody took back what it stands for. `grantor`: the number of its
    /// box, nothing when the box is not known.
    pub fn keeps(&self, grantor: &str) -> bool {
        !self.withdrawn.iter().any(|box_| box_ == ALL || box_ == grantor)
    }

    /// Whether some of its prints are kept.
    pub fn keeps_any(&self) -> bool {
        !self.withdrawn.iter().any(|box_| box_ == ALL)
    }

    /// The boxes that are not kept, as a text.
    pub fn left_out(&self) -> String {
        serde_json::json!(self.withdrawn).to_string()
    }

    /// Whether all boxes are left out now that such a text names.
    pub fn leaves_out_all_of(&self, text: &str) -> bool {
        let boxes: Option<Vec<String>> = serde_json::from_str(text).ok();
        boxes.is_some_and(|boxes| {
            boxes.iter().all(|box_| !self.keeps(box_) && (box_ != ALL || !self.keeps_any()))
        })
    }

    /// Whether the check of the letter found a finger's ink in a box; none where it did not say.
    pub fn finger(&self, grantor: &str) -> Option<bool> {
        self.fingers.get(grantor).copied()
    }

    /// The name of who stands in a box, where it is known.
    pub fn name(&self, grantor: &str) -> Option<&str> {
        let at = grantor.parse::<usize>().ok()?.checked_sub(1)?;
        self.names.get(at).map(String::as_str)
    }
}

/// Whether photos of a kind show prints: letters, and prints by themselves; a question's name counts by the
/// words in it, as in `grantor_fprint`.
pub fn shows_prints(kind: &str) -> bool {
    kind.split('_').any(|word| ["letter", "fprint"].contains(&word))
}

/// Those of a household. What a verdict hides is not among them.
pub fn print_photos(document: &Document, household: &Household) -> Vec<PrintPhoto> {
    let shows = |entry: &&Evidence| entry.kind.as_deref().is_some_and(shows_prints);
    let mut entries = household.evidence.iter().filter(shows).peekable();
    if entries.peek().is_none() {
        return Vec::new();
    }
    let withdrawn = withdrawn(document, household);
    entries.filter_map(|entry| of_entry(entry, household, &withdrawn)).collect()
}

fn of_entry(entry: &Evidence, household: &Household, withdrawn: &[Person]) -> Option<PrintPhoto> {
    let facts = |field: &str| -> Option<serde_json::Value> {
        serde_json::from_str(entry.fields.get(field)?.as_text()?).ok()
    };
    let check = facts(LETTER_CHECK);
    let version = check.as_ref().and_then(|check| check["letter"]["version"].as_str()).map(str::to_owned);
    let of_household = check.as_ref().and_then(|check| check["standing"].as_str());
    let letter = version
        .as_ref()
        .filter(|_| matches!(of_household, Some("current" | "outdated")))
        .and_then(|version| printed(household).find(|one| one.version() == *version));
    let grantors = letter.map(|letter| letter.grantors()).unwrap_or_default();
    let boxes = match (withdrawn, grantors.as_slice()) {
        ([], _) => Vec::new(),
        // Whose prints these are is not known.
        (_, []) => vec![ALL.to_owned()],
        (withdrawn, grantors) => {
            let took_back = |at: &usize| {
                let grantor = grantors.get(*at).map(|one| Person::new(&one.name, &one.idno));
                grantor.is_some_and(|grantor| withdrawn.iter().any(|person| person.is(&grantor)))
            };
            let numbers = (0..grantors.len()).filter(took_back).map(|at| (at + 1).to_string());
            let mut boxes: Vec<String> = numbers.collect();
            boxes.extend((!boxes.is_empty()).then(String::new));
            boxes
        }
    };
    Some(PrintPhoto {
        evidence: entry.id.clone(),
        sha256: entry.sha256.clone()?,
        attached_at_ms: match entry.fields.get("attached_at") {
            Some(Value::Timestamp(ms)) => Some(*ms),
            _ => None,
        },
        version,
        names: grantors.into_iter().map(|grantor| grantor.name).collect(),
        withdrawn: boxes,
        fingers: check.as_ref().map(fingers).unwrap_or_default(),
        told: facts(print_reuse::FIELD).map(|facts| print_reuse::marks(&facts)).unwrap_or_default(),
    })
}

fn fingers(check: &serde_json::Value) -> BTreeMap<String, bool> {
    let grantors = check["grantors"].as_array().map(Vec::as_slice).unwrap_or_default();
    let finger = |one: &serde_json::Value| {
        let number = match &one["grantor"] {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let verdict: Verdict = serde_json::from_value(one["verdict"].clone()).ok()?;
        Some((number, is_finger(verdict)?))
    };
    grantors.iter().filter_map(finger).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_prints_show_prints_and_nothing_else_does() {
        for kind in ["letter", "fprint", "grantor_fprint", "photo_letter_signed"] {
            assert!(shows_prints(kind), "{kind}");
        }
        for kind in ["house_out", "sign", "letterbox", "fprints", ""] {
            assert!(!shows_prints(kind), "{kind}");
        }
    }

    #[test]
    fn a_box_that_was_taken_back_is_not_kept_and_of_an_unknown_letter_none_is() {
        let photo = |withdrawn: &[&str]| PrintPhoto {
            evidence: "e".into(),
            sha256: String::new(),
            attached_at_ms: None,
            version: None,
            names: vec!["陈大河".into(), "吴桂香".into()],
            fingers: BTreeMap::new(),
            withdrawn: withdrawn.iter().map(|&box_| box_.to_owned()).collect(),
            told: Vec::new(),
        };
        let kept = |photo: &PrintPhoto| ["1", "2", ""].map(|grantor| photo.keeps(grantor));
        assert_eq!(kept(&photo(&[])), [true, true, true]);
        assert_eq!(kept(&photo(&["2", ""])), [true, false, false]);
        assert_eq!((kept(&photo(&["*"])), photo(&["*"]).keeps_any()), ([false; 3], false));
        assert_eq!(
            (photo(&[]).name("2"), photo(&[]).name("3"), photo(&[]).name("")),
            (Some("吴桂香"), None, None)
        );
    }
}
