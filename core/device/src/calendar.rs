//! Calendar days of moments and back, in the proleptic Gregorian calendar. One rule each way: a
//! time-zone library would bring a database that a country with one zone does not need.

const DAY_MS: i64 = 86_400_000;

/// The day (year, month, day) of a moment in local milliseconds since 1970.
pub(crate) fn day_of(local_ms: i64) -> (i32, u32, u32) {
    let days = local_ms.div_euclid(DAY_MS) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year as i32, month as u32, day as u32)
}

/// The first moment of a day, in local milliseconds since 1970.
pub(crate) fn start_of(year: i32, month: u32, day: u32) -> i64 {
    let year = i64::from(year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_index = (i64::from(month) + 9) % 12;
    let day_of_year = (153 * month_index + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * 146_097 + day_of_era - 719_468) * DAY_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_falls_on_its_local_day() {
        assert_eq!(day_of(0), (1970, 1, 1));
        assert_eq!(day_of(951_782_400_000), (2000, 2, 29));
        assert_eq!(day_of(-1), (1969, 12, 31));
        assert_eq!(day_of(1_795_305_600_000), (2026, 11, 22));
    }

    #[test]
    fn every_day_of_four_centuries_begins_where_it_is() {
        for number in -40_000..110_000i64 {
            let (year, month, day) = day_of(number * DAY_MS);
            assert_eq!(start_of(year, month, day), number * DAY_MS);
        }
    }
}
