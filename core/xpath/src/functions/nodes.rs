//! Nodes, positions and repeats.

use super::{Function, function};
use crate::ast::{Expr, Path};
use crate::eval::Evaluator;
use crate::eval_error::EvalError;
use crate::host::Frame;
use crate::namespace;
use crate::shuffle::{shuffle, text_seed};
use crate::tree::{NodeRef, ROOT};
use crate::value::Value;
use std::collections::HashSet;

type Evaluated = Result<Value, EvalError>;

pub(super) const TABLE: &[Function] = &[
    function("last", 0, 0, |_, frame, _| Ok((frame.size as f64).into())),
    function("position", 0, 1, position),
    function("count", 1, 1, |e, frame, args| Ok((nodes(e, frame, args, 0, "count")?.len() as f64).into())),
    function("count-non-empty", 1, 1, count_non_empty),
    function("name", 0, 1, |e, frame, args| Ok(first_name(e, frame, args, "name")?.into())),
    function("local-name", 0, 1, local_name),
    function("current", 0, 0, |_, frame, _| Ok(Value::Nodes(vec![frame.current]))),
    function("namespace-uri", 0, 1, namespace_uri),
    function("id", 1, 1, id),
    function("lang", 1, 1, lang),
    function("randomize", 1, 2, randomize),
    function("indexed-repeat", 3, 7, indexed_repeat),
];

/// The n-th argument, which must be nodes.
pub(super) fn nodes(
    e: &Evaluator<'_>,
    frame: Frame,
    args: &[Expr],
    n: usize,
    function: &'static str,
) -> Result<Vec<NodeRef>, EvalError> {
    match args.get(n).map(|expr| e.evaluate(expr, frame)).transpose()? {
        Some(Value::Nodes(nodes)) => Ok(nodes),
        _ => Err(EvalError::NotNodes { function }),
    }
}

/// Without an argument the position in the predicate; with one, the position
/// of its first node among its siblings of the same name, relevant or not.
fn position(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let Some(argument) = args.first() else { return Ok((frame.position as f64).into()) };
    let Expr::Path(path) = argument else { return Err(EvalError::NotNodes { function: "position" }) };
    let Some(node) = e.path_unfiltered(path, frame)?.first().copied() else { return Ok(f64::NAN.into()) };
    Ok(sibling_position(e, node).into())
}

fn sibling_position(e: &Evaluator<'_>, node: NodeRef) -> f64 {
    let Some(tree) = e.tree(node.tree) else { return f64::NAN };
    let Some(parent) = tree.get(node.id).and_then(|found| found.parent) else { return 1.0 };
    if let Some(row) = tree.get(node.id).and_then(|found| found.row) {
        let instances = tree.children_of_row(parent, row).iter();
        return 1.0 + instances.take_while(|id| **id != node.id).count() as f64;
    }
    let before = tree.children(parent).iter().take_while(|id| **id != node.id);
    1.0 + before.filter(|id| e.name(NodeRef { id: **id, ..node }) == e.name(node)).count() as f64
}

fn count_non_empty(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let nodes = nodes(e, frame, args, 0, "count-non-empty")?;
    Ok((nodes.into_iter().filter(|node| !e.node_text(*node).is_empty()).count() as f64).into())
}

fn first_name<'e>(
    e: &'e Evaluator<'_>,
    frame: Frame,
    args: &[Expr],
    function: &'static str,
) -> Result<&'e str, EvalError> {
    let node = match args.is_empty() {
        true => Some(frame.node),
        false => nodes(e, frame, args, 0, function)?.first().copied(),
    };
    Ok(node.map_or("", |node| e.name(node)))
}

fn local_name(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let name = first_name(e, frame, args, "local-name")?;
    Ok(name.rsplit(':').next().unwrap_or("").into())
}

/// The namespace of the first node; blank without one.
fn namespace_uri(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let name = first_name(e, frame, args, "namespace-uri")?;
    Ok(name.split_once(':').and_then(|(prefix, _)| namespace(prefix)).unwrap_or("").into())
}

