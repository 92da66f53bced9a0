//! What a form says of values that two people's phones wrote side by side: which of its fields the
//! program fills in, and which values say the same.

use std::collections::BTreeMap;

use ruhu_case::MergeRule;
use ruhu_form::{Form, Question, QuestionKind};

/// The rules of a form: by the path of each question that is not simply a person's, and by the path of
/// each household field that the form fills.
pub fn of_form(form: &Form) -> BTreeMap<String, MergeRule> {
    let mut rules = BTreeMap::new();
    for question in form.questions() {
        let rule = of_question(question);
        if rule != MergeRule::Person {
            rules.insert(question.path.clone(), rule);
        }
        if let Some(target) = question.save_to.as_deref() {
            let path = target.rsplit_once(':').map_or(target, |(path, _)| path).to_owned();
            // Of two questions for one field people decide, unless both say the same.
            rules.entry(path).and_modify(|known| *known = both(*known, rule)).or_insert(rule);
        }
    }
    rules
}

fn both(a: MergeRule, b: MergeRule) -> MergeRule {
    if a == b { a } else { MergeRule::Person }
}

fn of_question(question: &Question) -> MergeRule {
    match question.kind {
        QuestionKind::Start | QuestionKind::Today => MergeRule::Earliest,
        QuestionKind::End => MergeRule::Latest,
        QuestionKind::Calculate | QuestionKind::Hidden => MergeRule::WorkedOut,
        kind if kind.is_metadata() => MergeRule::WorkedOut,
        _ if question.calculated || question.read_only => MergeRule::WorkedOut,
        QuestionKind::SelectMultiple => MergeRule::Choices,
        QuestionKind::Integer | QuestionKind::Decimal | QuestionKind::Range => MergeRule::Number,
        QuestionKind::Date | QuestionKind::DateTime => MergeRule::Moment,
        _ => MergeRule::Person,
    }
}
