//! Where things stand on the sheet.
//!
//! All lengths are millimetres from the top left corner of an A4 sheet held upright. Whatever is
//! printed outside [`TEXT`], [`QR`], the marks and the cells of grantors must leave those alone: the
//! marks need [`MARK_QUIET`] of white around them, the QR code [`QR_QUIET`].

use crate::boxes_file::{BoxKind, Boxes, Grantor, GrantorBox};
pub use crate::page::{PAGE_HEIGHT, PAGE_WIDTH, Rect};

/// Side of a corner mark.
pub const MARK_SIDE: f64 = 12.0;
/// From the sheet's edges to a corner mark.
pub const MARK_INSET: f64 = 10.0;
/// White that must stay around a corner mark.
pub const MARK_QUIET: f64 = 2.0;
/// Modules along a side of a corner mark: a black frame of one module around 4 × 4 that tell which
/// corner it is.
pub const MARK_MODULES: usize = 6;

/// Modules along the side of the QR code: version 4, error correction M.
pub const QR_MODULES: usize = 33;
/// White that must stay around the QR code.
pub const QR_QUIET: f64 = 4.0;
/// The QR code without its quiet zone: a module is 1 mm.
pub const QR: Rect = Rect { x: 149.0, y: 12.0, w: 33.0, h: 33.0 };

/// Where title and text may stand.
pub const TEXT: [Rect; 2] =
    [Rect { x: 26.0, y: 12.0, w: 117.0, h: 38.0 }, Rect { x: 22.0, y: 51.0, w: 166.0, h: 97.0 }];

/// Grantors for whom a sheet has room. A letter of more grantors has more sheets.
pub const GRANTORS_PER_SHEET: usize = 6;
/// The boxes of one grantor, with the line that names them.
const CELL: (f64, f64) = (88.0, 40.0);
const CELLS_FROM: (f64, f64) = (15.0, 150.0);
const CELL_STEP: (f64, f64) = (92.0, 40.0);

/// A corner of the sheet, held upright.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Corner {
    /// Top left.
    TopLeft,
    /// Top right.
    TopRight,
    /// Bottom right.
    BottomRight,
    /// Bottom left.
    BottomLeft,
}

impl Corner {
    /// All, clockwise from the top left.
    pub const ALL: [Corner; 4] = [Corner::TopLeft, Corner::TopRight, Corner::BottomRight, Corner::BottomLeft];

    /// Where its mark stands.
    pub fn mark(self) -> Rect {
        let far = |length: f64| length - MARK_INSET - MARK_SIDE;
        let (x, y) = match self {
            Corner::TopLeft => (MARK_INSET, MARK_INSET),
            Corner::TopRight => (far(PAGE_WIDTH), MARK_INSET),
            Corner::BottomRight => (far(PAGE_WIDTH), far(PAGE_HEIGHT)),
            Corner::BottomLeft => (MARK_INSET, far(PAGE_HEIGHT)),
        };
        Rect { x, y, w: MARK_SIDE, h: MARK_SIDE }
    }

    /// The 4 × 4 inner modules of its mark, row by row from the top left, the highest bit first; 1 is
    /// black. Any two of the four, turned by any quarter, differ in at least 8 of the 16, and so does
    /// each from itself turned: three misread modules leave no doubt which corner it is and how the
    /// sheet is turned. Each differs from the inside of a QR code's finder pattern in at least 6.
    pub fn code(self) -> u16 {
        match self {
            Corner::TopLeft => 0xf475,
            Corner::TopRight => 0xcfa0,
            Corner::BottomRight => 0x99c6,
            Corner::BottomLeft => 0xb508,
        }
    }

    /// Whether a module of its mark is black. `column` and `row` count from the top left and are below
    /// [`MARK_MODULES`]; beyond them all is white.
    pub fn is_black(self, column: usize, row: usize) -> bool {
        let last = MARK_MODULES - 1;
        if column > last || row > last {
            return false;
        }
        if column == 0 || row == 0 || column == last || row == last {
            return true;
        }
        self.code() >> (15 - ((row - 1) * 4 + column - 1)) & 1 == 1
    }
}

/// A grantor's place on the sheet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// All of it.
    pub area: Rect,
    /// The line that names the grantor.
    pub caption: Rect,
    /// Where they sign.
    pub signature: Rect,
    /// Where they press their finger.
    pub print: Rect,
}

