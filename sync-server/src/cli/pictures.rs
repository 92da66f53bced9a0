//! `letter` and `photo`: what pictures show. But for `letter reuse` they need no server.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Subcommand;
use ruhu_sheet::boxes_file::{self, Boxes};
use ruhu_text::Explain;
use ruhu_vision::letter::check::check;
use ruhu_vision::letter::told as letter_told;
use ruhu_vision::picture::{MAX_BYTES, Picture, decode};
use ruhu_vision::quality::{self, assess};

use super::failure::CommandError;
use super::terminal::Terminal;

/// Commands about photos of letters.
#[derive(Debug, Subcommand)]
pub(super) enum Letter {
    /// 检查授权书照片 / Check photos of letters
    Check {
        /// 照片，JPEG、PNG 或 WebP / The photos, JPEG, PNG or WebP
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// 方框位置（JSON，毫米） / Where the boxes are, JSON, in millimetres
        #[arg(long, value_name = "FILE")]
        boxes: Option<PathBuf>,
    },
    /// 查找重复使用的捺印：同一枚指印的图像出现在两份授权书上 / Find one print on two letters, among the photos
    /// that phones sent
    Reuse(super::letter_reuse::Reuse),
}

/// Commands about photos.
#[derive(Debug, Subcommand)]
pub(super) enum Photo {
    /// 检查照片是否清楚、完整 / Check whether photos are sharp, light enough and whole
    Check {
        /// 照片，JPEG、PNG 或 WebP / The photos, JPEG, PNG or WebP
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// 拍的是什么 / What they show
        #[arg(long, value_enum)]
        kind: Kind,
    },
}

/// What a photo shows.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(super) enum Kind {
    /// 证件、纸张、户口簿 / A card, a paper, a booklet
    Document,
    /// 房间、房屋、院子 / A room, a house, a yard
    Room,
}

impl Letter {
    /// One object a picture; one that cannot be read is one too.
    pub(super) fn run(self, terminal: &Terminal) -> Result<(), CommandError> {
        let (files, boxes) = match self {
            Letter::Check { files, boxes } => (files, boxes),
            Letter::Reuse(reuse) => return reuse.run(terminal),
        };
        let boxes = match boxes {
            Some(file) => {
                let bytes = read(&file, boxes_file::MAX_BYTES)?;
                Some(Boxes::from_json(&bytes).map_err(CommandError::Boxes)?)
            }
            None => None,
        };
        for file in files {
            let (report, ms) = timed(|| picture(&file).map(|picture| check(&picture, boxes.as_ref())));
            let (name, checked) = (file.to_string_lossy(), report.as_ref().map_err(AsRef::as_ref));
            let object = letter_told::object(&name, checked, ms, terminal.lang);
            terminal.answer(&object, || letter_told::lines(&name, checked, ms, terminal.lang).join("\n"))?;
        }
        Ok(())
    }
}

impl Photo {
    /// One object a photo; one that cannot be read is one too.
    pub(super) fn run(self, terminal: &Terminal) -> Result<(), CommandError> {
        let Photo::Check { files, kind } = self;
        let kind = match kind {
            Kind::Document => quality::Kind::Document,
            Kind::Room => quality::Kind::Room,
        };
        for file in files {
            let (found, ms) = timed(|| picture(&file).map(|picture| assess(&picture, kind)));
            let (name, assessed) = (file.to_string_lossy(), found.as_ref().map_err(AsRef::as_ref));
            let object = quality::told::object(&name, assessed, kind, ms, terminal.lang);
            terminal.answer(&object, || quality::told::line(&name, assessed, kind, ms, terminal.lang))?;
        }
        Ok(())
    }
}

/// What `work` gives, and the milliseconds that it took.
fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let began = Instant::now();
    let done = work();
    (done, began.elapsed().as_micros() as f64 / 1000.0)
}

fn picture(file: &Path) -> Result<Picture, Box<dyn Explain>> {
    let bytes = read(file, MAX_BYTES).map_err(|error| Box::new(error) as Box<dyn Explain>)?;
    decode(&bytes).map_err(|error| Box::new(error) as Box<dyn Explain>)
}

/// A file's bytes; of one that is too large so many that it is told to be.
fn read(file: &Path, most: usize) -> Result<Vec<u8>, CommandError> {
    let failed = |error: std::io::Error| CommandError::InFile(error.kind());
    let mut bytes = Vec::new();
    File::open(file).map_err(failed)?.take(most as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}
