//! The codes of reasons in the database and in verdicts.

use ruhu_sync::Reason;

const ALL: [Reason; 8] = [
    Reason::BadSignature,
    Reason::OutOfScope,
    Reason::Revoked,
    Reason::Undecodable,
    Reason::TooLarge,
    Reason::HeaderConflict,
    Reason::Expired,
    Reason::ForeignAuthor,
];

pub(super) fn code(reason: Reason) -> &'static str {
    match reason {
        Reason::BadSignature => "bad_signature",
        Reason::OutOfScope => "out_of_scope",
        Reason::Revoked => "revoked",
        Reason::Undecodable => "undecodable",
        Reason::TooLarge => "too_large",
        Reason::HeaderConflict => "header_conflict",
        Reason::Expired => "expired",
        Reason::ForeignAuthor => "foreign_author",
    }
}

pub(super) fn from_code(text: &str) -> Option<Reason> {
    ALL.into_iter().find(|reason| code(*reason) == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_of_the_wire_types_and_read_back() {
        for reason in ALL {
            assert_eq!(serde_json::to_string(&reason).unwrap(), format!("\"{}\"", code(reason)));
            assert_eq!(from_code(code(reason)), Some(reason));
        }
        assert_eq!(from_code("because"), None);
    }
}
