//! Photos: whether each shows what it is taken for.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use ruhu_text::{Bilingual, Explain, Lang};
use ruhu_vision::picture::decode;
use ruhu_vision::quality::{Kind, Quality, Verdict, assess};
use serde_json::{Value, json};

use crate::arguments::{PhotoCommand, PhotoKind};
use crate::failure::Failure;
use crate::output::Output;

/// Commands that need no device.
pub fn run(command: &PhotoCommand, output: &mut Output) -> Result<(), Failure> {
    match command {
        PhotoCommand::Check { files, kind } => check(files, *kind, output),
    }
}

/// `ruhu photo check`: one object a picture. A picture that cannot be read is one too.
fn check(files: &[PathBuf], kind: PhotoKind, output: &mut Output) -> Result<(), Failure> {
    let kind = match kind {
        PhotoKind::Document => Kind::Document,
        PhotoKind::Room => Kind::Room,
    };
    for file in files {
        let began = Instant::now();
        let quality = look(file, kind);
        let ms = began.elapsed().as_micros() as f64 / 1000.0;
        match output.json() {
            true => output.value(&object(file, &quality, kind, ms, output.lang()))?,
            false => print(file, &quality, kind, ms, output)?,
        }
    }
    Ok(())
}

fn look(file: &Path, kind: Kind) -> Result<Quality, Box<dyn Explain>> {
    let bytes = fs::read(file).map_err(|error| Box::new(Failure::Read(error.kind())) as Box<dyn Explain>)?;
    let picture = decode(&bytes).map_err(|error| Box::new(error) as Box<dyn Explain>)?;
    Ok(assess(&picture, kind))
}

fn object(
    file: &Path,
    quality: &Result<Quality, Box<dyn Explain>>,
    kind: Kind,
    ms: f64,
    lang: Lang,
) -> Value {
    let name = file.to_string_lossy();
    match quality {
        Ok(quality) => json!({
            "file": name,
            "verdict": quality.verdict,
            "advice": quality.verdict.advice(kind).map(|advice| advice.get(lang).to_owned()),
            "facts": quality.facts,
            "ms": ms,
        }),
        Err(error) => json!({
            "file": name, "verdict": Verdict::Unsure, "reason": error.code(),
            "advice": error.message(lang), "facts": null, "ms": ms,
        }),
    }
}

fn print(
    file: &Path,
    quality: &Result<Quality, Box<dyn Explain>>,
    kind: Kind,
    ms: f64,
    output: &mut Output,
) -> Result<(), Failure> {
    let lang = output.lang();
    let said = match quality {
        Ok(quality) => match quality.verdict.advice(kind) {
            Some(advice) => advice.get(lang).to_owned(),
            None => Bilingual::new("照片清楚。", "The photo is good.").get(lang).to_owned(),
        },
        Err(error) => error.message(lang),
    };
    output.line(&format!("{}: {said} ({ms:.0} ms)", file.display()))
}
