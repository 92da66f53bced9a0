//! What two phones wrote side by side and nobody has to settle: what the program filled in, and what says
//! the same.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::collections::BTreeSet;

use proptest::prelude::*;
use ruhu_case::{ActorId, DocKind, Document, MergeRule, MergeRules, Value, Write};

const RECORD: &str = "records/r1/answers/";

/// A form with members and what follows from them, in the record and in the household.
fn rules() -> MergeRules {
    let mut rules = MergeRules::default();
    for (question, rule) in [
        ("/v/start", MergeRule::Earliest),
        ("/v/end", MergeRule::Latest),
        ("/v/child/share", MergeRule::WorkedOut),
        ("/v/needs", MergeRule::Choices),
        ("/v/area", MergeRule::Number),
    ] {
        rules.answer("visit", "1", question, rule);
    }
    rules.field("case/per_head", MergeRule::WorkedOut);
    rules.field("case/needs", MergeRule::Choices);
    rules
}

fn put(path: &str, value: Value) -> Write {
    Write::Put { path: path.into(), value }
}

fn text(path: &str, value: &str) -> Write {
    put(path, Value::Text(value.into()))
}

/// The same visit on two phones: a copied store.
fn begun() -> Document {
    let mut document = Document::new(DocKind::Household);
    let writes =
        [text("records/r1/form", "visit"), text("records/r1/version", "1"), text("case/address", "河东村")];
    document.edit(ActorId([9; 16]), 1, &writes).unwrap();
    document.set_merge_rules(rules());
    document
}

fn met(mut one: Document, two: &Document) -> Document {
    one.apply(&support::all_changes(two)).unwrap();
    one
}

fn conflicts(document: &Document) -> Vec<String> {
    document.conflicts().into_iter().map(|conflict| conflict.path).collect()
}

/// A save of a visit: members, and all that the program writes with them.
fn save(document: &mut Document, actor: u8, members: i64, at: i64) {
    let writes = [
        put("case/members", Value::Int(members)),
        put("case/per_head", Value::Fen(120_000 / members)),
        put("records/r1/started_at", Value::Timestamp(at)),
        text("records/r1/order", &format!("{at:013}")),
        text(&format!("{RECORD}/v/start"), &format!("2026-03-01T08:00:0{actor}.000+08:00")),
        text(&format!("{RECORD}/v/end"), &format!("2026-03-01T09:00:0{actor}.000+08:00")),
        put(&format!("{RECORD}/v/members"), Value::Int(members)),
        text(&format!("{RECORD}/v/child[@id='c1']/share"), &format!("{}", 1_200 / members)),
    ];
    document.edit(ActorId([actor; 16]), at, &writes).unwrap();
}

#[test]
fn only_what_people_entered_is_in_conflict_and_the_rest_follows_the_decision() {
    let (mut a, mut b) = (begun(), begun());
    save(&mut a, 1, 4, 1_000);
    save(&mut b, 2, 5, 2_000);
    let mut both = met(a.clone(), &b);
    assert_eq!(conflicts(&both), ["case/members", "records/r1/answers//v/members"]);
    assert_eq!(both.field("records/r1/started_at"), Some(Value::Timestamp(1_000)), "the earliest begin");
    assert_eq!(both.field("records/r1/order"), Some(Value::Text("0000000001000".into())));
    let shown =
        |document: &Document, key: &str| document.field(&format!("{RECORD}{key}")).unwrap().to_string();
    assert!(shown(&both, "/v/start").contains("08:00:01") && shown(&both, "/v/end").contains("09:00:02"));
    assert!(both.merged().contains(&"case/per_head".to_owned()), "it is told that they were merged");
    // Whatever a person decides, what was worked out goes with it, in the household and in the record.
    for (members, per_head, share) in [(4, 30_000, "300"), (5, 24_000, "240")] {
        let decided = ["case/members".to_owned(), format!("{RECORD}/v/members")]
            .map(|path| Write::Resolve { path, value: Value::Int(members) });
        both.edit(ActorId([3; 16]), 3_000, &decided).unwrap();
        assert_eq!(both.conflicts(), []);
        assert_eq!(both.field("case/per_head"), Some(Value::Fen(per_head)));
        assert_eq!(shown(&both, "/v/child[@id='c1']/share"), share);
    }
    let amounts: Vec<Value> = both.history("case/per_head").into_iter().map(|entry| entry.value).collect();
    assert!(amounts.contains(&Value::Fen(30_000)) && amounts.contains(&Value::Fen(24_000)), "both are kept");
}

