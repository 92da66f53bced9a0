//! A letter: a template filled in, with its version and its hash.

use ruhu_national::Day;
use ruhu_sheet::layout;
use ruhu_sheet::payload::MAX_GRANTORS;
use sha2::{Digest, Sha256};

use crate::contents::{Contents, Grantor};
use crate::error::LetterError;
use crate::fields::Field;
use crate::template::{Line, Template, WordList};

/// A paragraph as it is printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Paragraph {
    pub text: String,
    pub flush: bool,
}

/// What stands where a sheet's own number comes. Private use: no text has it, for no font need.
const SHEET: char = '\u{f8fe}';

/// A letter, all its words fixed.
#[derive(Debug, Clone, PartialEq)]
pub struct Letter {
    /// What it is about.
    pub contents: Contents,
    /// Its version: the template's, a slash, and which of the household's letters it is.
    pub version: String,
    /// SHA-256 of the template's bytes.
    pub template: [u8; 32],
    /// SHA-256 of all its words: any other word makes another hash.
    pub hash: [u8; 32],
    number: u32,
    pub(crate) size: f32,
    pub(crate) title: Vec<Paragraph>,
    pub(crate) head: Vec<Paragraph>,
    pub(crate) text: Vec<Paragraph>,
    pub(crate) cells: Vec<Vec<Paragraph>>,
    pub(crate) signing: Vec<Paragraph>,
}

impl Letter {
    /// Fills a template. `number`: which of the household's letters it is, from 1.
    ///
    /// # Errors
    /// `letter_no_grantors`, `letter_too_many_grantors`, `letter_no_scope`, `letter_days`, and
    /// `letter_no_words` for a code that the template has no words for.
    pub fn fill(template: &Template, contents: Contents, number: u32) -> Result<Letter, LetterError> {
        let count = contents.grantors.len();
        match (count, contents.scope.is_empty()) {
            (0, _) => return Err(LetterError::NoGrantors),
            (count, _) if count > MAX_GRANTORS => {
                return Err(LetterError::TooManyGrantors { count, most: MAX_GRANTORS });
            }
            (_, true) => return Err(LetterError::NoScope),
            _ if contents.to < contents.from => return Err(LetterError::Days),
            _ => {}
        }
        let version = format!("{}/{number}", template.version);
        let values = Values::of(template, &contents, &version)?;
        let of_letter = |lines: &[Line]| filled(lines, &|field| values.of_letter(field));
        let cells = (1..).zip(&contents.grantors).map(|(number, grantor)| {
            let values = grantor_values(template, number, grantor)?;
            Ok(filled(&template.cell, &|field| values(field)))
        });
        let cells = cells.collect::<Result<Vec<_>, LetterError>>()?;
        let mut letter = Letter {
            version: version.clone(),
            template: template.hash,
            hash: [0; 32],
            number,
            size: template.size,
            title: of_letter(&template.title),
            head: of_letter(&template.head),
            text: of_letter(&template.text),
            cells,
            signing: of_letter(&template.signing),
            contents,
        };
        letter.hash = letter.hash_of_words();
        Ok(letter)
    }

    /// The hash, in hexadecimal.
    pub fn hash_text(&self) -> String {
        hex(&self.hash)
    }

    /// Which of the household's letters it is, from 1.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// How many sheets it has.
    pub fn sheets(&self) -> u32 {
        u32::try_from(layout::sheets(self.cells.len())).unwrap_or(u32::MAX)
    }

    /// The words of a paragraph on one of the sheets.
    pub(crate) fn on_sheet(paragraph: &Paragraph, sheet: usize) -> Paragraph {
        Paragraph { text: paragraph.text.replace(SHEET, &sheet.to_string()), flush: paragraph.flush }
    }

    fn hash_of_words(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(b"ruhu-letter-1\0");
        hasher.update(self.contents.case.as_bytes());
        let mut add = |text: &str| {
            hasher.update((text.len() as u64).to_be_bytes());
            hasher.update(text.as_bytes());
        };
        add(&self.version);
        let cells = self.cells.iter().map(Vec::as_slice);
        let parts = [&self.title, &self.head, &self.text, &self.signing].map(Vec::as_slice);
        for part in parts.into_iter().chain(cells) {
            add(&part.len().to_string());
            part.iter().for_each(|paragraph| add(&paragraph.text));
        }
        // What the words say, as programs read it: two templates may say it in the same words.
        for list in [&self.contents.scope, &self.contents.purpose, &self.contents.recipient] {
            add(&list.join(" "));
        }
        add(&self.contents.from.to_string());
        add(&self.contents.to.to_string());
        hasher.finalize().into()
    }
}

