//! Reading the bytes of one change before the merging engine sees them.
//!
//! The engine inflates without a limit, expands run lengths without a limit and panics on some malformed input. So
//! the outer form of a change (automerge's binary format: chunk header, change header, columns) is read here first,
//! with limits; what the header says is also all that a server needs to check a change without applying it.

use std::io::Read;

use automerge::Change;
use sha2::{Digest, Sha256};

use crate::contain::contained;
use crate::error::{MAX_CHANGE, Refusal};
use crate::{ActorId, ChangeHash};

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const CHANGE: u8 = 1;
const DEFLATED_CHANGE: u8 = 2;
/// Rows of any column of one change: operations, and the predecessors of all operations together.
pub(crate) const MAX_ROWS: u64 = 50_000;
const MAX_DEPS: u64 = 10_000;
const MAX_ACTORS: u64 = 10_000;

/// What the header of a change says, read without applying it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ChangeHeader {
    /// SHA-256 that names the change; the same for its plain and its deflated bytes.
    pub hash: ChangeHash,
    /// Who made it.
    pub actor: ActorId,
    /// The actor's sequence number in this document, from 1.
    pub seq: u64,
    /// Number of its first operation.
    pub start_op: u64,
    /// The maker's clock, milliseconds since 1970 UTC.
    pub time_ms: i64,
    /// Changes that must be there before it.
    pub deps: Vec<ChangeHash>,
}

impl ChangeHeader {
    /// Reads one change chunk, plain or deflated. Takes time in proportion to its (capped) size, holds at most
    /// [`MAX_CHANGE`] bytes, never panics.
    pub fn read(bytes: &[u8]) -> Result<ChangeHeader, Refusal> {
        Ok(RawChange::read(bytes)?.header)
    }
}

/// One change whose outer form is sound: header, checksum, and columns within their limits.
#[derive(Clone, Debug)]
pub(crate) struct RawChange {
    pub(crate) header: ChangeHeader,
    /// The plain chunk.
    pub(crate) bytes: Vec<u8>,
}

impl RawChange {
    pub(crate) fn read(bytes: &[u8]) -> Result<RawChange, Refusal> {
        let mut reader = Reader(bytes);
        let (kind, checksum, body) = chunk(&mut reader)?;
        if !reader.0.is_empty() {
            return Err(Refusal::NotAChange);
        }
        let inflated;
        let body = match kind {
            CHANGE if body.len() <= MAX_CHANGE => body,
            CHANGE => return Err(Refusal::TooLarge),
            DEFLATED_CHANGE => {
                inflated = inflate(body)?;
                &inflated
            }
            _ => return Err(Refusal::NotAChange),
        };
        let mut plain = vec![CHANGE];
        write_uleb(&mut plain, body.len() as u64);
        plain.extend_from_slice(body);
        let hash: [u8; 32] = Sha256::digest(&plain).into();
        if hash.get(..4) != Some(checksum) {
            return Err(Refusal::Damaged);
        }
        let header = change_header(body, ChangeHash(hash))?;
        Ok(RawChange { header, bytes: [&MAGIC, checksum, &plain].concat() })
    }

    /// The change as the engine reads it.
    pub(crate) fn decode(&self) -> Result<Change, Refusal> {
        let change = contained(|| Change::try_from(&self.bytes[..])).ok_or(Refusal::Damaged)?;
        let change = change.map_err(|_| Refusal::Damaged)?;
        if ChangeHash::from(change.hash()) == self.header.hash { Ok(change) } else { Err(Refusal::Damaged) }
    }
}

/// Splits the first chunk off: its type, checksum and body.
pub(crate) fn chunk<'a>(reader: &mut Reader<'a>) -> Result<(u8, &'a [u8], &'a [u8]), Refusal> {
    let header = reader.take(9).map_err(|_| Refusal::NotAChange)?;
    let (magic, rest) = header.split_at(4);
    let (checksum, kind) = rest.split_at(4);
    match kind {
        [kind] if magic == MAGIC => Ok((*kind, checksum, reader.prefixed()?)),
        _ => Err(Refusal::NotAChange),
    }
}

/// A deflated body, refused as soon as it grows beyond the limit, whatever it claims.
fn inflate(body: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut out = Vec::new();
    let limit = MAX_CHANGE as u64 + 1;
    let mut decoder = flate2::bufread::DeflateDecoder::new(body).take(limit);
    decoder.read_to_end(&mut out).map_err(|_| Refusal::Damaged)?;
    if out.len() > MAX_CHANGE { Err(Refusal::TooLarge) } else { Ok(out) }
}

