//! What is said of ink that a third hand drew: plain formulas, on plain paper, that no generator shares.

#![allow(clippy::unwrap_used)]

use std::f32::consts::TAU;

use ruhu_sheet::page::Rect;
use ruhu_vision::geometry::Homography;
use ruhu_vision::letter::verdict::{Verdict, of_ink};
use ruhu_vision::picture::{Picture, Plane};
use ruhu_vision::print::Print;

/// Pixels a millimetre of the pictures.
const PER_MM: f32 = 10.0;
/// Side of the paper, in millimetres.
const SIDE: f32 = 48.0;
const RED: [f32; 3] = [0.12, 1.1, 0.9];
const VIOLET: [f32; 3] = [0.7, 1.0, 0.25];

/// Ink of a colour, by millimetres from the paper's middle, photographed a little softly and with noise.
fn pressed(colour: [f32; 3], ink: impl Fn(f32, f32) -> f32) -> Verdict {
    let side = (SIDE * PER_MM) as usize;
    let mm = |at: usize| (at as f32 + 0.5) / PER_MM - SIDE / 2.0;
    let amount: Vec<f32> = (0..side * side).map(|at| ink(mm(at % side), mm(at / side))).collect();
    let amount = Plane::new(side, side, amount).blurred(0.8);
    let mut state = 7u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        4.0 * ((state >> 8) as f32 / (1 << 24) as f32 - 0.5)
    };
    let rgb = amount
        .data
        .iter()
        .flat_map(|amount| colour.map(|strength| 235.0 * (-amount * strength).exp()))
        .map(|value| (value + noise()).clamp(0.0, 255.0) as u8)
        .collect();
    let picture = Picture::new(side, side, rgb).unwrap();
    let middle = f64::from(SIDE) / 2.0;
    let rect = Rect { x: middle - 16.0, y: middle - 16.0, w: 32.0, h: 32.0 };
    let corners = [(0.0, 0.0), (40.0, 0.0), (40.0, 40.0), (0.0, 40.0)];
    let scale = f64::from(PER_MM);
    let view = Homography::fit(&corners.map(|(x, y)| ((x, y), (x * scale - 0.5, y * scale - 0.5)))).unwrap();
    let edge = Some(0.25);
    of_ink(&Print::of(&picture, &view, &rect, false, edge).unwrap(), edge)
}

/// From 1 within to 0 without, over so many millimetres.
fn ends(inwards: f32, over: f32) -> f32 {
    (inwards / over + 0.5).clamp(0.0, 1.0)
}

/// How far within an ellipse a point lies, in millimetres, about.
fn within(x: f32, y: f32, (a, b): (f32, f32)) -> f32 {
    (1.0 - (x / a).hypot(y / b)) * a.min(b)
}

/// Ridges as a sine wave around a core, a little apart from the middle.
fn ridges(x: f32, y: f32, period: f32) -> f32 {
    let around = (x - 0.8).hypot((y - 2.0) / 1.3) + 0.3 * (x / 3.0).sin();
    (0.5 + 0.9 * (TAU * around / period).cos()).clamp(0.0, 1.0)
}

fn finger(x: f32, y: f32) -> f32 {
    0.9 * ends(within(x, y, (8.0, 10.5)), 1.4) * ridges(x, y, 0.48)
}

#[test]
fn an_ellipse_of_sine_waves_is_a_finger_in_red_and_in_violet() {
    assert_eq!([RED, VIOLET].map(|colour| pressed(colour, finger)), [Verdict::Ok; 2]);
}

#[test]
fn the_same_dragged_for_five_millimetres_is_smeared() {
    let dragged = |x: f32, y: f32| {
        let way = (0..26).map(|at| at as f32 / 25.0 * 5.0);
        way.map(|t| finger(x - 0.8 * t, y - 0.6 * t)).sum::<f32>() / 26.0
    };
    assert_eq!(pressed(RED, dragged), Verdict::Smeared);
}

#[test]
fn two_beside_each_other_are_two() {
    let two = |x: f32, y: f32| finger(x + 6.5, y - 2.0).max(finger(x - 6.5, y + 2.0));
    assert_eq!(pressed(RED, two), Verdict::SecondFinger);
}

#[test]
fn thick_ink_without_ridges_that_flowed_at_its_rim_is_too_much_and_no_smear() {
    let flooded = |x: f32, y: f32| {
        let rim = within(x, y, (8.5, 11.0)) + 0.25 * (3.0 * y.atan2(x)).sin();
        2.0 * ends(rim, 1.6) * (1.0 + 0.05 * (x / 2.0).sin())
    };
    assert_eq!(pressed(RED, flooded), Verdict::OverInked);
}

#[test]
fn dense_ink_that_ran_together_is_too_much_and_a_felt_pens_patch_is_drawn() {
    let patch = |amount: f32, over: f32| {
        pressed(RED, |x, y| amount * ends(within(x, y, (8.5, 11.0)), over) * (1.0 + 0.04 * (x / 2.0).sin()))
    };
    assert_eq!([patch(2.2, 0.7), patch(1.1, 0.1)], [Verdict::OverInked, Verdict::DrawnDot]);
}

#[test]
fn a_bare_place_at_the_rim_of_one_finger_makes_no_two_of_it() {
    let bitten = |x: f32, y: f32| {
        let bite = ends((x + 8.6).hypot(y + 1.0) - 4.2, 0.8);
        1.1 * bite * ends(within(x, y, (9.2, 12.0)), 1.4) * ridges(x, y, 0.48)
    };
    assert_eq!(pressed(RED, bitten), Verdict::Ok);
}

