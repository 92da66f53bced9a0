//! Reading an XLSForm: its sheets become a [`Definition`].

mod checks;
mod choices;
mod cleaning;
mod entities;
mod groups;
mod headings;
mod meta;
mod parameters;
mod question;
mod select;
mod settings;
mod survey;
mod table;
mod types;

use crate::workbook::{self, Contents, Sheet};
use choices::{List, Lists};
use meta::Meta;
use ruhu_form::definition::{ChoiceList, Definition, Row};
use ruhu_form::{Form, ParsedForm};
use ruhu_text::{Bilingual, Diagnostic, Diagnostics, Severity, nearest};
use settings::Settings;
use std::collections::{HashMap, HashSet};
use table::{Table, is_translated};

const SHEETS: [&str; 5] = ["survey", "choices", "external_choices", "entities", "settings"];

/// Reads an XLSForm: .xlsx, .xls (Excel 97 to 2003), or .csv as pyxform has it
/// (UTF-8, UTF-16 or, not in a web page, GB18030).
///
/// Limits: a file of 16 MB, 64 MB unpacked, 500,000 cells with 16 MB of text,
/// 20,000 rows of the survey, 200,000 choices, 32,767 characters a cell, groups
/// 24 deep.
///
/// # Errors
/// [`Diagnostics`]: every fault of the workbook at once, at least one of
/// them an error, each with its sheet, row and column.
pub fn read_workbook(bytes: &[u8]) -> Result<ParsedForm, Diagnostics> {
    let contents = workbook::open(bytes, wanted)?;
    let mut diagnostics = Vec::new();
    let Some(sheets) = Sheets::of(contents, &mut diagnostics) else {
        return Err(Diagnostics { diagnostics });
    };
    let (definition, places) = definition(sheets, &mut diagnostics);
    let (form, more) = match Form::compile(definition) {
        Ok(ParsedForm { form, warnings }) => (Some(form), warnings),
        Err(found) => (None, found.diagnostics),
    };
    diagnostics.extend(more.into_iter().map(|diagnostic| put_right(diagnostic, &places)));
    let diagnostics = sort(diagnostics);
    match form.filter(|_| !diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)) {
        Some(form) => Ok(ParsedForm { form, warnings: diagnostics }),
        None => Err(Diagnostics { diagnostics }),
    }
}

fn known_as(name: &str) -> String {
    name.trim().to_ascii_lowercase().replace([' ', '-'], "_")
}

/// The sheets of an XLSForm; when there is but one, it is the survey.
fn wanted(names: &[String]) -> Vec<bool> {
    let wanted = |name: &String| names.len() == 1 || SHEETS.contains(&known_as(name).as_str());
    names.iter().map(wanted).collect()
}

/// Where a generated expression comes from.
struct Place {
    sheet: String,
    row: u32,
    column: String,
}

/// Names the cell that a generated expression came from.
fn put_right(diagnostic: Diagnostic, places: &HashMap<String, Place>) -> Diagnostic {
    match places.get(&diagnostic.column) {
        Some(place) => {
            let value = diagnostic.value.clone();
            diagnostic.at_sheet(&place.sheet).at_row(place.row).at_cell(&place.column, &value)
        }
        None => diagnostic,
    }
}

/// In the order of the sheets and rows; where a cell as such is wrong, nothing
/// else is said of it, and nothing is said twice.
fn sort(diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let of_cell = |diagnostic: &Diagnostic| {
        (known_as(&diagnostic.sheet), diagnostic.row, diagnostic.column.to_lowercase())
    };
    let spoiled = |diagnostic: &&Diagnostic| {
        matches!(diagnostic.code.as_str(), "excel-error" | "formula-without-value")
    };
    let cells: HashSet<_> = diagnostics.iter().filter(spoiled).map(of_cell).collect();
    let mut said = HashSet::new();
    let mut diagnostics: Vec<Diagnostic> = diagnostics
        .into_iter()
        .filter(|diagnostic| spoiled(&diagnostic) || !cells.contains(&of_cell(diagnostic)))
        // The same name is looked at when it is read and when the form is checked.
        // The form's own group `meta` beside one of its author's, told already.
        .filter(|diagnostic| diagnostic.code != "duplicate-name" || diagnostic.row > 0)
        .filter(|diagnostic| {
            diagnostic.code != "bad-name" || said.insert((known_as(&diagnostic.sheet), diagnostic.row))
        })
        .collect();
    let sheet =
        |diagnostic: &Diagnostic| SHEETS.iter().position(|sheet| *sheet == known_as(&diagnostic.sheet));
    diagnostics.sort_by_key(|diagnostic| (sheet(diagnostic), diagnostic.row));
    diagnostics
}

/// The sheets by what they are.
struct Sheets {
    survey: Sheet,
    choices: Option<Sheet>,
    external: Option<Sheet>,
    entities: Option<Sheet>,
    settings: Option<Sheet>,
}

