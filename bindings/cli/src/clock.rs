//! Moments as people in China read them: UTC+8, the country's single time zone.

use chrono::{DateTime, FixedOffset};

const CHINA_OFFSET_SECONDS: i32 = 8 * 3600;

/// `2026-11-22 10:41:55` for Unix milliseconds; the bare number when no calendar holds it.
pub fn local(ms: i64) -> String {
    let zone = FixedOffset::east_opt(CHINA_OFFSET_SECONDS);
    match (DateTime::from_timestamp_millis(ms), zone) {
        (Some(moment), Some(zone)) => moment.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S").to_string(),
        _ => ms.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn a_moment_is_shown_in_china_s_time() {
        assert_eq!(local(0), "1970-01-01 08:00:00");
        assert_eq!(local(1_795_315_315_000), "2026-11-22 10:41:55");
        assert_eq!(local(i64::MAX), i64::MAX.to_string());
    }
}
