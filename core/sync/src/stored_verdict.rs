//! How the server's verdict on an envelope stands in the store: whether it hides, why, and its place in
//! the log. Of two on one envelope the later counts.

use crate::envelope::Verdict;

/// Epoch and sequence number in the log.
pub type Place = (u64, u64);

/// Ends the reason; a program before this one wrote nothing behind it.
const END: u8 = 0;

/// As it is kept.
pub fn to_bytes(verdict: &Verdict, (epoch, seq): Place) -> Vec<u8> {
    let mut bytes = vec![u8::from(verdict.hide)];
    bytes.extend(verdict.reason.bytes().filter(|byte| *byte != END));
    bytes.push(END);
    bytes.extend_from_slice(&epoch.to_be_bytes());
    bytes.extend_from_slice(&seq.to_be_bytes());
    bytes
}

/// Whether it hides the envelope.
pub fn hides(bytes: &[u8]) -> bool {
    bytes.first() == Some(&1)
}

/// The reason's code.
pub fn reason_of(bytes: &[u8]) -> String {
    let reason = bytes.get(1..).unwrap_or_default().split(|byte| *byte == END).next().unwrap_or_default();
    String::from_utf8_lossy(reason).into_owned()
}

/// Whether it says that the server's administrator excluded the envelope.
pub fn excludes(bytes: &[u8]) -> bool {
    let reason = bytes.get(1..).unwrap_or_default().split(|byte| *byte == END).next();
    hides(bytes) && reason == Some(Verdict::EXCLUDED.as_bytes())
}

/// Where the verdict stood when it came; at the beginning of everything if that was not kept.
pub fn place_of(bytes: &[u8]) -> Place {
    let number = |from: usize| {
        let part = bytes.get(from..from + 8)?;
        part.try_into().ok().map(u64::from_be_bytes)
    };
    let place = || {
        let end = bytes.len().checked_sub(17)?;
        (bytes.get(end) == Some(&END) && end > 0).then_some((number(end + 1)?, number(end + 9)?))
    };
    place().unwrap_or((0, 0))
}

#[cfg(test)]
mod tests {
    use crate::ids::EnvelopeHash;

    use super::*;

    #[test]
    fn a_verdict_is_read_as_it_was_written_and_an_older_programs_too() {
        for (hide, reason, place) in [(true, "revoked", (1, 7)), (false, "", (u64::MAX, 0))] {
            let verdict = Verdict { subject: EnvelopeHash([1; 32]), hide, reason: reason.into() };
            let bytes = to_bytes(&verdict, place);
            assert_eq!((hides(&bytes), place_of(&bytes)), (hide, place));
            assert_eq!(reason_of(&bytes), reason);
        }
        let old = [&[1][..], b"a reason of more than sixteen letters"].concat();
        assert_eq!((hides(&old), place_of(&old), place_of(&[])), (true, (0, 0), (0, 0)));
    }
}
