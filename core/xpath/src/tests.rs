//! Expressions over a small tree, without a form.

use crate::Environment;
use crate::*;
use proptest::prelude::*;
use regex_lite::Regex;
use ruhu_text::Explain;

/// Nobody: no lists, no labels.
pub(super) struct Alone;

impl Host for Alone {
    fn choice_label(&self, _: NodeRef, _: &str) -> Option<String> {
        None
    }
    fn list(&self, _: &str) -> Option<u16> {
        None
    }
    fn key(&self, node: NodeRef) -> String {
        node.id.to_string()
    }
    fn pattern(&self, _: &str) -> Option<&Regex> {
        None
    }
    fn language(&self) -> &str {
        "zh"
    }
}

/// A household of three: the second member's income is blank.
fn household() -> Tree {
    let mut tree = Tree::new();
    let house = tree.append(ROOT, Node::element("h".into()));
    for (id, name, income) in [("a", "陈大河", "10800"), ("b", "吴桂香", ""), ("c", "陈小满", "0")] {
        let attributes = vec![("id".into(), id.to_owned())];
        let member = tree.append(house, Node { attributes, ..Node::element("m".into()) });
        tree.append(member, Node { text: name.into(), ..Node::element("name".into()) });
        tree.append(member, Node { text: income.into(), numeric: true, ..Node::element("income".into()) });
    }
    tree.append(house, Node { text: "110101199003070011".into(), ..Node::element("idno".into()) });
    tree.append(house, Node { text: "110101199003070012".into(), ..Node::element("other".into()) });
    tree
}

pub(super) const MORNING: Environment =
    Environment { now_ms: 1_795_311_000_000, utc_offset_minutes: 480, seed: 7 };

fn try_text(expression: &str) -> Result<String, EvalError> {
    let tree = household();
    let evaluator = Evaluator::new(&tree, &[], &Alone, MORNING);
    let house = NodeRef::element(0, tree.children(ROOT)[0]);
    evaluator.evaluate(&parse(expression).unwrap(), Frame::of(house)).map(|value| evaluator.to_text(&value))
}

fn text(expression: &str) -> String {
    try_text(expression).unwrap()
}

#[test]
fn chinese_field_work_gets_the_answers_it_expects() {
    let expected = [
        ("date('1988-07-01') - date('1988-01-01')", "182"),
        ("date(date('1988-04-16') + 2)", "1988-04-18"),
        ("number(date('1988-07-01'))", "6756"),
        ("string-length('𠮷田㐂')", "3"),
        ("ruhu:fold(' ＺＦ-021　')", "zf-021"),
        ("ruhu:fold('周 明远') = ruhu:fold('周明远　')", "true"),
        ("ruhu:fold('')", ""),
        ("substr('𠮷田',0,1)", "𠮷"),
        ("sum(m/income)", "NaN"),
        ("m[2]/income + 1", "NaN"),
        ("max(-4, -1, -3)", "-1"),
        ("number('110101199003070011') = 110101199003070012", "true"),
        ("'110101199003070011' = '110101199003070012'", "false"),
        ("idno = other", "false"),
        ("format-date('2026-11-22','%a %b')", "周日 11月"),
        ("string(1234567890123456789)", "1234567890123456800"),
    ];
    for (expression, value) in expected {
        assert_eq!(text(expression), value, "{expression}");
    }
}

#[test]
fn every_axis_leads_where_the_specification_says() {
    let expected = [
        ("count(m)", "3"),
        ("count(/h/descendant::*)", "11"),
        ("count(//name)", "3"),
        ("name(m[1]/name/parent::*)", "m"),
        ("count(m[1]/name/ancestor::node())", "3"),
        ("count(m[1]/name/ancestor-or-self::*)", "3"),
        ("string(m[2]/preceding-sibling::m/name)", "陈大河"),
        ("string(m[1]/following-sibling::*[2]/name)", "陈小满"),
        ("count(m[2]/following::name)", "1"),
        ("count(m[2]/preceding::*)", "3"),
        ("m[3]/preceding-sibling::m[1]/@id", "b"),
        ("string(m[@id='c']/name)", "陈小满"),
        ("count(m/name | m/income | m/name)", "6"),
        ("name((m/income | m/name)[1])", "name"),
        ("count(//text())", "7"),
        ("count(m/name[self::name])", "3"),
        ("m[last()]/name", "陈小满"),
        ("count(m[position() > 1])", "2"),
        ("position(m[2])", "2"),
    ];
    for (expression, value) in expected {
        assert_eq!(text(expression), value, "{expression}");
    }
}

