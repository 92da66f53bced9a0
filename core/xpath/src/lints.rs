//! What an expression says without fault and hardly means: an ID number taken
//! for a number, a blank that makes a sum blank.

use crate::ast::{Expr, Operator, Path, Start};
use ruhu_text::Bilingual;

/// What a lint asks about the question that `${name}` or `.` means.
#[derive(Debug, Clone, Copy, Default)]
pub struct QuestionFacts {
    /// The answer is a text that somebody writes.
    pub text: bool,
    /// The answer is a number.
    pub number: bool,
    /// It cannot be left blank, or has a default.
    pub filled: bool,
    /// It holds an ID number, see [`holds_identity`].
    pub identity: bool,
}

/// Something that an author should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lint {
    /// A stable name, in kebab case.
    pub code: &'static str,
    /// What is wrong with it.
    pub message: Bilingual,
    /// What would mend it.
    pub help: Bilingual,
}

/// A number has 15 digits that can be trusted; an ID number has 18.
const LONG_NUMBER: f64 = 1e14;

/// Finds what an expression hardly means. It has not been resolved yet;
/// `question` tells of a question by its name, `own` of the one that `.` is.
pub fn lints(
    expr: &Expr,
    own: Option<QuestionFacts>,
    question: &dyn Fn(&str) -> Option<QuestionFacts>,
) -> Vec<Lint> {
    let mut walk = Walk { own, question, found: Vec::new() };
    walk.expr(expr, false);
    walk.found.dedup();
    walk.found
}

/// Whether a question holds an ID number: by its name, such as `idno`,
/// `guardian_id_no` or 身份证号, or by a constraint that asks for 17 or 18 digits.
pub fn holds_identity(name: &str, constraint: &str) -> bool {
    const WORDS: [&str; 8] = ["id", "idno", "idnum", "idnumber", "idcard", "sfz", "sfzh", "sfzhm"];
    let lower = name.to_lowercase();
    lower.contains("身份证")
        || lower.split(['_', '-', '.']).any(|word| WORDS.contains(&word))
        || ["{17}", "{18}"].iter().any(|digits| constraint.contains(digits))
}

struct Walk<'a> {
    own: Option<QuestionFacts>,
    question: &'a dyn Fn(&str) -> Option<QuestionFacts>,
    found: Vec<Lint>,
}

impl Walk<'_> {
    /// `minded`: an `if` or `coalesce` around it may well mind the blank.
    fn expr(&mut self, expr: &Expr, minded: bool) {
        match expr {
            Expr::Chain { first, rest } => self.chain(first, rest, minded),
            Expr::Call { function, arguments } => self.call(function.name, arguments, minded),
            _ => {}
        }
        let minded = minded
            || matches!(expr, Expr::Call { function, .. } if matches!(function.name, "if" | "coalesce" | "once"));
        for part in expr.parts() {
            self.expr(part, minded);
        }
    }

    fn chain(&mut self, first: &Expr, rest: &[(Operator, Expr)], minded: bool) {
        let mut left = first;
        for (operator, right) in rest {
            if operator.is_comparison() {
                self.comparison(*operator, left, right);
            }
            left = right;
        }
        let sum = rest.iter().any(|(operator, _)| matches!(operator, Operator::Add | Operator::Subtract));
        if sum && !minded {
            let operands = std::iter::once(first).chain(rest.iter().map(|(_, operand)| operand));
            operands.for_each(|operand| self.summand(operand));
        }
    }

    fn comparison(&mut self, operator: Operator, left: &Expr, right: &Expr) {
        let order = !matches!(operator, Operator::Equal | Operator::NotEqual);
        for (one, other) in [(left, right), (right, left)] {
            let Some((name, facts)) = self.facts(one) else { continue };
            let long = matches!(other, Expr::Number(number) if *number >= LONG_NUMBER);
            if facts.text && (long || order && facts.identity) {
                self.found.push(identity_lint(&name));
            }
        }
    }

    fn call(&mut self, function: &str, arguments: &[Expr], minded: bool) {
        let Some(argument) = arguments.first() else { return };
        match function {
            "number" | "int" | "round" => {
                if let Some((name, facts)) = self.facts(argument)
                    && facts.text
                    && facts.identity
                {
                    self.found.push(identity_lint(&name));
                }
            }
            "sum" if !minded => self.summand(argument),
            _ => {}
        }
    }

    fn summand(&mut self, operand: &Expr) {
        if let Some((name, facts)) = self.facts(operand)
            && facts.number
            && !facts.filled
        {
            self.found.push(blank_lint(&name));
        }
    }

    /// The question that an operand is, with the name to call it by.
    fn facts(&self, expr: &Expr) -> Option<(String, QuestionFacts)> {
        let Expr::Path(Path { start, steps }) = expr else { return None };
        match start {
            Start::Reference { name, predicates } if steps.is_empty() && predicates.is_empty() => {
                Some((format!("${{{name}}}"), (self.question)(name)?))
            }
            Start::Context if expr.to_string() == "." => Some((".".to_owned(), self.own?)),
            _ => None,
        }
    }
}