fn filled(lines: &[Line], value: &dyn Fn(Field) -> String) -> Vec<Paragraph> {
    let fill = |line: &Line| line.words.fill(value).map(|text| Paragraph { text, flush: line.flush });
    lines.iter().filter_map(fill).collect()
}

/// The values of the letter as a whole.
struct Values {
    case: String,
    scope: String,
    purpose: String,
    recipient: String,
    from: String,
    to: String,
    grantors: String,
    version: String,
    sheets: usize,
}

impl Values {
    fn of(template: &Template, contents: &Contents, version: &str) -> Result<Values, LetterError> {
        let list = |list: WordList, codes: &[String], other: &str| {
            let word = |code: &String| match template.words(list, code) {
                Some(words) if code == "other" && !other.is_empty() => Ok(format!("{words}（{other}）")),
                Some(words) => Ok(words.to_owned()),
                None => Err(LetterError::NoWords { list, code: code.clone() }),
            };
            Ok::<_, LetterError>(codes.iter().map(word).collect::<Result<Vec<_>, _>>()?.join("、"))
        };
        let names: Vec<&str> = contents.grantors.iter().map(|grantor| grantor.name.as_str()).collect();
        let number = plain(&contents.case_number);
        Ok(Values {
            case: if number.is_empty() { contents.case.to_string() } else { number },
            scope: list(WordList::Scope, &contents.scope, &plain(&contents.scope_other))?,
            purpose: list(WordList::Purpose, &contents.purpose, "")?,
            recipient: list(WordList::Recipient, &contents.recipient, &plain(&contents.recipient_other))?,
            from: day(contents.from),
            to: day(contents.to),
            grantors: plain(&names.join("、")),
            version: version.to_owned(),
            sheets: layout::sheets(contents.grantors.len()),
        })
    }

    fn of_letter(&self, field: Field) -> String {
        match field {
            Field::Case => self.case.clone(),
            Field::Scope => self.scope.clone(),
            Field::Purpose => self.purpose.clone(),
            Field::Recipient => self.recipient.clone(),
            Field::From => self.from.clone(),
            Field::To => self.to.clone(),
            Field::Grantors => self.grantors.clone(),
            Field::Version => self.version.clone(),
            Field::Sheet => SHEET.to_string(),
            Field::Sheets => self.sheets.to_string(),
            // A template has none of these outside the cells.
            Field::Number
            | Field::Name
            | Field::Idno
            | Field::Role
            | Field::Ward
            | Field::WardIdno
            | Field::Relation => String::new(),
        }
    }
}

fn grantor_values(
    template: &Template,
    number: usize,
    grantor: &Grantor,
) -> Result<impl Fn(Field) -> String, LetterError> {
    let role = template.words(WordList::Role, grantor.role.code()).unwrap_or_default().to_owned();
    let ward = grantor.ward.clone();
    let relation = match ward.as_ref().map(|ward| ward.relation.as_str()).filter(|code| !code.is_empty()) {
        None => String::new(),
        Some(code) => {
            let words = template.words(WordList::Relation, code);
            let missing = || LetterError::NoWords { list: WordList::Relation, code: code.to_owned() };
            words.ok_or_else(missing)?.to_owned()
        }
    };
    let (name, idno) = (plain(&grantor.name), plain(&grantor.idno));
    Ok(move |field| match field {
        Field::Number => number.to_string(),
        Field::Name => name.clone(),
        Field::Idno => idno.clone(),
        Field::Role => role.clone(),
        Field::Ward => ward.as_ref().map(|ward| plain(&ward.name)).unwrap_or_default(),
        Field::WardIdno => ward.as_ref().map(|ward| plain(&ward.idno)).unwrap_or_default(),
        Field::Relation => relation.clone(),
        _ => String::new(),
    })
}

/// `2026 年 11 月 27 日`.
fn day(day: Day) -> String {
    format!("{} 年 {} 月 {} 日", day.year(), day.month(), day.day())
}

/// A value that people typed, on one line, without what only programs see.
fn plain(text: &str) -> String {
    let shown = text.chars().filter(|c| *c != SHEET).map(|c| if c.is_control() { ' ' } else { c });
    shown.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
