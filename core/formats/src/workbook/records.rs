//! Records of an .xls and the texts in them.

use super::diagnostics::damaged;
use ruhu_text::Diagnostic;

/// Continues the record before it.
const CONTINUE: u16 = 0x003C;

/// A record, and those that continue it.
pub(super) struct Record<'a> {
    pub typ: u16,
    pub data: &'a [u8],
    continued: Vec<&'a [u8]>,
}

/// The records of a stream.
pub(super) struct Records<'a> {
    rest: &'a [u8],
}

impl<'a> Records<'a> {
    pub fn of(stream: &'a [u8]) -> Self {
        Records { rest: stream }
    }

    fn one(&mut self) -> Option<(u16, &'a [u8])> {
        let typ = u16_at(self.rest, 0)?;
        let length = usize::from(u16_at(self.rest, 2)?);
        let data = self.rest.get(4..4 + length)?;
        self.rest = self.rest.get(4 + length..).unwrap_or_default();
        Some((typ, data))
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, Box<Diagnostic>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let Some((typ, data)) = self.one() else {
            self.rest = &[];
            return Some(Err(damaged()));
        };
        let mut continued = Vec::new();
        while u16_at(self.rest, 0) == Some(CONTINUE) {
            match self.one() {
                Some((_, data)) => continued.push(data),
                None => {
                    self.rest = &[];
                    return Some(Err(damaged()));
                }
            }
        }
        Some(Ok(Record { typ, data, continued }))
    }
}

/// The bytes of a record and of those that continue it, read from the left.
pub(super) struct Chunks<'a> {
    now: &'a [u8],
    later: std::vec::IntoIter<&'a [u8]>,
}

impl<'a> Chunks<'a> {
    pub fn of(record: &Record<'a>, from: usize) -> Self {
        let now = record.data.get(from..).unwrap_or_default();
        let mut chunks = Chunks { now, later: record.continued.clone().into_iter() };
        chunks.turn();
        chunks
    }

    /// Goes on to the next record where this one ends.
    fn turn(&mut self) {
        while self.now.is_empty() {
            match self.later.next() {
                Some(next) => self.now = next,
                None => return,
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.now.is_empty()
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.now.split_first()?;
        self.now = rest;
        self.turn();
        Some(*first)
    }

    fn number(&mut self, bytes: u32) -> Option<usize> {
        (0..bytes).try_fold(0_usize, |number, n| Some(number | usize::from(self.byte()?) << (8 * n)))
    }

    fn skip(&mut self, mut bytes: usize) -> Option<()> {
        while bytes > 0 {
            let step = bytes.min(self.now.len());
            if step == 0 {
                return None;
            }
            self.now = self.now.get(step..)?;
            bytes -= step;
            self.turn();
        }
        Some(())
    }

    /// A text with its length in two bytes, its formatting left out (MS-XLS,
    /// 2.5.293); none when it is cut off or longer than `most` bytes.
    pub fn text(&mut self, most: usize) -> Option<String> {
        let length = self.number(2)?;
        let flags = self.byte_or_zero(length)?;
        let runs = if flags & 8 != 0 { self.number(2)? } else { 0 };
        let extra = if flags & 4 != 0 { self.number(4)? } else { 0 };
        let text = self.characters(length, flags, most)?;
        self.skip(runs.checked_mul(4)?.checked_add(extra)?)?;
        Some(text)
    }

    /// An empty text may end with its length.
    fn byte_or_zero(&mut self, length: usize) -> Option<u8> {
        if length == 0 && self.is_empty() { Some(0) } else { self.byte() }
    }

    /// A text with its length in one byte.
    pub fn short_text(&mut self) -> Option<String> {
        let length = self.number(1)?;
        let flags = self.byte()?;
        self.characters(length, flags, usize::MAX)
    }

    /// Characters of one byte (Latin-1) or two (UTF-16). Where a record ends
    /// among them, the next begins with the flags anew.
    fn characters(&mut self, length: usize, mut flags: u8, most: usize) -> Option<String> {
        let mut units: Vec<u16> = Vec::new();
        while units.len() < length {
            if units.len() * 3 > most.max(3 * usize::from(u16::MAX)) {
                return None;
            }
            let before = self.later.len();
            let wide = flags & 1 != 0;
            let low = self.now.first().copied()?;
            let high = if wide { self.now.get(1).copied()? } else { 0 };
            self.now = self.now.get(if wide { 2 } else { 1 }..)?;
            units.push(u16::from_le_bytes([low, high]));
            self.turn();
            if self.later.len() != before && units.len() < length {
                flags = self.byte()?;
            }
        }
        Some(String::from_utf16_lossy(&units))
    }
}

pub(super) fn u16_at(data: &[u8], at: usize) -> Option<u16> {
    let bytes = data.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(bytes.try_into().ok()?))
}

pub(super) fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    let bytes = data.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

pub(super) fn double(data: &[u8], at: usize) -> Option<f64> {
    let bytes = data.get(at..at.checked_add(8)?)?;
    Some(f64::from_le_bytes(bytes.try_into().ok()?))
}

/// A number in four bytes (MS-XLS, 2.5.217): 30 bits of an integer or of a
/// double, perhaps in hundredths.
pub(super) fn rk(bits: u32) -> f64 {
    let number = match bits & 2 {
        0 => f64::from_bits(u64::from(bits & !3) << 32),
        _ => f64::from(bits.cast_signed() >> 2),
    };
    if bits & 1 == 0 { number } else { number / 100.0 }
}

/// The errors of cells (MS-XLS, 2.5.10).
pub(super) fn error_text(code: u8) -> &'static str {
    match code {
        0x00 => "#NULL!",
        0x07 => "#DIV/0!",
        0x0F => "#VALUE!",
        0x17 => "#REF!",
        0x1D => "#NAME?",
        0x24 => "#NUM!",
        _ => "#N/A",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(typ: u16, data: &[u8]) -> Vec<u8> {
        [&typ.to_le_bytes(), &(data.len() as u16).to_le_bytes(), data].concat()
    }

    #[test]
    fn a_text_goes_on_in_the_next_record_with_other_flags() {
        // “ab户主”, the first two letters in one byte each.
        let first = record(0xFC, &[4, 0, 0, b'a', b'b']);
        let second = record(CONTINUE, &[1, 0x37, 0x62, 0x3B, 0x4E]);
        let stream = [first, second].concat();
        let records: Vec<Record<'_>> = Records::of(&stream).map(Result::unwrap).collect();
        assert_eq!(records.len(), 1);
        assert_eq!(Chunks::of(&records[0], 0).text(100).unwrap(), "ab户主");
    }

    #[test]
    fn records_and_texts_that_are_cut_off_are_refused() {
        let whole = record(0xFC, &[4, 0, 0, b'a', b'b']);
        assert!(Chunks::of(&Records::of(&whole).next().unwrap().unwrap(), 0).text(100).is_none());
        assert!(Records::of(&whole[..6]).next().unwrap().is_err());
    }

    #[test]
    fn numbers_in_four_bytes_are_whole_or_hundredths() {
        assert_eq!(rk(0x0000_0006), 1.0);
        assert_eq!(rk(0x3FF0_0000), 1.0);
        assert_eq!(rk((1234 << 2) | 3), 12.34);
        assert_eq!(rk((-5_i32 as u32) << 2 | 2), -5.0);
    }
}
