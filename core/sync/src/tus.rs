//! What a phone says and hears in uploads by tus 1.0.0: headers of requests, and what answers mean. Pure.

use ruhu_case::DocId;
use sha2::{Digest, Sha256};

use crate::receipt::FileReceipt;
use crate::transport::Response;

/// Header and value that every request of tus carries.
pub const TUS_RESUMABLE: (&str, &str) = ("tus-resumable", "1.0.0");

/// Headers that begin an upload.
pub fn creation(sha256: &[u8; 32], size: u64, doc: &DocId, mime: &str) -> Vec<(&'static str, String)> {
    let pair = |key: &str, value: &str| format!("{key} {}", data_encoding::BASE64.encode(value.as_bytes()));
    let digits = data_encoding::HEXLOWER.encode(sha256);
    let metadata = [pair("sha256", &digits), pair("doc", &doc.to_string()), pair("mime", mime)].join(",");
    vec![("upload-length", size.to_string()), ("upload-metadata", metadata)]
}

/// Headers of a piece of a file that begins at an offset.
pub fn piece(offset: u64, bytes: &[u8]) -> Vec<(&'static str, String)> {
    let checksum = format!("sha256 {}", data_encoding::BASE64.encode(&Sha256::digest(bytes)));
    vec![
        ("content-type", "application/offset+octet-stream".to_owned()),
        ("upload-offset", offset.to_string()),
        ("upload-checksum", checksum),
    ]
}

/// The receipt in an answer, if the server has the whole file. Whether it is signed is another question.
pub fn receipt(answer: &Response) -> Option<FileReceipt> {
    let bytes = data_encoding::BASE64URL_NOPAD.decode(answer.header("ruhu-receipt")?.as_bytes()).ok()?;
    FileReceipt::from_bytes(&bytes).ok()
}

/// Whether the server has the whole file, in quarantine.
pub fn is_kept_apart(answer: &Response) -> bool {
    answer.header("ruhu-kept-apart").is_some()
}

/// How many bytes of the upload the server has.
pub fn offset(answer: &Response) -> Option<u64> {
    answer.header("upload-offset")?.parse().ok()
}

/// The length of a file in an answer to a request for a range of it: `bytes 0-99/1234` (RFC 9110, section
/// 14.4).
pub fn whole_length(answer: &Response) -> Option<u64> {
    answer.header("content-range")?.rsplit_once('/')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_names_the_length_of_the_whole() {
        let said = |text: &str| {
            let headers = vec![("content-range".to_owned(), text.to_owned())];
            whole_length(&Response { status: 206, headers, body: Vec::new() })
        };
        assert_eq!(
            (said("bytes 0-99/1234"), said("bytes */7"), said("bytes 0-99/*")),
            (Some(1_234), Some(7), None)
        );
    }
}
