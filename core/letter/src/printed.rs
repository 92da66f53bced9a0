//! The letters that were printed into a household, and which of them was the last.

use ruhu_case::{Event, Household, Value, Write};
use ruhu_national::Day;
use uuid::Uuid;

use crate::authorization::{Wishes, contents};
use crate::error::LetterError;
use crate::events::{PRINTED, letter_writes};
use crate::letter::Letter;
use crate::template::Template;

/// A letter of a household, and how it stands to those that were printed before.
#[derive(Debug, Clone, PartialEq)]
pub struct OfHousehold {
    /// The letter.
    pub letter: Letter,
    /// The id of its event, where it was printed before.
    pub known: Option<String>,
    /// The place among the household's letters that it has when it is printed now: the one of the highest
    /// place was printed last.
    turn: i64,
    /// The place that its event has.
    stands_at: Option<i64>,
}

impl OfHousehold {
    /// The letter that a household would have now. The same contents as those of one that was printed
    /// before are that letter; anything else takes the next number.
    ///
    /// # Errors
    /// Those of [`Letter::fill`].
    pub fn now(
        case: Uuid,
        household: &Household,
        template: &Template,
        wishes: &Wishes,
        today: Day,
    ) -> Result<OfHousehold, LetterError> {
        let (contents, days_are_free) = contents((case, household), template, wishes, today);
        let printed: Vec<Printed<'_>> = printed(household).collect();
        let turn = printed.iter().map(|one| one.turn).max().unwrap_or(0).saturating_add(1);
        let mut same = None;
        for one in &printed {
            let mut again = contents.clone();
            // Where nobody named the days, a letter that still holds is the same letter; nor does a phone
            // whose clock is a day behind begin another.
            if let (true, Ok(from), Ok(to)) =
                (days_are_free, one.text("from").parse(), one.text("to").parse::<Day>())
                && today <= to
            {
                (again.from, again.to) = (from, to);
            }
            let letter = Letter::fill(template, again, one.number)?;
            if letter.hash_text() == one.hash() {
                let (known, stands_at) = (Some(one.event.id.clone()), Some(one.turn));
                same = Some(OfHousehold { letter, known, turn, stands_at });
            }
        }
        if let Some(same) = same {
            return Ok(same);
        }
        let last = printed.iter().map(|one| one.number).max().unwrap_or(0);
        let letter = Letter::fill(template, contents, last.saturating_add(1))?;
        Ok(OfHousehold { letter, known: None, turn, stands_at: None })
    }

    /// Whether it is the one that was printed last: printing it again writes nothing.
    pub fn is_last(&self) -> bool {
        self.stands_at.is_some_and(|at| at.saturating_add(1) == self.turn)
    }

    /// What printing it now writes into the household: the event of a new letter, under the id `fresh`, or
    /// that one which was printed before is the last again.
    ///
    /// # Errors
    /// When the grantors cannot be written as JSON.
    pub fn writes(&self, fresh: &str, by: &str, now_ms: i64) -> serde_json::Result<Vec<Write>> {
        let turn = |id: &str| Write::Put { path: format!("events/{id}/turn"), value: Value::Int(self.turn) };
        let Some(known) = &self.known else {
            let mut writes = letter_writes(fresh, &self.letter, by, now_ms)?;
            // A letter that does not say its turn has its number for one.
            writes.extend((self.turn != i64::from(self.letter.number())).then(|| turn(fresh)));
            return Ok(writes);
        };
        Ok(vec![turn(known)])
    }
}

/// A letter that was printed.
pub(crate) struct Printed<'h> {
    event: &'h Event,
    number: u32,
    /// See [`OfHousehold`]. A letter of an earlier program has its number.
    pub turn: i64,
}

/// The letters of a household.
pub(crate) fn printed(household: &Household) -> impl Iterator<Item = Printed<'_>> {
    let events = household.events.iter().filter(|event| event.kind.as_deref() == Some(PRINTED));
    events.filter_map(|event| {
        let number = event.fields.get("number").map(ToString::to_string).unwrap_or_default();
        let number: u32 = number.parse().ok()?;
        let turn = match event.fields.get("turn") {
            Some(Value::Int(turn)) => *turn,
            _ => i64::from(number),
        };
        Some(Printed { event, number, turn })
    })
}

impl Printed<'_> {
    fn text(&self, field: &str) -> String {
        self.event.fields.get(field).map(ToString::to_string).unwrap_or_default()
    }

    /// SHA-256 over all its words, hexadecimal.
    pub(crate) fn hash(&self) -> String {
        self.text("hash")
    }

    /// Its version, as the letter shows it.
    pub(crate) fn version(&self) -> String {
        self.text("version")
    }

    /// Names of those who authorise, in the order of the boxes.
    pub(crate) fn names(&self) -> Vec<String> {
        self.grantors().into_iter().map(|grantor| grantor.name).collect()
    }

    /// Those who authorise, in the order of the boxes.
    pub(crate) fn grantors(&self) -> Vec<crate::Grantor> {
        serde_json::from_str(&self.text("grantors")).unwrap_or_default()
    }
}
