//! What the expressions of a node definition say, compiled, and what they look
//! at.

use super::filter::Filter;
use super::schema::FormSchema;
use crate::definition::{ActionKind, Event};
use crate::question::QuestionKind;
use crate::template::Template;
use ruhu_xpath::{Expr, NodeDefId, Reference, Schema, compile_paths};

/// What a definition's expressions say.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    pub kind: Option<QuestionKind>,
    pub relevant: Option<Expr>,
    pub required: Option<Expr>,
    pub read_only: Option<Expr>,
    pub constraint: Option<Expr>,
    pub calculation: Option<Expr>,
    pub default: Option<InitialValue>,
    pub choice_filter: Option<Filter>,
    pub itemset: Option<Items>,
    /// Whether choices are offered in a random order, and what it grows from.
    pub randomize: Option<Seed>,
    pub actions: Vec<CompiledAction>,
    pub repeat_count: Option<Expr>,
    /// The number of the tree of its choices; see [`Program::lists`].
    pub list: Option<u16>,
    pub labels: Vec<(String, Template)>,
    pub hints: Vec<(String, Template)>,
    pub constraint_messages: Vec<(String, Template)>,
    pub required_messages: Vec<(String, Template)>,
    /// Whether labels or hints hold values of the form.
    pub live: bool,
}

impl Rules {
    /// Compiles the paths of all expressions; what they look at is known by now.
    pub(super) fn compile_paths(&mut self, schema: &FormSchema, def: NodeDefId) {
        let Rules { relevant, required, read_only, constraint, calculation, .. } = self;
        let mut here: Vec<&mut Expr> =
            [relevant, required, read_only, constraint, calculation].into_iter().flatten().collect();
        if let Some(InitialValue::Dynamic(expr)) = &mut self.default {
            here.push(expr);
        }
        here.extend(self.itemset.as_mut().map(|items| &mut items.nodes));
        here.extend(self.actions.iter_mut().filter_map(|action| match &mut action.value {
            ActionValue::Expr(expr) => Some(expr),
            ActionValue::Text(_) => None,
        }));
        if let Some(Seed::Given(expr)) = &mut self.randomize {
            here.push(expr);
        }
        let messages = self.constraint_messages.iter_mut().chain(&mut self.required_messages);
        let texts = self.labels.iter_mut().chain(&mut self.hints).chain(messages);
        here.extend(texts.flat_map(|(_, template)| template.values_mut()));
        here.into_iter().for_each(|expr| compile_paths(expr, schema, def, false));
        if let Some(filter) = &mut self.choice_filter {
            filter.compile_paths(schema, def);
        }
        if let (Some(expr), Some(parent)) = (&mut self.repeat_count, schema.parent(def)) {
            compile_paths(expr, schema, parent, false);
        }
    }
}

/// The nodes that are the choices, already narrowed by the choice filter.
#[derive(Debug)]
pub(crate) struct Items {
    pub nodes: Expr,
    /// The children of a node that hold its value and its label.
    pub value: String,
    pub label: String,
}

/// What a random order grows from.
#[derive(Debug)]
pub(crate) enum Seed {
    /// The session and the question.
    Session,
    Given(Expr),
}

/// An action, compiled; it stands with the rules of the definition that it sets.
#[derive(Debug)]
pub(crate) struct CompiledAction {
    pub event: Event,
    /// The definition whose change is meant.
    pub source: Option<NodeDefId>,
    pub kind: ActionKind,
    pub value: ActionValue,
}

/// What an action sets.
#[derive(Debug)]
pub(crate) enum ActionValue {
    Text(String),
    Expr(Expr),
}

/// What the expressions of a definition look at, by what they are for.
#[derive(Debug, Default)]
pub(super) struct Dependencies {
    pub count: Option<Vec<Reference>>,
    pub relevance: Option<Vec<Reference>>,
    pub value: Option<Vec<Reference>>,
    /// Nothing follows from these.
    pub checks: Vec<Reference>,
}

/// What stands in a new node.
#[derive(Debug)]
pub(crate) enum InitialValue {
    Static(String),
    Dynamic(Expr),
}
