//! Workbooks, compiled forms, expressions, and the answers to a form.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use ruhu_form::{
    AnswerError, Carried, CarriedValue, Environment, Form, JournalEntry, Lang, QuestionKind, Session,
    Severity, check_expression, read_workbook,
};

use crate::world::SMALL_FORM;

/// 2026-11-22 09:30 in China.
const MORNING: Environment = Environment { now_ms: 1_795_311_000_000, utc_offset_minutes: 480, seed: 7 };
/// The most entries one input makes: a longer one tells nothing new.
const MAX_ENTRIES: usize = 48;

/// The home visit form, begun.
static BEGUN: LazyLock<Session> = LazyLock::new(|| Session::new(home_visit(), MORNING));

fn pack(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../packs/forms").join(name)).unwrap()
}

fn home_visit() -> Arc<Form> {
    read_workbook(&pack("home_visit.xlsx")).unwrap().form.into()
}

/// Begins the form and looks at everything a phone would show.
fn look_through(form: Form) {
    look_at(&Session::new(form.into(), MORNING));
}

fn look_at(session: &Session) {
    for missing in session.missing() {
        assert!(session.node(&missing.path).is_some(), "something is missing that is not there");
    }
    session.pages();
    session.answers();
}

fn hold_to_its_bytes(form: &Form) {
    let bytes = form.to_bytes();
    assert_eq!(Form::from_bytes(&bytes).unwrap().to_bytes(), bytes);
}

pub(super) fn workbook(bytes: &[u8]) {
    match read_workbook(bytes) {
        Ok(reading) => {
            hold_to_its_bytes(&reading.form);
            look_through(reading.form);
        }
        Err(faults) => {
            assert!(faults.faults.iter().any(|fault| fault.severity == Severity::Error));
            assert!(!faults.to_string().is_empty());
        }
    }
}

pub(super) fn workbook_seeds() -> Vec<Vec<u8>> {
    vec![SMALL_FORM.to_vec(), pack("home_visit.xlsx")]
}

