//! Labels with `${name}` or `${expression}` in them.

use ruhu_xpath::{Expr, LAST_SAVED, is_name};

/// How a label that is not to be filled in writes `${`: as an expression, the
/// text of those two characters.
pub const LITERAL_MARK: &str = "${'${'}";

/// A label: texts and the expressions between them.
#[derive(Debug, Default)]
pub struct Template {
    /// The parts, in order.
    pub pieces: Vec<Piece>,
}

/// A part of a label.
#[derive(Debug)]
pub enum Piece {
    /// This text.
    Text(String),
    /// What an expression gives.
    Value(Expr),
}

impl Template {
    /// Splits `text` at its `${...}`; `compile` turns each into an expression,
    /// and one that it refuses is left out. `${name}` is the question of that
    /// name, anything else between the braces an expression of its own.
    pub fn read(text: &str, mut compile: impl FnMut(&str) -> Option<Expr>) -> Template {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(begin) = rest.find("${") {
            let (before, from) = rest.split_at(begin);
            let Some(end) = end(from) else { break };
            let (reference, after) = from.split_at(end + 1);
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            let inner = reference.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).unwrap_or("");
            let name = inner.trim();
            let is_reference = is_name(name.strip_prefix(LAST_SAVED).unwrap_or(name));
            let expression = if is_reference { reference } else { inner };
            pieces.extend(compile(expression).map(Piece::Value));
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

    /// The expressions in it, to be compiled further.
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut Expr> {
        self.pieces.iter_mut().filter_map(|piece| match piece {
            Piece::Value(expr) => Some(expr),
            Piece::Text(_) => None,
        })
    }
}

/// Where the `${` that `text` begins with is closed: outside of quotes, or,
/// when quotes have no partner, anywhere.
fn end(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '{') => depth += 1,
            (None, '}') if depth <= 1 => return Some(at),
            (None, '}') => depth -= 1,
            (None, _) => {}
        }
    }
    text.find('}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<String> {
        let template = Template::read(text, |expression| ruhu_xpath::parse(expression).ok());
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Value(expr) => format!("<{expr}>"),
        };
        template.pieces.iter().map(piece).collect()
    }

    #[test]
    fn a_name_and_an_expression_are_filled_in() {
        assert_eq!(pieces("你好，${name}！"), ["你好，", "<${name}>", "！"]);
        assert_eq!(pieces("${ /data/a } 岁"), ["</data/a>", " 岁"]);
        assert_eq!(pieces("${concat(${a}, '}')}。"), ["<concat(${a}, '}')>", "。"]);
    }

    #[test]
    fn words_that_look_like_an_expression_stay_words() {
        assert_eq!(pieces(&"每月 ${ 元".replace("${", LITERAL_MARK)), ["每月 ", "<'${'>", " 元"]);
        assert_eq!(pieces("每月 ${ 元"), ["每月 ${ 元"]);
        assert_eq!(pieces("${a's} b"), [" b"]);
    }
}
