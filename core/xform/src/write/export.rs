//! A form on its way to XML: what all parts of the writer ask.

use super::itext::{Itext, needs_itext};
use super::markup::{Attributes, Markup, attributes};
use crate::vocabulary;
use crate::xml::NAMESPACES;
use ruhu_form::definition::{DefaultValue, Definition, LayoutItem, Row};
use ruhu_form::{Form, QuestionKind};
use ruhu_xpath::{NodeDefId, Schema};

/// A form being written.
pub(super) struct Export<'f> {
    pub(super) form: &'f Form,
    pub(super) has_itext: bool,
    pub(super) itext: Itext,
    /// What the screen shows: the form's own layout, or that of its rows.
    pub(super) layout: Vec<LayoutItem>,
}

impl<'f> Export<'f> {
    pub(super) fn of(form: &'f Form) -> Self {
        let definition = form.definition();
        let layout = match definition.layout.is_empty() {
            true => layout_of_rows(definition),
            false => definition.layout.clone(),
        };
        Export { form, has_itext: needs_itext(definition), itext: Itext::default(), layout }
    }

    pub(super) fn definition(&self) -> &'f Definition {
        self.form.definition()
    }

    pub(super) fn row(&self, def: NodeDefId) -> Option<&'f Row> {
        self.definition().rows.get((def as usize).checked_sub(1)?)
    }

    pub(super) fn path_of(&self, def: NodeDefId) -> &'f str {
        let row = (def as usize).checked_sub(1);
        row.and_then(|row| self.form.questions().get(row)).map_or("", |question| &question.path)
    }

    pub(super) fn setting(&self, name: &str) -> Option<String> {
        let settings = &self.definition().settings;
        settings.iter().find(|(found, _)| found == name).map(|(_, value)| value.clone())
    }

    pub(super) fn static_default(&self, def: NodeDefId) -> Option<&'f str> {
        match self.row(def)?.default_value()? {
            DefaultValue::Text(text) => Some(text),
            DefaultValue::Expression(_) => None,
        }
    }

    /// The nearest repeat that holds a definition.
    pub(super) fn repeat_above(&self, def: NodeDefId) -> Option<NodeDefId> {
        let schema = self.form.schema();
        schema.lineage(def).skip(1).find(|above| schema.is_repeat(*above))
    }

    pub(super) fn write(&mut self) -> String {
        let mut markup = Markup::new();
        let address = |(prefix, address): (&str, &str)| match prefix {
            "" => ("xmlns".to_owned(), address.to_owned()),
            prefix => (format!("xmlns:{prefix}"), address.to_owned()),
        };
        markup.open("h:html", NAMESPACES.into_iter().map(address).collect());
        markup.open("h:head", Vec::new());
        markup.leaf("h:title", Vec::new(), self.form.title());
        let entities = (!self.definition().entities.is_empty()).then(|| "2024.1.0".to_owned());
        let versions =
            [("odk:xforms-version", Some("1.0.0".to_owned())), ("entities:entities-version", entities)];
        markup.open("model", attributes(versions));
        self.submission(&mut markup);
        self.write_itext(&mut markup);
        self.primary(&mut markup);
        self.secondary(&mut markup);
        self.binds(&mut markup);
        self.model_actions(&mut markup);
        markup.close();
        markup.close();
        markup.open("h:body", attributes([("class", self.setting("style"))]));
        self.body(&mut markup, None);
        markup.finish()
    }

    pub(super) fn submission(&self, markup: &mut Markup) {
        let action = self.setting("submission_url");
        let method = action.as_ref().map(|_| "post".to_owned());
        let found: Attributes = attributes([
            ("action", action),
            ("method", method),
            ("base64RsaPublicKey", self.setting("public_key")),
            ("orx:auto-send", self.setting("auto_send")),
            ("orx:auto-delete", self.setting("auto_delete")),
        ]);
        if !found.is_empty() {
            markup.empty("submission", found);
        }
    }
}

/// The screen of a form that says nothing about it: rows with a control, the
/// groups that hold them, and all repeats.
fn layout_of_rows(definition: &Definition) -> Vec<LayoutItem> {
    let mut shown: Vec<bool> = definition
        .rows
        .iter()
        .map(|row| {
            vocabulary::control(row.kind).is_some()
                || row.kind == QuestionKind::Repeat
                || (row.kind == QuestionKind::Group && !row.labels.is_empty())
        })
        .collect();
    // Rows come after what holds them.
    for (at, row) in definition.rows.iter().enumerate().rev() {
        let visible = shown.get(at).copied().unwrap_or(false);
        if let Some(holder) = row.parent.and_then(|parent| shown.get_mut(parent as usize)).filter(|_| visible)
        {
            *holder = true;
        }
    }
    let mut items: Vec<Option<u32>> = Vec::with_capacity(shown.len());
    let mut layout: Vec<LayoutItem> = Vec::new();
    for ((row, visible), n) in definition.rows.iter().zip(shown).zip(0..) {
        items.push(visible.then_some(layout.len() as u32));
        if visible {
            let parent = row.parent.and_then(|parent| items.get(parent as usize).copied().flatten());
            layout.push(LayoutItem { row: Some(n), parent, ..LayoutItem::default() });
        }
    }
    layout
}
