//! Reading the letter's QR code.
//!
//! Once the marks are found the code is read module by module where the layout has it, moved a little
//! in each direction until it holds; `rqrr` corrects what is misread. Only when that fails is the code
//! looked for, in the straightened sheet and in the whole picture.

use rqrr::{Grid, PreparedImage, SimpleGrid};
use ruhu_sheet::layout::{QR, QR_MODULES};
use ruhu_sheet::payload::{Payload, PayloadError};

use crate::geometry::{Homography, Point};
use crate::picture::{Picture, Plane};
use crate::straight::Straight;

const PER_MM: f64 = 6.0;

/// The payload, from a picture whose sheet was found.
///
/// # Errors
/// As [`Payload::from_text`]; `Foreign` also where no code can be read.
pub fn read(picture: &Picture, view: &Homography) -> Result<Payload, PayloadError> {
    let part = Straight::of(picture, view, QR.grown(6.0), PER_MM);
    let grey = part.grey();
    let mut failure = PayloadError::Foreign;
    for (dx, dy) in shifts() {
        match sampled(&grey, dx, dy).map(|text| Payload::from_text(&text)) {
            Some(Ok(payload)) => return Ok(payload),
            Some(Err(error)) => failure = error,
            None => {}
        }
    }
    match looked_for(&grey) {
        Some(code) => Payload::from_text(&code.text),
        None => Err(failure),
    }
}

/// A code that was looked for and read.
#[derive(Debug, Clone, PartialEq)]
pub struct Code {
    /// Its text.
    pub text: String,
    /// Its corners in pixels: top left, top right, bottom right, bottom left, as it is printed.
    pub corners: [Point; 4],
}

/// Any QR code in a picture whose sheet was not found.
pub fn anywhere(picture: &Picture) -> Option<Code> {
    let (grey, step) = picture.grey(1600);
    let code = looked_for(&grey)?;
    let pixel = |at: f64| (at + 0.5) * step as f64 - 0.5;
    Some(Code { corners: code.corners.map(|(x, y)| (pixel(x), pixel(y))), ..code })
}

/// Shifts in millimetres, the smallest first.
fn shifts() -> impl Iterator<Item = (f64, f64)> {
    let steps = |by: f64| (-2..=2).map(move |at| f64::from(at) * by);
    let mut all: Vec<(f64, f64)> = steps(0.35).flat_map(|x| steps(0.35).map(move |y| (x, y))).collect();
    all.sort_by(|a, b| a.0.hypot(a.1).total_cmp(&b.0.hypot(b.1)));
    all.into_iter()
}

fn sampled(grey: &Plane, dx: f64, dy: f64) -> Option<String> {
    let module = QR.w / QR_MODULES as f64;
    let value = |column: usize, row: usize| {
        let at =
            |index: usize, shift: f64| ((6.0 + (index as f64 + 0.5) * module + shift) * PER_MM - 0.5) as f32;
        let (x, y) = (at(column, dx), at(row, dy));
        [(0.0, 0.0), (1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)]
            .iter()
            .map(|(ox, oy)| grey.sample(x + ox, y + oy))
            .sum::<f32>()
            / 5.0
    };
    let values: Vec<f32> =
        (0..QR_MODULES * QR_MODULES).map(|at| value(at % QR_MODULES, at / QR_MODULES)).collect();
    // Light falls unevenly: each module is compared with those around it.
    let plane = Plane::new(QR_MODULES, QR_MODULES, values);
    let (high, low) = (plane.highest(3), negative(&negative(&plane).highest(3)));
    let grid =
        SimpleGrid::from_func(QR_MODULES, |x, y| plane.at(x, y) < (high.at(x, y) + low.at(x, y)) / 2.0);
    Grid::new(grid).decode().ok().map(|(_, text)| text)
}

fn negative(plane: &Plane) -> Plane {
    Plane::new(plane.width, plane.height, plane.data.iter().map(|value| -value).collect())
}

fn looked_for(grey: &Plane) -> Option<Code> {
    let mut image = PreparedImage::prepare_from_greyscale(grey.width, grey.height, |x, y| {
        grey.at(x, y).clamp(0.0, 255.0) as u8
    });
    image.detect_grids().into_iter().find_map(|grid| {
        let (_, text) = grid.decode().ok()?;
        Some(Code { text, corners: grid.bounds.map(|point| (f64::from(point.x), f64::from(point.y))) })
    })
}
