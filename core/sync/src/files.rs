//! What a phone and the server ask each other about photos and papers, besides moving them: who lacks
//! what. Many are asked about at once, so that a photo that is not there costs 32 bytes and no request.

use minicbor::{Decode, Encode};
use ruhu_case::DocId;

use crate::codec::{self, CodecError};
use crate::keys::Signature;
use crate::receipt::FileReceipt;

/// The most files that one question names.
pub const FILES_ASKED: usize = 1_000;
/// The most bytes of a question or an answer about files.
pub const FILES_BYTES: usize = 128 * 1024;

const SHA256: usize = 32;
const USE: usize = SHA256 + 16;

/// A file as a document names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct FileUse {
    /// SHA-256 of the file.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub sha256: [u8; 32],
    /// The document.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    doc: [u8; 16],
}

impl FileUse {
    /// A file in a document.
    pub fn new(sha256: [u8; 32], doc: DocId) -> FileUse {
        FileUse { sha256, doc: doc.0 }
    }

    /// The document.
    pub fn doc(&self) -> DocId {
        DocId(self.doc)
    }
}

/// A mark of the server's files: another one says that something changed, nothing more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(transparent)]
pub struct FilesMark(
    /// 8 bytes.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub [u8; 8],
);

/// What the server says of its files with every sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct FilesState {
    /// Changes when a file comes to the townships that the phone works in: what it wants may be there.
    #[n(0)]
    pub came: FilesMark,
    /// Changes when the server finds that it lost a file of them: phones that hold it give it again.
    #[n(1)]
    pub lost: FilesMark,
    /// The server lacks the file that the phone named as the one it gave or fetched last: the server
    /// was restored from an older copy.
    #[n(2)]
    #[cbor(default)]
    pub lacks_latest: bool,
    /// Changes with each backup of the server: files may be durable now. Nothing before the first.
    #[n(3)]
    pub durable: Option<FilesMark>,
}

/// Phone to server, `POST /v1/files/compare`: at most [`FILES_ASKED`] of both together.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct FilesQuestion {
    /// Files that the phone holds and believes the server to hold, 48 bytes each.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    held: Vec<u8>,
    /// Files that the phone lacks, 32 bytes each.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    wanted: Vec<u8>,
    /// Whether the phone wants receipts of those of the files held that are durable.
    #[n(2)]
    durable: Option<bool>,
}

impl FilesQuestion {
    /// A question.
    pub fn new(held: &[FileUse], wanted: &[[u8; 32]]) -> FilesQuestion {
        let held = held.iter().flat_map(|file| [&file.sha256[..], &file.doc[..]].concat()).collect();
        FilesQuestion { held, wanted: wanted.concat(), durable: None }
    }

    /// Asks also which of the files held are durable.
    #[must_use]
    pub fn asking_durable(mut self) -> FilesQuestion {
        self.durable = Some(true);
        self
    }

    /// Whether the phone wants receipts of those that are durable.
    pub fn asks_durable(&self) -> bool {
        self.durable == Some(true)
    }

    /// The files held, in the order of the question.
    ///
    /// # Errors
    /// [`CodecError`] `malformed` when the bytes are no whole number of them, or more than may be asked.
    pub fn held(&self) -> Result<Vec<FileUse>, CodecError> {
        let (uses, rest) = self.held.as_chunks::<USE>();
        let split = |bytes: &[u8; USE]| {
            let (mut sha256, mut doc) = ([0; SHA256], [0; USE - SHA256]);
            sha256.copy_from_slice(&bytes[..SHA256]);
            doc.copy_from_slice(&bytes[SHA256..]);
            FileUse { sha256, doc }
        };
        self.check(rest)?;
        Ok(uses.iter().map(split).collect())
    }

    /// The files wanted, in the order of the question.
    ///
    /// # Errors
    /// As [`FilesQuestion::held`].
    pub fn wanted(&self) -> Result<Vec<[u8; 32]>, CodecError> {
        let (wanted, rest) = self.wanted.as_chunks::<SHA256>();
        self.check(rest)?;
        Ok(wanted.to_vec())
    }

