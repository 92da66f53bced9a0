//! Paths of nodes in a document: `/html[1]/body[1]/@id`, `/div[1]/node()[2]`.

use ruhu_xpath::{NodeId, Part, ROOT, Tree};

/// A node of a whole document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub id: NodeId,
    pub part: Part,
}

/// One segment of a path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Segment<'p> {
    /// The n-th element of that name, from 1.
    Element(&'p str, usize),
    /// The n-th child, counting elements too, from 1.
    Node(usize),
    Attribute(&'p str),
}

/// Splits a path; none when it is not one.
pub(super) fn segments(path: &str) -> Option<Vec<Segment<'_>>> {
    let rest = path.strip_prefix('/')?;
    rest.split('/').filter(|part| !part.is_empty()).map(segment).collect()
}

fn segment(part: &str) -> Option<Segment<'_>> {
    if let Some(name) = part.strip_prefix('@') {
        return Some(Segment::Attribute(name));
    }
    let (name, position) = part.strip_suffix(']')?.split_once('[')?;
    let position = position.parse().ok().filter(|position| *position > 0)?;
    Some(if name == "node()" { Segment::Node(position) } else { Segment::Element(name, position) })
}

impl Place {
    pub fn root() -> Place {
        Place { id: ROOT, part: Part::Whole }
    }

    /// The place one segment further down.
    pub fn step(self, tree: &Tree, segment: &Segment<'_>) -> Option<Place> {
        if self.part != Part::Whole {
            return None;
        }
        match segment {
            Segment::Attribute(name) => {
                let attributes = &tree.get(self.id)?.attributes;
                let at = attributes.iter().position(|(found, _)| local(found) == local(name))?;
                Some(Place { part: Part::Attribute(u16::try_from(at).ok()?), ..self })
            }
            // Elements are named, so this is a text; that of an element without
            // children is not a node of its own.
            Segment::Node(position) => match tree.children(self.id).get(position - 1) {
                Some(id) => tree.is_text(*id).then_some(Place { id: *id, part: Part::Whole }),
                None => {
                    (*position == 1 && has_text(tree, self.id)).then_some(Place { part: Part::Text, ..self })
                }
            },
            Segment::Element(name, position) => {
                let id = element(tree, self.id, name, *position)?;
                Some(Place { id, part: Part::Whole })
            }
        }
    }
}

/// The path of an element or text; nothing for the root.
pub(super) fn path(tree: &Tree, id: NodeId) -> String {
    let mut parts = Vec::new();
    let mut at = id;
    while let Some((node, parent)) = tree.get(at).and_then(|node| Some((node, node.parent?))) {
        let siblings = tree.children(parent);
        let before = siblings.iter().take_while(|sibling| **sibling != at);
        parts.push(match node.name.is_empty() {
            true => format!("/node()[{}]", before.count() + 1),
            false => {
                let same = |id: &&NodeId| tree.get(**id).is_some_and(|other| other.name == node.name);
                format!("/{}[{}]", node.name, before.filter(same).count() + 1)
            }
        });
        at = parent;
    }
    parts.reverse();
    parts.concat()
}

fn has_text(tree: &Tree, id: NodeId) -> bool {
    tree.get(id).is_some_and(|node| node.children.is_empty() && !node.text.is_empty())
}

/// Paths name elements as their source did, trees by canonical prefixes. So the
/// name itself counts first; else a prefix that the tree does not have means one
/// that it has renamed, and none means the main namespace of the document.
fn element(tree: &Tree, parent: NodeId, name: &str, position: usize) -> Option<NodeId> {
    let elements: Vec<(NodeId, &str)> = tree
        .children(parent)
        .iter()
        .filter_map(|id| Some((*id, &*tree.get(*id)?.name)))
        .filter(|(_, found)| !found.is_empty() && local(found) == local(name))
        .collect();
    let first =
        |test: &dyn Fn(&str) -> bool| elements.iter().map(|(_, found)| *found).find(|found| test(found));
    let wanted = first(&|found| found == name)
        .or_else(|| first(&|found| found.starts_with(OTHER) == name.contains(':')))
        .or_else(|| first(&|_| true))?;
    elements.iter().filter(|(_, found)| *found == wanted).nth(position - 1).map(|(id, _)| *id)
}

/// The prefix that files write for any namespace but XHTML's and XForms'.
const OTHER: &str = "ns:";

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_split_into_segments() {
        let expected = vec![Segment::Element("h:html", 1), Segment::Node(2), Segment::Attribute("id")];
        assert_eq!(segments("/h:html[1]/node()[2]/@id"), Some(expected));
        assert_eq!(segments("/"), Some(Vec::new()));
        for bad in ["", "html[1]", "/html", "/html[0]", "/html[x]"] {
            assert_eq!(segments(bad), None, "{bad}");
        }
    }
}
