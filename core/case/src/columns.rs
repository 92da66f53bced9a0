//! Walking the columns of a change or a saved document without expanding their runs.

use crate::error::Refusal;
use crate::reader::Reader;

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
