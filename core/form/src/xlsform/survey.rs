//! The sheet `survey`.

use super::table::Table;
use super::types::{self, Type};
use crate::fault::{Fault, nearest};
use crate::form::MAX_ROWS;
use crate::form::definition::{Cell, ChoiceList, Row};
use crate::lang::{Labels, Text2};
use crate::question::QuestionKind;
use crate::workbook::SheetRow;

pub(super) const ALIASES: [(&str, &str); 17] = [
    ("relevance", "relevant"),
    ("calculate", "calculation"),
    ("readonly", "read_only"),
    ("read-only", "read_only"),
    ("constraint-msg", "constraint_message"),
    ("constraint_msg", "constraint_message"),
    ("constraining_message", "constraint_message"),
    ("required_msg", "required_message"),
    ("choice-filter", "choice_filter"),
    ("count", "repeat_count"),
    ("jr:count", "repeat_count"),
    ("value", "name"),
    ("caption", "label"),
    ("image", "media::image"),
    ("audio", "media::audio"),
    ("video", "media::video"),
    ("big-image", "media::big-image"),
];

/// What is read, and what has no effect here: notes of the author, media.
const KNOWN: [&str; 23] = [
    "type",
    "name",
    "label",
    "hint",
    "relevant",
    "required",
    "required_message",
    "constraint",
    "constraint_message",
    "calculation",
    "default",
    "read_only",
    "appearance",
    "choice_filter",
    "repeat_count",
    "ruhu::save_to",
    "ruhu::class",
    "ruhu::merge",
    "note",
    "notes",
    "comment",
    "comments",
    "parameters",
];

/// Columns that would change what the form does, were they read.
const UNSUPPORTED: [&str; 3] = ["trigger", "save_to", "query"];

pub(super) fn read(
    table: &Table<'_>,
    languages: &[String],
    lists: &[ChoiceList],
    faults: &mut Vec<Fault>,
) -> Vec<Row> {
    let mut survey = Survey { table, languages, lists, faults, rows: Vec::new(), open: Vec::new() };
    survey.headings();
    for row in table.rows() {
        survey.row(row);
        if survey.rows.len() > MAX_ROWS {
            break;
        }
    }
    survey.unclosed();
    survey.rows
}

/// A column of Ruhu's own: its name, what it takes, examples.
type OwnColumn = (&'static str, fn(&str) -> bool, &'static str);

struct Survey<'a> {
    table: &'a Table<'a>,
    languages: &'a [String],
    lists: &'a [ChoiceList],
    faults: &'a mut Vec<Fault>,
    rows: Vec<Row>,
    /// The groups that are open: the index of the row and its kind.
    open: Vec<(usize, QuestionKind)>,
}

