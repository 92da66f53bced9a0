//! A document of a vector as trees. An XForm becomes what a session has: the
//! primary instance is the tree of the answers, every other instance a list.

use super::place::{self, Place, Segment, segments};
use super::vectors::Markup;
use ruhu_xpath::{Evaluator, Frame, Host, Node, NodeId, NodeRef, Part, ROOT, Regex, Tree};
use std::sync::Arc;

/// Trees, and where in the document each of them stands.
pub(super) struct Document {
    trees: Vec<Tree>,
    /// The whole document; an XForm's instances are copies of parts of it.
    whole: Tree,
    /// The nodes of `whole` that are the roots of `trees`.
    roots: Vec<NodeId>,
    /// The ids of the lists, from the second tree on.
    names: Vec<String>,
}

/// The prefix that files of vectors write for the namespace of XForms. In an
/// XForm it is the default one, so that expressions name its elements bare.
const XFORMS: &str = "xf:";

impl Document {
    /// What vectors without a document are worked out over: one empty element.
    pub fn empty() -> Document {
        let mut whole = Tree::new();
        whole.append(ROOT, Node::element(Arc::from("root")));
        Document { trees: vec![whole.clone()], whole, roots: vec![ROOT], names: Vec::new() }
    }

    /// Reads `[name, {attributes}?, text or child...]`; none when it is not
    /// that. `paths` are those of the file within this document.
    pub fn read(markup: &Markup, paths: &[&str]) -> Option<Document> {
        let mut whole = Tree::new();
        append(&mut whole, ROOT, markup)?;
        restore(&mut whole, paths);
        let instances = instances(&whole);
        if instances.is_empty() {
            return Some(Document {
                trees: vec![whole.clone()],
                whole,
                roots: vec![ROOT],
                names: Vec::new(),
            });
        }
        let trees = instances.iter().map(|id| part(&whole, *id)).collect();
        let names = instances.iter().skip(1).map(|id| attribute(&whole, *id, "id").to_owned()).collect();
        Some(Document { trees, whole, roots: instances, names })
    }

    /// An evaluator over the document, and the frame of a node of it.
    pub fn evaluator<'a>(
        &'a self,
        host: &'a dyn Host,
        environment: ruhu_xpath::Environment,
    ) -> Evaluator<'a> {
        // There is always a first tree.
        let (answers, lists) = self.trees.split_first().map_or((&self.whole, &[][..]), |found| found);
        Evaluator::new(answers, lists, host, environment)
    }

    /// The node at a path of the file; in an XForm one within an instance.
    pub fn place(&self, path: &str) -> Option<NodeRef> {
        let mut place = Place::root();
        for segment in segments(path)? {
            place = place.step(&self.whole, &segment)?;
        }
        self.located(place)
    }

    /// The node of the trees that a place of the whole document is.
    fn located(&self, place: Place) -> Option<NodeRef> {
        let mut way = Vec::new();
        let mut at = place.id;
        loop {
            if let Some(tree) = self.roots.iter().position(|root| *root == at) {
                let mut id = ROOT;
                for position in way.into_iter().rev() {
                    id = *self.trees.get(tree)?.children(id).get(position)?;
                }
                return Some(NodeRef { tree: tree as u16, id, part: place.part });
            }
            let parent = self.whole.get(at)?.parent?;
            way.push(self.whole.children(parent).iter().position(|child| *child == at)?);
            at = parent;
        }
    }

    /// The path of a node, for a person: by local positions, the tree's own names.
    pub fn path(&self, node: NodeRef) -> String {
        let (Some(tree), Some(root)) =
            (self.trees.get(usize::from(node.tree)), self.roots.get(usize::from(node.tree)))
        else {
            return String::new();
        };
        let mut path = String::new();
        if *root != ROOT {
            path = place::path(&self.whole, *root);
        }
        path.push_str(&place::path(tree, node.id));
        match node.part {
            Part::Whole => {}
            Part::Text => path.push_str("/node()[1]"),
            Part::Attribute(n) => {
                let attributes = tree.get(node.id).map_or(&[][..], |node| &node.attributes);
                let name = attributes.get(usize::from(n)).map_or("", |(name, _)| name);
                path.push_str(&format!("/@{name}"));
            }
        }
        if path.is_empty() { "/".to_owned() } else { path }
    }

    /// The text of the default translation, or of the first.
    fn itext(&self, id: &str) -> Option<String> {
        let whole = &self.whole;
        let named = |name: &'static str| {
            move |node: &NodeId| whole.get(*node).is_some_and(|node| &*node.name == name)
        };
        let all = whole.subtree(ROOT);
        let translations: Vec<NodeId> = all.into_iter().filter(named("translation")).collect();
        let is_default = |node: &&NodeId| {
            let mut attributes = whole.get(**node).into_iter().flat_map(|node| &node.attributes);
            attributes.any(|(name, _)| &**name == "default")
        };
        let translation = translations.iter().find(is_default).or(translations.first())?;
        let mut texts = whole.children(*translation).iter().filter(|text| named("text")(text));
        let text = texts.find(|text| attribute(whole, **text, "id") == id)?;
        let mut values = whole.children(*text).iter().filter(|value| named("value")(value));
        let value = values.find(|value| attribute(whole, **value, "form").is_empty())?;
        Some(whole.string_value(*value).into_owned())
    }
}

