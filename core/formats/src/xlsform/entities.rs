//! The sheet `entities` and the column `save_to` (ODK XForms, Entities).

use super::checks::Cells;
use super::meta::{self, cell};
use super::table::Table;
use super::{Place, cleaning, headings};
use crate::workbook::{Sheet, SheetRow};
use ruhu_form::QuestionKind;
use ruhu_form::definition::{Definition, Entity, Row};
use ruhu_text::{Bilingual, Diagnostic, Explain, nearest};
use ruhu_xpath::is_name;
use std::collections::{HashMap, HashSet};

const KNOWN: [&str; 11] = [
    "list_name",
    "label",
    "entity_id",
    "create_if",
    "update_if",
    "repeat",
    "note",
    "notes",
    "comment",
    "comments",
    "备注",
];

/// A declared entity, and the repeat it names.
pub(super) struct Declared {
    pub entity: Entity,
    repeat: Option<String>,
}

pub(super) fn table(sheet: Sheet, diagnostics: &mut Vec<Diagnostic>) -> Option<Table> {
    if sheet.rows.is_empty() {
        return None;
    }
    let table = Table::of(sheet, &headings::ENTITIES, "list_name", diagnostics);
    table.warn_unknown(&KNOWN, &[], diagnostics);
    if !table.has("list_name") {
        diagnostics.push(table.missing_column("list_name"));
    }
    Cells::of(&["list_name"]).check(&table, diagnostics);
    Some(table)
}

pub(super) fn read(table: &Table, diagnostics: &mut Vec<Diagnostic>) -> Vec<Declared> {
    let mut declared: Vec<Declared> = Vec::new();
    for row in table.rows() {
        let Some(list) = table.text(row, "list_name") else {
            if row.cells.iter().any(|cell| !cell.text.is_empty()) {
                let message = Bilingual::new("实体没有写属于哪个列表。", "The entity names no list.");
                diagnostics.push(table.diagnostic(
                    Diagnostic::error("no-entity-list", message),
                    row,
                    "list_name",
                ));
            }
            continue;
        };
        if let Some(diagnostic) = bad_list(&list) {
            diagnostics.push(table.diagnostic(diagnostic, row, "list_name"));
        }
        if declared.iter().any(|other| other.entity.list == list) {
            let message = Bilingual::new(
                format!("实体列表“{list}”声明了两次。"),
                format!("The entity list “{list}” is declared twice."),
            );
            diagnostics.push(table.diagnostic(
                Diagnostic::error("duplicate-entity", message),
                row,
                "list_name",
            ));
            continue;
        }
        let entity = entity(table, row, list, diagnostics);
        check(table, row, &entity, diagnostics);
        declared.push(Declared { entity, repeat: table.text(row, "repeat") });
    }
    declared
}

fn entity(table: &Table, row: &SheetRow, list: String, diagnostics: &mut Vec<Diagnostic>) -> Entity {
    let mut expression = |column: &str| {
        let found = table.cell(row, column)?;
        let (text, _) = cleaning::expression(found.text);
        if let Err(error) = ruhu_xpath::parse(&text) {
            let said = error.explain().what;
            let message = Bilingual::new(
                format!("算式读不懂：{}。", said.zh),
                format!("The expression cannot be read: {}.", said.en),
            );
            diagnostics.push(table.diagnostic(Diagnostic::error("bad-expression", message), row, column));
        }
        Some(cell(&text, &found.heading.written))
    };
    Entity {
        list,
        entity_id: expression("entity_id"),
        create_if: expression("create_if"),
        update_if: expression("update_if"),
        label: expression("label"),
        repeat: None,
        line: row.number,
    }
}

