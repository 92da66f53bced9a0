//! Photos: into the store and out of it.

use std::io::{self, Write};
use std::path::Path;

use ruhu_device::signature::SignatureFacts;
use ruhu_device::{CopyWishes, Device, EvidenceView, LetterPhoto};
use ruhu_text::{Explain, Lang};
use serde_json::json;

use crate::arguments::FileArguments;
use crate::clock;
use crate::commands::{link, print_reuse};
use crate::failure::Failure;
use crate::fonts::with_fonts;
use crate::output::Output;
use crate::words;

/// `ruhu attach`.
pub fn attach(
    device: &Device,
    case: &str,
    file: &Path,
    kind: &str,
    output: &mut Output,
) -> Result<(), Failure> {
    output.answer(&device.attach(case, file, kind)?, |output, evidence| {
        let none = output.pick("未记录", "not recorded");
        let taken = evidence.taken_at.as_deref().unwrap_or(none);
        let place = evidence.place.as_deref().unwrap_or(none);
        let size = words::bytes(evidence.size);
        let line = match (output.lang(), &evidence.signature) {
            (Lang::Zh, None) => format!("已附上照片（{size}；拍摄时间 {taken}；位置 {place}）"),
            (Lang::En, None) => format!("Attached ({size}; taken {taken}; place {place})"),
            (lang, Some(facts)) => {
                format!("{}: {}", lang.pick("已附上签名", "Attached a signature"), strokes(lang, facts))
            }
        };
        output.line(&line)?;
        output.line(&format!("SHA-256 {}", evidence.sha256))?;
        tell(output, evidence)
    })
}

/// What somebody should know of a picture that was taken: what is wrong with it, what a letter shows, and where
/// the picture stood before.
pub fn tell(output: &mut Output, evidence: &EvidenceView) -> Result<(), Failure> {
    let lang = output.lang();
    if let Some(letter) = &evidence.letter {
        print_letter(output, letter)?;
    }
    if let Some(reuse) = &evidence.reuse {
        print_reuse::tell(output, reuse)?;
    }
    let advice = evidence.quality.as_ref().and_then(|quality| quality.advice.as_ref());
    advice.map_or(Ok(()), |advice| output.line(&format!("! {}", advice.get(lang))))?;
    for seen in &evidence.seen {
        let at = seen.attached_at_ms.map(clock::local).unwrap_or_default();
        output.line(format!("! {} {at}", seen.warning.get(lang)).trim_end())?;
    }
    Ok(())
}

/// What is said of a signature.
fn strokes(lang: Lang, facts: &SignatureFacts) -> String {
    let SignatureFacts { strokes, duration_ms, .. } = facts;
    let seconds = f64::from(*duration_ms) / 1000.0;
    match lang {
        Lang::Zh => format!("{strokes} 笔，{seconds:.1} 秒"),
        Lang::En => format!("{strokes} strokes in {seconds:.1} s"),
    }
}

/// What the photo of a letter shows, and what to do.
fn print_letter(output: &mut Output, letter: &LetterPhoto) -> Result<(), Failure> {
    let lang = output.lang();
    letter.advice.iter().try_for_each(|advice| output.line(&format!("  {}", advice.get(lang))))?;
    for one in &letter.grantors {
        let name = one.name.as_deref().unwrap_or_default();
        output.line(&format!("  {} {name}: {}", one.grantor, one.said.get(lang)))?;
    }
    Ok(())
}

/// `ruhu file`. A photo that is not on this device is fetched. The file appears whole or not at all, and never in the place of another.
/// With `thumbnail` a small picture of it is written, with `straightened` or `stamped` a copy.
pub fn file(device: &Device, arguments: &FileArguments, output: &mut Output) -> Result<(), Failure> {
    let out = &arguments.out;
    if out.exists() {
        return Err(Failure::Exists);
    }
    let sha256 = &device.file_name(&arguments.sha256)?;
    let stamped = arguments.stamped.then(|| output.lang());
    let wishes = CopyWishes { straightened: arguments.straightened, stamped };
    let read = || -> Result<Vec<u8>, Failure> {
        match arguments.thumbnail {
            true => Ok(device.thumbnail(sha256)?),
            false if wishes == CopyWishes::default() => Ok(device.file(sha256)?),
            false => with_fonts(arguments.fonts.as_deref(), |fonts| {
                device.file_copy(&arguments.sha256, wishes, fonts)
            }),
        }
    };
    let bytes = match read() {
        // Not here any more, or not yet: the server may have it.
        Err(Failure::Device(error))
            if ["not_found", "damaged"].contains(&error.code()) && device.status()?.enrolled =>
        {
            link::fetch_file(device, sha256, output)?;
            read()?
        }
        other => other?,
    };
    write_new(out, &bytes)?;
    let is_copy = wishes != CopyWishes::default();
    let written = match is_copy {
        true => json!({ "copy_of": sha256.to_lowercase(), "size": bytes.len() }),
        false => json!({ "sha256": sha256.to_lowercase(), "size": bytes.len() }),
    };
    output.answer(&written, |output, _| {
        let size = words::bytes(bytes.len() as u64);
        output.line(&format!("{} {size}", output.pick("已写出", "Written:")))
    })
}

/// `ruhu give-up`.
pub fn give_up(device: &Device, case: &str, output: &mut Output) -> Result<(), Failure> {
    let count = device.give_up_lost_photos(case)?;
    output.answer(&json!({ "given_up": count }), |output, _| {
        output.line(&match output.lang() {
            Lang::Zh => format!("{count} 个丢失的照片不再提示"),
            Lang::En => format!("{count} lost photos are told no longer"),
        })
    })
}

/// Writes a new file, whole and on the disk when this returns; one that exists is left alone.
pub fn write_new(out: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => Failure::Exists,
        kind => Failure::Write(kind),
    };
    let folder = match out.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut fresh = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    fresh.write_all(bytes).map_err(failed)?;
    fresh.as_file().sync_all().map_err(failed)?;
    fresh.persist_noclobber(out).map_err(|error| failed(error.error))?;
    Ok(())
}
