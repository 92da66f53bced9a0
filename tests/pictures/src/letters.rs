//! Whole letters at random, each with its truth.

use ruhu_sheet::boxes_file::{BoxKind, Boxes, Grantor, GrantorBox};
use ruhu_sheet::layout::{self, Rect};
use ruhu_sheet::payload::Payload;
use ruhu_vision::geometry::Homography;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::camera::{Photo, Shot, photograph};
use crate::drawing::{self, signature};
use crate::finger::Finger;
use crate::impression::{self, Manner};
use crate::ink::{Ink, Mark};
use crate::noise::Chance;
use crate::sheet::Sheet;
use crate::{deposit, rubber, stamp, waves};

/// What was done in a grantor's box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    /// A finger was pressed as it should be, or a part of one.
    Ok,
    /// Nothing, or nothing that is ink of a finger.
    Missing,
    /// Beside the box.
    Outside,
    /// The finger moved.
    Smeared,
    /// Hardly any ink.
    Pale,
    /// Far too much.
    OverInked,
    /// Two fingers.
    SecondFinger,
    /// A stamp.
    StampInstead,
    /// Something drawn or printed.
    DrawnDot,
}

impl Done {
    /// All of them.
    pub const ALL: [Done; 9] = [
        Done::Ok,
        Done::Missing,
        Done::Outside,
        Done::Smeared,
        Done::Pale,
        Done::OverInked,
        Done::SecondFinger,
        Done::StampInstead,
        Done::DrawnDot,
    ];
}

/// A grantor's truth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// Who.
    pub grantor: Grantor,
    /// What was done.
    pub done: Done,
    /// With which ink, where there is any.
    pub ink: Option<Ink>,
    /// Whether they signed.
    pub signed: bool,
}

/// A letter and its picture.
pub struct Letter {
    /// The file.
    pub jpeg: Vec<u8>,
    /// Where the boxes are; for letters of others it must be given to who reads them.
    pub boxes: Boxes,
    /// What the QR code holds; a letter of others has none.
    pub payload: Option<Payload>,
    /// What was done by each grantor, in the boxes' order.
    pub truths: Vec<Truth>,
    /// How the picture was taken.
    pub shot: Shot,
    /// From millimetres on the sheet to pixels.
    pub view: Homography,
}

/// Why a picture cannot be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Hardly any light.
    Dark,
    /// Out of focus, or the hand shook.
    Blurred,
    /// A box lies beyond the picture's edge.
    CutOff,
    /// A reflection over a box.
    Glare,
    /// So far away that ridges cannot be seen.
    Far,
}

/// Whose way of drawing: two that share little but the paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Hand {
    /// Ridges filtered from noise, office stamps, a plain camera.
    #[default]
    First,
    /// Ridges worked out, ink in grains, other stamps, a camera that sharpens and stores colour coarsely.
    Second,
}

impl std::str::FromStr for Hand {
    type Err = String;

    fn from_str(word: &str) -> Result<Hand, String> {
        match word {
            "first" => Ok(Hand::First),
            "second" => Ok(Hand::Second),
            _ => Err(format!("{word}: first or second")),
        }
    }
}

impl Hand {
    /// The finger of a seed.
    pub fn finger(self, seed: u64) -> Finger {
        match self {
            Hand::First => Finger::of(seed),
            Hand::Second => waves::finger(seed),
        }
    }

    /// A finger pressed.
    pub fn press(self, finger: &Finger, manner: Manner, chance: &mut Chance) -> Mark {
        match self {
            Hand::First => impression::press(finger, manner, chance),
            Hand::Second => deposit::press(finger, manner, chance),
        }
    }

    fn stamp(self, ink: Ink, chance: &mut Chance) -> Mark {
        match self {
            Hand::First => stamp::stamp(chance),
            Hand::Second => rubber::stamp(ink, chance),
        }
    }

    fn dot(self, chance: &mut Chance) -> Mark {
        match self {
            Hand::First => drawing::dot(chance),
            Hand::Second => rubber::dot(chance),
        }
    }

    /// A picture taken well enough.
    pub fn shot(self, chance: &mut Chance) -> Shot {
        let shot = Shot::fair(chance);
        match self {
            Hand::First => shot,
            Hand::Second => shot.of_a_phone(chance),
        }
    }
}

/// A pool of fingers, so that not each letter needs new ones, and the hand that draws with them.
pub struct Fingers {
    hand: Hand,
    all: Vec<Finger>,
}

impl Fingers {
    /// So many of the first hand, of a seed.
    pub fn of(seed: u64, count: usize) -> Fingers {
        Fingers::by(Hand::First, seed, count)
    }

