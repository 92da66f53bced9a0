//! Photos of authorisation letters: what each shows.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use ruhu_text::{Bilingual, Explain, Lang};
use ruhu_vision::letter::boxes_file::Boxes;
use ruhu_vision::letter::check::{GrantorReport, Report, check as check_picture};
use ruhu_vision::letter::impression::Impression;
use ruhu_vision::letter::prints::impressions;
use ruhu_vision::letter::reuse::{SAME, compare};
use ruhu_vision::letter::verdict::Verdict;
use ruhu_vision::picture::{PictureError, decode};
use serde_json::{Value, json};

use crate::arguments::LetterPhotoCommand;
use crate::failure::Failure;
use crate::output::Output;

/// Commands that need no device.
pub fn run(command: &LetterPhotoCommand, output: &mut Output) -> Result<(), Failure> {
    match command {
        LetterPhotoCommand::Check { files, boxes } => check(files, boxes.as_deref(), output),
        LetterPhotoCommand::Reuse { files } => reuse(files, output),
    }
}

/// `ruhu letter check`: one object a picture. A picture that cannot be read is one too.
fn check(files: &[PathBuf], boxes: Option<&Path>, output: &mut Output) -> Result<(), Failure> {
    let boxes = boxes.map(read_boxes).transpose()?;
    for file in files {
        let began = Instant::now();
        let report = read(file).map(|picture| check_picture(&picture, boxes.as_ref()));
        let ms = began.elapsed().as_micros() as f64 / 1000.0;
        match output.json() {
            true => output.value(&object(file, report.as_ref(), ms, output.lang()))?,
            false => print(file, report.as_ref(), ms, output)?,
        }
    }
    Ok(())
}

fn read_boxes(file: &Path) -> Result<Boxes, Failure> {
    let bytes = fs::read(file).map_err(|error| Failure::Read(error.kind()))?;
    Boxes::from_json(&bytes).map_err(Failure::Boxes)
}

/// Why a picture was not looked at.
enum Unreadable {
    /// The file.
    File(Failure),
    /// What is in it.
    Picture(PictureError),
}

impl Unreadable {
    fn explained(&self) -> &dyn Explain {
        match self {
            Unreadable::File(failure) => failure,
            Unreadable::Picture(error) => error,
        }
    }
}

fn read(file: &Path) -> Result<ruhu_vision::picture::Picture, Unreadable> {
    let bytes = fs::read(file).map_err(|error| Unreadable::File(Failure::Read(error.kind())))?;
    decode(&bytes).map_err(Unreadable::Picture)
}

fn object(file: &Path, report: Result<&Report, &Unreadable>, ms: f64, lang: Lang) -> Value {
    let name = file.to_string_lossy();
    let report = match report {
        Ok(report) => report,
        Err(unreadable) => {
            let explained = unreadable.explained();
            return json!({
                "file": name, "readable": false, "retake": true, "reason": explained.code(),
                "advice": explained.message(lang),
                "letter": { "found": false, "case": null, "version": null },
                "grantors": [], "ms": ms,
            });
        }
    };
    let payload = report.payload.as_ref();
    json!({
        "file": name,
        "readable": true,
        "retake": report.retake(),
        "advice": advice(report, lang),
        "faults": report.faults,
        "letter": {
            "found": payload.is_some(),
            "case": payload.map(|payload| payload.case.to_string()),
            "version": payload.map(|payload| &payload.version),
            "sheet": payload.map(|payload| payload.sheet),
            "sheets": payload.map(|payload| payload.sheets()),
            "by": report.sheet,
            "code": report.code.map(|error| error.code()),
        },
        "grantors": report.grantors.iter().map(grantor).collect::<Vec<Value>>(),
        "ms": ms,
    })
}

