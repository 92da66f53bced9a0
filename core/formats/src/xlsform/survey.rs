//! The sheet `survey`: rows, and the groups that hold them.

use super::checks::{Cells, Translations};
use super::table::Table;
use super::types::{self, Container, Type};
use super::{Given, cleaning, headings};
use crate::workbook::{Sheet, SheetRow};
use ruhu_form::QuestionKind;
use ruhu_form::definition::MAX_ROWS;
use ruhu_form::definition::{Instance, Row};
use ruhu_text::{Bilingual, Diagnostic};

/// What is read, and notes of the author, which have no effect.
const KNOWN: [&str; 30] = [
    "type",
    "name",
    "label",
    "hint",
    "guidance_hint",
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
    "parameters",
    "trigger",
    "save_to",
    "disabled",
    "ruhu::save_to",
    "ruhu::class",
    "ruhu::merge",
    "note",
    "notes",
    "comment",
    "comments",
    "description",
    "remark",
    "备注",
];

/// Columns whose names go on after these.
const FAMILIES: [&str; 4] = ["bind::", "body::", "instance::", "media::"];

/// What the survey gave.
pub(super) struct Read {
    pub rows: Vec<Row>,
    pub instances: Vec<Instance>,
    /// Settings that stand in the survey, as early XLSForms had it.
    pub settings: Vec<(&'static str, String)>,
    /// The rows of the group `meta` that the survey has: the audit.
    pub meta: Vec<Row>,
    /// The lists that loops go over.
    pub looped: Vec<String>,
}

/// The heading of the survey.
pub(super) fn table(sheet: Sheet, diagnostics: &mut Vec<Diagnostic>) -> Table {
    let table = Table::of(sheet, &headings::SURVEY, "type", diagnostics);
    if !table.has("type") {
        diagnostics.push(table.missing_column("type"));
    }
    if !table.has("name") {
        diagnostics.push(table.missing_column("name"));
    }
    table.warn_unknown(&KNOWN, &FAMILIES, diagnostics);
    table
}

/// Reads the rows.
pub(super) fn read(table: &Table, given: Given<'_>, diagnostics: &mut Vec<Diagnostic>) -> Read {
    Cells::of(&["type", "name", "save_to"]).check(table, diagnostics);
    let mut survey = Survey {
        table,
        given,
        diagnostics,
        rows: Vec::new(),
        open: Vec::new(),
        instances: Vec::new(),
        settings: Vec::new(),
        meta: Vec::new(),
        translations: Translations::default(),
        answers: Vec::new(),
        looped: Vec::new(),
    };
    let disabled = table.has("disabled");
    for row in table.rows() {
        if !(disabled && survey.is_disabled(row)) {
            survey.row(row);
        }
        if survey.rows.len() > MAX_ROWS {
            break;
        }
    }
    survey.finish()
}

/// A group that is open.
pub(super) struct Open {
    /// The index of its row.
    pub at: usize,
    pub container: Container,
    /// The list of a loop.
    pub list: Option<String>,
    pub table_list: TableList,
}

/// The appearance `table-list`: selects of one list in a grid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TableList {
    No,
    /// The first select will tell the list.
    Begun,
    Of(String),
}

pub(super) struct Survey<'a> {
    pub table: &'a Table,
    pub given: Given<'a>,
    pub diagnostics: &'a mut Vec<Diagnostic>,
    pub rows: Vec<Row>,
    pub open: Vec<Open>,
    pub instances: Vec<Instance>,
    pub settings: Vec<(&'static str, String)>,
    pub meta: Vec<Row>,
    pub translations: Translations,
    /// Selects whose choices are answers: the index of the row and the name of
    /// the question.
    pub answers: Vec<(usize, String)>,
    /// The lists that loops go over.
    pub looped: Vec<String>,
}