    /// So many of a hand, of a seed.
    pub fn by(hand: Hand, seed: u64, count: usize) -> Fingers {
        let all = (0..count as u64).map(|at| hand.finger(seed.wrapping_mul(1009) + at)).collect();
        Fingers { hand, all }
    }

    /// One of them.
    pub fn any(&self, chance: &mut Chance) -> &Finger {
        &self.all[chance.below(self.all.len())]
    }

    /// The one of this number.
    pub fn get(&self, at: usize) -> &Finger {
        &self.all[at % self.all.len()]
    }
}

/// A letter of this seed, photographed well enough. `ours` chooses our layout, else another one.
pub fn letter(seed: u64, ours: bool, fingers: &Fingers) -> Letter {
    let chance = &mut Chance::of(seed);
    let done = |chance: &mut Chance| match chance.below(20) {
        0..6 => Done::Ok,
        6..8 => Done::Missing,
        8..10 => Done::Outside,
        10..12 => Done::Smeared,
        12..14 => Done::StampInstead,
        14 => Done::Pale,
        15 => Done::OverInked,
        16 | 17 => Done::SecondFinger,
        _ => Done::DrawnDot,
    };
    let grantors = 1 + chance.below(3);
    let done: Vec<Done> = (0..grantors).map(|_| done(chance)).collect();
    let shot = fingers.hand.shot(chance);
    drawn(&done, ours, shot, fingers, chance)
}

/// A letter on which all is as it should be, with this fault of its picture.
pub fn faulty(seed: u64, fault: Fault, fingers: &Fingers) -> Letter {
    let chance = &mut Chance::of(seed);
    let mut shot = fingers.hand.shot(chance);
    let target = layout::cell(0).map_or((0.0, 0.0), |cell| cell.print.centre());
    match fault {
        Fault::Dark => (shot.light, shot.noise) = (chance.between(0.03, 0.10), chance.between(4.0, 8.0)),
        Fault::Blurred if chance.happens(0.5) => {
            shot.blur = chance.between(5.5, 10.0) * shot.longest as f32 / 3600.0
        }
        Fault::Blurred => {
            shot.shake = (chance.between(16.0, 34.0) * shot.longest as f32 / 3600.0, chance.between(0.0, 3.0))
        }
        Fault::CutOff => {
            (shot.fill, shot.tilt) = (chance.between(1.25, 1.5), chance.between(0.0, 8.0));
            shot.off = (0.0, chance.between(0.28, 0.36));
        }
        Fault::Glare => {
            shot.glare = Some((
                (target.0 as f32, target.1 as f32),
                chance.between(20.0, 34.0),
                chance.between(1.2, 2.5),
            ));
        }
        Fault::Far => (shot.longest, shot.fill) = (chance.one_of(&[1000, 1280]), chance.between(0.4, 0.6)),
    }
    drawn(&[Done::Ok], true, shot, fingers, chance)
}

/// A letter with these things done, in this picture.
pub fn drawn(done: &[Done], ours: bool, shot: Shot, fingers: &Fingers, chance: &mut Chance) -> Letter {
    let boxes = if ours { layout::boxes(done.len()) } else { other_layout(done.len(), chance) };
    let payload = ours.then(|| Payload {
        case: Uuid::from_u128(u128::from(chance.seed()) << 64 | u128::from(chance.seed())),
        version: format!("2026-{}", 1 + chance.below(12)),
        hash: chance.seed().to_be_bytes(),
        sheet: 1,
        grantors: done.len() as u8,
    });
    let mut sheet = Sheet::printed(&boxes, payload.as_ref(), chance);
    let truths = fill(&mut sheet, &boxes, 1, done, fingers, chance);
    let Photo { jpeg, view } = photograph(&sheet, &shot, chance);
    Letter { jpeg, boxes, payload, truths, shot, view }
}

/// Does these things in the boxes of a sheet of this number, and lets some sign.
pub fn fill(
    sheet: &mut Sheet,
    boxes: &Boxes,
    number: u32,
    done: &[Done],
    fingers: &Fingers,
    chance: &mut Chance,
) -> Vec<Truth> {
    let grantors: Vec<Grantor> = boxes.grantors(number).into_iter().cloned().collect();
    let mut truths = Vec::new();
    for (grantor, &done) in grantors.iter().zip(done) {
        let print = boxes.find(number, grantor, BoxKind::Print).unwrap();
        let others: Vec<Rect> = boxes
            .boxes
            .iter()
            .filter(|one| one.sheet == number && one.grantor != *grantor)
            .map(|one| one.rect)
            .collect();
        let ink = put(sheet, done, print, &others, fingers, chance);
        let signed = chance.happens(0.7);
        if let Some(rect) = boxes.find(number, grantor, BoxKind::Signature) {
            sign(sheet, rect, signed, chance);
        }
        truths.push(Truth { grantor: grantor.clone(), done, ink, signed });
    }
    truths
}

