//! Repeats and their counts, loops, and choices that are answers of a repeat.

use super::survey::Survey;
use crate::attachments::LAST_SAVED_FILE;
use crate::workbook::SheetRow;
use ruhu_form::definition::MAX_ROWS;
use ruhu_form::definition::{Instance, Itemset, Row, Source};
use ruhu_form::{Choice, QuestionKind};
use ruhu_text::{Bilingual, Diagnostic, nearest};
use ruhu_xpath::{LAST_SAVED, LAST_SAVED_INSTANCE, is_name};

/// What stands for the choice's value in a loop, and for its label.
pub(super) const LOOP_NAME: &str = "%(name)s";
/// See [`LOOP_NAME`].
const LOOP_LABEL: &str = "%(label)s";

impl Survey<'_> {
    /// The count of a repeat. When it is more than the answer to a question, a
    /// calculation before the repeat holds it, as XLSForm has it.
    pub fn count(&mut self, repeat: &mut Row) {
        let Some(count) = repeat.repeat_count.take() else { return };
        let name = reference(&count.text);
        if name.is_some() {
            repeat.repeat_count = Some(count);
            return;
        }
        let column = count.column.clone();
        let name = format!("{}_count", repeat.name);
        repeat.repeat_count = Some(Source { text: format!("${{{name}}}"), column: column.clone() });
        self.rows.push(Row {
            kind: QuestionKind::Calculate,
            name,
            parent: repeat.parent,
            calculation: Some(count),
            read_only: Some(Source { text: "true()".to_owned(), column }),
            line: repeat.line,
            ..Row::default()
        });
    }

    pub fn check_loop(&mut self, row: &SheetRow, list: Option<&str>) {
        let Some(list) = list else {
            let message = Bilingual::new("循环没有写选项表。", "The loop names no list.");
            let help = Bilingual::new("例如：begin loop over crops", "For instance: begin loop over crops");
            return self.diagnostic(row, "type", Diagnostic::error("no-list", message).help(help));
        };
        self.looped.push(list.to_owned());
        if !self.given.lists.iter().any(|known| known.name == list) {
            self.unknown_list(row, list);
        }
    }

    /// What the loop at `at` holds, once in a group for each choice.
    pub fn expand_loop(&mut self, row: &SheetRow, at: usize, list: &str) {
        let Some(list) = self.given.lists.iter().find(|known| known.name == list) else { return };
        let body = self.rows.split_off(at + 1);
        // A choice “none” has nothing to ask about.
        let choices: Vec<&Choice> = list.choices.iter().filter(|choice| choice.value != "none").collect();
        if self.rows.len() + choices.len() * (body.len() + 1) > MAX_ROWS {
            let message = Bilingual::new(
                format!("循环展开后超过 {MAX_ROWS} 行。"),
                format!("The loop makes more than {MAX_ROWS} rows."),
            );
            return self.diagnostic(row, "type", Diagnostic::error("too-many-rows", message));
        }
        for choice in choices {
            let group = self.rows.len();
            self.rows.push(Row {
                kind: QuestionKind::Group,
                name: choice.value.clone(),
                parent: u32::try_from(at).ok(),
                labels: choice.labels.clone(),
                line: row.number,
                ..Row::default()
            });
            let moved = |parent: u32| {
                let parent = parent as usize;
                u32::try_from(if parent == at { group } else { parent + group - at }).ok()
            };
            let copies = body.iter().map(|row| Row { parent: row.parent.and_then(moved), ..of(row, choice) });
            self.rows.extend(copies);
        }
    }

    /// `select_one ${name}`: the answers to that question in all instances of
    /// its repeat, those left out that are blank.
    pub fn choose_answers(&mut self) {
        for (at, name) in std::mem::take(&mut self.answers) {
            let named: Vec<usize> =
                self.rows.iter().enumerate().filter(|(_, row)| row.name == name).map(|(n, _)| n).collect();
            let diagnostic = match named[..] {
                [question] => match self.repeat_of(question) {
                    Some(repeat) => {
                        self.choose_from(at, question, repeat);
                        continue;
                    }
                    None => Diagnostic::error(
                        "no-repeat",
                        Bilingual::new(
                            format!("“{name}”不在重复组里，不能作选项。"),
                            format!("“{name}” is not in a repeat, so its answers cannot be choices."),
                        ),
                    ),
                },
                [] => {
                    let near = nearest(&name, self.rows.iter().map(|row| row.name.as_str()));
                    let help = near.map(|near| {
                        Bilingual::new(
                            format!("是不是“${{{near}}}”？"),
                            format!("Did you mean “${{{near}}}”?"),
                        )
                    });
                    let message = Bilingual::new(
                        format!("没有名为“{name}”的题目。"),
                        format!("There is no question named “{name}”."),
                    );
                    Diagnostic::error("dangling-reference", message).help(help.unwrap_or_default())
                }
                _ => Diagnostic::error(
                    "ambiguous-reference",
                    Bilingual::new(
                        format!("有几个题目都叫“{name}”。"),
                        format!("Several questions are named “{name}”."),
                    ),
                ),
            };
            let line = self.rows.get(at).map_or(0, |row| row.line);
            let type_column = self.table.heading_of("type");
            let cell = format!("${{{name}}}");
            self.diagnostics
                .push(diagnostic.at_sheet(&self.table.sheet.name).at_row(line).at_cell(type_column, &cell));
        }
    }

    fn repeat_of(&self, at: usize) -> Option<usize> {
        let above = |at: &usize| self.rows.get(*at)?.parent.map(|parent| parent as usize);
        std::iter::successors(above(&at), above)
            .find(|at| self.rows.get(*at).is_some_and(|row| row.kind == QuestionKind::Repeat))
    }

    /// The names of the steps from a row down to another.
    fn steps(&self, from: usize, to: usize) -> Vec<&str> {
        let above = |at: &usize| self.rows.get(*at)?.parent.map(|parent| parent as usize);
        let lineage = std::iter::successors(Some(to), above).take_while(|at| *at != from);
        let mut steps: Vec<&str> =
            lineage.filter_map(|at| self.rows.get(at)).map(|row| row.name.as_str()).collect();
        steps.reverse();
        steps
    }

    fn choose_from(&mut self, at: usize, question: usize, repeat: usize) {
        let Some(repeat_name) = self.rows.get(repeat).map(|row| row.name.clone()) else { return };
        let mut steps = self.steps(repeat, question);
        let value = steps.pop().unwrap_or_default().to_owned();
        let group = steps.iter().map(|step| format!("/{step}")).collect::<String>();
        let filter = self.rows.get(at).and_then(|row| row.choice_filter.clone());
        let filter = filter.map(|filter| Source { text: self.within(repeat, &filter.text), ..filter });
        let all = if filter.is_none() { format!("[./{value} != '']") } else { String::new() };
        let nodes = format!("${{{repeat_name}}}{group}{all}");
        if let Some(select) = self.rows.get_mut(at) {
            select.choice_filter = filter;
            select.itemset = Some(Itemset {
                nodes: Source { text: nodes, column: "type".to_owned() },
                label: value.clone(),
                value,
            });
        }
    }

    /// A filter in which the questions of the repeat are those of the instance
    /// that is looked at.
    fn within(&self, repeat: usize, filter: &str) -> String {
        let mut text = String::with_capacity(filter.len());
        let mut rest = filter;
        while let Some((before, (reference, after))) = next_reference(rest) {
            text.push_str(before);
            let inside = |(at, row): &(usize, &Row)| {
                row.name == reference.trim() && self.repeat_of(*at) == Some(repeat)
            };
            match self.rows.iter().enumerate().find(inside) {
                Some((at, _)) => text.push_str(&format!("./{}", self.steps(repeat, at).join("/"))),
                None => text.push_str(&format!("${{{reference}}}")),
            }
            rest = after;
        }
        text.push_str(rest);
        text
    }

    /// The tables that `pulldata('table', ...)` reads, each a file; and the form
    /// that was saved last, where `${last-saved#name}` names it.
    pub fn pulled_tables(&mut self) {
        let mut tables: Vec<String> = Vec::new();
        let mut last_saved = false;
        for row in &self.rows {
            let texts = [&row.labels, &row.hints, &row.constraint_messages, &row.required_messages];
            last_saved |= texts.into_iter().flatten().any(|(_, text)| names_last_saved(text));
            let own = [&row.relevant, &row.required, &row.constraint, &row.calculation, &row.read_only];
            let more = [&row.choice_filter, &row.default, &row.repeat_count];
            let actions = row.actions.iter().filter_map(|action| action.value.as_ref());
            for cell in own.into_iter().chain(more).flatten().chain(actions) {
                tables.extend(pulled(&cell.text));
                last_saved |= names_last_saved(&cell.text);
            }
        }
        if last_saved {
            let (id, file) = (LAST_SAVED_INSTANCE.to_owned(), Some(LAST_SAVED_FILE.to_owned()));
            self.instances.push(Instance { id, file, ..Instance::default() });
        }
        tables.sort_unstable();
        tables.dedup();
        for table in tables {
            let known = self.instances.iter().any(|instance| instance.id == table)
                || self.given.lists.iter().any(|list| list.name == table);
            if !known {
                let file = Some(format!("{table}.csv"));
                self.instances.push(Instance { id: table, file, ..Instance::default() });
            }
        }
    }
}