/// The place of the `index`-th grantor of a sheet, from 0; beyond [`GRANTORS_PER_SHEET`] there is none.
pub fn cell(index: usize) -> Option<Cell> {
    if index >= GRANTORS_PER_SHEET {
        return None;
    }
    let x = CELLS_FROM.0 + CELL_STEP.0 * (index % 2) as f64;
    let y = CELLS_FROM.1 + CELL_STEP.1 * (index / 2) as f64;
    Some(Cell {
        area: Rect { x, y, w: CELL.0, h: CELL.1 },
        caption: Rect { x: x + 2.0, y: y + 1.0, w: CELL.0 - 4.0, h: 7.0 },
        signature: Rect { x: x + 2.0, y: y + 9.0, w: 50.0, h: 30.0 },
        print: Rect { x: x + 56.0, y: y + 9.0, w: 30.0, h: 30.0 },
    })
}

/// Sheets of a letter of so many grantors: at least one.
pub fn sheets(grantors: usize) -> usize {
    grantors.div_ceil(GRANTORS_PER_SHEET).max(1)
}

/// The boxes of a whole letter. Grantors are numbered from 1 in the order of the letter.
pub fn boxes(grantors: usize) -> Boxes {
    let boxes = (0..grantors).flat_map(|at| {
        let sheet = (at / GRANTORS_PER_SHEET + 1) as u32;
        let both = cell(at % GRANTORS_PER_SHEET)
            .map(|cell| [(BoxKind::Print, cell.print), (BoxKind::Signature, cell.signature)]);
        both.into_iter().flatten().map(move |(kind, rect)| GrantorBox {
            grantor: Grantor::Number(at as u64 + 1),
            kind,
            rect,
            sheet,
        })
    });
    Boxes::new(boxes.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The inner modules turned by a quarter to the right.
    fn turned(code: u16) -> u16 {
        (0..16).fold(0, |turned, at| {
            let (row, column) = (at / 4, at % 4);
            let from = (3 - column) * 4 + row;
            turned << 1 | (code >> (15 - from) & 1)
        })
    }

    #[test]
    fn a_mark_with_three_misread_modules_still_tells_its_corner_and_its_turn() {
        let mut all = Vec::new();
        for corner in Corner::ALL {
            let mut code = corner.code();
            for _ in 0..4 {
                all.push(code);
                code = turned(code);
            }
            assert_eq!(code, corner.code(), "four quarters are a whole turn");
        }
        for (at, one) in all.iter().enumerate() {
            for other in &all[at + 1..] {
                assert!((one ^ other).count_ones() >= 8, "{one:04x} and {other:04x}");
            }
            assert!((one ^ 0x0660).count_ones() >= 6, "{one:04x} looks like a finder pattern");
        }
    }

    #[test]
    fn nothing_on_the_sheet_lies_over_anything_else() {
        let mut places: Vec<Rect> =
            Corner::ALL.iter().map(|corner| corner.mark().grown(MARK_QUIET)).collect();
        places.push(QR.grown(QR_QUIET));
        places.extend(TEXT);
        for index in 0..GRANTORS_PER_SHEET {
            let cell = cell(index).unwrap();
            assert!(!cell.signature.overlaps(&cell.print) && !cell.caption.overlaps(&cell.print));
            for part in [cell.caption, cell.signature, cell.print] {
                assert!(part.corners().iter().all(|&(x, y)| cell.area.contains(x, y)));
            }
            places.push(cell.area);
        }
        let page = Rect { x: 0.0, y: 0.0, w: PAGE_WIDTH, h: PAGE_HEIGHT };
        for (at, place) in places.iter().enumerate() {
            assert!(place.corners().iter().all(|&(x, y)| page.contains(x, y)), "{place:?} is on the sheet");
            for other in &places[at + 1..] {
                assert!(!place.overlaps(other), "{place:?} and {other:?}");
            }
        }
    }

    #[test]
    fn the_seventh_grantor_is_on_the_second_sheet() {
        assert_eq!((sheets(0), sheets(6), sheets(7)), (1, 1, 2));
        let boxes = boxes(7);
        let seventh: Vec<_> = boxes.boxes.iter().filter(|one| one.grantor == Grantor::Number(7)).collect();
        assert_eq!(seventh.len(), 2);
        assert!(seventh.iter().all(|one| one.sheet == 2));
        assert_eq!(seventh[0].rect, cell(0).unwrap().print);
    }
}