impl Survey<'_> {
    pub fn diagnostic(&mut self, row: &SheetRow, column: &str, diagnostic: Diagnostic) {
        self.diagnostics.push(self.table.diagnostic(diagnostic, row, column));
    }

    fn is_disabled(&self, row: &SheetRow) -> bool {
        let cell = self.table.cell(row, "disabled");
        cell.is_some_and(|found| cleaning::truth(found.text) == Some(true))
    }

    fn row(&mut self, row: &SheetRow) {
        let Some(cell) = self.table.cell(row, "type") else {
            // A row with notes only is a comment of its author.
            if ["name", "label"].into_iter().any(|column| self.table.cell(row, column).is_some()) {
                let message = Bilingual::new("这一行没有题型。", "The row has no type.");
                self.diagnostic(row, "type", Diagnostic::error("no-type", message));
            }
            return;
        };
        match types::read(cell.text) {
            Type::Question(kind) => self.question(row, kind),
            Type::Limited(kind, limit) => self.limited(row, kind, limit),
            Type::Property(name) => self.property(row, name),
            Type::Select { kind, from, other } => self.select(row, kind, &from, other),
            Type::BackgroundGeopoint => self.background_geopoint(row),
            Type::External(ending) => self.external(row, ending),
            Type::Begin(container) => self.begin(row, container, None),
            Type::BeginLoop(list) => self.begin(row, Container::Loop, list),
            Type::End(container) => self.end(row, container),
            Type::Setting(name) => {
                let value = self.table.text(row, "name").unwrap_or_default();
                self.settings.push((name, value));
            }
            Type::NoList => self.no_list(row),
            Type::Unknown { suggestion } => self.unknown_type(row, suggestion),
        }
    }

    fn unknown_type(&mut self, row: &SheetRow, suggestion: Option<&str>) {
        let message = Bilingual::new("题型不认识。", "The type is not known.");
        let help = suggestion
            .map(|near| Bilingual::new(format!("是不是“{near}”？"), format!("Did you mean “{near}”?")));
        self.diagnostic(
            row,
            "type",
            Diagnostic::error("unknown-type", message).help(help.unwrap_or_default()),
        );
        self.stand_in(row);
    }

    fn no_list(&mut self, row: &SheetRow) {
        let message = Bilingual::new("选择题没有写选项表。", "The select names no list.");
        let help = Bilingual::new("例如：select_one yes_no", "For instance: select_one yes_no");
        self.diagnostic(row, "type", Diagnostic::error("no-list", message).help(help));
        self.stand_in(row);
    }

    /// The name of a row that cannot be read stays known, so that references
    /// to it are not faults too.
    pub fn stand_in(&mut self, row: &SheetRow) {
        let Some(name) = self.table.text(row, "name") else { return };
        let parent = self.parent();
        self.rows.push(Row { kind: QuestionKind::Hidden, name, parent, line: row.number, ..Row::default() });
    }

    /// The group that holds what comes next.
    pub fn parent(&self) -> Option<u32> {
        self.open.last().and_then(|open| u32::try_from(open.at).ok())
    }

    fn begin(&mut self, row: &SheetRow, container: Container, list: Option<String>) {
        let kind = match container {
            Container::Repeat => QuestionKind::Repeat,
            Container::Group | Container::Loop => QuestionKind::Group,
        };
        // A group must be there for what it holds.
        let name = self.name(row).unwrap_or_else(|| format!("group_{}", row.number));
        if container == Container::Loop {
            self.check_loop(row, list.as_deref());
        }
        let mut group = self.base(row, kind, name);
        if kind == QuestionKind::Repeat {
            self.count(&mut group);
        }
        let table_list = self.table_list(&mut group);
        let at = self.rows.len();
        let label = (table_list != TableList::No).then(|| self.table_list_label(&mut group, at)).flatten();
        self.rows.push(group);
        self.rows.extend(label);
        self.open.push(Open { at, container, list, table_list });
    }

    fn end(&mut self, row: &SheetRow, container: Container) {
        match self.open.pop() {
            Some(open) if open.container == container => {
                if let Some(list) = open.list.filter(|_| container == Container::Loop) {
                    self.expand_loop(row, open.at, &list);
                }
            }
            Some(open) => {
                let begin = self.rows.get(open.at).map_or(0, |row| row.line);
                let (begun, ended) = (open.container.name(), container.name());
                let message = Bilingual::new(
                    format!("第 {begin} 行开始的是 {begun}，这里却结束 {ended}。"),
                    format!("Row {begin} begins a {begun}, but this ends a {ended}."),
                );
                let help =
                    Bilingual::new(format!("这里应写 end_{begun}。"), format!("Write end_{begun} here."));
                self.diagnostic(row, "type", Diagnostic::error("unmatched-end", message).help(help));
            }
            None => {
                let message =
                    Bilingual::new("没有与它对应的开始。", "Nothing was begun that this could end.");
                let begin = container.name();
                let help = Bilingual::new(
                    format!("请删去这一行，或在前面加一行 begin_{begin}。"),
                    format!("Remove the row, or add a row begin_{begin} above."),
                );
                self.diagnostic(row, "type", Diagnostic::error("unmatched-end", message).help(help));
            }
        }
    }

    fn unclosed(&mut self) {
        for open in std::mem::take(&mut self.open) {
            let Some(row) = self.rows.get(open.at) else { continue };
            let message = Bilingual::new(
                format!("“{}”没有结束。", row.name),
                format!("“{}” is never ended.", row.name),
            );
            let diagnostic = Diagnostic::error("unclosed-group", message).at_sheet(&self.table.sheet.name);
            let kind = open.container.name();
            self.diagnostics.push(
                diagnostic
                    .at_row(row.line)
                    .at_cell(self.table.heading_of("name"), &row.name)
                    .help(Bilingual::new(format!("请加一行 end_{kind}。"), format!("Add a row end_{kind}."))),
            );
        }
    }

    fn finish(mut self) -> Read {
        self.unclosed();
        self.choose_answers();
        self.pulled_tables();
        std::mem::take(&mut self.translations).tell(self.table, self.diagnostics);
        Read {
            rows: self.rows,
            instances: self.instances,
            settings: self.settings,
            meta: self.meta,
            looped: self.looped,
        }
    }
}
