//! Photos of authorisation letters: what each shows.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use ruhu_device::{Device, Standing};
use ruhu_sheet::boxes_file::Boxes;
use ruhu_vision::letter::check::check as check_picture;
use ruhu_vision::letter::told;
use serde_json::json;

use crate::arguments::LetterPhotoCommand;
use crate::commands::picture_files::{Unreadable, read};
use crate::commands::{files_reuse, print_reuse};
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
        LetterPhotoCommand::Reuse { files, .. } => files_reuse::run(files, output),
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
