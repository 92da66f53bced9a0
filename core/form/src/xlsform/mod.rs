//! Reading an XLSForm: the sheets `survey`, `choices` and `settings`.

mod choices;
mod settings;
mod survey;
mod table;
mod types;

use crate::fault::{Fault, Severity, WorkbookFaults, nearest};
use crate::form::Form;
use crate::form::definition::Definition;
use crate::lang::{Text2, language_code};
use crate::workbook::{self, Sheet};
use table::Table;

const SHEETS: [&str; 3] = ["survey", "choices", "settings"];

/// A workbook that could be read.
#[derive(Debug)]
pub struct Reading {
    /// The form.
    pub form: Form,
    /// Warnings; none of them is an error.
    pub faults: Vec<Fault>,
}

/// Reads an XLSForm workbook (.xlsx).
///
/// Limits: a file of 16 MB, 64 MB unpacked, 500,000 cells, 20,000 rows of the
/// survey, 200,000 choices, 32,767 characters a cell, groups 24 deep.
///
/// # Errors
/// [`WorkbookFaults`]: every fault of the workbook at once, at least one of
/// them an error, each with its sheet, row and column.
pub fn read_workbook(bytes: &[u8]) -> Result<Reading, WorkbookFaults> {
    let (sheets, names) = workbook::open(bytes, |name| SHEETS.contains(&known_as(name).as_str()))?;
    let find = |wanted: &str| sheets.iter().find(|sheet| known_as(&sheet.name) == wanted);
    let Some(survey) = find("survey") else { return Err(no_survey(&names).into()) };
    let mut faults = Vec::new();
    let definition = definition(survey, find("choices"), find("settings"), &mut faults);
    match Form::compile(definition) {
        Ok((form, warnings)) => {
            faults.extend(warnings);
            sort(&mut faults);
            match faults.iter().any(|fault| fault.severity == Severity::Error) {
                true => Err(WorkbookFaults { faults }),
                false => Ok(Reading { form, faults }),
            }
        }
        Err(more) => {
            faults.extend(more);
            sort(&mut faults);
            Err(WorkbookFaults { faults })
        }
    }
}

fn known_as(name: &str) -> String {
    name.trim().to_ascii_lowercase()
}

/// In the order of the sheets and rows.
fn sort(faults: &mut [Fault]) {
    let sheet = |fault: &Fault| SHEETS.iter().position(|sheet| *sheet == known_as(&fault.sheet));
    faults.sort_by_key(|fault| (sheet(fault), fault.row));
}

fn no_survey(names: &[String]) -> Fault {
    let message = Text2::new("工作簿里没有 survey 工作表。", "The workbook has no sheet named “survey”.");
    let hint = nearest("survey", names.iter().map(String::as_str)).map(|near| {
        Text2::new(format!("是不是“{near}”？请改名为 survey。"), format!("Rename “{near}” to “survey”."))
    });
    Fault::error("no-survey-sheet", message).at_sheet("survey").hint(hint.unwrap_or_default())
}

fn definition(
    survey: &Sheet,
    choices: Option<&Sheet>,
    settings: Option<&Sheet>,
    faults: &mut Vec<Fault>,
) -> Definition {
    let survey = Table::of(survey, &survey::ALIASES, faults);
    let choices = choices.map(|sheet| Table::of(sheet, &choices::ALIASES, faults));
    let settings = settings.map(|sheet| Table::of(sheet, &settings::ALIASES, faults));
    let settings = settings::read(settings.as_ref(), faults);
    let tables: Vec<&Table<'_>> = std::iter::once(&survey).chain(choices.as_ref()).collect();
    let languages = languages(&tables, &settings.default_language);
    let lists = choices
        .as_ref()
        .map_or_else(Vec::new, |table| choices::read(table, &languages, settings.allow_duplicates, faults));
    let rows = survey::read(&survey, &languages, &lists, faults);
    Definition {
        id: settings.id,
        version: settings.version,
        title: settings.title,
        root: settings.root,
        languages,
        rows,
        lists,
        ..Definition::default()
    }
}

/// The languages of all labels, the default first.
fn languages(tables: &[&Table<'_>], default: &str) -> Vec<String> {
    let mut languages: Vec<String> = Vec::new();
    for heading in tables.iter().flat_map(|table| &table.headings) {
        let translated =
            matches!(heading.column.as_str(), "label" | "hint" | "constraint_message" | "required_message");
        if translated && !languages.contains(&heading.language) {
            languages.push(heading.language.clone());
        }
    }
    if languages.is_empty() {
        languages.push(String::new());
    }
    let is_default =
        |language: &String| language == default || language_code(language) == language_code(default);
    if let Some(at) = languages.iter().position(is_default).filter(|_| !default.is_empty()) {
        let first = languages.remove(at);
        languages.insert(0, first);
    }
    languages
}