/// The name in a text that is one reference: `${name}`.
pub(super) fn reference(text: &str) -> Option<&str> {
    let name = text.trim().strip_prefix("${")?.strip_suffix('}')?.trim();
    is_name(name).then_some(name)
}

/// The text before the next `${name}`, the name, and the text after it.
fn next_reference(text: &str) -> Option<(&str, (&str, &str))> {
    let (before, from) = text.split_once("${")?;
    Some((before, from.split_once('}')?))
}

fn names_last_saved(text: &str) -> bool {
    text.split_once("${").is_some_and(|(_, rest)| rest.contains(LAST_SAVED))
}

/// The tables named in calls of `pulldata`.
fn pulled(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (_, rest) in
        text.match_indices("pulldata").filter_map(|(at, name)| text.split_at_checked(at + name.len()))
    {
        let argument = rest.trim_start().strip_prefix('(').map(str::trim_start).unwrap_or_default();
        let Some(quote) = argument.chars().next().filter(|c| matches!(c, '\'' | '"')) else { continue };
        let name = argument.get(1..).and_then(|rest| rest.split_once(quote)).map(|(name, _)| name);
        found.extend(name.filter(|name| !name.is_empty()).map(str::to_owned));
    }
    found
}

/// A row of a loop as it is for one choice.
fn of(row: &Row, choice: &Choice) -> Row {
    let fill = |text: &str, language: &str| {
        text.replace(LOOP_NAME, &choice.value).replace(LOOP_LABEL, choice.label(language))
    };
    let mut row = row.clone();
    row.name = fill(&row.name, "");
    let texts = [
        &mut row.labels,
        &mut row.hints,
        &mut row.guidance_hints,
        &mut row.required_messages,
        &mut row.constraint_messages,
    ];
    for (language, text) in texts.into_iter().flatten() {
        *text = fill(text, language);
    }
    let cells = [
        &mut row.relevant,
        &mut row.required,
        &mut row.constraint,
        &mut row.calculation,
        &mut row.default,
        &mut row.choice_filter,
        &mut row.repeat_count,
    ];
    for cell in cells.into_iter().flatten() {
        cell.text = fill(&cell.text, "");
    }
    row
}
