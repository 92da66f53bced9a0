//! The sheets `choices` and `external_choices`.

use super::checks::{Cells, Translations};
use super::headings;
use super::table::Table;
use crate::workbook::{Sheet, SheetRow};
use ruhu_form::definition::{ChoiceList, Row};
use ruhu_form::{Choice, Fault, QuestionKind, Severity};
use ruhu_text::Bilingual;
use ruhu_xpath::is_name;
use std::collections::{HashMap, HashSet};

/// A list while it is read.
pub(super) struct List {
    pub name: String,
    pub choices: Vec<Choice>,
}

impl From<List> for ChoiceList {
    fn from(list: List) -> ChoiceList {
        ChoiceList { name: list.name, choices: list.choices.into() }
    }
}

/// The lists of a sheet, and where they stand.
#[derive(Default)]
pub(super) struct Lists {
    pub lists: Vec<List>,
    /// The sheet and the first row of each list.
    begins: HashMap<String, (String, u32)>,
    /// Values with blanks, by list: whether that is an error depends on who
    /// uses the list.
    blanks: Vec<(String, Fault)>,
}

pub(super) fn table(sheet: Sheet, faults: &mut Vec<Fault>) -> Option<Table> {
    if sheet.rows.is_empty() {
        return None;
    }
    let table = Table::of(sheet, &headings::CHOICES, "list_name", faults);
    for column in ["list_name", "name"] {
        if !table.has(column) {
            faults.push(table.missing_column(column));
        }
    }
    Some(table)
}

/// Reads the lists; `allow_duplicates` as the settings say.
pub(super) fn read(
    table: &Table,
    languages: &[String],
    allow_duplicates: bool,
    faults: &mut Vec<Fault>,
) -> Lists {
    Cells::of(&["list_name", "name"]).check(table, faults);
    let mut reader = Reader { table, languages, faults, out: Lists::default(), numbers: HashMap::new() };
    let columns = reader.columns();
    let mut translations = Translations::default();
    let mut seen: HashSet<(String, String)> = HashSet::new();
    for row in table.rows() {
        let Some((list, choice)) = reader.choice(row, &columns) else { continue };
        translations.note(table, row, languages);
        if !seen.insert((list.clone(), choice.value.clone())) && !allow_duplicates {
            let fault = duplicate(&list, &choice.value);
            reader.faults.push(table.fault(fault, row, "name"));
            continue;
        }
        reader.add(row, list, choice);
    }
    let out = reader.out;
    translations.tell(table, faults);
    out
}

fn duplicate(list: &str, value: &str) -> Fault {
    let message = Bilingual::new(
        format!("选项表“{list}”里“{value}”写了两次。"),
        format!("The list “{list}” has “{value}” twice."),
    );
    Fault::error("duplicate-choice", message).hint(Bilingual::new(
        "请删去一行，或给它另一个值。",
        "Remove one of the rows, or give it another value.",
    ))
}

struct Reader<'a> {
    table: &'a Table,
    languages: &'a [String],
    faults: &'a mut Vec<Fault>,
    out: Lists,
    numbers: HashMap<String, usize>,
}

