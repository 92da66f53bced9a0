//! What lies in a grantor's box, judged by its figures.

use ruhu_text::Bilingual;
use serde::{Deserialize, Serialize};

use super::without_ridges::{self, Kind};
use crate::drawn::Drawn;
use crate::ink::Colour;
use crate::print::Print;
use crate::rim;

/// The verdict on a print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// A finger's print, in its box, with ridges that can be read.
    Ok,
    /// No print.
    Missing,
    /// A print, and less than most of it in the box.
    Outside,
    /// The finger moved.
    Smeared,
    /// Too little ink.
    Pale,
    /// Too much.
    OverInked,
    /// Two fingers.
    SecondFinger,
    /// A stamp.
    StampInstead,
    /// Something drawn or printed.
    DrawnDot,
    /// It cannot be told.
    Unsure,
}

impl Verdict {
    /// The verdict with what to do, for who stands beside the grantor.
    pub fn said(self) -> Bilingual {
        let (zh, en) = match self {
            Verdict::Ok => ("捺印清楚", "the print is clear"),
            Verdict::Missing => ("没有捺印，请补按", "no print: have it pressed"),
            Verdict::Outside => {
                ("捺印不在框内，请在框内重按", "the print is beside its box: press again inside")
            }
            Verdict::Smeared => ("捺印抹花，请重按", "the print is smeared: press again, without moving"),
            Verdict::Pale => ("捺印太淡，请蘸足印泥重按", "the print is pale: press again with more ink"),
            Verdict::OverInked => {
                ("印泥太多，纹线糊在一起，请擦净后重按", "too much ink: wipe the finger and press again")
            }
            Verdict::SecondFinger => ("不止一个指印，请只按一个手指", "more than one finger: press one only"),
            Verdict::StampInstead => {
                ("盖的是印章，不是捺印，请按手印", "a stamp, not a finger: have a finger pressed")
            }
            Verdict::DrawnDot => {
                ("画的或印的，不是捺印，请按手印", "drawn or printed: have a finger pressed")
            }
            Verdict::Unsure => ("无法判断，请重拍", "it cannot be told: take the photo again"),
        };
        Bilingual::new(zh, en)
    }
}

