//! Why a file cannot be taken or given.

use ruhu_text::{Explain, Explanation};

use super::sentence::sentence;

/// Why a file cannot be taken or given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// No such file, or none that the device may see.
    #[error("no such file")]
    Unknown,
    /// The document it belongs to is not there: its changes come first.
    #[error("the document of this file is not known here; sync first")]
    DocumentUnknown,
    /// The device may not write the document.
    #[error("the document of this file lies outside the device's scope")]
    OutOfScope,
    /// More bytes than a file may have here, or than the upload announced.
    #[error("no more than {most} bytes are taken")]
    TooLarge {
        /// So many are taken.
        most: u64,
    },
    /// What the creation of an upload says is not complete or not sound.
    #[error("the description of the upload is not sound")]
    Metadata,
    /// No such upload of this device.
    #[error("no such upload")]
    UploadUnknown,
    /// Quarantine has no room for the file.
    #[error("the server's quarantine is full; the photo stays on the phone")]
    QuarantineFull,
    /// Too many uploads are unfinished.
    #[error("the server holds too many unfinished uploads; the photo stays on the phone")]
    UploadsFull,
    /// Another request is writing to this upload.
    #[error("another request is writing to this upload")]
    Busy,
    /// The bytes do not begin where the upload stands.
    #[error("the upload stands at byte {expected}")]
    Offset {
        /// Where it stands.
        expected: u64,
    },
    /// The bytes of this request do not have the checksum that it names.
    #[error("the checksum of the bytes is wrong")]
    Checksum,
    /// This program does not know the checksum's algorithm.
    #[error("the algorithm of the checksum is unknown")]
    ChecksumAlgorithm,
    /// The whole file has another SHA-256 than was announced. The upload was discarded.
    #[error("the file is not the one that was announced; the upload was discarded")]
    Hash,
    /// More in one request than is taken at once.
    #[error("one request carries at most {limit} bytes")]
    ChunkTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
}

impl Explain for FileError {
    fn code(&self) -> &'static str {
        match self {
            FileError::Unknown => "file_unknown",
            FileError::DocumentUnknown => "document_unknown",
            FileError::OutOfScope => "out_of_scope",
            FileError::TooLarge { .. } => "too_large",
            FileError::Metadata => "bad_metadata",
            FileError::UploadUnknown => "upload_unknown",
            FileError::QuarantineFull => "quarantine_full",
            FileError::UploadsFull => "uploads_full",
            FileError::Busy => "upload_busy",
            FileError::Offset { .. } => "wrong_offset",
            FileError::Checksum => "checksum_mismatch",
            FileError::ChecksumAlgorithm => "checksum_algorithm",
            FileError::Hash => "hash_mismatch",
            FileError::ChunkTooLarge { .. } => "chunk_too_large",
        }
    }

    fn explain(&self) -> Explanation {
        let (zh, advice_zh, advice_en) = match self {
            FileError::Unknown => ("没有这个文件。".into(), "", ""),
            FileError::DocumentUnknown => ("文件所属的档案尚未同步，".into(), "请先同步档案。", ""),
            FileError::OutOfScope => ("文件所属的档案不在这台设备的管辖范围内。".into(), "", ""),
            FileError::TooLarge { most } => (format!("文件不能超过 {most} 字节。"), "", ""),
            FileError::Metadata => ("上传说明不完整或不正确。".into(), "", ""),
            FileError::UploadUnknown => ("没有这个上传任务。".into(), "请重新上传。", "Upload it anew."),
            FileError::QuarantineFull => (
                "服务器的隔离区已满，照片仍保存在本机。".into(),
                "请管理员核对隔离区的内容。",
                "The administrator looks through the quarantine.",
            ),
            FileError::UploadsFull => {
                ("服务器上未完成的上传过多，照片仍保存在本机。".into(), "请稍后再同步。", "Sync again later.")
            }
            FileError::Busy => {
                ("另一个请求正在写入这个上传任务，".into(), "请稍后再试。", "Try again later.")
            }
            FileError::Offset { expected } => (format!("上传应从第 {expected} 字节继续。"), "", ""),
            FileError::Checksum => ("这一段的校验和不符，".into(), "请重发。", "Send it again."),
            FileError::ChecksumAlgorithm => ("不支持这种校验算法。".into(), "", ""),
            FileError::Hash => ("文件内容与声明的摘要不符，上传已作废。".into(), "", ""),
            FileError::ChunkTooLarge { limit } => (format!("一次请求最多上传 {limit} 字节。"), "", ""),
        };
        Explanation::new(zh, sentence(self)).advise(advice_zh, advice_en)
    }
}
