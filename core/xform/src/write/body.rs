//! The body: what is shown.

use super::binds::parameters;
use super::export::Export;
use super::markup::{Attributes, Markup, attributes};
use super::texts::Words;
use crate::paths::{parent, relative};
use crate::vocabulary::{Place, control, media_type};
use ruhu_form::QuestionKind;
use ruhu_form::definition::{LayoutItem, Row};
use ruhu_xpath::{NodeDefId, Schema};

impl Export<'_> {
    /// Writes what stands below an item of the layout, or at the top.
    pub(super) fn body(&mut self, markup: &mut Markup, above: Option<u32>) {
        let below: Vec<(u32, LayoutItem)> = (0..)
            .zip(&self.layout)
            .filter(|(_, item)| item.parent == above)
            .map(|(at, item)| (at, item.clone()))
            .collect();
        for (at, item) in below {
            match item.row.and_then(|row| Some((row + 1, self.row(row + 1)?))) {
                Some((def, row)) => self.shown(markup, at, &item, def, row),
                None => {
                    markup.open("group", attributes([("appearance", item.appearance.clone())]));
                    self.layout_label(markup, at, &item, 0);
                    self.body(markup, Some(at));
                    markup.close();
                }
            }
        }
    }

    fn shown(&mut self, markup: &mut Markup, at: u32, item: &LayoutItem, def: NodeDefId, row: &Row) {
        match row.kind {
            QuestionKind::Group => {
                markup.open("group", self.shared(def, row, "ref"));
                self.label(markup, def, row);
                self.body(markup, Some(at));
                markup.close();
            }
            QuestionKind::Repeat => self.repeat(markup, at, def, row),
            _ => self.control(markup, at, item, def, row),
        }
    }

    fn shared(&self, def: NodeDefId, row: &Row, path: &'static str) -> Attributes {
        let mut found =
            attributes([(path, Some(self.path_of(def).to_owned())), ("appearance", row.appearance.clone())]);
        let handed = self.handed_through(def, "body::").into_iter();
        found.extend(handed.filter(|(name, _)| !matches!(name.as_str(), "control" | "mediatype")));
        found
    }

    fn repeat(&mut self, markup: &mut Markup, at: u32, def: NodeDefId, row: &Row) {
        let path = self.path_of(def).to_owned();
        markup.open("group", attributes([("ref", Some(path.clone()))]));
        self.label(markup, def, row);
        let mut found = self.shared(def, row, "nodeset");
        if let Some(count) = self.count(def, row) {
            found.push(("jr:count".to_owned(), count));
            found.push(("jr:noAddRemove".to_owned(), "true()".to_owned()));
        }
        markup.open("repeat", found);
        self.body(markup, Some(at));
        self.repeat_actions(markup, def);
        markup.close();
        markup.close();
    }

    /// The path of what counts a repeat, relative where repeats hold both.
    fn count(&self, def: NodeDefId, row: &Row) -> Option<String> {
        let count = row.repeat_count.as_ref()?;
        let path = self.path_of(def);
        let holder = self.form.schema().parent(def)?;
        let target = match self.count_helper(def) {
            Some(helper) => format!("{}/{helper}", parent(path)),
            None => self.path(&count.text, holder, parent(path))?,
        };
        let shared = self.repeat_above(def).is_some_and(|repeat| {
            target.strip_prefix(self.path_of(repeat)).is_some_and(|rest| rest.starts_with('/'))
        });
        Some(if shared { relative(path, &target) } else { target })
    }

    fn control(&mut self, markup: &mut Markup, at: u32, item: &LayoutItem, def: NodeDefId, row: &Row) {
        let own = |name: &str| row.attributes.iter().find(|(found, _)| found == name);
        let Some(usual) = control(row.kind) else { return };
        let element = match own("body::control") {
            Some((_, name)) if name == "secret" => "secret",
            _ => usual,
        };
        let mut found = self.shared(def, row, "ref");
        if usual == "upload" {
            let media = own("body::mediatype").map_or(media_type(row.kind), |(_, media)| media);
            found.push(("mediatype".to_owned(), media.to_owned()));
        }
        found.extend(parameters(row, Place::Body));
        markup.open(element, found);
        match item.labels.is_empty() {
            true => self.label(markup, def, row),
            false => self.layout_label(markup, at, item, def),
        }
        let help = Words { labels: &row.hints, media: &[], guidance: row.guidance_hints.as_slice() };
        let id = format!("{}:hint", self.path_of(def));
        self.words(markup, "hint", &id, &help, def);
        self.choices(markup, def, row);
        self.control_actions(markup, def);
        markup.close();
    }

    fn label(&mut self, markup: &mut Markup, def: NodeDefId, row: &Row) {
        let words = Words { labels: &row.labels, media: &row.media, guidance: &[] };
        let id = format!("{}:label", self.path_of(def));
        self.words(markup, "label", &id, &words, def);
    }

    fn layout_label(&mut self, markup: &mut Markup, at: u32, item: &LayoutItem, def: NodeDefId) {
        let words = Words { labels: &item.labels, media: &[], guidance: &[] };
        self.words(markup, "label", &format!("layout-{at}:label"), &words, def);
    }

    fn choices(&self, markup: &mut Markup, def: NodeDefId, row: &Row) {
        let Some((nodes, value, label)) = self.source(def, row) else { return };
        let shuffled =
            row.parameters.get("randomize").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let nodes = match (shuffled, row.parameters.get("seed")) {
            (false, _) => nodes,
            (true, None) => format!("randomize({nodes})"),
            (true, Some(seed)) => format!("randomize({nodes}, {})", self.expression(seed, def, false)),
        };
        markup.open("itemset", attributes([("nodeset", Some(nodes))]));
        markup.empty("value", attributes([("ref", Some(value))]));
        markup.empty("label", attributes([("ref", Some(label))]));
        markup.close();
    }

    /// The nodes that are the choices, their value and their label.
    fn source(&self, def: NodeDefId, row: &Row) -> Option<(String, String, String)> {
        let filter = row.choice_filter.as_ref();
        if let Some(itemset) = &row.itemset {
            let nodes = match filter {
                Some(filter) => {
                    match (ruhu_xpath::parse(&itemset.nodes.text), ruhu_xpath::parse(&filter.text)) {
                        (Ok(nodes), Ok(filter)) => nodes.narrowed(filter).to_string(),
                        _ => itemset.nodes.text.clone(),
                    }
                }
                None => itemset.nodes.text.clone(),
            };
            let nodes = self.expression(&nodes, def, false);
            return Some((nodes, itemset.value.clone(), itemset.label.clone()));
        }
        let list = row.list.as_ref()?;
        let quote = if list.contains('\'') { '"' } else { '\'' };
        let filter = filter.map(|cell| format!("[{}]", self.expression(&cell.text, def, true)));
        let nodes = format!("instance({quote}{list}{quote})/root/item{}", filter.unwrap_or_default());
        let label = if self.has_itext { "jr:itext(itextId)" } else { "label" };
        Some((nodes, "name".to_owned(), label.to_owned()))
    }
}
