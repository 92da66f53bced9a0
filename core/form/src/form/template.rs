//! Labels with `${name}` in them.

use crate::xpath::Expr;

/// A label: texts and the expressions between them.
#[derive(Debug, Default)]
pub(crate) struct Template {
    pub pieces: Vec<Piece>,
}

/// A part of a label.
#[derive(Debug)]
pub(crate) enum Piece {
    Text(String),
    Value(Expr),
}

impl Template {
    /// Splits `text` at its `${...}`; `compile` turns each into an expression,
    /// and one that it refuses is left out.
    pub fn read(text: &str, mut compile: impl FnMut(&str) -> Option<Expr>) -> Template {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(begin) = rest.find("${") {
            let (before, from) = rest.split_at(begin);
            let Some(end) = from.find('}') else { break };
            let (reference, after) = from.split_at(end + 1);
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            pieces.extend(compile(reference).map(Piece::Value));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Template { pieces }
    }

    /// The expressions in it.
    pub fn values(&self) -> impl Iterator<Item = &Expr> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Value(expr) => Some(expr),
            Piece::Text(_) => None,
        })
    }
}
