//! Where the same print stands among the photos that a device holds.

use std::collections::{BTreeMap, BTreeSet};

use ruhu_case::DocId;
use ruhu_letter::{
    BoxOfPaper, HeldReuse, NotCompared, PrintPair, PrintPlace, PrintReuse, ReusedPrint, Uncompared,
    is_one_box, paper,
};
use ruhu_store::{Impressions, PrintRow, Store, StoreError};
use ruhu_vision::letter::boxed_prints::LetterPrints;
use ruhu_vision::letter::copies::{Outline, same};
use ruhu_vision::letter::impression::Impression;
use ruhu_vision::letter::search::{Copies, Follow, copies};

use crate::names::household_name;
use crate::prints::{Listed, NO_PRINT, PRINTS, UNREADABLE, is_here, settle};

/// Says of a division's code, 12 digits, whether the device's user may see households there.
pub type MaySee<'a> = &'a dyn Fn(&str) -> bool;

/// The most pairs of impressions that are laid over each other for one photo: of many that are held with outlines
/// like its own, the nearest. A copy's outline is nearer than nearly all others', so that it is among them.
pub const LAID_OVER: usize = 100;

/// Prints were found, and all are of grantors who took back what they authorised.
const NONE_KEPT: &str = "none_kept";

/// The prints of a photo that somebody asks about.
#[derive(Clone, Copy)]
pub struct Sought<'a> {
    /// The household that it belongs to.
    pub doc: DocId,
    /// Its entry, when it has one: a photo is not compared with itself.
    pub evidence: Option<&'a str>,
    /// What the photo shows.
    pub prints: &'a LetterPrints,
    /// Names of the letter's grantors in the order of the boxes, where they are known.
    pub names: &'a [String],
}

impl Sought<'_> {
    fn is(&self, doc: &DocId, evidence: &str) -> bool {
        self.evidence == Some(evidence) && self.doc == *doc
    }
}

/// Where a print stands: in a photo that is held, or in that which somebody asks about.
#[derive(Debug, PartialEq)]
enum At {
    Held(DocId, String, String),
    Sought(usize),
}

/// What came of looking for prints among those that are held.
struct Found {
    /// The prints that are the same as one that is sought: its number, where, how alike.
    same: Vec<(usize, At, f32)>,
    /// With how many that are held each was compared.
    compared: usize,
    /// Those beyond [`LAID_OVER`].
    left: usize,
}

/// Photos by household and entry.
type Photos = BTreeMap<(DocId, String), Listed>;

fn place_of(row: &PrintRow) -> BoxOfPaper<'_> {
    (&row.doc, &row.paper, &row.grantor)
}

