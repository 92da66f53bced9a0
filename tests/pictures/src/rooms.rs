//! Rooms as a caseworker sees them: walls, floor, window, bed, stove, things on shelves.

use ruhu_vision::picture::Plane;

use crate::noise::{Chance, smooth};
use crate::sensor::Light;
use crate::tables::{Fault, taking};

const GRAIN: usize = 256;

/// A photo of a room, 1,600 by 1,200 pixels. Glare and cut edges are faults of papers only.
pub fn room_photo(seed: u64, fault: Fault) -> Vec<u8> {
    room_photo_of(seed, fault, 1600, 1200)
}

/// The same with so many pixels; blur and noise stay as many pixels wide.
pub fn room_photo_of(seed: u64, fault: Fault, width: usize, height: usize) -> Vec<u8> {
    let mut chance = Chance::of(seed);
    let room = Room::of(&mut chance);
    let light =
        Light::of(width, height, |x, y| room.light(x as f32 / width as f32, y as f32 / height as f32));
    let taking = taking(fault, &mut chance);
    light.taken(&taking, &mut chance)
}

/// A thing before a wall: a box with a pattern, in shares of the picture.
struct Thing {
    rect: (f32, f32, f32, f32),
    colour: [f32; 3],
    /// Stripes or checks so many across, or none.
    pattern: usize,
    other: [f32; 3],
    round: bool,
}

struct Room {
    walls: [[f32; 3]; 3],
    floor: [f32; 3],
    /// The far wall: left, top, right, bottom.
    far: (f32, f32, f32, f32),
    window: Option<(f32, f32, f32, f32)>,
    daylight: f32,
    lamp: (f32, f32, f32),
    tiles: f32,
    things: Vec<Thing>,
    grain: Plane,
    shade: Plane,
}

impl Room {
    fn of(chance: &mut Chance) -> Room {
        let tone = chance.between(0.25, 0.75);
        let wall = [tone, tone * chance.between(0.9, 1.0), tone * chance.between(0.75, 1.0)];
        let far = (
            chance.between(0.12, 0.3),
            chance.between(0.05, 0.2),
            chance.between(0.68, 0.9),
            chance.between(0.55, 0.72),
        );
        // Against the window, which burns out, the room must still be seen.
        let window = chance.happens(0.5).then(|| {
            let (w, h) = (chance.between(0.12, 0.25), chance.between(0.15, 0.3));
            let (x, y) =
                (chance.between(far.0, far.2 - w), chance.between(far.1, (far.3 - h).max(far.1 + 0.01)));
            (x, y, x + w, y + h)
        });
        let colour = |chance: &mut Chance| {
            let tone = chance.between(0.03, 0.7);
            [
                tone * chance.between(0.5, 1.3),
                tone * chance.between(0.5, 1.2),
                tone * chance.between(0.4, 1.2),
            ]
        };
        let things = (0..7 + chance.below(14))
            .map(|_| {
                let (w, h) = (chance.between(0.04, 0.3), chance.between(0.04, 0.3));
                let (x, y) = (chance.between(-0.05, 0.95), chance.between(0.25, 0.9));
                Thing {
                    rect: (x, y, x + w, y + h),
                    colour: colour(chance),
                    pattern: chance.one_of(&[0, 0, 3, 8, 20]),
                    other: colour(chance),
                    round: chance.happens(0.2),
                }
            })
            .collect();
        Room {
            walls: [wall, wall.map(|v| v * 0.8), wall.map(|v| v * 0.9)],
            floor: colour(chance),
            far,
            window,
            daylight: chance.between(1.5, 6.0),
            lamp: (chance.between(0.2, 0.8), chance.between(0.0, 0.3), chance.between(0.3, 0.8)),
            tiles: chance.one_of(&[0.0, 6.0, 12.0]),
            things,
            grain: smooth(GRAIN, GRAIN, chance.between(2.0, 9.0), chance),
            shade: smooth(48, 48, 20.0, chance),
        }
    }

    fn light(&self, u: f32, v: f32) -> [f32; 3] {
        if let Some((left, top, right, bottom)) = self.window {
            let inside = (left..right).contains(&u) && (top..bottom).contains(&v);
            let frame = ((u - left) / (right - left) * 2.0).fract().min(1.0) < 0.05
                || ((v - top) / (bottom - top) * 2.0).fract() < 0.05;
            if inside && !frame {
                return [0.9 * self.daylight, self.daylight, 1.1 * self.daylight];
            }
        }
        let index = |value: f32| (value * 900.0).rem_euclid(GRAIN as f32) as usize % GRAIN;
        let grain = (1.0 + 0.05 * self.grain.at(index(u), index(v))).max(0.3);
        let fall = ((u - self.lamp.0).powi(2) + (v - self.lamp.1).powi(2)).sqrt();
        let lit =
            (0.35 + 0.75 * (-fall / self.lamp.2).exp()) * (1.0 + 0.1 * self.shade.sample(u * 47.0, v * 47.0));
        let mut colour = self.surface(u, v);
        for thing in &self.things {
            if let Some(of) = thing.at(u, v) {
                colour = of;
            }
        }
        colour.map(|value| (value * lit * grain).max(0.0))
    }

    /// Walls and floor, which meet in lines towards the far wall.
    fn surface(&self, u: f32, v: f32) -> [f32; 3] {
        let (left, top, right, bottom) = self.far;
        // How far the point is outside of the far wall, towards each side, 0 to 1.
        let out =
            [(left - u) / left, (u - right) / (1.0 - right), (v - bottom) / (1.0 - bottom), (top - v) / top];
        let most = out.iter().copied().fold(0.0f32, f32::max);
        if most <= 0.0 {
            return self.walls[0];
        }
        if most == out[2] {
            let deep = 1.0 / (0.12 + most);
            let across = (u - 0.5) / (0.35 + most) * self.tiles;
            let joint = self.tiles > 0.0 && (across.rem_euclid(1.0) < 0.06 || (deep * 2.0).fract() < 0.06);
            return self.floor.map(|value| if joint { value * 0.4 } else { value });
        }
        if most == out[3] {
            self.walls[0].map(|v| (v * 1.2).min(0.85))
        } else {
            self.walls[if most == out[0] { 1 } else { 2 }]
        }
    }
}

impl Thing {
    fn at(&self, u: f32, v: f32) -> Option<[f32; 3]> {
        let (left, top, right, bottom) = self.rect;
        let (x, y) = ((u - left) / (right - left), (v - top) / (bottom - top));
        let inside = (0.0..1.0).contains(&x) && (0.0..1.0).contains(&y);
        let oval = (x - 0.5).hypot(y - 0.5) < 0.5;
        if !inside || (self.round && !oval) {
            return None;
        }
        let cell = |value: f32| (value * self.pattern as f32) as usize;
        let other = self.pattern > 0 && (cell(x) + cell(y) * (self.pattern % 2)) % 2 == 1;
        let colour = if other { self.other } else { self.colour };
        // A front and, narrower, the side away from the light.
        Some(if x > 0.9 { colour.map(|value| value * 0.5) } else { colour })
    }
}