/// No finger leaves a print that is less wide, in millimetres.
const NARROWEST: f32 = 6.0;
/// Smaller pieces, in square millimetres, are specks.
const SPECK: f32 = 28.0;
/// Lines at a ridge's distance over at least this share make it a finger's, over so much more where its
/// rim is as sharp as a pen's.
pub(crate) const SOME_RIDGES: (f32, f32) = (0.10, 0.20);
/// A finger's ink ends over more than this many times what the picture makes of the sharpest edge.
const SKIN: f32 = 1.38;
/// And over more than this many where it lies as strokes do: ink and bare paper beside each other, without
/// ridges.
const SKIN_OF_STROKES: f32 = 1.5;
/// From here on lines lie beside each other, as hatching and rings do and characters in a frame do not.
const BESIDE: f32 = 0.49;
/// And so do lines at a ridge's distance, of which no character has as many.
const FINE_LINES: f32 = 0.3;
/// Ink without ridges whose deviation is this share of its mean is strokes, with paper between them.
const STROKES: f32 = 0.6;
/// What fills so much of the smallest rectangle around it has straight sides.
const STRAIGHT: f32 = 0.90;
/// Ridges can be read over most of it from this share on.
const READABLE: f32 = 0.38;
/// A finger leaves no larger print, in square millimetres and millimetres.
const LARGEST: (f32, f32) = (460.0, 29.5);
/// The outline of one finger bulges everywhere; of a large piece of ink with ridges it must, and of one that
/// is hollowed out more so must any.
const LEAST_SOLID: (f32, f32) = (0.972, 0.93);
const LARGE: (f32, f32) = (330.0, 300.0);
/// What is no longer than this, in millimetres, one finger leaves: hollows are where it did not touch.
const ONE_FINGER: f32 = 26.5;
/// Lines of one direction only are nobody's skin; of nearly one direction, where the rim is a pen's.
const ONE_DIRECTION: (f32, f32) = (0.93, 0.7);
/// So much of two directions across each other, at least so deep, is a screen's dots.
const SCREEN: (f32, f32) = (0.65, 0.2);
/// And so much of them beside finer ones.
const LATTICE: f32 = 0.7;
/// Ink of one part with so much of its outline inked, ending so sharply, was drawn in one go.
const UNBROKEN: f32 = 0.97;
const PENS_RIM: f32 = 1.15;
/// Lines that end within so many times the sharpest rim, and of which less than this runs in one direction,
/// cross each other: the sharper they end, the surer.
const CROSSED: [(f32, f32); 2] = [(1.2, 0.68), (SKIN, 0.53)];
/// And stand out from the paper between them, as a pen's do.
const CROSSED_CONTRAST: f32 = 0.2;
/// Ink of less density is pale.
pub(crate) const PALE: f32 = 0.24;
/// And pale ink of more than this may have been spread.
const SPREAD: f32 = 0.18;
/// Denser ink without ridges was too much, unless it surely was dragged.
const DROWNED: f32 = 1.7;
/// What is covered by so much of it, so evenly, is full: share and deviation.
const FULL: (f32, f32) = (0.61, 0.48);
/// Where less of its unrest is left in any direction, valleys are full; and of thick ink, which is this
/// dense, where less than so much is left.
const FLOODED: f32 = 0.15;
const THICK: f32 = 1.35;
const FLOODED_THICK: f32 = 0.22;
/// What dense ink has of streaks, and of flow and grain, where nothing was drawn along, at most.
const NO_WAY: (f32, f32) = (0.17, 0.1);
const DENSE: f32 = 1.1;
/// Ink of less density fills no valleys: it was spread.
const THIN: f32 = 0.9;
/// Ink that ran together: its unrest at most, its area at least in square millimetres, and how many times as
/// wide as the sharpest its rim is at least. Its density at least is more than pens leave.
const POOL: (f32, f32, f32, f32) = (0.1, 130.0, 1.07, 1.75);
/// Thick ink may have dried in places: share and deviation.
const FULL_THICK: (f32, f32) = (0.55, 0.52);
/// Ink that lies as evenly as this, without being thick and with no more of ridges than so much of its
/// spectrum and its windows, was wiped.
const WIPED: (f32, f32, f32) = (0.38, 0.28, 0.20);
/// Ink whose deviation exceeds its mean is a line or an edge with bare paper beside it.
const LINE: f32 = 1.0;

/// From here on a finger was dragged: see [`moved`].
const MOVED: f32 = 1.0;
/// From here on ink that was spread explains why it is pale or has no ridges.
const SURELY_MOVED: f32 = 3.0;
/// And from here on why it covers more than one finger does.
const LENGTHENED: f32 = 0.5;
/// What counts for how much in [`moved`], by logistic regression on 304 dragged and 349 good prints of two hands.
mod weight {
    pub const SOFT: f32 = 0.78;
    pub const STREAKS: f32 = 12.7;
    pub const FLOW: f32 = 16.5;
    pub const AROUND: f32 = 16.9;
    pub const TOGETHER: f32 = -10.6;
    pub const DIRECTED: f32 = -14.1;
    /// What of it speaks for as much as against.
    pub const EVEN: f32 = 5.85;
}

