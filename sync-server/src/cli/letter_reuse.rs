//! `letter reuse`: one print on two letters, among the photos that phones sent. Pictures of prints are made for
//! this one answer and kept nowhere.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::io::Read;
use std::thread;

use ruhu_case::DocId;
use ruhu_letter::{
    NotCompared, Packed, PrintPair, PrintPhoto, PrintPlace, Uncompared, is_one_box, paper, print_photos,
};
use ruhu_national::DivisionScope;
use ruhu_vision::cores::cores;
use ruhu_vision::letter::boxed_prints::{LetterPrints, letter_prints};
use ruhu_vision::letter::search::{Copies, MOST_LAID_OVER, copies};
use ruhu_vision::picture::{MAX_BYTES, decode};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::DataFolder;
use super::failure::CommandError;
use super::terminal::{Teller, Terminal};
use crate::hub::{Hub, StoredFile};

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
    /// None where the household says what is none.
    sha256: Option<[u8; 32]>,
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
    packed: Option<Packed>,
}

/// What was made of the photos.
#[derive(Default)]
struct Looked {
    prints: Vec<Print>,
    left_out: Vec<(Uncompared, LeftOut)>,
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
        let Looked { prints, mut left_out } = look(&mut hub, &named, terminal)?;
        let found = search(&named, &prints, terminal)?;
        let place = |at: usize| {
            let print = prints.get(at)?;
            named.get(print.photo).map(|named| named.place(&print.grantor))
        };
        for (a, b, score) in &found.pairs {
            let Some((a, b)) = place(*a).zip(place(*b)) else { continue };
            let pair = PrintPair::new(a, b, *score);
            terminal.answer(&pair, || line(&pair, terminal))?;
        }
        let unread: BTreeSet<usize> = found.unread.iter().copied().collect();
        let photo = |at: &usize| prints.get(*at).map(|print| print.photo);
        let lost: BTreeSet<usize> = unread.iter().filter_map(photo).collect();
        let lost = lost.into_iter().filter_map(|at| named.get(at));
        left_out.extend(lost.map(|one| one.left_out(Uncompared::Unreadable)));
        let compared: Vec<usize> = (0..prints.len()).filter(|at| !unread.contains(at)).collect();
        let photos = compared.iter().filter_map(photo).collect::<BTreeSet<_>>().len();
        summary(terminal, (photos, compared.len()), &found, &left_out)
    }
}

/// Looks for copies among the prints, by the rules of the phones.
fn search(named: &[Named], prints: &[Print], terminal: &Terminal) -> Result<Copies, CommandError> {
    let one_box = |a: usize, b: usize| {
        let place = |at: usize| {
            let print = prints.get(at)?;
            let doc = &named.get(print.photo)?.doc;
            Some((doc, print.paper.as_str(), print.grantor.as_str()))
        };
        place(a).zip(place(b)).is_some_and(|(one, other)| is_one_box(one, other))
    };
    let read = |at: usize| {
        let packed = prints.get(at).and_then(|print| print.packed.as_ref());
        Ok::<_, Infallible>(packed.and_then(Packed::impression))
    };
    let mut teller = Teller::new(terminal);
    let Ok(found) = copies(prints.len(), one_box, read, &mut |done, of| {
        teller.tell(|| (format!("比对捺印：{done} / {of} 枚"), format!("Comparing prints: {done} of {of}")));
        true
    });
    Ok(found)
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
            named.push(Named { doc, sha256: digits.and_then(|digits| digits.try_into().ok()), photo });
        }
    })?;
    Ok(named)
}

/// Looks at the photos, as many at once as there are cores.
fn look(hub: &mut Hub, named: &[Named], terminal: &Terminal) -> Result<Looked, CommandError> {
    let mut all = Looked::default();
    let mut teller = Teller::new(terminal);
    let open: Vec<(usize, &Named)> = named.iter().enumerate().collect();
    let mut done = 0;
    for together in open.chunks(cores()) {
        teller.tell(|| {
            let of = open.len();
            (
                format!("看授权书照片：{done} / {of} 张"),
                format!("Looking at photos of letters: {done} of {of}"),
            )
        });
        let mut files = Vec::new();
        for &(at, one) in together {
            match one.photo.keeps_any() {
                true => files.push((at, one, stored(hub, one, terminal)?)),
                false => all.left_out.push(one.left_out(Uncompared::Withdrawn)),
            }
        }
        for (at, one, looked) in on_threads(files) {
            all.take(at, one, looked);
        }
        done += together.len();
    }
    Ok(all)
}