fn identity_lint(name: &str) -> Lint {
    Lint {
        code: "identity-as-number",
        message: Bilingual::new(
            format!("“{name}”是证件号码，这里却当作数字：18 位数字的末几位会丢失，不同的号码会被当成相同"),
            format!(
                "“{name}” is an ID number and is taken for a number here: its last digits are lost, and different numbers count as equal"
            ),
        ),
        help: Bilingual::new(
            "请按文字比较，例如 ${idno} = '110101199003070011'；要取出生日期用 substr",
            "compare it as text, such as ${idno} = '110101199003070011'; cut it with substr",
        ),
    }
}

fn blank_lint(name: &str) -> Lint {
    Lint {
        code: "blank-in-sum",
        message: Bilingual::new(
            format!("“{name}”可以不填；只要没填，合计就没有结果"),
            format!("“{name}” may be left blank, and then the sum has no value"),
        ),
        help: match name {
            "." => Bilingual::new("请把这一题设为必填", "make this question required"),
            _ => Bilingual::new(
                format!("没填当作 0 时写 coalesce({name}, 0)；重复组里用 sum({name}[. != ''])；否则设为必填"),
                format!(
                    "write coalesce({name}, 0) if blank means 0, sum({name}[. != '']) over a repeat, or make it required"
                ),
            ),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    fn codes(expression: &str) -> Vec<&'static str> {
        let question = |name: &str| {
            let number = QuestionFacts { number: true, ..QuestionFacts::default() };
            let text = QuestionFacts { text: true, ..QuestionFacts::default() };
            match name {
                "idno" => Some(QuestionFacts { identity: holds_identity(name, ""), ..text }),
                "remark" => Some(text),
                "wage" | "pension" => Some(number),
                "members" => Some(QuestionFacts { filled: true, ..number }),
                _ => None,
            }
        };
        let own = Some(QuestionFacts { text: true, identity: true, ..QuestionFacts::default() });
        lints(&parse(expression).unwrap(), own, &question).into_iter().map(|lint| lint.code).collect()
    }

    #[test]
    fn an_id_number_taken_for_a_number_is_noticed() {
        for expression in [
            "${idno} = 110101199003070011",
            "${remark} = 110101199003070011",
            "${idno} > ${remark}",
            ". < '2'",
            "if(number(${idno}) > 5, 1, 2)",
            "int(.) mod 2 = 1",
            "not(110101199003070011 = .)",
        ] {
            assert_eq!(codes(expression), ["identity-as-number"], "{expression}");
        }
    }

    #[test]
    fn an_id_number_taken_for_a_text_is_left_alone() {
        for expression in [
            "${idno} = '110101199003070011'",
            "${idno} != ''",
            "number(substr(${idno}, 16, 17)) mod 2 = 1",
            "string-length(.) = 18",
            "regex(., '^[0-9]{17}[0-9X]$')",
            "${remark} < 5",
            "${members} = 110101199003070011",
        ] {
            assert_eq!(codes(expression), Vec::<&str>::new(), "{expression}");
        }
    }

    #[test]
    fn a_blank_that_makes_a_sum_blank_is_noticed() {
        for expression in ["${wage} + 1", "1 - ${wage}", "sum(${wage})", "round(${wage} + ${members})"] {
            assert_eq!(codes(expression), ["blank-in-sum"], "{expression}");
        }
        assert_eq!(codes("${wage} + ${pension}"), ["blank-in-sum", "blank-in-sum"]);
    }

    #[test]
    fn a_blank_that_is_minded_or_cannot_be_is_left_alone() {
        for expression in [
            "coalesce(${wage}, 0) + coalesce(${pension}, 0)",
            "if(${wage} = '', 0, ${wage} + 1)",
            "sum(${wage}[. != ''])",
            "${members} + 1",
            "${wage} * 12",
            "${wage} > 5",
        ] {
            assert_eq!(codes(expression), Vec::<&str>::new(), "{expression}");
        }
    }

    #[test]
    fn questions_of_id_numbers_are_known_by_name_or_by_their_digits() {
        for name in ["idno", "guardian_id_no", "ID", "户主身份证号", "applicant_sfzh"] {
            assert!(holds_identity(name, ""), "{name}");
        }
        assert!(holds_identity("number", "regex(., '^[0-9]{17}[0-9X]$')"));
        for name in ["idea", "identity_checked", "household", "paid"] {
            assert!(!holds_identity(name, ""), "{name}");
        }
    }
}