#[test]
fn functions_of_field_forms_work() {
    let expected = [
        ("round(1.005, 2)", "1.01"),
        ("round(-2.5)", "-3"),
        ("int(-1.9)", "-1"),
        ("count-non-empty(m/income)", "2"),
        ("coalesce(m[2]/income, 5)", "5"),
        ("if(selected('a b', 'b'), 1, 2)", "1"),
        ("selected-at('a b c', 1)", "b"),
        ("count-selected(' a  b ')", "2"),
        ("join('、', m/name)", "陈大河、吴桂香、陈小满"),
        ("translate('2026/11/22', '/', '-')", "2026-11-22"),
        ("substring('12345', 2, 3)", "234"),
        ("today()", "2026-11-22"),
        ("decimal-date-time('1970-01-01T08:00:00')", "0"),
        ("regex('13812345678', '^1[0-9]{10}$')", "true"),
        ("checklist(2, -1, true(), 1 = 1, 1 = 2)", "true"),
        ("weighted-checklist(3, 3, true(), 2, true(), 1)", "true"),
        ("boolean-from-string('1')", "true"),
        ("normalize-space('  a   b ')", "a b"),
        ("string-length(uuid())", "36"),
        ("random() = random()", "false"),
        ("'b' < 'a' or 2 < 10", "true"),
        ("1 div 0", "Infinity"),
        ("-5 mod 3", "-2"),
        ("2 - -3 * 2", "8"),
    ];
    for (expression, value) in expected {
        assert_eq!(text(expression), value, "{expression}");
    }
}

#[test]
fn random_is_the_same_for_the_same_node_and_seed() {
    assert_eq!(text("random()"), text("random()"));
    assert_eq!(text("uuid()"), text("uuid()"));
}

#[test]
fn what_cannot_be_worked_out_is_an_error_and_not_a_panic() {
    assert_eq!(try_text("count(2)"), Err(EvalError::NotNodes { function: "count" }));
    assert_eq!(try_text("regex('a', '(')"), Err(EvalError::BadPattern));
    assert_eq!(
        try_text("weighted-checklist(1, 1, 1, 1, 1)"),
        Err(EvalError::BadArgument { function: "weighted-checklist" })
    );
    let squared = "//*[//*[//*[//*[//*[//*[//*[//*]]]]]]]";
    assert_eq!(try_text(&format!("count({squared})")), Err(EvalError::TooMuchWork));
}

#[test]
fn a_slip_in_an_expression_is_named_where_it_is() {
    let kind = |expression: &str| parse(expression).unwrap_err();
    assert_eq!(kind("1 + ").explain().what.zh, "算式不完整，缺少“数值、文字、题目或函数”");
    assert_eq!(
        kind("selectd(a, 'b')").explain().what.en,
        "there is no function “selectd” (did you mean “selected”?)"
    );
    assert_eq!(kind("if(1, 2)").explain().what.en, "the function “if” does not take 2 arguments");
    assert_eq!(kind("a ＝ 1").at, 2);
    assert_eq!(kind("concat('a").explain().what.en, "a quotation mark has no partner");
    assert_eq!(kind("${a b}").explain().what.en, "“${a b}” is not a question name");
    for bad in ["", "(", ")", "a[", "a/", "1 2", "a b", "${", "$x", "::", "child::", "@", "a and", "!", "a !"]
    {
        assert!(parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_hostile_depth_is_refused_and_a_long_chain_is_not() {
    for deep in ["(".repeat(5000), "-".repeat(5000), "a[".repeat(5000), "not(".repeat(5000)] {
        assert!(parse(&deep).is_err());
    }
    let long = vec!["1"; 5000].join(" + ");
    assert_eq!(text(&long), "5000");
}

/// An expression as a person might write it, deeper by `depth`.
pub(super) fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "[0-9]{1,4}(\\.[0-9]{1,3})?",
        "'[a-z 吴]{0,5}'",
        Just("${a}".to_owned()),
        Just("/h/m".to_owned()),
        Just("..".to_owned()),
        Just(".".to_owned()),
        Just("/".to_owned()),
        Just("//div".to_owned()),
        Just("@id".to_owned()),
        Just("m/*".to_owned()),
        Just("ancestor::node()/text()".to_owned()),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        let operator = proptest::sample::select(vec![
            "+", "-", "*", "div", "mod", "=", "!=", "<", ">=", "and", "or", "|",
        ]);
        prop_oneof![
            (inner.clone(), operator, inner.clone()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
            inner.clone().prop_map(|a| format!("({a})")),
            inner.clone().prop_map(|a| format!("- {a}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a})[{b}]/name")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("m[{a}][{b}]")),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("if({a}, {b}, {c})")),
        ]
    })
}

proptest! {
    #[test]
    fn written_out_and_read_again_an_expression_is_the_same(source in expression()) {
        if let Ok(read) = parse(&source) {
            let written = read.to_string();
            prop_assert_eq!(parse(&written).ok(), Some(read), "{} -> {}", source, written);
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(source in "\\PC{0,60}") {
        let _ = parse(&source);
    }

    #[test]
    fn no_soup_of_tokens_makes_the_evaluator_panic(tokens in proptest::collection::vec(
        proptest::sample::select(vec!["1", "'x'", "m", "/", "//", "[", "]", "(", ")", "*", "-", "=", "|", "and", "..",
            "@id", "substr(", "round(", "date(", "format-date(", "9999999999", ",", "selected-at(", "uuid(", "random()"]), 0..14)) {
        let source = tokens.join(" ");
        if let Ok(read) = parse(&source) {
            let tree = household();
            let evaluator = Evaluator::new(&tree, &[], &Alone, MORNING);
            let _ = evaluator.evaluate(&read, Frame::of(NodeRef::element(0, ROOT)));
        }
    }
}
