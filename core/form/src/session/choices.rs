//! The choices of a question: a list narrowed by its filter, or nodes; in
//! order or shuffled.

use super::Session;
use crate::choices::{Choice, Choices};
use crate::form::{Filter, Seed};
use crate::labels::Labels;
use crate::question::QuestionKind;
use ruhu_xpath::{EvalError, Frame, NodeId, NodeRef, ROOT, Tree, Value, shuffle, text_seed};
use std::sync::{Arc, LazyLock};

impl Session {
    /// The choices on offer, in the order they are shown.
    pub(super) fn offered(&self, node: NodeId) -> Result<Choices, EvalError> {
        match self.rules(node).and_then(|rules| rules.itemset.as_ref()) {
            Some(items) => {
                let label = |item: NodeRef| self.child_text(item, &items.label);
                let choice = |item: NodeRef| {
                    let value = self.child_text(item, &items.value)?;
                    let label = label(item).unwrap_or_else(|| value.clone());
                    let language = self.form.languages().first().cloned().unwrap_or_default();
                    let labels = Labels::one(language, label);
                    Some(Choice { value, labels, columns: Vec::new(), media: Vec::new() })
                };
                let offered: Vec<Choice> = self.items(node)?.into_iter().filter_map(choice).collect();
                Ok(self.shuffle(node, offered)?.into_iter().collect())
            }
            None => {
                let list = self.choices(node).clone();
                let rules = self.rules(node);
                if rules.is_none_or(|rules| rules.choice_filter.is_none() && rules.randomize.is_none()) {
                    return Ok(Choices::all(list));
                }
                let kept = self.kept(node)?;
                Ok(Choices::some(list, self.shuffle(node, kept)?))
            }
        }
    }

    /// The nodes that are the choices; those without a value are none.
    fn items(&self, node: NodeId) -> Result<Vec<NodeRef>, EvalError> {
        let Some(items) = self.rules(node).and_then(|rules| rules.itemset.as_ref()) else {
            return Ok(Vec::new());
        };
        match self.evaluate(&items.nodes, node)? {
            Value::Nodes(nodes) => Ok(nodes),
            _ => Err(EvalError::NotNodes { function: "itemset" }),
        }
    }

    /// The text of a child; `.` is the node itself. None when it is blank.
    fn child_text(&self, item: NodeRef, name: &str) -> Option<String> {
        let tree = self.tree_of(item.tree)?;
        let found = match name {
            "." => item.id,
            name => {
                let named = |id: &&NodeId| tree.get(**id).is_some_and(|node| &*node.name == name);
                *tree.children(item.id).iter().find(named)?
            }
        };
        Some(tree.string_value(found).into_owned()).filter(|text| !text.is_empty())
    }

    fn tree_of(&self, number: u16) -> Option<&Tree> {
        match usize::from(number).checked_sub(1) {
            None => Some(&self.tree),
            Some(list) => self.form.program().lists.get(list),
        }
    }

    fn shuffle<T>(&self, node: NodeId, offered: Vec<T>) -> Result<Vec<T>, EvalError> {
        let seed = match self.rules(node).and_then(|rules| rules.randomize.as_ref()) {
            None => return Ok(offered),
            Some(Seed::Session) => text_seed(&format!("{} {}", self.begun.seed, self.key(node))),
            Some(Seed::Given(expr)) => {
                let value = self.evaluate(expr, node)?;
                match self.number_of(&value) {
                    number if number.is_nan() => text_seed(&self.text_of(&value)),
                    number => number as i64,
                }
            }
        };
        Ok(shuffle(offered, seed))
    }

