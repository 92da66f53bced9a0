//! JPEG: what its markers say before anything is decoded, and its pixels.

use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::error::PictureError;

/// More passes over a picture than any camera or program makes.
const MOST_SCANS: usize = 100;

/// What the markers of a JPEG say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Markers {
    pub width: u32,
    pub height: u32,
    /// Bytes that its coefficients need when they come in several passes, else 0.
    pub coefficients: u64,
    /// Where the compressed data begin: what comes before is tables and metadata.
    pub head: usize,
    /// Whether the file holds the picture and nothing else: no metadata, no thumbnail, no profile, nothing
    /// between the segments or behind the end.
    pub bare: bool,
    /// The steps that brightness is stored in, summed over the 64 coefficients: the larger, the coarser.
    pub steps: u32,
    /// Whether the marker of the end was reached.
    ended: bool,
    /// Where the compressed data of the last scan end.
    data_end: usize,
    scans: usize,
    progressive: bool,
}

impl Markers {
    /// Walks over the markers, from the first to the end of the picture. What follows the end (a gain
    /// map, a film) is not looked at.
    ///
    /// # Errors
    /// `picture_damaged` for kinds of JPEG that cameras do not write; `picture_truncated` when the end
    /// is not reached.
    pub fn of(bytes: &[u8]) -> Result<Markers, PictureError> {
        let mut walk = Walk { bytes, at: 2 };
        let mut markers = Markers {
            width: 0,
            height: 0,
            coefficients: 0,
            head: 0,
            bare: true,
            steps: 0,
            ended: false,
            data_end: 0,
            scans: 0,
            progressive: false,
        };
        let mut passes = Passes::default();
        let (mut before, mut tables, mut table) = (walk.at, [0; 4], 0);
        while let Some(marker) = walk.marker() {
            markers.bare &= walk.at == before + 2;
            match marker {
                END => {
                    markers.bare &= walk.at == bytes.len();
                    markers.ended = true;
                    break;
                }
                0x01 | 0xd0..=0xd8 => continue,
                _ => {}
            }
            let Some(segment) = walk.segment() else { break };
            markers.bare &= is_of_the_picture(marker, segment);
            match marker {
                BASELINE | EXTENDED | PROGRESSIVE if markers.width == 0 => {
                    markers.progressive = marker == PROGRESSIVE;
                    passes.first = segment.get(6).copied();
                    markers.frame(segment)?;
                    table = segment.get(8).copied().unwrap_or_default();
                }
                QUANTISATION => note_steps(segment, &mut tables),
                // A second frame, and what is lossless, hierarchical or arithmetic.
                0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => return Err(PictureError::Damaged),
                SCAN => {
                    if markers.scans == 0 {
                        markers.head = walk.at - segment.len();
                    }
                    markers.scans += 1;
                    passes.note(segment);
                    walk.skip_data();
                    markers.data_end = walk.at;
                }
                _ => {}
            }
            before = walk.at;
        }
        markers.steps = tables.get(usize::from(table)).copied().unwrap_or_default();
        if !markers.ended || (markers.progressive && !passes.complete()) {
            return Err(PictureError::Truncated);
        }
        if !markers.progressive && markers.scans <= 1 {
            // Of one scan nothing is kept until the last has come.
            markers.coefficients = 0;
        }
        let usable = markers.width > 0 && (1..=MOST_SCANS).contains(&markers.scans);
        if usable { Ok(markers) } else { Err(PictureError::Damaged) }
    }

    fn frame(&mut self, segment: &[u8]) -> Result<(), PictureError> {
        let [8, h1, h2, w1, w2, count @ 1..=4, components @ ..] = segment else {
            return Err(PictureError::Damaged);
        };
        self.width = u16::from_be_bytes([*w1, *w2]).into();
        self.height = u16::from_be_bytes([*h1, *h2]).into();
        if self.width == 0 || self.height == 0 || components.len() < 3 * usize::from(*count) {
            return Err(PictureError::Damaged);
        }
        let areas = components.chunks_exact(3).take(usize::from(*count)).map(|component| {
            let (across, down) = (u64::from(component[1] >> 4), u64::from(component[1] & 15));
            (across, down)
        });
        let (across, down) =
            areas.clone().fold((1, 1), |(a, d), (across, down)| (a.max(across), d.max(down)));
        let sampled: u64 = areas.map(|(a, d)| a * d).sum();
        self.coefficients = u64::from(self.width) * u64::from(self.height) * 2 * sampled / (across * down);
        Ok(())
    }
}

/// Whether a segment says how the picture is coded, and nothing beside it. The head that every JPEG file has
/// may carry a thumbnail.
fn is_of_the_picture(marker: u8, segment: &[u8]) -> bool {
    match marker {
        BASELINE | EXTENDED | PROGRESSIVE | SCAN | HUFFMAN_TABLES | QUANTISATION | RESTART_INTERVAL => true,
        FILE_HEAD => segment.len() == 14 && segment.starts_with(b"JFIF\0") && segment.ends_with(&[0, 0]),
        _ => false,
    }
}

/// Sums the steps of each table in a segment.
fn note_steps(mut segment: &[u8], tables: &mut [u32; 4]) {
    while let Some((head, rest)) = segment.split_first() {
        let wide = head >> 4 != 0;
        let Some((steps, after)) = rest.split_at_checked(if wide { 128 } else { 64 }) else { return };
        let sum = match wide {
            true => steps.chunks_exact(2).map(|step| u32::from(step[0]) << 8 | u32::from(step[1])).sum(),
            false => steps.iter().map(|step| u32::from(*step)).sum(),
        };
        if let Some(table) = tables.get_mut(usize::from(head & 15)) {
            *table = sum;
        }
        segment = after;
    }
}

