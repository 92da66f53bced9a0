//! What is said of a photo, as programs and people read it.

use ruhu_text::{Bilingual, Explain, Lang};
use serde_json::{Value, json};

use super::{Kind, Quality, Verdict};

/// What a photo is like, or why it was not looked at.
pub type Assessed<'a> = Result<&'a Quality, &'a dyn Explain>;

/// One object a photo: `file`, `verdict`, `advice` in a language, `facts`, `ms` (milliseconds that it took).
/// One that cannot be read is `unsure`, with its `reason`.
pub fn object(file: &str, assessed: Assessed<'_>, kind: Kind, ms: f64, lang: Lang) -> Value {
    match assessed {
        Ok(quality) => json!({
            "file": file,
            "verdict": quality.verdict,
            "advice": quality.verdict.advice(kind).map(|advice| advice.get(lang).to_owned()),
            "facts": quality.facts,
            "ms": ms,
        }),
        Err(error) => json!({
            "file": file, "verdict": Verdict::Unsure, "reason": error.code(),
            "advice": error.message(lang), "facts": null, "ms": ms,
        }),
    }
}

/// A line for a person.
pub fn line(file: &str, assessed: Assessed<'_>, kind: Kind, ms: f64, lang: Lang) -> String {
    let said = match assessed {
        Ok(quality) => match quality.verdict.advice(kind) {
            Some(advice) => advice.get(lang).to_owned(),
            None => Bilingual::new("照片清楚。", "The photo is good.").get(lang).to_owned(),
        },
        Err(error) => error.message(lang),
    };
    format!("{file}: {said} ({ms:.0} ms)")
}
