//! What became of a pushed envelope, and why.

use minicbor::{Decode, Encode};
use ruhu_case::ChangeHash;
use ruhu_text::{Explain, Explanation};

use crate::codec;
use crate::log::LogId;

/// What became of a pushed envelope.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Outcome {
    /// It stands in the log: appended now, or held before.
    #[n(0)]
    Held {
        /// The log.
        #[n(0)]
        log: LogId,
        /// The epoch.
        #[n(1)]
        epoch: u64,
        /// The sequence number in the log.
        #[n(2)]
        seq: u64,
    },
    /// A change it stands on is not there. It stays in the outbox.
    #[n(1)]
    MissingDependency {
        /// The change that is lacking.
        #[n(0)]
        #[cbor(with = "codec::change_hash")]
        change: ChangeHash,
    },
    /// The document's header is not there. It stays in the outbox, behind the envelope that creates
    /// the document.
    #[n(2)]
    UnknownDocument,
    /// The author's record is not there. It stays in the outbox and is offered again with it.
    #[n(3)]
    UnknownAuthor,
    /// Another envelope, or another change, stands at its place: two phones wrote under one name.
    #[n(4)]
    Fork,
    /// It is kept apart: the reason is a code. Nothing of it is shown to anybody.
    #[n(5)]
    Quarantined {
        /// Why.
        #[n(0)]
        reason: Reason,
    },
    /// It is not kept: the reason is a code.
    #[n(6)]
    Refused {
        /// Why.
        #[n(0)]
        reason: Reason,
    },
}

/// Why an envelope is not in the log. A reason that this program does not know yet reads as
/// [`Reason::Other`]: what a newer server says must not end a sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Reason {
    /// The signature is not the author's.
    #[n(0)]
    BadSignature,
    /// The author may not write this document.
    #[n(1)]
    OutOfScope,
    /// The author's device is revoked.
    #[n(2)]
    Revoked,
    /// A change in it is not a change, or not the author's.
    #[n(3)]
    Undecodable,
    /// Larger than a change or an envelope may be, or more changes than one carries.
    #[n(4)]
    TooLarge,
    /// The document is registered with another header.
    #[n(5)]
    HeaderConflict,
    /// The author's certificate had expired.
    #[n(6)]
    Expired,
    /// The author's certificate is not this server's.
    #[n(7)]
    ForeignAuthor,
    /// Quarantine has no room for it. It stays in the outbox and is offered again.
    #[n(8)]
    QuarantineFull,
    /// An administrator looked at it in quarantine and dismissed it.
    #[n(9)]
    Dismissed,
    /// One that this program does not know.
    #[n(65535)]
    Other,
}

impl<'b, C> Decode<'b, C> for Reason {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let number = usize::try_from(d.u32()?).unwrap_or(usize::MAX);
        Ok(Reason::ALL.get(number).copied().unwrap_or(Reason::Other))
    }
}

impl Reason {
    /// Every reason that this program knows, in the order of their numbers on the wire.
    pub const ALL: [Reason; 10] = [
        Reason::BadSignature,
        Reason::OutOfScope,
        Reason::Revoked,
        Reason::Undecodable,
        Reason::TooLarge,
        Reason::HeaderConflict,
        Reason::Expired,
        Reason::ForeignAuthor,
        Reason::QuarantineFull,
        Reason::Dismissed,
    ];

