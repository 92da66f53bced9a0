//! The three ways to name a node: its question's bare name, a path with
//! positions, and its stable key.

use super::Session;
use super::error::AnswerError;
use ruhu_text::nearest;
use ruhu_xpath::{Node, NodeDefId, NodeId, ROOT_DEF, Schema};

/// The longest path, in bytes.
const MAX_PATH: usize = 4096;

/// One step of a path as written.
#[derive(Debug, PartialEq, Eq)]
struct Segment<'a> {
    name: &'a str,
    selector: Option<Selector<'a>>,
}

/// Which instance of a repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Selector<'a> {
    /// `[2]`, from 1.
    Position(usize),
    /// `[@id='a1']`
    Id(&'a str),
}

/// Where a path leads.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target {
    Node(NodeId),
    /// A repeat as a whole: its last step names no instance.
    Repeat {
        def: NodeDefId,
        parent: NodeId,
    },
}

impl Session {
    /// The stable key of what `path` names: a bare question name that is
    /// unique, a path with positions, or a stable key. Where a path leaves out
    /// which instance of a repeat is meant, there must be only one. A repeat
    /// as a whole has a key without an id on its last step.
    ///
    /// # Errors
    /// When the path names nothing, or several nodes.
    pub fn canonical(&self, path: &str) -> Result<String, AnswerError> {
        match self.locate(path)? {
            Target::Node(node) => Ok(self.key(node)),
            Target::Repeat { def, parent } => Ok(format!("{}/{}", self.key(parent), self.schema().name(def))),
        }
    }

    /// Finds what `path` names.
    pub(super) fn locate(&self, path: &str) -> Result<Target, AnswerError> {
        let bad = || AnswerError::BadPath { path: path.chars().take(200).collect() };
        if path.len() > MAX_PATH {
            return Err(bad());
        }
        if let Some(node) = self.node_of_key(path) {
            return Ok(Target::Node(node));
        }
        let absolute = path.starts_with('/');
        let segments = segments(path.trim_start_matches('/')).ok_or_else(bad)?;
        let defs = self.defs(path, absolute, &segments)?;
        let mut node = self.root_node();
        let last = defs.len();
        for (n, (def, selector)) in defs.into_iter().enumerate() {
            if n + 1 == last && selector.is_none() && self.schema().is_repeat(def) {
                return Ok(Target::Repeat { def, parent: node });
            }
            node = self.choose(path, node, def, selector)?;
        }
        Ok(Target::Node(node))
    }

    /// The node of a stable key, or of a path with a position for each repeat:
    /// the ways hosts name nodes, answer for answer.
    fn node_of_key(&self, key: &str) -> Option<NodeId> {
        let (_, last) = key.rsplit_once('/')?;
        let name = last.split_once('[').map_or(last, |(name, _)| name);
        self.schema().named(name).iter().find_map(|def| self.node_of_def(key, *def))
    }

    /// The node of `def` that is named so.
    fn node_of_def(&self, key: &str, def: NodeDefId) -> Option<NodeId> {
        let found = self.schema().get(def)?;
        let (above, last) = key.rsplit_once('/')?;
        let selector = segment(last).filter(|last| *last.name == *found.name)?.selector;
        let parent = match found.parent {
            Some(parent) => self.node_of_def(above, parent)?,
            None => return above.is_empty().then(|| self.root_node()).filter(|_| selector.is_none()),
        };
        match selector {
            None if !found.repeat => self.tree.child_of_row(parent, def, found.offset),
            Some(Selector::Id(id)) if found.repeat => self.instance(parent, def, id),
            Some(Selector::Position(position)) if found.repeat => {
                self.instances(parent, def).get(position.checked_sub(1)?).copied()
            }
            _ => None,
        }
    }

    /// The node `path` names; a repeat's only instance when it has one.
    pub(super) fn locate_node(&self, path: &str) -> Result<NodeId, AnswerError> {
        match self.locate(path)? {
            Target::Node(node) => Ok(node),
            Target::Repeat { def, parent } => self.choose(path, parent, def, None),
        }
    }

