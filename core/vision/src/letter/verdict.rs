//! What lies in a grantor's box, judged by its figures.

use serde::Serialize;

use crate::print::Print;

/// The verdict on a print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
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

/// Smaller pieces, in square millimetres, are specks.
const SPECK: f32 = 28.0;
/// Lines at a ridge's distance over at least this share make it a finger's.
const SOME_RIDGES: f32 = 0.10;
/// Ridges over at least this share can be read.
const READABLE: f32 = 0.50;
/// They can be read over less, when nothing speaks of a finger that was dragged.
const BARELY_READABLE: f32 = 0.38;
/// Below this share a sharp picture would show more, if the finger had lain still.
const HARDLY_ANY: f32 = 0.20;
/// A finger leaves no larger print, in square millimetres and millimetres.
const LARGEST: (f32, f32) = (460.0, 29.5);
/// The outline of one finger bulges everywhere; of a large piece of ink it must.
const LEAST_SOLID: f32 = 0.972;
const LARGE: f32 = 320.0;
/// A finger that was dragged leaves streaks in one direction.
const STREAKS: f32 = 0.12;
/// Lines of one direction only are nobody's skin.
const ONE_DIRECTION: f32 = 0.8;
/// Ink of less density is pale.
const PALE: f32 = 0.24;

/// What a piece of ink is, wherever it lies. `Missing` is said of what is no print at all: a speck, or
/// writing. `sharp` says that the picture would show ridges if there were any.
pub fn of_ink(print: &Print, sharp: bool) -> Verdict {
    if print.area < SPECK {
        return Verdict::Missing;
    }
    if print.grain > ONE_DIRECTION && print.lattice < 0.05 && print.peak > 0.4 {
        return Verdict::DrawnDot;
    }
    let lattice = print.lattice > 0.5 && print.peak > 0.16 && print.contrast > 0.12;
    if print.ridges >= SOME_RIDGES && !lattice {
        return finger(print, sharp);
    }
    if print.density < PALE && print.slope < 4.0 {
        return Verdict::Pale;
    }
    if lattice {
        return Verdict::DrawnDot;
    }
    without_ridges(print)
}

/// Ink with ridges.
fn finger(print: &Print, sharp: bool) -> Verdict {
    let two = print.area > LARGEST.0
        || print.axes.0 > LARGEST.1
        || (print.solidity < LEAST_SOLID && print.area > LARGE);
    let streaked = print.grain > 0.28 && print.ridges < 0.65;
    if print.density < PALE {
        Verdict::Pale
    } else if two && print.ridges > 0.25 {
        Verdict::SecondFinger
    } else if print.ridges >= READABLE && !streaked {
        Verdict::Ok
    } else if streaked || print.grain > STREAKS {
        Verdict::Smeared
    } else if print.ridges >= BARELY_READABLE {
        Verdict::Ok
    } else if sharp && print.ridges < HARDLY_ANY {
        Verdict::Smeared
    } else {
        Verdict::Unsure
    }
}

/// Ink without ridges: by how full it is, and how sharp its edges are.
fn without_ridges(print: &Print) -> Verdict {
    let full = print.cover > 0.61 && print.unevenness < 0.48;
    if full {
        return if print.steepness < 1.8 && print.density > 0.9 {
            Verdict::OverInked
        } else {
            Verdict::DrawnDot
        };
    }
    if print.slope < 3.2 && print.steepness < 3.0 {
        return Verdict::Smeared;
    }
    if print.lines > 0.55 {
        return Verdict::DrawnDot;
    }
    // A pen's strokes: thin, without a frame.
    if print.colour != crate::ink::Colour::Red && print.framed < 0.72 && print.solidity < 0.8 {
        return Verdict::Missing;
    }
    Verdict::StampInstead
}

/// Whether a verdict speaks of a finger's ink.
pub fn is_finger(kind: Verdict, print: &Print) -> bool {
    match kind {
        Verdict::Ok | Verdict::SecondFinger | Verdict::Smeared | Verdict::Pale => print.area > 45.0,
        // Without ridges it may be the finger that holds the paper.
        Verdict::OverInked
        | Verdict::Missing
        | Verdict::Outside
        | Verdict::StampInstead
        | Verdict::DrawnDot
        | Verdict::Unsure => false,
    }
}

/// Whether ridges can be read over most of it.
pub fn is_readable(print: &Print) -> bool {
    print.ridges >= BARELY_READABLE
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
        Verdict::Unsure => vec!["in_between"],
    };
    if print.colour == crate::ink::Colour::Black && verdict == Verdict::Ok {
        reasons.push("black_ink");
    }
    reasons
}
