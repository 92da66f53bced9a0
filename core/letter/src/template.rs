//! The text of a letter as staff edit it: `packs/letters/*.txt`.
//!
//! Lines `key = value` come first; after them sections, each beginning with its name in square
//! brackets. A line that begins with `#` is a remark. How one is written is told, for staff, in
//! `docs/guides/letters.md`.

use std::collections::BTreeMap;

use ruhu_text::{Bilingual, nearest};
use sha2::{Digest, Sha256};

use crate::contents::Role;
use crate::fields::{Field, FieldLine, Place};
use crate::template_fault::{TemplateFault, TemplateFaults};

/// The most bytes of a template.
pub const MAX_BYTES: usize = 64 * 1024;
/// The most bytes of a template's version: the QR code holds it together with the letter's number.
pub const MAX_VERSION: usize = 12;
/// The template that comes with the program: national contents, to be adapted by each region.
pub const NATIONAL: &[u8] = include_bytes!("../../../packs/letters/check_authorization.txt");
/// Sizes of the text, in points.
const SIZES: std::ops::RangeInclusive<f32> = 7.5..=16.0;
/// The longest time that a letter may hold, in days.
const MAX_DAYS: u32 = 3660;

const KEYS: [&str; 6] = ["version", "size", "scope", "purpose", "recipient", "days"];

/// Lists of codes for which a template has words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WordList {
    /// What may be looked up.
    Scope,
    /// What for.
    Purpose,
    /// Who may use it.
    Recipient,
    /// As what somebody authorises.
    Role,
    /// What a guardian is to the person in their care.
    Relation,
}

impl WordList {
    const ALL: [WordList; 5] =
        [WordList::Scope, WordList::Purpose, WordList::Recipient, WordList::Role, WordList::Relation];

    /// The name of its section.
    pub fn name(self) -> &'static str {
        match self {
            WordList::Scope => "scope",
            WordList::Purpose => "purpose",
            WordList::Recipient => "recipient",
            WordList::Role => "role",
            WordList::Relation => "relation",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Section {
    Keys,
    Title,
    Head,
    Text,
    Cell,
    Signing,
    Words(WordList),
}

impl Section {
    fn all() -> impl Iterator<Item = (&'static str, Section)> {
        let set = [
            ("title", Section::Title),
            ("head", Section::Head),
            ("text", Section::Text),
            ("grantor", Section::Cell),
            ("signing", Section::Signing),
        ];
        set.into_iter().chain(WordList::ALL.map(|list| (list.name(), Section::Words(list))))
    }
}

/// One line of a section that is printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// Its words.
    pub words: FieldLine,
    /// Whether a paragraph begins at the edge, without the space of two characters.
    pub flush: bool,
}

/// A template that can be used.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// Its version, as staff name it: `2026-11`.
    pub version: String,
    /// What may be looked up, where the case says nothing of it; codes.
    pub scope: Vec<String>,
    /// What for, where the case says nothing of it; codes.
    pub purpose: Vec<String>,
    /// Who may use it, where the case says nothing of it; codes.
    pub recipient: Vec<String>,
    /// For how many days a letter holds, where the case says nothing of it.
    pub days: u32,
    /// SHA-256 of the template's bytes.
    pub hash: [u8; 32],
    pub(crate) size: f32,
    pub(crate) title: Vec<Line>,
    pub(crate) head: Vec<Line>,
    pub(crate) text: Vec<Line>,
    pub(crate) cell: Vec<Line>,
    pub(crate) signing: Vec<Line>,
    words: BTreeMap<(WordList, String), String>,
    /// Codes in the order of the template's lines.
    order: Vec<(WordList, String)>,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// `letter_template` with every fault, its line and its character.
    pub fn parse(bytes: &[u8]) -> Result<Template, TemplateFaults> {
        let whole =
            |code, zh: &str, en: &str| TemplateFaults(vec![fault(code, 0, 0, Bilingual::new(zh, en))]);
        if bytes.len() > MAX_BYTES {
            return Err(whole("too_large", "模板超过 64 KB。", "The template is larger than 64 KB."));
        }
        let Ok(text) = std::str::from_utf8(bytes) else {
            let (zh, en) = (
                "模板不是 UTF-8 编码，请用“另存为”选择 UTF-8。",
                "The template is not in UTF-8; choose UTF-8 when you save it.",
            );
            return Err(whole("not_utf8", zh, en));
        };
        let mut reader = Reader::default();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (number, line) in (1u32..).zip(text.lines()) {
            reader.read(number, line.trim_end());
        }
        reader.finish(Sha256::digest(bytes).into())
    }

    /// The words for a code; `None` when the template has none.
    pub fn words(&self, list: WordList, code: &str) -> Option<&str> {
        self.words.get(&(list, code.to_owned())).map(String::as_str)
    }

