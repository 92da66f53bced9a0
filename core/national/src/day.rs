//! Calendar days: the Gregorian calendar, without a clock and without zones. The country has one zone; a moment
//! becomes a day by the local time that the host knows.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, Weekday};
use ruhu_text::{Explain, Explanation};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One day of a calendar, written `2026-03-01`.
///
/// ```
/// use ruhu_national::Day;
///
/// let visited: Day = "2026-02-28".parse()?;
/// assert_eq!(visited.plus(1), Day::new(2026, 3, 1));
/// # Ok::<(), ruhu_national::DayError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(NaiveDate);

/// A text that is no day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a day of the calendar, written 2026-03-01")]
pub struct DayError;

impl Explain for DayError {
    fn code(&self) -> &'static str {
        "day"
    }

    fn explain(&self) -> Explanation {
        Explanation::new("日期不正确。", "This is not a day of the calendar.")
            .advise("请按 2026-03-01 的格式填写。", "Write it as 2026-03-01.")
    }
}

impl Day {
    /// A day by its numbers, `None` when the calendar has no such day. Years 1 to 9999.
    pub const fn new(year: i32, month: u32, day: u32) -> Option<Day> {
        match NaiveDate::from_ymd_opt(year, month, day) {
            Some(date) if 1 <= year && year <= 9999 => Some(Day(date)),
            _ => None,
        }
    }

    /// The day of a moment in local milliseconds since 1970, `None` outside the years 1 to 9999.
    pub fn of_local_ms(local_ms: i64) -> Option<Day> {
        DateTime::from_timestamp_millis(local_ms).map(|moment| moment.date_naive()).and_then(Day::within)
    }

    /// Its first moment, in local milliseconds since 1970.
    pub fn start_ms(self) -> i64 {
        self.0.and_time(NaiveTime::MIN).and_utc().timestamp_millis()
    }

    /// The day so many days later, or earlier when negative; `None` outside the years 1 to 9999.
    pub fn plus(self, days: i64) -> Option<Day> {
        let distance = Days::new(days.unsigned_abs());
        let moved =
            if days < 0 { self.0.checked_sub_days(distance) } else { self.0.checked_add_days(distance) };
        moved.and_then(Day::within)
    }

    /// How many days later than `earlier` it is; negative when it is earlier.
    pub fn days_since(self, earlier: Day) -> i64 {
        self.0.signed_duration_since(earlier.0).num_days()
    }

    /// Saturday or Sunday.
    pub fn is_weekend(self) -> bool {
        matches!(self.0.weekday(), Weekday::Sat | Weekday::Sun)
    }

    /// The year, 1 to 9999.
    pub fn year(self) -> i32 {
        self.0.year()
    }

    /// The month, 1 to 12.
    pub fn month(self) -> u32 {
        self.0.month()
    }

    /// The day of the month, 1 to 31.
    pub fn day(self) -> u32 {
        self.0.day()
    }

    fn within(date: NaiveDate) -> Option<Day> {
        (1..=9999).contains(&date.year()).then_some(Day(date))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year(), self.month(), self.day())
    }
}

/// Reads `2026-03-01` and nothing else: a day has one spelling.
impl FromStr for Day {
    type Err = DayError;

    fn from_str(text: &str) -> Result<Day, DayError> {
        let bytes = text.as_bytes();
        let is_written = bytes.len() == 10
            && bytes
                .iter()
                .enumerate()
                .all(|(at, b)| if matches!(at, 4 | 7) { *b == b'-' } else { b.is_ascii_digit() });
        let number = |range: std::ops::Range<usize>| {
            text.get(range).and_then(|digits| digits.parse::<u32>().ok()).ok_or(DayError)
        };
        if !is_written {
            return Err(DayError);
        }
        let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
        i32::try_from(year).ok().and_then(|year| Day::new(year, month, day)).ok_or(DayError)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Day, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY_MS: i64 = 86_400_000;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn a_moment_falls_on_its_local_day() {
        for (ms, text) in [
            (0, "1970-01-01"),
            (951_782_400_000, "2000-02-29"),
            (-1, "1969-12-31"),
            (1_795_305_600_000, "2026-11-22"),
        ] {
            assert_eq!(Day::of_local_ms(ms), Some(day(text)));
        }
        assert_eq!(Day::of_local_ms(i64::MAX), None);
        assert_eq!(Day::of_local_ms(i64::MIN), None);
    }

    #[test]
    fn a_day_has_one_spelling() {
        for wrong in [
            "",
            "2026-3-1",
            "2026-02-30",
            "2026/03/01",
            "0000-01-01",
            "２０26-03-01",
            "2026-03-01 ",
            "+026-03-01",
        ] {
            assert_eq!(wrong.parse::<Day>(), Err(DayError), "{wrong}");
        }
        assert_eq!(serde_json::to_string(&day("2026-03-01")).unwrap(), "\"2026-03-01\"");
        assert!(serde_json::from_str::<Day>("\"2026-02-29\"").is_err());
    }

    #[test]
    fn the_calendar_has_an_end() {
        assert_eq!(day("9999-12-31").plus(1), None);
        assert_eq!(day("0001-01-01").plus(-1), None);
        assert_eq!(day("2026-01-01").plus(i64::MIN), None);
        assert!(
            day("2026-11-28").is_weekend()
                && day("2026-11-29").is_weekend()
                && !day("2026-11-27").is_weekend()
        );
    }

    proptest! {
        #[test]
        fn every_day_begins_where_it_is_and_reads_back(number in -700_000i64..2_900_000, within in 0..DAY_MS) {
            let day = Day::of_local_ms(number * DAY_MS + within).unwrap();
            prop_assert_eq!(day.start_ms(), number * DAY_MS);
            prop_assert_eq!(day.to_string().parse(), Ok(day));
            prop_assert_eq!(Day::new(day.year(), day.month(), day.day()), Some(day));
        }

        #[test]
        fn going_forth_and_back_comes_home(start in -100_000i64..100_000, days in -100_000i64..100_000) {
            let from = Day::of_local_ms(start * DAY_MS).unwrap();
            let to = from.plus(days).unwrap();
            prop_assert_eq!(to.days_since(from), days);
            prop_assert_eq!(to.plus(-days), Some(from));
            prop_assert_eq!(from < to, days > 0);
        }
    }
}
