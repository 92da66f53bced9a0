//! Whether a sheet is found where it lies, and whose it is.

#![allow(clippy::unwrap_used)]

use ruhu_pictures::camera::Shot;
use ruhu_pictures::letters::{Done, Fingers, Letter, drawn};
use ruhu_pictures::noise::Chance;
use ruhu_vision::geometry::Homography;
use ruhu_vision::letter::check::{Sheet, check};
use ruhu_vision::letter::fitness::Fault;
use ruhu_vision::letter::{marks, paper};
use ruhu_vision::picture::{Picture, decode};

fn taken(ours: bool, change: impl FnOnce(&mut Shot)) -> (Letter, Picture) {
    let chance = &mut Chance::of(5);
    let mut shot = Shot { fingers: 0, folded: None, wrinkles: 0.0, ..Shot::fair(chance) };
    change(&mut shot);
    let letter = drawn(&[Done::Ok, Done::Missing], ours, shot, &Fingers::of(3, 2), chance);
    let picture = decode(&letter.jpeg).unwrap();
    (letter, picture)
}

/// The farthest that a point of the sheet is from where it was found, in millimetres.
fn farthest(letter: &Letter, found: &Homography) -> f64 {
    let back = found.inverse().unwrap();
    let points = [(40.0, 60.0), (170.0, 60.0), (170.0, 230.0), (40.0, 230.0), (105.0, 150.0)];
    let away = |point: (f64, f64)| {
        let (x, y) = back.apply(letter.view.apply(point));
        (x - point.0).hypot(y - point.1)
    };
    points.into_iter().map(away).fold(0.0, f64::max)
}

#[test]
fn a_sheet_is_found_by_its_marks_in_small_and_large_pictures_and_far_from_straight_above() {
    for (longest, tilt) in [(1000, 0.0), (1000, 30.0), (1600, 35.0), (3264, 35.0), (4000, 10.0)] {
        let (letter, picture) = taken(true, |shot| (shot.longest, shot.tilt) = (longest, tilt));
        let found = marks::view(&marks::find(&picture)).unwrap();
        let away = farthest(&letter, &found);
        assert!(away < 1.0, "{longest} pixels, tilted by {tilt}: {away:.2} mm off");
    }
}

#[test]
fn a_folded_corner_hides_one_mark_and_does_no_harm() {
    for corner in 0..4 {
        let (letter, picture) =
            taken(true, |shot| (shot.longest, shot.folded) = (2400, Some((corner, 28.0))));
        let report = check(&picture, None);
        assert_eq!(report.sheet, Some(Sheet::Marks(3)), "corner {corner}");
        assert_eq!(report.payload, letter.payload, "corner {corner}");
    }
}

#[test]
fn a_picture_that_lies_on_its_side_or_head_is_read_as_well() {
    for turn in [90.0, 180.0, 270.0] {
        let (letter, picture) = taken(true, |shot| (shot.longest, shot.turn, shot.fill) = (3000, turn, 0.95));
        let report = check(&picture, None);
        assert_eq!(report.payload, letter.payload, "turned by {turn}");
        assert_eq!(report.grantors.len(), 2);
    }
}

#[test]
fn a_sheet_of_others_is_found_by_its_edges() {
    let (letter, picture) = taken(false, |shot| (shot.longest, shot.tilt) = (2400, 15.0));
    let (found, edges) = paper::find(&picture).unwrap();
    let away = farthest(&letter, &found);
    assert!(edges && away < 2.5, "{away:.2} mm off");
}

#[test]
fn without_marks_and_boxes_there_is_nothing_to_judge() {
    let (_, picture) = taken(false, |shot| shot.longest = 2400);
    let report = check(&picture, None);
    assert_eq!((report.faults, report.grantors.len()), (vec![Fault::NoLetter], 0));
}
