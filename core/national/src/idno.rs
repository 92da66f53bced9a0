//! Resident identity numbers (公民身份号码), GB 11643-1999: six digits of the region of first registration, eight of
//! the birth date, three of sequence (odd for men, even for women) and a check digit by ISO 7064 MOD 11-2.

use std::fmt;

use serde::Serialize;

use ruhu_text::{Explain, Explanation};

use crate::Day;

/// A number that passed every rule. Shown masked unless asked for its text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdNumber(String);

/// Sex as registered, from the last digit of the sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Sex {
    /// 男, an odd digit.
    Male,
    /// 女, an even digit.
    Female,
}

/// The rule that a number breaks. Carries nothing of the number, but for the upgrade of an old one.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdNumberError {
    /// Nothing was entered.
    #[error("no number entered")]
    Empty,
    /// Not 18 characters.
    #[error("a number has 18 characters, this one has {0}")]
    Length(usize),
    /// A number of the first generation (15 digits, no longer valid since 2013-01-01) that is sound otherwise.
    #[error("an old number of 15 digits: enter the one of 18")]
    Old {
        /// The number of 18 characters that it became, to be offered and confirmed against the card.
        upgraded: IdNumber,
    },
    /// A character that may not stand there, counted from 1.
    #[error("character {0} is neither a digit nor, as the last, an X")]
    Character(usize),
    /// The first two digits are no province.
    #[error("the first two digits are no province")]
    Region,
    /// Digits 7 to 14 are no day of the calendar.
    #[error("digits 7-14 are no date")]
    BirthDate,
    /// Born before 1900.
    #[error("born before 1900")]
    BirthTooEarly,
    /// Born after the day given as today.
    #[error("born in the future")]
    BirthInFuture,
    /// The last character does not follow from the others: most often one digit is wrong or two are exchanged.
    #[error("the check digit does not fit")]
    CheckDigit,
}

/// First two digits by GB/T 2260; 81-83 stand on the residence permits of Hong Kong, Macao and Taiwan residents, 71
/// in older numbers of the last.
const PROVINCES: [&str; 35] = [
    "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41", "42",
    "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "71", "81", "82",
    "83",
];

const LENGTH: usize = 18;
const OLD_LENGTH: usize = 15;

impl IdNumber {
    /// Reads a number as a person enters it: spaces around it, full-width digits and a small x are taken. A birth
    /// date after `today` is refused; `None` leaves that rule out.
    pub fn parse(text: &str, today: Option<Day>) -> Result<IdNumber, IdNumberError> {
        let number: String = text.trim().chars().map(narrow).collect();
        match number.chars().count() {
            0 => Err(IdNumberError::Empty),
            OLD_LENGTH => Err(old(&number, today)),
            LENGTH => current(number, today),
            length => Err(IdNumberError::Length(length)),
        }
    }

    /// All 18 characters. Personal data: for storing and showing to who may see it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Year, month and day of birth.
    pub fn birth(&self) -> (i32, u32, u32) {
        birth_date(&self.0).map(|d| (d.year(), d.month(), d.day())).unwrap_or_default()
    }

    /// Sex as registered.
    pub fn sex(&self) -> Sex {
        match self.0.as_bytes().get(16) {
            Some(digit) if digit % 2 == 1 => Sex::Male,
            _ => Sex::Female,
        }
    }

    /// The six digits of the region of first registration. Only the province among them is checked: counties have
    /// been renamed and merged since, and the code of the year of registration stays in the number.
    pub fn region(&self) -> &str {
        self.0.get(..6).unwrap_or_default()
    }

    /// The first six and last four characters, the birth date hidden: `110101********003X`.
    pub fn masked(&self) -> String {
        format!("{}********{}", self.region(), self.0.get(14..).unwrap_or_default())
    }
}

/// Masked, so that a number does not get into a log by accident.
impl fmt::Debug for IdNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdNumber({})", self.masked())
    }
}

impl fmt::Debug for IdNumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdNumberError({self})")
    }
}

