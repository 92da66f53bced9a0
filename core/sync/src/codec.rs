//! CBOR adapters for the identifier types of `ruhu-case`, and the bounded body codec.
//!
//! A **body** is one format byte and the payload: `0` plain CBOR, `1` zstd, `2` zstd with the
//! dictionary of version 1, which makes small messages small: an idle village phone sends little
//! else. Inflation is bounded before anything is allocated for it.

use std::io::Read;

use minicbor::{Decode, Encode};
use ruhu_case::limits::{BODY_BYTES, BODY_INFLATED_BYTES};
use ruhu_text::{Explain, Explanation};

const PLAIN: u8 = 0;
const ZSTD: u8 = 1;
const ZSTD_DICTIONARY: u8 = 2;
/// A push and an answer with fictitious contents, for their common bytes. Frozen: another
/// dictionary gets another format byte.
const DICTIONARY: &[u8] = include_bytes!("body.v1.dict");
/// Above this size the dictionary saves less than a hundredth.
const SMALL: usize = 16 * 1024;
/// Beneath this size compression adds more than it saves.
const WORTH_COMPRESSING: usize = 64;
/// Level 9: a 512 KB page takes some tens of milliseconds and is a tenth smaller than at level 3.
const LEVEL: i32 = 9;
/// The level of a quick look.
const QUICK_LEVEL: i32 = 1;
/// What it makes is larger by less than this part: by 35 % at most of 3,000 drawn pages, figures with much said
/// twice. Where it is, a page holds less than it could.
const QUICK_IS_LARGER: usize = 2;

/// Why bytes are not a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The bytes are not the CBOR expected here.
    #[error("not a valid message: {0}")]
    Malformed(String),
    /// The message is, or would inflate to, more than the limit.
    #[error("message larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The format byte is unknown.
    #[error("unknown body format {0}")]
    UnknownFormat(u8),
}

impl Explain for CodecError {
    fn code(&self) -> &'static str {
        match self {
            CodecError::Malformed(_) | CodecError::UnknownFormat(_) => "malformed",
            CodecError::TooLarge { .. } => "too_large",
        }
    }

    fn explain(&self) -> Explanation {
        match self {
            CodecError::Malformed(_) | CodecError::UnknownFormat(_) => {
                Explanation::new("请求内容不符合协议。", "This is not a message of the protocol.")
                    .advise("请更新程序后重试。", "Update the program and try again.")
            }
            CodecError::TooLarge { limit } => Explanation::new(
                format!("请求超过 {limit} 字节。"),
                format!("The message is larger than {limit} bytes."),
            )
            .advise("请更新程序后重试。", "Update the program and try again."),
        }
    }
}

impl From<minicbor::decode::Error> for CodecError {
    fn from(error: minicbor::decode::Error) -> Self {
        CodecError::Malformed(error.to_string())
    }
}

/// Encodes a value as CBOR. Writing into memory cannot fail.
pub fn to_cbor<T: Encode<()>>(value: &T) -> Vec<u8> {
    let mut out = Vec::new();
    match minicbor::encode(value, &mut out) {
        Ok(()) => out,
        Err(_) => Vec::new(),
    }
}

/// Decodes exactly one CBOR value: bytes left over are an error.
///
/// # Errors
/// `malformed`: not CBOR of this type, or bytes after its end.
pub fn from_cbor<'b, T: Decode<'b, ()>>(bytes: &'b [u8]) -> Result<T, CodecError> {
    let mut decoder = minicbor::Decoder::new(bytes);
    let value = decoder.decode()?;
    match decoder.position() == bytes.len() {
        true => Ok(value),
        false => Err(CodecError::Malformed("bytes after the end".into())),
    }
}

/// A body, and what it is inflated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// The body as it travels.
    pub body: Vec<u8>,
    /// Its bytes before compression.
    pub inflated: usize,
}

impl Encoded {
    /// How many times too large a value's body would be, as [`Encoded::excess`] tells, by a quick look that
    /// takes a fifth of the time: 1 where only the body itself can tell.
    pub fn excess_at_a_glance<T: Encode<()>>(value: &T, limit: usize) -> usize {
        let plain = to_cbor(value);
        let inflated = plain.len();
        let body = match inflated > SMALL {
            true => zstd::bulk::compress(&plain, QUICK_LEVEL).unwrap_or_default(),
            false => Vec::new(),
        };
        Encoded { body, inflated }.excess(limit + limit / QUICK_IS_LARGER)
    }

    /// Encodes a value and measures it: whoever builds a page holds both sizes against the limits of
    /// who reads it.
    pub fn of<T: Encode<()>>(value: &T) -> Encoded {
        let plain = to_cbor(value);
        let inflated = plain.len();
        if inflated > WORTH_COMPRESSING
            && let Ok((format, packed)) = pack(&plain)
            && packed.len() < inflated
        {
            return Encoded { body: tagged(format, &packed), inflated };
        }
        Encoded { body: tagged(PLAIN, &plain), inflated }
    }

    /// How many times too large it is for a reader who takes so many bytes on the wire; 1 when it fits.
    pub fn excess(&self, limit: usize) -> usize {
        let wire = self.body.len().div_ceil(limit.max(1));
        wire.max(self.inflated.div_ceil(BODY_INFLATED_BYTES)).max(1)
    }
}

/// Encodes a value as a body: CBOR, compressed when that makes it smaller.
pub fn encode_body<T: Encode<()>>(value: &T) -> Vec<u8> {
    Encoded::of(value).body
}