/// Compares the prints of a photo with those that are held of other entries, and with each other. Of those that
/// are held the nearest [`LAID_OVER`] are laid over the photo's; how many are left is told.
///
/// # Errors
/// `damaged`, `disk_full` or `store`.
pub fn reuse(store: &Store, sought: Sought<'_>, may_see: MaySee<'_>) -> Result<PrintReuse, StoreError> {
    settle(store)?;
    let mut listed = Listed::all(store)?;
    listed.retain(|(doc, evidence), _| !sought.is(doc, evidence));
    let (found, not_compared) = store.impressions(|held| Ok((found(held, sought)?, held.looked_at()?)))?;
    let places = Places { store, listed: &listed, may_see };
    let (mut reused, mut not_shown) = (Vec::new(), 0);
    for (number, at, score) in found.same {
        match places.of(&at, sought)? {
            Some(earlier) => reused.push(ReusedPrint::new(&places.sought(number, sought)?, earlier, score)),
            None => not_shown += 1,
        }
    }
    let prints = count(sought.prints.prints.len());
    let mut reuse = PrintReuse::new(prints, count(found.compared), reused, not_shown);
    reuse.left = count(found.left);
    let outcomes = not_compared.into_iter().map(|looked| ((looked.doc, looked.evidence), looked.outcome));
    reuse.not_compared = NotCompared::count(places.left_out(&outcomes.collect())?);
    Ok(reuse)
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn found(held: &Impressions<'_>, sought: Sought<'_>) -> Result<Found, StoreError> {
    let prints = &sought.prints.prints;
    let outlines: Vec<Outline> = prints.iter().map(|print| Outline::of(&print.impression)).collect();
    let mut rows = held.prints()?;
    rows.retain(|row| !sought.is(&row.doc, &row.evidence));
    let mut near = nearest_first(&rows, &outlines, sought);
    let beyond = near.split_off(near.len().min(LAID_OVER));
    let left: BTreeSet<usize> = beyond.into_iter().map(|pair| pair.row).collect();
    let mut same_ones = Vec::new();
    for Near { number, row, .. } in near {
        let (Some(print), Some(row)) = (prints.get(number), rows.get(row)) else { continue };
        let score = impression(held, row.id)?.and_then(|one| same(&one, &print.impression));
        let at = || At::Held(row.doc, row.evidence.clone(), row.grantor.clone());
        same_ones.extend(score.map(|score| (number, at(), score)));
    }
    let own = |number: usize| Ok::<_, StoreError>(prints.get(number).map(|print| print.impression.clone()));
    let within = copies(prints.len(), |_, _| false, own, &mut |_, _| true)?.pairs.into_iter();
    same_ones.extend(within.map(|(one, other, score)| (other, At::Sought(one), score)));
    Ok(Found { same: same_ones, compared: rows.len() - left.len(), left: left.len() })
}

/// A print that is sought, by its number, and one that is held, by its place among the rows, which may be one.
struct Near {
    number: usize,
    row: usize,
    apart: f32,
}

/// The nearest of each print first, then the second of each: none is crowded out by what is like another.
fn nearest_first(rows: &[PrintRow], outlines: &[Outline], sought: Sought<'_>) -> Vec<Near> {
    let LetterPrints { payload, prints } = sought.prints;
    let paper = paper(payload.as_ref());
    let mut of_each: Vec<Vec<Near>> = outlines.iter().map(|_| Vec::new()).collect();
    for (row, held) in rows.iter().enumerate() {
        let Ok(other) = Outline::from_bytes(&held.outline) else { continue };
        for (number, (print, outline)) in prints.iter().zip(outlines).enumerate() {
            let grantor = print.grantor.as_deref().unwrap_or_default();
            let own = (&sought.doc, paper.as_str(), grantor);
            let apart = if is_one_box(own, place_of(held)) { None } else { outline.apart(&other) };
            if let (Some(apart), Some(near)) = (apart, of_each.get_mut(number)) {
                near.push(Near { number, row, apart });
            }
        }
    }
    let mut ranked: Vec<(usize, Near)> = Vec::new();
    for mut near in of_each {
        near.sort_by(|one, other| one.apart.total_cmp(&other.apart));
        ranked.extend(near.into_iter().enumerate());
    }
    ranked.sort_by(|(one, a), (other, b)| one.cmp(other).then(a.apart.total_cmp(&b.apart)));
    ranked.into_iter().map(|(_, near)| near).collect()
}

fn impression(held: &Impressions<'_>, id: i64) -> Result<Option<Impression>, StoreError> {
    // What cannot be read is made again of its photo, once the rules or the photo are other ones.
    Ok(held.picture(id)?.and_then(|bytes| Impression::from_bytes(&bytes).ok()))
}

/// Compares all prints that are held with each other. `follow` hears with how many that was done, and stops it.
///
/// # Errors
/// `damaged`, `disk_full` or `store`.
pub fn among_held(store: &Store, may_see: MaySee<'_>, follow: Follow<'_>) -> Result<HeldReuse, StoreError> {
    settle(store)?;
    let rows = store.impressions(|held| held.prints())?;
    let one_box = |a: usize, b: usize| {
        rows.get(a).zip(rows.get(b)).is_some_and(|(one, other)| is_one_box(place_of(one), place_of(other)))
    };
    // A transaction each: whoever attaches a photo meanwhile does not wait until all are compared.
    let read =
        |at: usize| rows.get(at).map_or(Ok(None), |row| store.impressions(|held| impression(held, row.id)));
    let copies = copies(rows.len(), one_box, read, follow)?;
    forget_unread(store, &rows, &copies)?;
    let listed = Listed::all(store)?;
    let places = Places { store, listed: &listed, may_see };
    let mut all = summary(&rows, &copies);
    all.not_shown = places.told_elsewhere()?;
    all.rebuilt = store.impressions_lost()?;
    for (a, b, score) in copies.pairs {
        let (Some(a), Some(b)) = (rows.get(a), rows.get(b)) else { continue };
        match (places.held(&a.doc, &a.evidence, &a.grantor)?, places.held(&b.doc, &b.evidence, &b.grantor)?) {
            (Some(a), Some(b)) => all.pairs.push(PrintPair::new(a, b, score)),
            _ => all.not_shown += 1,
        }
    }
    let (looked, now) = store.impressions(|held| Ok((held.looked_at()?, held.prints()?)))?;
    let shown: BTreeSet<_> = now.iter().map(|row| (row.doc, row.evidence.as_str())).collect();
    let outcomes = looked.into_iter().map(|looked| {
        let is_empty = looked.outcome == PRINTS && !shown.contains(&(looked.doc, looked.evidence.as_str()));
        let outcome = if is_empty { NONE_KEPT.to_owned() } else { looked.outcome };
        ((looked.doc, looked.evidence), outcome)
    });
    all.not_compared = NotCompared::count(places.left_out(&outcomes.collect())?);
    store.impressions_loss_told()?;
    Ok(all)
}

/// How many were compared, and how many were not.
fn summary(rows: &[PrintRow], copies: &Copies) -> HeldReuse {
    let come_to = rows.iter().take(rows.len().saturating_sub(copies.not_come_to)).enumerate();
    let compared: Vec<&PrintRow> =
        come_to.filter(|(at, _)| copies.unread.binary_search(at).is_err()).map(|(_, row)| row).collect();
    let photos: BTreeSet<_> = compared.iter().map(|row| (row.doc, row.evidence.as_str())).collect();
    HeldReuse {
        photos: count(photos.len()),
        prints: count(compared.len()),
        left: u32::try_from(copies.left).unwrap_or(u32::MAX),
        not_come_to: count(copies.not_come_to),
        ..HeldReuse::default()
    }
}

/// Forgets photos of which a kept picture cannot be read: they count as not looked at, and are the next time.
fn forget_unread(store: &Store, rows: &[PrintRow], copies: &Copies) -> Result<(), StoreError> {
    let unread = || copies.unread.iter().filter_map(|at| rows.get(*at));
    if copies.unread.is_empty() {
        return Ok(());
    }
    store.impressions(|held| {
        unread().try_for_each(|row| match held.picture(row.id)? {
            Some(_) => held.forget(&row.doc, &row.evidence),
            // Somebody took it back meanwhile.
            None => Ok(()),
        })
    })
}

/// What is known of the places of prints, and which of them may be told.
struct Places<'a> {
    store: &'a Store,
    listed: &'a Photos,
    may_see: MaySee<'a>,
}