impl Explain for IdNumberError {
    fn code(&self) -> &'static str {
        match self {
            IdNumberError::Empty => "id_number_empty",
            IdNumberError::Length(_) => "id_number_length",
            IdNumberError::Old { .. } => "id_number_old",
            IdNumberError::Character(_) => "id_number_character",
            IdNumberError::Region => "id_number_region",
            IdNumberError::BirthDate => "id_number_birth_date",
            IdNumberError::BirthTooEarly => "id_number_birth_too_early",
            IdNumberError::BirthInFuture => "id_number_birth_in_future",
            IdNumberError::CheckDigit => "id_number_check_digit",
        }
    }

    /// Which rule is broken; never any part of the number.
    fn explain(&self) -> Explanation {
        let zh = match self {
            IdNumberError::Empty => "请填写身份证号码。".to_owned(),
            IdNumberError::Length(n) => format!("身份证号码应为 18 位，现为 {n} 位。"),
            IdNumberError::Old { .. } => "这是 15 位旧号码，已停用。".to_owned(),
            IdNumberError::Character(n) => {
                format!("第 {n} 位字符不正确：应为数字，只有最后一位可以是 X。")
            }
            IdNumberError::Region => "前两位不是有效的省级代码。".to_owned(),
            IdNumberError::BirthDate => "第 7 至 14 位不是有效的出生日期。".to_owned(),
            IdNumberError::BirthTooEarly => "出生日期早于 1900 年。".to_owned(),
            IdNumberError::BirthInFuture => "出生日期晚于今天。".to_owned(),
            IdNumberError::CheckDigit => "校验码不符。".to_owned(),
        };
        let said = Explanation::new(zh, format!("Identity number: {self}."));
        match self {
            IdNumberError::Old { .. } => said.advise(
                "请对照身份证核对换算出的 18 位号码。",
                "Check the number of 18 that it became against the card.",
            ),
            IdNumberError::CheckDigit => said.advise(
                "请检查是否有输错或颠倒的数字。",
                "Look for a wrong digit, or two that changed places.",
            ),
            IdNumberError::Empty
            | IdNumberError::Length(_)
            | IdNumberError::Character(_)
            | IdNumberError::Region
            | IdNumberError::BirthDate
            | IdNumberError::BirthTooEarly
            | IdNumberError::BirthInFuture => said,
        }
    }
}

/// Full-width forms (U+FF01..U+FF5E) as typed by Chinese keyboards, and a small x, in their plain form.
fn narrow(c: char) -> char {
    let plain = match u32::from(c) {
        code @ 0xff01..=0xff5e => char::from_u32(code - 0xfee0).unwrap_or(c),
        _ => c,
    };
    if plain == 'x' { 'X' } else { plain }
}

fn current(number: String, today: Option<Day>) -> Result<IdNumber, IdNumberError> {
    let wrong =
        number.chars().enumerate().find(|(i, c)| !(c.is_ascii_digit() || *i == LENGTH - 1 && *c == 'X'));
    if let Some((position, _)) = wrong {
        return Err(IdNumberError::Character(position + 1));
    }
    check_region(&number)?;
    check_birth(birth_date(&number), today)?;
    if check_digit(&number) != number.chars().last() {
        return Err(IdNumberError::CheckDigit);
    }
    Ok(IdNumber(number))
}

/// What to say of a number of 15 digits: its rules first, then the number it became. The century is 19: the cards of
/// that form ended with 1999.
fn old(number: &str, today: Option<Day>) -> IdNumberError {
    if let Some(position) = number.chars().position(|c| !c.is_ascii_digit()) {
        return IdNumberError::Character(position + 1);
    }
    let (region, rest) = number.split_at(6);
    let body = format!("{region}19{rest}");
    if let Err(error) = check_region(&body).and_then(|()| check_birth(birth_date(&body), today)) {
        return error;
    }
    let check = check_digit(&body).map(String::from).unwrap_or_default();
    IdNumberError::Old { upgraded: IdNumber(body + &check) }
}

fn check_region(number: &str) -> Result<(), IdNumberError> {
    let province = number.get(..2).unwrap_or_default();
    if PROVINCES.contains(&province) { Ok(()) } else { Err(IdNumberError::Region) }
}

fn birth_date(number: &str) -> Option<Day> {
    let part =
        |range: std::ops::Range<usize>| number.get(range).and_then(|digits| digits.parse::<u32>().ok());
    Day::new(part(6..10)?.cast_signed(), part(10..12)?, part(12..14)?)
}

fn check_birth(birth: Option<Day>, today: Option<Day>) -> Result<(), IdNumberError> {
    let birth = birth.ok_or(IdNumberError::BirthDate)?;
    if birth.year() < 1900 {
        return Err(IdNumberError::BirthTooEarly);
    }
    match today {
        Some(today) if birth > today => Err(IdNumberError::BirthInFuture),
        _ => Ok(()),
    }
}

/// ISO 7064 MOD 11-2 over the first 17 digits: the weight of the digit at position i is 2^(17-i) mod 11.
fn check_digit(number: &str) -> Option<char> {
    let mut digits = number.get(..LENGTH - 1)?.chars();
    let product = digits.try_fold(0, |product, c| c.to_digit(10).map(|digit| (product + digit) * 2 % 11))?;
    match (12 - product) % 11 {
        10 => Some('X'),
        digit => char::from_digit(digit, 10),
    }
}

