//! What the letter's QR code holds: which case, which version of the letter, which content.
//!
//! The text is `RUHU:` and base 32 of, byte by byte: the format's number (1); the case (16); the
//! first 8 of the content's SHA-256; sheet and number of sheets; grantors of the whole letter; the
//! version's length and its UTF-8; the first 4 of the SHA-256 over all of it. A text without the
//! prefix is somebody else's QR code; one with it that does not hold is damaged.

use data_encoding::BASE32_NOPAD;
use qrcode::{EcLevel, QrCode, Version};
use ruhu_text::{Explain, Explanation};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::layout::{self, QR_MODULES};

/// What the text begins with.
pub const PREFIX: &str = "RUHU:";
/// The most bytes of a letter version's name.
pub const MAX_VERSION: usize = 16;
/// The most grantors of a letter.
pub const MAX_GRANTORS: usize = 60;

const FORMAT: u8 = 1;
const CHECK: usize = 4;
const FIXED: usize = 1 + 16 + 8 + 2 + 1 + 1;

/// The payload of one sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    /// The household's document.
    pub case: Uuid,
    /// The letter's version, as its template names it: 1 to [`MAX_VERSION`] bytes without control
    /// characters.
    pub version: String,
    /// The first 8 bytes of the SHA-256 of the letter's content.
    pub hash: [u8; 8],
    /// Which sheet of the letter this is, from 1.
    pub sheet: u8,
    /// Grantors of the whole letter: at most [`MAX_GRANTORS`].
    pub grantors: u8,
}

/// Why there is no payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// The text is another QR code's.
    #[error("not the QR code of a letter")]
    Foreign,
    /// It is one of ours, and does not hold.
    #[error("the QR code is damaged")]
    Damaged,
    /// It is of a newer program.
    #[error("the QR code is of a newer program")]
    Newer,
    /// What is to be written does not fit.
    #[error("does not fit into the QR code")]
    Unfit,
}

impl Explain for PayloadError {
    fn code(&self) -> &'static str {
        match self {
            PayloadError::Foreign => "letter_qr_foreign",
            PayloadError::Damaged => "letter_qr_damaged",
            PayloadError::Newer => "letter_qr_newer",
            PayloadError::Unfit => "letter_qr_unfit",
        }
    }

    fn explain(&self) -> Explanation {
        match self {
            PayloadError::Foreign => Explanation::new(
                "这不是授权书的二维码。",
                "This is not the QR code of an authorisation letter.",
            )
            .advise("请拍本系统打印的授权书。", "Photograph a letter that was printed here."),
            PayloadError::Damaged => {
                Explanation::new("授权书的二维码已损坏。", "The letter's QR code is damaged.")
                    .advise("请重新打印授权书。", "Print the letter again.")
            }
            PayloadError::Newer => Explanation::new(
                "授权书由更新版本的程序打印。",
                "The letter was printed by a newer version of the program.",
            )
            .advise("请更新本程序。", "Update this program."),
            PayloadError::Unfit => Explanation::new(
                "授权书版本名过长，或授权人过多。",
                "The letter version's name is too long, or there are too many grantors.",
            )
            .advise(
                "版本名最多 16 个字节，授权人最多 60 人。",
                "A version's name has at most 16 bytes; 60 may grant.",
            ),
        }
    }
}

impl Payload {
    fn holds(&self) -> bool {
        let version = &self.version;
        let sheets = layout::sheets(self.grantors.into());
        (1..=MAX_VERSION).contains(&version.len())
            && !version.chars().any(char::is_control)
            && usize::from(self.grantors) <= MAX_GRANTORS
            && (1..=sheets).contains(&self.sheet.into())
    }

    /// Sheets of the letter.
    pub fn sheets(&self) -> u8 {
        layout::sheets(self.grantors.into()) as u8
    }

    /// The text of the QR code, in the alphabet of its alphanumeric mode.
    ///
    /// # Errors
    /// `letter_qr_unfit` when version or number of grantors are beyond their limits, or the letter has
    /// no such sheet.
    pub fn to_text(&self) -> Result<String, PayloadError> {
        if !self.holds() {
            return Err(PayloadError::Unfit);
        }
        let mut bytes = vec![FORMAT];
        bytes.extend(self.case.as_bytes());
        bytes.extend(self.hash);
        bytes.extend([self.sheet, self.sheets(), self.grantors, self.version.len() as u8]);
        bytes.extend(self.version.as_bytes());
        let check = Sha256::digest(&bytes);
        bytes.extend(&check[..CHECK]);
        Ok(format!("{PREFIX}{}", BASE32_NOPAD.encode(&bytes)))
    }