impl Survey<'_> {
    fn headings(&mut self) {
        for column in ["type", "name"].into_iter().filter(|column| !self.table.has(column)) {
            let message =
                Text2::new(format!("缺少列“{column}”。"), format!("The column “{column}” is missing."));
            let fault = Fault::error("missing-column", message).at_sheet(&self.table.sheet.name).at_row(1);
            self.faults.push(fault.at_cell(column, ""));
        }
        let known: Vec<&str> = KNOWN.into_iter().chain(UNSUPPORTED).collect();
        self.table.warn_unknown(&known, self.faults);
    }

    fn fault(&mut self, row: &SheetRow, column: &str, fault: Fault) {
        self.faults.push(self.table.fault(fault, row, column));
    }

    fn row(&mut self, row: &SheetRow) {
        let Some(cell) = self.table.cell(row, "type") else {
            if self.table.cell(row, "name").is_some() {
                let message = Text2::new("这一行没有题型。", "The row has no type.");
                self.fault(row, "type", Fault::error("no-type", message));
            }
            return;
        };
        match types::read(cell.text) {
            Type::Question(kind) => self.question(row, kind, None),
            Type::Select { kind, list } => {
                self.check_list(row, &list);
                self.question(row, kind, Some(list));
            }
            Type::Begin(kind) => {
                self.question(row, kind, None);
                self.open.push((self.rows.len().saturating_sub(1), kind));
            }
            Type::End(kind) => self.end(row, kind),
            other => self.bad_type(row, &other),
        }
    }

    fn bad_type(&mut self, row: &SheetRow, found: &Type) {
        let (code, message, hint) = match found {
            Type::NoList => (
                "no-list",
                Text2::new("选择题没有写选项表。", "The select names no list."),
                Some(Text2::new("例如：select_one yes_no", "For instance: select_one yes_no")),
            ),
            Type::OrOther => (
                "unsupported-or-other",
                Text2::new("本版本不支持 or_other。", "This version does not support or_other."),
                Some(Text2::new(
                    "请在选项表里加“其他”，再加一道填空题，relevant 写 selected(${题名}, 'other')。",
                    "Add a choice “other” and a text question with relevant selected(${question}, 'other').",
                )),
            ),
            Type::Unsupported => (
                "unsupported-type",
                Text2::new("本版本不支持这种题型。", "This version does not support this type."),
                None,
            ),
            Type::Unknown { suggestion } => (
                "unknown-type",
                Text2::new("题型不认识。", "The type is not known."),
                suggestion
                    .map(|near| Text2::new(format!("是不是“{near}”？"), format!("Did you mean “{near}”?"))),
            ),
            _ => return,
        };
        self.fault(row, "type", Fault::error(code, message).hint(hint.unwrap_or_default()));
        // The name stays known, so that references to it are not faults too.
        self.question(row, QuestionKind::Hidden, None);
    }

    fn check_list(&mut self, row: &SheetRow, list: &str) {
        if list.starts_with("${") {
            let message = Text2::new(
                "本版本不支持从重复组取选项。",
                "This version does not take choices from a repeat.",
            );
            return self.fault(row, "type", Fault::error("unsupported-type", message));
        }
        if self.lists.iter().any(|known| known.name == list) {
            return;
        }
        let message = Text2::new(format!("没有选项表“{list}”。"), format!("There is no list “{list}”."));
        let near = nearest(list, self.lists.iter().map(|list| list.name.as_str()));
        let hint = near.map_or_else(
            || Text2::new("请在 choices 工作表写上它的选项。", "Add its choices on the sheet “choices”."),
            |near| Text2::new(format!("是不是“{near}”？"), format!("Did you mean “{near}”?")),
        );
        self.fault(row, "type", Fault::error("unknown-list", message).hint(hint));
    }

    fn end(&mut self, row: &SheetRow, kind: QuestionKind) {
        match self.open.pop() {
            Some((_, open)) if open == kind => {}
            Some((at, open)) => {
                let begin = self.rows.get(at).map_or(0, |row| row.line);
                let message = Text2::new(
                    format!("第 {begin} 行开始的是 {}，这里却结束 {}。", open.name(), kind.name()),
                    format!("Row {begin} begins a {}, but this ends a {}.", open.name(), kind.name()),
                );
                self.fault(row, "type", Fault::error("unmatched-end", message));
            }
            None => {
                let message = Text2::new("没有与它对应的开始。", "Nothing was begun that this could end.");
                self.fault(row, "type", Fault::error("unmatched-end", message));
            }
        }
    }

    fn unclosed(&mut self) {
        for (at, kind) in std::mem::take(&mut self.open) {
            let Some(row) = self.rows.get(at) else { continue };
            let message =
                Text2::new(format!("“{}”没有结束。", row.name), format!("“{}” is never ended.", row.name));
            let fault =
                Fault::error("unclosed-group", message).at_sheet(&self.table.sheet.name).at_row(row.line);
            self.faults.push(fault.at_cell("name", &row.name).hint(Text2::new(
                format!("请加一行 end_{}。", kind.name()),
                format!("Add a row end_{}.", kind.name()),
            )));
        }
    }

    fn question(&mut self, row: &SheetRow, kind: QuestionKind, list: Option<String>) {
        let given = self.table.cell(row, "name").map(|found| found.text.to_owned());
        // Nothing refers to a note, so it may do without a name.
        let name = given
            .or_else(|| (kind == QuestionKind::Note).then(|| format!("generated_note_name_{}", row.number)));
        let Some(name) = name else {
            let message = Text2::new("这一行没有名字。", "The row has no name.");
            self.fault(row, "name", Fault::error("no-name", message));
            // A group must be there for what it holds.
            if kind.is_container() {
                self.push(row, kind, format!("group_{}", row.number), None);
            }
            return;
        };
        self.unsupported_columns(row);
        self.own_columns(row);
        self.push(row, kind, name, list);
        self.check_row(row, kind);
    }

    fn push(&mut self, row: &SheetRow, kind: QuestionKind, name: String, list: Option<String>) {
        let expression = |column: &str| {
            let found = self.table.cell(row, column)?;
            Some(Cell { text: found.text.to_owned(), column: found.heading.written.clone() })
        };
        let text = |column: &str| self.table.cell(row, column).map(|found| found.text.to_owned());
        let labels = |column: &str| self.table.labels(row, column, self.languages);
        self.rows.push(Row {
            kind: kind.into(),
            name,
            parent: self.open.last().map(|(at, _)| *at as u32),
            labels: labels("label"),
            hints: labels("hint"),
            relevant: expression("relevant"),
            required: expression("required"),
            required_messages: labels("required_message"),
            constraint: expression("constraint"),
            constraint_messages: labels("constraint_message"),
            calculation: expression("calculation"),
            default: expression("default"),
            read_only: expression("read_only"),
            appearance: text("appearance"),
            list,
            choice_filter: expression("choice_filter"),
            repeat_count: expression("repeat_count").filter(|_| kind == QuestionKind::Repeat),
            save_to: text("ruhu::save_to"),
            class: text("ruhu::class").map(|class| class.to_ascii_uppercase()),
            merge: text("ruhu::merge").map(|merge| merge.to_ascii_lowercase()),
            line: row.number,
            ..Row::default()
        });
    }

    fn unsupported_columns(&mut self, row: &SheetRow) {
        for column in UNSUPPORTED {
            if self.table.cell(row, column).is_some() {
                let message = Text2::new(
                    format!("本版本不支持列“{column}”。"),
                    format!("This version does not support the column “{column}”."),
                );
                self.fault(row, column, Fault::error("unsupported-column", message));
            }
        }
    }

    /// Ruhu's own columns.
    fn own_columns(&mut self, row: &SheetRow) {
        let rules: [OwnColumn; 3] = [
            (
                "ruhu::class",
                |text| matches!(text.to_ascii_uppercase().as_str(), "N" | "S" | "M" | "B"),
                "N, S, M, B",
            ),
            ("ruhu::merge", |text| text.eq_ignore_ascii_case("eligibility"), "eligibility"),
            ("ruhu::save_to", is_target, "case/house_area, case/monthly_spend:fen, case/members_real:int"),
        ];
        for (column, holds, examples) in rules {
            if self.table.cell(row, column).is_some_and(|found| !holds(found.text)) {
                let message = Text2::new("这一格的值不认识。", "The value of this cell is not known.");
                let hint = Text2::new(format!("可以写：{examples}"), format!("It may be: {examples}"));
                self.fault(row, column, Fault::error("bad-value", message).hint(hint));
            }
        }
    }

    /// Labels that are missing, calculations that are.
    fn check_row(&mut self, row: &SheetRow, kind: QuestionKind) {
        let Some(last) = self.rows.last() else { return };
        let calculated = last.calculation.is_some() || last.default.is_some();
        let missing = self.missing_translations(&last.labels);
        let unlabelled = last.labels.is_empty() && last.hints.is_empty();
        if kind == QuestionKind::Calculate && !calculated {
            let message = Text2::new("计算题没有算式。", "The calculation is missing.");
            self.fault(row, "calculation", Fault::error("no-calculation", message));
        }
        if kind.is_shown() && unlabelled {
            let message = Text2::new("这道题没有文字。", "The question has no label.");
            self.fault(row, "label", Fault::warning("no-label", message));
        }
        for language in missing {
            let message = Text2::new(
                format!("缺少“{language}”的文字。"),
                format!("The text in “{language}” is missing."),
            );
            let fault = Fault::warning("missing-translation", message);
            let place = self.table.sheet.name.as_str();
            self.faults
                .push(fault.at_sheet(place).at_row(row.number).at_cell(&format!("label::{language}"), ""));
        }
    }

    fn missing_translations(&self, labels: &Labels) -> Vec<String> {
        let has = |language: &String| labels.iter().any(|(found, _)| found == language);
        let named = self.languages.iter().filter(|language| !language.is_empty());
        if labels.is_empty() {
            Vec::new()
        } else {
            named.filter(|language| !has(language)).cloned().collect()
        }
    }
}

/// A field of the household document: `case/house_area`, `:fen` or `:int`
/// after it.
fn is_target(text: &str) -> bool {
    let (path, suffix) = text.split_once(':').map_or((text, None), |(path, suffix)| (path, Some(suffix)));
    let steps: Vec<&str> = path.split('/').collect();
    let step = |step: &&str| {
        !step.is_empty() && step.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    steps.len() >= 2 && steps.iter().all(step) && suffix.is_none_or(|suffix| matches!(suffix, "fen" | "int"))
}
