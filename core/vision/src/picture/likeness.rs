//! Whether two photos are one picture: stored again, smaller, brighter, cut a little at its edges.
//!
//! A [`PhotoHash`] is the picture as [`SIDE`] by [`SIDE`] cells, each the brightness against its
//! surroundings, in four steps. Two of them are laid over each other, stretched and moved by up to a
//! twelfth of the side at each edge, and compared where they fit best. Two photos of one room from two
//! places do not fit so: what is near moves against what is far.

use data_encoding::BASE64URL_NOPAD;
use ruhu_text::{Explain, Explanation};

use super::pixels::Picture;
use super::plane::Plane;

/// Cells along a side.
const SIDE: usize = 48;
const CELLS: usize = SIDE * SIDE;
/// How far the surroundings of a cell reach, in cells.
const AROUND: usize = 2;
/// How far an edge may have been cut, as a share of the side.
const REACH: f32 = 1.0 / 12.0;
/// The deviation of brightness, of 255, below which a picture has nothing to be known by.
const PLAIN: f32 = 1.2;
/// From this likeness on two photos are one picture.
pub const SAME: f32 = 0.76;
/// Below this likeness of the two halved in size, no finer moving is tried.
const HOPELESS: f32 = 0.40;
/// The moves from which finer ones are tried.
const BEGINNINGS: usize = 3;

/// What a photo looks like, in 576 bytes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PhotoHash {
    /// -3, -1, 1 or 3; all 0 when the picture shows nothing.
    cells: Vec<i8>,
}

/// A text that is no photo's hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a photo's hash")]
pub struct NotAHash;

impl Explain for NotAHash {
    fn code(&self) -> &'static str {
        "photo_hash"
    }

    fn explain(&self) -> Explanation {
        Explanation::new("照片的特征值无法识别。", "The hash of the photo cannot be read.")
            .advise("请从原照片重新计算。", "Work it out anew from the photo.")
    }
}

impl std::fmt::Debug for PhotoHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PhotoHash(..)")
    }
}

impl PhotoHash {
    /// What a picture looks like. One without contrast (a covered lens) looks like none.
    pub fn of(picture: &Picture) -> PhotoHash {
        let cells = cells(picture);
        let around = cells.mean(AROUND);
        let above: Vec<f32> = cells.data.iter().zip(&around.data).map(|(cell, mean)| cell - mean).collect();
        let deviation = (above.iter().map(|v| v * v).sum::<f32>() / CELLS as f32).sqrt();
        if deviation < PLAIN {
            return PhotoHash { cells: vec![0; CELLS] };
        }
        let step = |value: &f32| match value / deviation {
            value if value < -0.75 => -3,
            value if value < 0.0 => -1,
            value if value < 0.75 => 1,
            _ => 3,
        };
        PhotoHash { cells: above.iter().map(step).collect() }
    }

    /// As text: 768 characters of base64url, or none for a picture that shows nothing.
    pub fn to_text(&self) -> String {
        if self.shows_nothing() {
            return String::new();
        }
        let quarter = |bits: u8, cell: &i8| bits << 2 | ((cell + 3) / 2) as u8;
        let bytes: Vec<u8> = self.cells.chunks_exact(4).map(|four| four.iter().fold(0, quarter)).collect();
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// What [`PhotoHash::to_text`] wrote.
    ///
    /// # Errors
    /// `photo_hash` for any other text.
    pub fn from_text(text: &str) -> Result<PhotoHash, NotAHash> {
        if text.is_empty() {
            return Ok(PhotoHash { cells: vec![0; CELLS] });
        }
        if text.len() != CELLS / 3 {
            return Err(NotAHash);
        }
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| NotAHash)?;
        let cells: Vec<i8> = bytes
            .iter()
            .flat_map(|byte| [6, 4, 2, 0].map(|shift| (byte >> shift & 3) as i8 * 2 - 3))
            .collect();
        if cells.len() == CELLS { Ok(PhotoHash { cells }) } else { Err(NotAHash) }
    }