    fn check(&self, rest: &[u8]) -> Result<(), CodecError> {
        match rest.is_empty() && self.held.len() / USE + self.wanted.len() / SHA256 <= FILES_ASKED {
            true => Ok(()),
            false => Err(CodecError::Malformed("a question about files".into())),
        }
    }
}

/// Server to phone: the answer to a [`FilesQuestion`], by the numbers of the files in it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct FilesAnswer {
    /// Of those that the phone holds: which the server lacks in that document, and would take.
    #[n(0)]
    pub lacking: Vec<u32>,
    /// Of those that the phone wants: which the server has and would give.
    #[n(1)]
    pub there: Vec<u32>,
    /// Of those that the phone holds, when it asked: which are durable.
    #[n(2)]
    pub durable: Option<Vec<DurableFile>>,
}

/// The receipt of a durable file, of which the phone knows SHA-256 and size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct DurableFile {
    /// Its number among the files held.
    #[n(0)]
    pub number: u32,
    /// When it was stored, Unix milliseconds of the server's clock.
    #[n(1)]
    server_time_ms: i64,
    /// The signature of the receipt.
    #[n(2)]
    #[cbor(with = "codec::signature")]
    signature: Signature,
}

impl DurableFile {
    /// What travels of a receipt.
    pub fn of(number: u32, receipt: &FileReceipt) -> DurableFile {
        DurableFile { number, server_time_ms: receipt.server_time_ms, signature: receipt.signature }
    }

    /// The receipt, of a file with this SHA-256 and size. Whether it is signed is another question.
    pub fn receipt(&self, sha256: [u8; 32], size: u64) -> FileReceipt {
        let DurableFile { server_time_ms, signature, .. } = *self;
        FileReceipt { sha256, size, durable: true, server_time_ms, signature }
    }
}

/// Those of a list that an answer names by number; a number beyond the list names nothing.
pub fn named<T: Copy>(list: &[T], numbers: &[u32]) -> Vec<T> {
    numbers.iter().filter_map(|n| list.get(usize::try_from(*n).ok()?)).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec;

    #[test]
    fn the_fullest_question_and_answer_are_read_and_one_more_is_refused() {
        let uses: Vec<FileUse> =
            (0..FILES_ASKED).map(|n| FileUse::new([n as u8; 32], DocId([n as u8; 16]))).collect();
        let question = FilesQuestion::new(&uses, &[]);
        let bytes = codec::to_cbor(&question);
        assert!(bytes.len() < FILES_BYTES, "{}", bytes.len());
        let read: FilesQuestion = codec::from_cbor(&bytes).unwrap();
        assert_eq!((read.held(), read.wanted()), (Ok(uses.clone()), Ok(vec![])));
        let all = (0..FILES_ASKED as u32).collect();
        let key = crate::KeyPair::from_seed(&[1; 32]);
        let receipt = FileReceipt::sign(&key, [1; 32], 5, true, i64::MAX);
        let durable = (0..FILES_ASKED as u32).map(|number| DurableFile::of(number, &receipt)).collect();
        let answer = FilesAnswer { lacking: all, there: Vec::new(), durable: Some(durable) };
        assert!(codec::to_cbor(&answer).len() < FILES_BYTES);
        assert_eq!(named(&uses, &answer.lacking), uses);
        let more = FilesQuestion::new(&uses, &[[1; 32]]);
        assert!(more.held().is_err() && more.wanted().is_err());
    }

    #[test]
    fn half_a_name_and_a_number_of_nothing_are_no_files() {
        let mut question = FilesQuestion::new(&[], &[[7; 32]]);
        assert_eq!(question.wanted(), Ok(vec![[7; 32]]));
        question.wanted.pop();
        assert!(question.wanted().is_err());
        assert_eq!(named(&[1, 2], &[1, 2, u32::MAX]), [2]);
    }
}