    /// Codes in the order in which the template has words for them, each once.
    pub fn in_order(&self, list: WordList, codes: &[String]) -> Vec<String> {
        let place = |code: &String| {
            self.order.iter().position(|(of, known)| *of == list && known == code).unwrap_or(usize::MAX)
        };
        let mut codes = codes.to_vec();
        codes.sort_by_key(|code| (place(code), code.clone()));
        codes.dedup();
        codes
    }
}

/// What was read of a template so far.
#[derive(Default)]
struct Reader {
    section: Option<Section>,
    seen: Vec<(Section, u32)>,
    keys: BTreeMap<&'static str, (u32, String)>,
    lines: BTreeMap<Section, Vec<Line>>,
    words: BTreeMap<(WordList, String), String>,
    order: Vec<(WordList, String)>,
    faults: Vec<TemplateFault>,
    /// Inside a section whose name is not known: its lines mean nothing.
    lost: bool,
}

fn fault(code: &'static str, line: u32, column: u32, message: Bilingual) -> TemplateFault {
    TemplateFault { code, line, column, message }
}

/// The character at which a text begins in its line, from 1.
fn column_of(line: &str, text: &str) -> u32 {
    let before = line.len() - line.trim_start().len();
    let at = line.find(text).unwrap_or(before);
    u32::try_from(line.get(..at).unwrap_or_default().chars().count() + 1).unwrap_or(u32::MAX)
}

impl Reader {
    fn wrong(&mut self, code: &'static str, line: u32, column: u32, zh: String, en: String) {
        self.faults.push(fault(code, line, column, Bilingual::new(zh, en)));
    }

    fn read(&mut self, number: u32, line: &str) {
        if line.starts_with('#') || line.trim().is_empty() {
            return;
        }
        let heading = line.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        match (heading, self.section.unwrap_or(Section::Keys)) {
            (Some(name), _) => self.enter(number, line, name.trim()),
            _ if self.lost => {}
            (None, Section::Keys) => self.key(number, line),
            (None, Section::Words(list)) => self.word(number, line, list),
            (None, section) => self.line(number, line, section),
        }
    }

    fn enter(&mut self, number: u32, line: &str, name: &str) {
        let Some((_, section)) = Section::all().find(|(known, _)| *known == name) else {
            self.lost = true;
            let names = Section::all().map(|(name, _)| format!("[{name}]")).collect::<Vec<_>>().join(" ");
            let column = column_of(line, name);
            let meant = nearest(name, Section::all().map(|(name, _)| name));
            let (zh, en) = match meant {
                Some(meant) => (format!("是不是 [{meant}]？"), format!("did you mean [{meant}]?")),
                None => (format!("可用的有 {names}"), format!("known are {names}")),
            };
            return self.wrong(
                "unknown_section",
                number,
                column,
                format!("没有“{name}”这一节，{zh}"),
                format!("There is no section “{name}”; {en}"),
            );
        };
        self.lost = false;
        if let Some(&(_, first)) = self.seen.iter().find(|(seen, _)| *seen == section) {
            self.wrong(
                "section_twice",
                number,
                column_of(line, name),
                format!("[{name}] 在第 {first} 行已经有了，请合并。"),
                format!("[{name}] stands in line {first} already; join the two."),
            );
        }
        self.seen.push((section, number));
        self.section = Some(section);
    }

