//! Many edits, or many groups of changes, at once come to the same as one after another.
#![allow(clippy::unwrap_used)]

mod support;

use ruhu_case::{ActorId, DocKind, Document, NewChange, RawChange, Refusal, Write};
use support::put;

const WRITER: ActorId = ActorId([1; 16]);
const OTHER: ActorId = ActorId([2; 16]);

#[test]
fn edits_in_one_go_are_those_that_are_made_one_after_another() {
    for seed in 0..20 {
        let mut random = fastrand::Rng::with_seed(seed);
        // A value that a field has already makes no change; two phones have written before.
        let mut some = |count: usize| -> Vec<Write> {
            (0..random.usize(0..count))
                .map(|_| put(&format!("case/f{}", random.u8(0..4)), &random.u8(0..3).to_string()))
                .collect()
        };
        let mut start = Document::new(DocKind::Household);
        let mut other = start.clone();
        start.edit(WRITER, 1, &some(5)).unwrap();
        let beside: Vec<_> = other.edit(OTHER, 1, &some(5)).unwrap().into_iter().map(|it| it.bytes).collect();
        start.apply(&beside).unwrap();
        let edits: Vec<Vec<Write>> = (0..12).map(|_| some(4)).collect();
        let (mut together, mut in_turn) = (start.clone(), start);
        let made = together.edit_each(WRITER, 2, &edits).unwrap();
        let one_by_one: Vec<NewChange> =
            edits.iter().flat_map(|writes| in_turn.edit(WRITER, 2, writes).unwrap()).collect();
        assert_eq!(made, one_by_one, "seed {seed}");
        assert_eq!(together.save(), in_turn.save(), "seed {seed}");
    }
}

fn group(changes: &[NewChange]) -> Vec<RawChange> {
    changes.iter().map(|change| RawChange::from_chunk(&change.bytes).unwrap()).collect()
}

#[test]
fn a_group_that_no_document_holds_is_left_out_whole_and_the_others_are_there() {
    let mut writer = Document::new(DocKind::Household);
    let mut groups = Vec::new();
    for number in 0..6 {
        let write = put("case/remark", &number.to_string());
        groups.push(group(&writer.edit(WRITER, 1, &[write]).unwrap()));
    }
    // Two changes by another, the second of which takes the number of the first.
    let twice = |text: &str| {
        let mut document = Document::new(DocKind::Household);
        group(&document.edit(OTHER, 1, &[put("case/need", text)]).unwrap())
    };
    let forked = [twice("甲"), twice("乙")].concat();
    groups.insert(3, forked);
    let borrowed: Vec<&[RawChange]> = groups.iter().map(Vec::as_slice).collect();
    let mut document = Document::new(DocKind::Household);
    let found = document.apply_groups(&borrowed);
    assert_eq!(found.faults.len(), 1);
    assert_eq!((found.faults[0].0, found.faults[0].1.refusal), (3, Refusal::Fork));
    assert_eq!((found.applied.len(), found.late.len()), (6, 0));
    assert_eq!(document.heads(), writer.heads());
    assert_eq!(document.field("case/need"), None);
}
