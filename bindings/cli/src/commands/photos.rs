//! Photos: whether each shows what it is taken for, and how they are kept.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use ruhu_device::{Device, PictureSettings};
use ruhu_text::Explain;
use ruhu_vision::picture::decode;
use ruhu_vision::quality::{Kind, Quality, assess, told};

use crate::arguments::{PhotoKind, YesNo};
use crate::failure::Failure;
use crate::output::Output;

/// `ruhu photo settings`: how pictures are kept that are attached from now on.
pub fn settings(
    device: &Device,
    place: Option<YesNo>,
    originals: Option<YesNo>,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut settings = device.picture_settings()?;
    if place.is_some() || originals.is_some() {
        settings.place = place.map_or(settings.place, YesNo::is_yes);
        settings.originals = originals.map_or(settings.originals, YesNo::is_yes);
        device.set_picture_settings(settings)?;
    }
    output.answer(&settings, |output, PictureSettings { place, originals }| {
        let lang = output.lang();
        let yes = |is: &bool| if *is { lang.pick("是", "yes") } else { lang.pick("否", "no") };
        let lines = [
            (lang.pick("记录照片里的位置", "take over the place that a photo names"), place),
            (lang.pick("同时保留原始文件", "keep the file as it was offered too"), originals),
        ];
        lines.iter().try_for_each(|(what, is)| output.line(&format!("{what}: {}", yes(is))))
    })
}

/// `ruhu photo check`: one object a picture. A picture that cannot be read is one too.
pub fn check(files: &[PathBuf], kind: PhotoKind, output: &mut Output) -> Result<(), Failure> {
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
