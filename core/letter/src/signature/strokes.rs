//! Strokes with times, as JSON.
//!
//! ```json
//! {"signature":1,"width":300,"height":120,"strokes":[[[12,80,0],[14,76,16],[19,70,33]]]}
//! ```
//!
//! A stroke is what was drawn from touching the screen to lifting: points of place and time. Places
//! are in the units of `width` and `height`, from the top left; times are milliseconds since the first
//! touch.

use ruhu_text::{Explain, Explanation};
use serde::{Deserialize, Serialize};

/// What kind of file a signature is.
pub const MIME: &str = "application/vnd.ruhu.signature+json";
/// The most bytes of a signature.
pub const MAX_BYTES: usize = 256 * 1024;
/// The most points of a signature.
pub const MAX_POINTS: usize = 10_000;
/// The most units of width and height.
const MAX_SIDE: f32 = 10_000.0;
/// The longest time of drawing, in milliseconds.
const MAX_MS: u32 = 10 * 60 * 1000;

/// The shortest line of a signature, in parts of the height of what was drawn on.
const LEAST_LENGTH: f32 = 1.0;
/// How far a signature must reach, in parts of the height of what was drawn on.
const LEAST_REACH: f32 = 0.3;
/// The fewest points of a signature.
const LEAST_POINTS: usize = 8;
/// The shortest time of drawing, in milliseconds.
const LEAST_MS: u32 = 200;

/// A point of a stroke: from the left, from the top, milliseconds since the first touch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point(pub f32, pub f32, pub u32);

#[derive(Deserialize, Serialize)]
struct File {
    signature: u32,
    width: f32,
    height: f32,
    strokes: Vec<Vec<Point>>,
}

/// A signature as it was drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Signature {
    pub(super) width: f32,
    pub(super) height: f32,
    pub(super) strokes: Vec<Vec<Point>>,
}

/// What is said of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SignatureFacts {
    /// How often the pen was set down.
    pub strokes: u32,
    /// Points of all strokes.
    pub points: u32,
    /// Milliseconds from the first touch to the last.
    pub duration_ms: u32,
}

/// Why strokes are no signature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// No JSON of this shape; the reader's own words say where.
    #[error("not a signature: {0}")]
    Shape(String),
    /// Of a newer program.
    #[error("a signature of a newer program")]
    Newer,
    /// More bytes or points than a signature has.
    #[error("too large")]
    TooLarge,
    /// A place or a time lies outside what was drawn on, or times go back. Strokes count from 1.
    #[error("stroke {0} leaves the field or its times go back")]
    Outside(usize),
    /// Nothing was drawn.
    #[error("nothing was drawn")]
    Empty,
    /// A dot or a dash, drawn in no time.
    #[error("too short")]
    TooShort,
    /// Somebody else of the same letter has the same strokes.
    #[error("the same as another person's")]
    Same,
}

impl Explain for SignatureError {
    fn code(&self) -> &'static str {
        match self {
            SignatureError::Shape(_) => "signature_shape",
            SignatureError::Newer => "signature_newer",
            SignatureError::TooLarge => "signature_too_large",
            SignatureError::Outside(_) => "signature_outside",
            SignatureError::Empty => "signature_empty",
            SignatureError::TooShort => "signature_too_short",
            SignatureError::Same => "signature_same",
        }
    }

    fn explain(&self) -> Explanation {
        match self {
            SignatureError::Shape(at) => Explanation::new(
                format!("签名文件无法读取：{at}。"),
                format!("The signature cannot be read: {at}."),
            ),
            SignatureError::Newer => Explanation::new(
                "签名由更新版本的程序记录。",
                "The signature was recorded by a newer version of the program.",
            )
            .advise("请更新本程序。", "Update this program."),
            SignatureError::TooLarge => Explanation::new("签名文件太大。", "The signature is too large.")
                .advise("请清除后重签。", "Clear it and sign again."),
            SignatureError::Outside(stroke) => Explanation::new(
                format!("签名第 {stroke} 笔超出签名框，或者时间不对。"),
                format!("Stroke {stroke} of the signature leaves its field, or its times go back."),
            )
            .advise("请清除后重签。", "Clear it and sign again."),
            SignatureError::Empty => Explanation::new("没有签名。", "Nothing was signed.")
                .advise("请在框内签名。", "Sign in the field."),
            SignatureError::TooShort => {
                Explanation::new("签名太短，不像姓名。", "The signature is too short for a name.")
                    .advise("请清除后写全姓名。", "Clear it and write the whole name.")
            }
            SignatureError::Same => Explanation::new(
                "这与另一名授权人的签名完全相同。",
                "This is the same signature as another person's.",
            )
            .advise("请本人亲自签名。", "Each signs in person."),
        }
    }
}

