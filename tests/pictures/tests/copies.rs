//! Copies of impressions are found; another pressing of the same finger is none.

use std::convert::Infallible;
use std::f32::consts::TAU;

use ruhu_pictures::copies::{Way, copy, impression};
use ruhu_pictures::letters::Hand;
use ruhu_pictures::noise::Chance;
use ruhu_pictures::parallel::each;
use ruhu_pictures::reuse_table::ReuseTable;
use ruhu_sheet::layout::Rect;
use ruhu_vision::ink::Densities;
use ruhu_vision::letter::copies::same;
use ruhu_vision::letter::impression::Impression;
use ruhu_vision::letter::prints::impressions;
use ruhu_vision::letter::search::{Copies, copies};
use ruhu_vision::picture::{Picture, Plane};
use ruhu_vision::straight::Straight;

#[test]
fn no_pressing_is_called_a_copy_of_another_and_nine_of_ten_copies_are_found() {
    for hand in [Hand::First, Hand::Second] {
        let table = ReuseTable::of(hand, 81, 3, 3, 3);
        assert_eq!((table.same_finger.1, table.other_fingers.1), (0, 0), "{hand:?}\n{table}");
        let (found, all) = table.copies.values().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        assert!(found * 10 >= all * 9, "{hand:?}: {found} of {all}\n{table}");
    }
}

#[test]
fn among_many_prints_the_same_are_found_as_by_comparing_all_pairs() {
    let seed = std::env::var("RUHU_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(83);
    eprintln!("RUHU_SEED={seed}");
    let largest = |picture: &Picture| {
        let largest = impressions(picture).into_iter().max_by(|a, b| a.area.total_cmp(&b.area));
        // As it is read again after it was kept.
        largest.and_then(|one| Impression::from_bytes(&one.to_bytes()).ok())
    };
    let pictures = each(16, |at| {
        let hand = if at % 2 == 0 { Hand::First } else { Hand::Second };
        let chance = &mut Chance::of(seed * 1_000 + at as u64);
        let picture = impression(hand, &hand.finger(chance.seed()), chance);
        let copied = (at % 4 == 0).then(|| copy(&picture, Way::Rotated, chance));
        [Some(picture), copied].into_iter().flatten().filter_map(|one| largest(&one)).collect::<Vec<_>>()
    });
    let all = pictures.concat();
    let mut pairs = Vec::new();
    for (b, other) in all.iter().enumerate() {
        let before = all.iter().enumerate().take(b);
        pairs.extend(before.filter_map(|(a, one)| same(one, other).map(|score| (a, b, score))));
    }
    let read = |at: usize| Ok::<_, Infallible>(all.get(at).cloned());
    let Ok(found) = copies(all.len(), |_, _| false, read, &mut |_, _| true);
    assert!(!pairs.is_empty(), "no copy was drawn");
    assert_eq!(found, Copies { pairs, ..Copies::default() });
}

/// A print without colour, its ridges run together, 18 mm wide on paper of 40 mm whose light falls off by a third.
fn grey_print() -> (Straight, Plane) {
    const PER_MM: f32 = 5.0;
    let side = (40.0 * PER_MM) as usize;
    let at = |at: usize| ((at % side) as f32 / PER_MM - 20.0, (at / side) as f32 / PER_MM - 20.0);
    let ink = |i: usize| {
        let (x, y) = at(i);
        let ridges = 0.45 + 0.15 * (TAU * x.hypot(y - 3.0) / 0.6).cos();
        if x.hypot(y / 1.2) < 9.0 { ridges } else { 0.0 }
    };
    let ink: Vec<f32> = (0..side * side).map(ink).collect();
    let light = |i: usize| 210.0 * (1.0 + 0.2 * at(i).0 / 20.0 + 0.1 * at(i).1 / 20.0);
    let seen: Vec<f32> = ink.iter().enumerate().map(|(i, ink)| light(i) * (-ink).exp()).collect();
    let planes = std::array::from_fn(|_| Plane::new(side, side, seen.clone()));
    let rect = Rect { x: 0.0, y: 0.0, w: 40.0, h: 40.0 };
    (Straight { per_mm: PER_MM.into(), rect, planes, seen: 1.0 }, Plane::new(side, side, ink))
}

#[test]
fn a_print_without_colour_on_paper_in_uneven_light_is_as_dense_as_it_is() {
    let (part, ink) = grey_print();
    let off = |densities: &Densities| {
        let seen = densities.planes[1].blurred(5.0);
        let truth = ink.blurred(5.0);
        seen.data.iter().zip(&truth.data).map(|(seen, truth)| (seen - truth).abs()).fold(0.0, f32::max)
    };
    let (alone, on_any_sheet) = (off(&Densities::of_lone_ink(&part)), off(&Densities::of(&part)));
    assert!(alone < 0.12 && on_any_sheet > 0.2, "{alone} {on_any_sheet}");
}