    /// Reads the text of a QR code.
    ///
    /// # Errors
    /// `letter_qr_foreign`, `letter_qr_damaged`, `letter_qr_newer`.
    pub fn from_text(text: &str) -> Result<Payload, PayloadError> {
        let code = text.strip_prefix(PREFIX).ok_or(PayloadError::Foreign)?;
        let bytes = BASE32_NOPAD.decode(code.as_bytes()).map_err(|_| PayloadError::Damaged)?;
        let (body, check) =
            bytes.split_at_checked(bytes.len().saturating_sub(CHECK)).ok_or(PayloadError::Damaged)?;
        if body.is_empty() || Sha256::digest(body)[..CHECK] != *check {
            return Err(PayloadError::Damaged);
        }
        if body[0] != FORMAT {
            return Err(PayloadError::Newer);
        }
        let (fixed, version) = body.split_at_checked(FIXED).ok_or(PayloadError::Damaged)?;
        let [_, rest @ ..] = fixed else { return Err(PayloadError::Damaged) };
        let (case, rest) = rest.split_first_chunk::<16>().ok_or(PayloadError::Damaged)?;
        let (hash, rest) = rest.split_first_chunk::<8>().ok_or(PayloadError::Damaged)?;
        let &[sheet, sheets, grantors, length] = rest else { return Err(PayloadError::Damaged) };
        let version = std::str::from_utf8(version).map_err(|_| PayloadError::Damaged)?.to_owned();
        let payload = Payload { case: Uuid::from_bytes(*case), version, hash: *hash, sheet, grantors };
        let agrees = payload.version.len() == usize::from(length) && payload.sheets() == sheets;
        if agrees && payload.holds() { Ok(payload) } else { Err(PayloadError::Damaged) }
    }

    /// The modules of the QR code, row by row, [`QR_MODULES`] a row, without quiet zone; true is black.
    ///
    /// # Errors
    /// As [`Payload::to_text`].
    pub fn modules(&self) -> Result<Vec<bool>, PayloadError> {
        let text = self.to_text()?;
        let code = QrCode::with_version(text.as_bytes(), Version::Normal(4), EcLevel::M)
            .map_err(|_| PayloadError::Unfit)?;
        debug_assert_eq!(code.width(), QR_MODULES);
        Ok(code.to_colors().into_iter().map(|colour| colour == qrcode::Color::Dark).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn example() -> Payload {
        Payload {
            case: Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001),
            version: "2026-1".into(),
            hash: [1, 2, 3, 4, 5, 6, 7, 8],
            sheet: 1,
            grantors: 2,
        }
    }

    #[test]
    fn the_text_of_a_letter_stays_what_it_is() {
        insta::assert_snapshot!(example().to_text().unwrap(), @"RUHU:AEAZAAAAAAAHAAEAAAAAAAAAAAAQCAQDAQCQMBYIAEAQEBRSGAZDMLJRD3LAZPA");
    }

    #[test]
    fn the_longest_payload_fits_into_the_code() {
        let longest = Payload { version: "v".repeat(MAX_VERSION), grantors: 60, sheet: 10, ..example() };
        assert_eq!(longest.modules().unwrap().len(), QR_MODULES * QR_MODULES);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for unfit in [
            Payload { version: "v".repeat(MAX_VERSION + 1), ..example() },
            Payload { version: String::new(), ..example() },
            Payload { grantors: 61, ..example() },
            Payload { sheet: 2, ..example() },
            Payload { sheet: 0, ..example() },
        ] {
            assert_eq!(unfit.to_text(), Err(PayloadError::Unfit));
        }
    }

    #[test]
    fn another_code_is_foreign_and_a_newer_one_is_told_from_a_damaged_one() {
        assert_eq!(Payload::from_text("https://example.org"), Err(PayloadError::Foreign));
        assert_eq!(Payload::from_text(PREFIX), Err(PayloadError::Damaged));
        let mut newer = vec![2, 7, 7];
        let check = Sha256::digest(&newer);
        newer.extend(&check[..CHECK]);
        let text = format!("{PREFIX}{}", BASE32_NOPAD.encode(&newer));
        assert_eq!(Payload::from_text(&text), Err(PayloadError::Newer));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            case: u128, version in "[ -~]{1,16}", hash: [u8; 8], grantors in 0u8..=60, sheet in 1u8..=10,
        ) {
            let payload = Payload { case: Uuid::from_u128(case), version, hash, sheet, grantors };
            if let Ok(text) = payload.to_text() {
                prop_assert_eq!(Payload::from_text(&text), Ok(payload));
            }
        }

        #[test]
        fn one_changed_character_is_found(at in 5usize..60, to in "[A-Z2-7]") {
            let text = example().to_text().unwrap();
            let mut changed = text.clone();
            let at = at.min(text.len() - 1);
            changed.replace_range(at..=at, &to);
            prop_assume!(changed != text);
            prop_assert_eq!(Payload::from_text(&changed), Err(PayloadError::Damaged));
        }
    }
}