fn stored(hub: &mut Hub, one: &Named, terminal: &Terminal) -> Result<Option<StoredFile>, CommandError> {
    let file = one.sha256.map(|sha256| hub.stored_file(&sha256, terminal.now_ms()));
    Ok(file.transpose()?.flatten())
}

/// A photo by its place, and what is seen on it.
type Seen<'a> = (usize, &'a Named, Result<LetterPrints, Uncompared>);

/// Looks at each of some photos on a thread of its own.
fn on_threads(files: Vec<(usize, &Named, Option<StoredFile>)>) -> Vec<Seen<'_>> {
    thread::scope(|scope| {
        let looks = files.into_iter().map(|(at, one, file)| {
            let look = move || file.ok_or(Uncompared::NotHere).and_then(|file| read(&file, one));
            (at, one, scope.spawn(look))
        });
        let looks: Vec<_> = looks.collect();
        // A picture that makes a reader stumble is one that cannot be read.
        let ended = |look: thread::ScopedJoinHandle<'_, Result<LetterPrints, Uncompared>>| {
            look.join().unwrap_or(Err(Uncompared::Unreadable))
        };
        looks.into_iter().map(|(at, one, look)| (at, one, ended(look))).collect()
    })
}

impl Looked {
    /// Takes what was seen on a photo.
    fn take(&mut self, at: usize, one: &Named, looked: Result<LetterPrints, Uncompared>) {
        let (payload, found) = match looked {
            Ok(LetterPrints { payload, prints }) if !prints.is_empty() => (payload, prints),
            Ok(_) => return self.left_out.push(one.left_out(Uncompared::NoPrint)),
            Err(reason) => return self.left_out.push(one.left_out(reason)),
        };
        let of_box = found.into_iter().map(|print| (print.grantor.unwrap_or_default(), print.impression));
        let kept: Vec<_> = of_box.filter(|(grantor, _)| one.photo.keeps(grantor)).collect();
        if kept.is_empty() {
            self.left_out.push(one.left_out(Uncompared::Withdrawn));
        }
        self.prints.extend(kept.into_iter().map(|(grantor, impression)| Print {
            photo: at,
            grantor,
            paper: paper(payload.as_ref()),
            packed: Packed::of(&impression),
        }));
    }
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
    (photos, prints): (usize, usize),
    found: &Copies,
    left_out: &[(Uncompared, LeftOut)],
) -> Result<(), CommandError> {
    let not_compared = NotCompared::count(left_out.iter().map(|(reason, _)| *reason));
    // Which, where somebody can do something about it.
    let named = |reason: &Uncompared| matches!(reason, Uncompared::Unreadable | Uncompared::NotHere);
    let named: Vec<&LeftOut> =
        left_out.iter().filter(|(reason, _)| named(reason)).map(|(_, left_out)| left_out).collect();
    let (pairs, left) = (found.pairs.len(), found.left);
    let value = json!({ "summary": {
        "photos": photos, "prints": prints, "pairs": pairs, "left": left,
        "not_compared": not_compared, "unread": named,
    } });
    terminal.answer(&value, || {
        let mut lines = vec![terminal.pick(
            format!("比对了{photos}张照片上的{prints}枚捺印，相同的{pairs}对。"),
            format!("Compared {prints} prints on {photos} photos: {pairs} pairs."),
        )];
        if left > 0 {
            lines.push(terminal.pick(
                format!("另有{left}对相近的没有逐点比对：每枚捺印只与它之前最相近的{MOST_LAID_OVER}枚比对。"),
                format!("{left} more pairs look alike and were not laid over each other: each print was with the {MOST_LAID_OVER} before it that are most alike."),
            ));
        }
        lines.extend(not_compared.iter().map(|one| {
            let (count, said) = (one.photos, one.message.get(terminal.lang));
            terminal.pick(format!("没有比对{count}张：{said}"), format!("Not compared, {count}: {said}"))
        }));
        lines.extend(named.iter().map(|one| format!("  {} {} {}", one.reason, one.case, one.file)));
        lines.join("\n")
    })
}
