//! Whether a picture can be judged at all: light, sharpness, reflections, size, and whether the box is
//! in it.

use ruhu_sheet::page::{PAGE_HEIGHT, PAGE_WIDTH, Rect};
use ruhu_text::Bilingual;
use serde::Serialize;

use crate::geometry::Homography;
use crate::picture::{Picture, Plane, quantile};
use crate::straight::Straight;

/// Pixels a millimetre below which ridges, 0.35 to 0.65 mm apart, cannot be seen.
const LEAST_SCALE: f64 = 4.5;
/// Paper darker than this, of 255, is too dark.
const LEAST_LIGHT: f32 = 48.0;
/// An edge that needs more millimetres from black to white is blurred beyond a ridge's distance.
const WIDEST_EDGE: f32 = 0.60;
/// Brighter than this in all channels nothing can be seen.
const BURNT: f32 = 249.0;
/// The share of a box that a reflection may take.
const MOST_GLARE: f32 = 0.10;
/// Points a millimetre at which edges are measured.
const PER_MM: f64 = 10.0;

/// Why a picture, or a box in it, cannot be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// No sheet, or nothing that says where its boxes are.
    NoLetter,
    /// A box lies beyond the picture's edge.
    CutOff,
    /// Hardly any light.
    TooDark,
    /// Out of focus, or the hand shook.
    Blurred,
    /// A reflection over a box.
    Glare,
    /// Too few pixels a millimetre.
    TooFar,
}

impl Fault {
    /// What to do, for who takes the picture.
    pub fn advice(self) -> Bilingual {
        let (zh, en) = match self {
            Fault::NoLetter => (
                "没有找到授权书：请把整张纸（四角标记和二维码）拍进画面。",
                "No letter was found: take the whole sheet, with its four corner marks and the QR code.",
            ),
            Fault::CutOff => (
                "纸张没有拍全：请离远一点，把四角都拍进画面。",
                "The sheet is cut off: step back until all four corners are in the picture.",
            ),
            Fault::TooDark => {
                ("太暗：请到亮处或打开灯再拍。", "Too dark: go where there is light and take it again.")
            }
            Fault::Blurred => (
                "照片模糊：请拿稳手机，对焦后再拍。",
                "Blurred: hold still, let the phone focus, and take it again.",
            ),
            Fault::Glare => (
                "捺印处反光：请换个角度避开灯光再拍。",
                "A light is reflected on a box: change the angle and take it again.",
            ),
            Fault::TooFar => (
                "离得太远：请靠近一点，让纸张占满画面。",
                "Too far away: come closer until the sheet fills the picture.",
            ),
        };
        Bilingual::new(zh, en)
    }
}

/// How well a box can be judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitness {
    /// What hinders judging it.
    pub faults: Vec<Fault>,
    /// Millimetres that the sharpest edges around it need from dark to bright; none where there are no
    /// edges.
    pub edge: Option<f32>,
}

impl Fitness {
    /// Of a box on a sheet whose paper is as bright as [`page_light`] says.
    pub fn of(picture: &Picture, view: &Homography, rect: &Rect, page: f32) -> Fitness {
        let part = Straight::of(picture, view, around(rect), PER_MM);
        let boxed = Straight::of(picture, view, *rect, 3.0);
        let grey = part.grey();
        let edge = edge_width(&grey);
        let found = [
            (Fault::CutOff, boxed.seen < 0.995),
            (Fault::TooDark, grey.quantile(0.8) < LEAST_LIGHT),
            (Fault::TooFar, view.scale_at(rect.centre()) < LEAST_SCALE),
            (Fault::Blurred, edge.is_some_and(|width| width > WIDEST_EDGE)),
            (Fault::Glare, glare(&boxed, page) > MOST_GLARE),
        ];
        let faults = found.into_iter().filter(|(_, there)| *there).map(|(fault, _)| fault).collect();
        Fitness { faults, edge }
    }
}

/// The box with what is printed around it, on the sheet.
fn around(rect: &Rect) -> Rect {
    let grown = rect.grown(9.0);
    let (x, y) = (grown.x.max(0.0), grown.y.max(0.0));
    let right = (grown.x + grown.w).min(PAGE_WIDTH);
    let bottom = (grown.y + grown.h).min(PAGE_HEIGHT);
    Rect { x, y, w: right - x, h: bottom - y }
}

/// The least brightness of a channel over most of the sheet.
pub fn page_light(picture: &Picture, view: &Homography) -> f32 {
    let sheet = Rect { x: 5.0, y: 5.0, w: PAGE_WIDTH - 10.0, h: PAGE_HEIGHT - 10.0 };
    darkest(&Straight::of(picture, view, sheet, 0.5)).quantile(0.6)
}

fn darkest(part: &Straight) -> Plane {
    let [red, green, blue] = &part.planes;
    let least =
        red.data.iter().zip(&green.data).zip(&blue.data).map(|((r, g), b)| r.min(*g).min(*b)).collect();
    Plane::new(red.width, red.height, least)
}

/// The share of a box that is burnt out, where the sheet as a whole is not.
fn glare(boxed: &Straight, page: f32) -> f32 {
    if page > BURNT - 6.0 {
        return 0.0;
    }
    let least = darkest(boxed);
    least.data.iter().filter(|&&value| value >= BURNT).count() as f32 / least.data.len() as f32
}

/// How many millimetres the sharpest edges need from dark to bright, across and down, the larger of
/// the two: a shaken picture is sharp along the shake. None where there are no edges.
fn edge_width(grey: &Plane) -> Option<f32> {
    let smooth = grey.mean(1);
    let turned = Plane::new(
        grey.height,
        grey.width,
        (0..grey.width)
            .flat_map(|x| (0..grey.height).map(move |y| (x, y)))
            .map(|(x, y)| smooth.at(x, y))
            .collect(),
    );
    let (across, down) = (edges_of_rows(&smooth)?, edges_of_rows(&turned)?);
    Some(across.max(down))
}

/// Over pieces of rows, contrast divided by steepest slope; of those with contrast, a low quantile.
fn edges_of_rows(plane: &Plane) -> Option<f32> {
    let piece = (4.0 * PER_MM) as usize;
    let bright = plane.quantile(0.9);
    let mut widths = Vec::new();
    for y in (0..plane.height).step_by(2) {
        let row = &plane.data[y * plane.width..][..plane.width];
        for values in row.chunks(piece).filter(|values| values.len() > piece / 2) {
            let (low, high) = values.iter().fold((f32::MAX, f32::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
            let steepest = values.windows(3).map(|v| (v[2] - v[0]).abs() / 2.0).fold(0.0, f32::max);
            if high - low > 0.22 * bright {
                widths.push((high - low) / steepest / PER_MM as f32);
            }
        }
    }
    (widths.len() > 12).then(|| quantile(&mut widths, 0.15))
}
