//! A row of the survey as a question.

use super::groups::LOOP_NAME;
use super::survey::Survey;
use super::types::Container;
use super::{cleaning, parameters};
use crate::workbook::SheetRow;
use ruhu_form::definition::{Action, ActionKind, Event, Instance, Row, Source};
use ruhu_form::{Parameters, QuestionKind};
use ruhu_text::{Bilingual, Diagnostic};
use ruhu_xpath::is_name;

/// A column of Ruhu's own: its name, what it takes, examples.
type OwnColumn = (&'static str, fn(&str) -> bool, &'static str);

impl Survey<'_> {
    pub fn question(&mut self, row: &SheetRow, kind: QuestionKind) {
        if kind == QuestionKind::Audit {
            return self.audit(row);
        }
        let Some(name) = self.name_of(row, kind) else { return };
        let question = self.base(row, kind, name);
        if kind == QuestionKind::BackgroundAudio {
            return self.background_audio(row, question);
        }
        self.push(row, question);
    }

    /// The name of the row, checked.
    pub fn name(&mut self, row: &SheetRow) -> Option<String> {
        let Some(name) = self.table.text(row, "name") else {
            let message = Bilingual::new("这一行没有名字。", "The row has no name.");
            let help = Bilingual::new(
                "请在 name 列写一个名字，例如 q1。",
                "Give it a name in the column “name”, for instance q1.",
            );
            self.diagnostic(row, "name", Diagnostic::error("no-name", message).help(help));
            return None;
        };
        // In a loop the choice's name takes its place.
        let in_loop = self.open.iter().any(|open| open.container == Container::Loop);
        let filled = if in_loop { name.replace(LOOP_NAME, "x") } else { name.clone() };
        if !is_name(&filled) || name.chars().any(|c| cleaning::sign(c) != c) {
            let near = cleaning::name_like(&name);
            let message =
                Bilingual::new(format!("“{name}”不能作题目名。"), format!("“{name}” cannot be a name."));
            let help = Bilingual::new(
                format!("名字以字母、汉字或“_”开头，不含空格和标点，可以写成“{near}”。"),
                format!("A name begins with a letter or “_” and has no blanks or signs; write “{near}”."),
            );
            self.diagnostic(row, "name", Diagnostic::error("bad-name", message).help(help));
        }
        if name == "meta" && self.open.is_empty() {
            let message = Bilingual::new(
                "“meta”是系统自己用的名字。",
                "“meta” is a name that is kept for the form itself.",
            );
            let help = Bilingual::new("请换一个名字。", "Choose another name.");
            self.diagnostic(row, "name", Diagnostic::error("reserved-name", message).help(help));
        }
        Some(name)
    }

    /// Nothing refers to a note, so it may do without a name.
    fn name_of(&mut self, row: &SheetRow, kind: QuestionKind) -> Option<String> {
        match kind {
            QuestionKind::Note if self.table.cell(row, "name").is_none() => {
                Some(format!("generated_note_name_{}", row.number))
            }
            _ => self.name(row),
        }
    }

    /// The row with what all kinds have.
    pub fn base(&mut self, row: &SheetRow, kind: QuestionKind, name: String) -> Row {
        self.own_columns(row);
        let labels = |column: &str| self.table.labels(row, column, self.given.languages);
        let text = |column: &str| self.table.text(row, column);
        let default = self
            .table
            .cell(row, "default")
            .map(|found| Source { text: found.text.to_owned(), column: found.heading.written.clone() });
        let mut base = Row {
            kind,
            name,
            parent: self.parent(),
            labels: labels("label"),
            hints: labels("hint"),
            guidance_hints: labels("guidance_hint"),
            required_messages: labels("required_message"),
            constraint_messages: labels("constraint_message"),
            literal_default: default.as_ref().is_some_and(|cell| !is_dynamic(&cell.text)),
            default,
            appearance: text("appearance"),
            save_to: text("ruhu::save_to"),
            class: text("ruhu::class").map(|class| class.to_ascii_uppercase()),
            merge: text("ruhu::merge").map(|merge| merge.to_ascii_lowercase()),
            media: self.table.media(row, self.given.languages),
            line: row.number,
            ..Row::default()
        };
        self.expressions(row, &mut base);
        base.parameters = self.parameters(row, kind);
        base.attributes = self.attributes(row);
        base.entity_property = self.table.text(row, "save_to");
        base
    }

    fn expressions(&mut self, row: &SheetRow, base: &mut Row) {
        base.relevant = self.expression(row, "relevant");
        base.required = self.condition(row, "required");
        base.constraint = self.expression(row, "constraint");
        base.calculation = self.expression(row, "calculation");
        base.read_only = self.condition(row, "read_only");
        base.choice_filter = self.expression(row, "choice_filter");
        base.repeat_count = self.expression(row, "repeat_count");
        if base.default.is_some() && !base.literal_default {
            base.default = self.expression(row, "default");
        }
        let triggers = self.triggers(row);
        if !triggers.is_empty() {
            let value = base.calculation.take();
            base.actions.extend(triggers.into_iter().map(|source| Action {
                event: Event::ValueChanged,
                source: Some(source),
                kind: ActionKind::SetValue,
                value: value.clone(),
                literal: false,
            }));
        }
    }

    /// The expression of a cell, its signs as XPath knows them.
    pub fn expression(&mut self, row: &SheetRow, column: &str) -> Option<Source> {
        let found = self.table.cell(row, column)?;
        let heading = found.heading.written.clone();
        let (text, changed) = cleaning::expression(found.text);
        if changed {
            let message = Bilingual::new(
                "算式里有全角符号或弯引号，已当作半角读。",
                "The expression has full-width signs or curly quotes; they are read as plain ones.",
            );
            let help = Bilingual::new(format!("请写：{text}"), format!("Write: {text}"));
            self.diagnostic(row, column, Diagnostic::warning("full-width-signs", message).help(help));
        }
        Some(Source { text, column: heading })
    }

    /// As [`Survey::expression`], where a word for yes or no may stand.
    fn condition(&mut self, row: &SheetRow, column: &str) -> Option<Source> {
        let found = self.table.cell(row, column)?;
        match cleaning::truth(found.text) {
            Some(truth) => {
                let text = if truth { "true()" } else { "false()" };
                Some(Source { text: text.to_owned(), column: found.heading.written.clone() })
            }
            None => self.expression(row, column),
        }
    }

    /// The column `trigger`: `${a}, ${b}`.
    fn triggers(&mut self, row: &SheetRow) -> Vec<Source> {
        let Some(cell) = self.expression(row, "trigger") else { return Vec::new() };
        let parts = cell.text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let is_reference = |part: &str| {
            part.strip_prefix("${")
                .and_then(|rest| rest.strip_suffix('}'))
                .is_some_and(|name| is_name(name.trim()))
        };
        let (good, bad): (Vec<&str>, Vec<&str>) = parts.partition(|part| is_reference(part));
        if let Some(part) = bad.first() {
            let message =
                Bilingual::new(format!("“{part}”不是一道题目。"), format!("“{part}” is not a question."));
            let help = Bilingual::new(
                "请写 ${题目名}，几道题用逗号隔开。",
                "Write ${question}; several are separated by commas.",
            );
            self.diagnostic(row, "trigger", Diagnostic::error("bad-trigger", message).help(help));
        }
        good.into_iter().map(|part| Source { text: part.to_owned(), column: cell.column.clone() }).collect()
    }

    fn parameters(&mut self, row: &SheetRow, kind: QuestionKind) -> Parameters {
        let (found, problems) =
            parameters::read(kind, &self.table.text(row, "parameters").unwrap_or_default());
        for problem in problems {
            let diagnostic = match problem.harmless {
                true => Diagnostic::warning(problem.code, problem.message),
                false => Diagnostic::error(problem.code, problem.message),
            };
            self.diagnostic(row, "parameters", diagnostic.help(problem.help));
        }
        found.into()
    }

    fn attributes(&self, row: &SheetRow) -> Vec<(String, String)> {
        let passed = |column: &str| ["bind::", "body::", "instance::"].iter().any(|p| column.starts_with(p));
        self.table
            .cells(row)
            .filter(|found| passed(&found.heading.column) && !found.text.is_empty())
            .map(|found| {
                let language = &found.heading.language;
                let mark = if language.is_empty() { "" } else { "::" };
                (format!("{}{mark}{language}", found.heading.column), found.text.to_owned())
            })
            .collect()
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
                let message = Bilingual::new("这一格的值不认识。", "The value of this cell is not known.");
                let help = Bilingual::new(format!("可以写：{examples}"), format!("It may be: {examples}"));
                self.diagnostic(row, column, Diagnostic::error("bad-value", message).help(help));
            }
        }
    }

    /// Adds a question, and looks whether it has what it needs.
    pub fn push(&mut self, row: &SheetRow, question: Row) {
        let kind = question.kind;
        let worked_out = question.calculation.is_some() || !question.actions.is_empty();
        if kind == QuestionKind::Calculate && !worked_out && question.default.is_none() {
            let message = Bilingual::new("计算题没有算式。", "The calculation is missing.");
            let help = Bilingual::new(
                "请在 calculation 列写算式；只要存一个值，用 hidden。",
                "Write it in the column “calculation”; to keep a value, use hidden.",
            );
            self.diagnostic(row, "calculation", Diagnostic::error("no-calculation", message).help(help));
        }
        let silent = question.labels.is_empty() && question.hints.is_empty() && question.media.is_empty();
        let in_table = question.appearance.as_deref() == Some("list-nolabel");
        if kind.is_shown() && silent && !worked_out && !in_table {
            let message = Bilingual::new("这道题没有文字。", "The question has no label.");
            self.diagnostic(row, "label", Diagnostic::warning("no-label", message));
        }
        self.translations.note(self.table, row, self.given.languages);
        self.rows.push(question);
    }

    pub fn limited(&mut self, row: &SheetRow, kind: QuestionKind, limit: &str) {
        let Some(name) = self.name(row) else { return };
        let mut question = self.base(row, kind, name);
        if question.constraint.is_none() {
            question.constraint = Some(Source { text: limit.to_owned(), column: "type".to_owned() });
        }
        self.push(row, question);
    }

    pub fn property(&mut self, row: &SheetRow, property: &str) {
        let Some(name) = self.name(row) else { return };
        let mut question = self.base(row, QuestionKind::Property, name);
        question.parameters = vec![("name".to_owned(), property.to_owned())].into();
        self.push(row, question);
    }

    /// The log of the filling is always `meta/audit` (ODK XForms, Metadata).
    fn audit(&mut self, row: &SheetRow) {
        if self.table.cell(row, "name").is_some_and(|found| found.text != "audit") {
            let message = Bilingual::new("audit 的名字只能是 audit。", "An audit is always named “audit”.");
            let help = Bilingual::new("请把 name 列留空。", "Leave the column “name” empty.");
            self.diagnostic(row, "name", Diagnostic::error("bad-name", message).help(help));
        }
        let audit = self.base(row, QuestionKind::Audit, "audit".to_owned());
        self.meta.push(Row { parent: None, ..audit });
    }

    fn background_audio(&mut self, row: &SheetRow, mut question: Row) {
        question.actions.push(Action {
            event: Event::Load,
            source: None,
            kind: ActionKind::RecordAudio,
            value: None,
            literal: false,
        });
        self.push(row, question);
    }

    pub fn background_geopoint(&mut self, row: &SheetRow) {
        let Some(name) = self.name(row) else { return };
        let mut question = self.base(row, QuestionKind::Geopoint, name);
        if question.actions.is_empty() {
            let message = Bilingual::new(
                "background-geopoint 要在 trigger 列写明哪道题改变时定位。",
                "A background-geopoint needs a trigger: the question whose change asks for the place.",
            );
            let help = Bilingual::new("例如：${consent}", "For instance: ${consent}");
            self.diagnostic(row, "trigger", Diagnostic::error("no-trigger", message).help(help));
        }
        if self.table.cell(row, "calculation").is_some() {
            let message = Bilingual::new(
                "background-geopoint 不能有算式。",
                "A background-geopoint cannot have a calculation.",
            );
            self.diagnostic(row, "calculation", Diagnostic::error("bad-value", message));
        }
        for action in &mut question.actions {
            action.kind = ActionKind::SetGeopoint;
            action.value = None;
        }
        self.push(row, question);
    }

    /// A table that expressions use: no question.
    pub fn external(&mut self, row: &SheetRow, ending: &str) {
        let Some(name) = self.name(row) else { return };
        self.attach(
            row,
            Instance { file: Some(format!("{name}.{ending}")), id: name, ..Instance::default() },
        );
    }

    /// Adds an instance; the same twice is one.
    pub fn attach(&mut self, row: &SheetRow, instance: Instance) {
        match self.instances.iter().find(|known| known.id == instance.id) {
            Some(known) if known.file == instance.file => {}
            Some(known) => {
                let file = known.file.clone().unwrap_or_default();
                let message = Bilingual::new(
                    format!("“{}”已经是文件“{file}”的名字。", instance.id),
                    format!("“{}” already names the file “{file}”.", instance.id),
                );
                self.diagnostic(row, "type", Diagnostic::error("duplicate-instance", message));
            }
            None => self.instances.push(instance),
        }
    }
}

/// Whether a default is worked out rather than a text: it names a question or
/// calls a function.
fn is_dynamic(text: &str) -> bool {
    let mut before = ' ';
    let mut quote: Option<char> = None;
    for c in text.chars().map(cleaning::sign) {
        match quote {
            Some(end) if c == end => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None if c == '(' && (before.is_alphanumeric() || matches!(before, '-' | '_')) => return true,
            None if c == '{' && before == '$' => return true,
            None => {}
        }
        before = c;
    }
    ruhu_xpath::parse(text).is_ok_and(|expr| expr.is_arithmetic(text.contains(" - ")))
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
