//! Saved documents are compressed as they go into their row. The engine's own way, DEFLATE column by
//! column, took a third of the time of a sync; zstd over the whole takes a tenth of that and less room.
//!
//! What is packed is told by its first bytes: a saved document begins with the engine's magic number, a
//! packed one with that of a zstd frame (RFC 8878, section 3.1.1). Rows of an older program are read as
//! they are.

use std::borrow::Cow;
use std::cell::RefCell;

use ruhu_case::limits::DOCUMENT_BYTES;
use zstd::bulk::Compressor;

const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// The quickest level that finds matches between keys.
const LEVEL: i32 = 1;
/// Beneath this size nothing is saved.
const WORTH_PACKING: usize = 512;

/// The bytes of a row for a saved document.
pub(crate) fn pack(saved: &[u8]) -> Cow<'_, [u8]> {
    if !(WORTH_PACKING..=DOCUMENT_BYTES).contains(&saved.len()) {
        return Cow::Borrowed(saved);
    }
    match compressed(saved) {
        Ok(packed) if packed.len() < saved.len() => Cow::Owned(packed),
        _ => Cow::Borrowed(saved),
    }
}

fn compressed(saved: &[u8]) -> std::io::Result<Vec<u8>> {
    thread_local! {
        /// To make one takes half as long as to pack a household.
        static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    }
    COMPRESSOR.with_borrow_mut(|kept| {
        let compressor = match kept {
            Some(compressor) => compressor,
            none => none.insert(Compressor::new(LEVEL)?),
        };
        compressor.compress(saved)
    })
}

/// The saved document of a row's bytes; none when they are damaged.
pub(crate) fn unpack(bytes: Vec<u8>) -> Option<Vec<u8>> {
    if !bytes.starts_with(&ZSTD_MAGIC) {
        return Some(bytes);
    }
    let size = usize::try_from(zstd::zstd_safe::get_frame_content_size(&bytes).ok()??).ok()?;
    if size > DOCUMENT_BYTES {
        return None;
    }
    zstd::bulk::decompress(&bytes, size).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_comes_back_as_it_was_saved_packed_or_not() {
        let like = b"\x85\x6f\x4a\x83 case/remark case/address ".repeat(100);
        let short = like[..WORTH_PACKING - 1].to_vec();
        assert!(pack(&like).len() < like.len() / 10);
        assert_eq!(pack(&short), short);
        let large = vec![0x85; DOCUMENT_BYTES + 1];
        for saved in [like, short, large, Vec::new()] {
            assert_eq!(unpack(pack(&saved).into_owned()), Some(saved));
        }
    }

    #[test]
    fn a_damaged_or_endless_frame_is_no_document() {
        let packed = pack(&b"case/remark ".repeat(100)).into_owned();
        assert_eq!(unpack(packed[..packed.len() - 1].to_vec()), None);
        let endless = zstd::bulk::compress(&vec![0; DOCUMENT_BYTES + 1], LEVEL).unwrap();
        assert_eq!(unpack(endless), None);
        for place in 4..packed.len() {
            let mut damaged = packed.clone();
            damaged[place] ^= 0x55;
            let _ = unpack(damaged);
        }
    }
}
