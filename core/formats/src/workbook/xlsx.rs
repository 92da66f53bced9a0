//! .xlsx: XML parts in a zip archive (ECMA-376). The parts are read as streams
//! and nothing is set aside by what the file says of its own size.

use super::diagnostics::{damaged, not_a_workbook, too_large};
use super::package::{Attributes, Package, Part, Step};
use super::sheet::{Budget, Contents, MAX_CELLS, Origin, Sheet, Wanted, date_text, number_text};
use super::styles::{Styles, is_date_code};
use ruhu_text::Diagnostic;

/// The most bytes of all shared texts together.
const MAX_SHARED: usize = 32 * 1024 * 1024;
/// The most styles of cells, and the most sheets.
const MAX_STYLES: usize = 100_000;
const MAX_SHEETS: usize = 1_000;

type Result<T> = std::result::Result<T, Box<Diagnostic>>;

pub(super) fn open(bytes: &[u8], wanted: Wanted) -> Result<Contents> {
    let mut package = Package::open(bytes)?;
    let path = package.main_part()?;
    let workbook = Workbook::read(&mut package, &path)?;
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let names: Vec<String> = workbook.sheets.iter().map(|entry| entry.name.clone()).collect();
    let chosen: Vec<&Entry> = workbook
        .sheets
        .iter()
        .zip(wanted(&names))
        .filter(|(_, wanted)| *wanted)
        .map(|(entry, _)| entry)
        .collect();
    let mut out = Contents { sheets: Vec::new(), names };
    if chosen.is_empty() {
        return Ok(out);
    }
    let styles = styles(&mut package, &workbook.part_path(folder, "/styles"), workbook.from_1904)?;
    let shared = shared(&mut package, &workbook.part_path(folder, "/sharedStrings"))?;
    let book = Book { styles, shared };
    let mut budget = Budget::new();
    for entry in chosen {
        let path = workbook.target(folder, &entry.relation).ok_or_else(damaged)?;
        let mut sheet = Sheet { name: entry.name.clone(), hidden: entry.hidden, ..Sheet::default() };
        book.sheet(&mut package, &path, &mut sheet, &mut budget)?;
        sheet.order();
        out.sheets.push(sheet);
    }
    Ok(out)
}

/// A sheet as the workbook lists it.
struct Entry {
    name: String,
    hidden: bool,
    relation: String,
}

struct Relation {
    id: String,
    kind: String,
    target: String,
}

struct Workbook {
    sheets: Vec<Entry>,
    relations: Vec<Relation>,
    from_1904: bool,
}

impl Workbook {
    fn read(package: &mut Package<'_>, path: &str) -> Result<Workbook> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let mut workbook = Workbook { sheets: Vec::new(), relations: Vec::new(), from_1904: false };
        let mut part = package.part(path)?.ok_or_else(not_a_workbook)?;
        while let Some(step) = part.next()? {
            let Step::Begin(tag, attributes) = step else { continue };
            match tag.as_str() {
                "sheet" => workbook.sheets.push(Entry {
                    name: attributes.get("name").unwrap_or_default().to_owned(),
                    hidden: attributes.get("state").is_some_and(|state| state != "visible"),
                    relation: attributes.get("id").unwrap_or_default().to_owned(),
                }),
                "workbookPr" => workbook.from_1904 = attributes.truth("date1904"),
                _ => {}
            }
            if workbook.sheets.len() > MAX_SHEETS {
                return Err(too_large(&format!("{MAX_SHEETS} sheets")));
            }
        }
        drop(part);
        let relations = join(folder, &format!("_rels/{name}.rels"));
        workbook.relations = read_relations(package, &relations)?;
        Ok(workbook)
    }

    fn target(&self, folder: &str, id: &str) -> Option<String> {
        self.relations
            .iter()
            .find(|relation| relation.id == id)
            .map(|relation| join(folder, &relation.target))
    }

    /// The part of a kind; where it is not listed, where it usually is.
    fn part_path(&self, folder: &str, kind: &str) -> String {
        let listed = self.relations.iter().find(|relation| relation.kind.ends_with(kind));
        listed.map_or_else(
            || join(folder, &format!("{}.xml", kind.trim_start_matches('/'))),
            |found| join(folder, &found.target),
        )
    }
}

fn read_relations(package: &mut Package<'_>, path: &str) -> Result<Vec<Relation>> {
    let mut relations = Vec::new();
    let Some(mut part) = package.part(path)? else { return Ok(relations) };
    while let Some(step) = part.next()? {
        let Step::Begin(tag, attributes) = step else { continue };
        if tag == "Relationship" {
            let text = |name: &str| attributes.get(name).unwrap_or_default().to_owned();
            relations.push(Relation { id: text("Id"), kind: text("Type"), target: text("Target") });
        }
        if relations.len() > MAX_SHEETS {
            return Err(too_large(&format!("{MAX_SHEETS} relations")));
        }
    }
    Ok(relations)
}

