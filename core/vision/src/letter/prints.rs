//! The impressions in a picture: of a whole letter, or of a print that was cut out.

use ruhu_sheet::boxes_file::{BoxKind, Boxes};
use ruhu_sheet::layout;
use ruhu_sheet::page::{PAGE_HEIGHT, PAGE_WIDTH, Rect};

use super::impression::Impression;
use super::verdict::{self, Verdict};
use super::{marks, paper, qr};
use crate::blobs::{self, Blob};
use crate::geometry::Homography;
use crate::ink::{Colour, Densities};
use crate::picture::Picture;
use crate::print::{Inked, Print};
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
/// A piece of ink that takes this share of its picture, and of all ink in it so much, was cut out.
const LARGE_SHARE: (f64, f64) = (0.012, 0.5);
/// What has less than this share of the ink of the piece with most of it is an edge of paper or a shadow.
const OF_MOST: f64 = 0.3;
/// How far beyond what is surely dark a print may end, in millimetres.
const FAINT: f64 = 3.0;

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
            let found =
                Pieces::alone(picture, &view, Rect { w: rect.w * factor, h: rect.h * factor, ..rect });
            let most = found.most();
            let main = found.all.iter().filter(|piece| piece.ink >= OF_MOST * most);
            let main = main.filter(|piece| (AREAS.0..=AREAS.1).contains(&piece.blob.area));
            main.filter_map(|piece| of_alone(picture, &view, piece)).collect()
        })
        .find(|found: &Vec<Impression>| !found.is_empty())
        .unwrap_or_default()
}

/// The impressions in a rectangle.
fn within(picture: &Picture, view: &Homography, rect: Rect, boxes: Option<&(Boxes, u32)>) -> Vec<Impression> {
    let rects: Option<Vec<Rect>> = boxes.map(|(boxes, sheet)| {
        let prints = boxes.boxes.iter().filter(|one| one.sheet == *sheet && one.kind == BoxKind::Print);
        prints.map(|one| one.rect.grown(25.0)).collect()
    });
    let is_wanted = |blob: &Blob| {
        let fits = blob.area >= AREAS.0 && blob.area <= AREAS.1;
        fits && rects
            .as_ref()
            .is_none_or(|rects| rects.iter().any(|r| r.contains(blob.centre.0, blob.centre.1)))
    };
    let found = Pieces::of(picture, view, rect);
    let wanted = found.all.iter().filter(|piece| is_wanted(&piece.blob));
    wanted.filter_map(|piece| of_blob(picture, view, &piece.blob, piece.dark)).collect()
}

/// A piece of coloured or of dark ink.
struct Piece {
    blob: Blob,
    dark: bool,
    /// Its density times its area in points.
    ink: f64,
}

/// All pieces of ink in a part of a picture.
struct Pieces {
    all: Vec<Piece>,
}

impl Pieces {
    /// The coloured ones, and the dark ones where there is no colour.
    fn of(picture: &Picture, view: &Homography, rect: Rect) -> Pieces {
        let part = Straight::of(picture, view, rect, PER_MM);
        let densities = Densities::of(&part);
        Pieces::found(&part, &densities, &densities)
    }

    /// The same where one of them is all but alone on its paper.
    fn alone(picture: &Picture, view: &Homography, rect: Rect) -> Pieces {
        let part = Straight::of(picture, view, rect, PER_MM);
        Pieces::found(&part, &Densities::of(&part), &Densities::of_lone_ink(&part))
    }

    /// By the densities for coloured ink and those for dark ink.
    fn found(part: &Straight, coloured: &Densities, dark: &Densities) -> Pieces {
        let of = |blob: Blob, is_dark: bool| {
            let ink = |at: &usize| {
                let d = if is_dark { dark.at(*at) } else { coloured.at(*at) };
                let (least, most) = (d[0].min(d[1]).min(d[2]), d[0].max(d[1]).max(d[2]));
                f64::from(if is_dark { least } else { most }).max(0.0)
            };
            Piece { ink: blob.points.iter().map(ink).sum(), blob, dark: is_dark }
        };
        let in_colour = blobs::coloured(part, coloured);
        let mut without = blobs::dark(part, dark);
        without.retain(|blob| !in_colour.iter().any(|other| other.rect.overlaps(&blob.rect)));
        let in_colour = in_colour.into_iter().map(|blob| of(blob, false));
        Pieces { all: in_colour.chain(without.into_iter().map(|blob| of(blob, true))).collect() }
    }

    /// The ink of the piece that has most of it.
    fn most(&self) -> f64 {
        self.all.iter().map(|piece| piece.ink).fold(0.0, f64::max)
    }

    /// The piece that has most of the ink, if that is most of all ink and a good part of the rectangle.
    fn cut_out(&self, rect: &Rect) -> Option<&Blob> {
        let all: f64 = self.all.iter().map(|piece| piece.ink).sum();
        let main = self.all.iter().max_by(|a, b| a.ink.total_cmp(&b.ink))?;
        let large = main.blob.area >= LARGE_SHARE.0 * rect.w * rect.h;
        (large && main.ink >= LARGE_SHARE.1 * all).then_some(&main.blob)
    }
}

/// The impression that a piece of ink on a sheet is, if it is one: among words dark ink must show ridges.
pub(crate) fn of_blob(picture: &Picture, view: &Homography, blob: &Blob, dark: bool) -> Option<Impression> {
    judged(&Inked::of(picture, view, &blob.rect, dark)?, dark, if dark { 0.15 } else { 0.0 })
}

/// The same of a piece that is alone in its picture: dark, it may be a copy without colour, and what its
/// faint ends leave of it is looked for around it.
fn of_alone(picture: &Picture, view: &Homography, piece: &Piece) -> Option<Impression> {
    let rect = &piece.blob.rect;
    let inked = match piece.dark {
        true => Inked::alone(picture, view, &rect.grown(FAINT)),
        false => Inked::of(picture, view, rect, false),
    };
    judged(&inked?, piece.dark, 0.0)
}

fn judged(inked: &Inked, dark: bool, ridges: f32) -> Option<Impression> {
    let print = Print::measured(inked, None);
    if (!dark && print.colour == Colour::Black) || print.ridges < ridges {
        return None;
    }
    match verdict::of_ink(&print, None) {
        Verdict::StampInstead | Verdict::DrawnDot | Verdict::Missing => None,
        _ => Impression::of_ink(inked),
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
        let (view, rect) = (scaled(scale)?, extent(scale));
        let area = Pieces::alone(picture, &view, rect).cut_out(&rect)?.area;
        scale *= (area / USUAL_AREA).sqrt();
        let rect = extent(scale);
        if rect.w > PAGE_WIDTH || rect.h > PAGE_HEIGHT {
            return None;
        }
    }
    Some((scaled(scale)?, extent(scale)))
}

fn scaled(scale: f64) -> Option<Homography> {
    let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
    let pairs =
        corners.map(|(x, y)| ((x * 100.0, y * 100.0), (x * 100.0 * scale - 0.5, y * 100.0 * scale - 0.5)));
    Homography::fit(&pairs)
}