/// The names that lists and properties may have.
fn bad_list(list: &str) -> Option<Diagnostic> {
    let message = if list.starts_with("__") {
        Bilingual::new("实体列表的名字不能以“__”开头。", "The name of an entity list cannot begin with “__”.")
    } else if list.contains('.') {
        Bilingual::new("实体列表的名字里不能有“.”。", "The name of an entity list cannot have a “.”.")
    } else if !is_name(list) {
        Bilingual::new(
            format!("“{list}”不能作实体列表的名字。"),
            format!("“{list}” cannot be the name of an entity list."),
        )
    } else {
        return None;
    };
    Some(Diagnostic::error("bad-name", message))
}

/// Which columns an entity needs together.
fn check(table: &Table, row: &SheetRow, entity: &Entity, diagnostics: &mut Vec<Diagnostic>) {
    let creates = entity.entity_id.is_none() || entity.create_if.is_some();
    let mut problem = |column: &str, code: &str, zh: &str, en: &str| {
        diagnostics.push(table.diagnostic(Diagnostic::error(code, Bilingual::new(zh, en)), row, column));
    };
    if creates && entity.label.is_none() {
        problem(
            "label",
            "no-entity-label",
            "新建的实体要有 label。",
            "An entity that is created needs a label.",
        );
    }
    if entity.update_if.is_some() && entity.entity_id.is_none() {
        problem(
            "entity_id",
            "no-entity-id",
            "写了 update_if，就要写 entity_id。",
            "With update_if an entity_id is needed.",
        );
    }
    if entity.entity_id.is_some() && entity.create_if.is_some() && entity.update_if.is_none() {
        problem(
            "update_if",
            "no-update-condition",
            "entity_id 和 create_if 都写了，就要写 update_if。",
            "With entity_id and create_if an update_if is needed.",
        );
    }
}

/// Checks `save_to`, finds where each entity stands, and adds its nodes.
pub(super) fn place(
    definition: &mut Definition,
    declared: Vec<Declared>,
    survey: &Table,
    places: &mut HashMap<String, Place>,
    sheet: &str,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let saved = saved(definition, &declared, survey, diagnostics);
    let alone = declared.len() == 1;
    let mut taken: HashMap<Option<u32>, String> = HashMap::new();
    for Declared { mut entity, repeat } in declared {
        let rows = saved.get(&entity.list).map_or(&[][..], Vec::as_slice);
        let repeat = match &repeat {
            Some(name) => named_repeat(definition, name, &entity, sheet, diagnostics),
            None => rows.iter().find_map(|row| repeat_of(&definition.rows, *row)),
        };
        check_scope(definition, rows, repeat, survey, diagnostics);
        let container = if alone && repeat.is_none() { None } else { common(&definition.rows, rows, repeat) };
        if let Some(other) = taken.insert(container, entity.list.clone()) {
            let message = Bilingual::new(
                format!("实体“{}”与“{other}”在同一组里。", entity.list),
                format!("The entities “{}” and “{other}” stand in the same group.", entity.list),
            );
            let help = Bilingual::new(
                "请把两个实体的 save_to 题目分放在两个组里。",
                "Put the questions with their save_to into two groups.",
            );
            let diagnostic = Diagnostic::error("entities-in-one-group", message).help(help);
            diagnostics
                .push(diagnostic.at_sheet(sheet).at_row(entity.line).at_cell("list_name", &entity.list));
            continue;
        }
        entity.repeat = repeat;
        add_nodes(definition, &entity, container, places, sheet);
        definition.entities.push(entity);
    }
}