impl Package<'_> {
    /// The path of the workbook.
    fn main_part(&mut self) -> Result<String> {
        let relations = read_relations(self, "_rels/.rels")?;
        let main = relations.into_iter().find(|relation| relation.kind.ends_with("/officeDocument"));
        let path = main.map_or_else(|| "xl/workbook.xml".to_owned(), |main| join("", &main.target));
        self.check_kind(&path)?;
        Ok(path)
    }
}

/// A path of a relation: from the root when it begins with `/`.
fn join(folder: &str, target: &str) -> String {
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut steps: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    steps.join("/")
}

fn styles(package: &mut Package<'_>, path: &str, from_1904: bool) -> Result<Styles> {
    let mut styles = Styles { from_1904, ..Styles::default() };
    let Some(mut part) = package.part(path)? else { return Ok(styles) };
    let mut in_cells = false;
    while let Some(step) = part.next()? {
        match step {
            Step::Begin(tag, attributes) => match tag.as_str() {
                "numFmt" => {
                    let code = attributes.get("formatCode").unwrap_or_default();
                    styles.formats.insert(attributes.number("numFmtId"), is_date_code(code));
                }
                "cellXfs" => in_cells = true,
                "xf" if in_cells => styles.cells.push(attributes.number("numFmtId")),
                _ => {}
            },
            Step::End(tag) if tag == "cellXfs" => in_cells = false,
            _ => {}
        }
        if styles.cells.len() > MAX_STYLES || styles.formats.len() > MAX_STYLES {
            return Err(too_large(&format!("{MAX_STYLES} styles")));
        }
    }
    Ok(styles)
}

fn shared(package: &mut Package<'_>, path: &str) -> Result<Vec<Box<str>>> {
    let mut texts: Vec<Box<str>> = Vec::new();
    let Some(mut part) = package.part(path)? else { return Ok(texts) };
    let mut left = MAX_SHARED;
    while let Some(step) = part.next()? {
        let Step::Begin(tag, _) = step else { continue };
        if tag != "si" {
            continue;
        }
        let text = rich_text(&mut part, "si")?;
        left = left.checked_sub(text.len()).ok_or_else(|| too_large(&format!("{} MB", MAX_SHARED >> 20)))?;
        texts.push(text.into());
        if texts.len() > MAX_CELLS {
            return Err(too_large(&format!("{MAX_CELLS} texts")));
        }
    }
    Ok(texts)
}

/// The text up to the end of an element: all its `t`, but how it is read aloud
/// (`rPh`) left out.
fn rich_text(part: &mut Part<'_>, end: &str) -> Result<String> {
    let mut text = String::new();
    let (mut in_text, mut aloud) = (false, 0_u32);
    loop {
        match part.next()?.ok_or_else(damaged)? {
            Step::Begin(tag, _) => match tag.as_str() {
                "t" => in_text = aloud == 0,
                "rPh" => aloud += 1,
                _ => {}
            },
            Step::Text(piece) if in_text => text.push_str(&piece),
            Step::Text(_) => {}
            Step::End(tag) => match tag.as_str() {
                "t" => in_text = false,
                "rPh" => aloud = aloud.saturating_sub(1),
                tag if tag == end => return Ok(without_escapes(text)),
                _ => {}
            },
        }
    }
}

/// `_x000D_` is a sign that XML cannot hold (ECMA-376, ST_Xstring).
fn without_escapes(text: String) -> String {
    if !text.contains("_x") {
        return text;
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, from)) = rest.split_once("_x") {
        clean.push_str(before);
        let sign = from
            .get(..5)
            .and_then(|code| code.strip_suffix('_'))
            .and_then(|code| u32::from_str_radix(code, 16).ok())
            .and_then(char::from_u32);
        match sign {
            Some(sign) => {
                clean.push(sign);
                rest = from.get(5..).unwrap_or_default();
            }
            None => {
                clean.push_str("_x");
                rest = from;
            }
        }
    }
    clean.push_str(rest);
    clean
}

struct Book {
    styles: Styles,
    shared: Vec<Box<str>>,
}

/// A cell in the making.
struct Draft {
    place: (u32, u32),
    kind: String,
    style: usize,
    value: String,
    formula: bool,
}

