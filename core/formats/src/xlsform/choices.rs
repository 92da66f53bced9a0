//! The sheets `choices` and `external_choices`.

use super::checks::{Cells, Translations};
use super::headings;
use super::table::Table;
use crate::workbook::{Sheet, SheetRow};
use ruhu_form::definition::{ChoiceList, Row};
use ruhu_form::{Choice, QuestionKind};
use ruhu_text::{Bilingual, Diagnostic, Severity};
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
    blanks: Vec<(String, Diagnostic)>,
}

pub(super) fn table(sheet: Sheet, diagnostics: &mut Vec<Diagnostic>) -> Option<Table> {
    if sheet.rows.is_empty() {
        return None;
    }
    let table = Table::of(sheet, &headings::CHOICES, "list_name", diagnostics);
    for column in ["list_name", "name"] {
        if !table.has(column) {
            diagnostics.push(table.missing_column(column));
        }
    }
    Some(table)
}

/// Reads the lists; `allow_duplicates` as the settings say.
pub(super) fn read(
    table: &Table,
    languages: &[String],
    allow_duplicates: bool,
    diagnostics: &mut Vec<Diagnostic>,
) -> Lists {
    Cells::of(&["list_name", "name"]).check(table, diagnostics);
    let mut reader = Reader { table, languages, diagnostics, out: Lists::default(), numbers: HashMap::new() };
    let columns = reader.columns();
    let mut translations = Translations::default();
    let mut seen: HashSet<(String, String)> = HashSet::new();
    for row in table.rows() {
        let Some((list, choice)) = reader.choice(row, &columns) else { continue };
        translations.note(table, row, languages);
        if !seen.insert((list.clone(), choice.value.clone())) && !allow_duplicates {
            let diagnostic = duplicate(&list, &choice.value);
            reader.diagnostics.push(table.diagnostic(diagnostic, row, "name"));
            continue;
        }
        reader.add(row, list, choice);
    }
    let out = reader.out;
    translations.tell(table, diagnostics);
    out
}

fn duplicate(list: &str, value: &str) -> Diagnostic {
    let message = Bilingual::new(
        format!("选项表“{list}”里“{value}”写了两次。"),
        format!("The list “{list}” has “{value}” twice."),
    );
    Diagnostic::error("duplicate-choice", message).help(Bilingual::new(
        "请删去一行，或给它另一个值。",
        "Remove one of the rows, or give it another value.",
    ))
}

struct Reader<'a> {
    table: &'a Table,
    languages: &'a [String],
    diagnostics: &'a mut Vec<Diagnostic>,
    out: Lists,
    numbers: HashMap<String, usize>,
}

impl Reader<'_> {
    fn diagnostic(&mut self, row: &SheetRow, column: &str, diagnostic: Diagnostic) {
        self.diagnostics.push(self.table.diagnostic(diagnostic, row, column));
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
            let help =
                Bilingual::new("列名里不要有空格和标点。", "Leave blanks and signs out of the heading.");
            let diagnostic = Diagnostic::warning("unknown-column", message).help(help);
            let diagnostic = diagnostic.at_sheet(&self.table.sheet.name).at_row(self.table.head_number);
            self.diagnostics.push(diagnostic.at_cell(&heading.written, &heading.written));
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
                self.diagnostic(row, "list_name", Diagnostic::warning("choice-without-list", message));
            }
            return None;
        };
        let Some(value) = self.table.text(row, "name") else {
            let message = Bilingual::new("选项没有值。", "The choice has no value.");
            let help = Bilingual::new("请在 name 列写一个值。", "Give it a value in the column “name”.");
            self.diagnostic(row, "name", Diagnostic::error("choice-without-value", message).help(help));
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
            self.diagnostic(row, "label", Diagnostic::warning("choice-without-label", message));
        }
        if labels.iter().any(|(_, text)| text.contains("${")) {
            let message = Bilingual::new(
                "选项的文字里引用了题目，将照写的样子显示。",
                "The label of the choice refers to a question; it is shown as written.",
            );
            self.diagnostic(row, "label", Diagnostic::warning("reference-in-choice", message));
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
        let help = Bilingual::new(
            "请用“_”代替；给人看的文字写在 label 列。",
            "Write “_” instead; what people read belongs in the label.",
        );
        if value.contains(char::is_whitespace) {
            let message = Bilingual::new("选项的值里有空格。", "The value of the choice has blanks.");
            let diagnostic = Diagnostic::warning("blank-in-choice", message).help(help);
            self.out.blanks.push((list.to_owned(), self.table.diagnostic(diagnostic, row, "name")));
        } else if value.contains([',', '，', '、', ';', '；']) {
            let message = Bilingual::new(
                "选项的值里有逗号或分号。",
                "The value of the choice has commas or semicolons.",
            );
            self.diagnostic(row, "name", Diagnostic::warning("comma-in-choice", message).help(help));
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
    pub fn check_use(self, rows: &[Row], looped: &[String], diagnostics: &mut Vec<Diagnostic>) {
        let mut used: HashSet<&str> = looped.iter().map(String::as_str).collect();
        let mut several: HashSet<&str> = HashSet::new();
        for row in rows {
            let Some(list) = row.list.as_deref() else { continue };
            used.insert(list);
            if matches!(row.kind, QuestionKind::SelectMultiple | QuestionKind::Rank) {
                several.insert(list);
            }
        }
        for (list, diagnostic) in self.blanks {
            let bad = several.contains(list.as_str());
            diagnostics.push(Diagnostic {
                severity: if bad { Severity::Error } else { diagnostic.severity },
                ..diagnostic
            });
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
            let diagnostic = Diagnostic::warning("unused-list", message).at_sheet(&sheet).at_row(row);
            diagnostics.push(diagnostic.at_cell("list_name", &list));
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
