//! `letter reuse`: one print on two letters, among the photos that phones sent. Pictures of prints are made for
//! this one answer and kept nowhere.

use std::collections::BTreeSet;
use std::io::Read;
use std::thread;

use ruhu_case::DocId;
use ruhu_letter::{
    NotCompared, PrintPair, PrintPhoto, PrintPlace, Uncompared, is_one_box, paper, print_photos,
};
use ruhu_national::DivisionScope;
use ruhu_vision::letter::boxed_prints::{LetterPrints, letter_prints};
use ruhu_vision::letter::copies::{IMPRESSION_BYTES, Outline, pairs};
use ruhu_vision::letter::impression::Impression;
use ruhu_vision::picture::{MAX_BYTES, decode};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::DataFolder;
use super::failure::CommandError;
use super::terminal::Terminal;
use crate::hub::{Hub, StoredFile};

/// How quickly pictures of prints are packed that wait to be compared.
const LEVEL: i32 = 1;

/// Arguments of `letter reuse`.
#[derive(Debug, clap::Args)]
pub(super) struct Reuse {
    #[command(flatten)]
    folder: DataFolder,
    /// 只看这个区划（6、9 或 12 位代码）；不给则看全部 / Only this division, by its code of 6, 9 or 12 digits;
    /// without it all of them
    #[arg(long, value_name = "CODE")]
    division: Option<String>,
}

/// A photo that a household names.
struct Named {
    doc: DocId,
    sha256: [u8; 32],
    photo: PrintPhoto,
}

/// A photo that was not compared.
#[derive(Debug, Serialize)]
struct LeftOut {
    file: String,
    case: String,
    evidence: String,
    reason: &'static str,
}

/// A print, packed until it is compared.
struct Print {
    /// Which of the photos it is on.
    photo: usize,
    grantor: String,
    paper: String,
    packed: Vec<u8>,
}

impl Reuse {
    /// One line a pair, then what was compared and what was not.
    pub(super) fn run(self, terminal: &Terminal) -> Result<(), CommandError> {
        let division = match &self.division {
            Some(code) => DivisionScope::parse(code).map_err(|_| CommandError::Scope)?.as_str().to_owned(),
            None => String::new(),
        };
        let mut hub = self.folder.open(terminal)?;
        let named = named(&hub, &division)?;
        let (prints, outlines, left_out) = look(&mut hub, &named, terminal)?;
        let one_box = |a: usize, b: usize| {
            let place = |at: usize| {
                let print = prints.get(at)?;
                let doc = &named.get(print.photo)?.doc;
                Some((doc, print.paper.as_str(), print.grantor.as_str()))
            };
            place(a).zip(place(b)).is_some_and(|(one, other)| is_one_box(one, other))
        };
        let read = |at: usize| Ok::<_, CommandError>(prints.get(at).and_then(unpacked));
        let place = |at: usize| {
            let print = prints.get(at)?;
            named.get(print.photo).map(|named| named.place(&print.grantor))
        };
        let mut found = 0;
        for (a, b, score) in pairs(&outlines, one_box, read)? {
            let Some((a, b)) = place(a).zip(place(b)) else { continue };
            let pair = PrintPair::new(a, b, score);
            terminal.answer(&pair, || line(&pair, terminal))?;
            found += 1;
        }
        let photos = prints.iter().map(|print| print.photo).collect::<BTreeSet<_>>().len();
        summary(terminal, (photos, prints.len(), found), &left_out)
    }
}

impl Named {
    fn place(&self, grantor: &str) -> PrintPlace {
        PrintPlace {
            case: self.doc.to_string(),
            household: String::new(),
            evidence: self.photo.evidence.clone(),
            sha256: self.photo.sha256.clone(),
            version: self.photo.version.clone(),
            grantor: Some(grantor.to_owned()).filter(|grantor| !grantor.is_empty()),
            name: None,
            attached_at_ms: self.photo.attached_at_ms,
        }
    }

    fn left_out(&self, reason: Uncompared) -> (Uncompared, LeftOut) {
        let left_out = LeftOut {
            file: self.photo.sha256.clone(),
            case: self.doc.to_string(),
            evidence: self.photo.evidence.clone(),
            reason: reason.code(),
        };
        (reason, left_out)
    }
}

/// The photos on which prints are compared, of the households of a division.
fn named(hub: &Hub, division: &str) -> Result<Vec<Named>, CommandError> {
    let mut named = Vec::new();
    hub.households(division, &mut |doc, document| {
        for photo in print_photos(document, &document.household()) {
            let digits = data_encoding::HEXLOWER_PERMISSIVE.decode(photo.sha256.as_bytes()).ok();
            if let Some(sha256) = digits.and_then(|digits| digits.try_into().ok()) {
                named.push(Named { doc, sha256, photo });
            }
        }
    })?;
    Ok(named)
}

/// Prints, their outlines in the same order, and what was not compared.
type Looked = (Vec<Print>, Vec<Outline>, Vec<(Uncompared, LeftOut)>);

