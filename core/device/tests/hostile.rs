//! An enrolled device that means harm: it signs what it sends, but what it sends makes a merging
//! library fail. The server carries it unopened, every phone keeps it apart and names it, and the
//! honest work around it goes on.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use ruhu_case::{DocId, DocKind, Document, RawChange, Value, Write, limits};
use ruhu_device::PendingKind;
use ruhu_harness::attacker::{Attacker, damaged, extreme, waiting};
use ruhu_harness::world::{Phone, VILLAGE, World};
use ruhu_hub::Subject;
use ruhu_sync::{DocHeader, Envelope, LogClass, Outcome, Reason};

/// How many hostile envelopes are sent.
const ENVELOPES: u8 = 200;

#[test]
fn hostile_changes_are_carried_kept_apart_and_named_and_honest_work_goes_on() {
    let mut world = World::new(21);
    let (a, b) = (world.caseworker("王经办"), world.volunteer("李网格"));
    let honest = a.new_case("张三");
    a.sync().unwrap();
    let mut attacker = Attacker::enroll(&world);
    let seed = 2_026;
    let mut random = fastrand::Rng::with_seed(seed);
    let division = VILLAGE.parse().unwrap();
    let header = DocHeader { class: LogClass::Household, division, created_at_ms: 0 };
    let mut envelopes: Vec<Envelope> = Vec::new();
    for number in 0..ENVELOPES {
        let change = damaged(attacker.actor(), &mut random);
        envelopes.push(attacker.seal(DocId::new(1, [number; 10]), Some(header.clone()), vec![change]));
    }
    // Also into the honest household: its first change of this author there.
    let into_honest = damaged(attacker.actor(), &mut random);
    envelopes.push(attacker.seal(honest.parse().unwrap(), None, vec![into_honest]));
    let outcomes = attacker.push(&world, &envelopes).unwrap();
    let held = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Held { .. })).count();
    assert!(held > 0, "seed {seed}: the server looks at the outside only: {outcomes:?}");
    a.write(&honest, "remark", "照常工作");
    a.sync().unwrap();
    let report = b.sync().unwrap();
    assert!(!report.quarantined.is_empty(), "seed {seed}: the phone names what it keeps apart");
    assert!(report.quarantined.iter().all(|line| line.contains(&attacker.actor().to_string())));
    assert!(report.drifted.is_empty(), "what is kept apart is still counted");
    b.write(&honest, "house_type", "自建");
    b.sync().unwrap();
    a.sync().unwrap();
    for phone in [&a, &b] {
        assert_eq!(phone.field(&honest, "remark").as_deref(), Some("照常工作"));
        assert_eq!(phone.field(&honest, "house_type").as_deref(), Some("自建"));
        let findings = phone.device().check().unwrap();
        let of_attack = |line: &String| {
            line.contains(&attacker.actor().to_string()) || line.contains("a household cannot be shown")
        };
        assert!(findings.iter().all(of_attack), "{findings:?}");
        let told = phone.device().not_yet_safe().unwrap();
        let apart = told.set_aside.iter().find(|work| work.case == honest).expect("told for good");
        assert_eq!(
            (apart.household.as_str(), apart.reason.as_deref()),
            ("张三 柳树胡同3号", Some("set_aside"))
        );
        assert_eq!(told.of(PendingKind::Refused), 0, "it is no work of this phone's");
    }
    assert_eq!(a.heads(&honest), b.heads(&honest));
}

#[test]
fn one_bad_envelope_in_a_push_does_not_hinder_the_others() {
    let mut world = World::new(22);
    let phone = world.caseworker("王经办");
    let mut attacker = Attacker::enroll(&world);
    let division = VILLAGE.parse().unwrap();
    let header = DocHeader { class: LogClass::Household, division, created_at_ms: 0 };
    let good = |attacker: &mut Attacker, number: u8| {
        let mut document = Document::new(DocKind::Household);
        let write = Write::Put { path: "case/remark".into(), value: Value::Text("好".into()) };
        let change = document.edit(attacker.actor(), 1, &[write]).unwrap().remove(0);
        let raw = RawChange::from_chunk(&change.bytes).unwrap();
        attacker.seal(DocId::new(1, [number; 10]), Some(header.clone()), vec![raw])
    };
    let first = good(&mut attacker, 1);
    let mut forged = good(&mut attacker, 2);
    forged.signature.0[5] ^= 1;
    let elsewhere = DocHeader { division: "110102001002".parse().unwrap(), ..header.clone() };
    let outside = {
        let body = first.changes().to_vec();
        attacker.seal(DocId::new(1, [3; 10]), Some(elsewhere), body)
    };
    let garbage =
        attacker.seal(DocId::new(1, [4; 10]), Some(header.clone()), vec![RawChange::from_body(&[1, 2, 3])]);
    let last = good(&mut attacker, 5);
    let outcomes = attacker.push(&world, &[first, forged, outside, garbage, last]).unwrap();
    assert!(matches!(outcomes[0], Outcome::Held { .. }), "{outcomes:?}");
    assert_eq!(outcomes[1], Outcome::Refused { reason: Reason::BadSignature });
    assert_eq!(outcomes[2], Outcome::Quarantined { reason: Reason::OutOfScope });
    assert_eq!(outcomes[3], Outcome::Quarantined { reason: Reason::Undecodable });
    assert!(matches!(outcomes[4], Outcome::Held { .. }), "{outcomes:?}");
    phone.sync().unwrap();
    assert_eq!(phone.device().case_list("", 0, 10).unwrap().len(), 2, "the two good ones");
}

