//! Workdays. Which days are worked is decided by the State Council each autumn for the next year, so it is data:
//! a file that staff edit, `packs/calendar/workdays.toml`. `packs/calendar/README.md` tells its format.

use std::collections::{BTreeMap, BTreeSet};

use ruhu_text::{Explain, Explanation};
use serde::Deserialize;

use crate::Day;

/// Largest file read, in bytes: a thousand years of data.
const MAX_BYTES: usize = 1024 * 1024;
/// Most days that one year's notice may name in one list.
const MAX_DAYS: usize = 366;
/// Most papers named for one year, and the longest name of one in bytes.
const MAX_SOURCES: usize = 16;
const MAX_SOURCE_BYTES: usize = 512;

/// Which days are worked, for the years that a paper tells of.
///
/// ```
/// use ruhu_national::{Day, WorkCalendar};
///
/// let calendar = WorkCalendar::read(
///     "[2026]\nsource = [\"a notice\"]\noff = [\"2026-10-01\", \"2026-10-02\"]\nwork = [\"2026-10-10\"]\n",
/// )?;
/// let accepted: Day = "2026-09-30".parse()?;
/// assert_eq!(calendar.add_workdays(accepted, 1)?.to_string(), "2026-10-05");
/// assert!(calendar.is_workday("2027-01-04".parse()?).is_err(), "nobody has said yet");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct WorkCalendar {
    sources: BTreeMap<i32, Vec<String>>,
    off: BTreeSet<Day>,
    work: BTreeSet<Day>,
}

/// The calendar has no data for a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the workdays of {year} are not known")]
pub struct UnknownYear {
    /// The year.
    pub year: i32,
}

impl Explain for UnknownYear {
    fn code(&self) -> &'static str {
        "workdays_unknown"
    }

    fn explain(&self) -> Explanation {
        let UnknownYear { year } = self;
        Explanation::new(
            format!("还没有{year}年的工作日安排。"),
            format!("The workdays of {year} are not known."),
        )
        .advise(
            "请管理员按国务院办公厅的通知补充工作日历。",
            "The administrator adds them to the calendar from the State Council's notice.",
        )
    }
}

/// Why a file is no calendar. Nothing of it is used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// Larger than a calendar can be.
    #[error("the file has more than {MAX_BYTES} bytes")]
    TooLarge,
    /// Not TOML, or not the fields of a calendar.
    #[error("{0}")]
    Format(String),
    /// A table that is not named by a year.
    #[error("[{0}] is not a year from 1949 to 2200")]
    Year(String),
    /// A year without a source, or with too many or too long ones.
    #[error("[{year}] names its source in 1 to {MAX_SOURCES} papers of at most {MAX_SOURCE_BYTES} bytes")]
    Source {
        /// The year.
        year: i32,
    },
    /// More days than a year has.
    #[error("[{year}] names more than {MAX_DAYS} days")]
    TooManyDays {
        /// The year.
        year: i32,
    },
    /// A text that is no day.
    #[error("[{year}] {text:?} is not a day, written 2026-03-01")]
    Day {
        /// The year.
        year: i32,
        /// The text, shortened.
        text: String,
    },
    /// A day that the notice of this year cannot be about.
    #[error("[{year}] {day} lies outside this year and the days around it")]
    Foreign {
        /// The year.
        year: i32,
        /// The day.
        day: Day,
    },
    /// A day named twice: both off and worked, or in two years.
    #[error("[{year}] {day} is named twice")]
    Twice {
        /// The year.
        year: i32,
        /// The day.
        day: Day,
    },
}

