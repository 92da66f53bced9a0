//! Words with fields in braces: `授权期限：{from} 至 {to}`.

use ruhu_text::{Bilingual, nearest};

/// What stands for a value of the letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Field {
    /// The case's number.
    Case,
    /// What may be looked up.
    Scope,
    /// What for.
    Purpose,
    /// Who may use it.
    Recipient,
    /// The first day.
    From,
    /// The last day.
    To,
    /// The names of all who authorise.
    Grantors,
    /// The letter's version.
    Version,
    /// Which sheet.
    Sheet,
    /// How many sheets.
    Sheets,
    /// Of one grantor: which of all, from 1.
    Number,
    /// Name.
    Name,
    /// Number of the paper.
    Idno,
    /// As what.
    Role,
    /// For whom.
    Ward,
    /// Number of the ward's paper.
    WardIdno,
    /// What the grantor is to the ward.
    Relation,
}

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Anywhere but in a grantor's cell.
    Letter,
    /// In a grantor's cell.
    Cell,
}

const OF_THE_LETTER: [(&str, Field); 10] = [
    ("case", Field::Case),
    ("scope", Field::Scope),
    ("purpose", Field::Purpose),
    ("recipient", Field::Recipient),
    ("from", Field::From),
    ("to", Field::To),
    ("grantors", Field::Grantors),
    ("version", Field::Version),
    ("sheet", Field::Sheet),
    ("sheets", Field::Sheets),
];
const OF_A_GRANTOR: [(&str, Field); 7] = [
    ("number", Field::Number),
    ("name", Field::Name),
    ("idno", Field::Idno),
    ("role", Field::Role),
    ("ward", Field::Ward),
    ("ward_idno", Field::WardIdno),
    ("relation", Field::Relation),
];

impl Place {
    fn fields(self) -> &'static [(&'static str, Field)] {
        match self {
            Place::Letter => &OF_THE_LETTER,
            Place::Cell => &OF_A_GRANTOR,
        }
    }

    fn names(self) -> String {
        self.fields().iter().map(|(name, _)| format!("{{{name}}}")).collect::<Vec<_>>().join(" ")
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Words(String),
    Field(Field),
}

/// One line of a template, its fields found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldLine(Vec<Part>);

/// A fault of a line: its code, the character it stands at, from 1, and what is wrong.
pub(crate) type LineFault = (&'static str, u32, Bilingual);

impl FieldLine {
    /// Reads a line. `{{` and `}}` are braces as such.
    pub(crate) fn parse(line: &str, place: Place) -> Result<FieldLine, LineFault> {
        let mut parts = Vec::new();
        let mut words = String::new();
        let mut characters = (1u32..).zip(line.chars()).peekable();
        while let Some((column, character)) = characters.next() {
            let doubled = characters.peek().is_some_and(|&(_, next)| next == character);
            match character {
                '{' | '}' if doubled => {
                    characters.next();
                    words.push(character);
                }
                '}' => return Err(unpaired(column)),
                '{' => {
                    let mut name = String::new();
                    loop {
                        match characters.next() {
                            Some((_, '}')) => break,
                            Some((_, '{')) | None => return Err(unpaired(column)),
                            Some((_, one)) => name.push(one),
                        }
                    }
                    let field = named(name.trim(), place, column)?;
                    if !words.is_empty() {
                        parts.push(Part::Words(std::mem::take(&mut words)));
                    }
                    parts.push(Part::Field(field));
                }
                _ => words.push(character),
            }
        }
        if !words.is_empty() {
            parts.push(Part::Words(words));
        }
        Ok(FieldLine(parts))
    }

    /// Whether the field stands in it.
    pub(crate) fn has(&self, field: Field) -> bool {
        self.0.contains(&Part::Field(field))
    }

    /// The line with values; nothing, if it has fields and all of them are blank.
    pub(crate) fn fill(&self, value: &dyn Fn(Field) -> String) -> Option<String> {
        let mut fields = 0;
        let mut blank = 0;
        let mut text = String::new();
        let mut bracket = None;
        for part in &self.0 {
            match part {
                Part::Words(words) => match bracket.take().and_then(|closing| words.strip_prefix(closing)) {
                    // Brackets around nothing are not printed.
                    Some(rest) => {
                        text.pop();
                        text.push_str(rest);
                    }
                    None => text.push_str(words),
                },
                Part::Field(field) => {
                    let value = value(*field);
                    fields += 1;
                    blank += usize::from(value.is_empty());
                    bracket = if value.is_empty() { closing(&text) } else { None };
                    text.push_str(&value);
                }
            }
        }
        (fields == 0 || blank < fields).then_some(text)
    }
}

/// What closes the bracket that a text ends with.
fn closing(text: &str) -> Option<char> {
    match text.chars().next_back()? {
        '（' => Some('）'),
        '(' => Some(')'),
        _ => None,
    }
}

fn unpaired(column: u32) -> LineFault {
    (
        "unpaired_brace",
        column,
        Bilingual::new(
            "大括号不成对。字段写成 {scope}；要印大括号本身，写两个 {{。",
            "This brace has no partner. A field is written {scope}; a brace as such is written twice, {{.",
        ),
    )
}

fn named(name: &str, place: Place, column: u32) -> Result<Field, LineFault> {
    let known = place.fields();
    if let Some((_, field)) = known.iter().find(|(known, _)| *known == name) {
        return Ok(*field);
    }
    let elsewhere = match place {
        Place::Letter => OF_A_GRANTOR.iter().any(|(known, _)| *known == name),
        Place::Cell => OF_THE_LETTER.iter().any(|(known, _)| *known == name),
    };
    let names = place.names();
    let (zh, en) = match (elsewhere, nearest(name, known.iter().map(|(known, _)| *known))) {
        (true, _) => {
            (format!("这里不能用，可用的有 {names}"), format!("not usable here, but these are: {names}"))
        }
        (false, Some(meant)) => (format!("是不是 {{{meant}}}？"), format!("did you mean {{{meant}}}?")),
        (false, None) => (format!("可用的有 {names}"), format!("known are {names}")),
    };
    let message =
        Bilingual::new(format!("没有字段 {{{name}}}，{zh}"), format!("There is no field {{{name}}}; {en}"));
    Err(("unknown_field", column, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_whose_fields_are_all_blank_is_left_out() {
        let line = FieldLine::parse("代 {ward}（{ward_idno}）", Place::Cell).unwrap();
        assert_eq!(line.fill(&|_| String::new()), None);
        let only_name = |field| if field == Field::Ward { "陈小满".to_owned() } else { String::new() };
        assert_eq!(line.fill(&only_name).as_deref(), Some("代 陈小满"));
        let plain = FieldLine::parse("{{签名}}", Place::Cell).unwrap();
        assert_eq!(plain.fill(&|_| String::new()).as_deref(), Some("{签名}"));
    }

    #[test]
    fn a_mistaken_field_is_told_with_its_place_and_the_word_that_was_meant() {
        let (code, column, message) = FieldLine::parse("范围：{scop}", Place::Letter).unwrap_err();
        assert_eq!((code, column), ("unknown_field", 4));
        assert!(message.zh.contains("{scope}"), "{}", message.zh);
        let (code, column, _) = FieldLine::parse("期限 {from 至 {to}", Place::Letter).unwrap_err();
        assert_eq!((code, column), ("unpaired_brace", 4));
        let (code, _, message) = FieldLine::parse("{ward}", Place::Letter).unwrap_err();
        assert_eq!(code, "unknown_field");
        assert!(message.en.contains("not usable here"), "{}", message.en);
    }
}
