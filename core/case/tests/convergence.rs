//! Any phones, any edits, any order of delivery, duplicates and restarts: all come to the same document, and nothing
//! that was ever written is missing.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use automerge::{Automerge, ObjId, ObjType, ROOT, ReadDoc};
use proptest::prelude::*;
use ruhu_case::{ActorId, ChangeHash, DocKind, Document, Value, Write};

/// Few fields, so that phones meet in them; the same child ids on all phones, so that maps coincide.
const PATHS: [&str; 7] = [
    "case/address",
    "case/members_real",
    "people/p1/name",
    "people/p1/health",
    "people/p2/name",
    "records/r1/status",
    "records/r1/answers/members/aa/name",
];

/// The one of them that the program fills in.
const PROGRAMS: &str = "records/r1/status";

#[derive(Clone, Debug)]
enum Step {
    Edit {
        phone: usize,
        writes: Vec<(usize, u8, bool)>,
    },
    /// `to` receives some of what `from` has, picked by the mask, backwards when asked, twice when asked.
    Deliver {
        from: usize,
        to: usize,
        mask: u64,
        backwards: bool,
        twice: bool,
    },
    Restart {
        phone: usize,
    },
    /// A verdict reaches one phone, which goes on editing under it.
    Hide {
        phone: usize,
        mask: u64,
    },
}

fn step(phones: usize) -> impl Strategy<Value = Step> {
    let writes = prop::collection::vec((0..PATHS.len(), 0u8..5, prop::bool::weighted(0.2)), 1..4);
    prop_oneof![
        5 => (0..phones, writes).prop_map(|(phone, writes)| Step::Edit { phone, writes }),
        4 => (0..phones, 0..phones, any::<u64>(), any::<bool>(), any::<bool>())
            .prop_map(|(from, to, mask, backwards, twice)| Step::Deliver { from, to, mask, backwards, twice }),
        1 => (0..phones).prop_map(|phone| Step::Restart { phone }),
        1 => (0..phones, any::<u64>()).prop_map(|(phone, mask)| Step::Hide { phone, mask }),
    ]
}

fn story() -> impl Strategy<Value = (usize, Vec<Step>)> {
    (2usize..5).prop_flat_map(|phones| (Just(phones), prop::collection::vec(step(phones), 1..30)))
}

fn value(code: u8) -> Value {
    match code {
        0 => Value::Blank,
        1 => Value::Int(3),
        2 => Value::Fen(-3),
        3 => Value::Text("三".into()),
        _ => Value::Bool(true),
    }
}

fn chosen<T: Clone>(all: &[T], mask: u64) -> Vec<T> {
    all.iter().enumerate().filter(|(i, _)| mask >> (i % 64) & 1 == 1).map(|(_, t)| t.clone()).collect()
}

/// All that was written, as the phones that wrote it know it.
type Written = Vec<(String, Value, ChangeHash)>;

fn play(phones: usize, steps: &[Step]) -> (Vec<Document>, Written) {
    let mut docs = vec![Document::new(DocKind::Household); phones];
    let mut written = Written::new();
    for (clock, step) in steps.iter().enumerate() {
        match step {
            Step::Edit { phone, writes } => {
                let writes: Vec<_> =
                    writes.iter().map(|(path, code, settle)| write(*path, *code, *settle)).collect();
                let actor = ActorId([*phone as u8 + 1; 16]);
                let before = docs[*phone].clone();
                for change in docs[*phone].edit(actor, clock as i64, &writes).unwrap() {
                    let last: BTreeMap<_, _> = writes.iter().map(|w| (w.path(), w)).collect();
                    let done = last.into_values().filter(|w| has_effect(&before, w));
                    written.extend(done.map(|w| (w.path().to_owned(), w.value().clone(), change.hash)));
                }
            }
            Step::Deliver { from, to, mask, backwards, twice } => {
                let mut changes = chosen(&support::all_changes(&docs[*from]), *mask);
                if *backwards {
                    changes.reverse();
                }
                if *twice {
                    changes.extend(changes.clone());
                }
                docs[*to].apply(&changes).unwrap();
            }
            Step::Restart { phone } => {
                let hidden = docs[*phone].hidden().clone();
                docs[*phone] = Document::load(DocKind::Household, &docs[*phone].save()).unwrap();
                docs[*phone].set_hidden(hidden);
            }
            Step::Hide { phone, mask } => {
                let hidden = chosen(&docs[*phone].change_hashes(), *mask);
                docs[*phone].set_hidden(hidden.into_iter().collect());
            }
        }
    }
    (docs, written)
}

fn has_effect(before: &Document, write: &Write) -> bool {
    matches!(write, Write::Resolve { .. })
        || before.field(write.path()).unwrap_or(Value::Blank) != *write.value()
}

fn write(path: usize, code: u8, settle: bool) -> Write {
    let (path, value) = (PATHS[path].to_owned(), value(code));
    if settle { Write::Resolve { path, value } } else { Write::Put { path, value } }
}

fn exchange_all(docs: &mut [Document]) {
    let everything: Vec<_> = docs.iter().flat_map(support::all_changes).collect();
    for doc in docs {
        doc.apply(&everything).unwrap();
    }
}

/// What the merging engine itself says of a saved document: every value that stands in each field, its choice first.
fn by_the_engine(saved: &[u8]) -> BTreeMap<String, Vec<Value>> {
    let engine = Automerge::load(saved).unwrap();
    PATHS.iter().filter_map(|path| Some((path.to_string(), engine_values(&engine, path)?))).collect()
}

