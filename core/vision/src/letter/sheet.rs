//! Where a sheet lies in a picture, how it was found, and whether a part of the letter lies beyond the
//! picture's edge.
//!
//! Two corner marks that agree say where it lies; without them the paper's edges do. Lines in a picture of half a
//! sheet may look like edges, so where the letter's code was read it must lie where they say: it also says
//! which end of the sheet is up.
//!
//! A sheet is whole in a picture when its four corners are. One whose corners are not may still be judged if
//! nothing is lost: every box and the QR code lie in the picture, and what says where they are does not hang
//! on a part that is gone, so at least three corner marks were read, or the paper's edges were found.

use ruhu_sheet::boxes_file::Boxes;
use ruhu_sheet::layout::{Corner, QR};
use ruhu_sheet::page::{PAGE_HEIGHT, PAGE_WIDTH, Rect};
use ruhu_sheet::payload::{Payload, PayloadError};
use serde::Serialize;

use super::qr::{self, Code};
use super::{marks, paper};
use crate::geometry::Homography;
use crate::outline::distance;
use crate::picture::Picture;

/// How a sheet was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sheet {
    /// By so many of its four corner marks.
    Marks(u8),
    /// By the paper's edges.
    Edges,
    /// The picture was taken for the sheet: nothing else was found.
    Picture,
}

/// Marks that say where all of a sheet lies.
const ENOUGH: u8 = 3;
/// A picture without anything to find the sheet by is a scan of it if its sides are as a sheet's: the
/// quotient of their quotients is no farther from 1.
const SCAN: f64 = 0.035;

/// How far, in millimetres, a corner of the code may lie from where the paper's edges say: these are found to
/// some millimetres, and paper is not flat.
const OFF: f64 = 10.0;

/// What of a letter was found in a picture.
pub(super) struct Located {
    /// From millimetres to pixels, and how that was found.
    pub view: Option<(Homography, Sheet)>,
    /// What its code says, or why nothing.
    pub code: Result<Payload, PayloadError>,
}

/// Looks for a sheet and its code.
pub(super) fn locate(picture: &Picture) -> Located {
    let found = marks::find(picture);
    if let Some(view) = marks::view(&found) {
        let sheet = Sheet::Marks(found.len() as u8);
        return Located { view: Some((view, sheet)), code: qr::read(picture, &view) };
    }
    let read = qr::anywhere(picture);
    let code = read.as_ref().map_or(Err(PayloadError::Foreign), |code| Payload::from_text(&code.text));
    let ours = read.filter(|_| !matches!(code, Err(PayloadError::Foreign)));
    let view = paper::find(picture).and_then(|(view, edges)| {
        let sheet = if edges { Sheet::Edges } else { Sheet::Picture };
        let view = ours.as_ref().map_or(Some(view), |code| by_code(&view, code))?;
        Some((view, sheet))
    });
    Located { view, code }
}

/// The sheet as it was found, or its other end up, as its code says; none when that lies elsewhere.
fn by_code(view: &Homography, code: &Code) -> Option<Homography> {
    let page = Rect { x: 0.0, y: 0.0, w: PAGE_WIDTH, h: PAGE_HEIGHT }.corners();
    let pairs: Vec<_> = (0..4).map(|at| (page[at], page[(at + 2) % 4])).collect();
    let turned = Homography::fit(&pairs).map(|turn| view.after(&turn));
    [Some(*view), turned].into_iter().flatten().find(|view| {
        let off = |(printed, seen)| distance(view.apply(printed), seen) / view.scale_at(printed);
        QR.corners().into_iter().zip(code.corners).all(|corner| off(corner) <= OFF)
    })
}

/// Whether a picture has lost a part that is needed. `view` leads from millimetres to pixels.
pub(super) fn is_cut_off(
    picture: &Picture,
    view: &Homography,
    sheet: Sheet,
    boxes: &Boxes,
    number: u32,
) -> bool {
    let seen = |rect: &Rect| rect.corners().iter().all(|&corner| contains(picture, view.apply(corner)));
    let boxed = boxes.boxes.iter().filter(|one| one.sheet == number).all(|one| seen(&one.rect));
    match sheet {
        Sheet::Marks(found) => {
            let marks = Corner::ALL.iter().all(|corner| seen(&corner.mark()));
            !boxed || !seen(&QR) || (!marks && found < ENOUGH)
        }
        Sheet::Edges => !boxed,
        Sheet::Picture => !is_like_a_sheet(picture),
    }
}