fn change_header(body: &[u8], hash: ChangeHash) -> Result<ChangeHeader, Refusal> {
    let mut reader = Reader(body);
    let deps = reader.counted(MAX_DEPS)?;
    let deps = (0..deps).map(|_| reader.hash()).collect::<Result<_, _>>()?;
    let actor = reader.actor()?;
    let seq = reader.uleb()?;
    let start_op = reader.uleb()?;
    let time_ms = reader.sleb()?;
    reader.prefixed()?;
    for _ in 0..reader.counted(MAX_ACTORS)? {
        reader.actor()?;
    }
    columns(&mut reader)?;
    if !reader.0.is_empty() {
        return Err(Refusal::Operation);
    }
    Ok(ChangeHeader { hash, actor, seq, start_op, time_ms, deps })
}

fn columns(reader: &mut Reader<'_>) -> Result<(), Refusal> {
    let layout = reader.layout()?;
    let raw = layout.iter().filter(|(spec, _)| spec & 7 == 7);
    let values = raw.fold(0u64, |sum, (_, length)| sum.saturating_add(*length));
    for (spec, length) in layout {
        let data = reader.take(usize::try_from(length).map_err(|_| Refusal::Damaged)?)?;
        column(spec, data, values, MAX_ROWS)?;
    }
    Ok(())
}

/// Walks a column's runs without expanding them. `values`: bytes that there are for values.
pub(crate) fn column(spec: u64, data: &[u8], values: u64, max_rows: u64) -> Result<(), Refusal> {
    const DEFLATED: u64 = 8;
    if spec & DEFLATED != 0 {
        return Err(Refusal::Operation);
    }
    let mut reader = Reader(data);
    let mut rows = Total { sum: 0, limit: max_rows };
    let mut weight = Total { sum: 0, limit: if spec & 7 == 6 { values } else { max_rows } };
    match spec & 7 {
        // Groups: each value is the number of rows that belong to one operation.
        0 => runs(&mut reader, &mut rows, |r, n| weight.add(r.uleb()?, n)),
        1 | 2 => runs(&mut reader, &mut rows, |r, _| r.uleb().map(drop)),
        3 => runs(&mut reader, &mut rows, |r, _| r.sleb().map(drop)),
        4 => {
            while !reader.0.is_empty() {
                rows.add(reader.uleb()?, 1)?;
            }
            Ok(())
        }
        5 => runs(&mut reader, &mut rows, |r, _| r.prefixed().map(drop)),
        // Value metadata: the upper bits are the length of the value.
        6 => runs(&mut reader, &mut rows, |r, n| weight.add(r.uleb()? >> 4, n)),
        _ => Ok(()),
    }
}

/// A sum that may not pass its limit.
struct Total {
    sum: u64,
    limit: u64,
}

impl Total {
    fn add(&mut self, each: u64, times: u64) -> Result<(), Refusal> {
        let sum = each.checked_mul(times).and_then(|n| self.sum.checked_add(n)).ok_or(Refusal::TooManyOps)?;
        self.sum = sum;
        if sum > self.limit { Err(Refusal::TooManyOps) } else { Ok(()) }
    }
}

/// Run-length encoding: a positive count before one repeated value, a negative one before that many values, zero
/// before a count of nulls.
fn runs<'a>(
    reader: &mut Reader<'a>,
    rows: &mut Total,
    mut value: impl FnMut(&mut Reader<'a>, u64) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    while !reader.0.is_empty() {
        let count = reader.sleb()?;
        match count {
            0 => rows.add(reader.uleb()?, 1)?,
            1.. => {
                rows.add(count.unsigned_abs(), 1)?;
                value(reader, count.unsigned_abs())?;
            }
            _ => {
                rows.add(count.unsigned_abs(), 1)?;
                for _ in 0..count.unsigned_abs() {
                    value(reader, 1)?;
                }
            }
        }
    }
    Ok(())
}

/// Bytes read from the front.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], Refusal> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Refusal::Damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, Refusal> {
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

    fn sleb(&mut self) -> Result<i64, Refusal> {
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

    fn prefixed(&mut self) -> Result<&'a [u8], Refusal> {
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

fn write_uleb(out: &mut Vec<u8>, mut value: u64) {
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