impl Explain for CalendarError {
    fn code(&self) -> &'static str {
        match self {
            CalendarError::TooLarge => "calendar_too_large",
            CalendarError::Format(_) => "calendar_format",
            CalendarError::Year(_) => "calendar_year",
            CalendarError::Source { .. } => "calendar_source",
            CalendarError::TooManyDays { .. } => "calendar_too_many_days",
            CalendarError::Day { .. } => "calendar_day",
            CalendarError::Foreign { .. } => "calendar_foreign_day",
            CalendarError::Twice { .. } => "calendar_day_twice",
        }
    }

    fn explain(&self) -> Explanation {
        let zh = match self {
            CalendarError::TooLarge => format!("工作日历文件超过 {MAX_BYTES} 字节。"),
            CalendarError::Format(why) => format!("工作日历文件格式不正确：{why}。"),
            CalendarError::Year(name) => format!("工作日历中的 [{name}] 不是 1949 至 2200 之间的年份。"),
            CalendarError::Source { year } => format!(
                "工作日历 [{year}] 须写明来源文件（1至{MAX_SOURCES}份，每份不超过{MAX_SOURCE_BYTES}字节）。"
            ),
            CalendarError::TooManyDays { year } => format!("工作日历 [{year}] 的日期超过 {MAX_DAYS} 个。"),
            CalendarError::Day { year, text } => {
                format!("工作日历 [{year}] 中的“{text}”不是日期（例如 2026-03-01）。")
            }
            CalendarError::Foreign { year, day } => format!("工作日历 [{year}] 中的 {day} 不属于该年。"),
            CalendarError::Twice { year, day } => format!("工作日历 [{year}] 中的 {day} 重复。"),
        };
        Explanation::new(zh, format!("The calendar of workdays: {self}."))
            .advise("请改正文件后重试。", "Correct the file and try again.")
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Notice {
    source: Vec<String>,
    #[serde(default)]
    off: Vec<String>,
    #[serde(default)]
    work: Vec<String>,
}

impl WorkCalendar {
    /// Reads a calendar's file.
    ///
    /// # Errors
    /// [`CalendarError`], with the year and the day that are wrong.
    pub fn read(text: &str) -> Result<WorkCalendar, CalendarError> {
        if text.len() > MAX_BYTES {
            return Err(CalendarError::TooLarge);
        }
        let notices: BTreeMap<String, Notice> = toml::from_str(text)
            .map_err(|error| CalendarError::Format(error.to_string().trim().to_owned()))?;
        let mut calendar = WorkCalendar::default();
        for (name, notice) in notices {
            let year = name.parse().ok().filter(|year| (1949..=2200).contains(year) && name.len() == 4);
            calendar.add(year.ok_or_else(|| CalendarError::Year(shortened(&name)))?, notice)?;
        }
        Ok(calendar)
    }

    fn add(&mut self, year: i32, notice: Notice) -> Result<(), CalendarError> {
        let Notice { source, off, work } = notice;
        let fits = |name: &String| !name.trim().is_empty() && name.len() <= MAX_SOURCE_BYTES;
        if !(1..=MAX_SOURCES).contains(&source.len()) || !source.iter().all(fits) {
            return Err(CalendarError::Source { year });
        }
        if off.len().max(work.len()) > MAX_DAYS {
            return Err(CalendarError::TooManyDays { year });
        }
        for (days, is_work) in [(off, false), (work, true)] {
            for text in days {
                let day = text.parse().map_err(|_| CalendarError::Day { year, text: shortened(&text) })?;
                self.add_day(year, day, is_work)?;
            }
        }
        self.sources.insert(year, source);
        Ok(())
    }

    /// A notice may also name the last days of the year before, and the first of the next.
    fn add_day(&mut self, year: i32, day: Day, is_work: bool) -> Result<(), CalendarError> {
        let near = match day.year() - year {
            0 => true,
            -1 => day.month() == 12,
            1 => day.month() == 1,
            _ => false,
        };
        if !near {
            return Err(CalendarError::Foreign { year, day });
        }
        let known = self.off.contains(&day) || self.work.contains(&day);
        let list = if is_work { &mut self.work } else { &mut self.off };
        if known || !list.insert(day) { Err(CalendarError::Twice { year, day }) } else { Ok(()) }
    }

    /// The years that it knows.
    pub fn years(&self) -> impl Iterator<Item = i32> {
        self.sources.keys().copied()
    }

    /// The papers from which a year's days were taken.
    pub fn sources(&self, year: i32) -> &[String] {
        self.sources.get(&year).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a day is worked.
    ///
    /// # Errors
    /// [`UnknownYear`] when nobody has said yet what is worked in its year.
    pub fn is_workday(&self, day: Day) -> Result<bool, UnknownYear> {
        match self.sources.contains_key(&day.year()) {
            true => Ok(self.work.contains(&day) || (!self.off.contains(&day) && !day.is_weekend())),
            false => Err(UnknownYear { year: day.year() }),
        }
    }

    /// The day on which so many workdays after `from` have passed: `from` itself does not count, as in
    /// "within ten workdays after acceptance". None is `from` itself.
    ///
    /// # Errors
    /// [`UnknownYear`] when the count runs into a year without data.
    pub fn add_workdays(&self, from: Day, count: u32) -> Result<Day, UnknownYear> {
        let (mut day, mut left) = (from, count);
        while left > 0 {
            day = next(day)?;
            left -= u32::from(self.is_workday(day)?);
        }
        Ok(day)
    }

    /// How many workdays lie after `from`, up to and including `to`; negative when `to` is earlier.
    ///
    /// # Errors
    /// [`UnknownYear`] when a day between them lies in a year without data.
    pub fn workdays_between(&self, from: Day, to: Day) -> Result<i64, UnknownYear> {
        let (first, last, sign) = if from <= to { (from, to, 1) } else { (to, from, -1) };
        let (mut day, mut count) = (first, 0);
        while day < last {
            day = next(day)?;
            count += i64::from(self.is_workday(day)?);
        }
        Ok(sign * count)
    }
}

fn next(day: Day) -> Result<Day, UnknownYear> {
    day.plus(1).ok_or(UnknownYear { year: day.year() + 1 })
}

fn shortened(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(40).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pack() -> WorkCalendar {
        WorkCalendar::read(include_str!("../../../packs/calendar/workdays.toml")).unwrap()
    }

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn the_pack_knows_the_years_that_were_decided_and_names_their_papers() {
        let calendar = pack();
        assert_eq!(calendar.years().collect::<Vec<_>>(), (2020..=2026).collect::<Vec<_>>());
        for year in calendar.years() {
            assert!(calendar.sources(year).iter().all(|paper| paper.contains("gov.cn")), "{year}");
        }
        assert_eq!(calendar.sources(2027), Vec::<String>::new());
    }

    #[test]
    fn a_holiday_is_off_and_the_saturday_for_it_is_worked() {
        let calendar = pack();
        for (text, worked) in [
            ("2026-10-01", false),
            ("2026-10-10", true),
            ("2026-10-11", false),
            ("2026-10-12", true),
            ("2026-02-14", true),
            ("2022-12-31", false),
            // The holiday of 2020 that was prolonged, and its Monday.
            ("2020-02-02", false),
            ("2020-02-03", true),
        ] {
            assert_eq!(calendar.is_workday(day(text)), Ok(worked), "{text}");
        }
    }

    #[test]
    fn every_year_of_the_pack_has_as_many_workdays_as_the_law_leaves() {
        let calendar = pack();
        for year in calendar.years() {
            let first = Day::new(year, 1, 1).unwrap();
            let days = (0..366).filter_map(|n| first.plus(n)).filter(|day| day.year() == year);
            let worked = days.filter(|day| calendar.is_workday(*day).unwrap()).count();
            assert!((247..=252).contains(&worked), "{year}: {worked}");
        }
    }

    #[test]
    fn ten_workdays_over_the_october_holiday_take_until_the_middle_of_the_month() {
        let calendar = pack();
        assert_eq!(calendar.add_workdays(day("2026-09-28"), 10), Ok(day("2026-10-16")));
        assert_eq!(calendar.add_workdays(day("2026-09-28"), 0), Ok(day("2026-09-28")));
        assert_eq!(calendar.workdays_between(day("2026-09-28"), day("2026-10-16")), Ok(10));
        assert_eq!(calendar.workdays_between(day("2026-10-16"), day("2026-09-28")), Ok(-10));
    }

    #[test]
    fn a_count_that_runs_into_a_year_without_data_is_unknown_and_not_guessed() {
        let calendar = pack();
        assert_eq!(calendar.add_workdays(day("2026-12-28"), 3), Ok(day("2026-12-31")));
        assert_eq!(calendar.add_workdays(day("2026-12-28"), 4), Err(UnknownYear { year: 2027 }));
        assert_eq!(
            calendar.workdays_between(day("2019-12-30"), day("2020-01-03")),
            Err(UnknownYear { year: 2019 })
        );
        assert_eq!(calendar.is_workday(day("2027-01-01")), Err(UnknownYear { year: 2027 }));
        assert_eq!(
            WorkCalendar::default().add_workdays(day("9999-12-31"), 1),
            Err(UnknownYear { year: 10_000 })
        );
    }

    #[test]
    fn a_wrong_file_is_refused_with_its_year_and_day() {
        let read = |text: &str| WorkCalendar::read(text).unwrap_err();
        let year = |lists: &str| format!("[2026]\nsource = [\"x\"]\n{lists}\n");
        for (text, code) in [
            (" ".repeat(MAX_BYTES + 1), "calendar_too_large"),
            ("[2026".into(), "calendar_format"),
            ("[2026]\noff = []".into(), "calendar_format"),
            (year("holidays = []"), "calendar_format"),
            ("[26]\nsource = [\"x\"]".into(), "calendar_year"),
            ("[2026]\nsource = []".into(), "calendar_source"),
            ("[2026]\nsource = [\" \"]".into(), "calendar_source"),
            (year(&format!("off = [{}]", "\"2026-01-01\",".repeat(367))), "calendar_too_many_days"),
            (year("off = [\"2026-02-30\"]"), "calendar_day"),
            (year("off = [\"2026-10-01\"]\nwork = [\"2025-11-30\"]"), "calendar_foreign_day"),
            (year("off = [\"2026-10-01\", \"2026-10-01\"]"), "calendar_day_twice"),
            (year("off = [\"2026-10-01\"]\nwork = [\"2026-10-01\"]"), "calendar_day_twice"),
        ] {
            let error = read(&text);
            assert_eq!(error.code(), code, "{error}");
        }
        let error = read(&year("off = [\"2026-02-30\"]"));
        assert!(error.to_string().contains("2026-02-30") && error.explain().what.zh.contains("2026-02-30"));
    }

    proptest! {
        #[test]
        fn adding_and_counting_agree(start in 0i64..2_000, count in 1u32..200) {
            let calendar = pack();
            let from = day("2020-01-01").plus(start).unwrap();
            let to = calendar.add_workdays(from, count).unwrap();
            prop_assert_eq!(calendar.workdays_between(from, to), Ok(i64::from(count)));
            prop_assert_eq!(calendar.is_workday(to), Ok(true));
            prop_assert_eq!(calendar.workdays_between(from, to.plus(-1).unwrap()), Ok(i64::from(count) - 1));
        }

        #[test]
        fn counts_add_up(start in 0i64..1_000, one in 0i64..400, two in 0i64..400) {
            let calendar = pack();
            let from = day("2020-01-01").plus(start).unwrap();
            let (middle, to) = (from.plus(one).unwrap(), from.plus(one + two).unwrap());
            let parts = calendar.workdays_between(from, middle).unwrap() + calendar.workdays_between(middle, to).unwrap();
            prop_assert_eq!(calendar.workdays_between(from, to), Ok(parts));
        }

        #[test]
        fn any_text_is_a_calendar_or_an_error(text in "(\\[?[0-9a-z\\]=\" -]{0,12}\n){0,8}") {
            let _ = WorkCalendar::read(&text);
        }
    }
}