/// Looks at the photos, as many at once as there are cores.
fn look(hub: &mut Hub, named: &[Named], terminal: &Terminal) -> Result<Looked, CommandError> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let (mut prints, mut outlines, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    let open: Vec<usize> = (0..named.len()).collect();
    for together in open.chunks(cores) {
        let mut files = Vec::new();
        for &at in together {
            let Some(one) = named.get(at) else { continue };
            match one.photo.keeps_any() {
                true => files.push((at, one, hub.stored_file(&one.sha256, terminal.now_ms())?)),
                false => left_out.push(one.left_out(Uncompared::Withdrawn)),
            }
        }
        let looked: Vec<_> = thread::scope(|scope| {
            let looks = files.into_iter().map(|(at, one, file)| {
                (
                    at,
                    one,
                    scope.spawn(move || file.ok_or(Uncompared::NotHere).and_then(|file| read(&file, one))),
                )
            });
            let looks: Vec<_> = looks.collect();
            // A picture that makes a reader stumble is one that cannot be read.
            let ended = |look: thread::ScopedJoinHandle<'_, Result<LetterPrints, Uncompared>>| {
                look.join().unwrap_or(Err(Uncompared::Unreadable))
            };
            looks.into_iter().map(|(at, one, look)| (at, one, ended(look))).collect()
        });
        for (at, one, looked) in looked {
            match looked {
                Err(reason) => left_out.push(one.left_out(reason)),
                Ok(found) if found.prints.is_empty() => left_out.push(one.left_out(Uncompared::NoPrint)),
                Ok(LetterPrints { payload, prints: found }) => {
                    for print in found {
                        let grantor = print.grantor.unwrap_or_default();
                        if !one.photo.keeps(&grantor) {
                            continue;
                        }
                        let packed = zstd::bulk::compress(&print.impression.to_bytes(), LEVEL);
                        let Ok(packed) = packed else { continue };
                        outlines.push(Outline::of(&print.impression));
                        prints.push(Print { photo: at, grantor, paper: paper(payload.as_ref()), packed });
                    }
                }
            }
        }
    }
    Ok((prints, outlines, left_out))
}

fn read(file: &StoredFile, one: &Named) -> Result<LetterPrints, Uncompared> {
    let mut bytes = Vec::new();
    let content = file.content().map_err(|_| Uncompared::Unreadable)?;
    content.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|_| Uncompared::Unreadable)?;
    if Sha256::digest(&bytes)[..] != file.sha256 {
        return Err(Uncompared::Unreadable);
    }
    let picture = decode(&bytes).map_err(|_| Uncompared::Unreadable)?;
    Ok(letter_prints(&picture, |grantor| one.photo.finger(grantor)))
}

fn unpacked(print: &Print) -> Option<Impression> {
    let bytes = zstd::bulk::decompress(&print.packed, IMPRESSION_BYTES).ok()?;
    Impression::from_bytes(&bytes).ok()
}

fn line(pair: &PrintPair, terminal: &Terminal) -> String {
    let place = |place: &PrintPlace| {
        let grantor = place.grantor.as_deref().unwrap_or("-");
        format!("{} {} {grantor}", place.case, place.sha256)
    };
    let (a, b) = (place(&pair.a_place), place(&pair.b_place));
    terminal.pick(
        format!("{a}\n  与 {b} 是同一枚印痕的图像（{}）", pair.score),
        format!("{a}\n  and {b} show the same impression ({})", pair.score),
    )
}

fn summary(
    terminal: &Terminal,
    (photos, prints, pairs): (usize, usize, usize),
    left_out: &[(Uncompared, LeftOut)],
) -> Result<(), CommandError> {
    let not_compared = NotCompared::count(left_out.iter().map(|(reason, _)| *reason));
    // Which, where somebody can do something about it.
    let named = |reason: &Uncompared| matches!(reason, Uncompared::Unreadable | Uncompared::NotHere);
    let named: Vec<&LeftOut> =
        left_out.iter().filter(|(reason, _)| named(reason)).map(|(_, left_out)| left_out).collect();
    let value = json!({ "summary": {
        "photos": photos, "prints": prints, "pairs": pairs, "not_compared": not_compared, "unread": named,
    } });
    terminal.answer(&value, || {
        let mut lines = vec![terminal.pick(
            format!("比对了{photos}张照片上的{prints}枚捺印，相同的{pairs}对。"),
            format!("Compared {prints} prints on {photos} photos: {pairs} pairs."),
        )];
        lines.extend(not_compared.iter().map(|one| {
            let (count, said) = (one.photos, one.message.get(terminal.lang));
            terminal.pick(format!("没有比对{count}张：{said}"), format!("Not compared, {count}: {said}"))
        }));
        lines.extend(named.iter().map(|one| format!("  {} {} {}", one.reason, one.case, one.file)));
        lines.join("\n")
    })
}