/// What a piece of ink is, wherever it lies. `Missing` is said of what is no print at all: a speck, or
/// writing. `edge` is how many millimetres the sharpest edges in the picture take.
pub fn of_ink(print: &Print, edge: Option<f32>) -> Verdict {
    if print.area < SPECK {
        return Verdict::Missing;
    }
    let sharpest = sharpest_rim(edge);
    if is_screen(print, sharpest) {
        return Verdict::DrawnDot;
    }
    let strokes = print.ridges < SOME_RIDGES.1 && print.unevenness > STROKES && print.density >= PALE;
    let skin = print.rim.rim > sharpest * if strokes { SKIN_OF_STROKES } else { SKIN };
    if is_outlined_as_a_stamp(print, sharpest) {
        return without_ridges(print, sharpest);
    }
    let lattice = print.lattice > LATTICE && print.peak > 0.16 && print.contrast > 0.12;
    let ridges = print.ridges >= if skin { SOME_RIDGES.0 } else { SOME_RIDGES.1 };
    let pens = print.rim.rim < PENS_RIM * sharpest
        && print.drawn.outlined > UNBROKEN
        && print.drawn.largest_part > UNBROKEN;
    if ridges && !lattice && !pens && !is_crossed(print, sharpest) {
        return finger(print, sharpest);
    }
    if print.density < PALE && print.slope < 4.0 {
        return Verdict::Pale;
    }
    if skin && !lattice && !is_pool(print, sharpest) {
        return finger(print, sharpest);
    }
    without_ridges(print, sharpest)
}

/// What ink without ridges is. Nobody writes in red, and no stamp is one line.
fn without_ridges(print: &Print, sharpest: f32) -> Verdict {
    let red = print.colour == Colour::Red;
    let line = is_one_line(print);
    let allowed = |kind| match kind {
        Kind::Writing => !red,
        Kind::Stamp => !line,
        Kind::Drawn | Kind::Pool => true,
    };
    match without_ridges::kind(print, sharpest, allowed) {
        Kind::Stamp => Verdict::StampInstead,
        Kind::Drawn => Verdict::DrawnDot,
        Kind::Pool => Verdict::OverInked,
        Kind::Writing => Verdict::Missing,
    }
}

/// Whether it is one line over and over itself: of one part and without a frame around it, dense and without
/// straight sides, or with bare places in it.
fn is_one_line(print: &Print) -> bool {
    let drawn = &print.drawn;
    let dense = drawn.largest_part > 0.93 && drawn.square < 0.86 && print.solidity > 0.85;
    let unframed = drawn.outlined < 0.95 || print.ridges >= SOME_RIDGES.1;
    let bare = drawn.largest_part > 0.9 && drawn.hollow > 0.25 && drawn.outlined < 0.85;
    dense && unframed || bare
}

/// Whether a frame runs around it, or its sides are straight, though it may end as softly as skin.
fn is_outlined_as_a_stamp(print: &Print, sharpest: f32) -> bool {
    let skin = print.ridges >= SOME_RIDGES.1 || print.rim.rim >= SKIN_OF_STROKES * sharpest;
    // Of what is hardly there, specks are left as far as its corners.
    if skin || print.density < PALE / 2.0 {
        return false;
    }
    // A seal may be worn along its sides; what is of one part has lost nothing.
    // Of what is not red it may be writing.
    let whole = print.drawn.largest_part > 0.93 || print.colour != Colour::Red;
    let straight = print.drawn.square > STRAIGHT && print.drawn.outlined > if whole { 0.8 } else { 0.3 };
    is_framed(&print.drawn) && !is_hatched(print) || straight
}

/// Whether it is thick ink that ran together where a finger lay, and then a little further: even all over,
/// of a finger's size, round, and less sharp at its rim than what was drawn.
fn is_pool(print: &Print, sharpest: f32) -> bool {
    let even = print.cover > FULL.0 && print.unevenness < FULL.1 && print.texture.across < POOL.0;
    let round = print.drawn.square <= STRAIGHT && print.drawn.hollow < 0.1;
    print.density > POOL.3 && even && round && print.area > POOL.1 && print.rim.rim > POOL.2 * sharpest
}

