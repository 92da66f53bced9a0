//! Reading automerge's binary format from the front, with limits: numbers, prefixed bytes, chunks.

use crate::error::Refusal;
use crate::{ActorId, ChangeHash};

pub(crate) const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];

/// Splits the first chunk off: its type, checksum and contents.
pub(crate) fn chunk<'a>(reader: &mut Reader<'a>) -> Result<(u8, &'a [u8], &'a [u8]), Refusal> {
    let header = reader.take(9).map_err(|_| Refusal::NotAChange)?;
    let (magic, rest) = header.split_at(4);
    let (checksum, kind) = rest.split_at(4);
    match kind {
        [kind] if magic == MAGIC => Ok((*kind, checksum, reader.prefixed()?)),
        _ => Err(Refusal::NotAChange),
    }
}

/// Bytes read from the front.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], Refusal> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Refusal::Damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Refusal> {
        let (first, rest) = self.0.split_first().ok_or(Refusal::Damaged)?;
        self.0 = rest;
        Ok(*first)
    }

    pub(crate) fn uleb(&mut self) -> Result<u64, Refusal> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            if shift == 63 && byte > 1 {
                return Err(Refusal::Damaged);
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Refusal::Damaged)
    }

    pub(crate) fn sleb(&mut self) -> Result<i64, Refusal> {
        let mut value = 0i64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            if shift == 63 && byte != 0 && byte != 0x7f {
                return Err(Refusal::Damaged);
            }
            value |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let negative = byte & 0x40 != 0 && shift < 57;
                return Ok(if negative { value | (-1i64 << (shift + 7)) } else { value });
            }
        }
        Err(Refusal::Damaged)
    }

    pub(crate) fn prefixed(&mut self) -> Result<&'a [u8], Refusal> {
        let length = usize::try_from(self.uleb()?).map_err(|_| Refusal::Damaged)?;
        self.take(length)
    }

    pub(crate) fn counted(&mut self, limit: u64) -> Result<u64, Refusal> {
        let count = self.uleb()?;
        if count > limit { Err(Refusal::TooManyOps) } else { Ok(count) }
    }

    /// A column layout: pairs of specification and length in bytes.
    pub(crate) fn layout(&mut self) -> Result<Vec<(u64, u64)>, Refusal> {
        let count = self.counted(64)?;
        (0..count).map(|_| Ok((self.uleb()?, self.uleb()?))).collect()
    }

    pub(crate) fn hash(&mut self) -> Result<ChangeHash, Refusal> {
        let bytes = self.take(32)?;
        bytes.try_into().map(ChangeHash).map_err(|_| Refusal::Damaged)
    }

    pub(crate) fn actor(&mut self) -> Result<ActorId, Refusal> {
        self.prefixed()?.try_into().map(ActorId).map_err(|_| Refusal::Actor)
    }
}

pub(crate) fn write_uleb(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}