    /// The definitions from below the root down to the one that is named.
    fn defs<'a>(
        &self,
        path: &str,
        absolute: bool,
        segments: &[Segment<'a>],
    ) -> Result<Vec<(NodeDefId, Option<Selector<'a>>)>, AnswerError> {
        let unknown = |name: &str| AnswerError::UnknownPath {
            path: path.to_owned(),
            suggestion: nearest(name, self.schema().names()).map(str::to_owned),
        };
        let Some((first, rest)) = segments.split_first() else { return Err(unknown(path)) };
        let schema = self.schema();
        let start = match schema.named(first.name) {
            _ if absolute && first.name == schema.name(ROOT_DEF) && first.selector.is_none() => ROOT_DEF,
            [only] if !absolute => *only,
            [] | [_] => return Err(unknown(first.name)),
            _ if absolute => return Err(unknown(first.name)),
            _ => return Err(AnswerError::AmbiguousPath { path: path.to_owned() }),
        };
        let mut defs: Vec<_> = schema.lineage(start).map(|def| (def, None)).collect();
        if let Some(own) = defs.first_mut() {
            own.1 = first.selector;
        }
        defs.pop();
        defs.reverse();
        let mut def = start;
        for segment in rest {
            def = schema.child(def, segment.name).ok_or_else(|| unknown(segment.name))?;
            defs.push((def, segment.selector));
        }
        Ok(defs)
    }

    fn choose(
        &self,
        path: &str,
        parent: NodeId,
        def: NodeDefId,
        selector: Option<Selector<'_>>,
    ) -> Result<NodeId, AnswerError> {
        let unknown = || AnswerError::UnknownPath { path: path.to_owned(), suggestion: None };
        let nodes = self.instances(parent, def);
        let found = match selector {
            Some(_) if !self.schema().is_repeat(def) => {
                return Err(AnswerError::NotARepeat { path: path.to_owned() });
            }
            Some(Selector::Position(position)) => position.checked_sub(1).and_then(|n| nodes.get(n)).copied(),
            Some(Selector::Id(id)) => self.instance(parent, def, id),
            None if nodes.len() > 1 => return Err(AnswerError::AmbiguousPath { path: path.to_owned() }),
            None => nodes.first().copied(),
        };
        found.ok_or_else(unknown)
    }

    /// The stable key of a node.
    pub(crate) fn key(&self, node: NodeId) -> String {
        // Outside of repeats it is the path of the question.
        let def = self.def(node);
        if let Some(question) = (def as usize).checked_sub(1).and_then(|row| self.form.questions().get(row))
            && question.repeat_depth == 0
            && !self.schema().is_repeat(def)
        {
            return question.path.clone();
        }
        let lineage = std::iter::successors(self.tree.get(node), |found| self.tree.get(found.parent?));
        let mut steps: Vec<&Node> = lineage.filter(|found| found.row.is_some()).collect();
        steps.reverse();
        let mut key = String::with_capacity(64);
        for found in steps {
            key.push('/');
            key.push_str(&found.name);
            if let Some((_, id)) = found.attributes.first() {
                key.push_str("[@id='");
                key.push_str(id);
                key.push_str("']");
            }
        }
        key
    }
}

fn segments(path: &str) -> Option<Vec<Segment<'_>>> {
    path.split('/').map(segment).collect()
}

fn segment(text: &str) -> Option<Segment<'_>> {
    let Some((name, rest)) = text.split_once('[') else {
        return (!text.is_empty()).then_some(Segment { name: text, selector: None });
    };
    let inner = rest.strip_suffix(']')?;
    let selector = match inner.strip_prefix("@id=") {
        Some(id) => {
            let quoted = |quote: char| id.strip_prefix(quote).and_then(|id| id.strip_suffix(quote));
            Selector::Id(quoted('\'').or_else(|| quoted('"')).filter(|id| is_instance_id(id))?)
        }
        None => Selector::Position(inner.parse().ok()?),
    };
    (!name.is_empty()).then_some(Segment { name, selector: Some(selector) })
}

/// Whether a host may call a repeat instance so.
pub(super) fn is_instance_id(id: &str) -> bool {
    (1..=40).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_read_in_each_of_their_forms() {
        assert_eq!(segment("name"), Some(Segment { name: "name", selector: None }));
        assert_eq!(segment("i[2]"), Some(Segment { name: "i", selector: Some(Selector::Position(2)) }));
        assert_eq!(segment("i[@id='a1']"), Some(Segment { name: "i", selector: Some(Selector::Id("a1")) }));
        for bad in ["", "[1]", "i[", "i[x]", "i[@id=a1]", "i[@id='']", "i[@id='a b']", "i[-1]"] {
            assert_eq!(segment(bad), None, "{bad}");
        }
    }
}
