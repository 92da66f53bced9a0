//! What a check says of a picture, as programs and people read it.

use ruhu_text::{Explain, Lang};
use serde_json::{Value, json};

use super::check::{GrantorReport, Report};

/// A report, or why the picture was not looked at.
pub type Checked<'a> = Result<&'a Report, &'a dyn Explain>;

/// One object a picture: `file`, `readable`, `retake`, `advice` in a language, `letter`, `grantors`, `ms`
/// (milliseconds that it took). A picture that cannot be read is one too, with its `reason`.
pub fn object(file: &str, checked: Checked<'_>, ms: f64, lang: Lang) -> Value {
    let report = match checked {
        Ok(report) => report,
        Err(unreadable) => {
            return json!({
                "file": file, "readable": false, "retake": true, "reason": unreadable.code(),
                "advice": unreadable.message(lang),
                "letter": { "found": false, "case": null, "version": null },
                "grantors": [], "ms": ms,
            });
        }
    };
    json!({
        "file": file,
        "readable": true,
        "retake": report.retake(),
        "advice": advice(report, lang),
        "faults": report.faults,
        "letter": letter(report),
        "grantors": report.grantors.iter().map(grantor).collect::<Vec<Value>>(),
        "ms": ms,
    })
}

/// Whose letter it is: `found`, `case`, `version`, `sheet` of `sheets`, `by` what the sheet was found,
/// `code` when there is a QR code that cannot be used.
pub fn letter(report: &Report) -> Value {
    let payload = report.payload.as_ref();
    json!({
        "found": payload.is_some(),
        "case": payload.map(|payload| payload.case.to_string()),
        "version": payload.map(|payload| &payload.version),
        "sheet": payload.map(|payload| payload.sheet),
        "sheets": payload.map(|payload| payload.sheets()),
        "by": report.sheet,
        "code": report.code.map(|error| error.code()),
    })
}

/// What is said of a grantor, with the figures behind it.
pub fn grantor(report: &GrantorReport) -> Value {
    json!({
        "grantor": report.grantor,
        "verdict": report.verdict,
        "reasons": report.reasons,
        "ink": report.ink,
        "inside": report.is_inside(),
        "share_inside": report.inside,
        "ridges_readable": report.ridges_readable,
        "signature": report.signature.map(|there| if there { "present" } else { "absent" }),
        "figures": report.print,
    })
}

/// Lines for a person.
pub fn lines(file: &str, checked: Checked<'_>, ms: f64, lang: Lang) -> Vec<String> {
    let report = match checked {
        Ok(report) => report,
        Err(unreadable) => return vec![format!("{file}: {}", unreadable.message(lang))],
    };
    let whose = match &report.payload {
        Some(payload) => format!("{} {}", payload.case, payload.version),
        None => lang.pick("不是本系统打印的授权书", "not a letter printed here").to_owned(),
    };
    let mut lines = vec![format!("{file}: {whose} ({ms:.0} ms)")];
    if report.retake() {
        lines.push(format!("  {}", advice(report, lang)));
    }
    lines.extend(report.grantors.iter().map(|one| {
        let signature = match one.signature {
            Some(true) => lang.pick("；已签名", "; signed"),
            Some(false) => lang.pick("；没有签名", "; not signed"),
            None => "",
        };
        format!("  {}: {}{signature}", one.grantor, one.verdict.said().get(lang))
    }));
    lines
}

fn advice(report: &Report, lang: Lang) -> String {
    let advice = report.advice();
    advice.iter().map(|text| text.get(lang)).collect::<Vec<_>>().join(lang.pick("", " "))
}
