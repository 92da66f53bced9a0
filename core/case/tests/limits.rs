//! Documents at their limits: what one phone can make, every other takes; what none can take is refused before it is
//! made, by its reason and number.
#![allow(clippy::unwrap_used)]

mod support;

use ruhu_case::{
    ActorId, CaseError, ChangeHash, DocKind, Document, NewChange, RawChange, Refusal, STATUS_CLOSED, Value,
    Write, limits,
};
use ruhu_text::{Explain, Lang};
use support::{Phone, put};

/// Edits, and gives the changes to another phone, which must come to the same household.
fn deliver(phone: &mut Phone, writes: &[Write]) -> Vec<NewChange> {
    let mut other = phone.doc.clone();
    let made = phone.doc.edit(phone.actor, 1_770_000_000_000, writes).unwrap();
    for change in &made {
        assert!(RawChange::from_chunk(&change.bytes).unwrap().body().len() <= limits::CHANGE_BYTES);
    }
    let chunks: Vec<Vec<u8>> = made.iter().map(|change| change.bytes.clone()).collect();
    assert_eq!(other.apply(&chunks).unwrap().applied.len(), chunks.len());
    assert_eq!(other.fields(""), phone.doc.fields(""));
    assert_eq!(other.heads(), phone.doc.heads());
    made
}

/// Each stands on the one before it and on nothing else.
fn stand_on_each_other(made: &[NewChange]) -> bool {
    made.windows(2).all(|pair| pair[1].deps == [pair[0].hash] && pair[1].seq == pair[0].seq + 1)
}

/// A record as a visit closes it, with these answers.
fn record(answers: impl Iterator<Item = (String, String)>) -> Vec<Write> {
    let mut writes = vec![
        put("records/r1/form", "home_visit"),
        put("records/r1/version", "2026.1"),
        put("records/r1/status", STATUS_CLOSED),
    ];
    writes.extend(answers.map(|(key, text)| put(&format!("records/r1/answers/{key}"), &text)));
    writes
}

#[test]
fn six_long_answers_become_two_changes_and_the_record_is_closed_by_the_last() {
    let mut phone = Phone::new(1);
    let writes = record((0..6).map(|n| (format!("visit/story{n}"), "屋".repeat(20_000))));
    let made = deliver(&mut phone, &writes);
    assert_eq!(made.len(), 2);
    assert!(stand_on_each_other(&made));
    let mut half = Document::new(DocKind::Household);
    half.apply(&[made[0].bytes.clone()]).unwrap();
    assert_eq!(half.field("records/r1/status"), None);
    let household = phone.doc.household();
    assert!(household.records[0].edited_after_close.is_empty(), "the last change knows all answers");
}

#[test]
fn a_text_at_the_limit_is_taken_and_one_byte_more_is_refused_by_its_number() {
    let mut phone = Phone::new(1);
    deliver(&mut phone, &[put("case/note", &"a".repeat(limits::TEXT_BYTES))]);
    let long = [put("case/other", "在"), put("case/note", &"b".repeat(limits::TEXT_BYTES + 1))];
    let before = phone.doc.save();
    let error = phone.doc.edit(phone.actor, 2, &long).unwrap_err();
    assert_eq!(error, CaseError::TextTooLong { path: "case/note".into(), bytes: limits::TEXT_BYTES + 1 });
    assert!(error.message(Lang::Zh).contains("65537") && error.message(Lang::En).contains("65537"));
    assert_eq!(phone.doc.save(), before);
}

#[test]
fn a_key_at_the_limit_is_taken_and_one_byte_more_is_refused() {
    let mut phone = Phone::new(1);
    let path = |length: usize| format!("records/r1/answers/{}", "k".repeat(length));
    deliver(&mut phone, &[put(&path(limits::KEY_BYTES), "在")]);
    let error = put(&path(limits::KEY_BYTES + 1), "在").check(DocKind::Household).unwrap_err();
    assert_eq!(error.code(), "field_path");
    let id = |length: usize| format!("people/{}/name", "p".repeat(length));
    deliver(&mut phone, &[put(&id(limits::ID_BYTES), "张")]);
    assert_eq!(
        put(&id(limits::ID_BYTES + 1), "张").check(DocKind::Household).unwrap_err().code(),
        "field_path"
    );
}

