//! What lies outside the answers: lists, translations, the device.

use super::{Function, function};
use crate::ast::Expr;
use crate::eval::Evaluator;
use crate::eval_error::EvalError;
use crate::host::Frame;
use crate::tree::{NodeId, NodeRef, Part, ROOT, Tree};
use crate::value::Value;

type Evaluated = Result<Value, EvalError>;

pub(super) const TABLE: &[Function] = &[
    function("instance", 1, 1, instance),
    function("pulldata", 4, 4, pulldata),
    function("jr:itext", 1, 1, |e, frame, args| {
        Ok(e.host.itext(&e.argument_text(frame, args, 0)?).unwrap_or_default().into())
    }),
    function("property", 1, 1, |e, frame, args| {
        Ok(e.host.property(&e.argument_text(frame, args, 0)?).unwrap_or_default().into())
    }),
    function("version", 0, 0, |e, _, _| Ok(e.host.version().unwrap_or_default().into())),
];

/// The root of a choice list: `instance('villages')/root/item[...]`.
fn instance(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let name = e.argument_text(frame, args, 0)?;
    let Some(tree) = e.host.list(&name) else { return Ok(Value::Nodes(Vec::new())) };
    Ok(Value::Nodes(vec![NodeRef { tree, id: ROOT, part: Part::Whole }]))
}

/// `pulldata(list, column, key column, key)`: what the first row with that key
/// has in the column; blank when there is no such row.
fn pulldata(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let name = e.argument_text(frame, args, 0)?;
    let Some(tree) = e.host.list(&name).and_then(|number| e.tree(number)) else { return Ok("".into()) };
    let (column, key_column) = (e.argument_text(frame, args, 1)?, e.argument_text(frame, args, 2)?);
    let key = e.argument_text(frame, args, 3)?;
    let rows = tree.children(ROOT).iter().flat_map(|root| tree.children(*root));
    for row in rows {
        e.spend(1)?;
        if cell(tree, *row, &key_column) == Some(&key) {
            return Ok(cell(tree, *row, &column).unwrap_or("").into());
        }
    }
    Ok("".into())
}

fn cell<'t>(tree: &'t Tree, row: NodeId, column: &str) -> Option<&'t str> {
    let mut cells = tree.children(row).iter().filter_map(|id| tree.get(*id));
    cells.find(|cell| *cell.name == *column).map(|cell| cell.text.as_str())
}
