//! The sheet `choices`.

use super::table::Table;
use crate::fault::Fault;
use crate::form::definition::ChoiceList;
use crate::lang::Text2;
use crate::question::Choice;
use crate::workbook::SheetRow;
use std::collections::{HashMap, HashSet};

pub(super) const ALIASES: [(&str, &str); 4] =
    [("list", "list_name"), ("listname", "list_name"), ("value", "name"), ("choice_label", "label")];

pub(super) fn read(
    table: &Table<'_>,
    languages: &[String],
    allow_duplicates: bool,
    faults: &mut Vec<Fault>,
) -> Vec<ChoiceList> {
    let mut lists: Vec<ChoiceList> = Vec::new();
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let mut seen: HashSet<(String, String)> = HashSet::new();
    if table.sheet.rows.is_empty() {
        return lists;
    }
    for column in ["list_name", "name"].into_iter().filter(|column| !table.has(column)) {
        let message = Text2::new(format!("缺少列“{column}”。"), format!("The column “{column}” is missing."));
        faults.push(
            Fault::error("missing-column", message).at_sheet(&table.sheet.name).at_row(1).at_cell(column, ""),
        );
    }
    for row in table.rows() {
        let Some(list) = table.cell(row, "list_name") else { continue };
        let Some(choice) = choice(table, row, languages, faults) else { continue };
        let key = (list.text.to_owned(), choice.value.clone());
        if !seen.insert(key) && !allow_duplicates {
            let message = Text2::new(
                format!("选项表“{}”里“{}”写了两次。", list.text, choice.value),
                format!("The list “{}” has “{}” twice.", list.text, choice.value),
            );
            faults.push(table.fault(Fault::error("duplicate-choice", message), row, "name").hint(
                Text2::new(
                    "请删去一行，或给它另一个值。",
                    "Remove one of the rows, or give it another value.",
                ),
            ));
            continue;
        }
        let next = lists.len();
        let number = *numbers.entry(list.text.to_owned()).or_insert(next);
        if number == next {
            lists.push(ChoiceList { name: list.text.to_owned(), choices: Vec::new() });
        }
        if let Some(list) = lists.get_mut(number) {
            list.choices.push(choice);
        }
    }
    lists
}

fn choice(
    table: &Table<'_>,
    row: &SheetRow,
    languages: &[String],
    faults: &mut Vec<Fault>,
) -> Option<Choice> {
    let Some(name) = table.cell(row, "name") else {
        let message = Text2::new("选项没有值。", "The choice has no value.");
        faults.push(table.fault(Fault::error("choice-without-value", message), row, "name"));
        return None;
    };
    if name.text.contains(char::is_whitespace) {
        let message = Text2::new("选项的值里不能有空格。", "The value of a choice cannot contain blanks.");
        faults.push(table.fault(Fault::error("blank-in-choice", message), row, "name").hint(Text2::new(
            "请用“_”代替空格；给人看的文字写在 label 列。",
            "Write “_” instead; what people read belongs in the label.",
        )));
    }
    let labels = table.labels(row, "label", languages);
    if labels.is_empty() {
        let message =
            Text2::new("选项没有文字，将显示它的值。", "The choice has no label; its value is shown.");
        faults.push(table.fault(Fault::warning("choice-without-label", message), row, "label"));
    }
    if let Some((_, text)) = labels.iter().find(|(_, text)| text.contains("${")) {
        let message =
            Text2::new("选项的文字里不能引用题目。", "The label of a choice cannot refer to questions.");
        faults.push(
            table.fault(Fault::error("reference-in-choice", message), row, "label").at_cell("label", text),
        );
    }
    let labels =
        if labels.is_empty() { vec![(languages.first()?.clone(), name.text.to_owned())] } else { labels };
    let own = |column: &str| matches!(column, "list_name" | "name" | "label");
    let columns = table
        .cells(row)
        .filter(|found| !own(&found.heading.column) && !found.heading.column.starts_with("media::"))
        .map(|found| (found.heading.written.clone(), found.text.to_owned()))
        .collect();
    Some(Choice { value: name.text.to_owned(), labels, columns, media: Vec::new() })
}
