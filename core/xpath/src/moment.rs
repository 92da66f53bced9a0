//! Days and moments. A day is a calendar day, not a count of milliseconds:
//! China kept summer time from 1986 to 1991, and days of 23 hours must not
//! make ages wrong.

use chrono::{Datelike, NaiveDate};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A calendar day, with a time of day or without.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    day: NaiveDate,
    /// Milliseconds since midnight and the offset from UTC in minutes.
    time: Option<(i64, i32)>,
}

impl Moment {
    /// The moment of `ms` since 1970 UTC, as local time shows it.
    pub fn from_ms(ms: i64, offset: i32) -> Option<Moment> {
        let local = ms.checked_add(i64::from(offset) * 60_000)?;
        let day = day_from_number(local.div_euclid(DAY_MS))?;
        Some(Moment { day, time: Some((local.rem_euclid(DAY_MS), offset)) })
    }

    /// Days since 1970-01-01, local, with a fraction.
    pub fn from_days(days: f64, offset: i32) -> Option<Moment> {
        if !days.is_finite() || days.abs() > 10_000_000.0 {
            return None;
        }
        let whole = days.floor();
        let day = day_from_number(whole as i64)?;
        let ms = ((days - whole) * DAY_MS as f64).round() as i64;
        let time = (ms > 0 && ms < DAY_MS).then_some((ms, offset));
        Some(Moment { day, time })
    }

    /// Days since 1970-01-01T00:00Z, with a fraction; local midnight is a day
    /// without time.
    pub fn from_utc_days(days: f64, offset: i32) -> Option<Moment> {
        if !days.is_finite() || days.abs() > 10_000_000.0 {
            return None;
        }
        let moment = Moment::from_ms((days * DAY_MS as f64).round() as i64, offset)?;
        Some(Moment { time: moment.time.filter(|(ms, _)| *ms > 0), ..moment })
    }

    /// A number of its own: a whole one counts calendar days, one with a
    /// fraction is a moment of `decimal-date-time`.
    pub fn from_number(days: f64, offset: i32) -> Option<Moment> {
        match days.fract() == 0.0 {
            true => Moment::from_days(days, offset),
            false => Moment::from_utc_days(days, offset),
        }
    }

    /// Reads `2026-11-22` (one-digit months and days too) or
    /// `2026-11-22T08:30[:00[.000]][Z|+08:00]`. A moment with an offset of its
    /// own is turned into local time.
    pub fn parse(text: &str, offset: i32) -> Option<Moment> {
        let (day, time) = match text.split_once('T') {
            Some((day, time)) => (day, Some(time)),
            None => (text, None),
        };
        let day = parse_day(day)?;
        let Some(time) = time else { return Some(Moment { day, time: None }) };
        let (ms, own) = parse_time(time)?;
        match own {
            Some(own) => {
                let utc = i64::from(day.to_epoch_days()) * DAY_MS + ms - i64::from(own) * 60_000;
                Moment::from_ms(utc, offset)
            }
            None => Some(Moment { day, time: Some((ms, offset)) }),
        }
    }

    /// Days since 1970-01-01, local, with the time as a fraction.
    pub fn days(self) -> f64 {
        self.local_ms() as f64 / DAY_MS as f64
    }

    /// Milliseconds since 1970-01-01, local.
    fn local_ms(self) -> i64 {
        i64::from(self.day.to_epoch_days()) * DAY_MS + self.time.map_or(0, |(ms, _)| ms)
    }

    /// Days since 1970-01-01T00:00Z; a day without time begins at local midnight.
    pub fn utc_days(self, offset: i32) -> f64 {
        let offset = self.time.map_or(offset, |(_, offset)| offset);
        (self.local_ms() - i64::from(offset) * 60_000) as f64 / DAY_MS as f64
    }

    /// The fraction of the day that has passed.
    pub fn fraction_of_day(self) -> f64 {
        self.time.map_or(0.0, |(ms, _)| ms as f64 / DAY_MS as f64)
    }

    /// The day alone.
    pub fn day(self) -> Moment {
        Moment { time: None, ..self }
    }

    /// `2026-11-22` or `2026-11-22T08:30:00.000+08:00`.
    pub fn text(self) -> String {
        let mut text = self.day.format("%Y-%m-%d").to_string();
        if let Some((ms, offset)) = self.time {
            text.push('T');
            text.push_str(&time_text(ms, offset));
        }
        text
    }

    /// Fills in the marks of ODK's `format-date`; `names` are those of months
    /// and weekdays in the language of the form.
    pub fn format(self, pattern: &str, names: &Names) -> String {
        let mut text = String::new();
        let mut marks = pattern.chars();
        while let Some(c) = marks.next() {
            match (c, if c == '%' { marks.next() } else { None }) {
                ('%', Some(mark)) => self.format_mark(mark, names, &mut text),
                (c, _) => text.push(c),
            }
        }
        text
    }