    fn shows_nothing(&self) -> bool {
        self.cells.first() == Some(&0)
    }

    /// How well two pictures fit over each other, -1 to 1; from [`SAME`] on they are one. 0 when either
    /// shows nothing.
    pub fn likeness(&self, other: &PhotoHash) -> f32 {
        if self.shows_nothing() || other.shows_nothing() {
            return 0.0;
        }
        let (coarse, fine) = (
            (Grid::halved(&self.cells), Grid::halved(&other.cells)),
            (Grid::of(&self.cells), Grid::of(&other.cells)),
        );
        let mut beginnings = beginnings(&coarse.0, &coarse.1);
        beginnings.sort_by(|a, b| b.likeness.total_cmp(&a.likeness));
        let begins = beginnings.first().map_or(0.0, |best| best.likeness);
        if begins < HOPELESS {
            return begins.min(SAME - 0.01);
        }
        let refined = beginnings.iter().take(BEGINNINGS).map(|from| refined(&fine.0, &fine.1, from));
        refined.fold(-1.0, f32::max)
    }

    /// Whether two photos are one picture.
    pub fn is_same(&self, other: &PhotoHash) -> bool {
        self.likeness(other) >= SAME
    }
}

/// Cells along a side of a halved hash, and the words that have a bit for each.
const HALF: usize = SIDE / 2;
const WORDS: usize = HALF * HALF / 64;
/// The share of cells that must agree, brighter or darker, before two pictures are looked at closely: of two
/// that are one, three quarters do, of two others half.
const AGREEING: f32 = 0.60;

/// A picture that is looked for among many: most of them are told apart by a few hundred words of bits,
/// without laying the two over each other.
pub struct Sought {
    hash: PhotoHash,
    moved: Vec<Signs>,
}

impl Sought {
    /// Gets a picture ready to be looked for.
    pub fn new(hash: PhotoHash) -> Sought {
        let moved = if hash.shows_nothing() { Vec::new() } else { moved(&Grid::halved(&hash.cells)) };
        Sought { hash, moved }
    }

    /// Whether another photo is the same picture: as [`PhotoHash::is_same`], at a small part of its cost.
    pub fn is(&self, other: &PhotoHash) -> bool {
        if other.shows_nothing() {
            return false;
        }
        let signs = Signs::of(&Grid::halved(&other.cells));
        self.moved.iter().any(|moved| moved.agree(&signs)) && self.hash.is_same(other)
    }
}

/// Of the cells of a halved hash, which are brighter than their surroundings, and of which it can be told.
#[derive(Clone, Copy, Default)]
struct Signs {
    bright: [u64; WORDS],
    told: [u64; WORDS],
}

impl Signs {
    fn of(grid: &Grid) -> Signs {
        let mut signs = Signs::default();
        grid.cells.iter().enumerate().for_each(|(at, value)| signs.set(at, *value));
        signs
    }

    fn set(&mut self, at: usize, value: f32) {
        self.bright[at / 64] |= u64::from(value > 0.0) << (at % 64);
        self.told[at / 64] |= u64::from(value != 0.0) << (at % 64);
    }

    fn agree(&self, other: &Signs) -> bool {
        let (mut told, mut differ) = (0, 0);
        for word in 0..WORDS {
            let both = self.told[word] & other.told[word];
            told += both.count_ones();
            differ += ((self.bright[word] ^ other.bright[word]) & both).count_ones();
        }
        (told - differ) as f32 >= AGREEING * told as f32
    }
}

/// The cells as they would lie on another picture, for each way that a copy may be cut.
fn moved(grid: &Grid) -> Vec<Signs> {
    let signs = |(across, down)| {
        let mut signs = Signs::default();
        laid(grid, across, down, |at, value| signs.set(at, value));
        signs
    };
    moves().map(signs).collect()
}

/// Cells to be laid over others.
struct Grid {
    side: usize,
    cells: Vec<f32>,
}

