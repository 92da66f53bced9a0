//! How a sheet was found, and whether a part of the letter lies beyond the picture's edge.
//!
//! A sheet is whole in a picture when its four corners are. One whose corners are not may still be judged if
//! nothing is lost: every box and the QR code lie in the picture, and what says where they are does not hang
//! on a part that is gone, so at least three corner marks were read, or the paper's edges were found.

use serde::Serialize;

use super::boxes_file::Boxes;
use super::layout::{Corner, QR};
use super::page::{PAGE_HEIGHT, PAGE_WIDTH, Rect};
use crate::geometry::Homography;
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
    use super::super::layout;
    use super::*;

    /// A picture of so many pixels in which the sheet begins at a point, 10 pixels a millimetre.
    fn cut(size: (usize, usize), from: (f64, f64), sheet: Sheet) -> bool {
        let picture = Picture::new(size.0, size.1, vec![200; size.0 * size.1 * 3]).unwrap();
        let corners = [(0.0, 0.0), (210.0, 0.0), (210.0, 297.0), (0.0, 297.0)];
        let pairs = corners.map(|(x, y)| ((x, y), (from.0 + 10.0 * x, from.1 + 10.0 * y)));
        is_cut_off(&picture, &Homography::fit(&pairs).unwrap(), sheet, &layout::boxes(1), 1)
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
