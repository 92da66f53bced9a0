//! How far off the edges of sheets of others are found, in millimetres: `sheets SEED COUNT`.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use ruhu_pictures::camera::Shot;
use ruhu_pictures::letters::{Done, Fingers, drawn};
use ruhu_pictures::noise::Chance;
use ruhu_pictures::parallel;
use ruhu_vision::letter::paper;
use ruhu_vision::picture::decode;

fn main() {
    let words: Vec<u64> = std::env::args().skip(1).map(|word| word.parse().unwrap()).collect();
    let fingers = Fingers::of(1, 1);
    let mut all = parallel::each(words[1] as usize, |at| {
        let chance = &mut Chance::of(words[0].wrapping_mul(9_973) + at as u64);
        let shot = Shot { longest: 1400, ..Shot::fair(chance) };
        let letter = drawn(&[Done::Missing, Done::Missing], false, shot, &fingers, chance);
        let picture = decode(&letter.jpeg).unwrap();
        let (view, seen) = paper::find(&picture).unwrap();
        let back = view.inverse().unwrap();
        let points = [(40.0, 60.0), (170.0, 60.0), (170.0, 230.0), (40.0, 230.0), (105.0, 150.0)];
        let away = points.map(|point: (f64, f64)| {
            let (x, y) = back.apply(letter.view.apply(point));
            (x - point.0).hypot(y - point.1)
        });
        let away = away.into_iter().fold(0.0, f64::max);
        if away > 3.0 {
            std::fs::write(std::env::temp_dir().join(format!("sheet-{at}.jpg")), &letter.jpeg).unwrap();
        }
        (away, seen, at)
    });
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    println!(
        "{:?}",
        all.iter()
            .map(|(away, seen, at)| format!("{away:.1}{}#{at}", if *seen { "" } else { "?" }))
            .collect::<Vec<_>>()
    );
}
