//! Whether two entries mean one person, and how old somebody is.

use std::collections::{BTreeMap, BTreeSet};

use ruhu_national::{Day, IdNumber};
use ruhu_text::folded;
use serde::Serialize;

/// From this age on somebody authorises for themselves.
pub const ADULT: i32 = 18;
/// From this age on, living on their own work, they may.
pub const OWN_LIVING: i32 = 16;

/// A person as they are named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Person {
    /// Name.
    pub name: String,
    /// Number of their paper; blank when it is not known.
    pub idno: String,
}

impl Person {
    /// A person by name and number, as somebody typed them.
    pub fn new(name: &str, idno: &str) -> Person {
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        let number = IdNumber::parse(idno, None).map(|number| number.as_str().to_owned());
        Person { name, idno: number.unwrap_or_else(|_| idno.trim().to_uppercase()) }
    }

    /// Whether both are one person: by number where both have one, else by name.
    pub fn is(&self, other: &Person) -> bool {
        match self.idno.is_empty() || other.idno.is_empty() {
            true => !self.name.is_empty() && folded(&self.name) == folded(&other.name),
            false => folded(&self.idno) == folded(&other.idno),
        }
    }

    /// Whether a word means them: their name or their number.
    pub fn is_meant_by(&self, word: &str) -> bool {
        let word = Person::new(word, word);
        let same = |own: &str, meant: &str| !own.is_empty() && folded(own) == folded(meant);
        same(&self.name, &word.name) || same(&self.idno, &word.idno)
    }

    /// The day of birth that an ID number tells.
    pub fn birth(&self) -> Option<Day> {
        let (year, month, day) = IdNumber::parse(&self.idno, None).ok()?.birth();
        Day::new(year, month, day)
    }
}

/// All whom the papers of a household name, to say which of them are one person: by number where both have one.
/// Who has none is whoever has the name, as long as all who have it and a number have one number: of two persons
/// of one name nobody knows which is meant. What is said of a person does not depend on the order of papers.
pub(crate) struct Persons {
    /// The numbers that go with a name.
    numbers: BTreeMap<String, BTreeSet<String>>,
}

impl Persons {
    /// Of all of them.
    pub(crate) fn of(all: impl IntoIterator<Item = Person>) -> Persons {
        let mut numbers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for Person { name, idno } in all.into_iter().filter(|person| !person.idno.is_empty()) {
            numbers.entry(folded(&name)).or_default().insert(folded(&idno));
        }
        Persons { numbers }
    }

    /// Whether both are one person.
    pub(crate) fn same(&self, one: &Person, other: &Person) -> bool {
        let by_name = one.idno.is_empty() != other.idno.is_empty();
        one.is(other) && !(by_name && self.numbers_of(one) > 1)
    }

    /// Whether somebody of the same name has another number, or several have of one who has none.
    pub(crate) fn is_mistakable(&self, person: &Person) -> bool {
        self.numbers_of(person) > 1
    }

    fn numbers_of(&self, person: &Person) -> usize {
        self.numbers.get(&folded(&person.name)).map_or(0, BTreeSet::len)
    }
}

/// Full years at a day.
pub fn age(birth: Day, at: Day) -> i32 {
    let had_it = (at.month(), at.day()) >= (birth.month(), birth.day());
    at.year() - birth.year() - i32::from(!had_it)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_known_by_the_number_and_without_one_by_the_name() {
        let full = Person::new("陈小满", "33010920170811002x");
        assert_eq!(full.idno, "33010920170811002X");
        assert!(full.is(&Person::new("陈 小满", "３３０１０９２０１７０８１１００２Ｘ")));
        assert!(full.is(&Person::new("陈小满", "")));
        assert!(full.is(&Person::new("陈 小满\u{3000}", "")) && full.is_meant_by("陈 小满"));
        assert!(!full.is(&Person::new("陈小满", "330109200904150016")));
        assert!(full.is_meant_by("33010920170811002x") && full.is_meant_by("陈小满"));
        assert!(!Person::new("", "").is(&Person::new("", "")));
    }

    #[test]
    fn somebody_is_eighteen_on_their_birthday() {
        let birth = Day::new(2008, 2, 29).unwrap();
        assert_eq!(age(birth, Day::new(2026, 2, 28).unwrap()), 17);
        assert_eq!(age(birth, Day::new(2026, 3, 1).unwrap()), 18);
    }
}