#[cfg(test)]
mod tests {
    use ruhu_text::Lang;

    use super::*;
    use proptest::prelude::*;

    const TODAY: Option<Day> = Day::new(2026, 3, 1);

    fn numbered(body: &str) -> String {
        format!("{body}{}", check_digit(body).unwrap())
    }

    #[test]
    fn a_right_number_tells_birth_sex_and_region() {
        // The worked example of the standard's text: its check digit is X.
        let number = IdNumber::parse("11010519491231002X", TODAY).unwrap();
        assert_eq!(number.birth(), (1949, 12, 31));
        assert_eq!(number.sex(), Sex::Female);
        assert_eq!(number.region(), "110105");
        assert_eq!(number.masked(), "110105********002X");
        assert_eq!(IdNumber::parse("440524188001010014", None), Err(IdNumberError::BirthTooEarly));
    }

    #[test]
    fn a_number_typed_on_a_chinese_keyboard_is_taken() {
        let number = IdNumber::parse("１１０１０５１９４９１２３１００２ｘ ", TODAY).unwrap();
        assert_eq!(number.as_str(), "11010519491231002X");
        assert_eq!(IdNumber::parse("11010519491231002x", TODAY).unwrap(), number);
    }

    #[test]
    fn each_broken_rule_is_named() {
        let cases = [
            ("  ", IdNumberError::Empty),
            ("1101051949123100", IdNumberError::Length(16)),
            ("1101051949123100A2", IdNumberError::Character(17)),
            ("X1010519491231002X", IdNumberError::Character(1)),
            ("11010519491231002一", IdNumberError::Character(18)),
            ("991105194912310021", IdNumberError::Region),
            ("110105194902300021", IdNumberError::BirthDate),
            ("110105190002290021", IdNumberError::BirthDate),
            ("110105189912310021", IdNumberError::BirthTooEarly),
            ("110105202603020021", IdNumberError::BirthInFuture),
            ("110105194912310021", IdNumberError::CheckDigit),
            ("11010519491230102X", IdNumberError::CheckDigit),
        ];
        for (text, error) in cases {
            assert_eq!(IdNumber::parse(text, TODAY), Err(error), "{text}");
        }
        assert!(IdNumber::parse(&numbered("11010520260301002"), TODAY).is_ok());
    }

    #[test]
    fn an_old_number_is_refused_and_its_upgrade_offered() {
        let Err(IdNumberError::Old { upgraded }) = IdNumber::parse("110105491231002", TODAY) else {
            panic!("an old number passed")
        };
        assert_eq!(upgraded.as_str(), "11010519491231002X");
        assert_eq!(IdNumber::parse("110105490230002", TODAY), Err(IdNumberError::BirthDate));
        assert_eq!(IdNumber::parse("11010549123100X", TODAY), Err(IdNumberError::Character(15)));
    }

    #[test]
    fn no_message_and_no_debug_form_repeats_the_number() {
        let number = IdNumber::parse("11010519491231002X", TODAY).unwrap();
        assert!(!format!("{number:?}").contains("19491231"));
        for text in ["110105194912310021", "110105491231002", "1101051949123100A2"] {
            let error = IdNumber::parse(text, TODAY).unwrap_err();
            for shown in [error.message(Lang::Zh), error.message(Lang::En), format!("{error:?}")] {
                assert!(!shown.contains("110105") && !shown.contains("1231"), "{shown}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_single_wrong_digit_and_any_exchange_of_neighbours_is_found(
            place in 0usize..PROVINCES.len(), day in 0i64..40_000, sequence in 0u32..1000, at in 0usize..17, by in 1u32..10,
        ) {
            let birth = Day::new(1900, 1, 1).unwrap().plus(day).unwrap().to_string().replace('-', "");
            let number = numbered(&format!("{}0101{birth}{sequence:03}", PROVINCES[place]));
            prop_assert!(IdNumber::parse(&number, None).is_ok());
            let mut wrong: Vec<char> = number.chars().collect();
            wrong[at] = char::from_digit((wrong[at].to_digit(10).unwrap() + by) % 10, 10).unwrap();
            prop_assert!(IdNumber::parse(&wrong.iter().collect::<String>(), None).is_err());
            let mut exchanged: Vec<char> = number.chars().collect();
            exchanged.swap(at, at + 1);
            if exchanged[at] != exchanged[at + 1] {
                prop_assert!(IdNumber::parse(&exchanged.iter().collect::<String>(), None).is_err());
            }
        }

        #[test]
        fn any_text_at_all_gives_an_answer(text: String) {
            prop_assert!(IdNumber::parse(&text, TODAY).is_err());
        }
    }
}