impl Signature {
    /// Reads a signature and judges whether it is one.
    ///
    /// # Errors
    /// `signature_shape`, `signature_newer`, `signature_too_large`, `signature_outside`,
    /// `signature_empty`, `signature_too_short`.
    pub fn from_json(bytes: &[u8]) -> Result<Signature, SignatureError> {
        if bytes.len() > MAX_BYTES {
            return Err(SignatureError::TooLarge);
        }
        let shape = |error: serde_json::Error| SignatureError::Shape(error.to_string());
        let file: File = serde_json::from_slice(bytes).map_err(shape)?;
        if file.signature != 1 {
            return Err(SignatureError::Newer);
        }
        let side = 1.0..=MAX_SIDE;
        if !side.contains(&file.width) || !side.contains(&file.height) {
            return Err(SignatureError::Shape("width, height".into()));
        }
        let strokes: Vec<Vec<Point>> = file.strokes.into_iter().filter(|stroke| !stroke.is_empty()).collect();
        if strokes.iter().map(Vec::len).sum::<usize>() > MAX_POINTS {
            return Err(SignatureError::TooLarge);
        }
        let mut time = 0;
        for (at, stroke) in strokes.iter().enumerate() {
            for &Point(x, y, ms) in stroke {
                let inside = (0.0..=file.width).contains(&x) && (0.0..=file.height).contains(&y);
                if !inside || ms < time || ms > MAX_MS {
                    return Err(SignatureError::Outside(at + 1));
                }
                time = ms;
            }
        }
        let signature = Signature { width: file.width, height: file.height, strokes };
        signature.judge()?;
        Ok(signature)
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        let strokes = self.strokes.clone();
        let file = File { signature: 1, width: self.width, height: self.height, strokes };
        serde_json::to_string(&file).unwrap_or_default()
    }

    pub(super) fn points(&self) -> impl Iterator<Item = &Point> {
        self.strokes.iter().flatten()
    }

    fn judge(&self) -> Result<(), SignatureError> {
        let (Some(first), Some(last)) = (self.points().next(), self.points().last()) else {
            return Err(SignatureError::Empty);
        };
        let step = |pair: &[Point]| match pair {
            [one, other] => (other.0 - one.0).hypot(other.1 - one.1),
            _ => 0.0,
        };
        let length: f32 = self.strokes.iter().flat_map(|stroke| stroke.windows(2)).map(step).sum();
        let reach = |of: fn(&Point) -> f32| {
            let (least, most) = self
                .points()
                .map(of)
                .fold((f32::MAX, f32::MIN), |(least, most), at| (least.min(at), most.max(at)));
            most - least
        };
        let reached = reach(|point| point.0).max(reach(|point| point.1));
        let unit = self.width.min(self.height);
        let is_one = length >= LEAST_LENGTH * unit
            && reached >= LEAST_REACH * unit
            && self.points().count() >= LEAST_POINTS
            && last.2 - first.2 >= LEAST_MS;
        if is_one { Ok(()) } else { Err(SignatureError::TooShort) }
    }

    /// What is said of it besides its strokes.
    pub fn facts(&self) -> SignatureFacts {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let first = self.points().next().map_or(0, |point| point.2);
        SignatureFacts {
            strokes: number(self.strokes.len()),
            points: number(self.points().count()),
            duration_ms: self.points().last().map_or(0, |point| point.2.saturating_sub(first)),
        }
    }

    /// Width and height of what was drawn on, in its units.
    pub fn field(&self) -> (f32, f32) {
        (self.width, self.height)
    }

