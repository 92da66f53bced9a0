//! Selects: where their choices come from, `or_other`, and grids of selects.

use super::survey::{Survey, TableList};
use super::types::{ChoiceSource, FILES};
use crate::workbook::SheetRow;
use ruhu_form::definition::{Instance, Itemset, Row, Source};
use ruhu_form::{Choice, Labels, QuestionKind, language_code};
use ruhu_text::{Bilingual, Diagnostic, nearest};

/// The choice that `or_other` adds, as XLSForm names it.
const OTHER: &str = "other";

impl Survey<'_> {
    pub fn select(&mut self, row: &SheetRow, kind: QuestionKind, from: &ChoiceSource, other: bool) {
        let Some(name) = self.name(row) else { return };
        let mut question = self.base(row, kind, name);
        match from {
            ChoiceSource::List(list) => self.choose_of_list(row, &mut question, list, other),
            ChoiceSource::External(list) => self.choose_of_external(row, &mut question, list),
            ChoiceSource::File(file) => self.choose_of_file(row, &mut question, file),
            ChoiceSource::Answers(name) => self.answers.push((self.rows.len(), name.clone())),
        }
        if other && !matches!(from, ChoiceSource::List(_)) {
            let message = Bilingual::new(
                "or_other 只能用于 choices 工作表里的选项表。",
                "“or_other” is for lists of the sheet “choices” only.",
            );
            self.diagnostic(row, "type", Diagnostic::error("bad-or-other", message));
        }
        let specify = (other && question.list.is_some()).then(|| self.specify(&question));
        self.push(row, question);
        self.rows.extend(specify);
    }

    fn choose_of_list(&mut self, row: &SheetRow, question: &mut Row, list: &str, other: bool) {
        question.list = Some(list.to_owned());
        if !self.given.lists.iter().any(|known| known.name == list) {
            return self.unknown_list(row, list);
        }
        if other {
            self.add_other(row, question, list);
        }
        self.in_table_list(row, question, list);
    }

    pub fn unknown_list(&mut self, row: &SheetRow, list: &str) {
        let message = Bilingual::new(format!("没有选项表“{list}”。"), format!("There is no list “{list}”."));
        let near = nearest(list, self.given.lists.iter().map(|list| list.name.as_str()));
        let help = near.map_or_else(
            || Bilingual::new("请在 choices 工作表写上它的选项。", "Add its choices on the sheet “choices”."),
            |near| Bilingual::new(format!("是不是“{near}”？"), format!("Did you mean “{near}”?")),
        );
        self.diagnostic(row, "type", Diagnostic::error("unknown-list", message).help(help));
    }

    fn choose_of_external(&mut self, row: &SheetRow, question: &mut Row, list: &str) {
        if !self.given.external.iter().any(|known| known == list) {
            let message = Bilingual::new(
                format!("external_choices 工作表里没有选项表“{list}”。"),
                format!("The sheet “external_choices” has no list “{list}”."),
            );
            let near = nearest(list, self.given.external.iter().map(String::as_str));
            let help = near
                .map(|near| Bilingual::new(format!("是不是“{near}”？"), format!("Did you mean “{near}”?")));
            self.diagnostic(
                row,
                "type",
                Diagnostic::error("unknown-list", message).help(help.unwrap_or_default()),
            );
        }
        question.list = Some(list.to_owned());
    }

    fn choose_of_file(&mut self, row: &SheetRow, question: &mut Row, file: &str) {
        let Some((id, ending)) = file.rsplit_once('.').filter(|(id, ending)| {
            !id.is_empty()
                && !id.contains(['.', '\''])
                && FILES.iter().any(|known| ending.eq_ignore_ascii_case(known))
        }) else {
            let message = Bilingual::new(
                format!("“{file}”不是选项文件的名字。"),
                format!("“{file}” is not the name of a file with choices."),
            );
            let help = Bilingual::new(
                "文件名应以 .csv、.xml 或 .geojson 结尾。",
                "The name must end with .csv, .xml or .geojson.",
            );
            return self.diagnostic(row, "type", Diagnostic::error("bad-file-name", message).help(help));
        };
        // The places of a GeoJSON file are known by id and title (ODK XForms).
        let (value, label) =
            if ending.eq_ignore_ascii_case("geojson") { ("id", "title") } else { ("name", "label") };
        let parameter = |name: &str, usual: &str| question.parameters.get(name).unwrap_or(usual).to_owned();
        question.itemset = Some(Itemset {
            nodes: Source { text: format!("instance('{id}')/root/item"), column: "type".to_owned() },
            value: parameter("value", value),
            label: parameter("label", label),
        });
        self.attach(row, Instance { id: id.to_owned(), file: Some(file.to_owned()), ..Instance::default() });
    }

    /// Adds the choice “other” to the list, for all who use it, as XLSForm does.
    fn add_other(&mut self, row: &SheetRow, question: &Row, list: &str) {
        if question.choice_filter.is_some() {
            let message = Bilingual::new(
                "or_other 不能和 choice_filter 一起用。",
                "“or_other” cannot be used with a choice filter.",
            );
            let help = Bilingual::new(
                "请在选项表里自己加“其他”，再加一道填空题。",
                "Add the choice “other” and a text question yourself.",
            );
            self.diagnostic(row, "type", Diagnostic::error("bad-or-other", message).help(help));
        }
        let labels = in_languages(self.given.languages, "其他", "Other");
        let Some(list) = self.given.lists.iter_mut().find(|known| known.name == list) else { return };
        if !list.choices.iter().any(|choice| choice.value == OTHER) {
            let value = OTHER.to_owned();
            list.choices.push(Choice { value, labels, columns: Vec::new(), media: Vec::new() });
        }
    }

    /// The question that asks which other.
    fn specify(&self, question: &Row) -> Row {
        Row {
            kind: QuestionKind::Text,
            name: format!("{}_other", question.name),
            parent: question.parent,
            labels: in_languages(self.given.languages, "请写明其他是什么。", "Specify other."),
            relevant: Some(Source {
                text: format!("selected(../{}, '{OTHER}')", question.name),
                column: "type".to_owned(),
            }),
            line: question.line,
            ..Row::default()
        }
    }

    /// The appearance `table-list` of a group: the group is one page, its
    /// selects share a list and show only their buttons.
    pub fn table_list(&mut self, group: &mut Row) -> TableList {
        let words: Vec<&str> = group.appearance.as_deref().unwrap_or_default().split_whitespace().collect();
        if !words.contains(&"table-list") {
            return TableList::No;
        }
        let others = words.into_iter().filter(|word| *word != "table-list");
        let appearance: Vec<&str> = std::iter::once("field-list").chain(others).collect();
        group.appearance = Some(appearance.join(" "));
        TableList::Begun
    }

    /// The label of such a group stands as a note in it.
    pub fn table_list_label(&self, group: &mut Row, at: usize) -> Option<Row> {
        if group.labels.is_empty() && group.hints.is_empty() {
            return None;
        }
        Some(Row {
            kind: QuestionKind::Note,
            name: format!("generated_table_list_label_{}", group.line),
            parent: u32::try_from(at).ok(),
            labels: std::mem::take(&mut group.labels),
            hints: std::mem::take(&mut group.hints),
            line: group.line,
            ..Row::default()
        })
    }

    /// A select within such a group; before the first stands one that shows
    /// the labels of the choices.
    fn in_table_list(&mut self, row: &SheetRow, question: &mut Row, list: &str) {
        let parent = self.parent();
        let Some(open) = self.open.last_mut().filter(|open| open.table_list != TableList::No) else { return };
        let first = open.table_list == TableList::Begun;
        let differs = matches!(&open.table_list, TableList::Of(other) if other != list);
        if first {
            open.table_list = TableList::Of(list.to_owned());
            self.rows.push(Row {
                kind: question.kind,
                name: format!("reserved_name_for_field_list_labels_{}", row.number),
                parent,
                appearance: Some("label".to_owned()),
                list: Some(list.to_owned()),
                line: row.number,
                ..Row::default()
            });
        }
        if differs {
            let message = Bilingual::new(
                "table-list 组里的选择题要用同一张选项表。",
                "All selects of a “table-list” group must have the same list.",
            );
            self.diagnostic(row, "type", Diagnostic::error("mixed-table-list", message));
        } else if question.choice_filter.is_some() {
            let message = Bilingual::new(
                "table-list 组里不能用 choice_filter。",
                "A “table-list” group cannot have choice filters.",
            );
            self.diagnostic(row, "choice_filter", Diagnostic::error("filter-in-table-list", message));
        }
        question.appearance = Some("list-nolabel".to_owned());
    }
}

/// A text of Ruhu's own in the languages of a form.
fn in_languages(languages: &[String], zh: &str, en: &str) -> Labels {
    let chinese = |language: &str| {
        language_code(language).to_ascii_lowercase().starts_with("zh")
            || language.contains(['中', '汉', '漢'])
    };
    // A form whose one language has no name is in the language of its county.
    let text = |language: &String| {
        let text = if language.is_empty() || chinese(language) { zh } else { en };
        (language.clone(), text.to_owned())
    };
    languages.iter().map(text).collect()
}