    fn format_mark(self, mark: char, names: &Names, text: &mut String) {
        let ms = self.time.map_or(0, |(ms, _)| ms);
        let (day, month) = (self.day.day(), self.day.month());
        let part = match mark {
            'Y' => format!("{:04}", self.day.year()),
            'y' => format!("{:02}", self.day.year().rem_euclid(100)),
            'm' => format!("{month:02}"),
            'n' => month.to_string(),
            'b' => names.months.get(month as usize - 1).map_or_else(String::new, |name| (*name).to_owned()),
            'd' => format!("{day:02}"),
            'e' => day.to_string(),
            'H' => format!("{:02}", ms / 3_600_000),
            'h' => (ms / 3_600_000).to_string(),
            'M' => format!("{:02}", ms / 60_000 % 60),
            'S' => format!("{:02}", ms / 1000 % 60),
            '3' => format!("{:03}", ms % 1000),
            'a' => names
                .weekdays
                .get(self.day.weekday().num_days_from_monday() as usize)
                .map_or_else(String::new, |name| (*name).to_owned()),
            '%' => "%".to_owned(),
            other => format!("%{other}"),
        };
        text.push_str(&part);
    }
}

/// Short names of months and weekdays, Monday first.
pub struct Names {
    months: [&'static str; 12],
    weekdays: [&'static str; 7],
}

impl Names {
    /// The names for a language code; English for languages not known.
    pub fn of(code: &str) -> &'static Names {
        if code.starts_with("zh") { &CHINESE } else { &ENGLISH }
    }
}

static ENGLISH: Names = Names {
    months: ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
    weekdays: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
};

static CHINESE: Names = Names {
    months: ["1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月"],
    weekdays: ["周一", "周二", "周三", "周四", "周五", "周六", "周日"],
};

/// `08:30:00.000+08:00`
pub fn time_text(ms: i64, offset: i32) -> String {
    let sign = if offset < 0 { '-' } else { '+' };
    format!(
        "{:02}:{:02}:{:02}.{:03}{sign}{:02}:{:02}",
        ms / 3_600_000,
        ms / 60_000 % 60,
        ms / 1000 % 60,
        ms % 1000,
        offset.abs() / 60,
        offset.abs() % 60
    )
}

fn day_from_number(days: i64) -> Option<NaiveDate> {
    let day = NaiveDate::from_epoch_days(i32::try_from(days).ok()?)?;
    (0..=9999).contains(&day.year()).then_some(day)
}

fn parse_day(text: &str) -> Option<NaiveDate> {
    let mut parts = text.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if year.len() != 4 || !(1..=2).contains(&month.len()) || !(1..=2).contains(&day.len()) {
        return None;
    }
    NaiveDate::from_ymd_opt(digits(year)? as i32, digits(month)? as u32, digits(day)? as u32)
}

/// Reads a time of day; milliseconds since midnight, and its own offset.
pub fn parse_time(text: &str) -> Option<(i64, Option<i32>)> {
    let (clock, offset) = split_offset(text)?;
    let mut parts = clock.splitn(3, ':');
    let (hour, minute) = (two_digits(parts.next()?)?, two_digits(parts.next()?)?);
    let ms = match parts.next() {
        Some(seconds) => seconds_to_ms(seconds)?,
        None => 0,
    };
    if hour > 23 || minute > 59 || ms > 59_999 {
        return None;
    }
    Some((hour * 3_600_000 + minute * 60_000 + ms, offset))
}

fn split_offset(text: &str) -> Option<(&str, Option<i32>)> {
    if let Some(clock) = text.strip_suffix('Z') {
        return Some((clock, Some(0)));
    }
    let Some(at) = text.find(['+', '-']) else { return Some((text, None)) };
    let (clock, offset) = text.split_at(at);
    let (sign, digits) = match offset.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, offset.strip_prefix('+')?),
    };
    let (hours, minutes) = digits.split_once(':').unwrap_or((digits, "00"));
    let minutes = two_digits(hours)? * 60 + two_digits(minutes)?;
    (minutes <= 18 * 60).then_some((clock, Some(sign * minutes as i32)))
}

fn seconds_to_ms(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if fraction.is_empty() || fraction.len() > 9 {
        return None;
    }
    let scaled = digits(fraction)? * 1000 / 10_i64.pow(fraction.len() as u32);
    Some(two_digits(whole)? * 1000 + scaled)
}

fn two_digits(text: &str) -> Option<i64> {
    if text.len() == 2 { digits(text) } else { None }
}

fn digits(text: &str) -> Option<i64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(text: &str) -> f64 {
        Moment::parse(text, 480).unwrap().days()
    }

    #[test]
    fn days_are_counted_by_the_calendar_through_the_summer_time_of_1988() {
        assert_eq!(days("1988-07-01") - days("1988-01-01"), 182.0);
        assert_eq!(days("1988-07-01"), 6756.0);
        let later = Moment::from_days(days("1988-04-16") + 2.0, 480).unwrap();
        assert_eq!(later.text(), "1988-04-18");
    }

    #[test]
    fn a_moment_of_another_zone_is_shown_in_local_time() {
        let moment = Moment::parse("2026-11-21T23:30:00.000Z", 480).unwrap();
        assert_eq!(moment.text(), "2026-11-22T07:30:00.000+08:00");
        assert_eq!(moment.day().text(), "2026-11-22");
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        for text in [
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "26-1-1",
            "2026-1",
            "2026-11-22T24:00",
            "20261122",
            "２０２６-11-22",
        ] {
            assert_eq!(Moment::parse(text, 480), None, "{text}");
        }
    }

    #[test]
    fn a_date_is_written_in_the_form_s_language() {
        let day = Moment::parse("2026-11-22", 480).unwrap();
        assert_eq!(day.format("%a %b", Names::of("zh")), "周日 11月");
        assert_eq!(day.format("%Y年%n月%e日 %a", Names::of("en")), "2026年11月22日 Sun");
    }
}