/// Whether it is printed in dots, or in lines of one direction.
fn is_screen(print: &Print, sharpest: f32) -> bool {
    let of_a_pen = print.rim.rim < 1.15 * sharpest && print.drawn.outlined > UNBROKEN;
    let one_direction = print.grain > if of_a_pen { ONE_DIRECTION.1 } else { ONE_DIRECTION.0 };
    one_direction && print.lattice < 0.05 && print.peak > 0.4
        || print.lattice > SCREEN.0 && print.contrast > SCREEN.1
}

/// Whether lines lie beside each other all over it, as in hatching and in rings, not only in characters.
fn is_hatched(print: &Print) -> bool {
    (print.lines > BESIDE || print.peak > FINE_LINES) && print.solidity > 0.9
}

/// Millimetres over which ink with the sharpest of rims ends, as [`crate::rim`] measures it in a picture
/// whose sharpest edges take `edge` millimetres.
pub fn sharpest_rim(edge: Option<f32>) -> f32 {
    // An edge of a Gaussian's deviation takes 2.5 times that; blurs add up by their squares.
    const USUAL: f32 = 0.3;
    2.51 * rim::EVEN.hypot(edge.unwrap_or(USUAL) / 2.5)
}

/// A finger's ink.
fn finger(print: &Print, sharpest: f32) -> Verdict {
    let soft = softness(print, sharpest);
    let moved = moved(print, soft);
    // A drag spreads ink, and thins it.
    let spread = moved > SURELY_MOVED && print.density > SPREAD;
    if print.density < PALE && !spread {
        return Verdict::Pale;
    }
    let drowned = print.density > DROWNED && print.ridges < 0.05 && moved < SURELY_MOVED;
    if is_flooded(print, soft) || drowned {
        return Verdict::OverInked;
    }
    if is_two(print) && (moved < LENGTHENED || is_readable(print) && moved < SURELY_MOVED) {
        return Verdict::SecondFinger;
    }
    let wiped = print.unevenness < WIPED.0 && print.peak < WIPED.1 && print.ridges < WIPED.2;
    if moved > MOVED || wiped && print.density < THICK {
        return Verdict::Smeared;
    }
    // A finger that lay still leaves ridges.
    if print.ridges < SOME_RIDGES.0 { without_ridges(print, sharpest) } else { Verdict::Ok }
}

/// Whether lines cross each other in it and end as a pen's do: of fingers whose rims are so sharp the ridges
/// run in one direction wherever one looks.
fn is_crossed(print: &Print, sharpest: f32) -> bool {
    let is = |(rim, directed): (f32, f32)| print.rim.rim < rim * sharpest && print.directed < directed;
    print.density >= PALE && print.contrast > CROSSED_CONTRAST && CROSSED.into_iter().any(is)
}

/// Whether there is more ink than one finger leaves in one place.
fn is_two(print: &Print) -> bool {
    let large = print.area > LARGEST.0 || print.axes.0 > LARGEST.1;
    let longer = print.axes.0 > ONE_FINGER;
    let hollowed = |solid: f32, area: f32| longer && print.solidity < solid && print.area > area;
    large || hollowed(LEAST_SOLID.0, LARGE.0) && print.ridges > 0.25 || hollowed(LEAST_SOLID.1, LARGE.1)
}

/// Whether the valleys are full: the ink is even, and restless in no direction. Thick ink flows, and ends
/// softly all around.
fn is_flooded(print: &Print, soft: f32) -> bool {
    let full = |(cover, uneven): (f32, f32)| print.cover > cover && print.unevenness < uneven;
    let thick = print.density > THICK && full(FULL_THICK) && print.texture.across < FLOODED_THICK;
    let thin = print.density > THIN && full(FULL) && print.texture.across < FLOODED && soft < 0.0;
    // A drag leaves its way in dense ink.
    let way = print.streaks > NO_WAY.0 || print.flow > NO_WAY.1 || print.grain > NO_WAY.1;
    let still = print.density > DENSE && full(FULL_THICK) && !way;
    print.ridges < 0.05 && (thick || thin) || print.ridges < SOME_RIDGES.0 && still
}

