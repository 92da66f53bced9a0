//! An old .xls made of its records, for tests: sheets of rows of cells.

use std::io::{Cursor, Write};

fn record(typ: u16, data: &[u8]) -> Vec<u8> {
    [&typ.to_le_bytes(), &u16::try_from(data.len()).unwrap().to_le_bytes(), data].concat()
}

fn units(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn long_text(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.encode_utf16().count()).unwrap();
    [&length.to_le_bytes(), &[1_u8][..], &units(text)].concat()
}

fn begin(kind: u16) -> Vec<u8> {
    record(0x0809, &[&0x0600_u16.to_le_bytes()[..], &kind.to_le_bytes(), &[0; 12]].concat())
}

/// The records of a workbook (MS-XLS): texts as LABEL, numbers as NUMBER.
pub fn records(sheets: &[(&str, &[&str])]) -> Vec<u8> {
    let bodies: Vec<Vec<u8>> = sheets.iter().map(|(_, rows)| sheet(rows)).collect();
    let entries: Vec<usize> = sheets.iter().map(|(name, _)| 4 + 8 + units(name).len()).collect();
    let globals = begin(5).len() + entries.iter().sum::<usize>() + 4;
    let mut stream = begin(5);
    let mut at = globals;
    for ((name, _), body) in sheets.iter().zip(&bodies) {
        let length = u8::try_from(name.encode_utf16().count()).unwrap();
        let place = u32::try_from(at).unwrap().to_le_bytes();
        stream.extend(record(0x0085, &[&place[..], &[0, 0, length, 1], &units(name)].concat()));
        at += body.len();
    }
    stream.extend(record(0x000A, &[]));
    assert_eq!(stream.len(), globals);
    stream.extend(bodies.concat());
    stream
}

fn sheet(rows: &[&str]) -> Vec<u8> {
    let mut body = begin(0x10);
    for (row, cells) in (0_u16..).zip(rows) {
        for (column, cell) in (0_u16..).zip(cells.split('|').map(str::trim)) {
            let place = [row.to_le_bytes(), column.to_le_bytes(), [0, 0]].concat();
            match cell.parse::<f64>() {
                Ok(number) => body.extend(record(0x0203, &[place, number.to_le_bytes().to_vec()].concat())),
                Err(_) if cell.is_empty() => {}
                Err(_) => body.extend(record(0x0204, &[place, long_text(cell)].concat())),
            }
        }
    }
    body.extend(record(0x000A, &[]));
    body
}

/// A compound file with one stream.
pub fn compound(name: &str, stream: &[u8]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    file.create_stream(name).unwrap().write_all(stream).unwrap();
    file.flush().unwrap();
    file.into_inner().into_inner()
}

/// A whole .xls.
pub fn workbook(sheets: &[(&str, &[&str])]) -> Vec<u8> {
    compound("/Workbook", &records(sheets))
}