/// The rows with `save_to`, by list.
fn saved(
    definition: &mut Definition,
    declared: &[Declared],
    survey: &Table,
    diagnostics: &mut Vec<Diagnostic>,
) -> HashMap<String, Vec<u32>> {
    let mut saved: HashMap<String, Vec<u32>> = HashMap::new();
    let mut seen: HashSet<(String, String)> = HashSet::new();
    for (at, row) in (0_u32..).zip(&mut definition.rows) {
        let Some(text) = row.entity_property.clone() else { continue };
        let (list, property) = match text.split_once('#') {
            Some((list, property)) => (Some(list.to_owned()), property.to_owned()),
            None => (declared.first().map(|first| first.entity.list.clone()), text.clone()),
        };
        let problem = bad_save(row, &text, &property, list.as_deref(), declared).or_else(|| {
            let again = !seen.insert((list.clone().unwrap_or_default(), property.clone()));
            again.then(|| {
                let message = Bilingual::new(
                    format!("属性“{property}”已经有别的题目保存。"),
                    format!("Another question saves to “{property}” already."),
                );
                Diagnostic::error("duplicate-save-to", message)
            })
        });
        if let Some(diagnostic) = problem {
            let diagnostic = diagnostic.at_sheet(&survey.sheet.name).at_row(row.line);
            diagnostics.push(diagnostic.at_cell(survey.heading_of("save_to"), &text));
            continue;
        }
        if declared.len() == 1 {
            row.entity_property = Some(property);
        }
        saved.entry(list.unwrap_or_default()).or_default().push(at);
    }
    saved
}

fn bad_save(
    row: &Row,
    text: &str,
    property: &str,
    list: Option<&str>,
    declared: &[Declared],
) -> Option<Diagnostic> {
    let Some(list) = list else {
        let message = Bilingual::new(
            "有 save_to，却没有 entities 工作表。",
            "There is a save_to, but no sheet “entities”.",
        );
        return Some(Diagnostic::error("no-entities", message));
    };
    let lists = || declared.iter().map(|declared| declared.entity.list.as_str());
    if !text.contains('#') && declared.len() > 1 {
        let message = Bilingual::new(
            "有几个实体，要写明是哪一个。",
            "There are several entities; tell which is meant.",
        );
        let help =
            Bilingual::new(format!("例如：{list}#{property}"), format!("For instance: {list}#{property}"));
        return Some(Diagnostic::error("ambiguous-save-to", message).help(help));
    }
    if !lists().any(|known| known == list) {
        let message =
            Bilingual::new(format!("没有实体列表“{list}”。"), format!("There is no entity list “{list}”."));
        let near = nearest(list, lists());
        let help =
            near.map(|near| Bilingual::new(format!("是不是“{near}”？"), format!("Did you mean “{near}”?")));
        return Some(Diagnostic::error("unknown-entity-list", message).help(help.unwrap_or_default()));
    }
    let message = if matches!(row.kind, QuestionKind::Group | QuestionKind::Repeat) {
        Bilingual::new("组不能保存到实体。", "A group cannot be saved to an entity.")
    } else if ["name", "label"].iter().any(|reserved| property.eq_ignore_ascii_case(reserved)) {
        Bilingual::new(
            format!("实体的“{property}”由系统保留。"),
            format!("“{property}” of an entity is kept for the system."),
        )
    } else if property.starts_with("__") || !is_name(property) {
        Bilingual::new(
            format!("“{property}”不能作属性名。"),
            format!("“{property}” cannot be the name of a property."),
        )
    } else {
        return None;
    };
    Some(Diagnostic::error("bad-save-to", message))
}

