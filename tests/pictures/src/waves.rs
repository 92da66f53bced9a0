//! Fingers of the second hand: ridges are waves of a phase that is worked out, not filtered from noise.
//! Ends and forks of ridges are places about which the phase turns once.

use std::f32::consts::TAU;

use ruhu_vision::picture::Plane;

use crate::PER_MM;
use crate::finger::{Finger, HEIGHT, Pattern, WIDTH};
use crate::noise::{Chance, smooth};

/// The finger of a seed.
pub fn finger(seed: u64) -> Finger {
    let chance = &mut Chance::of(seed ^ 0x77_61_76_65_73);
    let pattern = chance.one_of(&[Pattern::Loop, Pattern::Whorl, Pattern::Whorl, Pattern::Arch]);
    let period = chance.between(0.42, 0.60);
    let (width, height) = ((WIDTH * PER_MM) as usize, (HEIGHT * PER_MM) as usize);
    let (bend_x, bend_y) =
        (smooth(width, height, 11.0 * PER_MM, chance), smooth(width, height, 11.0 * PER_MM, chance));
    let thickness = smooth(width, height, 2.5 * PER_MM, chance);
    let flow = Flow::of(pattern, chance);
    let turns: Vec<(f32, f32, f32)> = (0..18 + chance.below(26))
        .map(|_| {
            let (x, y) =
                (chance.between(-WIDTH / 2.0, WIDTH / 2.0), chance.between(-HEIGHT / 2.0, HEIGHT / 2.0));
            (x, y, chance.one_of(&[-1.0, 1.0]))
        })
        .collect();
    let mut data = Vec::with_capacity(width * height);
    for row in 0..height {
        for column in 0..width {
            let bend = |plane: &Plane| 0.9 * plane.at(column, row);
            let x = column as f32 / PER_MM - WIDTH / 2.0 + bend(&bend_x);
            let y = row as f32 / PER_MM - HEIGHT / 2.0 + bend(&bend_y);
            let mut phase = TAU * flow.at(x, y) / period;
            for (tx, ty, sign) in &turns {
                phase += sign * (y - ty).atan2(x - tx);
            }
            let wave = phase.cos() + 0.22 * thickness.at(column, row);
            data.push((1.7 * wave).tanh());
        }
    }
    Finger { ridges: Plane::new(width, height, data), period, pattern }
}

/// The distance, in millimetres, across the ridges.
struct Flow {
    pattern: Pattern,
    side: f32,
    stretch: f32,
    rise: f32,
    wide: f32,
    core: (f32, f32),
    spiral: f32,
}

impl Flow {
    fn of(pattern: Pattern, chance: &mut Chance) -> Flow {
        Flow {
            pattern,
            side: chance.one_of(&[-1.0, 1.0]),
            stretch: chance.between(1.05, 1.45),
            rise: chance.between(2.5, 6.0),
            wide: chance.between(4.5, 7.5),
            core: (chance.between(-1.2, 1.2), chance.between(-3.0, 1.5)),
            spiral: chance.one_of(&[0.0, 0.0, 0.5, -0.5]),
        }
    }

    fn at(&self, x: f32, y: f32) -> f32 {
        let (dx, dy) = (self.side * (x - self.core.0), y - self.core.1);
        match self.pattern {
            Pattern::Whorl => dx.hypot(dy / self.stretch) + self.spiral * dy.atan2(dx) / TAU,
            Pattern::Arch => y + self.rise * (-(x / self.wide).powi(2)).exp() * (0.7 - 0.02 * y),
            // Arcs above the core; below it both legs lean to one side.
            Pattern::Loop if dy < 0.0 => dx.hypot(dy / self.stretch),
            Pattern::Loop => (dx - 0.035 * self.rise * dy * dy / 3.0).abs(),
        }
    }
}
