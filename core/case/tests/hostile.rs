//! Bytes from a broken or hostile phone: refused by name, the document exactly as before and in use afterwards.
#![allow(clippy::unwrap_used)]

mod support;

use std::io::Write as _;
use std::num::NonZeroU64;
use std::sync::LazyLock;

use automerge::legacy::{Key, ObjectId, Op, OpId, OpType, SortedVec};
use automerge::{Change, ExpandedChange, ObjType, ScalarValue};
use proptest::prelude::*;
use ruhu_case::{ActorId, CaseError, ChangeHash, DocKind, Document, RawChange, Refusal, base_hash, limits};
use sha2::{Digest, Sha256};
use support::{Phone, all_changes, first_visit, put};

const EVIL: [u8; 16] = [0xee; 16];

fn household() -> Phone {
    let mut phone = Phone::new(1);
    phone.write(&first_visit());
    phone.put("case/address", "三组12号");
    phone
}

/// A chunk of automerge's format around a body, with the checksum it should have.
fn chunk(kind: u8, body: &[u8], plain: &[u8]) -> Vec<u8> {
    let mut hashed = vec![1];
    leb(&mut hashed, plain.len() as u64);
    hashed.extend_from_slice(plain);
    let checksum = &Sha256::digest(&hashed)[..4];
    let mut bytes = [&[0x85, 0x6f, 0x4a, 0x83], checksum, &[kind]].concat();
    leb(&mut bytes, body.len() as u64);
    bytes.extend_from_slice(body);
    bytes
}

