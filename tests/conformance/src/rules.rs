//! Vectors that do not pass: who agrees, and which rule of the guide to
//! expressions ("Where engines disagree") says why. A rule is found by what an
//! expression uses, never by which vector it is.

use super::check::Verdict;
use super::vectors::{Vector, plain};
use ruhu_xpath::{Axis, Expr, Moment, NodeTest, Step, SyntaxErrorKind};

/// A date is a calendar day.
const DAYS: u8 = 1;
/// What is no date is blank.
const NO_DATE: u8 = 3;
/// How numbers are read.
const NUMBERS: u8 = 5;
/// Halves round away from zero.
const HALVES: u8 = 6;
/// Blank in arithmetic.
const BLANKS: u8 = 7;
/// Names are compared with their prefixes.
const PREFIXES: u8 = 9;
/// All of XPath 1.0 is there.
const WHOLE_XPATH: u8 = 10;
/// A form has neither comments nor processing instructions nor namespace nodes.
const NO_COMMENTS: u8 = 11;
/// Functions and their arguments are checked when a form is read.
const EARLY: u8 = 12;
/// Points, traces and shapes.
const GEO: u8 = 13;
/// `jr:itext` gives a text.
const ITEXT: u8 = 14;
/// Two texts compare as texts.
const TEXTS: u8 = 15;

/// The engines that gave what was got.
pub(super) fn agreeing(vector: &Vector, verdict: &Verdict) -> Vec<String> {
    let same = |given: &str| match (given.parse::<f64>(), verdict.got.parse::<f64>()) {
        (Ok(a), Ok(b)) => a == b || a.is_nan() && b.is_nan(),
        _ => given == verdict.got,
    };
    let agrees = |given: &&serde_json::Value| same(&plain(given));
    vector.engines.iter().filter(|(_, given)| agrees(given)).map(|(engine, _)| engine.clone()).collect()
}

/// The rule that an expression comes under, if any.
pub(super) fn rule(vector: &Vector) -> Option<u8> {
    let expr = match ruhu_xpath::parse(&vector.expr) {
        Ok(expr) => expr,
        Err(error) => {
            let early = matches!(
                error.kind,
                SyntaxErrorKind::UnknownFunction { .. } | SyntaxErrorKind::WrongArity { .. }
            );
            return early.then_some(EARLY);
        }
    };
    let mut uses = Uses::default();
    uses.collect(&expr);
    let calls = |names: &[&str]| uses.functions.iter().any(|name| names.contains(name));
    let dates = vector.tz.is_some() || calls(&["date", "date-time", "decimal-date-time"]) || uses.date;
    let cases = [
        (uses.lost_nodes, NO_COMMENTS),
        (calls(&["jr:itext"]) && vector.check == "nodeset", ITEXT),
        (calls(&["name", "namespace-uri", "lang"]) || uses.prefix, PREFIXES),
        (plain(&vector.expected).contains("/@") && plain(&vector.expected).contains(':'), PREFIXES),
        (calls(&["area", "distance", "geofence"]), GEO),
        (dates && (vector.check == "error" || plain(&vector.expected) == "Invalid Date"), NO_DATE),
        (
            dates
                && matches!(&expr, Expr::Chain { first, .. } if matches!(**first, Expr::Literal(_)))
                && vector.check == "boolean",
            TEXTS,
        ),
        (dates, DAYS),
        (vector.check == "error", WHOLE_XPATH),
        (calls(&["coalesce", "count-non-empty", "sum", "min", "max"]), BLANKS),
        (uses.odd_number, NUMBERS),
        (calls(&["round"]), HALVES),
    ];
    cases.into_iter().find(|(applies, _)| *applies).map(|(_, rule)| rule)
}

/// What an expression uses.
#[derive(Default)]
struct Uses {
    functions: Vec<&'static str>,
    /// A date written as a text.
    date: bool,
    /// A number written as a text in a way that engines read differently.
    odd_number: bool,
    /// A name with a prefix.
    prefix: bool,
    /// Nodes that a form does not have, or the texts between them.
    lost_nodes: bool,
}

impl Uses {
    fn collect(&mut self, expr: &Expr) {
        match expr {
            Expr::Call { function, .. } => self.functions.push(function.name),
            Expr::Literal(text) => {
                self.date |= Moment::parse(text, 0).is_some();
                let begins = text.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit());
                self.odd_number |= begins && text.contains(['e', 'E', ',']);
            }
            Expr::Path(path) => path.steps.iter().for_each(|step| self.step(step)),
            Expr::Number(_) | Expr::Negate(_) | Expr::Chain { .. } => {}
        }
        expr.parts().into_iter().for_each(|part| self.collect(part));
    }

    fn step(&mut self, step: &Step) {
        self.lost_nodes |= step.axis == Axis::Namespace;
        match &step.test {
            NodeTest::Nothing(_) | NodeTest::Text => self.lost_nodes = true,
            NodeTest::Prefix(_) => self.prefix = true,
            NodeTest::Name(name) => self.prefix |= name.contains(':'),
            NodeTest::Any | NodeTest::Node => {}
        }
    }
}
