//! The file that says where on a letter each grantor signs and presses a finger.
//!
//! ```json
//! {"unit":"mm","origin":"top-left","rect_form":"xywh",
//!  "boxes":[{"grantor":1,"kind":"print","rect":[71,159,30,30]}]}
//! ```

use std::fmt;

use ruhu_text::{Explain, Explanation};
use serde::{Deserialize, Serialize};

use crate::page::{PAGE_HEIGHT, PAGE_WIDTH, Rect};

/// The most bytes of a file of boxes.
pub const MAX_BYTES: usize = 1 << 20;
/// The most boxes of a letter.
pub const MAX_BOXES: usize = 200;
/// The shortest side of a box, in millimetres.
const MIN_SIDE: f64 = 3.0;

/// Who signs: as the file writes it, a text or a number.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Grantor {
    /// A number; on letters of ours, counted from 1.
    Number(u64),
    /// A name or an id.
    Text(String),
}

impl fmt::Display for Grantor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Grantor::Number(number) => number.fmt(f),
            Grantor::Text(text) => text.fmt(f),
        }
    }
}

/// What a box is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BoxKind {
    /// An inked print.
    Print,
    /// A signature.
    Signature,
}

/// One box of one grantor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GrantorBox {
    /// Whose it is.
    pub grantor: Grantor,
    /// What for.
    pub kind: BoxKind,
    /// Where.
    pub rect: Rect,
    /// On which sheet of the letter, from 1; the first when the file does not say.
    #[serde(default = "first", skip_serializing_if = "is_first")]
    pub sheet: u32,
}

fn first() -> u32 {
    1
}

fn is_first(sheet: &u32) -> bool {
    *sheet == first()
}

/// The boxes of a letter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Boxes {
    unit: String,
    origin: String,
    rect_form: String,
    /// The boxes, in the order of the file.
    pub boxes: Vec<GrantorBox>,
}

/// Why a file of boxes is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BoxesError {
    /// It is no JSON of this shape; the reader's own words say where.
    #[error("not a file of boxes: {0}")]
    Shape(String),
    /// Lengths are measured in another way.
    #[error("the field {0} has a value that is not known")]
    Measure(&'static str),
    /// Too many bytes or boxes.
    #[error("too large")]
    TooLarge,
    /// There are no boxes.
    #[error("no boxes")]
    Empty,
    /// A box does not lie on the sheet, or is too small for anything. Boxes count from 1.
    #[error("box {0} does not lie on the sheet")]
    Place(usize),
}

impl Explain for BoxesError {
    fn code(&self) -> &'static str {
        match self {
            BoxesError::Shape(_) => "boxes_shape",
            BoxesError::Measure(_) => "boxes_measure",
            BoxesError::TooLarge => "boxes_too_large",
            BoxesError::Empty => "boxes_empty",
            BoxesError::Place(_) => "boxes_place",
        }
    }

    fn explain(&self) -> Explanation {
        match self {
            BoxesError::Shape(at) => Explanation::new(
                format!("方框文件无法读取：{at}。"),
                format!("The file of boxes cannot be read: {at}."),
            )
            .advise(
                "请用 ruhu letter print --boxes 写出的格式。",
                "Write it as `ruhu letter print --boxes` does.",
            ),
            BoxesError::Measure(field) => Explanation::new(
                format!("方框文件的 {field} 不是本程序认识的值。"),
                format!("The file of boxes measures in a way that is not known ({field})."),
            )
            .advise(
                "单位用 mm，原点用 top-left，矩形用 xywh。",
                "The unit is mm, the origin top-left, a rectangle is xywh.",
            ),
            BoxesError::TooLarge => Explanation::new("方框文件太大。", "The file of boxes is too large."),
            BoxesError::Empty => Explanation::new("方框文件里没有方框。", "The file of boxes has no box."),
            BoxesError::Place(at) => Explanation::new(
                format!("第 {at} 个方框不在 A4 纸上，或者太小。"),
                format!("Box {at} does not lie on an A4 sheet, or is too small."),
            )
            .advise("请核对以毫米为单位的位置。", "Check its place in millimetres."),
        }
    }
}

