//! The grammar of XPath 1.0.

use crate::ast::{Axis, Expr, NEGATION, NodeTest, Operator, Path, Start, Step};
use crate::functions;
use crate::lexer::{Token, tokens};
use crate::syntax::{Expected, SyntaxError, SyntaxErrorKind};

/// The deepest nesting of brackets, predicates and arguments. A hostile form
/// must not exhaust the stack, in wasm 1 MB, nor must dropping its tree.
const MAX_DEPTH: usize = 48;

/// Reads one expression, with `${name}` as XLSForm has it.
///
/// # Errors
/// [`SyntaxError`]: what is wrong with the text, and at which byte.
pub fn parse(text: &str) -> Result<Expr, SyntaxError> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, next: 0, end: text.len(), depth: 0 };
    let expr = parser.expression()?;
    match parser.peek() {
        None => Ok(expr),
        Some(_) => parser.expected(Expected::Operator),
    }
}

struct Parser<'a> {
    tokens: &'a [(Token, usize)],
    next: usize,
    end: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.next).map(|(token, _)| token)
    }

    fn peek_second(&self) -> Option<&'a Token> {
        self.tokens.get(self.next + 1).map(|(token, _)| token)
    }

    fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |(_, at)| *at)
    }

    fn is(&self, symbol: &str) -> bool {
        matches!(self.peek(), Some(Token::Symbol(found)) if *found == symbol)
    }

    fn take(&mut self, symbol: &str) -> bool {
        let found = self.is(symbol);
        self.next += usize::from(found);
        found
    }

    fn need(&mut self, symbol: &'static str) -> Result<(), SyntaxError> {
        if self.take(symbol) { Ok(()) } else { self.expected(Expected::Mark(symbol)) }
    }

    fn kind<T>(&self, kind: SyntaxErrorKind) -> Result<T, SyntaxError> {
        Err(SyntaxError::new(kind, self.at()))
    }

    fn expected<T>(&self, expected: Expected) -> Result<T, SyntaxError> {
        let found = match self.peek() {
            None => String::new(),
            Some(Token::Number(number)) => number.to_string(),
            Some(Token::Literal(text) | Token::Name(text)) => text.chars().take(60).collect(),
            Some(Token::Reference(name)) => format!("${{{name}}}"),
            Some(Token::Symbol(symbol)) => (*symbol).to_owned(),
        };
        self.kind(SyntaxErrorKind::Expected { expected, found })
    }

    /// Runs `read` one level deeper.
    fn nested<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<T, SyntaxError> {
        if self.depth == MAX_DEPTH {
            return self.kind(SyntaxErrorKind::TooDeep { limit: MAX_DEPTH });
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn expression(&mut self) -> Result<Expr, SyntaxError> {
        self.nested(|parser| parser.chain(1))
    }

    /// Operands joined by operators of precedence `level` or tighter.
    fn chain(&mut self, level: u8) -> Result<Expr, SyntaxError> {
        let first = self.operand(level)?;
        let mut rest = Vec::new();
        while let Some(operator) = self.operator(level) {
            self.next += 1;
            rest.push((operator, self.operand(level)?));
        }
        Ok(match rest.is_empty() {
            true => first,
            false => Expr::Chain { first: Box::new(first), rest },
        })
    }

    fn operator(&self, level: u8) -> Option<Operator> {
        let Some(Token::Symbol(symbol)) = self.peek() else { return None };
        Operator::from_text(symbol).filter(|operator| operator.precedence() == level)
    }

    fn operand(&mut self, level: u8) -> Result<Expr, SyntaxError> {
        match level + 1 {
            NEGATION => self.negation(),
            next if level < NEGATION => self.chain(next),
            _ => self.path(),
        }
    }

    fn negation(&mut self) -> Result<Expr, SyntaxError> {
        if self.take("-") {
            let inner = self.nested(Self::negation)?;
            return Ok(Expr::Negate(Box::new(inner)));
        }
        self.chain(NEGATION + 1)
    }

    /// A location path, or a filter expression with steps after it.
    fn path(&mut self) -> Result<Expr, SyntaxError> {
        match self.peek() {
            Some(Token::Symbol("/")) => {
                self.next += 1;
                let steps = if self.starts_step() { self.steps(Vec::new())? } else { Vec::new() };
                Ok(Expr::Path(Path { start: Start::Root, steps }))
            }
            Some(Token::Symbol("//")) => {
                self.next += 1;
                let steps = self.steps(vec![Step::any(Axis::DescendantOrSelf)])?;
                Ok(Expr::Path(Path { start: Start::Root, steps }))
            }
            _ if self.starts_primary() => self.filter(),
            _ if !self.starts_step() => self.expected(Expected::Value),
            _ => {
                let steps = self.steps(Vec::new())?;
                Ok(Expr::Path(Path { start: Start::Context, steps }))
            }
        }
    }

    fn starts_step(&self) -> bool {
        matches!(self.peek(), Some(Token::Name(_) | Token::Symbol("." | ".." | "@")))
    }

    fn starts_primary(&self) -> bool {
        match self.peek() {
            Some(Token::Number(_) | Token::Literal(_) | Token::Reference(_) | Token::Symbol("(")) => true,
            Some(Token::Name(name)) => {
                matches!(self.peek_second(), Some(Token::Symbol("("))) && node_type(name).is_none()
            }
            _ => false,
        }
    }

    fn filter(&mut self) -> Result<Expr, SyntaxError> {
        if let Some(Token::Reference(name)) = self.peek() {
            self.next += 1;
            let start = Start::Reference { name: name.clone(), predicates: self.predicates()? };
            return Ok(Expr::Path(Path { start, steps: self.steps_after()? }));
        }
        let primary = self.primary()?;
        let predicates = self.predicates()?;
        let steps = self.steps_after()?;
        if predicates.is_empty() && steps.is_empty() {
            return Ok(primary);
        }
        let start = Start::Filter { primary: Box::new(primary), predicates };
        Ok(Expr::Path(Path { start, steps }))
    }

    fn steps_after(&mut self) -> Result<Vec<Step>, SyntaxError> {
        if self.take("/") {
            return self.steps(Vec::new());
        }
        if self.take("//") {
            return self.steps(vec![Step::any(Axis::DescendantOrSelf)]);
        }
        Ok(Vec::new())
    }

    fn primary(&mut self) -> Result<Expr, SyntaxError> {
        match self.peek() {
            Some(Token::Number(number)) => {
                self.next += 1;
                Ok(Expr::Number(*number))
            }
            Some(Token::Literal(text)) => {
                self.next += 1;
                Ok(Expr::Literal(text.clone()))
            }
            Some(Token::Symbol("(")) => {
                self.next += 1;
                let inner = self.expression()?;
                self.need(")")?;
                Ok(inner)
            }
            Some(Token::Name(name)) => self.call(name),
            _ => self.expected(Expected::Value),
        }
    }

    fn call(&mut self, name: &str) -> Result<Expr, SyntaxError> {
        let Some(function) = functions::find(name) else {
            let suggestion = functions::suggest(name).map(str::to_owned);
            return self.kind(SyntaxErrorKind::UnknownFunction {
                name: name.chars().take(60).collect(),
                suggestion,
            });
        };
        let at = self.at();
        self.next += 1;
        self.need("(")?;
        let mut arguments = Vec::new();
        while !self.is(")") {
            if !arguments.is_empty() {
                self.need(",")?;
            }
            arguments.push(self.expression()?);
        }
        self.need(")")?;
        if !function.takes(arguments.len()) {
            let kind = SyntaxErrorKind::WrongArity { name: function.name, found: arguments.len() };
            return Err(SyntaxError::new(kind, at));
        }
        Ok(Expr::Call { function, arguments })
    }

    fn predicates(&mut self) -> Result<Vec<Expr>, SyntaxError> {
        let mut predicates = Vec::new();
        while self.take("[") {
            predicates.push(self.expression()?);
            self.need("]")?;
        }
        Ok(predicates)
    }

    fn steps(&mut self, mut steps: Vec<Step>) -> Result<Vec<Step>, SyntaxError> {
        loop {
            steps.push(self.step()?);
            if self.take("//") {
                steps.push(Step::any(Axis::DescendantOrSelf));
            } else if !self.take("/") {
                return Ok(steps);
            }
        }
    }

    fn step(&mut self) -> Result<Step, SyntaxError> {
        if self.take(".") {
            return Ok(Step { predicates: self.predicates()?, ..Step::any(Axis::SelfNode) });
        }
        if self.take("..") {
            return Ok(Step { predicates: self.predicates()?, ..Step::any(Axis::Parent) });
        }
        let axis = self.axis()?;
        let test = self.node_test()?;
        Ok(Step { axis, test, predicates: self.predicates()? })
    }

    fn axis(&mut self) -> Result<Axis, SyntaxError> {
        if self.take("@") {
            return Ok(Axis::Attribute);
        }
        let (Some(Token::Name(name)), Some(Token::Symbol("::"))) = (self.peek(), self.peek_second()) else {
            return Ok(Axis::Child);
        };
        let Some(axis) = Axis::from_text(name) else { return self.expected(Expected::Axis) };
        self.next += 2;
        Ok(axis)
    }

    fn node_test(&mut self) -> Result<NodeTest, SyntaxError> {
        let Some(Token::Name(name)) = self.peek() else { return self.expected(Expected::Name) };
        if matches!(self.peek_second(), Some(Token::Symbol("("))) {
            let Some(test) = node_type(name) else { return self.expected(Expected::Name) };
            self.next += 2;
            if name == "processing-instruction" && matches!(self.peek(), Some(Token::Literal(_))) {
                self.next += 1;
            }
            self.need(")")?;
            return Ok(test);
        }
        self.next += 1;
        Ok(match name.strip_suffix(":*") {
            Some(prefix) => NodeTest::Prefix(prefix.to_owned()),
            None if name == "*" => NodeTest::Any,
            None => NodeTest::Name(name.clone()),
        })
    }
}

fn node_type(name: &str) -> Option<NodeTest> {
    match name {
        "node" => Some(NodeTest::Node),
        "text" => Some(NodeTest::Text),
        "comment" => Some(NodeTest::Nothing("comment")),
        "processing-instruction" => Some(NodeTest::Nothing("processing-instruction")),
        _ => None,
    }
}
