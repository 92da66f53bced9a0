//! The impressions in a picture: of a whole letter, or of a print that was cut out.

use super::boxes_file::{BoxKind, Boxes};
use super::impression::Impression;
use super::page::{PAGE_HEIGHT, PAGE_WIDTH, Rect};
use super::verdict::{self, Verdict};
use super::{layout, marks, paper, qr};
use crate::blobs::{self, Blob};
use crate::geometry::Homography;
use crate::ink::{Colour, Densities};
use crate::picture::Picture;
use crate::print::Print;
use crate::straight::Straight;

/// Points a millimetre at which ink is looked for.
pub(crate) const PER_MM: f64 = 5.0;
pub(crate) const SHEET: Rect = Rect { x: 0.0, y: 0.0, w: PAGE_WIDTH, h: PAGE_HEIGHT };
/// The least and the largest area of a print, in square millimetres.
pub(crate) const AREAS: (f64, f64) = (45.0, 900.0);
/// The width that a cut-out picture is first taken to have, in millimetres.
const CUT_OUT: f64 = 40.0;
/// What a print covers, in square millimetres, where the scale is not known.
const USUAL_AREA: f64 = 240.0;
/// A piece of ink that takes this share of its picture was cut out.
const LARGE_SHARE: f64 = 0.06;

/// All impressions of fingers in a picture; stamps and what is drawn are left out. On letters with marks
/// those near to print boxes are taken, else every piece of ink of a print's size.
pub fn impressions(picture: &Picture) -> Vec<Impression> {
    let found = marks::find(picture);
    if let Some(view) = marks::view(&found) {
        let payload = qr::read(picture, &view).ok();
        let boxes = payload.map(|payload| (layout::boxes(payload.grantors.into()), u32::from(payload.sheet)));
        return within(picture, &view, SHEET, boxes.as_ref());
    }
    if let Some((view, rect)) = cut_out(picture) {
        return at_any_scale(picture, &view, rect);
    }
    match paper::find(picture) {
        Some((view, _)) => within(picture, &view, SHEET, None),
        None => vec![],
    }
}

/// The impressions in a picture whose scale is not known: ridges are looked for at their usual distance,
/// then as if the print were smaller or larger.
fn at_any_scale(picture: &Picture, view: &Homography, rect: Rect) -> Vec<Impression> {
    [1.0, 0.72, 1.35]
        .into_iter()
        .map(|factor: f64| {
            let view = view.after(&Homography::scaling(1.0 / factor));
            within(picture, &view, Rect { w: rect.w * factor, h: rect.h * factor, ..rect }, None)
        })
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}

/// The impressions in a rectangle.
fn within(picture: &Picture, view: &Homography, rect: Rect, boxes: Option<&(Boxes, u32)>) -> Vec<Impression> {
    let part = Straight::of(picture, view, rect, PER_MM);
    let densities = Densities::of(&part);
    let rects: Option<Vec<Rect>> = boxes.map(|(boxes, sheet)| {
        let prints = boxes.boxes.iter().filter(|one| one.sheet == *sheet && one.kind == BoxKind::Print);
        prints.map(|one| one.rect.grown(25.0)).collect()
    });
    let is_wanted = |blob: &&Blob| {
        let fits = blob.area >= AREAS.0 && blob.area <= AREAS.1;
        fits && rects
            .as_ref()
            .is_none_or(|rects| rects.iter().any(|r| r.contains(blob.centre.0, blob.centre.1)))
    };
    let coloured = blobs::coloured(&part, &densities);
    let dark = blobs::dark(&part, &densities);
    let near = |blob: &Blob| coloured.iter().any(|other| other.rect.overlaps(&blob.rect));
    let both =
        coloured.iter().map(|blob| (blob, false)).chain(dark.iter().filter(|b| !near(b)).map(|b| (b, true)));
    both.filter(|(blob, _)| is_wanted(blob))
        .filter_map(|(blob, dark)| of_blob(picture, view, blob, dark))
        .collect()
}

pub(crate) fn of_blob(picture: &Picture, view: &Homography, blob: &Blob, dark: bool) -> Option<Impression> {
    let print = Print::of(picture, view, &blob.rect, dark)?;
    if (!dark && print.colour == Colour::Black) || (dark && print.ridges < 0.15) {
        return None;
    }
    match verdict::of_ink(&print, None) {
        Verdict::StampInstead | Verdict::DrawnDot | Verdict::Missing => None,
        _ => Impression::of(picture, view, &blob.rect, dark),
    }
}

/// The view and the extent of a picture that shows one print and little else: as if the print had the
/// usual size.
fn cut_out(picture: &Picture) -> Option<(Homography, Rect)> {
    let extent = |scale: f64| Rect {
        x: 0.0,
        y: 0.0,
        w: picture.width() as f64 / scale,
        h: picture.height() as f64 / scale,
    };
    let mut scale = picture.width().min(picture.height()) as f64 / CUT_OUT;
    for _ in 0..2 {
        let view = scaled(scale)?;
        let rect = extent(scale);
        let part = Straight::of(picture, &view, rect, PER_MM);
        let densities = Densities::of(&part);
        let coloured = blobs::coloured(&part, &densities);
        let dark = blobs::dark(&part, &densities);
        let largest =
            coloured.first().into_iter().chain(dark.first()).map(|blob| blob.area).fold(0.0, f64::max);
        if largest < LARGE_SHARE * rect.w * rect.h || rect.w > PAGE_WIDTH || rect.h > PAGE_HEIGHT {
            return None;
        }
        scale *= (largest / USUAL_AREA).sqrt();
    }
    Some((scaled(scale)?, extent(scale)))
}

fn scaled(scale: f64) -> Option<Homography> {
    let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
    let pairs =
        corners.map(|(x, y)| ((x * 100.0, y * 100.0), (x * 100.0 * scale - 0.5, y * 100.0 * scale - 0.5)));
    Homography::fit(&pairs)
}