#[test]
fn short_answers_are_one_change_as_long_as_they_fit_and_stand_on_each_other_beyond() {
    let answers = |count: usize| record((0..count).map(|n| (format!("q{n}"), "是".to_owned())));
    for (count, several) in [(1_000, false), (2_000, false), (3_000, true), (40_000, true)] {
        let made = deliver(&mut Phone::new(1), &answers(count));
        assert_eq!(made.len() > 1, several, "{count}: {}", made.len());
        assert!(stand_on_each_other(&made));
    }
}

#[test]
fn an_edit_beyond_all_limits_is_refused_whole() {
    let mut phone = Phone::new(1);
    let many: Vec<_> = (0..=limits::EDIT_WRITES).map(|_| put("case/k", "")).collect();
    assert_eq!(phone.doc.edit(phone.actor, 1, &many), Err(CaseError::EditTooLarge));
    let text = "a".repeat(limits::TEXT_BYTES);
    let large: Vec<_> =
        (0..limits::EDIT_BYTES / limits::TEXT_BYTES).map(|n| put(&format!("case/k{n}"), &text)).collect();
    let error = phone.doc.edit(phone.actor, 1, &large).unwrap_err();
    assert_eq!(error, CaseError::EditTooLarge);
    assert!(error.message(Lang::En).contains("16777216"), "{}", error.message(Lang::En));
    assert_eq!(phone.doc.heads(), Document::new(DocKind::Household).heads());
    let made = deliver(&mut phone, &large[1..]);
    assert!(stand_on_each_other(&made));
}

/// A household whose field holds `count` values side by side, from as many phones.
fn disputed(count: usize) -> Document {
    let mut document = Document::new(DocKind::Household);
    let base = Phone::new(1);
    let changes: Vec<Vec<u8>> = (0..count)
        .map(|n| {
            let mut actor = [7; 16];
            actor[..8].copy_from_slice(&(n as u64).to_be_bytes());
            let mut phone = base.doc.clone();
            let made = phone.edit(ActorId(actor), 1, &[put("case/phone", &n.to_string())]).unwrap();
            made.into_iter().next().unwrap().bytes
        })
        .collect();
    document.apply(&changes).unwrap();
    document
}

#[test]
fn a_household_that_a_thousand_phones_wrote_to_at_once_can_still_be_edited() {
    let limit = limits::CHANGE_DEPENDENCIES as usize;
    for (heads, changes) in [(limit - 1, 1), (limit, 2), (2 * limit, 3)] {
        let mut phone = Phone::new(1);
        phone.doc = disputed(heads);
        assert_eq!(phone.doc.heads().len(), heads);
        let made = deliver(&mut phone, &[Write::Resolve { path: "case/phone".into(), value: Value::Blank }]);
        assert_eq!(made.len(), changes, "{heads}");
        let most = made.iter().map(|change| change.deps.len()).max().unwrap();
        assert!(most <= limit, "{most}");
        assert_eq!(phone.doc.conflicts(), []);
    }
}

#[test]
fn an_author_joins_loose_ends_on_top_of_its_own_work() {
    let mut phone = Phone::new(1);
    phone.put("case/address", "三组12号");
    phone.doc.apply(&changes_of(&disputed(limits::CHANGE_DEPENDENCIES as usize + 5))).unwrap();
    let made = deliver(&mut phone, &[put("case/phone", "12345")]);
    assert_eq!((made.len(), made[0].seq), (2, 2));
    assert_eq!(phone.text("case/phone").unwrap(), "12345");
}

fn changes_of(document: &Document) -> Vec<Vec<u8>> {
    document.change_hashes().iter().map(|hash: &ChangeHash| document.change_bytes(hash).unwrap()).collect()
}