impl Sheets {
    fn of(contents: Contents, diagnostics: &mut Vec<Diagnostic>) -> Option<Sheets> {
        let Contents { mut sheets, names } = contents;
        warn_misspelt(&names, diagnostics);
        let mut take = |wanted: &str| {
            let at = sheets.iter().position(|sheet| known_as(&sheet.name) == wanted)?;
            let taken = sheets.remove(at);
            if let Some(other) = sheets.iter().find(|sheet| known_as(&sheet.name) == wanted) {
                diagnostics.push(second_sheet(&other.name, &taken.name));
            }
            Some(taken)
        };
        let (choices, external, entities, settings) =
            (take("choices"), take("external_choices"), take("entities"), take("settings"));
        let survey = match take("survey") {
            Some(survey) => survey,
            None if names.len() == 1 && !sheets.is_empty() => {
                let only = sheets.remove(0);
                diagnostics.push(only_sheet(&only.name));
                only
            }
            None => {
                diagnostics.push(no_survey(&names));
                return None;
            }
        };
        Some(Sheets { survey, choices, external, entities, settings })
    }
}

/// A sheet that is not read, though its name is nearly one that would be.
fn warn_misspelt(names: &[String], diagnostics: &mut Vec<Diagnostic>) {
    let has = |wanted: &str| names.iter().any(|name| known_as(name) == wanted);
    for wanted in SHEETS.into_iter().filter(|wanted| *wanted != "survey" && !has(wanted)) {
        let unknown =
            names.iter().map(String::as_str).filter(|name| !SHEETS.contains(&known_as(name).as_str()));
        let Some(near) = nearest(wanted, unknown).filter(|near| !near.starts_with('_')) else { continue };
        let message =
            Bilingual::new(format!("工作表“{near}”没有读。"), format!("The sheet “{near}” is not read."));
        let help = Bilingual::new(
            format!("如果它是 {wanted}，请改名为 {wanted}。"),
            format!("If it is meant to be “{wanted}”, rename it."),
        );
        diagnostics.push(Diagnostic::warning("unknown-sheet", message).at_sheet(near).help(help));
    }
}

fn only_sheet(name: &str) -> Diagnostic {
    let message = Bilingual::new(
        format!("只有一张工作表“{name}”，当作 survey 读。"),
        format!("The only sheet, “{name}”, is read as the survey."),
    );
    let help = Bilingual::new("请把它改名为 survey。", "Rename it to “survey”.");
    Diagnostic::warning("unknown-sheet", message).at_sheet(name).help(help)
}

fn second_sheet(name: &str, used: &str) -> Diagnostic {
    let message = Bilingual::new(
        format!("工作表“{name}”与“{used}”同名，没有读。"),
        format!("The sheet “{name}” is the same as “{used}” and is not read."),
    );
    Diagnostic::warning("duplicate-sheet", message).at_sheet(name)
}

fn no_survey(names: &[String]) -> Diagnostic {
    let message = Bilingual::new("工作簿里没有 survey 工作表。", "The workbook has no sheet named “survey”.");
    let help = nearest("survey", names.iter().map(String::as_str)).map(|near| {
        Bilingual::new(format!("是不是“{near}”？请改名为 survey。"), format!("Rename “{near}” to “survey”."))
    });
    Diagnostic::error("no-survey-sheet", message).at_sheet("survey").help(help.unwrap_or_default())
}

fn no_questions(sheet: &str) -> Diagnostic {
    let message = Bilingual::new("survey 里一道题也没有。", "The survey has no questions.");
    let help = Bilingual::new(
        "每行一道题：type 列写题型，name 列写名字。",
        "A row is a question: its type in the column “type”, its name in “name”.",
    );
    Diagnostic::error("no-questions", message).at_sheet(sheet).help(help)
}

/// What the survey is read with.
struct Given<'a> {
    languages: &'a [String],
    lists: &'a mut Vec<List>,
    /// The names of the lists of the sheet `external_choices`.
    external: &'a [String],
}

/// The sheets with their headings understood.
struct Tables {
    survey: Table,
    choices: Option<Table>,
    external: Option<Table>,
    entities: Option<Table>,
    settings: Option<Table>,
}

impl Tables {
    fn of(sheets: Sheets, diagnostics: &mut Vec<Diagnostic>) -> Tables {
        Tables {
            settings: sheets.settings.map(|sheet| settings::table(sheet, diagnostics)),
            survey: survey::table(sheets.survey, diagnostics),
            choices: sheets.choices.and_then(|sheet| choices::table(sheet, diagnostics)),
            external: sheets.external.and_then(|sheet| choices::table(sheet, diagnostics)),
            entities: sheets.entities.and_then(|sheet| entities::table(sheet, diagnostics)),
        }
    }

