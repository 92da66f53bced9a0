//! Whether a node must be answered, may be, and whether its value holds.

use super::Session;
use crate::form::{Piece, Rules, Template};
use crate::lang::{Labels, Text2, labels_to_text2};
use crate::question::{Choice, QuestionKind};
use crate::xpath::{EvalError, Expr, NodeId, ROOT};

impl Session {
    /// Works out what nothing else follows from.
    pub(super) fn check(&mut self, node: NodeId) {
        let form = self.form.clone();
        let Some(rules) = form.program().rules(self.place(node)) else { return };
        let mut failure = None;
        let mut truth = |expr: &Option<Expr>| match expr.as_ref().map(|expr| self.evaluate_truth(expr, node))
        {
            Some(Ok(truth)) => truth,
            Some(Err(error)) => {
                failure = Some(error.text());
                false
            }
            None => false,
        };
        let required = truth(&rules.required);
        let read_only = truth(&rules.read_only);
        let error = self.error_of(node, rules, failure);
        let labels =
            match rules.labels.iter().chain(&rules.hints).any(|(_, label)| label.values().next().is_some()) {
                true => self.render(&rules.labels, node),
                false => Labels::new(),
            };
        self.remember(node);
        let status = self.status_mut(node);
        status.required = required;
        status.read_only = read_only;
        status.error = error;
        status.labels = labels;
    }

    /// What is wrong with the value that stands there.
    fn error_of(&self, node: NodeId, rules: &Rules, failure: Option<Text2>) -> Option<Text2> {
        let failures = &self.status(node)?.failures;
        let failed = [&failures.count, &failures.relevance, &failures.value].into_iter().flatten().next();
        if let Some(text) = failed.or(failure.as_ref()) {
            return Some(failed_text(text));
        }
        let value = self.value(node);
        if value.is_empty() || !self.tree.visible(node) {
            return None;
        }
        match self.all_offered(node, value) {
            Ok(true) => {}
            Ok(false) => return Some(no_longer_offered()),
            Err(error) => return Some(failed_text(&error.text())),
        }
        let constraint = rules.constraint.as_ref()?;
        match self.evaluate_truth(constraint, node) {
            Ok(true) => None,
            Ok(false) => Some(self.constraint_message(node)),
            Err(error) => Some(failed_text(&error.text())),
        }
    }

    /// The form's own words for a broken constraint, or general ones.
    pub(super) fn constraint_message(&self, node: NodeId) -> Text2 {
        let row =
            (self.place(node) as usize).checked_sub(1).and_then(|row| self.form.definition().rows.get(row));
        match row {
            Some(row) if row.constraint_messages.iter().any(|(_, text)| !text.is_empty()) => {
                labels_to_text2(&row.constraint_messages)
            }
            _ => Text2::new("这个值不符合要求。", "This value is not allowed."),
        }
    }

    /// The form's own words for a missing answer; a required note says itself
    /// what is the matter.
    pub(super) fn required_message(&self, node: NodeId) -> Text2 {
        let row =
            (self.place(node) as usize).checked_sub(1).and_then(|row| self.form.definition().rows.get(row));
        match row {
            Some(row) if row.required_messages.iter().any(|(_, text)| !text.is_empty()) => {
                labels_to_text2(&row.required_messages)
            }
            _ if self.kind(node) == QuestionKind::Note => labels_to_text2(&self.labels(node)),
            _ => Text2::new("这一项必须填写。", "This must be answered."),
        }
    }

    /// The labels with their values filled in.
    pub(super) fn labels(&self, node: NodeId) -> Labels {
        match self.status(node) {
            Some(status) if !status.labels.is_empty() => status.labels.clone(),
            _ => self.rules(node).map_or_else(Labels::new, |rules| self.render(&rules.labels, node)),
        }
    }

    pub(super) fn render(&self, templates: &[(String, Template)], node: NodeId) -> Labels {
        let render =
            |(language, template): &(String, Template)| (language.clone(), self.fill_in(template, node));
        templates.iter().map(render).collect()
    }

    fn fill_in(&self, template: &Template, node: NodeId) -> String {
        let mut text = String::new();
        for piece in &template.pieces {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Value(expr) => {
                    if let Ok(value) = self.evaluate(expr, node) {
                        text.push_str(&self.text_of(&value));
                    }
                }
            }
        }
        text
    }

    /// The choices that the filter lets through.
    pub(super) fn offered(&self, node: NodeId) -> Result<Vec<Choice>, EvalError> {
        let mut offered = Vec::new();
        for (n, choice) in self.choices(node).iter().enumerate() {
            if self.passes_filter(node, n)? {
                offered.push(choice.clone());
            }
        }
        Ok(offered)
    }

    /// Whether every chosen value is on offer.
    pub(super) fn all_offered(&self, node: NodeId, value: &str) -> Result<bool, EvalError> {
        let chosen: Vec<&str> = match self.kind(node) {
            QuestionKind::SelectOne => vec![value],
            QuestionKind::SelectMultiple => value.split(' ').collect(),
            _ => return Ok(true),
        };
        for wanted in chosen {
            let mut found = false;
            for (n, _) in self.choices(node).iter().enumerate().filter(|(_, choice)| choice.value == wanted) {
                found = found || self.passes_filter(node, n)?;
            }
            if !found {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) fn choices(&self, node: NodeId) -> &[Choice] {
        let row = (self.place(node) as usize).checked_sub(1);
        row.and_then(|row| self.form.questions().get(row)).map_or(&[], |question| &question.choices)
    }

    /// Whether the n-th choice of the list passes the filter.
    fn passes_filter(&self, node: NodeId, n: usize) -> Result<bool, EvalError> {
        let Some(rules) = self.rules(node) else { return Ok(false) };
        let (Some(filter), Some(list)) = (&rules.choice_filter, rules.list) else { return Ok(true) };
        let tree = self.form.program().lists.get(usize::from(list) - 1);
        let root = tree.and_then(|tree| tree.children(ROOT).first().map(|root| (tree, *root)));
        let item = root.and_then(|(tree, root)| tree.children(root).get(n).copied());
        item.map_or(Ok(false), |item| self.evaluate_filter(filter, node, list, item))
    }
}

fn failed_text(text: &Text2) -> Text2 {
    Text2::new(
        format!("表单算式出错：{}。", text.zh),
        format!("An expression of the form failed: {}.", text.en),
    )
}

fn no_longer_offered() -> Text2 {
    Text2::new("原来的选项已不适用，请重新选择。", "The choice made is no longer on offer; choose again.")
}