impl Boxes {
    /// Boxes of a letter.
    pub fn new(boxes: Vec<GrantorBox>) -> Boxes {
        let text = str::to_owned;
        Boxes { unit: text("mm"), origin: text("top-left"), rect_form: text("xywh"), boxes }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// `boxes_shape` for what is no such JSON, `boxes_measure` for other units, origins and forms of
    /// rectangles, `boxes_too_large`, `boxes_empty`, `boxes_place` for a box off the sheet.
    pub fn from_json(bytes: &[u8]) -> Result<Boxes, BoxesError> {
        if bytes.len() > MAX_BYTES {
            return Err(BoxesError::TooLarge);
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let file: Boxes =
            serde_json::from_slice(bytes).map_err(|error| BoxesError::Shape(error.to_string()))?;
        for (name, value, known) in [
            ("unit", &file.unit, "mm"),
            ("origin", &file.origin, "top-left"),
            ("rect_form", &file.rect_form, "xywh"),
        ] {
            if value != known {
                return Err(BoxesError::Measure(name));
            }
        }
        if file.boxes.is_empty() {
            return Err(BoxesError::Empty);
        }
        if file.boxes.len() > MAX_BOXES {
            return Err(BoxesError::TooLarge);
        }
        let page = Rect { x: 0.0, y: 0.0, w: PAGE_WIDTH, h: PAGE_HEIGHT };
        let lies_on_the_sheet = |rect: &Rect| {
            rect.w >= MIN_SIDE
                && rect.h >= MIN_SIDE
                && rect.corners().iter().all(|&(x, y)| page.contains(x, y))
        };
        match file.boxes.iter().position(|one| !lies_on_the_sheet(&one.rect)) {
            Some(at) => Err(BoxesError::Place(at + 1)),
            None => Ok(file),
        }
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The grantors of a sheet, in the order in which the file first names them.
    pub fn grantors(&self, sheet: u32) -> Vec<&Grantor> {
        let mut grantors = Vec::new();
        for one in self.boxes.iter().filter(|one| one.sheet == sheet) {
            if !grantors.contains(&&one.grantor) {
                grantors.push(&one.grantor);
            }
        }
        grantors
    }

    /// The box of a grantor, if there is one of this kind on the sheet.
    pub fn find(&self, sheet: u32, grantor: &Grantor, kind: BoxKind) -> Option<Rect> {
        let is_it = |one: &&GrantorBox| one.sheet == sheet && one.kind == kind && one.grantor == *grantor;
        self.boxes.iter().find(is_it).map(|one| one.rect)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout;

    #[test]
    fn what_the_layout_writes_is_read_again_as_the_same() {
        let boxes = layout::boxes(8);
        assert_eq!(Boxes::from_json(boxes.to_json().as_bytes()).unwrap(), boxes);
        assert_eq!(boxes.grantors(2), [&Grantor::Number(7), &Grantor::Number(8)]);
    }

    #[test]
    fn the_file_has_the_fields_that_others_read() {
        insta::assert_snapshot!(layout::boxes(1).to_json(), @r#"{"unit":"mm","origin":"top-left","rect_form":"xywh","boxes":[{"grantor":1,"kind":"print","rect":[71.0,159.0,30.0,30.0]},{"grantor":1,"kind":"signature","rect":[17.0,159.0,50.0,30.0]}]}"#);
    }

    #[test]
    fn a_grantor_keeps_the_name_that_the_file_gives() {
        let file = r#"{"unit":"mm","origin":"top-left","rect_form":"xywh","boxes":[
            {"grantor":"陈一","kind":"print","rect":[10,10,20,25]}]}"#;
        let boxes = Boxes::from_json(file.as_bytes()).unwrap();
        assert_eq!(boxes.boxes[0].grantor.to_string(), "陈一");
        assert_eq!(boxes.boxes[0].sheet, 1);
    }

    #[test]
    fn files_that_cannot_be_used_say_why() {
        let file = |unit: &str, rect: &str| {
            format!(
                r#"{{"unit":"{unit}","origin":"top-left","rect_form":"xywh","boxes":[{{"grantor":1,"kind":"print","rect":{rect}}}]}}"#
            )
        };
        let code = |text: &str| Boxes::from_json(text.as_bytes()).map_err(|error| error.code());
        assert_eq!(code(&file("inch", "[1,2,10,10]")).unwrap_err(), "boxes_measure");
        assert_eq!(code(&file("mm", "[1,2,10]")).unwrap_err(), "boxes_shape");
        assert_eq!(code(&file("mm", "[201,2,10,10]")).unwrap_err(), "boxes_place");
        assert_eq!(code(&file("mm", "[1,2,10,-10]")).unwrap_err(), "boxes_place");
        assert_eq!(code("{").unwrap_err(), "boxes_shape");
        let none = r#"{"unit":"mm","origin":"top-left","rect_form":"xywh","boxes":[]}"#;
        assert_eq!(code(none).unwrap_err(), "boxes_empty");
    }
}
