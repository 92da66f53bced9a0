//! Photos: whether each shows what it is taken for.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use ruhu_text::Explain;
use ruhu_vision::picture::decode;
use ruhu_vision::quality::{Kind, Quality, assess, told};

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
        let (name, lang) = (file.to_string_lossy(), output.lang());
        let assessed = quality.as_ref().map_err(AsRef::as_ref);
        match output.json() {
            true => output.value(&told::object(&name, assessed, kind, ms, lang))?,
            false => output.line(&told::line(&name, assessed, kind, ms, lang))?,
        }
    }
    Ok(())
}

fn look(file: &Path, kind: Kind) -> Result<Quality, Box<dyn Explain>> {
    let bytes = fs::read(file).map_err(|error| Box::new(Failure::Read(error.kind())) as Box<dyn Explain>)?;
    let picture = decode(&bytes).map_err(|error| Box::new(error) as Box<dyn Explain>)?;
    Ok(assess(&picture, kind))
}