/// Changes of a later type, as many as an envelope may have, none empty and none twice.
fn unknown(_: &Attacker, _: &mut fastrand::Rng) -> Vec<RawChange> {
    let numbered = |number: usize| RawChange::from_body(&[9, 2, (number >> 8) as u8, number as u8]);
    (0..limits::ENVELOPE_CHANGES).map(numbered).collect()
}

/// People without an end, one of them with a name that no screen should show as it is.
fn crowded(attacker: &Attacker, _: &mut fastrand::Rng) -> Vec<RawChange> {
    let name = |number: usize| match number {
        0 => Value::Text("\u{1b}[2J\u{202e}三".into()),
        _ => Value::Text("字".repeat(9)),
    };
    let writes: Vec<Write> =
        (0..3_000).map(|n| Write::Put { path: format!("people/q{n}/name"), value: name(n) }).collect();
    let changes = Document::new(DocKind::Household).edit(attacker.actor(), i64::MIN, &writes).unwrap();
    changes.iter().map(|change| RawChange::from_chunk(&change.bytes).unwrap()).collect()
}

type Attack = fn(&Attacker, &mut fastrand::Rng) -> Vec<RawChange>;

/// What somebody who is enrolled can bring, as the trials of attacks brought it.
const ATTACKS: [(&str, Attack); 5] = [
    ("changes of a later type", unknown),
    ("damaged changes", |attacker, random| vec![damaged(attacker.actor(), random)]),
    ("values at the ends of what numbers hold", |attacker, _| vec![extreme(attacker.actor())]),
    ("a change that waits for ever", |attacker, random| vec![waiting(attacker.actor(), random)]),
    ("people without an end", crowded),
];

fn goes_on(phone: &Phone, attack: &str) {
    let report = phone.sync().unwrap_or_else(|error| panic!("{attack}: {error:?}"));
    assert_eq!((report.drifted.len(), report.untold, report.unfinished), (0, false, false), "{attack}");
}

#[test]
fn whatever_an_attack_was_made_of_it_is_excluded_and_no_sync_ends_by_it() {
    for (seed, (attack, made)) in (40..).zip(ATTACKS) {
        let mut world = World::new(seed);
        let (a, b) = (world.caseworker("王经办"), world.volunteer("李网格"));
        let honest = a.new_case("张三");
        for phone in [&a, &b] {
            goes_on(phone, attack);
        }
        let mut attacker = Attacker::enroll(&world);
        let mut random = fastrand::Rng::with_seed(seed);
        let header =
            DocHeader { class: LogClass::Household, division: VILLAGE.parse().unwrap(), created_at_ms: 0 };
        // A household of his own, and the honest one.
        let first = made(&attacker, &mut random);
        let second = made(&attacker, &mut random);
        let envelopes = [
            attacker.seal(DocId::new(1, [9; 10]), Some(header), first),
            attacker.seal(honest.parse().unwrap(), None, second),
        ];
        let outcomes = attacker.push(&world, &envelopes).unwrap();
        let held = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Held { .. })).count();
        for phone in [&a, &b] {
            goes_on(phone, attack);
        }
        let subject = Subject::Device(attacker.id());
        let now_ms = world.server_clock.now_ms();
        match world.with_hub(|hub| hub.exclude(subject, false, now_ms)) {
            Ok(count) => assert_eq!(count, held, "{attack}"),
            Err(error) => assert_eq!(held, 0, "{attack}: {error}"),
        }
        let new = world.caseworker("新来者");
        for phone in [&a, &b, &new, &a, &b] {
            goes_on(phone, attack);
        }
        a.write(&honest, "remark", "照常工作");
        b.write(&honest, "house_type", "自建");
        for phone in [&a, &b, &new, &a, &b] {
            goes_on(phone, attack);
        }
        for phone in [&a, &b, &new] {
            let names: Vec<String> =
                phone.device().case_list("", 0, 10).unwrap().into_iter().map(|case| case.name).collect();
            assert_eq!(names, ["张三"], "{attack}");
            assert_eq!(phone.field(&honest, "remark").as_deref(), Some("照常工作"), "{attack}");
            assert_eq!(phone.field(&honest, "house_type").as_deref(), Some("自建"), "{attack}");
            assert_eq!(phone.heads(&honest), a.heads(&honest), "{attack}");
            assert_eq!(phone.device().check().unwrap(), Vec::<String>::new(), "{attack}");
        }
        world.with_hub(|hub| assert_eq!(hub.check().unwrap().findings, vec![], "{attack}"));
    }
}