impl Host for Document {
    fn choice_label(&self, _: NodeRef, _: &str) -> Option<String> {
        None
    }

    fn list(&self, name: &str) -> Option<u16> {
        let at = self.names.iter().position(|known| known == name)?;
        u16::try_from(at + 1).ok()
    }

    fn key(&self, node: NodeRef) -> String {
        format!("{node:?}")
    }

    fn pattern(&self, _: &str) -> Option<&Regex> {
        None
    }

    fn language(&self) -> &str {
        "en"
    }

    fn itext(&self, id: &str) -> Option<String> {
        Document::itext(self, id)
    }
}

/// The frame of an expression whose context node this is.
pub(super) fn frame(node: NodeRef) -> Frame {
    Frame::of(node)
}

/// Appends an element with all below it. serde_json bounds how deep it is.
fn append(tree: &mut Tree, parent: NodeId, markup: &Markup) -> Option<NodeId> {
    let Markup::Element(parts) = markup else { return None };
    let (Markup::Text(name), mut rest) = parts.split_first()? else { return None };
    let mut node = Node::element(Arc::from(name.strip_prefix(XFORMS).unwrap_or(name)));
    if let Some((Markup::Attributes(attributes), children)) = rest.split_first() {
        let pairs = attributes.0.iter().map(|(name, value)| (Arc::from(name.as_str()), value.clone()));
        node.attributes.extend(pairs);
        rest = children;
    }
    if let [Markup::Text(text)] = rest {
        node.text = text.clone();
        return Some(tree.append(parent, node));
    }
    let id = tree.append(parent, node);
    for child in rest {
        match child {
            Markup::Text(text) if text.is_empty() => {}
            Markup::Text(text) => {
                tree.append(id, Node { text: text.clone(), ..Node::element(Arc::from("")) });
            }
            child => {
                append(tree, id, child)?;
            }
        }
    }
    Some(id)
}

/// Comments, processing instructions, the document type and the borders of
/// CDATA sections are not in the file's trees, but its paths count them: each
/// is put back as an empty text.
fn restore(whole: &mut Tree, paths: &[&str]) {
    let mut counted: Vec<(Vec<Segment<'_>>, usize)> = Vec::new();
    for path in paths {
        let mut segments = segments(path).unwrap_or_default();
        if let Some(Segment::Node(position)) = segments.last() {
            let position = *position;
            segments.pop();
            counted.push((segments, position));
        }
    }
    // In the order of positions, each counts those put back before it.
    counted.sort_by_key(|(above, position)| (above.len(), *position));
    for (above, position) in counted {
        let place = above.iter().try_fold(Place::root(), |place, segment| place.step(whole, segment));
        let Some(parent) = place else { continue };
        if parent.step(whole, &Segment::Node(position)).is_none() {
            unfold_text(whole, parent.id);
            whole.insert(parent.id, position - 1, Node::element(Arc::from("")));
        }
    }
}

/// Makes the text of an element without children a child.
fn unfold_text(tree: &mut Tree, id: NodeId) {
    let text = tree.get_mut(id).map(|node| std::mem::take(&mut node.text)).unwrap_or_default();
    if !text.is_empty() {
        tree.append(id, Node { text, ..Node::element(Arc::from("")) });
    }
}

/// The instances of an XForm, the primary one first; none in other documents.
fn instances(whole: &Tree) -> Vec<NodeId> {
    let mut at = vec![ROOT];
    for name in ["html", "head", "model", "instance"] {
        let below = at.iter().flat_map(|id| whole.children(*id)).copied();
        let named =
            |id: &NodeId| whole.get(*id).is_some_and(|node| node.name.rsplit(':').next() == Some(name));
        at = below.filter(named).collect();
    }
    at
}

/// A copy of the node as the root of a tree of its own.
fn part(whole: &Tree, from: NodeId) -> Tree {
    let mut tree = Tree::new();
    if let (Some(root), Some(node)) = (tree.get_mut(ROOT), whole.get(from)) {
        root.attributes.clone_from(&node.attributes);
    }
    let mut open = vec![(from, ROOT)];
    while let Some((from, to)) = open.pop() {
        for child in whole.children(from) {
            let Some(node) = whole.get(*child) else { continue };
            let copy = tree.append(to, Node { children: Vec::new(), ..node.clone() });
            open.push((*child, copy));
        }
    }
    tree
}

fn attribute<'t>(tree: &'t Tree, id: NodeId, name: &str) -> &'t str {
    let mut attributes = tree.get(id).into_iter().flat_map(|node| &node.attributes);
    attributes.find(|(found, _)| &**found == name).map_or("", |(_, value)| value)
}
