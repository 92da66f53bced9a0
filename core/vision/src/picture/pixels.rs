//! The pixels of a picture.

use super::plane::Plane;

/// Pixels in red, green and blue, row by row from the top left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

impl Picture {
    /// A picture of `width * height * 3` bytes; with another number of bytes there is none.
    pub fn new(width: usize, height: usize, rgb: Vec<u8>) -> Option<Picture> {
        (width > 0 && height > 0 && rgb.len() == width * height * 3).then_some(Picture { width, height, rgb })
    }

    /// Pixels a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The bytes, three a pixel.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// The bytes, given away.
    pub fn into_rgb(self) -> Vec<u8> {
        self.rgb
    }

    /// One pixel; `x` and `y` are inside.
    pub fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
        let at = (y * self.width + x) * 3;
        [self.rgb[at], self.rgb[at + 1], self.rgb[at + 2]]
    }

    /// The colour between pixels, bilinear; beyond the edge that of the edge. The middle of the first
    /// pixel is (0, 0).
    pub fn sample(&self, x: f32, y: f32) -> [f32; 3] {
        let x = x.clamp(0.0, (self.width - 1) as f32);
        let y = y.clamp(0.0, (self.height - 1) as f32);
        let (left, top) = (x as usize, y as usize);
        let (right, bottom) = ((left + 1).min(self.width - 1), (top + 1).min(self.height - 1));
        let (fx, fy) = (x - left as f32, y - top as f32);
        let at = |x: usize, y: usize| &self.rgb[(y * self.width + x) * 3..][..3];
        let (a, b, c, d) = (at(left, top), at(right, top), at(left, bottom), at(right, bottom));
        std::array::from_fn(|i| {
            let upper = f32::from(a[i]) + (f32::from(b[i]) - f32::from(a[i])) * fx;
            let lower = f32::from(c[i]) + (f32::from(d[i]) - f32::from(c[i])) * fx;
            upper + (lower - upper) * fy
        })
    }

    /// Its brightness, each pixel the mean of a square so that the longer side is at most `longest`.
    /// The second value is the side of that square in pixels.
    pub fn grey(&self, longest: usize) -> (Plane, usize) {
        let step = self.width.max(self.height).div_ceil(longest).max(1);
        let (width, height) = ((self.width / step).max(1), (self.height / step).max(1));
        let mut data = Vec::with_capacity(width * height);
        let scale = 1.0 / (step * step) as f32 / 256.0;
        for y in 0..height {
            for x in 0..width {
                let mut sum = 0u32;
                for row in y * step..((y + 1) * step).min(self.height) {
                    let from = (row * self.width + x * step) * 3;
                    let to = from + step.min(self.width - x * step) * 3;
                    for pixel in self.rgb[from..to].chunks_exact(3) {
                        sum +=
                            77 * u32::from(pixel[0]) + 150 * u32::from(pixel[1]) + 29 * u32::from(pixel[2]);
                    }
                }
                data.push(sum as f32 * scale);
            }
        }
        (Plane::new(width, height, data), step)
    }
}