fn named_repeat(
    definition: &Definition,
    name: &str,
    entity: &Entity,
    sheet: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<u32> {
    let wanted = super::groups::reference(name).unwrap_or(name);
    let found = definition.rows.iter().position(|row| row.kind == QuestionKind::Repeat && row.name == wanted);
    if found.is_none() {
        let message = Bilingual::new(
            format!("没有名为“{wanted}”的重复组。"),
            format!("There is no repeat named “{wanted}”."),
        );
        let diagnostic = Diagnostic::error("unknown-repeat", message).at_sheet(sheet).at_row(entity.line);
        diagnostics.push(diagnostic.at_cell("repeat", name));
    }
    found.and_then(|at| u32::try_from(at).ok())
}

/// All questions of an entity stand in one repeat, or in none.
fn check_scope(
    definition: &Definition,
    rows: &[u32],
    repeat: Option<u32>,
    survey: &Table,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for at in rows {
        if repeat_of(&definition.rows, *at) == repeat {
            continue;
        }
        let Some(row) = definition.rows.get(*at as usize) else { continue };
        let message = Bilingual::new(
            "一个实体的题目要都在同一个重复组里，或都不在重复组里。",
            "The questions of one entity must stand in the same repeat, or all in none.",
        );
        let text = row.entity_property.clone().unwrap_or_default();
        let diagnostic = Diagnostic::error("save-to-in-other-repeat", message).at_sheet(&survey.sheet.name);
        diagnostics.push(diagnostic.at_row(row.line).at_cell(survey.heading_of("save_to"), &text));
    }
}

fn above(rows: &[Row], at: u32) -> Option<u32> {
    rows.get(at as usize).and_then(|row| row.parent)
}

fn repeat_of(rows: &[Row], at: u32) -> Option<u32> {
    std::iter::successors(above(rows, at), |at| above(rows, *at))
        .find(|at| rows.get(*at as usize).is_some_and(|row| row.kind == QuestionKind::Repeat))
}

/// The innermost group that holds all of the rows, within the repeat.
fn common(rows: &[Row], of: &[u32], repeat: Option<u32>) -> Option<u32> {
    let lineage = |at: u32| -> Vec<u32> {
        let mut groups: Vec<u32> = std::iter::successors(above(rows, at), |at| above(rows, *at)).collect();
        groups.reverse();
        groups
    };
    let mut of = of.iter().copied();
    let Some(first) = of.next() else { return repeat };
    let shared = of.fold(lineage(first), |shared, at| {
        shared.into_iter().zip(lineage(at)).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
    });
    shared.last().copied().or(repeat)
}

/// `meta/entity`, and its label where it has one.
fn add_nodes(
    definition: &mut Definition,
    entity: &Entity,
    container: Option<u32>,
    places: &mut HashMap<String, Place>,
    sheet: &str,
) {
    let at = container.map_or(definition.rows.len(), |container| end_of(&definition.rows, container));
    let mut rest: Vec<Row> = definition.rows.split_off(at);
    let meta = meta::group(definition, container);
    let own = u32::try_from(definition.rows.len()).unwrap_or(u32::MAX);
    definition.rows.push(Row {
        kind: QuestionKind::Group,
        name: "entity".to_owned(),
        parent: Some(meta),
        attributes: vec![("instance::dataset".to_owned(), entity.list.clone())],
        ..Row::default()
    });
    if let Some(label) = &entity.label {
        let key = format!("entities {} label", entity.line);
        let place = Place { sheet: sheet.to_owned(), row: entity.line, column: label.column.clone() };
        places.insert(key.clone(), place);
        definition.rows.push(Row {
            kind: QuestionKind::Calculate,
            name: "label".to_owned(),
            parent: Some(own),
            calculation: Some(cell(&label.text, &key)),
            read_only: Some(cell("true()", &key)),
            ..Row::default()
        });
    }
    let begin = u32::try_from(at).unwrap_or(u32::MAX);
    let moved = u32::try_from(definition.rows.len() - at).unwrap_or(0);
    for row in &mut rest {
        row.parent = row.parent.map(|parent| if parent >= begin { parent + moved } else { parent });
    }
    for repeat in definition.entities.iter_mut().filter_map(|entity| entity.repeat.as_mut()) {
        if *repeat >= begin {
            *repeat += moved;
        }
    }
    definition.rows.append(&mut rest);
}

/// The index after the last row that a group holds.
fn end_of(rows: &[Row], group: u32) -> usize {
    let within = |at: u32| std::iter::successors(Some(at), |at| above(rows, *at)).any(|at| at == group);
    let last = (group..).zip(rows.iter().skip(group as usize)).take_while(|(at, _)| within(*at)).count();
    group as usize + last
}