fn pack(plain: &[u8]) -> std::io::Result<(u8, Vec<u8>)> {
    match plain.len() <= SMALL {
        true => {
            let mut compressor = zstd::bulk::Compressor::with_dictionary(LEVEL, DICTIONARY)?;
            Ok((ZSTD_DICTIONARY, compressor.compress(plain)?))
        }
        false => Ok((ZSTD, zstd::bulk::compress(plain, LEVEL)?)),
    }
}

fn tagged(format: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len() + 1);
    out.push(format);
    out.extend_from_slice(payload);
    out
}

/// The inverse of [`encode_body`].
///
/// # Errors
/// `too_large`: more than [`BODY_BYTES`], or inflated more than [`BODY_INFLATED_BYTES`]. `malformed`: an unknown
/// format, bytes that do not inflate, or as [`from_cbor`].
pub fn decode_body<T: for<'b> Decode<'b, ()>>(body: &[u8]) -> Result<T, CodecError> {
    if body.len() > BODY_BYTES {
        return Err(CodecError::TooLarge { limit: BODY_BYTES });
    }
    match body.split_first() {
        None => Err(CodecError::Malformed("empty body".into())),
        Some((&PLAIN, payload)) => from_cbor(payload),
        Some((&ZSTD, payload)) => from_cbor(&inflate(payload, &[])?),
        Some((&ZSTD_DICTIONARY, payload)) => from_cbor(&inflate(payload, DICTIONARY)?),
        Some((&other, _)) => Err(CodecError::UnknownFormat(other)),
    }
}

fn inflate(payload: &[u8], dictionary: &[u8]) -> Result<Vec<u8>, CodecError> {
    let malformed = |error: std::io::Error| CodecError::Malformed(error.to_string());
    let decoder = zstd::stream::Decoder::with_dictionary(payload, dictionary).map_err(malformed)?;
    let mut out = Vec::new();
    decoder.take(BODY_INFLATED_BYTES as u64 + 1).read_to_end(&mut out).map_err(malformed)?;
    match out.len() > BODY_INFLATED_BYTES {
        true => Err(CodecError::TooLarge { limit: BODY_INFLATED_BYTES }),
        false => Ok(out),
    }
}

/// Adapters named in `#[cbor(with = …)]`: identifiers travel as CBOR byte strings.
macro_rules! bytes_adapter {
    ($module:ident, $type:path, $length:literal) => {
        #[allow(missing_docs)]
        pub mod $module {
            use minicbor::bytes::{ByteArray, ByteVec};
            use minicbor::decode::Error as DecodeError;
            use minicbor::encode::{Error as EncodeError, Write};
            use minicbor::{Decoder, Encoder};

            pub fn encode<C, W: Write>(
                value: &$type,
                e: &mut Encoder<W>,
                _: &mut C,
            ) -> Result<(), EncodeError<W::Error>> {
                e.bytes(&value.0)?.ok()
            }

            pub fn decode<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<$type, DecodeError> {
                let bytes: ByteArray<$length> = d.decode()?;
                Ok($type(*bytes))
            }

            /// Many identifiers, concatenated in one byte string.
            pub mod many {
                use super::*;

                pub fn encode<C, W: Write>(
                    values: &[$type],
                    e: &mut Encoder<W>,
                    _: &mut C,
                ) -> Result<(), EncodeError<W::Error>> {
                    let mut joined = Vec::with_capacity(values.len() * $length);
                    for value in values {
                        joined.extend_from_slice(&value.0);
                    }
                    e.bytes(&joined)?.ok()
                }

                pub fn decode<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<Vec<$type>, DecodeError> {
                    let joined: ByteVec = d.decode()?;
                    let chunks = joined.chunks_exact($length);
                    if !chunks.remainder().is_empty() {
                        return Err(DecodeError::message("identifiers are cut"));
                    }
                    Ok(chunks
                        .map(|chunk| {
                            let mut id = [0; $length];
                            id.copy_from_slice(chunk);
                            $type(id)
                        })
                        .collect())
                }
            }
        }
    };
}

bytes_adapter!(doc_id, ruhu_case::DocId, 16);
bytes_adapter!(actor_id, ruhu_case::ActorId, 16);
bytes_adapter!(change_hash, ruhu_case::ChangeHash, 32);
bytes_adapter!(device_id, crate::keys::DeviceId, 16);
bytes_adapter!(envelope_hash, crate::ids::EnvelopeHash, 32);
bytes_adapter!(signature, crate::keys::Signature, 64);

/// Types that travel as their text form.
macro_rules! text_adapter {
    ($module:ident, $type:path) => {
        #[allow(missing_docs)]
        pub mod $module {
            use minicbor::decode::Error as DecodeError;
            use minicbor::encode::{Error as EncodeError, Write};
            use minicbor::{Decoder, Encoder};

            pub fn encode<C, W: Write>(
                value: &$type,
                e: &mut Encoder<W>,
                _: &mut C,
            ) -> Result<(), EncodeError<W::Error>> {
                e.str(&value.to_string())?.ok()
            }

            pub fn decode<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<$type, DecodeError> {
                d.str()?.parse().map_err(|_| DecodeError::message(stringify!($type)))
            }
        }
    };
}

text_adapter!(division, ruhu_national::Division);
text_adapter!(division_scope, ruhu_national::DivisionScope);