/// Boxes as another office might arrange them.
fn other_layout(grantors: usize, chance: &mut Chance) -> Boxes {
    let print = (f64::from(chance.between(24.0, 34.0)), f64::from(chance.between(26.0, 36.0)));
    let gap = f64::from(chance.between(8.0, 16.0));
    let left = f64::from(chance.between(25.0, 45.0));
    let right_first = chance.happens(0.5);
    let mut boxes = Vec::new();
    let top = 297.0 - 25.0 - grantors as f64 * (print.1 + gap);
    for at in 0..grantors {
        let y = top + at as f64 * (print.1 + gap);
        let signature = 55.0;
        let (px, sx) =
            if right_first { (left + signature + gap, left) } else { (left, left + print.0 + gap) };
        let grantor = Grantor::Text(format!("g{}", at + 1));
        let rect = |x: f64, w: f64, h: f64| Rect { x, y, w, h };
        boxes.push(GrantorBox {
            grantor: grantor.clone(),
            kind: BoxKind::Print,
            rect: rect(px, print.0, print.1),
            sheet: 1,
        });
        boxes.push(GrantorBox {
            grantor,
            kind: BoxKind::Signature,
            rect: rect(sx, signature, print.1.min(22.0)),
            sheet: 1,
        });
    }
    Boxes::new(boxes)
}

fn sign(sheet: &mut Sheet, rect: Rect, signed: bool, chance: &mut Chance) {
    if !signed {
        return;
    }
    let (w, h) = (rect.w as f32 * chance.between(0.5, 0.85), rect.h as f32 * chance.between(0.4, 0.7));
    let mark = signature(w, h, chance.between(0.8, 2.0), chance);
    let ink = chance.one_of(&[Ink::Black, Ink::Black, Ink::Blue]);
    let (x, y) = rect.centre();
    let place = (x as f32 + chance.between(-3.0, 3.0), y as f32 + chance.between(-2.0, 2.0));
    let colour = ink.colour(chance);
    sheet.ink(&mark, place, colour);
}

/// Puts what was done on the paper; says with which ink.
fn put(
    sheet: &mut Sheet,
    done: Done,
    rect: Rect,
    others: &[Rect],
    fingers: &Fingers,
    chance: &mut Chance,
) -> Option<Ink> {
    let ink = match chance.below(10) {
        0..7 => Ink::Red,
        7 | 8 => Ink::Blue,
        _ => Ink::Black,
    };
    let colour = ink.colour(chance);
    let turn = if chance.happens(0.1) { chance.between(-1.6, 1.6) } else { chance.between(-0.45, 0.45) };
    let (cx, cy) = rect.centre();
    let centre = (cx as f32, cy as f32);
    let room = |extent: f32, side: f64| ((side as f32 - extent) / 2.0).max(0.0);
    let near = |mark: &Mark, chance: &mut Chance| {
        let (w, h) = extent(mark);
        let (rx, ry) = (room(w, rect.w), room(h, rect.h));
        (centre.0 + chance.between(-rx, rx), centre.1 + chance.between(-ry, ry))
    };
    let finger = fingers.any(chance);
    let press = |manner: Manner, chance: &mut Chance| fingers.hand.press(finger, manner, chance);
    let mark = match done {
        Done::Missing => {
            leave_traces(sheet, rect, chance);
            return None;
        }
        Done::Ok if chance.happens(0.12) => press(Manner::Partial, chance),
        Done::Ok => press(Manner::Good, chance),
        Done::Outside => {
            let mark = press(Manner::Good, chance).turned(turn, 1.0);
            sheet.ink(&mark, beside(&mark, rect, others, chance), colour);
            return Some(ink);
        }
        Done::Smeared => press(Manner::Smeared, chance),
        Done::Pale => press(Manner::Pale, chance),
        Done::OverInked => press(Manner::OverInked, chance),
        Done::SecondFinger => two(fingers, chance),
        Done::StampInstead => {
            let (ink, colour) = match ink {
                Ink::Black => (Ink::Red, Ink::Red.colour(chance)),
                ink => (ink, colour),
            };
            let stamp = fingers.hand.stamp(ink, chance);
            sheet.ink(&stamp.turned(chance.between(-0.3, 0.3), 1.0), centre, colour);
            return Some(ink);
        }
        Done::DrawnDot => fingers.hand.dot(chance),
    };
    let mark = mark.turned(turn, 1.0);
    let place = near(&mark, chance);
    sheet.ink(&mark, place, colour);
    Some(ink)
}

