//! Time zones. The engine counts with one offset from UTC, the phone's; so a
//! zone can stand for a vector's when it has kept one offset for decades. China
//! had summer time from 1986 to 1991, which calendar days do not see.

const ZONES: [(&str, i32); 19] = [
    ("UTC", 0),
    ("Etc/UTC", 0),
    ("GMT", 0),
    ("Asia/Shanghai", 480),
    ("Asia/Chongqing", 480),
    ("PRC", 480),
    ("Asia/Urumqi", 360),
    ("Asia/Hong_Kong", 480),
    ("Asia/Macau", 480),
    ("Asia/Taipei", 480),
    ("Asia/Singapore", 480),
    ("Asia/Tokyo", 540),
    ("Asia/Bangkok", 420),
    ("Asia/Kolkata", 330),
    ("Asia/Kathmandu", 345),
    ("Africa/Nairobi", 180),
    ("Africa/Lagos", 60),
    ("America/Phoenix", -420),
    ("America/Bogota", -300),
];

/// The minutes east of UTC, by the name of a zone or as `+08:00`.
pub(super) fn offset_minutes(zone: &str) -> Option<i32> {
    let named = ZONES.iter().find(|(name, _)| *name == zone);
    named.map(|(_, minutes)| *minutes).or_else(|| written(zone))
}

fn written(zone: &str) -> Option<i32> {
    let zone = zone.strip_prefix("UTC").unwrap_or(zone);
    let (sign, rest) = match zone.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, zone.strip_prefix('+')?),
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes): (u8, u8) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours <= 18 && minutes < 60).then(|| sign * (i32::from(hours) * 60 + i32::from(minutes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_known_by_name_or_by_its_offset() {
        assert_eq!(offset_minutes("Asia/Shanghai"), Some(480));
        assert_eq!(offset_minutes("-07:00"), Some(-420));
        assert_eq!(offset_minutes("UTC+05:45"), Some(345));
        for unknown in ["Europe/London", "", "+8", "+99:00", "+08:61"] {
            assert_eq!(offset_minutes(unknown), None, "{unknown}");
        }
    }
}