/// Pixels a row from which on missing data are found.
const COUNTED_WIDTH: u32 = 320;
const BASELINE: u8 = 0xc0;
const EXTENDED: u8 = 0xc1;
const PROGRESSIVE: u8 = 0xc2;
const HUFFMAN_TABLES: u8 = 0xc4;
const END: u8 = 0xd9;
const SCAN: u8 = 0xda;
const QUANTISATION: u8 = 0xdb;
const RESTART_INTERVAL: u8 = 0xdd;
const FILE_HEAD: u8 = 0xe0;

/// What the passes of a progressive JPEG brought of its first component, the brightness: for each of the
/// 64 coefficients the lowest bit that came.
struct Passes {
    first: Option<u8>,
    lowest: [u8; 64],
}

impl Default for Passes {
    fn default() -> Passes {
        Passes { first: None, lowest: [u8::MAX; 64] }
    }
}

impl Passes {
    fn note(&mut self, scan: &[u8]) {
        let Some((count, rest)) = scan.split_first() else { return };
        let Some((components, [from, to, bits, ..])) = rest.split_at_checked(2 * usize::from(*count)) else {
            return;
        };
        if components.chunks_exact(2).any(|component| Some(component[0]) == self.first) {
            let range = usize::from(*from)..usize::from(*to).saturating_add(1).min(64);
            let coefficients = self.lowest.get_mut(range).unwrap_or_default();
            coefficients.iter_mut().for_each(|lowest| *lowest = (*lowest).min(bits & 15));
        }
    }

    fn complete(&self) -> bool {
        self.lowest.iter().all(|lowest| *lowest == 0)
    }
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Walk<'a> {
    /// The next marker; bytes between segments that are none are passed over, as every reader does.
    fn marker(&mut self) -> Option<u8> {
        loop {
            let rest = self.bytes.get(self.at..)?;
            let from = rest.iter().position(|byte| *byte == 0xff)?;
            let code = rest[from..].iter().position(|byte| *byte != 0xff)? + from;
            self.at += code + 1;
            if rest[code] != 0 {
                return Some(rest[code]);
            }
        }
    }

    /// A segment without its length, which must lie in the file.
    fn segment(&mut self) -> Option<&'a [u8]> {
        let length = self.bytes.get(self.at..self.at + 2)?;
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        let segment = self.bytes.get(self.at + 2..self.at + length)?;
        self.at += length;
        Some(segment)
    }

    /// Passes over compressed data: to the next marker that is no restart.
    fn skip_data(&mut self) {
        while let Some(next) = self.bytes.get(self.at..).and_then(|rest| rest.iter().position(|b| *b == 0xff))
        {
            match self.bytes.get(self.at + next + 1) {
                Some(0 | 0xd0..=0xd7) => self.at += next + 2,
                Some(0xff) => self.at += next + 1,
                _ => {
                    self.at += next;
                    return;
                }
            }
        }
        self.at = self.bytes.len();
    }
}

/// The part of a JPEG that holds its metadata: what comes before the compressed data.
pub(super) fn head(bytes: &[u8]) -> &[u8] {
    let mut walk = Walk { bytes, at: 2 };
    while let Some(marker) = walk.marker() {
        match marker {
            0x01 | 0xd0..=0xd8 => continue,
            SCAN | END => return bytes.get(..walk.at).unwrap_or(bytes),
            _ => {}
        }
        if walk.segment().is_none() {
            break;
        }
    }
    bytes
}

/// The pixels, three bytes each.
///
/// # Errors
/// `picture_damaged`, also when the compressed data end before the picture does.
pub(super) fn pixels(bytes: &[u8], markers: &Markers) -> Result<Vec<u8>, PictureError> {
    if !markers.progressive && markers.scans > 1 {
        return in_several_scans(bytes);
    }
    // The library goes on with zeros beyond the marker behind the data, and says so only where no marker
    // stands. It reads up to 8 bytes ahead, more than a row of blocks of a very narrow picture has.
    let counted = !markers.progressive && markers.width >= COUNTED_WIDTH;
    let data = bytes.get(..markers.data_end).filter(|_| counted).unwrap_or(bytes);
    match decoded(data, true) {
        // Bytes between segments, which some phones write, say nothing of the picture.
        Err(DecodeErrors::FormatStatic(told)) if told.starts_with("[strict-mode]") => decoded(data, false),
        other => other,
    }
    .map_err(|_| PictureError::Damaged)
}

/// The pixels of a picture whose colours come one after another. The other library takes the first for the whole.
fn in_several_scans(bytes: &[u8]) -> Result<Vec<u8>, PictureError> {
    let mut decoder = jpeg_decoder::Decoder::new(bytes);
    let decoded = decoder.decode().map_err(|_| PictureError::Damaged)?;
    match decoder.info().map(|info| info.pixel_format) {
        Some(jpeg_decoder::PixelFormat::RGB24) => Ok(decoded),
        Some(jpeg_decoder::PixelFormat::L8) => Ok(decoded.into_iter().flat_map(|value| [value; 3]).collect()),
        _ => Err(PictureError::Damaged),
    }
}

fn decoded(bytes: &[u8], strict: bool) -> Result<Vec<u8>, DecodeErrors> {
    let options = DecoderOptions::default()
        .set_strict_mode(strict)
        .set_max_width(usize::MAX)
        .set_max_height(usize::MAX)
        .jpeg_set_max_scans(MOST_SCANS)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers()?;
    if decoder.input_colorspace() == Some(ColorSpace::Luma) {
        decoder.set_options(options.jpeg_set_out_colorspace(ColorSpace::Luma));
        let grey = decoder.decode()?;
        return Ok(grey.into_iter().flat_map(|value| [value; 3]).collect());
    }
    decoder.decode()
}
