//! Digests and base64.

use super::{Function, function};
use crate::ast::Expr;
use crate::eval::{Evaluator, MAX_TEXT};
use crate::eval_error::EvalError;
use crate::host::Frame;
use crate::value::Value;
use data_encoding::{BASE64, BASE64_NOPAD, HEXLOWER};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

type Evaluated = Result<Value, EvalError>;

pub(super) const TABLE: &[Function] = &[
    function("digest", 2, 3, digest),
    function("base64-decode", 1, 1, decode),
    function("base64-encode", 1, 1, encode),
];

/// The digest of a text, in base64 unless `hex` is asked for.
fn digest(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let (text, algorithm) = (e.argument_text(frame, args, 0)?, e.argument_text(frame, args, 1)?);
    let bytes = text.as_bytes();
    let digest = match &*algorithm {
        "MD5" => Md5::digest(bytes).to_vec(),
        "SHA-1" => Sha1::digest(bytes).to_vec(),
        "SHA-256" => Sha256::digest(bytes).to_vec(),
        "SHA-384" => Sha384::digest(bytes).to_vec(),
        "SHA-512" => Sha512::digest(bytes).to_vec(),
        _ => return Err(EvalError::BadArgument { function: "digest" }),
    };
    match &*e.argument_text(frame, args, 2)? {
        "" | "base64" => Ok(BASE64.encode(&digest).into()),
        "hex" => Ok(HEXLOWER.encode(&digest).into()),
        _ => Err(EvalError::BadArgument { function: "digest" }),
    }
}

/// Blank when the text is no base64; bytes that are no UTF-8 become `�`.
fn decode(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let text = e.argument_text(frame, args, 0)?;
    let bytes = text.trim().as_bytes();
    let decoded = BASE64.decode(bytes).or_else(|_| BASE64_NOPAD.decode(bytes)).unwrap_or_default();
    Ok(String::from_utf8_lossy(&decoded).into_owned().into())
}

fn encode(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let text = e.argument_text(frame, args, 0)?;
    if text.len() > MAX_TEXT / 4 * 3 {
        return Err(EvalError::TextTooLong);
    }
    Ok(BASE64.encode(text.as_bytes()).into())
}