impl Grid {
    fn of(cells: &[i8]) -> Grid {
        Grid { side: SIDE, cells: cells.iter().map(|cell| f32::from(*cell)).collect() }
    }

    fn halved(cells: &[i8]) -> Grid {
        let plane = Plane::new(SIDE, SIDE, cells.iter().map(|cell| f32::from(*cell)).collect()).halved();
        Grid { side: plane.width, cells: plane.data }
    }
}

/// How one picture lies over the other: how far its edges lie inside (or outside) of the other's, as
/// shares of the side, and how well it fits so.
#[derive(Clone, Copy)]
struct Fit {
    across: (f32, f32),
    down: (f32, f32),
    likeness: f32,
}

/// Moves and stretches of the whole reach, and half of it, each way: how far the edges lie inside, across
/// and down.
fn moves() -> impl Iterator<Item = ((f32, f32), (f32, f32))> {
    const EDGES: [(f32, f32); 13] = [
        (0.0, 0.0),
        (1.0, -1.0),
        (-1.0, 1.0),
        (0.5, -0.5),
        (-0.5, 0.5),
        (1.0, 1.0),
        (-1.0, -1.0),
        (0.5, 0.5),
        (-0.5, -0.5),
        (1.0, 0.0),
        (-1.0, 0.0),
        (0.0, 1.0),
        (0.0, -1.0),
    ];
    let edges = EDGES.map(|(near, far)| (near * REACH, far * REACH));
    edges.into_iter().flat_map(move |across| edges.into_iter().map(move |down| (across, down)))
}

/// How the moves fit.
fn beginnings(one: &Grid, other: &Grid) -> Vec<Fit> {
    moves().map(|(across, down)| Fit { across, down, likeness: fit(one, other, across, down) }).collect()
}

/// The best likeness that small moves of the edges lead to.
fn refined(one: &Grid, other: &Grid, from: &Fit) -> f32 {
    let mut best = Fit { likeness: fit(one, other, from.across, from.down), ..*from };
    for cells in [1.0, 1.0, 0.5, 0.25f32] {
        let step = cells / SIDE as f32;
        for is_down in [false, true] {
            let (near, far) = if is_down { best.down } else { best.across };
            for (a, b) in (-1..=1).flat_map(|a| (-1..=1).map(move |b| (a, b))) {
                let edges = (near + a as f32 * step, far + b as f32 * step);
                let (across, down) = if is_down { (best.across, edges) } else { (edges, best.down) };
                let likeness = fit(one, other, across, down);
                if likeness > best.likeness {
                    best = Fit { across, down, likeness };
                }
            }
        }
    }
    best.likeness
}

/// The correlation where both are.
fn fit(one: &Grid, other: &Grid, across: (f32, f32), down: (f32, f32)) -> f32 {
    let (mut n, mut a, mut b, mut aa, mut bb, mut ab) = (0.0f32, 0.0, 0.0, 0.0, 0.0, 0.0);
    laid(one, across, down, |at, here| {
        let there = other.cells[at];
        n += 1.0;
        a += here;
        b += there;
        aa += here * here;
        bb += there * there;
        ab += here * there;
    });
    let (va, vb) = (aa - a * a / n.max(1.0), bb - b * b / n.max(1.0));
    if va < 1.0 || vb < 1.0 { 0.0 } else { (ab - a * b / n) / (va * vb).sqrt() }
}

/// Lays cells over others: each of the other's that lies on one, and what lies on it.
#[inline]
fn laid(one: &Grid, across: (f32, f32), down: (f32, f32), mut each: impl FnMut(usize, f32)) {
    let side = one.side;
    let (columns, rows) = (places(across, side), places(down, side));
    for &(y, top, fy) in &rows {
        let upper = &one.cells[top * side..][..side];
        let lower = &one.cells[(top + 1) * side..][..side];
        for &(x, left, fx) in &columns {
            let above = upper[left] * (1.0 - fx) + upper[left + 1] * fx;
            let below = lower[left] * (1.0 - fx) + lower[left + 1] * fx;
            each(y * side + x, above * (1.0 - fy) + below * fy);
        }
    }
}