    /// The strokes fitted into a rectangle, in its units: what was drawn on is scaled to it as a whole.
    pub fn fitted(&self, (left, top, width, height): (f64, f64, f64, f64)) -> Vec<Vec<(f64, f64)>> {
        let scale = (width / f64::from(self.width)).min(height / f64::from(self.height));
        let (left, top) = (
            left + (width - scale * f64::from(self.width)) / 2.0,
            top + (height - scale * f64::from(self.height)) / 2.0,
        );
        let place = |point: &Point| (left + scale * f64::from(point.0), top + scale * f64::from(point.1));
        self.strokes.iter().map(|stroke| stroke.iter().map(place).collect()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::check_differs;
    use super::*;
    use proptest::prelude::*;

    /// A signature of so many points, wobbling by a seed.
    fn drawn(points: usize, seed: f32) -> Signature {
        let stroke = |from: usize| {
            (from..from + points / 2)
                .map(|at| {
                    let t = at as f32 / points as f32;
                    Point(20.0 + 200.0 * t, 60.0 + 30.0 * (9.0 * t + seed).sin(), (at * 16) as u32)
                })
                .collect()
        };
        Signature { width: 300.0, height: 120.0, strokes: vec![stroke(0), stroke(points / 2)] }
    }

    fn code(json: &str) -> &'static str {
        Signature::from_json(json.as_bytes()).unwrap_err().code()
    }

    #[test]
    fn a_signature_is_read_as_it_was_written() {
        let signature = drawn(60, 0.3);
        assert_eq!(Signature::from_json(signature.to_json().as_bytes()), Ok(signature));
    }

    #[test]
    fn nothing_a_dot_a_dash_and_a_tap_are_no_signatures() {
        let file =
            |strokes: &str| format!(r#"{{"signature":1,"width":300,"height":120,"strokes":{strokes}}}"#);
        assert_eq!(code(&file("[]")), "signature_empty");
        assert_eq!(code(&file("[[]]")), "signature_empty");
        assert_eq!(code(&file("[[[10,10,0]]]")), "signature_too_short");
        assert_eq!(code(&file("[[[10,10,0],[12,10,900]]]")), "signature_too_short");
        let at_once = drawn(60, 0.0).to_json();
        let mut at_once: serde_json::Value = serde_json::from_str(&at_once).unwrap();
        for point in
            at_once["strokes"].as_array_mut().unwrap().iter_mut().flat_map(|s| s.as_array_mut().unwrap())
        {
            point[2] = 0.into();
        }
        assert_eq!(code(&at_once.to_string()), "signature_too_short");
    }

    #[test]
    fn what_is_no_signature_says_why() {
        assert_eq!(code("{"), "signature_shape");
        assert_eq!(code(r#"{"signature":2,"width":300,"height":120,"strokes":[]}"#), "signature_newer");
        assert_eq!(code(r#"{"signature":1,"width":0,"height":120,"strokes":[]}"#), "signature_shape");
        let outside = r#"{"signature":1,"width":300,"height":120,"strokes":[[[1,1,0]],[[301,1,5]]]}"#;
        assert_eq!(code(outside), "signature_outside");
        let back = r#"{"signature":1,"width":300,"height":120,"strokes":[[[1,1,9],[2,1,8]]]}"#;
        assert_eq!(code(back), "signature_outside");
        assert_eq!(code(&" ".repeat(MAX_BYTES + 1)), "signature_too_large");
        assert_eq!(code(&drawn(MAX_POINTS + 2, 0.0).to_json()), "signature_too_large");
    }

    #[test]
    fn one_signature_for_two_people_is_refused_also_moved_scaled_or_slower() {
        let one = drawn(60, 0.3);
        let moved = |by: f32, scale: f32, slower: u32| {
            let place = |p: &Point| Point(p.0 * scale + by, p.1 * scale + by, p.2 * slower);
            let strokes = one.strokes.iter().map(|stroke| stroke.iter().map(place).collect()).collect();
            Signature { strokes, ..one.clone() }
        };
        let same = |other: &Signature| check_differs(one.to_json().as_bytes(), other.to_json().as_bytes());
        assert_eq!(same(&one), Err(SignatureError::Same));
        assert_eq!(same(&moved(7.0, 0.9, 3)), Err(SignatureError::Same));
        assert_eq!(same(&drawn(60, 0.7)), Ok(()), "the same hand again");
        assert_eq!(
            check_differs(b"\xff\xd8 a", b"\xff\xd8 a"),
            Err(SignatureError::Same),
            "one picture twice"
        );
        assert_eq!(check_differs(b"\xff\xd8 a", b"\xff\xd8 b"), Ok(()));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_fail_otherwise_than_by_an_error(bytes: Vec<u8>) {
            let _ = Signature::from_json(&bytes);
        }
    }
}