fn leb(out: &mut Vec<u8>, mut n: u64) {
    while n > 0x7f {
        out.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// The body of a raw chunk.
fn body(raw: &[u8]) -> &[u8] {
    let length = raw[9..].iter().position(|b| b & 0x80 == 0).unwrap() + 1;
    &raw[9 + length..]
}

fn deflate(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

/// Applies one bad change and proves that nothing came of it.
fn refused(phone: &mut Phone, bytes: Vec<u8>) -> Refusal {
    let before = (phone.doc.save(), phone.doc.fields(""));
    let mut friend = Phone::new(2);
    let good = friend.write(&[put("case/phone", "13900000000")]).bytes;
    let error = phone.doc.apply(&[good.clone(), bytes]).unwrap_err();
    assert_eq!(error.index, 1);
    assert_eq!((phone.doc.save(), phone.doc.fields("")), before);
    phone.doc.apply(&[good]).unwrap();
    phone.settle("case/note", "照常");
    assert_eq!(phone.text("case/note").unwrap(), "照常");
    error.refusal
}

fn crafted(deps: Vec<ChangeHash>, start_op: u64, seq: u64, operations: Vec<Op>) -> Vec<u8> {
    let change = Change::from(ExpandedChange {
        operations,
        actor_id: automerge::ActorId::from(EVIL),
        hash: None,
        seq,
        start_op: NonZeroU64::new(start_op).unwrap(),
        time: 0,
        message: None,
        deps: deps.into_iter().map(|d| automerge::ChangeHash(d.0)).collect(),
        extra_bytes: vec![],
        author: None,
    });
    change.raw_bytes().to_vec()
}

fn op(obj: Option<OpId>, key: &str, action: OpType, pred: &[OpId]) -> Op {
    let obj = obj.map_or(ObjectId::Root, ObjectId::Id);
    Op { action, obj, key: Key::Map(key.into()), pred: SortedVec::from(pred.to_vec()), insert: false }
}

fn text(text: &str) -> OpType {
    OpType::Put(ScalarValue::Str(text.into()))
}

fn id(counter: u64, actor: &[u8; 16]) -> OpId {
    OpId::new(counter, &automerge::ActorId::from(*actor))
}

fn base_id(counter: u64) -> OpId {
    id(counter, b"ruhu-base\0\0\0\0\0\0\x01")
}

fn base() -> Vec<ChangeHash> {
    vec![base_hash(DocKind::Household)]
}

#[test]
fn a_well_formed_change_by_hand_is_taken() {
    // The control: what the cases below vary.
    let good = crafted(base(), 6, 1, vec![op(Some(base_id(1)), "note", text("好"), &[])]);
    let mut phone = household();
    phone.doc.apply(&[good]).unwrap();
    assert_eq!(phone.text("case/note").unwrap(), "好");
}

#[test]
fn a_change_that_reaches_outside_its_past_is_refused_on_every_phone_alike() {
    let phone = household();
    let inside = Some(id(6, &phone.actor.0));
    let cases = [
        (vec![op(inside, "note", text("x"), &[])], Refusal::OutsidePast),
        (vec![op(Some(id(999, &EVIL)), "note", text("x"), &[])], Refusal::OutsidePast),
        (vec![op(Some(id(6, &EVIL)), "note", text("x"), &[])], Refusal::OutsidePast),
        (vec![op(Some(base_id(1)), "address", text("x"), &[id(7, &phone.actor.0)])], Refusal::OutsidePast),
        (vec![op(Some(base_id(1)), "note", text("x"), &[id(6, &EVIL)])], Refusal::OutsidePast),
        (vec![op(Some(base_id(1)), "note", text("x"), &[base_id(1)])], Refusal::OutsidePast),
        (vec![op(Some(base_id(1)), "note", OpType::Delete, &[])], Refusal::Operation),
        (vec![op(None, "people", OpType::Delete, &[base_id(2)])], Refusal::RemovesPart),
        (vec![op(None, "people", text("gone"), &[base_id(2)])], Refusal::RemovesPart),
        (vec![op(None, "people", OpType::Make(ObjType::Map), &[base_id(2)])], Refusal::RemovesPart),
        (vec![op(Some(base_id(1)), "list", OpType::Make(ObjType::List), &[])], Refusal::Operation),
        (vec![op(Some(base_id(1)), "text", OpType::Make(ObjType::Text), &[])], Refusal::Operation),
        (vec![op(Some(base_id(1)), "n", OpType::Increment(1), &[])], Refusal::Operation),
    ];
    for (operations, expected) in cases {
        let bytes = crafted(base(), 6, 1, operations.clone());
        assert_eq!(refused(&mut household(), bytes.clone()), expected, "{operations:?}");
        // The same on a phone that has never seen the household's other changes.
        assert_eq!(refused(&mut Phone::new(3), bytes), expected, "{operations:?}");
    }
}

#[test]
fn numbers_that_do_not_follow_are_refused() {
    let note = || vec![op(Some(base_id(1)), "note", text("x"), &[])];
    assert_eq!(refused(&mut household(), crafted(base(), 5, 1, note())), Refusal::OpNumbers);
    assert_eq!(refused(&mut household(), crafted(base(), 1 << 30, 1, note())), Refusal::OpNumbers);
    assert_eq!(refused(&mut household(), crafted(base(), 1 << 60, 1, note())), Refusal::Damaged);
    assert_eq!(refused(&mut household(), crafted(base(), 6, 0, note())), Refusal::Sequence);
    assert_eq!(refused(&mut household(), crafted(base(), 6, 2, note())), Refusal::Sequence);
    assert_eq!(refused(&mut household(), crafted(vec![], 1, 1, note())), Refusal::OutsidePast);
}

#[test]
fn a_cloned_phone_is_found_by_its_second_change_of_the_same_number() {
    let mut phone = household();
    let mut clone = Phone::new(1);
    clone.put("case/address", "另一处");
    assert_eq!(refused(&mut phone, clone.made[0].bytes.clone()), Refusal::Fork);
}

#[test]
fn a_restored_phone_that_kept_its_actor_is_told_before_it_forks() {
    let mut phone = household();
    let mut restored = Phone::new(1);
    restored.doc.apply(&[phone.made[1].bytes.clone()]).unwrap();
    let error = restored.doc.edit(phone.actor, 1, &[put("case/note", "x")]).unwrap_err();
    assert_eq!(error, CaseError::ActorInUse);
    restored.actor = ActorId([9; 16]);
    restored.put("case/note", "换了身份");
    restored.meet(&mut phone);
    assert_eq!(restored.doc.heads(), phone.doc.heads());
}

#[test]
fn a_bad_change_that_waited_is_dropped_by_name_and_the_good_one_it_waited_for_is_taken() {
    let mut phone = household();
    let dep = phone.made[1].hash;
    let bad = crafted(vec![dep], 10_000, 1, vec![op(Some(base_id(1)), "note", text("x"), &[])]);
    let mut late = Phone::new(2);
    let waits = late.doc.apply(std::slice::from_ref(&bad)).unwrap();
    assert_eq!(waits.waiting.len(), 1);
    let taken = late.doc.apply(&all_changes(&phone.doc)).unwrap();
    assert_eq!(taken.refused, [(waits.waiting[0], Refusal::OpNumbers)]);
    assert_eq!(late.doc.heads(), phone.doc.heads());
    assert_eq!(late.doc.waiting_changes(), []);
    assert_eq!(refused(&mut phone, bad), Refusal::OpNumbers);
}

#[test]
fn maps_and_values_of_a_newer_version_are_kept_and_not_shown() {
    let newer = crafted(
        base(),
        6,
        1,
        vec![
            op(None, "assets", OpType::Make(ObjType::Map), &[]),
            op(Some(id(6, &EVIL)), "car", text("轿车"), &[]),
            op(Some(base_id(1)), "ratio", OpType::Put(ScalarValue::F64(0.5)), &[]),
            op(Some(base_id(2)), "p1", text("not a person"), &[]),
            op(Some(base_id(1)), "nested", OpType::Make(ObjType::Map), &[]),
        ],
    );
    let mut phone = household();
    let before = phone.doc.fields("");
    let hash = RawChange::from_any_chunk(&newer).unwrap().hash();
    phone.doc.apply(&[newer]).unwrap();
    assert_eq!(phone.doc.fields(""), before);
    phone.write(&[put("case/ratio", "一半"), put("case/nested", "平"), put("people/p1/name", "张")]);
    phone.doc = Document::load(DocKind::Household, &phone.doc.save()).unwrap();
    assert!(phone.doc.has_change(&hash));
    assert_eq!(phone.text("case/nested").unwrap(), "平");
    assert_eq!(phone.text("people/p1/name").unwrap(), "张");
    assert_eq!(phone.text("case/ratio").unwrap(), "一半");
}

#[test]
fn deflated_changes_are_taken_and_bombs_are_not() {
    let mut phone = Phone::new(3);
    let made = Phone::new(1).write(&first_visit());
    let plain = body(&made.bytes);
    let packed = chunk(2, &deflate(plain), plain);
    assert_eq!(RawChange::from_any_chunk(&packed).unwrap().hash(), made.hash);
    assert_eq!(phone.doc.apply(&[packed]).unwrap().applied, [made.hash]);

    let zeros = vec![0; 1 << 28];
    let bomb = chunk(2, &deflate(&zeros), &[]);
    assert!(bomb.len() < 2 * limits::CHANGE_BYTES);
    assert_eq!(refused(&mut phone, bomb), Refusal::TooLarge);
    let large = vec![0; limits::CHANGE_BYTES + 1];
    assert_eq!(refused(&mut phone, chunk(1, &large, &large)), Refusal::TooLarge);
}

/// A change whose only column is `data` under `spec`.
fn one_column(spec: u8, data: &[u8]) -> Vec<u8> {
    let mut body = vec![1];
    body.extend_from_slice(&base_hash(DocKind::Household).0);
    body.push(16);
    body.extend_from_slice(&EVIL);
    // Sequence number, first operation, time, no message, no other actors, one column.
    body.extend_from_slice(&[1, 6, 0, 0, 0, 1, spec]);
    leb(&mut body, data.len() as u64);
    body.extend_from_slice(data);
    chunk(1, &body, &body)
}

#[test]
fn a_column_that_claims_a_million_million_rows_is_refused_unexpanded() {
    // Run of 10^12: 0x80 0xa0 0x94 0xa5 0x8d 0x1d in (signed and unsigned) LEB128, then the value repeated.
    let many = [0x80, 0xa0, 0x94, 0xa5, 0x8d, 0x1d];
    let run = |value: u8| [&many[..], &[value]].concat();
    let nulls = [&[0][..], &many].concat();
    for (spec, data) in [
        (0x42, run(1)),
        (0x42, nulls.clone()),
        (0x15, run(0)),
        (0x70, [&[1][..], &many].concat()),
        (0x71, run(0)),
        (0x73, run(1)),
        (0x34, many.to_vec()),
        (0x56, run(6)),
    ] {
        assert_eq!(
            refused(&mut household(), one_column(spec, &data)),
            Refusal::TooManyOps,
            "{spec:x} {data:?}"
        );
    }
    // One value of 2^36 bytes that is not there.
    let long = [&[1][..], &[0x86, 0x80, 0x80, 0x80, 0x80, 0x80, 1]].concat();
    assert_eq!(refused(&mut household(), one_column(0x56, &long)), Refusal::TooManyOps);
    assert_eq!(refused(&mut household(), one_column(0x4a, &[1, 1])), Refusal::Operation);
}

#[test]
fn bytes_that_are_no_change_are_named() {
    let mut phone = household();
    let made = phone.made[0].bytes.clone();
    let mut wrong_checksum = made.clone();
    *wrong_checksum.last_mut().unwrap() ^= 1;
    let mut foreign_actor = vec![0, 4, 1, 2, 3, 4, 1, 1, 0, 0, 0, 0];
    assert_eq!(refused(&mut phone, vec![]), Refusal::NotAChange);
    assert_eq!(refused(&mut household(), made[..made.len() - 1].to_vec()), Refusal::Damaged);
    assert_eq!(refused(&mut household(), [&made[..], &made].concat()), Refusal::NotAChange);
    assert_eq!(refused(&mut household(), wrong_checksum), Refusal::Damaged);
    assert_eq!(refused(&mut household(), household().doc.save()), Refusal::NotAChange);
    assert_eq!(refused(&mut household(), chunk(1, &foreign_actor, &foreign_actor)), Refusal::Actor);
    foreign_actor.truncate(3);
    assert_eq!(refused(&mut household(), chunk(1, &foreign_actor, &foreign_actor)), Refusal::Damaged);
}

#[test]
fn a_document_of_impossible_size_or_of_nothing_is_refused() {
    let load = |bytes: &[u8]| Document::load(DocKind::Household, bytes).unwrap_err();
    assert_eq!(load(&[]), CaseError::Damaged);
    let large = vec![0; limits::DOCUMENT_BYTES];
    assert_eq!(load(&large), CaseError::Damaged);
    assert_eq!(load(&chunk(0, &large, &large)), CaseError::DocumentTooLarge);
    assert_eq!(load(&household().made[0].bytes), CaseError::Damaged);
    assert_eq!(load(&automerge::Automerge::new().save()), CaseError::WrongKind);
}

static HONEST: LazyLock<(Phone, Vec<Vec<u8>>)> = LazyLock::new(honest);

/// Changes as honest phones make them, with something to refer to.
fn honest() -> (Phone, Vec<Vec<u8>>) {
    let (mut a, mut b) = (household(), Phone::new(2));
    a.meet(&mut b);
    a.settle("case/address", "三组");
    b.write(&[put("people/p9/name", "王芳"), put("case/address", "四组")]);
    let made = [&a.made[..], &b.made].concat().into_iter().map(|c| c.bytes).collect();
    (a, made)
}

/// After hostile bytes: as before, or one change more, and in use.
fn still_works(phone: &mut Phone) {
    // A mutated change that waits may bear this phone's actor; the phone then takes a new one, as after a restore.
    phone.actor = ActorId([7; 16]);
    phone.put("case/note", "照常");
    let again = Document::load(DocKind::Household, &phone.doc.save()).unwrap();
    assert_eq!(again.heads(), phone.doc.heads());
    assert_eq!(again.household(), phone.doc.household());
}

/// Bytes of a body changed, cut, doubled; the checksum put right again, so that the engine gets to see it.
fn mutated(raw: &[u8], edits: &[(usize, u8, u8)]) -> Vec<u8> {
    let mut bytes = body(raw).to_vec();
    for (at, how, byte) in edits {
        let at = at % bytes.len().max(1);
        match how % 4 {
            0 | 1 if at < bytes.len() => bytes[at] = *byte,
            2 => bytes.truncate(at),
            _ => bytes.insert(at, *byte),
        }
    }
    chunk(1, &bytes, &bytes)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn no_mutated_change_hurts_a_household(
        which in 0usize..4, edits in prop::collection::vec((any::<usize>(), any::<u8>(), any::<u8>()), 1..4),
    ) {
        let (mut phone, made) = HONEST.clone();
        let bytes = mutated(&made[which], &edits);
        let before = phone.doc.fields("");
        if phone.doc.apply(&[bytes]).is_err() {
            prop_assert_eq!(phone.doc.fields(""), before);
        }
        still_works(&mut phone);
    }

    #[test]
    fn no_mutated_saved_document_brings_a_phone_down(
        edits in prop::collection::vec((any::<usize>(), any::<u8>()), 1..4), cut in any::<Option<usize>>(), sum: bool,
    ) {
        let (phone, _) = HONEST.clone();
        let mut bytes = phone.doc.save();
        for (at, byte) in edits {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        bytes.truncate(cut.map_or(bytes.len(), |cut| cut % bytes.len()));
        if sum {
            right_checksum(&mut bytes);
        }
        if let Ok(document) = Document::load(DocKind::Household, &bytes) {
            prop_assert!(document.household().people.len() < 100);
        }
    }

    #[test]
    fn any_bytes_at_all_give_an_answer(bytes: Vec<u8>) {
        prop_assert!(RawChange::from_any_chunk(&bytes).is_err());
        prop_assert!(Document::load(DocKind::Household, &bytes).is_err());
    }
}

fn right_checksum(bytes: &mut [u8]) {
    if bytes.len() > 12 && bytes[8] == 0 {
        let sum = Sha256::digest(&bytes[8..]);
        bytes[4..8].copy_from_slice(&sum[..4]);
    }
}
