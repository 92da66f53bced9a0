//! Under which id and version a form may travel.

use ruhu_text::{Explain, Explanation};

/// Longest id or version of a form, in characters.
pub const NAME_CHARACTERS: usize = 64;

/// Which of the two names a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamePart {
    /// Its id.
    Id,
    /// Its version.
    Version,
}

/// What is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameFault {
    /// There is none.
    Empty,
    /// It has more than [`NAME_CHARACTERS`] characters.
    TooLong,
    /// It has a character that is not seen, or that stands for something in an address or a folder.
    Character(char),
    /// It begins or ends with a space: nobody sees that.
    Space,
    /// It is `.` or `..`, which mean a folder.
    Dots,
}

/// A form cannot be published under this id or version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the form's {part:?} cannot be used: {fault:?}")]
pub struct UnfitName {
    /// Which of the two.
    pub part: NamePart,
    /// Why.
    pub fault: NameFault,
}

/// Whether a form can be published under this id and version: both are read by people, typed into
/// commands, and stand in addresses. Chinese is as good as Latin.
///
/// # Errors
/// [`UnfitName`], code `form_name`: the first thing that is wrong.
pub fn check_name(id: &str, version: &str) -> Result<(), UnfitName> {
    for (part, text) in [(NamePart::Id, id), (NamePart::Version, version)] {
        if let Some(fault) = fault_of(text) {
            return Err(UnfitName { part, fault });
        }
    }
    Ok(())
}

fn fault_of(text: &str) -> Option<NameFault> {
    match text {
        "" => return Some(NameFault::Empty),
        "." | ".." => return Some(NameFault::Dots),
        _ => {}
    }
    if let Some(bad) = text.chars().find(|c| is_unfit(*c)) {
        return Some(NameFault::Character(bad));
    }
    if text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) {
        return Some(NameFault::Space);
    }
    (text.chars().count() > NAME_CHARACTERS).then_some(NameFault::TooLong)
}

/// Control characters, marks that are not seen or turn the direction of writing, private and
/// unassigned places, and what separates the parts of a path or an address.
fn is_unfit(c: char) -> bool {
    let unseen = matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}'
        | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{10ffff}');
    c.is_control() || unseen || matches!(c, '/' | '\\' | '?' | '#' | '%')
}

impl Explain for UnfitName {
    fn code(&self) -> &'static str {
        "form_name"
    }

    fn explain(&self) -> Explanation {
        let (zh, en) = match self.part {
            NamePart::Id => ("表单编号（form_id）", "The form's form_id"),
            NamePart::Version => ("表单版本号（version）", "The form's version"),
        };
        let said = match self.fault {
            NameFault::Empty => Explanation::new(format!("{zh}没有填。"), format!("{en} is empty.")),
            NameFault::TooLong => Explanation::new(
                format!("{zh}超过 {NAME_CHARACTERS} 个字。"),
                format!("{en} has more than {NAME_CHARACTERS} characters."),
            ),
            NameFault::Character(c) => {
                let shown = match is_unfit(c) && !c.is_ascii_graphic() {
                    true => format!("U+{:04X}", u32::from(c)),
                    false => c.to_string(),
                };
                Explanation::new(
                    format!("{zh}里有不能用的字符 {shown}。"),
                    format!("{en} has a character that cannot be used: {shown}."),
                )
            }
            NameFault::Space => Explanation::new(
                format!("{zh}前面或后面有空格。"),
                format!("{en} begins or ends with a space."),
            ),
            NameFault::Dots => {
                Explanation::new(format!("{zh}不能只是点。"), format!("{en} cannot be dots alone."))
            }
        };
        said.advise("请在 settings 表里改正后再发布。", "Mend it on the sheet settings, then publish.")
    }
}

#[cfg(test)]
mod tests {
    use ruhu_text::Lang;

    use super::*;

    #[test]
    fn names_that_clerks_write_can_travel() {
        for (id, version) in [
            ("home_visit", "2026010101"),
            ("ruhu_test", "2026年版"),
            ("入户 调查", "第2版（试行）"),
            ("a.b", "v1.2-rc~1"),
        ] {
            assert_eq!(check_name(id, version), Ok(()), "{id} {version}");
        }
    }

    #[test]
    fn names_that_cannot_travel_are_refused_with_the_reason() {
        let long = "长".repeat(NAME_CHARACTERS + 1);
        for (text, fault) in [
            ("", NameFault::Empty),
            (".", NameFault::Dots),
            ("..", NameFault::Dots),
            ("a/b", NameFault::Character('/')),
            ("..\\x", NameFault::Character('\\')),
            ("1%2f", NameFault::Character('%')),
            ("a?b", NameFault::Character('?')),
            ("a\nb", NameFault::Character('\n')),
            ("a\0", NameFault::Character('\0')),
            ("版\u{202e}本", NameFault::Character('\u{202e}')),
            ("\u{feff}1", NameFault::Character('\u{feff}')),
            (" 1", NameFault::Space),
            ("1\u{3000}", NameFault::Space),
            (long.as_str(), NameFault::TooLong),
        ] {
            assert_eq!(check_name(text, "1"), Err(UnfitName { part: NamePart::Id, fault }), "{text:?}");
            let unfit = check_name("id", text).unwrap_err();
            assert_eq!(unfit, UnfitName { part: NamePart::Version, fault }, "{text:?}");
            assert!(
                unfit.message(Lang::Zh).contains("版本号") && unfit.message(Lang::En).contains("version")
            );
        }
    }
}
