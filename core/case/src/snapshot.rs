//! Reading the outer form of a saved document before the merging engine sees it: as for a change, columns may neither
//! inflate nor expand beyond limits.

use std::borrow::Cow;
use std::io::Read;

use crate::columns::column;
use crate::error::{CaseError, Refusal};
use crate::limits::{DOCUMENT_BYTES, DOCUMENT_NAMES, DOCUMENT_ROWS};
use crate::reader::{Reader, chunk};

const DOCUMENT: u8 = 0;
const DEFLATED: u64 = 8;

/// Whether these bytes are one document chunk within its limits.
pub(crate) fn check(bytes: &[u8]) -> Result<(), CaseError> {
    if bytes.len() > DOCUMENT_BYTES {
        return Err(CaseError::DocumentTooLarge);
    }
    walk(bytes).map_err(|refusal| match refusal {
        Refusal::TooLarge | Refusal::TooManyOps => CaseError::DocumentTooLarge,
        _ => CaseError::Damaged,
    })
}

fn walk(bytes: &[u8]) -> Result<(), Refusal> {
    let (kind, _, body) = chunk(&mut Reader(bytes))?;
    if kind != DOCUMENT {
        return Err(Refusal::NotAChange);
    }
    let mut reader = Reader(body);
    for _ in 0..reader.counted(DOCUMENT_NAMES)? {
        reader.actor()?;
    }
    for _ in 0..reader.counted(DOCUMENT_NAMES)? {
        reader.hash()?;
    }
    let changes = reader.layout()?;
    let ops = reader.layout()?;
    let mut room = DOCUMENT_BYTES as u64;
    for layout in [changes, ops] {
        columns(&mut reader, layout, &mut room)?;
    }
    // What follows is one number for each head: its place among the changes.
    while !reader.0.is_empty() {
        reader.uleb()?;
    }
    Ok(())
}

fn columns(reader: &mut Reader<'_>, layout: Vec<(u64, u64)>, room: &mut u64) -> Result<(), Refusal> {
    let mut inflated = Vec::new();
    for (spec, length) in layout {
        let data = reader.take(usize::try_from(length).map_err(|_| Refusal::Damaged)?)?;
        let data = if spec & DEFLATED == 0 { Cow::Borrowed(data) } else { Cow::Owned(inflate(data, *room)?) };
        *room = room.checked_sub(data.len() as u64).ok_or(Refusal::TooLarge)?;
        inflated.push((spec & !DEFLATED, data));
    }
    let values = inflated.iter().filter(|(spec, _)| spec & 7 == 7).map(|(_, data)| data.len() as u64).sum();
    inflated.iter().try_for_each(|(spec, data)| column(*spec, data, values, DOCUMENT_ROWS))
}

fn inflate(data: &[u8], room: u64) -> Result<Vec<u8>, Refusal> {
    let mut out = Vec::new();
    let mut decoder = flate2::bufread::DeflateDecoder::new(data).take(room.saturating_add(1));
    decoder.read_to_end(&mut out).map_err(|_| Refusal::Damaged)?;
    Ok(out)
}