#[test]
fn two_people_who_settle_one_conflict_differently_see_a_conflict_again() {
    let (mut a, mut b) = (begun(), begun());
    save(&mut a, 1, 4, 1_000);
    save(&mut b, 2, 5, 2_000);
    let both = met(a, &b);
    let settle = |value: i64, actor: u8| {
        let mut document = both.clone();
        let write = Write::Resolve { path: "case/members".into(), value: Value::Int(value) };
        document.edit(ActorId([actor; 16]), 3_000, &[write]).unwrap();
        document
    };
    let again = met(settle(4, 1), &settle(5, 2));
    let values: BTreeSet<Value> = again.conflicts()[0].values.iter().map(|v| v.value.clone()).collect();
    assert_eq!(
        (again.conflicts()[0].path.as_str(), values),
        ("case/members", [Value::Int(4), Value::Int(5)].into())
    );
    assert_eq!(met(settle(4, 1), &settle(4, 2)).field("case/members"), Some(Value::Int(4)));
    assert!(!conflicts(&met(settle(4, 1), &settle(4, 2))).contains(&"case/members".to_owned()));
}

#[test]
fn without_the_form_people_are_asked_rather_than_nobody() {
    let (mut a, mut b) = (begun(), begun());
    save(&mut a, 1, 4, 1_000);
    save(&mut b, 2, 5, 2_000);
    let mut both = met(a, &b);
    both.set_merge_rules(MergeRules::default());
    assert!(conflicts(&both).contains(&"case/per_head".to_owned()));
    assert!(
        !conflicts(&both).contains(&"records/r1/order".to_owned()),
        "the record's own fields need no form"
    );
}

/// A field, and values for it that are the same, or not.
fn sides() -> impl Strategy<Value = Vec<(u8, usize, Value)>> {
    let path = 0..PATHS.len();
    let value = prop_oneof![
        Just(Value::Text("a b".into())),
        Just(Value::Text("b a".into())),
        Just(Value::Text("4.0".into())),
        Just(Value::Int(4)),
        Just(Value::Text(String::new())),
        Just(Value::Blank),
        (0i64..3).prop_map(Value::Timestamp),
    ];
    prop::collection::vec((1u8..5, path, value), 1..24)
}

const PATHS: [&str; 8] = [
    "case/remark",
    "case/needs",
    "case/per_head",
    "records/r1/started_at",
    "records/r1/status",
    "records/r1/answers//v/start",
    "records/r1/answers//v/needs",
    "records/r1/answers//v/area",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_order_merges_to_the_same_and_no_programs_field_is_ever_in_conflict(writes in sides(), backwards: bool) {
        let base = begun();
        let mut phones: Vec<Document> = (0..4).map(|_| base.clone()).collect();
        for (clock, (phone, path, value)) in writes.iter().enumerate() {
            let write = put(PATHS[*path], value.clone());
            phones[usize::from(*phone) - 1].edit(ActorId([*phone; 16]), clock as i64, &[write]).unwrap();
        }
        let mut all = support::all_changes(&base);
        phones.iter().for_each(|phone| all.extend(support::all_changes(phone)));
        let mut forward = Document::new(DocKind::Household);
        forward.apply(&all).unwrap();
        forward.set_merge_rules(rules());
        all.reverse();
        let mut other = if backwards { Document::new(DocKind::Household) } else { phones[0].clone() };
        other.apply(&all).unwrap();
        other.set_merge_rules(rules());
        prop_assert_eq!(forward.fields(""), other.fields(""));
        prop_assert_eq!(forward.conflicts(), other.conflicts());
        prop_assert_eq!(forward.household(), other.household());
        for conflict in forward.conflicts() {
            let path = conflict.path.as_str();
            prop_assert!(!["case/per_head", "records/r1/started_at", "records/r1/status"].contains(&path), "{}", path);
            prop_assert!(path != "records/r1/answers//v/start");
            let shown = &conflict.values[0];
            prop_assert!(shown.shown && forward.field(path).as_ref() == Some(&shown.value));
            let sets: BTreeSet<BTreeSet<String>> = conflict
                .values
                .iter()
                .map(|side| side.value.to_string().split_whitespace().map(str::to_owned).collect())
                .collect();
            prop_assert!(sets.len() > 1 || !path.ends_with("needs"), "{:?}", conflict);
        }
        for (_, path, value) in &writes {
            let wrote = forward.history(PATHS[*path]).into_iter().any(|entry| entry.value == *value);
            // A blank into an empty field is no write.
            prop_assert!(wrote || *value == Value::Blank, "{} {:?}", PATHS[*path], value);
        }
    }
}