pub(super) fn form_bytes(bytes: &[u8]) {
    match Form::from_bytes(bytes) {
        Ok(form) => {
            hold_to_its_bytes(&form);
            look_through(form);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

pub(super) fn form_bytes_seeds() -> Vec<Vec<u8>> {
    vec![read_workbook(SMALL_FORM).unwrap().form.to_bytes(), home_visit().to_bytes()]
}

pub(super) fn expression(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match check_expression(text) {
        // A text near the limit may pass it when it is spelt out.
        Ok(spelt) if spelt.len() <= text.len() => assert_eq!(check_expression(&spelt), Ok(spelt)),
        Ok(spelt) => {
            if let Ok(again) = check_expression(&spelt) {
                assert_eq!(again, spelt);
            }
        }
        Err(fault) => assert!(!fault.zh.is_empty() && !fault.en.is_empty()),
    }
}

pub(super) fn expression_seeds() -> Vec<Vec<u8>> {
    [
        ". > 0 and . <= 30",
        "${members_real} != ${members_declared} or selected(${house_type}, 'rent')",
        "sum(${amount}) div if(${members_real} > 0, ${members_real}, 1)",
        "count(/home_visit/team/investigator[role = 'lead']) = 1",
        "not(selected-at(${present_members}, 0) = \"head\")",
        "regex(., '^[0-9]{17}[0-9X]$') and string-length(.) = 18",
        "format-date(today(), '%Y-%m-%d') >= date('2026-01-01')",
        "concat('住', ../name, \"'s\", position(..)) | //x/@id",
        "-(1 - 2 * 3) mod 4.5",
        "coalesce(${a}, instance('lists')/root/item[name = current()/../b]/label)",
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .collect()
}

/// Applies entries one after the other. What was taken, replayed, gives the same session.
fn fill(entries: impl Iterator<Item = JournalEntry>) {
    let mut session = BEGUN.clone();
    let mut journal = Vec::new();
    for entry in entries.take(MAX_ENTRIES) {
        match session.apply(&entry) {
            Ok(_) => journal.push(entry),
            Err(error) => assert!(refusal_is_plain(&error), "{error:?}"),
        }
    }
    look_at(&session);
    let mut replayed = BEGUN.clone();
    for entry in &journal {
        replayed.apply(entry).unwrap();
    }
    assert_eq!(session.nodes(), replayed.nodes());
}

fn refusal_is_plain(error: &AnswerError) -> bool {
    !error.message(Lang::Zh).is_empty() && !error.message(Lang::En).is_empty()
}

/// A byte tells what is done, two which question it is done to, one which instances of the repeats
/// around it are meant, one the length of the value, then the value.
fn next_entry(bytes: &mut &[u8]) -> Option<JournalEntry> {
    let ([act, high, low, instance, length], rest) = bytes.split_first_chunk::<5>()?;
    let (value, rest) = rest.split_at(rest.len().min(usize::from(*length)));
    *bytes = rest;
    let questions = BEGUN.form().questions();
    let question = questions.get(usize::from(u16::from_be_bytes([*high, *low])) % questions.len())?;
    let path = with_instances(&question.path, usize::from(instance % 4));
    let text = String::from_utf8_lossy(value).into_owned();
    let offered = |index: usize| question.choices.get(index % question.choices.len().max(1));
    Some(match act % 6 {
        0 => JournalEntry::Answer { path, value: text },
        1 => {
            let choice = offered(usize::from(value.first().copied().unwrap_or_default()));
            JournalEntry::Answer { path, value: choice.map(|choice| choice.value.clone()).unwrap_or(text) }
        }
        2 => JournalEntry::AddRepeat { path, instance_id: text },
        3 => JournalEntry::RemoveRepeat { path },
        4 => JournalEntry::Provide { path, value: text },
        _ => JournalEntry::Carry(Carried {
            instances: vec![format!("{path}[@id='{text}']")],
            values: vec![CarriedValue { path, value: text, asked: false }],
            last_change: None,
        }),
    })
}

/// The path with a position at each repeat on it; at position 0 it stays as it is.
fn with_instances(path: &str, position: usize) -> String {
    if position == 0 {
        return path.to_owned();
    }
    let repeats = BEGUN.form().questions().iter().filter(|question| question.kind == QuestionKind::Repeat);
    let mut places: Vec<usize> = repeats
        .filter(|repeat| path.strip_prefix(&repeat.path).is_some_and(|rest| rest.starts_with('/')))
        .map(|repeat| repeat.path.len())
        .collect();
    places.sort_unstable();
    let mut path = path.to_owned();
    for place in places.into_iter().rev() {
        path.insert_str(place, &format!("[{position}]"));
    }
    path
}

pub(super) fn answers(mut bytes: &[u8]) {
    fill(std::iter::from_fn(|| next_entry(&mut bytes)));
}

/// The example visit, written as [`next_entry`] reads it, in pieces of ten entries.
pub(super) fn answer_seeds() -> Vec<Vec<u8>> {
    let encode = |entry: &JournalEntry| {
        let (act, path, value) = match entry {
            JournalEntry::Answer { path, value } => (0, path, value.as_str()),
            JournalEntry::AddRepeat { path, instance_id } => (2, path, instance_id.as_str()),
            JournalEntry::RemoveRepeat { path } => (3, path, ""),
            JournalEntry::Provide { path, value } => (4, path, value.as_str()),
            JournalEntry::Carry(carried) => (5, &carried.values[0].path, carried.values[0].value.as_str()),
        };
        let (plain, instance) = without_instances(path);
        let questions = BEGUN.form().questions();
        let index = questions.iter().position(|q| q.path == plain || q.name == plain).unwrap();
        let [high, low] = u16::try_from(index).unwrap().to_be_bytes();
        let mut bytes = vec![act, high, low, instance, u8::try_from(value.len()).unwrap()];
        bytes.extend_from_slice(value.as_bytes());
        bytes
    };
    example().chunks(10).map(|entries| entries.iter().flat_map(encode).collect()).collect()
}

/// The path without its predicates, and the position that they stand for.
fn without_instances(path: &str) -> (String, u8) {
    let (mut plain, mut inside, mut instance) = (String::new(), false, 0);
    for c in path.chars() {
        match c {
            '[' => (inside, instance) = (true, 2),
            ']' => inside = false,
            '1' if inside => instance = 1,
            _ if inside => {}
            _ => plain.push(c),
        }
    }
    (plain, instance)
}

/// A line of the example: `path = value` or `+ repeat id`.
fn example() -> Vec<JournalEntry> {
    let text = String::from_utf8(pack("home_visit.example.txt")).unwrap();
    let entry = |line: &str| match line.strip_prefix("+ ") {
        Some(added) => {
            let (path, id) = added.rsplit_once(' ').unwrap();
            JournalEntry::AddRepeat { path: path.into(), instance_id: id.into() }
        }
        None => {
            let (path, value) = line.split_once(" = ").unwrap();
            JournalEntry::Answer { path: path.into(), value: value.into() }
        }
    };
    text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()).map(entry).collect()
}

/// A journal: an entry of JSON on each line. A line that is none is passed over.
pub(super) fn journal(bytes: &[u8]) {
    let lines = bytes.split(|byte| *byte == b'\n');
    fill(lines.filter_map(|line| serde_json::from_slice(line).ok()));
}

pub(super) fn journal_seeds() -> Vec<Vec<u8>> {
    let line = |entry: &JournalEntry| serde_json::to_string(entry).unwrap() + "\n";
    example().chunks(6).map(|entries| entries.iter().map(line).collect::<String>().into_bytes()).collect()
}