#[test]
fn of_many_changes_those_that_no_document_takes_are_found_at_once() {
    let mut phone = Phone::new(1);
    for number in 0..6 {
        phone.put(&format!("case/field{number}"), "值");
    }
    let whole = changes_of(&phone.doc);
    let mut other = Document::new(DocKind::Household);
    assert_eq!(other.refused(&whole), []);
    let mut some = whole.clone();
    some[1] = b"no change".to_vec();
    let place = some[4].len() - 3;
    some[4][place] ^= 1;
    let refused = other.refused(&some);
    assert_eq!(refused.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [1, 4]);
    // Without these the rest is taken: what stands on one of them waits.
    let rest: Vec<Vec<u8>> =
        (0..6).filter(|index| ![1, 4].contains(index)).map(|n| some[n].clone()).collect();
    let applied = other.apply(&rest).unwrap();
    assert_eq!((applied.applied.len(), applied.waiting.len()), (1, 3));
    other.apply(&whole).unwrap();
    assert_eq!(other.heads(), phone.doc.heads());
}

#[test]
fn a_page_of_disputed_answers_is_split_where_it_replaces_too_many_values() {
    // 60 phones wrote 900 answers side by side: to replace them all takes 54,000 rows.
    let answers =
        |n: usize| (0..900).map(move |q| put(&format!("records/r1/answers/q{q:03}"), &format!("{n}")));
    let mut phone = Phone::new(1);
    phone.write(&record(std::iter::empty()));
    let base = phone.doc.clone();
    let mut changes = Vec::new();
    for n in 0..60u64 {
        let mut actor = [9; 16];
        actor[..8].copy_from_slice(&n.to_be_bytes());
        let mut other = base.clone();
        let writes: Vec<_> = answers(n as usize).collect();
        changes.extend(other.edit(ActorId(actor), 1, &writes).unwrap().into_iter().map(|made| made.bytes));
    }
    phone.doc.apply(&changes).unwrap();
    let resolved: Vec<_> = answers(1_000).collect();
    let made = deliver(&mut phone, &resolved);
    assert!(60 * 900 > limits::CHANGE_ROWS && made.len() > 1);
    assert!(stand_on_each_other(&made));
    assert_eq!(phone.doc.conflicts(), []);
}

#[test]
fn a_document_that_would_grow_beyond_what_others_load_is_not_edited() {
    let mut phone = Phone::new(1);
    let text = "a".repeat(limits::TEXT_BYTES - 1);
    let fields = (limits::EDIT_BYTES / limits::TEXT_BYTES) - 1;
    let mut refused = None;
    for page in 0..=limits::DOCUMENT_BYTES / limits::EDIT_BYTES {
        let writes: Vec<_> =
            (0..fields).map(|n| put(&format!("case/p{page}_{n}"), &format!("{page}{text}"))).collect();
        let before = phone.doc.heads();
        match phone.doc.edit(phone.actor, 1, &writes) {
            Ok(_) => {}
            Err(error) => {
                refused = Some(error);
                assert_eq!(phone.doc.heads(), before);
            }
        }
    }
    assert_eq!(refused, Some(CaseError::DocumentTooLarge));
    let mut loaded = Document::load(DocKind::Household, &phone.doc.save()).unwrap();
    assert_eq!(loaded.heads(), phone.doc.heads(), "what was taken is read again");
    // Others wrote as much meanwhile: what no longer fits is named, the document stays.
    let mut other = Phone::new(2);
    let mut refusal = None;
    for page in 0..2 {
        let writes: Vec<_> = (0..fields).map(|n| put(&format!("case/o{page}_{n}"), &text)).collect();
        let made = other.doc.edit(other.actor, 1, &writes).unwrap();
        let chunks: Vec<Vec<u8>> = made.into_iter().map(|change| change.bytes).collect();
        refusal = loaded.apply(&chunks).err().map(|error| error.refusal).or(refusal);
    }
    assert_eq!(refusal, Some(Refusal::DocumentFull));
    let saved = loaded.save();
    let again = Document::load(DocKind::Household, &saved).map(|document| document.heads());
    assert_eq!(again, Ok(loaded.heads()), "{} bytes, {:?}", saved.len(), loaded.waiting_changes().len());
}