impl Places<'_> {
    fn of(&self, at: &At, sought: Sought<'_>) -> Result<Option<PrintPlace>, StoreError> {
        match at {
            At::Held(doc, evidence, grantor) => self.held(doc, evidence, grantor),
            At::Sought(number) => self.sought(*number, sought).map(Some),
        }
    }

    /// The place of a print that is held; nothing when this user may not see the household.
    fn held(&self, doc: &DocId, evidence: &str, grantor: &str) -> Result<Option<PrintPlace>, StoreError> {
        let Some(Listed { photo, .. }) = self.listed.get(&(*doc, evidence.to_owned())) else {
            return Ok(None);
        };
        if !self.shows(doc)? {
            return Ok(None);
        }
        Ok(Some(PrintPlace {
            case: doc.to_string(),
            household: self.store.read(|tx| household_name(tx, doc))?,
            evidence: evidence.to_owned(),
            sha256: photo.sha256.clone(),
            version: photo.version.clone(),
            grantor: Some(grantor.to_owned()).filter(|grantor| !grantor.is_empty()),
            name: photo.name(grantor).map(str::to_owned),
            attached_at_ms: photo.attached_at_ms,
        }))
    }

    /// The place of a print in the photo that somebody asks about, which has no entry yet.
    fn sought(&self, number: usize, sought: Sought<'_>) -> Result<PrintPlace, StoreError> {
        let LetterPrints { payload, prints } = sought.prints;
        let grantor = prints.get(number).and_then(|print| print.grantor.clone());
        let at = grantor.as_ref().and_then(|grantor| grantor.parse::<usize>().ok()?.checked_sub(1));
        Ok(PrintPlace {
            case: sought.doc.to_string(),
            household: self.store.read(|tx| household_name(tx, &sought.doc))?,
            evidence: String::new(),
            sha256: String::new(),
            version: payload.as_ref().map(|payload| payload.version.clone()),
            grantor,
            name: at.and_then(|at| sought.names.get(at)).cloned(),
            attached_at_ms: None,
        })
    }

    fn shows(&self, doc: &DocId) -> Result<bool, StoreError> {
        let row = self.store.read::<_, StoreError>(|tx| tx.case_row(doc))?;
        Ok(row.is_some_and(|row| (self.may_see)(&row.division)))
    }

    /// How many places colleagues found that are not here, or not for this user to see.
    fn told_elsewhere(&self) -> Result<u32, StoreError> {
        let mut known = BTreeSet::new();
        let mut told = BTreeSet::new();
        for ((doc, evidence), one) in self.listed {
            if self.shows(doc)? {
                known.insert(PrintPlace::mark(doc, evidence));
                told.extend(one.photo.told.iter());
            }
        }
        let elsewhere = told.into_iter().filter(|mark| !known.contains(*mark));
        Ok(u32::try_from(elsewhere.count()).unwrap_or(u32::MAX))
    }

    /// Why photos were not compared, one reason each.
    fn left_out(&self, outcomes: &BTreeMap<(DocId, String), String>) -> Result<Vec<Uncompared>, StoreError> {
        let mut reasons = Vec::new();
        for (place, one) in self.listed {
            let outcome = outcomes.get(place).map(String::as_str);
            let reason = match outcome {
                _ if !one.photo.keeps_any() => Uncompared::Withdrawn,
                Some(NONE_KEPT) => Uncompared::Withdrawn,
                Some(NO_PRINT) => Uncompared::NoPrint,
                Some(UNREADABLE) => Uncompared::Unreadable,
                Some(_) => continue,
                None if is_here(self.store, &one.row.sha256)? => Uncompared::NotLookedAt,
                None => Uncompared::NotHere,
            };
            reasons.push(reason);
        }
        Ok(reasons)
    }
}