fn contains(picture: &Picture, (x, y): (f64, f64)) -> bool {
    // The middle of the outermost pixel is half a pixel from its edge.
    const EDGE: f64 = 0.5;
    let within = |value: f64, count: usize| value >= -EDGE && value <= count as f64 - 1.0 + EDGE;
    within(x, picture.width()) && within(y, picture.height())
}

fn is_like_a_sheet(picture: &Picture) -> bool {
    let (short, long) = (picture.width().min(picture.height()), picture.width().max(picture.height()));
    (long as f64 / short as f64 / (PAGE_HEIGHT / PAGE_WIDTH) - 1.0).abs() <= SCAN
}

#[cfg(test)]
mod tests {
    use super::*;
    use ruhu_sheet::layout;

    /// A picture of so many pixels in which the sheet begins at a point, 10 pixels a millimetre.
    fn cut(size: (usize, usize), from: (f64, f64), sheet: Sheet) -> bool {
        let picture = Picture::new(size.0, size.1, vec![200; size.0 * size.1 * 3]).unwrap();
        let corners = [(0.0, 0.0), (210.0, 0.0), (210.0, 297.0), (0.0, 297.0)];
        let pairs = corners.map(|(x, y)| ((x, y), (from.0 + 10.0 * x, from.1 + 10.0 * y)));
        is_cut_off(&picture, &Homography::fit(&pairs).unwrap(), sheet, &layout::boxes(1), 1)
    }

    #[test]
    fn edges_are_a_sheets_only_where_its_code_lies_as_they_say_whichever_end_is_up() {
        let page = Rect { x: 0.0, y: 0.0, w: PAGE_WIDTH, h: PAGE_HEIGHT }.corners();
        let seen = [(300.0, 250.0), (1500.0, 280.0), (1620.0, 1900.0), (220.0, 1850.0)];
        let fit = |turn: usize| {
            let pairs: Vec<_> = (0..4).map(|at| (page[(at + turn) % 4], seen[at])).collect();
            Homography::fit(&pairs).unwrap()
        };
        let (upright, turned) = (fit(0), fit(2));
        let code = |view: &Homography, by: f64| Code {
            text: String::new(),
            corners: QR.corners().map(|(x, y)| view.apply((x - by, y + by))),
        };
        let place = |view: Option<Homography>| view.map(|view| view.apply((30.0, 250.0)));
        let near = |a: Option<(f64, f64)>, b: Option<(f64, f64)>| distance(a.unwrap(), b.unwrap()) < 0.01;
        for by in [0.0, 3.0] {
            assert!(near(place(by_code(&upright, &code(&upright, by))), place(Some(upright))));
            assert!(near(place(by_code(&upright, &code(&turned, by))), place(Some(turned))));
        }
        // A line of text or the table's edge for the sheet's: a code of the right size at another place.
        assert_eq!(by_code(&upright, &code(&upright, 12.0)), None);
        assert_eq!(by_code(&upright, &code(&fit(1), 0.0)), None);
    }

    #[test]
    fn a_whole_sheet_is_whole_however_few_marks_were_read() {
        assert!([2, 3, 4].into_iter().all(|marks| !cut((2200, 3000), (40.0, 10.0), Sheet::Marks(marks))));
        assert!(!cut((2200, 3000), (40.0, 10.0), Sheet::Edges));
    }

    #[test]
    fn without_its_lower_marks_a_letter_is_judged_only_by_three() {
        // The boxes of the only grantor and the code are in the picture, the lower marks are not.
        assert!(cut((2200, 2300), (40.0, 10.0), Sheet::Marks(2)));
        assert!(!cut((2200, 2300), (40.0, 10.0), Sheet::Marks(3)));
    }

    #[test]
    fn a_box_or_the_code_beyond_the_edge_is_a_loss_whatever_was_read() {
        assert!(cut((2200, 1800), (40.0, 10.0), Sheet::Marks(4)));
        assert!(cut((2200, 3000), (40.0, -200.0), Sheet::Marks(4)));
        assert!(cut((2200, 1800), (40.0, 10.0), Sheet::Edges));
    }

    #[test]
    fn a_picture_in_which_nothing_is_found_is_a_scan_only_in_a_sheets_shape() {
        assert!(!cut((2100, 2970), (0.0, 0.0), Sheet::Picture));
        assert!(!cut((2970, 2100), (0.0, 0.0), Sheet::Picture));
        assert!(cut((2250, 3000), (0.0, 0.0), Sheet::Picture));
    }
}