/// A household of which no phone can use anything: what creates it is damaged inside.
fn poisoned_household(world: &World, attacker: &mut Attacker, seed: u64) -> DocId {
    let mut random = fastrand::Rng::with_seed(seed);
    let header =
        DocHeader { class: LogClass::Household, division: VILLAGE.parse().unwrap(), created_at_ms: 0 };
    let doc = DocId::new(1, [9; 10]);
    loop {
        let change = damaged(attacker.actor(), &mut random);
        // Some damage only turns one text into another.
        if Document::new(DocKind::Household).apply(&[change.chunk()]).is_err() {
            let envelope = attacker.seal(doc, Some(header), vec![change]);
            let outcomes = attacker.push(world, &[envelope]).unwrap();
            assert!(matches!(outcomes[0], Outcome::Held { .. }), "{outcomes:?}");
            return doc;
        }
    }
}

#[test]
fn a_household_of_which_nothing_can_be_shown_is_counted_and_named_and_not_listed() {
    let mut world = World::new(23);
    let phone = world.caseworker("王经办");
    let honest = phone.new_case("张三");
    phone.sync().unwrap();
    let mut attacker = Attacker::enroll(&world);
    let doc = poisoned_household(&world, &mut attacker, 1);
    phone.sync().unwrap();
    let listed = phone.device().case_list("", 0, 10).unwrap();
    assert_eq!(listed.iter().map(|case| case.id.as_str()).collect::<Vec<_>>(), [honest.as_str()]);
    assert_eq!(phone.device().case_search("", 10).unwrap().len(), 1);
    let status = phone.device().status().unwrap();
    assert_eq!((status.cases, status.cases_not_shown), (1, 1));
    let findings = phone.device().check().unwrap();
    let named = |line: &&String| line.contains("cannot be shown") && line.contains(&doc.to_string());
    assert_eq!(findings.iter().filter(named).count(), 1, "{findings:?}");
}

#[test]
fn what_a_phone_set_aside_is_offered_to_a_server_that_lost_it() {
    let mut world = World::new(24);
    let (a, b) = (world.caseworker("王经办"), world.volunteer("李网格"));
    let honest = a.new_case("张三");
    a.sync().unwrap();
    b.sync().unwrap();
    let copy = world.back_up_server();
    let mut attacker = Attacker::enroll(&world);
    poisoned_household(&world, &mut attacker, 2);
    a.write(&honest, "remark", "备份之后");
    for phone in [&a, &b, &a] {
        phone.sync().unwrap();
    }
    assert_eq!(b.device().status().unwrap().cases_not_shown, 1);
    world.restore_server(&copy);
    // Two that have it, and one that comes for the first time.
    for phone in [&b, &a, &b] {
        let report = phone.sync().unwrap();
        assert_eq!((report.drifted, report.waiting), (vec![], 0));
    }
    let late = world.caseworker("周经办");
    let report = late.sync().unwrap();
    assert_eq!((report.drifted, report.damaged), (vec![], 0));
    assert_eq!(late.device().status().unwrap().cases_not_shown, 1, "it is there again, and kept apart");
    assert_eq!(late.field(&honest, "remark").as_deref(), Some("备份之后"));
    // It is offered once, and no work of the phones that had it.
    for phone in [&a, &b] {
        let report = phone.sync().unwrap();
        assert_eq!((report.sent, report.rounds), (0, 1));
        assert_eq!(phone.device().not_yet_safe().unwrap().count, 0);
    }
}
