//! Files of expression vectors: our own, and that of other engines where a
//! folder with it is named.

use ruhu_conformance::{ConformanceError, Outcome, VectorReport, VectorResult, run_vectors};
use std::fs;
use std::path::Path;

fn own() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("xpath");
    fs::read_to_string(folder.join("ruhu.json")).unwrap()
}

fn told(vector: &VectorResult) -> String {
    format!("{} {} expected {} got {}", vector.id, vector.expr, vector.expected, vector.got)
}

/// Passed, of all, in the tier; of one scope or of all.
fn share(report: &VectorReport, tier: &str, scope: Option<&str>) -> f64 {
    let rows = report.summary.iter().filter(|row| row.tier == tier && scope.is_none_or(|s| row.scope == s));
    let (passed, total) = rows.fold((0, 0), |(passed, total), row| (passed + row.passed, total + row.total));
    assert!(total > 0, "no vectors of tier {tier}");
    passed as f64 / total as f64
}

#[test]
fn every_vector_of_our_own_passes() {
    let report = run_vectors(&own()).unwrap();
    let open: Vec<String> =
        report.vectors.iter().filter(|vector| vector.outcome != Outcome::Passed).map(told).collect();
    assert_eq!(open, Vec::<String>::new());
    assert!(report.holds());
}

#[test]
fn the_same_file_gives_the_same_report_again() {
    assert_eq!(run_vectors(&own()).unwrap(), run_vectors(&own()).unwrap());
}

/// `RUHU_CONFORMANCE` names a folder with vectors that are not ours to keep here.
#[test]
fn what_other_engines_agree_on_is_agreed_on_here() {
    let Some(folder) = std::env::var_os("RUHU_CONFORMANCE") else { return };
    let report = run_vectors(&fs::read_to_string(Path::new(&folder).join("xpath-vectors.json")).unwrap());
    let report = report.unwrap();
    assert!(report.holds(), "{:#?}", report.vectors.iter().filter(|v| v.tier == "A").map(told));
    assert_eq!(share(&report, "A", Some("odk")), 1.0);
    assert!(share(&report, "A", None) >= 0.95);
    assert!(share(&report, "B", None) >= 0.95);
    // Where engines disagree, most of them or a rule is on our side.
    let alone: Vec<String> = report
        .vectors
        .iter()
        .filter(|vector| vector.tier == "C" && vector.outcome == Outcome::Failed)
        .filter(|vector| vector.agrees.len() < 2 && vector.rule.is_none())
        .map(told)
        .collect();
    assert_eq!(alone, Vec::<String>::new());
}

fn one(vector: &str) -> VectorResult {
    let text = format!("{{\"vectors\": [{{\"id\": \"v\", \"tier\": \"A\", \"scope\": \"odk\", {vector}}}]}}");
    run_vectors(&text).unwrap().vectors.remove(0)
}

#[test]
fn a_wrong_expectation_is_failed_and_an_unknown_function_refused() {
    let failed = one(r#""expr": "1 + 1", "check": "number", "expected": 3"#);
    assert_eq!((failed.outcome, failed.got.as_str()), (Outcome::Failed, "2"));
    let refused = one(r#""expr": "nosuch()", "check": "number", "expected": 3"#);
    assert_eq!(refused.outcome, Outcome::Refused);
    assert!(refused.got.contains("nosuch"));
    for (check, outcome) in [("error", Outcome::Passed), ("likeness", Outcome::Failed)] {
        let vector = one(&format!(r#""expr": "count(", "check": "{check}", "expected": 0"#));
        assert_eq!(vector.outcome, outcome, "{check}");
    }
    let likeness = one(r#""expr": "1", "check": "likeness", "expected": 1"#);
    assert_eq!((likeness.outcome, likeness.got.as_str()), (Outcome::Refused, "no check “likeness”"));
}

#[test]
fn what_the_runner_cannot_stage_is_refused_with_the_reason() {
    let zone = one(r#""expr": "1", "check": "number", "expected": 1, "tz": "Europe/London""#);
    let doc = one(r#""expr": "1", "check": "number", "expected": 1, "doc": "none""#);
    let node = one(r#""expr": "1", "check": "number", "expected": 1, "ctx": "/none[1]""#);
    let pattern = one(r#""expr": "1", "check": "string-match", "expected": "/(/""#);
    for vector in [zone, doc, node, pattern] {
        assert_eq!(vector.outcome, Outcome::Refused, "{}", vector.got);
        assert!(!vector.got.is_empty());
    }
}

#[test]
fn a_file_that_is_no_vectors_gives_an_error_that_says_so() {
    for text in ["", "{", "[]", "{}", r#"{"vectors": [1]}"#, r#"{"vectors": [{"id": "v"}]}"#, "\u{0}"] {
        assert!(matches!(run_vectors(text), Err(ConformanceError::Malformed(_))), "{text}");
    }
    let deep = format!(r#"{{"docs": {{"d": {}"a"{}}}, "vectors": []}}"#, "[".repeat(5000), "]".repeat(5000));
    assert!(matches!(run_vectors(&deep), Err(ConformanceError::Malformed(_))));
    for tree in [r#""a""#, "[]", "[[]]", r#"["a", {"b": "c"}, {"b": "c"}]"#] {
        let text = format!(r#"{{"docs": {{"d": {tree}}}, "vectors": []}}"#);
        assert!(
            matches!(run_vectors(&text), Err(ConformanceError::BadDocument { key }) if key == "d"),
            "{tree}"
        );
    }
}

#[test]
fn fields_nobody_knows_are_left_alone() {
    let vector = one(r#""expr": "1", "check": "number", "expected": 1, "weather": ["fair"], "note": null"#);
    assert_eq!(vector.outcome, Outcome::Passed);
}

/// The rows `| … | `example` | what it gives |` of a guide that depend on nothing.
fn examples(guide: &str) -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides").join(guide);
    let text = fs::read_to_string(path).unwrap();
    let cells = |row: &str| -> Option<(String, String)> {
        let rest = row.strip_prefix("| ")?.strip_suffix(" |")?;
        let (rest, gives) = rest.rsplit_once(" | ")?;
        let (_, example) = rest.strip_suffix('`')?.rsplit_once(" | `")?;
        Some((example.to_owned(), gives.to_owned()))
    };
    let free = ["${", "(.", "()", "lang(", "itext", "property"];
    let depends = |example: &str| {
        example != "pi()" && example != "true()" && free.iter().any(|part| example.contains(part))
    };
    text.lines().filter_map(cells).filter(|(example, _)| !depends(example)).collect()
}

#[test]
fn the_examples_of_the_guides_give_what_the_guides_say() {
    for guide in ["expressions.md", "expressions.zh-CN.md"] {
        let examples = examples(guide);
        assert!(examples.len() > 30, "{guide}: {}", examples.len());
        for (example, gives) in examples {
            let vector = one(&format!(
                r#""expr": {example:?}, "check": "string", "expected": {gives:?}, "tz": "Asia/Shanghai""#
            ));
            let shown = gives.trim_end_matches('…');
            let same = if shown == gives { vector.got == gives } else { vector.got.starts_with(shown) };
            assert!(same || example.starts_with("uuid"), "{guide}: {example} gives {}", vector.got);
        }
    }
}