#[cfg(test)]
mod tests {
    use ruhu_store::{LookedAtRow, NewPrint, StoreKey};
    use ruhu_vision::letter::boxed_prints::BoxedPrint;
    use ruhu_vision::letter::copies::{FORMAT, IMPRESSION_BYTES};

    use super::*;

    const SIDE: usize = 160;

    /// An oval spot, so many points wide, its ink in waves of a pattern.
    fn spot(width: f32, pattern: f32) -> Impression {
        let planes = |value: &dyn Fn(f32, f32) -> u8| -> Vec<u8> {
            let points = (0..SIDE * SIDE).map(|at| ((at % SIDE) as f32 - 79.5, (at / SIDE) as f32 - 79.5));
            points.map(|(x, y)| if (x / width).hypot(y / 70.0) < 1.0 { value(x, y) } else { 0 }).collect()
        };
        let waves = |x: f32, y: f32| (120.0 + 60.0 * (x * pattern).sin() * (y * 0.7 + pattern).cos()) as u8;
        let bytes = [vec![FORMAT, 0, 0, 0x20, 0x43], planes(&waves), planes(&|_, _| 255)].concat();
        assert_eq!(bytes.len(), IMPRESSION_BYTES);
        Impression::from_bytes(&bytes).unwrap()
    }