    /// Takes `key = value` apart.
    fn pair<'a>(&mut self, number: u32, line: &'a str) -> Option<(&'a str, &'a str)> {
        let Some((key, value)) = line.split_once('=') else {
            self.wrong(
                "no_equals_sign",
                number,
                column_of(line, line.trim()),
                "这里每行写成“名称 = 内容”。".to_owned(),
                "A line here is written `name = value`.".to_owned(),
            );
            return None;
        };
        let (key, value) = (key.trim(), value.trim());
        if value.is_empty() {
            self.wrong(
                "no_value",
                number,
                column_of(line, "="),
                format!("“{key}”没有内容。"),
                format!("“{key}” has no value."),
            );
            return None;
        }
        Some((key, value))
    }

    fn key(&mut self, number: u32, line: &str) {
        let Some((key, value)) = self.pair(number, line) else { return };
        match KEYS.iter().find(|known| **known == key) {
            Some(known) if self.keys.contains_key(known) => self.wrong(
                "key_twice",
                number,
                column_of(line, key),
                format!("“{key}”写了两次。"),
                format!("“{key}” stands there twice."),
            ),
            Some(known) => {
                self.keys.insert(known, (number, value.to_owned()));
            }
            None => {
                let names = KEYS.join(" ");
                let meant = nearest(key, KEYS.into_iter());
                let (zh, en) = match meant {
                    Some(meant) => (format!("是不是 {meant}？"), format!("did you mean {meant}?")),
                    None => (format!("可用的有 {names}"), format!("known are {names}")),
                };
                self.wrong(
                    "unknown_key",
                    number,
                    column_of(line, key),
                    format!("没有“{key}”这一项，{zh}"),
                    format!("There is no key “{key}”; {en}"),
                );
            }
        }
    }

    fn word(&mut self, number: u32, line: &str, list: WordList) {
        let Some((code, words)) = self.pair(number, line) else { return };
        self.order.push((list, code.to_owned()));
        if self.words.insert((list, code.to_owned()), words.to_owned()).is_some() {
            self.wrong(
                "code_twice",
                number,
                column_of(line, code),
                format!("“{code}”写了两次。"),
                format!("“{code}” stands there twice."),
            );
        }
    }

    fn line(&mut self, number: u32, line: &str, section: Section) {
        let place = if section == Section::Cell { Place::Cell } else { Place::Letter };
        let flush = line.starts_with('|');
        let words = line.strip_prefix('|').unwrap_or(line);
        match FieldLine::parse(words.trim_end(), place) {
            Ok(words) => self.lines.entry(section).or_default().push(Line { words, flush }),
            Err((code, column, message)) => {
                self.faults.push(fault(code, number, column + u32::from(flush), message));
            }
        }
    }

    fn finish(mut self, hash: [u8; 32]) -> Result<Template, TemplateFaults> {
        let version = self.version();
        let size = self.number("size", 10.5, SIZES, "7.5 至 16", "7.5 to 16");
        let days = self.number("days", 365.0, 1.0..=MAX_DAYS as f32, "1 至 3660", "1 to 3660");
        let [scope, purpose, recipient] =
            [WordList::Scope, WordList::Purpose, WordList::Recipient].map(|list| self.codes(list));
        for role in [Role::Member, Role::Guardian, Role::Obligor] {
            if !self.words.contains_key(&(WordList::Role, role.code().to_owned())) {
                self.lacks("role", &format!("{} = …", role.code()));
            }
        }
        self.demand(Section::Title, "title", &[]);
        let text = [Field::Scope, Field::Purpose, Field::Recipient, Field::From, Field::To];
        self.demand(Section::Text, "text", &text.map(|field| (field, name_of(field))));
        self.demand(
            Section::Cell,
            "grantor",
            &[Field::Name, Field::Ward].map(|field| (field, name_of(field))),
        );
        let mut lines = |section| self.lines.remove(&section).unwrap_or_default();
        let (title, head, text) = (lines(Section::Title), lines(Section::Head), lines(Section::Text));
        let (cell, signing) = (lines(Section::Cell), lines(Section::Signing));
        if !self.faults.is_empty() {
            self.faults.sort_by_key(|fault| (fault.line, fault.column));
            return Err(TemplateFaults(self.faults));
        }
        let (words, order) = (self.words, self.order);
        Ok(Template {
            version,
            scope,
            purpose,
            recipient,
            days: days as u32,
            hash,
            size,
            title,
            head,
            text,
            cell,
            signing,
            words,
            order,
        })
    }

    fn lacks(&mut self, section: &str, what: &str) {
        let line = self.seen.iter().find(|(seen, _)| named(*seen) == section).map_or(0, |(_, line)| *line);
        self.wrong(
            "lacks",
            line,
            0,
            format!("[{section}] 一节里没有 {what}"),
            format!("The section [{section}] lacks {what}"),
        );
    }

    /// A section that must be there, and the fields that it must have: a letter without them would
    /// not say what is authorised.
    fn demand(&mut self, section: Section, name: &str, fields: &[(Field, &str)]) {
        let lines = self.lines.get(&section).cloned().unwrap_or_default();
        // A line with a fault of its own may hold what seems to be missing.
        let faulty = !self.faults.is_empty();
        if lines.is_empty() && !faulty {
            self.wrong(
                "no_section",
                0,
                0,
                format!("模板没有 [{name}] 一节，或者它是空的。"),
                format!("The template has no section [{name}], or it is empty."),
            );
        } else if !faulty {
            for (field, word) in fields {
                if !lines.iter().any(|line| line.words.has(*field)) {
                    self.lacks(name, &format!("{{{word}}}"));
                }
            }
        }
    }

    fn version(&mut self) -> String {
        let Some((line, version)) = self.keys.get("version").cloned() else {
            self.wrong(
                "no_version",
                0,
                0,
                "模板要有版本，例如 version = 2026-11".to_owned(),
                "A template has a version, such as version = 2026-11".to_owned(),
            );
            return String::new();
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if version.len() > MAX_VERSION || !version.chars().all(plain) {
            self.wrong(
                "bad_version",
                line,
                0,
                format!("版本最多 {MAX_VERSION} 个字符，只用字母、数字、点、横线。"),
                format!("A version has at most {MAX_VERSION} letters, digits, dots and hyphens."),
            );
        }
        version
    }

    fn number(
        &mut self,
        key: &'static str,
        default: f32,
        range: std::ops::RangeInclusive<f32>,
        zh: &str,
        en: &str,
    ) -> f32 {
        let Some((line, value)) = self.keys.get(key).cloned() else { return default };
        match value.parse::<f32>() {
            Ok(number) if range.contains(&number) => number,
            _ => {
                self.wrong(
                    "bad_number",
                    line,
                    0,
                    format!("“{key}”应是 {zh} 的数字。"),
                    format!("“{key}” is a number from {en}."),
                );
                default
            }
        }
    }

    /// The codes that a list has where the case says nothing; each must have words.
    fn codes(&mut self, list: WordList) -> Vec<String> {
        let name = list.name();
        let Some((line, value)) = self.keys.get(name).cloned() else {
            self.wrong(
                "no_codes",
                0,
                0,
                format!("模板没有“{name} = …”：个案里没有写时用什么。"),
                format!("The template lacks “{name} = …”: what to take where the case says nothing."),
            );
            return Vec::new();
        };
        let codes: Vec<String> = value.split_whitespace().map(str::to_owned).collect();
        for code in &codes {
            if !self.words.contains_key(&(list, code.clone())) {
                self.wrong(
                    "unknown_code",
                    line,
                    0,
                    format!("[{name}] 一节里没有“{code}”。"),
                    format!("“{code}” does not stand in the section [{name}]."),
                );
            }
        }
        codes
    }
}

