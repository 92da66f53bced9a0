//! Photos of authorisation letters: what each shows.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use ruhu_device::{Device, Standing};
use ruhu_text::{Explain, Lang};
use ruhu_vision::letter::boxes_file::Boxes;
use ruhu_vision::letter::check::check as check_picture;
use ruhu_vision::letter::impression::Impression;
use ruhu_vision::letter::prints::impressions;
use ruhu_vision::letter::reuse::{SAME, compare};
use ruhu_vision::letter::told;
use ruhu_vision::picture::{PictureError, decode};
use serde_json::json;

use crate::arguments::LetterPhotoCommand;
use crate::commands::print_reuse;
use crate::failure::Failure;
use crate::output::Output;

/// Commands that need no device, unless a household is named.
pub fn run(
    command: &LetterPhotoCommand,
    household: Option<(&Device, &str)>,
    output: &mut Output,
) -> Result<(), Failure> {
    match command {
        LetterPhotoCommand::Check { files, boxes, .. } => check(files, boxes.as_deref(), household, output),
        LetterPhotoCommand::Reuse { files, .. } => reuse(files, output),
    }
}

/// `ruhu letter check`: one object a picture. A picture that cannot be read is one too. Beside a household,
/// which letter of it each picture shows.
fn check(
    files: &[PathBuf],
    boxes: Option<&Path>,
    household: Option<(&Device, &str)>,
    output: &mut Output,
) -> Result<(), Failure> {
    let boxes = boxes.map(read_boxes).transpose()?;
    let lang = output.lang();
    for file in files {
        let began = Instant::now();
        let report = read(file).map(|picture| check_picture(&picture, boxes.as_ref()));
        let ms = began.elapsed().as_micros() as f64 / 1000.0;
        let name = file.to_string_lossy();
        let checked = report.as_ref().map_err(Unreadable::explained);
        let standing = match (household, &report) {
            (Some((device, case)), Ok(report)) => {
                Some(device.letter_standing(case, report.payload.as_ref())?)
            }
            _ => None,
        };
        let reuse = match (household, &report) {
            (Some((device, case)), Ok(_)) => Some(device.letter_reuse(case, file)?),
            _ => None,
        };
        if output.json() {
            let mut object = told::object(&name, checked, ms, lang);
            if let Some(reuse) = &reuse {
                object["reuse"] = json!(reuse);
            }
            if let Some(standing) = &standing {
                object["letter"]["standing"] = json!(standing.code());
                object["letter"]["advice"] =
                    json!(standing.advice().map(|advice| advice.get(lang).to_owned()));
            }
            output.value(&object)?;
            continue;
        }
        for (at, line) in told::lines(&name, checked, ms, lang).iter().enumerate() {
            output.line(line)?;
            if let Some(advice) = standing.as_ref().and_then(Standing::advice).filter(|_| at == 0) {
                output.line(&format!("  {}", advice.get(lang)))?;
            }
        }
        reuse.map_or(Ok(()), |reuse| print_reuse::tell(output, &reuse))?;
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
