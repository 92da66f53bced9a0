//! Whether two photos are one picture: stored again, smaller, brighter, cut a little at its edges.
//!
//! A [`PhotoHash`] is the picture as [`SIDE`] by [`SIDE`] cells, each the brightness against its
//! surroundings, in 16 steps. Two of them are laid over each other, stretched and moved by up to
//! [`REACH`] cells at each edge, and compared where they fit best. Two photos of one room from two places
//! do not fit so: what is near moves against what is far.

use data_encoding::BASE64URL_NOPAD;
use ruhu_text::{Explain, Explanation};

use super::pixels::Picture;
use super::plane::Plane;

/// Cells along a side.
const SIDE: usize = 24;
const CELLS: usize = SIDE * SIDE;
/// How far the surroundings of a cell reach, in cells.
const AROUND: usize = 3;
/// How far an edge may have been cut, in cells: about a twelfth of the side.
const REACH: f32 = 2.0;
/// The deviation of brightness, of 255, below which a picture has nothing to be known by.
const PLAIN: f32 = 2.0;
/// From this likeness on two photos are one picture.
pub const SAME: f32 = 0.80;
/// Below this likeness of the two as they lie, no moving is tried.
const HOPELESS: f32 = 0.12;

/// What a photo looks like, in 288 bytes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PhotoHash([i8; CELLS]);

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
        let mut above: Vec<f32> =
            cells.data.iter().zip(&around.data).map(|(cell, mean)| cell - mean).collect();
        let deviation = (above.iter().map(|v| v * v).sum::<f32>() / CELLS as f32).sqrt();
        if deviation < PLAIN {
            above.fill(0.0);
        }
        let step = |value: f32| (value / deviation.max(PLAIN) * 2.5).round().clamp(-8.0, 7.0) as i8;
        PhotoHash(std::array::from_fn(|at| step(above[at])))
    }

    /// As text: 384 characters of base64url.
    pub fn to_text(&self) -> String {
        let nibble = |value: i8| (value + 8) as u8;
        let bytes: Vec<u8> =
            self.0.chunks_exact(2).map(|pair| nibble(pair[0]) << 4 | nibble(pair[1])).collect();
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// What [`PhotoHash::to_text`] wrote.
    ///
    /// # Errors
    /// `photo_hash` for any other text.
    pub fn from_text(text: &str) -> Result<PhotoHash, NotAHash> {
        if text.len() != CELLS * 2 / 3 {
            return Err(NotAHash);
        }
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| NotAHash)?;
        if bytes.len() != CELLS / 2 {
            return Err(NotAHash);
        }
        let value = |at: usize| {
            let byte = bytes[at / 2];
            (if at.is_multiple_of(2) { byte >> 4 } else { byte & 15 }) as i8 - 8
        };
        Ok(PhotoHash(std::array::from_fn(value)))
    }

    /// How well two pictures fit over each other, -1 to 1; from [`SAME`] on they are one. 0 when either
    /// shows nothing.
    pub fn likeness(&self, other: &PhotoHash) -> f32 {
        let mut best = Fit { across: (0.0, 0.0), down: (0.0, 0.0), likeness: 0.0 };
        best.likeness = self.fit(other, best.across, best.down);
        if best.likeness < HOPELESS {
            return best.likeness;
        }
        for step in [1.0, 1.0, 0.5, 0.25] {
            self.moved(other, step, &mut best);
        }
        best.likeness
    }

    /// Whether two photos are one picture.
    pub fn is_same(&self, other: &PhotoHash) -> bool {
        self.likeness(other) >= SAME
    }

    /// Tries all moves of both edges across, then down, about the best so far.
    fn moved(&self, other: &PhotoHash, step: f32, best: &mut Fit) {
        let tries = if step < 1.0 { 1 } else { 2 };
        for down in [false, true] {
            let (near, far) = if down { best.down } else { best.across };
            for (a, b) in (-tries..=tries).flat_map(|a| (-tries..=tries).map(move |b| (a, b))) {
                let edges = (near + a as f32 * step, far + b as f32 * step);
                if edges.0.abs() > REACH || edges.1.abs() > REACH {
                    continue;
                }
                let (across, down) = if down { (best.across, edges) } else { (edges, best.down) };
                let likeness = self.fit(other, across, down);
                if likeness > best.likeness {
                    *best = Fit { across, down, likeness };
                }
            }
        }
    }

    /// The correlation where both are, when this one's edges lie so many cells inside (or outside) of
    /// the other's.
    fn fit(&self, other: &PhotoHash, across: (f32, f32), down: (f32, f32)) -> f32 {
        let (columns, rows) = (places(across), places(down));
        let (mut n, mut a, mut b, mut aa, mut bb, mut ab) = (0.0f32, 0.0, 0.0, 0.0, 0.0, 0.0);
        for (y, row) in rows.iter().enumerate() {
            let Some((top, fy)) = *row else { continue };
            for (x, column) in columns.iter().enumerate() {
                let Some((left, fx)) = *column else { continue };
                let at = |dx: usize, dy: usize| f32::from(self.0[(top + dy) * SIDE + left + dx]);
                let upper = at(0, 0) * (1.0 - fx) + at(1, 0) * fx;
                let lower = at(0, 1) * (1.0 - fx) + at(1, 1) * fx;
                let (one, two) = (upper * (1.0 - fy) + lower * fy, f32::from(other.0[y * SIDE + x]));
                n += 1.0;
                a += one;
                b += two;
                aa += one * one;
                bb += two * two;
                ab += one * two;
            }
        }
        let (va, vb) = (aa - a * a / n.max(1.0), bb - b * b / n.max(1.0));
        if va < 1.0 || vb < 1.0 { 0.0 } else { (ab - a * b / n) / (va * vb).sqrt() }
    }
}

struct Fit {
    across: (f32, f32),
    down: (f32, f32),
    likeness: f32,
}

/// Where the other's cells lie among this one's, along a side: the cell before and how far beyond it.
fn places((near, far): (f32, f32)) -> [Option<(usize, f32)>; SIDE] {
    let side = SIDE as f32;
    let scale = (side - near - far) / side;
    std::array::from_fn(|at| {
        let place = near + (at as f32 + 0.5) * scale - 0.5;
        // Half a cell beyond the edge the outermost cell still counts.
        if !(-0.5..=side - 0.5).contains(&place) {
            return None;
        }
        let place = place.clamp(0.0, side - 1.0);
        let cell = (place as usize).min(SIDE - 2);
        Some((cell, place - cell as f32))
    })
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
        assert_eq!((text.len(), PhotoHash::from_text(&text)), (384, Ok(hash)));
        for bad in ["", &text[1..], &text.replace(&text[..1], "*"), "汉字"] {
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
    }

    #[test]
    fn pictures_of_nothing_are_not_one_picture() {
        let black = PhotoHash::of(&picture(|_, _| 3));
        assert_eq!(black.likeness(&black), 0.0);
        let small = PhotoHash::of(&Picture::new(1, 1, vec![7; 3]).unwrap());
        assert!(!small.is_same(&black));
    }
}
