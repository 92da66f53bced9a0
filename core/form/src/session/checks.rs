//! Whether a node must be answered, may be, and whether its value holds.

use super::Session;
use super::status::Failures;
use crate::form::Rules;
use crate::labels::Labels;
use crate::question::QuestionKind;
use crate::template::{Piece, Template};
use ruhu_text::{Bilingual, Explain};
use ruhu_xpath::{Expr, Frame, NodeId, NodeRef};

impl Session {
    /// Works out what nothing else follows from; `proved` when the value has
    /// just been looked at, for it was entered and nothing followed from it.
    pub(super) fn check(&mut self, node: NodeId, proved: bool) {
        let form = self.form.clone();
        let Some(rules) = form.program().rules(self.def(node)) else { return };
        let mut failure = None;
        let mut truth = |expr: &Option<Expr>| match expr.as_ref().map(|expr| self.evaluate_truth(expr, node))
        {
            Some(Ok(truth)) => truth,
            Some(Err(error)) => {
                failure = Some(error.explain().what);
                false
            }
            None => false,
        };
        let required = truth(&rules.required);
        let read_only = truth(&rules.read_only);
        self.set_failure(node, |failures| &mut failures.check, failure);
        let error = self.error_of(node, rules, proved).map(Box::new);
        let labels = if rules.live { self.render(&rules.labels, node) } else { Labels::new() };
        let same = self.status(node).is_some_and(|status| {
            (status.required, status.read_only) == (required, read_only)
                && status.error == error
                && status.labels == labels
        });
        if same {
            return;
        }
        self.remember(node);
        let status = self.status_mut(node);
        status.required = required;
        status.read_only = read_only;
        status.error = error;
        status.labels = labels;
    }

    /// Looks again whether something is wrong with the value: what it depends
    /// on beyond itself has not changed, but whether the node applies.
    pub(super) fn check_error(&mut self, node: NodeId) {
        let form = self.form.clone();
        let Some(rules) = form.program().rules(self.def(node)) else { return };
        let error = self.error_of(node, rules, false).map(Box::new);
        if self.status(node).is_some_and(|status| status.error != error) {
            self.remember(node);
            self.status_mut(node).error = error;
        }
    }

    /// What is wrong with the value that stands there.
    fn error_of(&self, node: NodeId, rules: &Rules, proved: bool) -> Option<Bilingual> {
        if let Some(text) = self.status(node)?.failures.as_deref().and_then(Failures::first) {
            return Some(failed_text(text));
        }
        let value = self.value(node);
        if value.is_empty() || !self.tree.visible(node) {
            return None;
        }
        if let Some(text) = self.beyond_range(node, value) {
            return Some(text);
        }
        if proved {
            return None;
        }
        match self.all_offered(node, value) {
            Ok(true) => {}
            Ok(false) => return Some(no_longer_offered()),
            Err(error) => return Some(failed_text(&error.explain().what)),
        }
        let constraint = rules.constraint.as_ref()?;
        match self.evaluate_truth(constraint, node) {
            Ok(true) => None,
            Ok(false) => Some(self.constraint_message(node)),
            Err(error) => Some(failed_text(&error.explain().what)),
        }
    }

    /// What is wrong with the answer to a range question: a host with a slider
    /// cannot give it, but a value may come from elsewhere, and it is kept.
    pub(super) fn beyond_range(&self, node: NodeId, value: &str) -> Option<Bilingual> {
        if self.kind(node) != QuestionKind::Range {
            return None;
        }
        let question = self.form.questions().get((self.def(node) as usize).checked_sub(1)?)?;
        let (start, end) = (question.parameter("start")?, question.parameter("end")?);
        let (low, high) = (ruhu_xpath::decimal(start)?, ruhu_xpath::decimal(end)?);
        let value = ruhu_xpath::decimal(value)?;
        (value < low.min(high) || value > low.max(high)).then(|| {
            Bilingual::new(
                format!("要在 {start} 到 {end} 之间。"),
                format!("It must lie between {start} and {end}."),
            )
        })
    }

    /// The form's own words for a broken constraint, or general ones.
    pub(super) fn constraint_message(&self, node: NodeId) -> Bilingual {
        let own = self.rules(node).and_then(|rules| self.own_words(&rules.constraint_messages, node));
        own.unwrap_or_else(|| Bilingual::new("这个值不符合要求。", "This value is not allowed."))
    }

    /// The form's own words for a missing answer; a required note says itself
    /// what is the matter.
    pub(super) fn required_message(&self, node: NodeId) -> Bilingual {
        let own = self.rules(node).and_then(|rules| self.own_words(&rules.required_messages, node));
        own.unwrap_or_else(|| match self.kind(node) {
            QuestionKind::Note => self.labels(node).bilingual(),
            _ => Bilingual::new("这一项必须填写。", "This must be answered."),
        })
    }

    /// A message with its values filled in; none when the form has none.
    fn own_words(&self, message: &[(String, Template)], node: NodeId) -> Option<Bilingual> {
        let words = self.render(message, node);
        words.iter().any(|(_, text)| !text.is_empty()).then(|| words.bilingual())
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
        let (evaluator, frame) = (self.evaluator(), Frame::of(NodeRef::element(0, node)));
        let mut text = String::new();
        for piece in &template.pieces {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                // What cannot be worked out is left out.
                Piece::Value(expr) => text.push_str(&evaluator.text_in(expr, frame).unwrap_or_default()),
            }
        }
        text
    }
}

fn failed_text(text: &Bilingual) -> Bilingual {
    Bilingual::new(
        format!("表单算式出错：{}。", text.zh),
        format!("An expression of the form failed: {}.", text.en),
    )
}

fn no_longer_offered() -> Bilingual {
    Bilingual::new("原来的选项已不适用，请重新选择。", "The choice made is no longer on offer; choose again.")
}