fn grantor(report: &GrantorReport) -> Value {
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

fn advice(report: &Report, lang: Lang) -> String {
    let advice = report.advice();
    advice.iter().map(|text| text.get(lang)).collect::<Vec<_>>().join(lang.pick("", " "))
}

fn print(
    file: &Path,
    report: Result<&Report, &Unreadable>,
    ms: f64,
    output: &mut Output,
) -> Result<(), Failure> {
    let lang = output.lang();
    let name = file.display();
    let report = match report {
        Ok(report) => report,
        Err(unreadable) => return output.line(&format!("{name}: {}", unreadable.explained().message(lang))),
    };
    let whose = match &report.payload {
        Some(payload) => format!("{} {}", payload.case, payload.version),
        None => output.pick("不是本系统打印的授权书", "not a letter printed here").to_owned(),
    };
    output.line(&format!("{name}: {whose} ({ms:.0} ms)"))?;
    if report.retake() {
        output.line(&format!("  {}", advice(report, lang)))?;
    }
    for one in &report.grantors {
        let signature = match one.signature {
            Some(true) => output.pick("；已签名", "; signed"),
            Some(false) => output.pick("；没有签名", "; not signed"),
            None => "",
        };
        output.line(&format!("  {}: {}{signature}", one.grantor, said(one.verdict).get(lang)))?;
    }
    Ok(())
}

/// The verdict with what to do, for who stands beside the grantor.
fn said(verdict: Verdict) -> Bilingual {
    let (zh, en) = match verdict {
        Verdict::Ok => ("捺印清楚", "the print is clear"),
        Verdict::Missing => ("没有捺印，请补按", "no print: have it pressed"),
        Verdict::Outside => ("捺印不在框内，请在框内重按", "the print is beside its box: press again inside"),
        Verdict::Smeared => ("捺印抹花，请重按", "the print is smeared: press again, without moving"),
        Verdict::Pale => ("捺印太淡，请蘸足印泥重按", "the print is pale: press again with more ink"),
        Verdict::OverInked => {
            ("印泥太多，纹线糊在一起，请擦净后重按", "too much ink: wipe the finger and press again")
        }
        Verdict::SecondFinger => ("不止一个指印，请只按一个手指", "more than one finger: press one only"),
        Verdict::StampInstead => {
            ("盖的是印章，不是捺印，请按手印", "a stamp, not a finger: have a finger pressed")
        }
        Verdict::DrawnDot => ("画的或印的，不是捺印，请按手印", "drawn or printed: have a finger pressed"),
        Verdict::Unsure => ("无法判断，请重拍", "it cannot be told: take the photo again"),
    };
    Bilingual::new(zh, en)
}

/// `ruhu letter reuse`: one line a pair of files that show the same impression. A file that cannot be
/// read is told on standard error, and the others are compared.
fn reuse(files: &[PathBuf], output: &mut Output) -> Result<(), Failure> {
    let mut seen: Vec<(&PathBuf, Vec<Impression>)> = Vec::new();
    for file in files {
        match read(file) {
            Ok(picture) => seen.push((file, impressions(&picture))),
            Err(unreadable) => {
                output.progress(&format!(
                    "{}: {}",
                    file.display(),
                    unreadable.explained().message(output.lang())
                ));
            }
        }
    }
    let mut found = 0usize;
    for (at, (file, of_one)) in seen.iter().enumerate() {
        for (other_file, of_other) in &seen[at + 1..] {
            let pairs = of_one.iter().flat_map(|one| of_other.iter().map(move |other| (one, other)));
            let score = pairs.filter_map(|(one, other)| compare(one, other)).map(|likeness| likeness.score());
            let score = score.fold(0.0f32, f32::max);
            if score < SAME {
                continue;
            }
            found += 1;
            let (a, b) = (file.to_string_lossy(), other_file.to_string_lossy());
            let score = (f64::from(score) * 1000.0).round() / 1000.0;
            match output.json() {
                true => output.value(&json!({ "a": a, "b": b, "score": score }))?,
                false => output.line(&match output.lang() {
                    Lang::Zh => format!("{a} 与 {b} 是同一枚捺印（{score}）"),
                    Lang::En => format!("{a} and {b} show the same impression ({score})"),
                })?,
            }
        }
    }
    if found == 0 && !output.json() {
        output.line(output.pick("没有发现重复使用的捺印。", "No impression is used twice."))?;
    }
    Ok(())
}
