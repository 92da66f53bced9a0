//! A copy of a photo with a band below it that says when and where it was taken, and whose it is.

use ruhu_case::{Evidence, Value};
use ruhu_letter::{FontSet, LetterError, Lettering};
use ruhu_national::Day;
use ruhu_text::Lang;
use ruhu_vision::picture::Picture;

/// A line of the band is the photo's longer side through this.
const LINE: usize = 34;
/// The bounds of a line's height, in pixels.
const LINES: std::ops::RangeInclusive<usize> = 12..=96;
/// What a line takes of its height, and the margin beside it.
const MARGIN: usize = 2;
/// What stands between two facts of one line.
const GAP: &str = "  ";
/// The band's colour, and the words'.
const BAND: f32 = 24.0;
const WORDS: f32 = 245.0;
/// The zone of a photo that names none: China has one.
const CHINA_MINUTES: i64 = 8 * 60;
const MINUTE_MS: i64 = 60_000;

/// Puts the band below a photo: time, place, the household's id and the evidence's. No pixel of the photo is
/// covered.
///
/// # Errors
/// `letter_no_font`, `letter_no_glyph` with every character that no font has.
pub fn stamped(
    photo: &Picture,
    (case, entry): (&str, &Evidence),
    lang: Lang,
    fonts: &FontSet,
) -> Result<Picture, LetterError> {
    let (width, height) = (photo.width(), photo.height());
    let line = (width.max(height) / LINE).clamp(*LINES.start(), *LINES.end());
    let facts = facts(case, entry, lang);
    let (lines, line) = set(&facts, fonts, (width, line))?;
    let margin = line / MARGIN;
    let mut rgb = photo.rgb().to_vec();
    rgb.resize((height + lines.len() * line + 2 * margin) * width * 3, BAND as u8);
    for (at, Lettering { width: wide, covered, .. }) in lines.iter().enumerate() {
        for (row, covered) in covered.chunks_exact(*wide).enumerate() {
            let from = (height + margin + at * line + row) * width + margin;
            for (pixel, covered) in rgb.chunks_exact_mut(3).skip(from).zip(covered).take(width - margin) {
                let shade = BAND + (WORDS - BAND) * f32::from(*covered) / 255.0;
                pixel.fill(shade.round() as u8);
            }
        }
    }
    let rows = rgb.len() / 3 / width;
    Ok(Picture::new(width, rows, rgb).unwrap_or_else(|| photo.clone()))
}

/// What is said of the photo, in the order in which it is said.
fn facts(case: &str, entry: &Evidence, lang: Lang) -> Vec<String> {
    let zone = match entry.fields.get("taken_zone") {
        Some(Value::Int(minutes)) => *minutes,
        _ => CHINA_MINUTES,
    };
    let moment = |field: &str| match entry.fields.get(field) {
        Some(Value::Timestamp(ms)) => local(*ms, zone),
        _ => None,
    };
    let time = match (moment("taken_at"), moment("attached_at")) {
        (Some(taken), _) => format!("{} {taken}", lang.pick("拍摄时间", "Taken")),
        (None, Some(attached)) => format!("{} {attached}", lang.pick("附上时间", "Attached")),
        (None, None) => lang.pick("时间未记录", "No time recorded").to_owned(),
    };
    let place = match &entry.place {
        Some(place) => format!("{} {place}", lang.pick("地点", "Place")),
        None => lang.pick("地点未记录", "No place recorded").to_owned(),
    };
    let ids =
        [(lang.pick("户编号", "Household"), case), (lang.pick("材料编号", "Evidence"), entry.id.as_str())];
    [time, place].into_iter().chain(ids.map(|(what, id)| format!("{what} {id}"))).collect()
}

/// `2026-11-20 09:30:05 UTC+08:00`.
fn local(ms: i64, zone: i64) -> Option<String> {
    let local = ms.checked_add(zone.checked_mul(MINUTE_MS)?)?;
    let day = Day::of_local_ms(local)?;
    let seconds = local.checked_sub(day.start_ms())?.div_euclid(1_000);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let (sign, zone) = (if zone < 0 { '-' } else { '+' }, zone.unsigned_abs());
    Some(format!("{day} {hour:02}:{minute:02}:{second:02} UTC{sign}{:02}:{:02}", zone / 60, zone % 60))
}

/// Lines of facts that fit into a width in pixels; lower ones than was wished, where a fact is wider than that.
fn set(
    facts: &[String],
    fonts: &FontSet,
    (width, height): (usize, usize),
) -> Result<(Vec<Lettering>, usize), LetterError> {
    let mut widest = 0.0f32;
    for fact in facts {
        widest = widest.max(fonts.ems(fact)?);
    }
    let room = |height: usize| width.saturating_sub(2 * (height / MARGIN)).max(1) as f32;
    let mut line = height;
    while line > 2 && Lettering::width_of(widest, line as u32) > room(line) {
        line -= 1;
    }
    let mut lines: Vec<String> = Vec::new();
    for fact in facts {
        let longer = lines.last().map(|last| format!("{last}{GAP}{fact}"));
        match longer {
            Some(longer) if Lettering::width_of(fonts.ems(&longer)?, line as u32) <= room(line) => {
                lines.pop();
                lines.push(longer);
            }
            _ => lines.push(fact.clone()),
        }
    }
    let drawn: Result<Vec<Lettering>, LetterError> =
        lines.iter().map(|text| fonts.lettering(text, line as u32)).collect();
    Ok((drawn?, line))
}