    /// The languages of all labels, the default first.
    fn languages(&mut self, settings: &Settings, diagnostics: &mut Vec<Diagnostic>) -> Vec<String> {
        let default = &settings.default_language;
        let mut tables: Vec<&mut Table> =
            std::iter::once(&mut self.survey).chain(&mut self.choices).chain(&mut self.external).collect();
        if !default.is_empty() {
            tables.iter_mut().for_each(|table| table.name_default_language(default));
        }
        let languages = languages(&tables, default);
        settings.check_language(&languages, diagnostics);
        languages
    }

    fn lists(
        &self,
        languages: &[String],
        settings: &Settings,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> [Lists; 2] {
        [&self.choices, &self.external].map(|table| {
            let read = |table| choices::read(table, languages, settings.allow_duplicates, diagnostics);
            table.as_ref().map_or_else(Lists::default, read)
        })
    }
}

fn definition(sheets: Sheets, diagnostics: &mut Vec<Diagnostic>) -> (Definition, HashMap<String, Place>) {
    let mut tables = Tables::of(sheets, diagnostics);
    let mut settings = settings::read(tables.settings.as_ref(), diagnostics);
    let languages = tables.languages(&settings, diagnostics);
    let [mut lists, mut external] = tables.lists(&languages, &settings, diagnostics);
    let external_names: Vec<String> = external.lists.iter().map(|list| list.name.clone()).collect();
    let given = Given { languages: &languages, lists: &mut lists.lists, external: &external_names };
    let read = survey::read(&tables.survey, given, diagnostics);
    if read.rows.is_empty() && read.meta.is_empty() {
        diagnostics.push(no_questions(&tables.survey.sheet.name));
    }
    settings.complete(read.settings, diagnostics);
    let mut all = std::mem::take(&mut lists.lists);
    join(&mut all, std::mem::take(&mut external.lists), diagnostics);
    lists.check_use(&read.rows, &read.looped, diagnostics);
    external.check_use(&read.rows, &read.looped, diagnostics);
    let mut definition = Definition {
        id: std::mem::take(&mut settings.id),
        version: std::mem::take(&mut settings.version),
        title: std::mem::take(&mut settings.title),
        root: std::mem::take(&mut settings.root),
        settings: std::mem::take(&mut settings.kept),
        languages,
        rows: read.rows,
        lists: all.into_iter().map(ChoiceList::from).collect(),
        instances: read.instances,
        ..Definition::default()
    };
    let places = add_metadata(&mut definition, &tables, settings, read.meta, diagnostics);
    (definition, places)
}

/// Adds what entities and the settings make of the metadata; tells where the
/// generated expressions come from.
fn add_metadata(
    definition: &mut Definition,
    tables: &Tables,
    settings: Settings,
    rows: Vec<Row>,
    diagnostics: &mut Vec<Diagnostic>,
) -> HashMap<String, Place> {
    let mut places = HashMap::new();
    let declared = tables.entities.as_ref().map_or_else(Vec::new, |table| entities::read(table, diagnostics));
    let sheet = tables.entities.as_ref().map_or("entities", |table| &table.sheet.name);
    entities::place(definition, declared, &tables.survey, &mut places, sheet, diagnostics);
    let (sheet, row) = settings.place;
    let column = meta::INSTANCE_NAME.to_owned();
    places.insert(column.clone(), Place { sheet, row, column });
    meta::add(definition, Meta { rows, omit_id: settings.omit_id, name: settings.instance_name });
    places
}

/// The lists of both sheets together.
fn join(lists: &mut Vec<List>, external: Vec<List>, diagnostics: &mut Vec<Diagnostic>) {
    for list in external {
        if lists.iter().any(|known| known.name == list.name) {
            let message = Bilingual::new(
                format!("选项表“{}”在 choices 里已经有了。", list.name),
                format!("The list “{}” stands on the sheet “choices” already.", list.name),
            );
            let diagnostic = Diagnostic::error("duplicate-list", message).at_sheet("external_choices");
            diagnostics.push(diagnostic.at_cell("list_name", &list.name));
            continue;
        }
        lists.push(list);
    }
}

/// The languages of all labels, the default first.
fn languages(tables: &[&mut Table], default: &str) -> Vec<String> {
    let mut languages: Vec<String> = Vec::new();
    for heading in tables.iter().flat_map(|table| &table.headings) {
        if is_translated(&heading.column) && !languages.contains(&heading.language) {
            languages.push(heading.language.clone());
        }
    }
    if languages.is_empty() {
        languages.push(String::new());
    }
    if let Some(at) = languages
        .iter()
        .position(|language| headings::is_language(language, default))
        .filter(|_| !default.is_empty())
    {
        let first = languages.remove(at);
        languages.insert(0, first);
    }
    languages
}
