//! A walk over the nodes of a session that costs little: without labels,
//! choices and stable keys.

use super::Session;
use crate::question::QuestionKind;
use ruhu_xpath::{NodeDefId, NodeId};

/// A node as it stands, and the way to those below it. [`super::NodeState`]
/// tells all that a host shows.
#[derive(Debug, Clone, Copy)]
pub struct NodeView<'s> {
    session: &'s Session,
    node: NodeId,
}

impl Session {
    /// The root node, which holds all others.
    pub fn root(&self) -> NodeView<'_> {
        NodeView { session: self, node: self.root_node() }
    }
}

impl<'s> NodeView<'s> {
    /// What it holds, in document order: the instances of a repeat stand side
    /// by side.
    pub fn children(self) -> impl Iterator<Item = NodeView<'s>> {
        let NodeView { session, node } = self;
        session.tree.children(node).iter().map(move |node| NodeView { session, node: *node })
    }

    /// Its definition; see [`crate::Form::schema`].
    pub fn definition(self) -> NodeDefId {
        self.session.def(self.node)
    }

    /// Whether it and all that holds it apply.
    pub fn is_relevant(self) -> bool {
        self.session.tree.visible(self.node)
    }

    /// Whether it must be answered to finish.
    pub fn is_required(self) -> bool {
        self.session.status(self.node).is_some_and(|status| status.required)
    }

    /// Whether the form itself says that it may only be read: a note, or by the
    /// column `read_only`. A calculated question is not meant.
    pub fn is_read_only(self) -> bool {
        self.session.status(self.node).is_some_and(|status| status.read_only)
            || self.session.kind(self.node) == QuestionKind::Note
    }

    /// The value as XForms writes it; empty when there is none.
    pub fn value(self) -> &'s str {
        self.session.value(self.node)
    }
}
