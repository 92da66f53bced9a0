//! What is entered into a form: answers, journals, and drafts that move to another version.

use std::sync::{Arc, LazyLock};

use ruhu_form::{
    AnswerError, Form, JournalEntry, MigrationReport, QuestionKind, Session, Snapshot, SnapshotValue, migrate,
};
use ruhu_formats::{read_xform, write_xform};
use ruhu_text::{Explain, Lang};

use super::forms::{MORNING, home_visit, look_at, pack};

/// The most entries one input makes: a longer one tells nothing new.
const MAX_ENTRIES: usize = 48;

/// The home visit form, begun.
static BEGUN: LazyLock<Session> = LazyLock::new(|| Session::new(home_visit(), MORNING));

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
        _ => JournalEntry::Import(Snapshot {
            instances: vec![format!("{path}[@id='{text}']")],
            values: vec![SnapshotValue { path, value: text, asked: false }],
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
            JournalEntry::Import(carried) => (5, &carried.values[0].path, carried.values[0].value.as_str()),
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

/// Later versions of the home visit form: the same, one whose numbers became text and whose head count
/// has another name, one whose texts became numbers and whose days became texts.
static LATER: LazyLock<[Arc<Form>; 3]> = LazyLock::new(|| {
    let written = write_xform(&home_visit());
    let changed = |changes: &[(&str, &str)]| {
        let text = changes.iter().fold(written.clone(), |text, (from, to)| text.replace(from, to));
        assert_ne!(text, written);
        Arc::new(read_xform(text.as_bytes()).unwrap().form)
    };
    let renamed = changed(&[("\"int\"", "\"string\""), ("members_real", "members_counted")]);
    let turned = changed(&[("\"string\"", "\"int\""), ("\"date\"", "\"string\"")]);
    [home_visit(), renamed, turned]
});

/// Entries as for [`answers`] after a byte that tells the version. The draft moves there and on to the
/// same version, where nothing changes any more.
pub(super) fn migration(bytes: &[u8]) {
    let Some((version, mut rest)) = bytes.split_first() else { return };
    let later = LATER.get(usize::from(*version) % LATER.len()).unwrap();
    let mut draft = BEGUN.clone();
    for entry in std::iter::from_fn(|| next_entry(&mut rest)).take(MAX_ENTRIES) {
        draft.apply(&entry).ok();
    }
    let moved = migrate(&draft, later.clone()).unwrap();
    let mut replayed = Session::new(later.clone(), moved.begun);
    replayed.set_environment(moved.environment);
    replayed.apply(&moved.entry).unwrap();
    assert_eq!(replayed.nodes(), moved.session.nodes());
    let report = serde_json::to_string(&moved.report).unwrap();
    assert_eq!(serde_json::from_str::<MigrationReport>(&report).unwrap(), moved.report);
    let again = migrate(&moved.session, later.clone()).unwrap();
    assert!(again.report.dropped.is_empty() && again.report.moved.is_empty(), "{:?}", again.report);
    look_at(&again.session);
}

pub(super) fn migration_seeds() -> Vec<Vec<u8>> {
    let versions = (0..3u8).cycle();
    answer_seeds()
        .into_iter()
        .step_by(4)
        .zip(versions)
        .map(|(seed, version)| [vec![version], seed].concat())
        .collect()
}
