//! `ruhu letter reuse FILE...`: files that show the same impression. No device is needed. On standard output a program
//! reads pairs and nothing else; what was not compared stands on standard error.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::path::PathBuf;

use ruhu_device::{NotCompared, Packed, Uncompared};
use ruhu_text::Lang;
use ruhu_vision::cores::{cores, on_all_cores};
use ruhu_vision::letter::prints::impressions;
use ruhu_vision::letter::search::copies;
use serde::Serialize;
use serde_json::json;

use crate::commands::picture_files::read;
use crate::commands::print_reuse::{comparing, left, not_compared};
use crate::failure::Failure;
use crate::output::{Output, Ticker};

/// A file that could not be read.
#[derive(Serialize)]
struct Unread {
    file: String,
    reason: &'static str,
    message: String,
}

/// What was seen in the files, and what is the same in them.
#[derive(Default)]
struct Found {
    /// The impressions, each with the place of its file, packed until it is compared.
    prints: Vec<(usize, Option<Packed>)>,
    /// Why files were not compared.
    left_out: Vec<Uncompared>,
    /// Those of them that cannot be read.
    unread: Vec<Unread>,
    /// The pairs of files that show one impression, with the highest score.
    pairs: BTreeMap<(usize, usize), f32>,
    /// Pairs of impressions that were left.
    left: u64,
    /// Impressions that could not be packed, or read again.
    lost: BTreeSet<usize>,
}

/// One line a pair of files, and what was compared and what was not.
pub fn run(files: &[PathBuf], output: &mut Output) -> Result<(), Failure> {
    let mut found = Found::default();
    {
        let mut ticker = Ticker::new(output);
        found.look(files, output.lang(), &mut ticker);
        found.compare(&mut ticker);
    }
    let name = |at: usize| files.get(at).map(|file| file.to_string_lossy()).unwrap_or_default();
    for ((a, b), score) in &found.pairs {
        let (a, b) = (name(*a), name(*b));
        let score = (f64::from(*score) * 1000.0).round() / 1000.0;
        match output.json() {
            true => output.value(&json!({ "a": a, "b": b, "score": score }))?,
            false => output.line(&match output.lang() {
                Lang::Zh => format!("{a} 与 {b} 是同一枚捺印（{score}）"),
                Lang::En => format!("{a} and {b} show the same impression ({score})"),
            })?,
        }
    }
    summary(&found, output)
}

impl Found {
    /// Looks at the files, as many at once as there are cores.
    fn look(&mut self, files: &[PathBuf], lang: Lang, ticker: &mut Ticker<'_>) {
        let open: Vec<(usize, &PathBuf)> = files.iter().enumerate().collect();
        for (number, some) in open.chunks(cores()).enumerate() {
            let (done, of) = (number * cores(), files.len());
            ticker.tell(|| {
                (format!("看照片：{done} / {of} 张"), format!("Looking at pictures: {done} of {of}"))
            });
            let looked = on_all_cores(some, |(at, file)| match read(file) {
                Ok(picture) => Ok(impressions(&picture).iter().map(|one| (*at, Packed::of(one))).collect()),
                Err(error) => {
                    let error = error.explained();
                    let (reason, message) = (error.code(), error.message(lang));
                    Err(Unread { file: file.to_string_lossy().into_owned(), reason, message })
                }
            });
            looked.into_iter().for_each(|looked| self.take(looked));
        }
    }

    fn take(&mut self, looked: Result<Vec<(usize, Option<Packed>)>, Unread>) {
        match looked {
            Ok(prints) if prints.is_empty() => self.left_out.push(Uncompared::NoPrint),
            Ok(prints) => self.prints.extend(prints),
            Err(unread) => {
                self.left_out.push(Uncompared::Unreadable);
                self.unread.push(unread);
            }
        }
    }

    fn compare(&mut self, ticker: &mut Ticker<'_>) {
        let prints = &self.prints;
        let file = |at: usize| prints.get(at).map(|(file, _)| *file);
        let read = |at: usize| {
            let packed = prints.get(at).and_then(|(_, packed)| packed.as_ref());
            Ok::<_, Infallible>(packed.and_then(Packed::impression))
        };
        let Ok(found) = copies(prints.len(), |a, b| file(a) == file(b), read, &mut |done, of| {
            ticker.tell(|| comparing(done, of));
            true
        });
        for (a, b, score) in found.pairs {
            let Some(files) = file(a).zip(file(b)) else { continue };
            let best = self.pairs.entry(files).or_default();
            *best = best.max(score);
        }
        self.left = found.left;
        self.lost = found.unread.into_iter().collect();
        let lost: BTreeSet<usize> = self.lost.iter().filter_map(|at| file(*at)).collect();
        self.left_out.extend(lost.iter().map(|_| Uncompared::Unreadable));
    }
}

fn summary(found: &Found, output: &mut Output) -> Result<(), Failure> {
    let compared = found.prints.iter().enumerate().filter(|(at, _)| !found.lost.contains(at));
    let compared: Vec<usize> = compared.map(|(_, (file, _))| *file).collect();
    let (files, prints) = (compared.iter().collect::<BTreeSet<_>>().len(), compared.len());
    let (pairs, left_out) = (found.pairs.len(), NotCompared::count(found.left_out.iter().copied()));
    if output.json() {
        let summary = json!({ "summary": {
            "files": files, "prints": prints, "pairs": pairs, "left": found.left,
            "not_compared": left_out, "unread": found.unread,
        } });
        output.progress(&summary.to_string());
        return Ok(());
    }
    if pairs == 0 {
        output.line(output.pick("没有发现重复使用的捺印。", "No impression is used twice."))?;
    }
    output.line(&match output.lang() {
        Lang::Zh => format!("比对了 {files} 个文件中的 {prints} 枚捺印，相同的 {pairs} 对"),
        Lang::En => format!("Compared {prints} prints in {files} files: {pairs} pairs"),
    })?;
    left(output, found.left)?;
    not_compared(output, &left_out)?;
    found.unread.iter().try_for_each(|one| output.line(&format!("  {}: {}", one.file, one.message)))
}