#[test]
fn a_printers_dots_are_drawn_however_pale() {
    for amount in [0.9, 0.45] {
        let dots = |x: f32, y: f32| {
            let (u, v) = ((x + y) * 0.707 / 0.7, (x - y) * 0.707 / 0.7);
            let r = (u - u.round()).hypot(v - v.round()) * 0.7;
            amount * ends(0.24 - r, 0.05) * ends(within(x, y, (8.0, 10.0)), 0.1)
        };
        assert_eq!(pressed(RED, dots), Verdict::DrawnDot, "{amount}");
    }
}

#[test]
fn rings_and_a_scribble_of_a_ballpoint_are_drawn_and_no_stamp() {
    let rings = |x: f32, y: f32| {
        let r = x.hypot(y / 1.2);
        1.1 * ends(0.25 - (r - r.round()).abs(), 0.05) * f32::from(u8::from(r < 8.4))
    };
    assert_eq!(pressed(RED, rings), Verdict::DrawnDot);
    let points: Vec<(f32, f32)> = (0..1200)
        .map(|at| at as f32 / 1200.0 * TAU)
        .map(|t| (7.0 * (7.0 * t).sin() * (1.0 + 0.2 * (3.0 * t).cos()), 7.0 * (9.0 * t + 0.4).sin()))
        .collect();
    let scribble = |x: f32, y: f32| {
        let nearest = points.iter().map(|p| (p.0 - x).hypot(p.1 - y)).fold(f32::MAX, f32::min);
        1.2 * ends(0.3 - nearest, 0.05)
    };
    assert_eq!(pressed(RED, scribble), Verdict::DrawnDot);
}

/// Strokes as of a character, in a square of 6 mm about a point.
fn character(x: f32, y: f32, at: (f32, f32)) -> bool {
    let (x, y) = (x - at.0, y - at.1);
    let across = (y + 2.0).abs() < 0.35 || (y - 0.2).abs() < 0.35 || (y - 2.2).abs() < 0.35;
    x.abs() < 2.6 && across || y.abs() < 2.8 && x.abs() < 0.35
}

#[test]
fn square_and_round_stamps_with_characters_or_a_star_are_stamps() {
    let square = |x: f32, y: f32| {
        let frame = (x.abs().max(y.abs()) - 8.0).abs() < 0.5;
        let places = [(-3.7, -3.7), (3.7, -3.7), (-3.7, 3.7), (3.7, 3.7)];
        f32::from(u8::from(frame || places.iter().any(|at| character(x, y, *at))))
    };
    let round = |x: f32, y: f32| {
        let r = x.hypot(y);
        let star = r < 3.0 + 1.4 * (5.0 * y.atan2(x)).sin();
        let around = (0..7).map(|at| (at as f32 - 3.0) * 0.55 - TAU / 4.0);
        let mut places = around.map(|angle| (9.6 * angle.cos(), 9.6 * angle.sin()));
        let words = places.any(|at| character((x - at.0) * 1.4, (y - at.1) * 1.4, (0.0, 0.0)));
        f32::from(u8::from((r - 13.0).abs() < 0.55 || star || words))
    };
    assert_eq!([pressed(RED, square), pressed(RED, round)], [Verdict::StampInstead; 2]);
}

#[test]
fn a_seal_with_white_characters_and_one_with_worn_sides_are_stamps() {
    let seal = |x: f32, y: f32| {
        let white = [(-3.6, -3.6), (3.6, -3.6), (-3.6, 3.6), (3.6, 3.6)];
        let bare = white.iter().any(|at| character(x * 1.15, y * 1.15, *at));
        1.1 * ends(7.2 - x.abs().max(y.abs()), 0.1) * f32::from(u8::from(!bare))
    };
    let worn = |x: f32, y: f32| {
        let pressed = 0.75 + 0.35 * (x / 3.0 + 1.0).sin() * (y / 2.5).cos();
        let frame = (x.abs() / 1.4).max(y.abs()) - 5.0;
        let places = [(-3.6, 0.0), (3.6, 0.0)];
        pressed * f32::from(u8::from(frame.abs() < 0.35 || places.iter().any(|at| character(x, y, *at))))
    };
    assert_eq!([pressed(RED, seal), pressed(RED, worn)], [Verdict::StampInstead; 2]);
}

#[test]
fn fine_lines_of_a_pen_across_each_other_are_no_finger() {
    for gap in [0.9, 1.1] {
        let crossed = |x: f32, y: f32| {
            let line = |along: f32| (along / gap - (along / gap).round()).abs() * gap;
            let (u, v) = (0.8 * x + 0.6 * y, 0.5 * x - 0.87 * y);
            let ink = ends(0.24 - line(u).min(line(v)), 0.06);
            0.8 * ink * ends(within(x, y, (7.0, 9.0)), 0.1)
        };
        assert_eq!(pressed(RED, crossed), Verdict::DrawnDot, "{gap}");
    }
}

#[test]
fn a_print_is_never_good_without_ridges_however_softly_it_ends() {
    for over in [0.05, 0.3, 0.6, 0.9, 1.3] {
        for amount in [0.5, 0.9, 1.4] {
            let patch = |x: f32, y: f32| {
                let streaks = 1.0 + 0.12 * (1.7 * x + 0.4 * y).sin() * (1.1 * y - 0.3 * x).cos();
                amount * ends(within(x, y, (6.5, 7.5)), over) * streaks
            };
            let said = pressed(RED, patch);
            assert!(said != Verdict::Ok && said != Verdict::SecondFinger, "{over} {amount}: {said:?}");
        }
    }
}