    fn put(held: &Impressions<'_>, number: usize, print: &Impression) -> Result<(), StoreError> {
        let photo = LookedAtRow {
            doc: DocId([7; 16]),
            evidence: format!("{number:05}"),
            sha256: [0; 32],
            left_out: "[]".into(),
            format: FORMAT,
            paper: String::new(),
            outcome: "prints".into(),
        };
        let (outline, picture) = (Outline::of(print).to_bytes(), print.to_bytes());
        held.put(&photo, &[NewPrint { grantor: "1".into(), outline, picture }])
    }

    #[test]
    fn of_many_prints_of_like_outline_the_nearest_are_compared_and_the_rest_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), &StoreKey::from_bytes([7; 32])).unwrap();
        let most = LAID_OVER + 40;
        let sought = spot(56.0, 0.9);
        let print = BoxedPrint { grantor: Some("1".into()), impression: sought.clone() };
        let prints = LetterPrints { payload: None, prints: vec![print] };
        let own = Sought { doc: DocId([7; 16]), evidence: Some("00000"), prints: &prints, names: &[] };
        let found = store
            .impressions(|held| {
                // Its own entry, others of much the same outline, and the copy, which came last.
                put(held, 0, &sought)?;
                for number in 1..=most {
                    put(held, number, &spot(56.5 + number as f32 * 0.01, 0.3 + number as f32 * 0.001))?;
                }
                put(held, most + 1, &sought)?;
                found(held, own)
            })
            .unwrap();
        assert_eq!((found.compared, found.left), (LAID_OVER, most + 1 - LAID_OVER));
        let [(0, At::Held(_, evidence, _), score)] = found.same.as_slice() else {
            panic!("{:?}", found.same)
        };
        assert_eq!(*evidence, format!("{:05}", most + 1));
        assert!(*score > 0.9, "{score}");
    }

    /// Lists the photos of these numbers, as their household does that is shown to nobody here.
    fn list(store: &Store, numbers: std::ops::Range<usize>) {
        let facts = |number: usize| {
            format!(
                r#"{{"evidence":"{number:05}","sha256":"","attached_at_ms":null,"version":null,"names":[],"withdrawn":[],"fingers":{{}},"told":[]}}"#
            )
        };
        let row = |number: usize| ruhu_store::PrintPhotoRow {
            doc: DocId([7; 16]),
            evidence: format!("{number:05}"),
            sha256: [0; 32],
            facts: facts(number),
        };
        let rows: Vec<_> = numbers.map(row).collect();
        store.write::<_, StoreError>(|tx| tx.set_print_photos(&DocId([7; 16]), &rows)).unwrap();
    }

    #[test]
    fn a_kept_picture_that_cannot_be_read_is_counted_and_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), &StoreKey::from_bytes([7; 32])).unwrap();
        list(&store, 0..4);
        let (one, other) = (spot(56.0, 0.9), spot(40.0, 0.3));
        store
            .impressions(|held| {
                put(held, 0, &one)?;
                put(held, 1, &other)?;
                put(held, 2, &one)?;
                let photo = held.looked_at()?.pop().unwrap();
                let print = NewPrint { grantor: "1".into(), outline: vec![1], picture: vec![0; 99] };
                held.put(&LookedAtRow { evidence: "00003".into(), ..photo }, &[print])
            })
            .unwrap();
        let mut heard = Vec::new();
        let all = among_held(&store, &|_| true, &mut |done, of| {
            heard.push((done, of));
            true
        })
        .unwrap();
        assert_eq!(heard, [(0, 4), (4, 4)]);
        // The pair is in a household that is not here.
        assert_eq!((all.photos, all.prints, all.not_shown, all.left), (3, 3, 1, 0), "{all:?}");
        let left_out: Vec<_> = all.not_compared.iter().map(|one| (one.reason.as_str(), one.photos)).collect();
        assert_eq!(left_out, [("not_here", 1)], "its photo is looked at again when it is here");
        assert_eq!(store.impressions(|held| held.looked_at()).unwrap().len(), 3);

        let stopped = among_held(&store, &|_| true, &mut |_, _| false).unwrap();
        assert_eq!((stopped.prints, stopped.not_come_to, stopped.not_shown), (0, 3, 0), "{stopped:?}");
    }
}
