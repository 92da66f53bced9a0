//! What expressions know of a form: the tree of its node definitions. An
//! instance of the form has nodes; each is of one definition, and a definition
//! below a repeat has many.

/// The number of a node definition. All are numbered from 0 in document order.
pub type NodeDefId = u32;

/// The number of the root definition.
pub const ROOT_DEF: NodeDefId = 0;

/// The tree of node definitions that names and paths are resolved against.
///
/// What is asked of an id that there is none of has an answer too: no name, no
/// parent, no children.
pub trait Schema {
    /// The element's name; empty for an unknown id.
    fn name(&self, id: NodeDefId) -> &str;

    /// What holds it; none for the root.
    fn parent(&self, id: NodeDefId) -> Option<NodeDefId>;

    /// What it holds, in document order.
    fn children(&self, id: NodeDefId) -> &[NodeDefId];

    /// Its position among the children of its parent, from 0.
    fn offset(&self, id: NodeDefId) -> u32;

    /// How many hold it.
    fn depth(&self, id: NodeDefId) -> u32;

    /// Whether there may be several such nodes below one parent.
    fn is_repeat(&self, id: NodeDefId) -> bool;

    /// All of that name, in document order.
    fn named(&self, name: &str) -> &[NodeDefId];

    /// Every name that there is, in any order.
    fn names(&self) -> impl Iterator<Item = &str>;

    /// The child of that name.
    fn child(&self, id: NodeDefId, name: &str) -> Option<NodeDefId> {
        self.named(name).iter().copied().find(|found| self.parent(*found) == Some(id))
    }

    /// The definition and all that hold it, from the inside out.
    fn lineage(&self, id: NodeDefId) -> impl Iterator<Item = NodeDefId> {
        std::iter::successors(Some(id), |id| self.parent(*id))
    }

    /// The definition and all below it, in document order.
    fn subtree(&self, id: NodeDefId) -> Vec<NodeDefId> {
        let mut found = Vec::new();
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            found.push(id);
            open.extend(self.children(id).iter().rev());
        }
        found
    }
}