    /// The reason of a code, as databases and verdicts name it.
    pub fn from_code(code: &str) -> Option<Reason> {
        Reason::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

impl Explain for Reason {
    fn code(&self) -> &'static str {
        match self {
            Reason::BadSignature => "bad_signature",
            Reason::OutOfScope => "out_of_scope",
            Reason::Revoked => "revoked",
            Reason::Undecodable => "undecodable",
            Reason::TooLarge => "too_large",
            Reason::HeaderConflict => "header_conflict",
            Reason::Expired => "expired",
            Reason::ForeignAuthor => "foreign_author",
            Reason::QuarantineFull => "quarantine_full",
            Reason::Dismissed => "dismissed",
            Reason::Other => "other",
        }
    }

    fn explain(&self) -> Explanation {
        let (zh, en, advice_zh, advice_en) = match self {
            Reason::BadSignature => (
                "签名不是作者本人的。",
                "The signature is not its author's.",
                "请联系管理员。",
                "Tell the administrator.",
            ),
            Reason::OutOfScope => (
                "作者无权修改这份档案。",
                "Its author may not write this document.",
                "请由管辖该村的人员录入，或请管理员调整范围。",
                "Somebody who works there enters it, or the administrator gives the author that scope.",
            ),
            Reason::Revoked => (
                "作者的设备已被吊销。",
                "Its author's device is revoked.",
                "内容没有丢失，请管理员在隔离区核对后放行。",
                "Nothing is lost; the administrator looks at it in quarantine and admits it.",
            ),
            Reason::Undecodable => (
                "内容无法读取，或不是作者本人的。",
                "What it holds cannot be read, or is not its author's.",
                "手机会重新签发。",
                "The phone writes it again.",
            ),
            Reason::TooLarge => (
                "一次修改过大。",
                "It is larger than one change may be.",
                "请更新程序后再同步。",
                "Update the program and sync again.",
            ),
            Reason::HeaderConflict => (
                "档案的登记信息与服务器不一致。",
                "The document is registered otherwise.",
                "请联系管理员。",
                "Tell the administrator.",
            ),
            Reason::Expired => (
                "作者的证书已过期。",
                "Its author's certificate has expired.",
                "请重新登记设备；内容由管理员在隔离区放行。",
                "Enrol the device anew; the administrator admits it from quarantine.",
            ),
            Reason::ForeignAuthor => (
                "作者不是在本服务器登记的。",
                "Its author was not enrolled with this server.",
                "请联系管理员。",
                "Tell the administrator.",
            ),
            Reason::QuarantineFull => (
                "服务器的隔离区已满，内容仍保存在本机。",
                "The server's quarantine is full; it stays on this device.",
                "请管理员核对隔离区的内容，之后再同步。",
                "The administrator looks through the quarantine; then sync again.",
            ),
            Reason::Dismissed => (
                "管理员核对后决定不采用。",
                "An administrator looked at it and dismissed it.",
                "内容仍保存在本机，有疑问请联系管理员。",
                "It is kept on this device; ask the administrator.",
            ),
            Reason::Other => (
                "服务器给出的原因，本程序版本还不认识。",
                "The server gives a reason that this version of the program does not know.",
                "请更新程序后再同步。",
                "Update the program and sync again.",
            ),
        };
        Explanation::new(zh, en).advise(advice_zh, advice_en)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_what_stands_in_databases_and_reads_back() {
        for reason in Reason::ALL {
            assert_eq!(serde_json::to_string(&reason).unwrap(), format!("\"{}\"", reason.code()));
            assert_eq!(Reason::from_code(reason.code()), Some(reason));
        }
        assert_eq!(Reason::from_code("because"), None);
    }

    #[test]
    fn the_numbers_stand_in_their_order_and_an_unknown_one_is_read() {
        for (number, reason) in Reason::ALL.into_iter().enumerate() {
            assert_eq!(codec::to_cbor(&reason), [number as u8]);
            assert_eq!(codec::from_cbor(&[number as u8]), Ok(reason));
        }
        assert_eq!(codec::from_cbor(&[23]), Ok(Reason::Other));
        let outcome = Outcome::Refused { reason: Reason::TooLarge };
        let mut bytes = codec::to_cbor(&outcome);
        *bytes.last_mut().unwrap() = 22;
        assert_eq!(codec::from_cbor(&bytes), Ok(Outcome::Refused { reason: Reason::Other }));
    }
}