impl Reader<'_> {
    fn fault(&mut self, row: &SheetRow, column: &str, fault: Fault) {
        self.faults.push(self.table.fault(fault, row, column));
    }

    /// The other columns, for choice filters: those whose heading an
    /// expression can name.
    fn columns(&mut self) -> Vec<String> {
        let own =
            |column: &str| matches!(column, "list_name" | "name" | "label") || column.starts_with("media::");
        let mut columns = Vec::new();
        for heading in self.table.headings.iter().filter(|heading| !own(&heading.column)) {
            if is_name(&heading.written) {
                columns.push(heading.written.clone());
                continue;
            }
            let message = Bilingual::new(
                format!("列“{}”不能在算式里用，已忽略。", heading.written),
                format!("No expression can name the column “{}”; it is ignored.", heading.written),
            );
            let hint =
                Bilingual::new("列名里不要有空格和标点。", "Leave blanks and signs out of the heading.");
            let fault = Fault::warning("unknown-column", message).hint(hint);
            let fault = fault.at_sheet(&self.table.sheet.name).at_row(self.table.head_number);
            self.faults.push(fault.at_cell(&heading.written, &heading.written));
        }
        columns
    }

    fn choice(&mut self, row: &SheetRow, columns: &[String]) -> Option<(String, Choice)> {
        let Some(list) = self.table.text(row, "list_name") else {
            if self.table.cell(row, "name").is_some() {
                let message = Bilingual::new(
                    "选项没有写属于哪张选项表，已忽略。",
                    "The choice names no list and is ignored.",
                );
                self.fault(row, "list_name", Fault::warning("choice-without-list", message));
            }
            return None;
        };
        let Some(value) = self.table.text(row, "name") else {
            let message = Bilingual::new("选项没有值。", "The choice has no value.");
            let hint = Bilingual::new("请在 name 列写一个值。", "Give it a value in the column “name”.");
            self.fault(row, "name", Fault::error("choice-without-value", message).hint(hint));
            return None;
        };
        self.check_value(row, &list, &value);
        let labels = self.table.labels(row, "label", self.languages);
        let media = self.table.media(row, self.languages);
        if labels.is_empty() && media.is_empty() {
            let message = Bilingual::new(
                "选项没有文字，将显示它的值。",
                "The choice has no label; its value is shown.",
            );
            self.fault(row, "label", Fault::warning("choice-without-label", message));
        }
        if labels.iter().any(|(_, text)| text.contains("${")) {
            let message = Bilingual::new(
                "选项的文字里引用了题目，将照写的样子显示。",
                "The label of the choice refers to a question; it is shown as written.",
            );
            self.fault(row, "label", Fault::warning("reference-in-choice", message));
        }
        let usual = || self.languages.first().map(|language| (language.clone(), value.clone()));
        let labels = if labels.is_empty() { usual().into_iter().collect() } else { labels };
        let other = |found: &super::table::Found<'_>| {
            !found.text.is_empty() && columns.contains(&found.heading.written)
        };
        let columns = self.table.cells(row).filter(other);
        let columns = columns.map(|found| (found.heading.written.clone(), found.text.to_owned())).collect();
        Some((list, Choice { value, labels, columns, media }))
    }

    fn check_value(&mut self, row: &SheetRow, list: &str, value: &str) {
        let hint = Bilingual::new(
            "请用“_”代替；给人看的文字写在 label 列。",
            "Write “_” instead; what people read belongs in the label.",
        );
        if value.contains(char::is_whitespace) {
            let message = Bilingual::new("选项的值里有空格。", "The value of the choice has blanks.");
            let fault = Fault::warning("blank-in-choice", message).hint(hint);
            self.out.blanks.push((list.to_owned(), self.table.fault(fault, row, "name")));
        } else if value.contains([',', '，', '、', ';', '；']) {
            let message = Bilingual::new(
                "选项的值里有逗号或分号。",
                "The value of the choice has commas or semicolons.",
            );
            self.fault(row, "name", Fault::warning("comma-in-choice", message).hint(hint));
        }
    }

    fn add(&mut self, row: &SheetRow, list: String, choice: Choice) {
        let next = self.out.lists.len();
        let number = *self.numbers.entry(list.clone()).or_insert(next);
        if number == next {
            let place = (self.table.sheet.name.clone(), row.number);
            self.out.begins.insert(list.clone(), place);
            self.out.lists.push(List { name: list, choices: Vec::new() });
        }
        if let Some(list) = self.out.lists.get_mut(number) {
            list.choices.push(choice);
        }
    }
}

impl Lists {
    /// What can be told only when it is known who uses the lists: those that
    /// nobody does, and values that do not fit a select of several.
    pub fn check_use(self, rows: &[Row], looped: &[String], faults: &mut Vec<Fault>) {
        let mut used: HashSet<&str> = looped.iter().map(String::as_str).collect();
        let mut several: HashSet<&str> = HashSet::new();
        for row in rows {
            let Some(list) = row.list.as_deref() else { continue };
            used.insert(list);
            if matches!(row.kind, QuestionKind::SelectMultiple | QuestionKind::Rank) {
                several.insert(list);
            }
        }
        for (list, fault) in self.blanks {
            let bad = several.contains(list.as_str());
            faults.push(Fault { severity: if bad { Severity::Error } else { fault.severity }, ..fault });
        }
        let mut begins: Vec<(String, (String, u32))> = self.begins.into_iter().collect();
        begins.sort_unstable();
        for (list, (sheet, row)) in begins {
            if used.contains(list.as_str()) || rows.iter().any(|row| mentions(row, &list)) {
                continue;
            }
            let message = Bilingual::new(
                format!("没有题目用到选项表“{list}”。"),
                format!("No question uses the list “{list}”."),
            );
            let fault = Fault::warning("unused-list", message).at_sheet(&sheet).at_row(row);
            faults.push(fault.at_cell("list_name", &list));
        }
    }
}

/// Whether a row names the list in an expression or a parameter.
fn mentions(row: &Row, list: &str) -> bool {
    let own = [&row.relevant, &row.required, &row.constraint, &row.calculation, &row.default];
    let more = [&row.choice_filter, &row.repeat_count, &row.read_only];
    let cells =
        own.into_iter().chain(more).flatten().chain(row.actions.iter().filter_map(|a| a.value.as_ref()));
    let quoted = |text: &str| {
        text.match_indices(list)
            .any(|(at, _)| text.get(..at).is_some_and(|before| before.ends_with(['\'', '"'])))
    };
    cells.into_iter().any(|cell| quoted(&cell.text))
        || row.parameters.iter().any(|(_, value)| value == list)
        || row.appearance.as_deref().is_some_and(quoted)
        || row.labels.iter().any(|(_, text)| quoted(text))
}
