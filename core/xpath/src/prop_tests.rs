//! What holds for arbitrary expressions and documents.

use crate::functions;
use crate::tests::{Alone, MORNING, expression};
use crate::*;
use proptest::prelude::*;
use ruhu_text::{Explain, Lang};
use std::sync::Arc;

/// A document: each node says below which of the earlier ones it stands.
fn document() -> impl Strategy<Value = Tree> {
    let name = proptest::sample::select(vec!["h", "m", "name", "income", "jr:a", ""]);
    let text = proptest::sample::select(vec![
        "",
        " ",
        "0",
        "-1.5",
        "陈大河",
        "𠮷田",
        "2026-11-22",
        "2026-02-30",
        "2026-11-22T08:30:00.000+08:00",
        "1e308",
        "9007199254740993",
        "30.5 114.3 0 0;0 0",
        "food medicine",
        "0 0;0 1;1 1;0 0",
        "true",
    ]);
    let node = (any::<prop::sample::Index>(), name, text, any::<bool>(), prop::bool::weighted(0.8));
    proptest::collection::vec(node, 0..24).prop_map(|nodes| {
        let mut tree = Tree::new();
        let mut made = vec![ROOT];
        for (parent, name, text, numeric, relevant) in nodes {
            let attributes = if numeric { vec![(Arc::from("id"), text.to_owned())] } else { Vec::new() };
            let node = Node { text: text.to_owned(), numeric, attributes, ..Node::element(Arc::from(name)) };
            let id = tree.append(*parent.get(&made), node);
            if let Some(found) = tree.get_mut(id) {
                found.relevant = relevant;
            }
            // A text holds nothing.
            if !name.is_empty() {
                made.push(id);
            }
        }
        tree
    })
}

/// A call of any function, its arguments anything.
fn call() -> impl Strategy<Value = String> {
    let names: Vec<&str> = functions::all().map(|function| function.name).collect();
    let argument = prop_oneof![
        expression(),
        proptest::sample::select(vec![
            "''",
            "-1",
            "1e9",
            "0 div 0",
            "1 div 0",
            "//*",
            "..",
            "//m/income",
            "'2026-11-22'",
            "'%Y%m%q%'",
            "'SHA-256'",
            "'hex'",
            "'['",
            "'.{2}'",
            "99999999999999999999",
            "today()",
            "true()",
            "'../m'",
        ])
        .prop_map(str::to_owned),
    ];
    let arguments = proptest::collection::vec(argument, 0..6);
    (proptest::sample::select(names), arguments)
        .prop_map(|(name, arguments)| format!("{name}({})", arguments.join(", ")))
}

/// What an expression gives at every node: its text and truth, or the error.
fn everywhere(tree: &Tree, expr: &Expr) -> Vec<String> {
    let nodes = tree.subtree(ROOT).into_iter().map(|id| NodeRef::element(0, id));
    nodes
        .map(|node| {
            let evaluator = Evaluator::new(tree, std::slice::from_ref(tree), &Alone, MORNING);
            match evaluator.evaluate(expr, Frame::of(node)) {
                Ok(value) => format!("{} {}", evaluator.to_text(&value), evaluator.to_boolean(&value)),
                Err(error) => error.message(Lang::En),
            }
        })
        .collect()
}

proptest! {
    #[test]
    fn any_call_over_any_document_ends_well_and_the_same_again(tree in document(), source in call()) {
        if let Ok(expr) = parse(&source) {
            prop_assert_eq!(everywhere(&tree, &expr), everywhere(&tree, &expr), "{}", source);
        }
    }

    #[test]
    fn any_expression_over_any_document_ends_well_and_the_same_again(tree in document(), source in expression()) {
        if let Ok(expr) = parse(&source) {
            prop_assert_eq!(everywhere(&tree, &expr), everywhere(&tree, &expr), "{}", source);
        }
    }

    /// As a hand slips: a character gone, doubled, or another in its place.
    #[test]
    fn a_mutilated_expression_is_refused_or_reads_as_it_is_written(
        source in call(),
        slips in proptest::collection::vec((any::<prop::sample::Index>(), 0..3_u8, "[-+*/|()\\[\\]<>=!.@:$'0-9a-z 吴]"), 1..4),
    ) {
        let mut letters: Vec<char> = source.chars().collect();
        for (at, slip, other) in slips {
            let at = at.index(letters.len().max(1));
            match (slip, letters.get(at).copied()) {
                (0, Some(_)) => {
                    letters.remove(at);
                }
                (1, Some(letter)) => letters.insert(at, letter),
                _ => letters.splice(at..at, other.chars()).for_each(drop),
            }
        }
        let source: String = letters.into_iter().collect();
        if let Ok(read) = parse(&source) {
            let written = read.to_string();
            prop_assert_eq!(parse(&written).ok(), Some(read), "{} -> {}", source, written);
        }
    }

    /// The order of a path's nodes is that of the document, each of them once.
    #[test]
    fn the_nodes_of_a_path_stand_in_the_order_of_the_document(
        tree in document(),
        steps in proptest::collection::vec(proptest::sample::select(vec![
            "*", "..", ".", "m", "descendant::node()", "ancestor-or-self::node()", "following::node()",
            "preceding::node()", "following-sibling::*", "preceding-sibling::node()", "@id", "text()", "/m",
        ]), 1..5),
    ) {
        let Ok(expr) = parse(&format!("//{}", steps.join("/"))) else { return Ok(()) };
        let evaluator = Evaluator::new(&tree, &[], &Alone, MORNING);
        if let Ok(Value::Nodes(nodes)) = evaluator.evaluate(&expr, Frame::of(NodeRef::element(0, ROOT))) {
            let ranks = tree.ranks();
            let places: Vec<_> = nodes.iter().map(|node| (ranks[node.id as usize], node.part)).collect();
            let mut sorted = places.clone();
            sorted.sort_unstable();
            sorted.dedup();
            prop_assert_eq!(places, sorted);
        }
    }
}

#[test]
fn functions_over_a_repeat_of_two_hundred_look_at_each_member_once() {
    let mut tree = Tree::new();
    let house = tree.append(ROOT, Node::element(Arc::from("h")));
    for n in 0..200 {
        let member = tree.append(house, Node::element(Arc::from("m")));
        for question in 0..30 {
            let name: Arc<str> = Arc::from(format!("q{question}"));
            tree.append(member, Node { text: n.to_string(), numeric: true, ..Node::element(name) });
        }
    }
    let spent = |source: &str| {
        let evaluator = Evaluator::new(&tree, &[], &Alone, MORNING);
        evaluator.evaluate(&parse(source).unwrap(), Frame::of(NodeRef::element(0, house))).unwrap();
        evaluator.spent()
    };
    // Each node, and the text of each answer.
    let all = 2 * tree.node_count() as u32;
    for source in ["sum(m/q3)", "count(/h/m/q3)", "position(m[200])", "indexed-repeat(m/q3, m, 150)", "//q3"]
    {
        assert!(spent(source) < all + 1000, "{source}: {} nodes", spent(source));
    }
}