fn named(section: Section) -> &'static str {
    Section::all().find(|(_, known)| *known == section).map_or("", |(name, _)| name)
}

fn name_of(field: Field) -> &'static str {
    match field {
        Field::Scope => "scope",
        Field::Purpose => "purpose",
        Field::Recipient => "recipient",
        Field::From => "from",
        Field::To => "to",
        Field::Ward => "ward",
        _ => "name",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ruhu_text::{Explain, Lang};

    fn pack() -> &'static str {
        std::str::from_utf8(NATIONAL).unwrap()
    }

    fn faults(text: &str) -> Vec<(&'static str, u32, u32)> {
        let faults = Template::parse(text.as_bytes()).unwrap_err();
        faults.0.iter().map(|fault| (fault.code, fault.line, fault.column)).collect()
    }

    #[test]
    fn the_pack_s_template_can_be_used() {
        let template = Template::parse(NATIONAL).unwrap();
        assert_eq!(template.words(WordList::Scope, "bank"), Some("银行存款"));
        assert!(template.version.len() <= MAX_VERSION);
    }

    #[test]
    fn every_mistake_is_told_at_once_with_its_line_and_character() {
        let mistaken = pack()
            .replacen("version = ", "verison = ", 1)
            .replacen("{scope}", "{scop}", 1)
            .replacen("[signing]", "[singing]", 1);
        let found = faults(&mistaken);
        let line = |needle: &str| {
            let at = mistaken.lines().position(|line| line.contains(needle)).unwrap();
            u32::try_from(at + 1).unwrap()
        };
        assert!(found.contains(&("unknown_key", line("verison"), 1)), "{found:?}");
        assert!(found.contains(&("unknown_section", line("[singing]"), 2)), "{found:?}");
        let scope = mistaken.lines().find_map(|line| line.split_once("{scop}")).unwrap().0;
        let column = u32::try_from(scope.chars().count() + 1).unwrap();
        assert!(found.contains(&("unknown_field", line("{scop}"), column)), "{found:?}");
        let told = Template::parse(mistaken.as_bytes()).unwrap_err().message(Lang::Zh);
        assert!(told.contains("是不是 {scope}？"), "{told}");
    }

    #[test]
    fn a_letter_that_would_not_say_what_is_authorised_is_no_template() {
        for (field, section) in [("{scope}", "[text]"), ("{to}", "[text]"), ("{name}", "[grantor]")] {
            let found = Template::parse(pack().replace(field, "").as_bytes()).unwrap_err();
            let told = found.message(Lang::En);
            assert!(told.contains(field) && told.contains(section), "{told}");
        }
        assert_eq!(faults("version = 1")[0].0, "no_codes");
    }

    #[test]
    fn a_code_without_words_is_told() {
        let found = faults(&pack().replacen("scope = ", "scope = gold ", 1));
        assert_eq!(found.first().map(|fault| fault.0), Some("unknown_code"));
    }

    #[test]
    fn a_file_of_another_encoding_is_told_to_be_saved_anew() {
        let found = Template::parse(b"version = \xb0\xe6").unwrap_err();
        assert_eq!(found.0[0].code, "not_utf8");
    }
}