/// The elements of this document whose `id` is one of the words of a text, or
/// of the texts of nodes.
fn id(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let texts = e.all_texts(frame, args)?;
    let wanted: HashSet<&str> = texts.iter().flat_map(|text| text.split_whitespace()).collect();
    let Some(tree) = e.tree(frame.node.tree) else { return Ok(Value::Nodes(Vec::new())) };
    e.spend(tree.node_count())?;
    let is_wanted = |node: &NodeRef| {
        let mut attributes = tree.get(node.id).into_iter().flat_map(|node| &node.attributes);
        attributes.any(|(name, value)| is_id(name) && wanted.contains(value.as_str()))
    };
    let all = tree.subtree(ROOT).into_iter().map(|id| NodeRef::element(frame.node.tree, id));
    Ok(Value::Nodes(all.filter(is_wanted).collect()))
}

fn is_id(name: &str) -> bool {
    matches!(name, "id" | "xml:id")
}

/// Whether the language of the context node, given by the nearest `xml:lang`
/// (or `lang`), is this one or a kind of it: `zh-CN` is `zh`.
fn lang(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let wanted = e.argument_text(frame, args, 0)?.to_ascii_lowercase();
    let Some(tree) = e.tree(frame.node.tree) else { return Ok(false.into()) };
    let mut at = Some(frame.node.id);
    while let Some(node) = at.and_then(|id| tree.get(id)) {
        let found = node.attributes.iter().find(|(name, _)| matches!(&**name, "xml:lang" | "lang"));
        if let Some((_, found)) = found {
            let found = found.to_ascii_lowercase();
            let rest = found.strip_prefix(&wanted);
            return Ok(rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-')).into());
        }
        at = node.parent;
    }
    Ok(false.into())
}

/// Nodes in another order, the same for the same seed, a number or a text.
fn randomize(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let nodes = nodes(e, frame, args, 0, "randomize")?;
    let seed = match args.get(1) {
        None => (e.draw(frame) >> 1) as i64,
        Some(seed) => {
            let value = e.evaluate(seed, frame)?;
            let number = e.to_number(&value);
            if number.is_nan() { text_seed(&e.to_text(&value)) } else { number as i64 }
        }
    };
    Ok(Value::Nodes(shuffle(nodes, seed)))
}

/// `indexed-repeat(question, repeat, index, ...)`: the question within the
/// chosen instances, outermost repeat first.
fn indexed_repeat(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let mut chosen: Option<NodeRef> = None;
    for pair in args.get(1..).unwrap_or(&[]).chunks(2) {
        let [repeat, index] = pair else { return Err(EvalError::BadArgument { function: "indexed-repeat" }) };
        let instances: Vec<NodeRef> = path_nodes(e, repeat, frame)?
            .into_iter()
            .filter(|node| chosen.is_none_or(|outer| is_within(e, *node, outer)))
            .collect();
        let index = e.number_of(index, frame)?;
        let at = if index >= 1.0 { instances.get(index as usize - 1) } else { None };
        let Some(instance) = at else { return Ok(Value::Nodes(Vec::new())) };
        chosen = Some(*instance);
    }
    let question = args.first().map_or_else(|| Ok(Vec::new()), |question| path_nodes(e, question, frame))?;
    let inside = |node: &NodeRef| chosen.is_some_and(|instance| is_within(e, *node, instance));
    Ok(Value::Nodes(question.into_iter().filter(inside).collect()))
}

fn path_nodes(e: &Evaluator<'_>, expr: &Expr, frame: Frame) -> Result<Vec<NodeRef>, EvalError> {
    let Expr::Path(path @ Path { .. }) = expr else {
        return Err(EvalError::NotNodes { function: "indexed-repeat" });
    };
    e.path(path, frame)
}

fn is_within(e: &Evaluator<'_>, node: NodeRef, outer: NodeRef) -> bool {
    let Some(tree) = e.tree(node.tree) else { return false };
    let mut at = Some(node.id);
    while let Some(id) = at {
        if id == outer.id {
            return node.tree == outer.tree;
        }
        at = tree.get(id).and_then(|node| node.parent);
    }
    false
}