impl Book {
    fn sheet(
        &self,
        package: &mut Package<'_>,
        path: &str,
        sheet: &mut Sheet,
        budget: &mut Budget,
    ) -> Result<()> {
        let mut part = package.part(path)?.ok_or_else(damaged)?;
        let (mut row, mut column, mut whole) = (0_u32, 0_u32, false);
        while let Some(step) = part.next()? {
            match step {
                Step::Begin(tag, attributes) => match tag.as_str() {
                    "row" => {
                        row = attributes.get("r").and_then(|r| r.parse().ok()).unwrap_or(row + 1);
                        column = 0;
                    }
                    "c" => {
                        let place = attributes.get("r").and_then(place);
                        let place = place.unwrap_or((row.saturating_sub(1), column));
                        column = place.1.saturating_add(1);
                        let draft = read_cell(&mut part, &attributes, place)?;
                        let (text, origin) = self.text(&draft);
                        sheet.add(budget, draft.place, &text, origin)?;
                    }
                    "mergeCell" if sheet.merged.is_none() => {
                        let first = attributes.get("ref").and_then(|area| place(area.split(':').next()?));
                        sheet.merged = first.map(|(row, column)| (row.saturating_add(1), column));
                    }
                    _ => {}
                },
                Step::End(tag) if tag == "worksheet" => whole = true,
                _ => {}
            }
        }
        if whole { Ok(()) } else { Err(damaged()) }
    }

    fn text(&self, draft: &Draft) -> (String, Origin) {
        let value = draft.value.as_str();
        if value.is_empty() && draft.formula && draft.kind != "str" {
            return (String::new(), Origin::Unworked);
        }
        let as_text = || (value.to_owned(), Origin::Text);
        match draft.kind.as_str() {
            "s" => {
                let shared = value.trim().parse().ok().and_then(|n: usize| self.shared.get(n));
                (shared.map_or_else(String::new, |text| text.to_string()), Origin::Text)
            }
            "inlineStr" => as_text(),
            "str" => (without_escapes(value.to_owned()), Origin::Text),
            "b" => ((value.trim() == "1").to_string(), Origin::Truth),
            "e" => (value.to_owned(), Origin::Error),
            "d" => (value.to_owned(), Origin::Date),
            _ => match value.trim().parse::<f64>() {
                Ok(number) if self.styles.is_date(draft.style) => {
                    (date_text(number, self.styles.from_1904), Origin::Date)
                }
                Ok(number) => (number_text(number), Origin::Number),
                Err(_) => as_text(),
            },
        }
    }
}

fn read_cell(part: &mut Part<'_>, attributes: &Attributes, place: (u32, u32)) -> Result<Draft> {
    let mut draft = Draft {
        place,
        kind: attributes.get("t").unwrap_or_default().to_owned(),
        style: attributes.number("s") as usize,
        value: String::new(),
        formula: false,
    };
    let mut in_value = false;
    loop {
        match part.next()?.ok_or_else(damaged)? {
            Step::Begin(tag, _) => match tag.as_str() {
                "v" => in_value = true,
                "is" => draft.value = rich_text(part, "is")?,
                "f" => draft.formula = true,
                _ => {}
            },
            Step::Text(text) if in_value => draft.value.push_str(&text),
            Step::Text(_) => {}
            Step::End(tag) => match tag.as_str() {
                "v" => in_value = false,
                "c" => return Ok(draft),
                _ => {}
            },
        }
    }
}

/// The row and column of `B12`, from 0.
fn place(reference: &str) -> Option<(u32, u32)> {
    let reference = reference.trim_start_matches('$');
    let letters = reference.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (column, row) = reference.split_at_checked(letters)?;
    let column = column.bytes().try_fold(0_u32, |number, letter| {
        let digit = u32::from(letter.to_ascii_uppercase() - b'A') + 1;
        number.checked_mul(26)?.checked_add(digit)
    })?;
    let row: u32 = row.trim_start_matches('$').parse().ok()?;
    Some((row.checked_sub(1)?, column.checked_sub(1)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_known_by_letters_and_numbers() {
        assert_eq!(place("A1"), Some((0, 0)));
        assert_eq!(place("$AB$12"), Some((11, 27)));
        assert_eq!(place("XFD1048576"), Some((1_048_575, 16_383)));
        for bad in ["", "A", "12", "A0", "ZZZZZZZZZZ1", "A99999999999", "名1"] {
            assert_eq!(place(bad), None, "{bad}");
        }
    }

    #[test]
    fn paths_of_parts_are_joined() {
        assert_eq!(join("xl", "worksheets/sheet1.xml"), "xl/worksheets/sheet1.xml");
        assert_eq!(join("xl", "/xl/worksheets/sheet1.xml"), "xl/worksheets/sheet1.xml");
        assert_eq!(join("xl/a", "../b.xml"), "xl/b.xml");
    }

    #[test]
    fn signs_that_xml_cannot_hold_are_read() {
        assert_eq!(without_escapes("一_x000D_\n二".into()), "一\r\n二");
        assert_eq!(without_escapes("a_xylophone_x".into()), "a_xylophone_x");
    }
}
