//! The pages of a form: its rows as they stand, or, where the screen has an
//! order and groups of its own, its layout.

use super::{NodeState, Page, Session};
use crate::definition::LayoutItem;
use crate::labels::Labels;
use crate::question::QuestionKind;
use crate::template::Template;
use ruhu_xpath::{NodeDefId, NodeId, Schema};

/// Something on the screen.
#[derive(Debug, Clone, Copy)]
struct Spot {
    /// The node; for a group that exists on the screen only, what holds it.
    node: NodeId,
    /// The item of the layout, where the form has one.
    item: Option<usize>,
}

/// A session with what stands below each item of its layout.
struct Screen<'s> {
    session: &'s Session,
    /// Items at the top, then those below each item; empty without a layout.
    below: Vec<Vec<usize>>,
}

impl Session {
    /// What a host shows, page by page: the relevant questions of each group
    /// directly below the form, of each `field-list` group and of each repeat
    /// instance stand together; questions outside any group make pages between
    /// them. Values behind the scenes are left out, and so are empty pages.
    /// An imported XForm can have groups on the screen that are none of its
    /// nodes; their pages have the path of what holds them.
    pub fn pages(&self) -> Vec<Page> {
        Screen::of(self).pages()
    }

    /// The nodes of `def` that belong with `node`.
    fn nodes_with(&self, node: NodeId, def: NodeDefId) -> Vec<NodeId> {
        let lineage: Vec<NodeDefId> = self.schema().lineage(def).collect();
        let mut above = node;
        while !lineage.contains(&self.def(above)) {
            let holder = self.tree.get(above).and_then(|node| node.parent);
            above = holder.unwrap_or_else(|| self.root_node());
        }
        self.nodes_below(above, def)
    }
}

impl<'s> Screen<'s> {
    fn of(session: &'s Session) -> Self {
        let layout = &session.form.definition().layout;
        let mut below = vec![Vec::new(); if layout.is_empty() { 0 } else { layout.len() + 1 }];
        for (at, item) in layout.iter().enumerate() {
            // What holds an item comes earlier; damaged bytes may say otherwise.
            let holder = item.parent.map(|parent| parent as usize).filter(|parent| *parent < at);
            if let Some(list) = below.get_mut(holder.map_or(0, |parent| parent + 1)) {
                list.push(at);
            }
        }
        Screen { session, below }
    }

    fn item(&self, spot: Spot) -> Option<&'s LayoutItem> {
        self.session.form.definition().layout.get(spot.item?)
    }

    fn pages(&self) -> Vec<Page> {
        let root = Spot { node: self.session.root_node(), item: None };
        let mut pages = Vec::new();
        let mut loose: Option<Page> = None;
        for spot in self.below(root) {
            if !self.session.tree.visible(spot.node) {
                continue;
            }
            if self.is_group(spot) {
                pages.extend(loose.take());
                self.group_pages(spot, &mut pages);
            } else if self.session.kind(spot.node).is_shown() {
                loose.get_or_insert_with(|| self.empty_page(root)).nodes.push(self.state(spot));
            }
        }
        pages.extend(loose);
        pages
    }

    /// What stands directly below a group, a repeat instance or the form.
    fn below(&self, spot: Spot) -> Vec<Spot> {
        let session = self.session;
        if self.below.is_empty() {
            let children = session.tree.children(spot.node).iter();
            return children.map(|node| Spot { node: *node, item: None }).collect();
        }
        let mut found = Vec::new();
        for at in self.below.get(spot.item.map_or(0, |item| item + 1)).into_iter().flatten() {
            let row = session.form.definition().layout.get(*at).and_then(|item| item.row);
            let nodes = match row.filter(|row| (*row as usize) < session.form.questions().len()) {
                Some(row) => session.nodes_with(spot.node, row + 1),
                None => vec![spot.node],
            };
            found.extend(nodes.into_iter().map(|node| Spot { node, item: Some(*at) }));
        }
        found
    }

    fn is_group(&self, spot: Spot) -> bool {
        match self.item(spot) {
            Some(item) if item.row.is_none() => true,
            _ => self.session.kind(spot.node).is_container(),
        }
    }

    fn empty_page(&self, spot: Spot) -> Page {
        let labels = match self.item(spot) {
            Some(item) if item.row.is_none() => self.labels(item, spot.node),
            _ => self.session.labels(spot.node),
        };
        Page { path: self.session.key(spot.node), labels, nodes: Vec::new() }
    }

    fn state(&self, spot: Spot) -> NodeState {
        let mut state = self.session.state(spot.node);
        // A question that is shown a second time can have other words.
        if let Some(item) = self.item(spot).filter(|item| !item.labels.is_empty()) {
            state.labels = self.labels(item, spot.node);
        }
        state
    }

    /// The labels of the layout, filled in. They are few, so they are not
    /// compiled with the form.
    fn labels(&self, item: &LayoutItem, node: NodeId) -> Labels {
        let (session, def) = (self.session, self.session.def(node));
        let compile = |text: &str| {
            ruhu_xpath::resolve(ruhu_xpath::parse(text).ok()?, session.schema(), def, false).ok()
        };
        let template =
            |(language, text): &(String, String)| (language.clone(), Template::read(text, compile));
        session.render(&item.labels.iter().map(template).collect::<Vec<_>>(), node)
    }

    /// The pages of one group: itself, broken where a page of its own stands.
    fn group_pages(&self, group: Spot, pages: &mut Vec<Page>) {
        let mut page = self.empty_page(group);
        let mut open = self.below(group);
        open.reverse();
        while let Some(spot) = open.pop() {
            if !self.session.tree.visible(spot.node) {
                continue;
            }
            if self.has_own_page(spot) {
                let filled = std::mem::replace(&mut page, self.empty_page(group));
                pages.extend(Some(filled).filter(|page| !page.nodes.is_empty()));
                self.group_pages(spot, pages);
            } else if self.is_group(spot) {
                open.extend(self.below(spot).into_iter().rev());
            } else if self.session.kind(spot.node).is_shown() {
                page.nodes.push(self.state(spot));
            }
        }
        pages.extend(Some(page).filter(|page| !page.nodes.is_empty()));
    }

    fn has_own_page(&self, spot: Spot) -> bool {
        let appearance = match self.item(spot) {
            Some(item) if item.row.is_none() => item.appearance.as_deref(),
            _ => self.session.row(spot.node).and_then(|row| row.appearance.as_deref()),
        };
        let field_list = appearance.unwrap_or("").split_whitespace().any(|word| word == "field-list");
        match (self.is_group(spot), self.session.kind(spot.node)) {
            (true, QuestionKind::Repeat) if self.item(spot).is_none_or(|item| item.row.is_some()) => true,
            (group, _) => group && field_list,
        }
    }
}
