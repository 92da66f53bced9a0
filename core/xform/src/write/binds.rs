//! The binds: the type of every node and its rules.

use super::export::Export;
use super::markup::{Attributes, Markup, attributes};
use crate::paths::parent;
use crate::vocabulary::{
    CLASS, COUNT, COUNT_OF, INSTANCE_ID, KIND, MERGE, PARAMETERS, PARAMETERS_LEFT, Place, SAVE_TO, bind_type,
};
use ruhu_form::QuestionKind;
use ruhu_form::definition::{Action, ActionKind, Row, Source};
use ruhu_xpath::{NodeDefId, ROOT_DEF};

/// Parameters that are written otherwise than as attributes.
const OTHERWISE: [&str; 5] = ["randomize", "seed", "name", "value", "label"];

impl Export<'_> {
    pub(super) fn binds(&self, markup: &mut Markup) {
        for (row, def) in self.definition().rows.iter().zip(1..) {
            if row.kind == QuestionKind::Repeat {
                self.count_bind(markup, row, def);
            }
            let found = self.bind(row, def);
            // The path alone says nothing.
            if found.len() > 1 {
                markup.empty("bind", found);
            }
        }
        let meta = format!("/{}/meta", self.definition().root);
        for (name, calculation) in self.added_meta() {
            let unique = calculation.is_none();
            markup.empty(
                "bind",
                attributes([
                    ("nodeset", Some(format!("{meta}/{name}"))),
                    ("type", Some("string".to_owned())),
                    ("readonly", unique.then(|| "true()".to_owned())),
                    ("jr:preload", unique.then(|| "uid".to_owned())),
                    ("calculate", calculation.map(|text| self.expression(&text, ROOT_DEF, false))),
                ]),
            );
        }
        self.entity_binds(markup);
    }

    fn bind(&self, row: &Row, def: NodeDefId) -> Attributes {
        let path = self.path_of(def);
        let expression =
            |cell: &Option<Source>| cell.as_ref().map(|cell| self.expression(&cell.text, def, false));
        let (preload, parameter) = preload(row);
        let unique = preload.as_deref() == Some("uid");
        let readonly = match row.kind {
            QuestionKind::Note => Some("true()".to_owned()),
            _ => expression(&row.read_only).filter(|text| text != "false()"),
        };
        let mut found = attributes([
            ("nodeset", Some(path.to_owned())),
            ("type", self.type_of(row)),
            ("readonly", readonly),
            ("required", expression(&row.required).filter(|text| text != "false()")),
            ("relevant", expression(&row.relevant)),
            ("constraint", expression(&row.constraint)),
            ("jr:constraintMsg", self.message(&format!("{path}:jr:constraintMsg"), &row.constraint_messages)),
            ("jr:requiredMsg", self.message(&format!("{path}:jr:requiredMsg"), &row.required_messages)),
            ("calculate", expression(&row.calculation).filter(|_| !unique)),
            ("jr:preload", preload),
            ("jr:preloadParams", parameter),
            ("entities:saveto", row.entity_property.clone()),
            (SAVE_TO, row.save_to.clone()),
            (CLASS, row.class.clone()),
            (MERGE, row.merge.clone()),
            (KIND, self.untold_kind(row, def).map(str::to_owned)),
        ]);
        // The quality of a recording stands with its action.
        if row.kind != QuestionKind::BackgroundAudio {
            found.extend(parameters(row, Place::Bind));
        }
        found.extend(parameters_left(row).map(|text| (PARAMETERS_LEFT.to_owned(), text)));
        let handed = self.handed_through(def, "bind::").into_iter();
        let new: Attributes =
            handed.filter(|(name, _)| !found.iter().any(|(before, _)| before == name)).collect();
        found.extend(new);
        found
    }

    fn type_of(&self, row: &Row) -> Option<String> {
        if matches!(row.kind, QuestionKind::Group | QuestionKind::Repeat) {
            return None;
        }
        let own =
            row.attributes.iter().find(|(name, _)| name == "bind::type").map(|(_, value)| value.clone());
        Some(own.unwrap_or_else(|| bind_type(row).to_owned()))
    }

    /// The kind of a row that control and bind would be taken for another.
    fn untold_kind(&self, row: &Row, def: NodeDefId) -> Option<&'static str> {
        let sets = |action: &Action| action.kind == ActionKind::SetValue;
        let has_value = row.default.is_some() || row.actions.iter().any(sets);
        let unanswerable =
            row.read_only.as_ref().is_some_and(|cell| self.expression(&cell.text, def, false) == "true()");
        match row.kind {
            QuestionKind::Note if has_value || row.calculation.is_some() => Some("note"),
            QuestionKind::Text if unanswerable && row.calculation.is_none() => Some("text"),
            QuestionKind::Calculate if row.calculation.is_none() => Some("calculate"),
            QuestionKind::Hidden if row.calculation.is_some() => Some("hidden"),
            _ => None,
        }
    }

    /// The bind of the node that holds the count of a repeat.
    fn count_bind(&self, markup: &mut Markup, row: &Row, def: NodeDefId) {
        let (Some(helper), Some(count)) = (self.count_helper(def), &row.repeat_count) else { return };
        let path = self.path_of(def);
        markup.empty(
            "bind",
            attributes([
                ("nodeset", Some(format!("{}/{helper}", parent(path)))),
                ("type", Some("string".to_owned())),
                ("readonly", Some("true()".to_owned())),
                ("calculate", Some(self.expression(&count.text, def, false))),
                (COUNT_OF, Some(path.to_owned())),
                (COUNT, Some(count.text.clone())),
            ]),
        );
    }
}

/// What an engine knows when a form is begun, and which of it.
fn preload(row: &Row) -> (Option<String>, Option<String>) {
    let pair = |preload: &str, parameter: &str| (Some(preload.to_owned()), Some(parameter.to_owned()));
    match row.kind {
        QuestionKind::Start => pair("timestamp", "start"),
        QuestionKind::End => pair("timestamp", "end"),
        QuestionKind::Today => pair("date", "today"),
        QuestionKind::Property => pair("property", row.parameters.get("name").unwrap_or("deviceid")),
        QuestionKind::Calculate if row.calculation.as_ref().is_some_and(|cell| cell.text == INSTANCE_ID) => {
            (Some("uid".to_owned()), None)
        }
        _ => (None, None),
    }
}

/// The parameters that are attributes of a bind or of the body.
pub(super) fn parameters(row: &Row, def: Place) -> Attributes {
    PARAMETERS
        .iter()
        .filter(|(_, found, _)| *found == def)
        .filter_map(|(name, _, attribute)| {
            Some(((*attribute).to_owned(), row.parameters.get(name)?.to_owned()))
        })
        .collect()
}

fn parameters_left(row: &Row) -> Option<String> {
    let known =
        |name: &str| OTHERWISE.contains(&name) || PARAMETERS.iter().any(|(found, _, _)| *found == name);
    let left =
        row.parameters.iter().filter(|(name, value)| !known(name) && !value.contains(char::is_whitespace));
    let pairs: Vec<String> = left.map(|(name, value)| format!("{name}={value}")).collect();
    (!pairs.is_empty()).then(|| pairs.join(" "))
}
