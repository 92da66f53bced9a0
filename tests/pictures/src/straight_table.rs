//! How often a document is found so that it can be made straight: where its corners were seen, and where they are.

use std::fmt::{self, Display, Formatter};

use ruhu_vision::geometry::Point;
use ruhu_vision::picture::{Picture, decode};
use ruhu_vision::quality::{NoDocument, document_corners};

use crate::parallel::each;
use crate::rooms::room_photo;
use crate::tables::{Fault, document_seen};

/// So far at most the farthest of four corners may lie from where it is, in hundredths of the photo's longer side.
const WITHIN: [f64; 2] = [1.0, 3.0];

/// Photos counted by what came of them.
#[derive(Debug, Clone, Default)]
pub struct StraightTable {
    rows: Vec<(&'static str, Row)>,
}

/// Photos of one kind.
#[derive(Debug, Clone, Copy, Default)]
pub struct Row {
    /// Made straight with every corner where it is, within one hundredth, and within three.
    pub right: [usize; 2],
    /// Made straight otherwise.
    pub wrong: usize,
    /// Said to be cut off.
    pub cut_off: usize,
    /// No document was found.
    pub not_found: usize,
}

impl StraightTable {
    /// Draws so many photos of each kind.
    pub fn of(seed: u64, count: usize) -> StraightTable {
        let papers = |fault| {
            each(count, |at| {
                let (photo, corners) = document_seen(seed + at as u64, fault);
                seen(&photo, Some(corners))
            })
        };
        let rooms = each(count, |at| seen(&room_photo(seed + at as u64, Fault::None), None));
        let rows = [
            ("Paper", papers(Fault::None)),
            ("Paper, dark", papers(Fault::Dark)),
            ("Paper, cut off", papers(Fault::CutOff)),
            ("Room", rooms),
        ];
        StraightTable { rows: rows.map(|(name, seen)| (name, Row::of(&seen))).into() }
    }

    /// The row of this name.
    pub fn row(&self, name: &str) -> Row {
        self.rows.iter().find(|(known, _)| *known == name).unwrap().1
    }
}

/// How far the farthest corner is from where it is, in hundredths of the longer side; of what is no document, far.
fn seen(photo: &[u8], corners: Option<[Point; 4]>) -> Result<f64, NoDocument> {
    let photo: Picture = decode(photo).unwrap();
    let found = document_corners(&photo)?;
    let longer = photo.width().max(photo.height()) as f64;
    let Some(corners) = corners else { return Ok(f64::INFINITY) };
    let apart = |turn: usize| {
        let pairs = found.iter().zip(corners.iter().cycle().skip(turn));
        pairs.map(|(a, b)| (a.0 - b.0).hypot(a.1 - b.1)).fold(0.0, f64::max)
    };
    // Which of its corners is the upper left one is another question.
    Ok((0..4).map(apart).fold(f64::INFINITY, f64::min) / longer * 100.0)
}

impl Row {
    fn of(seen: &[Result<f64, NoDocument>]) -> Row {
        let mut row = Row::default();
        for one in seen {
            match one {
                Err(NoDocument::CutOff) => row.cut_off += 1,
                Err(NoDocument::NotFound) => row.not_found += 1,
                Ok(apart) if *apart > WITHIN[1] => row.wrong += 1,
                Ok(apart) => {
                    row.right[0] += usize::from(*apart <= WITHIN[0]);
                    row.right[1] += 1;
                }
            }
        }
        row
    }
}

impl Display for StraightTable {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| Photo | corners within 1 % | within 3 % | made straight wrongly | said to be cut off | left alone |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|")?;
        for (name, Row { right, wrong, cut_off, not_found }) in &self.rows {
            writeln!(f, "| {name} | {} | {} | {wrong} | {cut_off} | {not_found} |", right[0], right[1])?;
        }
        Ok(())
    }
}