/// Which of the other's cells lie on this one's, along a side: the cell, the one before it here, and how
/// far beyond that.
fn places((near, far): (f32, f32), side: usize) -> Vec<(usize, usize, f32)> {
    let length = side as f32;
    let place = |at: usize| near * length + (at as f32 + 0.5) * (1.0 - near - far) - 0.5;
    // Half a cell beyond the edge the outermost cell still counts.
    let here = (0..side).filter(|at| (-0.5..=length - 0.5).contains(&place(*at)));
    here.map(|at| {
        let place = place(at).clamp(0.0, length - 1.0);
        let cell = (place as usize).min(side - 2);
        (at, cell, place - cell as f32)
    })
    .collect()
}

/// The brightness of the cells, each the mean of what lies in it.
fn cells(picture: &Picture) -> Plane {
    let (width, height) = (picture.width(), picture.height());
    let mut sums = [(0u32, 0u32); CELLS];
    for (y, row) in picture.rgb().chunks_exact(width * 3).enumerate() {
        let down = y * SIDE / height * SIDE;
        for (x, pixel) in row.chunks_exact(3).enumerate() {
            let grey = 77 * u32::from(pixel[0]) + 150 * u32::from(pixel[1]) + 29 * u32::from(pixel[2]);
            let (sum, count) = &mut sums[down + x * SIDE / width];
            (*sum, *count) = (*sum + grey / 16, *count + 1);
        }
    }
    let mut last = 0.0;
    let data = sums.iter().map(|(sum, count)| {
        // A picture with fewer pixels than cells repeats them.
        last = if *count > 0 { *sum as f32 / *count as f32 / 16.0 } else { last };
        last
    });
    Plane::new(SIDE, SIDE, data.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(f: impl Fn(usize, usize) -> u8) -> Picture {
        let rgb = (0..240 * 180).flat_map(|at| [f(at % 240, at / 240); 3]).collect();
        Picture::new(240, 180, rgb).unwrap()
    }

    fn blocks(seed: usize) -> impl Fn(usize, usize) -> u8 {
        move |x, y| ((x / 30 * 37 + y / 30 * 91 + (x / 30) * (y / 30) * seed * 13) % 200) as u8 + 20
    }

    #[test]
    fn a_hash_is_written_and_read_again() {
        let hash = PhotoHash::of(&picture(blocks(1)));
        let text = hash.to_text();
        assert_eq!((text.len(), PhotoHash::from_text(&text)), (768, Ok(hash)));
        for bad in [&text[1..], &text.replace(&text[..1], "*"), "汉字"] {
            assert_eq!(PhotoHash::from_text(bad), Err(NotAHash));
        }
    }

    #[test]
    fn a_darker_copy_that_lost_its_edges_is_found_and_another_picture_is_not() {
        let (one, other) = (blocks(1), blocks(2));
        let hash = PhotoHash::of(&picture(&one));
        let copy = PhotoHash::of(&picture(|x, y| one(10 + x * 22 / 24, 4 + y * 17 / 18) / 2 + 9));
        assert!(hash.is_same(&copy) && copy.is_same(&hash), "{}", hash.likeness(&copy));
        let other = PhotoHash::of(&picture(other));
        assert!(hash.likeness(&other) < 0.6, "{}", hash.likeness(&other));
        let sought = Sought::new(hash);
        assert!(sought.is(&copy) && !sought.is(&other));
    }

    #[test]
    fn pictures_of_nothing_are_not_one_picture() {
        let black = PhotoHash::of(&picture(|_, _| 3));
        assert_eq!(black.likeness(&black), 0.0);
        let small = PhotoHash::of(&Picture::new(1, 1, vec![7; 3]).unwrap());
        assert!(!small.is_same(&black));
    }
}