fn engine_values(engine: &Automerge, path: &str) -> Option<Vec<Value>> {
    let mut maps = vec![ROOT];
    let steps: Vec<&str> = match path.split_once("/answers/") {
        Some((record, key)) => record.split('/').chain(["answers", key]).collect(),
        None => path.split('/').collect(),
    };
    let (key, outer) = steps.split_last().unwrap();
    for step in outer {
        maps = maps
            .iter()
            .flat_map(|map| engine.get_all(map, *step).unwrap())
            .map(|(value, id)| {
                assert!(matches!(value, automerge::Value::Object(ObjType::Map)));
                id
            })
            .collect();
    }
    let mut values: Vec<(ObjId, Value)> = maps
        .iter()
        .flat_map(|map| engine.get_all(map, *key).unwrap())
        .map(|(value, id)| (id, scalar(&value)))
        .collect();
    values.sort_by(|a, b| b.0.cmp(&a.0));
    (!values.is_empty()).then(|| values.into_iter().map(|(_, value)| value).collect())
}

fn scalar(value: &automerge::Value<'_>) -> Value {
    match value.as_scalar().unwrap() {
        automerge::ScalarValue::Null => Value::Blank,
        automerge::ScalarValue::Int(n) => Value::Int(*n),
        automerge::ScalarValue::Uint(5) => Value::Fen(-3),
        automerge::ScalarValue::Str(text) => Value::Text(text.to_string()),
        automerge::ScalarValue::Boolean(b) => Value::Bool(*b),
        other => panic!("{other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn all_phones_come_to_the_same_household_and_miss_nothing((phones, steps) in story(), verdict: u64) {
        let (mut docs, written) = play(phones, &steps);
        exchange_all(&mut docs);
        for doc in &mut docs {
            prop_assert_eq!(doc.waiting(), vec![]);
            doc.set_hidden(BTreeSet::new());
        }
        let first = docs[0].clone();
        for doc in &docs {
            prop_assert_eq!(doc.heads(), first.heads());
            prop_assert_eq!(doc.change_hashes(), first.change_hashes());
            prop_assert_eq!(doc.fields(""), first.fields(""));
            prop_assert_eq!(doc.conflicts(), first.conflicts());
            prop_assert_eq!(doc.household(), first.household());
        }

        // The index and the merging engine agree on what stands.
        let engine = by_the_engine(&first.save());
        let shown: BTreeMap<_, _> = first.fields("").into_iter().collect();
        prop_assert_eq!(engine.keys().collect::<Vec<_>>(), shown.keys().collect::<Vec<_>>());
        let conflicts: BTreeMap<_, _> = first.conflicts().into_iter().map(|c| (c.path, c.values)).collect();
        for (path, standing) in &engine {
            let mut different: BTreeSet<_> = standing.iter().collect();
            if path == PROGRAMS {
                // What the program fills in is merged by its rule, here: what is not blank first, and the least.
                let least = standing.iter().min_by_key(|value| (value.is_blank(), *value));
                prop_assert_eq!(Some(&shown[path]), least);
                different.clear();
            } else {
                prop_assert_eq!(&shown[path], &standing[0]);
            }
            let listed: BTreeSet<_> = conflicts.get(path).into_iter().flatten().map(|v| &v.value).collect();
            prop_assert_eq!(listed, if different.len() > 1 { different } else { BTreeSet::new() }, "{}", path);
        }

        // Every value that was ever entered is in the history, with the change that wrote it.
        for (path, value, change) in &written {
            let history = first.history(path);
            prop_assert!(history.iter().any(|h| h.value == *value && h.change == *change), "{} {:?}", path, value);
        }

        // A verdict shows the same everywhere, and hidden changes say nothing.
        let hidden: BTreeSet<_> = chosen(&first.change_hashes(), verdict).into_iter().collect();
        for doc in &mut docs {
            doc.set_hidden(hidden.clone());
        }
        for doc in &docs {
            prop_assert_eq!(doc.fields(""), docs[0].fields(""));
            prop_assert_eq!(doc.conflicts(), docs[0].conflicts());
            for path in PATHS {
                let history = doc.history(path);
                prop_assert_eq!(&history, &docs[0].history(path));
                prop_assert!(history.iter().all(|h| !(h.hidden && h.current)));
                prop_assert_eq!(doc.field(path).is_some(), history.iter().any(|h| h.current));
                prop_assert_eq!(doc.field(path).is_some(), history.iter().any(|h| !h.hidden), "{}", path);
            }
        }
    }

    #[test]
    fn any_order_of_the_same_changes_gives_the_same_document(
        (phones, steps) in story(), order in prop::collection::vec(any::<u32>(), 64), chunk in 1usize..5,
    ) {
        let (mut docs, _) = play(phones, &steps);
        exchange_all(&mut docs);
        let mut changes = support::all_changes(&docs[0]);
        let mut keys = order.iter().cycle();
        changes.sort_by_cached_key(|_| keys.next().copied());
        let mut late = Document::new(DocKind::Household);
        let mut beside: Vec<Vec<u8>> = Vec::new();
        for batch in changes.chunks(chunk) {
            beside.extend(batch.iter().cloned());
            late.apply(&beside).unwrap();
            beside = late.waiting_changes().iter().map(|one| late.change_bytes(&one.change).unwrap()).collect();
            late = Document::load(DocKind::Household, &late.save()).unwrap();
        }
        prop_assert!(beside.is_empty());
        docs[0].set_hidden(BTreeSet::new());
        prop_assert_eq!(late.heads(), docs[0].heads());
        prop_assert_eq!(late.fields(""), docs[0].fields(""));
        prop_assert_eq!(late.change_hashes(), docs[0].change_hashes());
    }
}