/// Width and height of what is inked, in millimetres.
fn extent(mark: &Mark) -> (f32, f32) {
    let plane = &mark.density;
    let (mut left, mut right, mut top, mut bottom) = (plane.width, 0, plane.height, 0);
    for y in 0..plane.height {
        for x in 0..plane.width {
            if plane.at(x, y) > 0.05 {
                (left, right) = (left.min(x), right.max(x));
                (top, bottom) = (top.min(y), bottom.max(y));
            }
        }
    }
    (right.saturating_sub(left) as f32 / crate::PER_MM, bottom.saturating_sub(top) as f32 / crate::PER_MM)
}

/// A place at which less than half of the mark lies in the box, and nothing of it in another's.
fn beside(mark: &Mark, rect: Rect, others: &[Rect], chance: &mut Chance) -> (f32, f32) {
    let (w, h) = extent(mark);
    let (cx, cy) = rect.centre();
    for _ in 0..400 {
        let away = chance.between(0.05, 0.75);
        let (dx, dy) = (rect.w as f32 / 2.0 + away * w - 0.1 * w, rect.h as f32 / 2.0 + away * h - 0.1 * h);
        let along = chance.between(-0.4, 0.4);
        let place = match chance.below(4) {
            0 => (cx as f32 - dx, cy as f32 + along * h),
            1 => (cx as f32 + dx, cy as f32 + along * h),
            2 => (cx as f32 + along * w, cy as f32 - dy),
            _ => (cx as f32 + along * w, cy as f32 + dy),
        };
        let covered = Rect {
            x: f64::from(place.0 - w / 2.0),
            y: f64::from(place.1 - h / 2.0),
            w: f64::from(w),
            h: f64::from(h),
        };
        let sheet = Rect { x: 4.0, y: 4.0, w: layout::PAGE_WIDTH - 8.0, h: layout::PAGE_HEIGHT - 8.0 };
        let on_sheet = covered.corners().iter().all(|&(x, y)| sheet.contains(x, y));
        if on_sheet && !others.iter().any(|other| other.overlaps(&covered)) {
            return place;
        }
    }
    (cx as f32, (rect.y + rect.h) as f32 + 0.35 * h)
}

/// Two prints: side by side, or half over each other.
fn two(fingers: &Fingers, chance: &mut Chance) -> Mark {
    let mut press = || fingers.hand.press(fingers.any(chance), Manner::Good, chance);
    let (first, second) = (press(), press());
    let turned = second.turned(chance.between(-0.6, 0.6), 1.0);
    let mut both = Mark::bare(58.0, 58.0);
    let (distance, angle) = (chance.between(7.0, 17.0), chance.between(0.0, std::f32::consts::TAU));
    let (dx, dy) = (angle.cos() * distance / 2.0, angle.sin() * distance / 2.0);
    both.add(&first, -dx, -dy);
    both.add(&turned, dx, dy);
    both
}

/// What may be in an empty box: nothing, a pen's stroke, a touch of dirt.
fn leave_traces(sheet: &mut Sheet, rect: Rect, chance: &mut Chance) {
    let (cx, cy) = rect.centre();
    match chance.below(6) {
        0 => {
            let mark = signature(rect.w as f32 * 0.7, rect.h as f32 * 0.4, chance.between(0.8, 1.8), chance);
            let ink = chance.one_of(&[Ink::Black, Ink::Blue]).colour(chance);
            sheet.ink(&mark, (cx as f32, cy as f32), ink);
        }
        1 => {
            let place = (cx as f32 + chance.between(-9.0, 9.0), cy as f32 + chance.between(-9.0, 9.0));
            let (size, density) = (chance.between(0.4, 1.5), chance.between(0.2, 1.0));
            let speck = Mark::drawn(4.0, 4.0, |x, y| density * (size - x.hypot(y)).clamp(0.0, 1.0));
            let ink = chance.one_of(&[Ink::Black, Ink::Red, Ink::Blue]).colour(chance);
            sheet.ink(&speck, place, ink);
        }
        2 => {
            let from = (rect.x as f32 + 2.0, cy as f32 + chance.between(-8.0, 8.0));
            let to = ((rect.x + rect.w) as f32 - 2.0, cy as f32 + chance.between(-8.0, 8.0));
            sheet.line(from, to, chance.between(0.3, 0.8), chance.between(0.5, 1.6), [1.0, 0.95, 0.6]);
        }
        _ => {}
    }
}
