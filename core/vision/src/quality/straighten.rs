//! A document cut out of a photo and made straight, as if seen from above.

use ruhu_sheet::page::Rect;
use ruhu_text::{Explain, Explanation};

use super::document::{self, Document};
use super::exposure::Small;
use crate::geometry::{Homography, Point};
use crate::outline::distance;
use crate::picture::Picture;
use crate::straight::Straight;

/// The least share of the photo that a document fills which is straightened.
const LEAST_SHARE: f64 = 0.08;
/// The fewest pixels of a straightened document's shorter side.
const LEAST_SIDE: f64 = 64.0;
/// How much longer one side of a document is than the other, at most.
const LONGEST_SHAPE: f64 = 4.0;
/// How much longer a side may seem than the one across from it: beyond, it is seen too flat.
const FLATTEST: f64 = 2.5;

/// Why no document is cut out of a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoDocument {
    /// Its edges were not seen, or what was seen has not the shape of a document.
    #[error("no document was found")]
    NotFound,
    /// A part of it is beyond the photo's edge.
    #[error("a part of the document is beyond the photo's edge")]
    CutOff,
}

impl Explain for NoDocument {
    fn code(&self) -> &'static str {
        match self {
            NoDocument::NotFound => "document_not_found",
            NoDocument::CutOff => "document_cut_off",
        }
    }

    fn explain(&self) -> Explanation {
        match self {
            NoDocument::NotFound => Explanation::new(
                "照片里没有找到四边清楚的材料，没有拉正。",
                "No document with clear edges was found in the photo; nothing was straightened.",
            )
            .advise(
                "请把材料平放在颜色不同的桌面上，四个角都拍进去。",
                "Lay it flat on a table of another colour, with all four corners in the picture.",
            ),
            NoDocument::CutOff => Explanation::new(
                "材料有一部分在画面外，没有拉正。",
                "A part of the document is beyond the picture's edge; nothing was straightened.",
            )
            .advise("请离远一点，四个角都拍进去。", "Step back until all four corners are in the picture."),
        }
    }
}

/// The corners of the document that [`straightened`] cuts out of a photo, in its pixels: the upper left one, then
/// clockwise.
///
/// # Errors
/// `document_not_found`, `document_cut_off`.
pub fn document_corners(photo: &Picture) -> Result<[Point; 4], NoDocument> {
    let small = Small::of(photo, document::LONGEST);
    let Document { corners, edges_seen, share, cut_off, .. } = document::find(photo, &small);
    if !edges_seen || share < LEAST_SHARE {
        return Err(NoDocument::NotFound);
    }
    if !cut_off.is_empty() {
        return Err(NoDocument::CutOff);
    }
    size(&corners).map(|_| corners).ok_or(NoDocument::NotFound)
}

/// Cuts the document out of a photo: its perspective taken away, so large as it is seen along its longest sides.
/// What is upright in the photo is upright in it.
///
/// # Errors
/// `document_not_found`, `document_cut_off`.
pub fn straightened(photo: &Picture) -> Result<Picture, NoDocument> {
    let corners = document_corners(photo)?;
    let (width, height) = size(&corners).ok_or(NoDocument::NotFound)?;
    let flat = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)];
    let pairs: Vec<(Point, Point)> = flat.into_iter().zip(corners).collect();
    let view = Homography::fit(&pairs).ok_or(NoDocument::NotFound)?;
    let straight = Straight::of(photo, &view, Rect { x: 0.0, y: 0.0, w: width, h: height }, 1.0);
    let [red, green, blue] = &straight.planes;
    let value = |value: &f32| value.round().clamp(0.0, 255.0) as u8;
    let colours = red.data.iter().zip(&green.data).zip(&blue.data);
    let rgb = colours.flat_map(|((red, green), blue)| [red, green, blue].map(value)).collect();
    Picture::new(straight.width(), straight.height(), rgb).ok_or(NoDocument::NotFound)
}

/// Width and height in pixels, of what may be a document.
fn size(corners: &[Point; 4]) -> Option<(f64, f64)> {
    let side = |at: usize| distance(corners[at], corners[(at + 1) % 4]);
    let (top, right, bottom, left) = (side(0), side(1), side(2), side(3));
    let alike = |a: f64, b: f64| a.max(b) <= FLATTEST * a.min(b);
    let (width, height) = (top.max(bottom).round(), left.max(right).round());
    let fits = width.min(height) >= LEAST_SIDE && width.max(height) <= LONGEST_SHAPE * width.min(height);
    (fits && alike(top, bottom) && alike(left, right)).then_some((width, height))
}
