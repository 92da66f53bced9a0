//! Tokens of XPath 1.0 (section 3.7), and XLSForm's `${name}`.

use crate::syntax::{SyntaxError, SyntaxErrorKind};

/// Before a name in `${...}`: the answer of the form that was saved last.
pub const LAST_SAVED: &str = "last-saved#";

/// The longest expression, in bytes.
const MAX_LENGTH: usize = 64 * 1024;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Number(f64),
    Literal(String),
    /// A name, `prefix:name`, `prefix:*` or `*` where a name may stand.
    Name(String),
    /// `${name}`
    Reference(String),
    /// An operator, words included, or a mark.
    Symbol(&'static str),
}

/// Longest first, so that `<=` is not read as `<`.
const SYMBOLS: [&str; 22] = [
    "::", "..", "//", "!=", "<=", ">=", "(", ")", "[", "]", ".", "@", ",", "/", "|", "+", "-", "=", "<", ">",
    "*", ":",
];

pub(super) fn tokens(text: &str) -> Result<Vec<(Token, usize)>, SyntaxError> {
    if text.len() > MAX_LENGTH {
        return Err(SyntaxError::new(SyntaxErrorKind::TooLong { limit: MAX_LENGTH }, 0));
    }
    let mut lexer = Lexer { text, at: 0, tokens: Vec::new() };
    while lexer.next()? {}
    Ok(lexer.tokens)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    tokens: Vec<(Token, usize)>,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn kind<T>(&self, kind: SyntaxErrorKind) -> Result<T, SyntaxError> {
        Err(SyntaxError::new(kind, self.at))
    }

    fn push(&mut self, token: Token, length: usize) {
        self.tokens.push((token, self.at));
        self.at += length;
    }

    /// Reads one token; false at the end.
    fn next(&mut self) -> Result<bool, SyntaxError> {
        let rest = self.rest();
        let trimmed = rest.trim_start();
        self.at += rest.len() - trimmed.len();
        let Some(first) = trimmed.chars().next() else { return Ok(false) };
        match first {
            '"' | '\'' => self.literal(first)?,
            '$' => self.reference()?,
            '0'..='9' => self.number(),
            '.' if trimmed.chars().nth(1).is_some_and(|c| c.is_ascii_digit()) => self.number(),
            c if is_name_start(c) => self.name(),
            _ => self.symbol()?,
        }
        Ok(true)
    }

    fn literal(&mut self, quote: char) -> Result<(), SyntaxError> {
        let body = self.rest().get(1..).unwrap_or("");
        let Some(end) = body.find(quote) else { return self.kind(SyntaxErrorKind::UnclosedText) };
        let text = body.get(..end).unwrap_or("").to_owned();
        self.push(Token::Literal(text), end + 2);
        Ok(())
    }

    fn reference(&mut self) -> Result<(), SyntaxError> {
        let Some(body) = self.rest().strip_prefix("${") else {
            return self.kind(SyntaxErrorKind::UnexpectedCharacter { found: '$' });
        };
        let Some(end) = body.find('}') else { return self.kind(SyntaxErrorKind::UnclosedReference) };
        let name = body.get(..end).unwrap_or("").trim();
        if !is_name(name.strip_prefix(LAST_SAVED).unwrap_or(name)) {
            return self.kind(SyntaxErrorKind::BadReference { name: name.chars().take(60).collect() });
        }
        self.push(Token::Reference(name.to_owned()), end + 3);
        Ok(())
    }

    fn number(&mut self) {
        let rest = self.rest();
        let whole = rest.bytes().take_while(u8::is_ascii_digit).count();
        let fraction = match rest.as_bytes().get(whole) {
            Some(b'.') => 1 + rest.bytes().skip(whole + 1).take_while(u8::is_ascii_digit).count(),
            _ => 0,
        };
        let text = rest.get(..whole + fraction).unwrap_or("");
        // Digits with at most one point always parse; `5.` and `.5` too.
        self.push(Token::Number(text.parse().unwrap_or(f64::NAN)), whole + fraction);
    }

    fn name(&mut self) {
        let rest = self.rest();
        let word = name_length(rest);
        let text = rest.get(..word).unwrap_or("");
        if self.after_operand()
            && let Some(operator) =
                ["and", "or", "mod", "div"].into_iter().find(|operator| is_operator(text, operator))
        {
            return self.push(Token::Symbol(operator), operator.len());
        }
        let after = rest.get(word..).unwrap_or("");
        let local = match after.strip_prefix(':') {
            Some(local) if local.starts_with('*') => 2,
            Some(local) if local.starts_with(is_name_start) => 1 + name_length(local),
            _ => 0,
        };
        let full = rest.get(..word + local).unwrap_or("").to_owned();
        self.push(Token::Name(full), word + local);
    }

    fn symbol(&mut self) -> Result<(), SyntaxError> {
        let rest = self.rest();
        let Some(symbol) = SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol)) else {
            let found = rest.chars().next().unwrap_or(' ');
            return self.kind(SyntaxErrorKind::UnexpectedCharacter { found });
        };
        if symbol == "*" && !self.after_operand() {
            self.push(Token::Name("*".to_owned()), 1);
        } else {
            self.push(Token::Symbol(symbol), symbol.len());
        }
        Ok(())
    }

    /// Whether an operator, not a name, is expected here (XPath 3.7).
    fn after_operand(&self) -> bool {
        match self.tokens.last() {
            None => false,
            Some((Token::Symbol(symbol), _)) => matches!(*symbol, ")" | "]" | "." | ".."),
            Some(_) => true,
        }
    }
}

/// Whether a word where an operator must stand begins with that operator. By
/// the letter of the specification `1 div2` has a name in it, but every engine
/// in use reads an operator and a number.
fn is_operator(word: &str, operator: &str) -> bool {
    word.strip_prefix(operator)
        .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
}

fn is_name_start(c: char) -> bool {
    c == '_' || c.is_alphabetic()
}

fn name_length(text: &str) -> usize {
    text.char_indices()
        .find(|(_, c)| !(is_name_start(*c) || c.is_numeric() || matches!(c, '-' | '.' | '·')))
        .map_or(text.len(), |(at, _)| at)
}

/// Whether the whole text is one name without a prefix.
pub fn is_name(text: &str) -> bool {
    text.starts_with(is_name_start) && name_length(text) == text.len()
}
