//! What is shown where values stand side by side, and what of it is in conflict.

use std::cmp::Reverse;
use std::sync::Arc;

use crate::Value;
use crate::document::Document;
use crate::index::{ChangeNode, Standing};
use crate::merge_rules::{MergeRule, MergeRules, fixed};
use crate::path::{FieldPath, Place};

/// So many values of a field that is worked out are weighed, the latest first: whoever writes thousands
/// side by side shall not make reading slow.
const WEIGHED: usize = 16;

impl Document {
    /// Gives what forms say of the fields they fill. Replaces what was given before; like the hidden set
    /// it is no part of the document.
    pub fn set_merge_rules(&mut self, rules: MergeRules) {
        self.merge_rules = Arc::new(rules);
    }

    /// Whether values that differ stand side by side anywhere: only then do the rules matter.
    pub fn is_contested(&self) -> bool {
        self.index.contested_paths("").any(|path| self.differs(path))
    }

    fn differs(&self, path: &str) -> bool {
        let standing = self.index.standing_values(path, &self.hidden);
        standing.windows(2).any(|pair| matches!(pair, [a, b] if a.value != b.value))
    }

    /// What becomes of values of a field that were written side by side.
    pub(crate) fn rule_of(&self, path: &str) -> MergeRule {
        let Ok(field) = FieldPath::parse(self.kind, path) else { return MergeRule::Person };
        if let Some(rule) = fixed(&field) {
            return rule;
        }
        let rules = &self.merge_rules;
        match &field.place {
            Place::Answers(record) => {
                let of_record = |key: &str| {
                    let standing =
                        self.index.standing_values(&format!("records/{record}/{key}"), &self.hidden);
                    standing.first().and_then(|first| first.value.as_text()).map(str::to_owned)
                };
                let form = of_record("form").zip(of_record("version"));
                let questions = form.and_then(|form| rules.answers.get(&form));
                questions.and_then(|all| all.get(&without_positions(&field.key))).copied()
            }
            _ => rules.fields.get(path).copied(),
        }
        .unwrap_or(MergeRule::Person)
    }

    /// Fields of the program's in which values that differ stand side by side, sorted by path: they are
    /// merged by a rule and are no conflicts.
    pub fn merged(&self) -> Vec<String> {
        let differing = self.index.contested_paths("").filter(|path| self.differs(path));
        differing.filter(|path| self.rule_of(path).is_programs()).map(str::to_owned).collect()
    }

    /// Puts the value first that counts.
    pub(crate) fn put_shown_first(&self, path: &str, standing: &mut [Standing<'_>]) {
        let position = match self.rule_of(path) {
            MergeRule::Earliest => least(standing, |value| (value.is_blank(), value.clone())),
            MergeRule::Latest => least(standing, |value| (value.is_blank(), Reverse(value.clone()))),
            MergeRule::WorkedOut => self.nearest_to_shown(path, standing),
            MergeRule::Person | MergeRule::Choices | MergeRule::Number | MergeRule::Moment => 0,
        };
        if let Some(front) = standing.get_mut(..=position) {
            front.rotate_right(1);
        }
    }

    /// The position of the value that was worked out from what is nearest to the answers shown; of equally
    /// near ones the first.
    fn nearest_to_shown(&self, path: &str, standing: &[Standing<'_>]) -> usize {
        let beneath = scope(path);
        let of_people = self.index.contested_paths(beneath);
        let answers: Vec<(&str, MergeRule, &Value)> = of_people
            .map(|other| (other, self.rule_of(other)))
            // Before their values are asked for: what was worked out does not follow what was worked out.
            .filter(|(_, rule)| !rule.is_programs())
            .map(|(other, rule)| (other, rule, self.shown(other).unwrap_or(&Value::Blank)))
            .collect();
        let far = |change: &ChangeNode| {
            let differs = |(other, rule, shown): &&(&str, MergeRule, &Value)| {
                let known = self.index.value_known_to(change, other).unwrap_or(&Value::Blank);
                !rule.same(known, shown)
            };
            answers.iter().filter(differs).count()
        };
        let weighed = standing.iter().take(WEIGHED).enumerate();
        weighed.min_by_key(|(_, value)| far(value.change)).map_or(0, |(position, _)| position)
    }
}

/// Where the answers stand that a value was worked out from.
fn scope(path: &str) -> &str {
    let steps = if path.starts_with("case/") { 1 } else { 2 };
    let end = path.match_indices('/').nth(steps - 1).map_or(path.len(), |(at, _)| at + 1);
    path.get(..end).unwrap_or(path)
}

/// The path of a question in its form: the key of an answer without the ids of repeat instances.
fn without_positions(key: &str) -> String {
    let mut question = String::with_capacity(key.len());
    let mut inside = false;
    for c in key.chars() {
        match c {
            '[' => inside = true,
            ']' => inside = false,
            c if !inside => question.push(c),
            _ => {}
        }
    }
    question
}

/// The position of the value with the least key; of equal ones the first.
fn least<K: Ord>(standing: &[Standing<'_>], key: impl Fn(&Value) -> K) -> usize {
    let all = standing.iter().enumerate();
    all.min_by_key(|(_, value)| key(value.value)).map_or(0, |(position, _)| position)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_of_a_key_has_no_positions() {
        assert_eq!(without_positions("/v/child[@id='n2']/name"), "/v/child/name");
        assert_eq!((scope("case/care"), scope("records/r1/answers//v/a")), ("case/", "records/r1/"));
    }
}