    /// Whether every chosen value is on offer.
    pub(super) fn all_offered(&self, node: NodeId, value: &str) -> Result<bool, EvalError> {
        let chosen: Vec<&str> = match self.kind(node) {
            QuestionKind::SelectOne => vec![value],
            QuestionKind::SelectMultiple | QuestionKind::Rank => value.split(' ').collect(),
            _ => return Ok(true),
        };
        let Some(rules) = self.rules(node) else { return Ok(false) };
        if let Some(items) = &rules.itemset {
            let nodes = self.items(node)?;
            let values: Vec<String> =
                nodes.into_iter().filter_map(|item| self.child_text(item, &items.value)).collect();
            return Ok(chosen.iter().all(|wanted| values.iter().any(|value| value == wanted)));
        }
        for wanted in chosen {
            let mut found = false;
            for position in self.positions(node, wanted) {
                found = found || self.passes(node, *position)?;
            }
            if !found {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// All choices of the question's list.
    pub(super) fn choices(&self, node: NodeId) -> &Arc<[Choice]> {
        static NONE: LazyLock<Arc<[Choice]>> = LazyLock::new(|| Arc::from([]));
        let row = (self.def(node) as usize).checked_sub(1);
        row.and_then(|row| self.form.questions().get(row)).map_or(&NONE, |question| &question.choices)
    }

    /// The label of a value, whether it is on offer now or not.
    pub(super) fn label_of(&self, node: NodeId, value: &str) -> Option<String> {
        let known = self.positions(node, value).first();
        if let Some(choice) = known.and_then(|position| self.choices(node).get(*position)) {
            return Some(choice.label(self.first_language()).to_owned());
        }
        let items = self.rules(node)?.itemset.as_ref()?;
        let nodes = self.items(node).ok()?;
        let item =
            nodes.into_iter().find(|item| self.child_text(*item, &items.value).as_deref() == Some(value))?;
        self.child_text(item, &items.label)
    }

    /// The positions of the choices that the filter lets through.
    fn kept(&self, node: NodeId) -> Result<Vec<usize>, EvalError> {
        let all = || (0..self.choices(node).len()).collect();
        let Some(filter) = self.rules(node).and_then(|rules| rules.choice_filter.as_ref()) else {
            return Ok(all());
        };
        let candidates = self.candidates(node, filter)?.unwrap_or_else(all);
        let mut kept = Vec::new();
        for position in candidates {
            if self.passes(node, position)? {
                kept.push(position);
            }
        }
        Ok(kept)
    }

    /// What the filter's index finds; none where it cannot tell.
    fn candidates(&self, node: NodeId, filter: &Filter) -> Result<Option<Vec<usize>>, EvalError> {
        let Some((column, key)) = filter.key() else { return Ok(None) };
        let evaluator = self.evaluator();
        let texts: Vec<String> = match evaluator.comparand(key, Frame::of(NodeRef::element(0, node)))? {
            Value::Nodes(nodes) => {
                nodes.into_iter().map(|node| evaluator.node_text(node).into_owned()).collect()
            }
            Value::Text(text) => vec![text],
            // Numbers, days and truths compare otherwise than texts.
            _ => return Ok(None),
        };
        let positions = |text: &String| self.form.program().positions_by(column, text);
        let mut found: Vec<usize> = texts.iter().flat_map(positions).copied().collect();
        found.sort_unstable();
        found.dedup();
        Ok(Some(found))
    }

    /// The positions in the question's list of the choices with this value.
    fn positions(&self, node: NodeId, value: &str) -> &[usize] {
        let list = self.rules(node).and_then(|rules| rules.list);
        list.map_or(&[], |list| self.form.program().positions(list, value))
    }

    /// The tree of the question's list, and its number.
    fn list(&self, node: NodeId) -> Option<(&Tree, u16)> {
        let number = self.rules(node)?.list?;
        Some((self.tree_of(number)?, number))
    }

    /// Whether the choice at `position` of the list passes the filter.
    fn passes(&self, node: NodeId, position: usize) -> Result<bool, EvalError> {
        let filter = self.rules(node).and_then(|rules| rules.choice_filter.as_ref());
        let (Some(filter), Some((tree, number))) = (filter, self.list(node)) else { return Ok(true) };
        let root = tree.children(ROOT).first().copied();
        let item = root.and_then(|root| tree.children(root).get(position).copied());
        item.map_or(Ok(false), |item| self.evaluate_filter(filter.expr(), node, number, item))
    }
}
