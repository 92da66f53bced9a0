//! The impressions on a photo of a letter, each with the box in which it stands.

use ruhu_sheet::boxes_file::{BoxKind, GrantorBox};
use ruhu_sheet::layout;
use ruhu_sheet::payload::Payload;

use super::check::GrantorReport;
use super::impression::Impression;
use super::prints::{AREAS, PER_MM, SHEET, impressions, of_blob};
use super::verdict::Verdict;
use super::{marks, qr};
use crate::blobs::{self, Blob};
use crate::geometry::Homography;
use crate::ink::Densities;
use crate::picture::Picture;
use crate::straight::Straight;

/// How far from its box a print is looked for, in millimetres.
const BESIDE: f64 = 25.0;

/// The impressions in a picture, and whose letter it is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LetterPrints {
    /// What the sheet's QR code holds, where one was read.
    pub payload: Option<Payload>,
    /// The impressions.
    pub prints: Vec<BoxedPrint>,
}

/// An impression, and in whose box it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct BoxedPrint {
    /// The number that the letter gives the grantor; none where the boxes are not known.
    pub grantor: Option<String>,
    /// The impression.
    pub impression: Impression,
}

/// Whether a verdict is on a finger's ink; none where it leaves that open.
pub fn is_finger(verdict: Verdict) -> Option<bool> {
    match verdict {
        Verdict::Ok
        | Verdict::Outside
        | Verdict::Smeared
        | Verdict::Pale
        | Verdict::OverInked
        | Verdict::SecondFinger => Some(true),
        Verdict::Missing | Verdict::StampInstead | Verdict::DrawnDot => Some(false),
        Verdict::Unsure => None,
    }
}

/// What a check found of a grantor, as [`letter_prints`] asks for it.
pub fn found_finger(grantors: &[GrantorReport], number: &str) -> Option<bool> {
    let report = grantors.iter().find(|one| one.grantor.to_string() == number)?;
    is_finger(report.verdict)
}

/// All impressions of fingers in a picture; of a letter of ours with their boxes. `finger` says of a grantor's
/// number whether a check of the letter found a finger's ink there: it may have seen a finer picture than this
/// one, in which ridges are not told from strokes any more. Where it does not know, ink is judged anew.
pub fn letter_prints(picture: &Picture, finger: impl Fn(&str) -> Option<bool>) -> LetterPrints {
    let code =
        marks::view(&marks::find(picture)).and_then(|view| Some((qr::read(picture, &view).ok()?, view)));
    let Some((payload, view)) = code else {
        let prints = impressions(picture).into_iter();
        let prints = prints.map(|impression| BoxedPrint { grantor: None, impression }).collect();
        return LetterPrints { payload: None, prints };
    };
    let boxes = layout::boxes(payload.grantors.into()).boxes.into_iter();
    let boxes: Vec<GrantorBox> =
        boxes.filter(|one| one.sheet == u32::from(payload.sheet) && one.kind == BoxKind::Print).collect();
    let prints = in_boxes(picture, &view, &boxes, finger);
    LetterPrints { payload: Some(payload), prints }
}

fn in_boxes(
    picture: &Picture,
    view: &Homography,
    boxes: &[GrantorBox],
    finger: impl Fn(&str) -> Option<bool>,
) -> Vec<BoxedPrint> {
    let part = Straight::of(picture, view, SHEET, PER_MM);
    let densities = Densities::of(&part);
    let coloured = blobs::coloured(&part, &densities);
    let mut dark = blobs::dark(&part, &densities);
    dark.retain(|blob| !coloured.iter().any(|other| other.rect.overlaps(&blob.rect)));
    let all = coloured.iter().map(|blob| (blob, false)).chain(dark.iter().map(|blob| (blob, true)));
    let all: Vec<(&Blob, bool)> = all.filter(|(blob, _)| (AREAS.0..=AREAS.1).contains(&blob.area)).collect();
    let mut prints = Vec::new();
    for one in boxes {
        let of_box = all.iter().filter(|(blob, _)| {
            let (x, y) = blob.centre;
            one.rect.grown(BESIDE).contains(x, y)
                && boxes.iter().all(|other| apart(blob, one) <= apart(blob, other))
        });
        let grantor = one.grantor.to_string();
        let mut take = |impression| prints.push(BoxedPrint { grantor: Some(grantor.clone()), impression });
        match finger(&grantor) {
            Some(false) => {}
            // Coloured ink before what may be printed, then what there is most of.
            Some(true) => {
                let main = of_box
                    .max_by(|(a, a_dark), (b, b_dark)| b_dark.cmp(a_dark).then(a.area.total_cmp(&b.area)));
                main.and_then(|(blob, dark)| Impression::of(picture, view, &blob.rect, *dark))
                    .into_iter()
                    .for_each(&mut take);
            }
            None => of_box.filter_map(|(blob, dark)| of_blob(picture, view, blob, *dark)).for_each(&mut take),
        }
    }
    prints
}

/// From a piece of ink to the middle of a box.
fn apart(blob: &Blob, one: &GrantorBox) -> f64 {
    let (x, y) = one.rect.centre();
    (x - blob.centre.0).hypot(y - blob.centre.1)
}