/// How softly the ink ends where it ends most softly: 0 is between a finger that was lifted and one that
/// was dragged, 1 is much.
fn softness(print: &Print, sharpest: f32) -> f32 {
    (print.rim.soft_rim / sharpest - 2.35) / 0.15
}

/// How much speaks of a finger that was dragged, as the logarithm of the odds: soft ends; streaks, and what is
/// coarser than ridges running one way or around the middle, where it drew ink along. Against it speak fine lines
/// that run somewhere, as grain does not that is left where it went across its ridges, and what is coarser running
/// with them.
fn moved(print: &Print, soft: f32) -> f32 {
    // Beyond these an end is no softer or sharper for this.
    const SOFTEST: f32 = 6.0;
    const STREAKIEST: f32 = 0.4;
    weight::EVEN
        + weight::SOFT * soft.clamp(-SOFTEST, SOFTEST)
        + weight::STREAKS * print.streaks.min(STREAKIEST)
        + weight::FLOW * print.flow
        + weight::AROUND * print.around
        + weight::TOGETHER * print.together
        + weight::DIRECTED * print.directed
}

/// Whether a line runs around it and something else stands within.
pub fn is_framed(drawn: &Drawn) -> bool {
    drawn.outlined > 0.85 && drawn.hollow > 0.25 && (0.12..0.93).contains(&drawn.largest_part)
}

/// Whether ink that lies beside a box is a finger's, by its figures and the verdict on it: ridges are seen,
/// or at least the unrest of skin.
pub fn is_finger(kind: Verdict, print: &Print) -> bool {
    let ridges = print.ridges >= SOME_RIDGES.0;
    // A row of words is narrower than any finger.
    if print.axes.1 < NARROWEST {
        return false;
    }
    match kind {
        Verdict::Ok | Verdict::SecondFinger | Verdict::Smeared | Verdict::Unsure => {
            print.area > 45.0 && (ridges || print.texture.across > FLOODED)
        }
        Verdict::Pale => print.area > 45.0 && ridges,
        // Without ridges it may be the finger that holds the paper.
        Verdict::OverInked
        | Verdict::Missing
        | Verdict::Outside
        | Verdict::StampInstead
        | Verdict::DrawnDot => false,
    }
}

/// Whether dark ink that no ridges are seen in is a shadow, or a line with paper beside it: a shadow ends
/// softly somewhere.
pub fn is_shadow(kind: Verdict, print: &Print, edge: Option<f32>) -> bool {
    let soft = softness(print, sharpest_rim(edge)) > 0.0;
    match kind {
        Verdict::Pale => print.ridges < SOME_RIDGES.0 && (soft || print.unevenness > LINE),
        Verdict::Smeared | Verdict::Unsure | Verdict::Ok => {
            print.ridges < SOME_RIDGES.0 && print.unevenness > LINE
        }
        _ => false,
    }
}

/// Whether ridges can be read over most of it.
pub fn is_readable(print: &Print) -> bool {
    print.ridges >= READABLE
}

/// Why, as words for programs.
pub fn reasons(verdict: Verdict, print: &Print) -> Vec<&'static str> {
    let mut reasons = match verdict {
        Verdict::Ok => vec![],
        Verdict::Missing => vec!["no_ink"],
        Verdict::Outside => vec!["beside_the_box"],
        Verdict::Smeared => vec!["ridges_blurred"],
        Verdict::Pale => vec!["little_ink"],
        Verdict::OverInked => vec!["valleys_filled"],
        Verdict::SecondFinger => vec!["more_than_one_finger"],
        Verdict::StampInstead => vec!["no_ridges", "strokes"],
        Verdict::DrawnDot => vec!["no_ridges"],
        Verdict::Unsure => vec!["picture"],
    };
    if print.colour == Colour::Black && verdict == Verdict::Ok {
        reasons.push("black_ink");
    }
    reasons
}
