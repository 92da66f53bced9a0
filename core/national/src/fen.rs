//! Money: whole fen, a hundredth of a yuan, so that no sum ever rounds.

use std::fmt;
use std::str::FromStr;

use ruhu_text::{Explain, Explanation};
use serde::{Deserialize, Serialize};

/// An amount of money in fen.
///
/// ```
/// use ruhu_national::Fen;
///
/// let rent: Fen = "1234.5".parse()?;
/// assert_eq!(rent, Fen(123_450));
/// assert_eq!(rent.to_string(), "1234.50");
/// # Ok::<(), ruhu_national::FenError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fen(
    /// How many.
    pub i64,
);

/// Why a text is no amount of yuan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FenError {
    /// Not digits with at most one point, and a minus sign before them at most.
    #[error("not an amount of money: digits and one point are expected")]
    NotANumber,
    /// Something smaller than a fen.
    #[error("an amount of money has at most two decimals")]
    Decimals,
    /// Beyond 64 bits of fen.
    #[error("the amount is too large")]
    TooLarge,
}

impl Explain for FenError {
    fn code(&self) -> &'static str {
        match self {
            FenError::NotANumber => "money_not_a_number",
            FenError::Decimals => "money_decimals",
            FenError::TooLarge => "money_too_large",
        }
    }

    fn explain(&self) -> Explanation {
        match self {
            FenError::NotANumber => Explanation::new("这不是金额。", "This is not an amount of money.")
                .advise("请填写数字，例如 1234.50。", "Enter digits, such as 1234.50."),
            FenError::Decimals => {
                Explanation::new("金额最多两位小数（分）。", "An amount has at most two decimals.")
                    .advise("请四舍五入到分。", "Round it to the fen.")
            }
            FenError::TooLarge => Explanation::new("金额过大。", "The amount is too large.")
                .advise("请核对位数。", "Check the number of digits."),
        }
    }
}

/// Reads yuan with at most two decimals that count: `1234.5`, `.5`, `-3`, `19.900`.
impl FromStr for Fen {
    type Err = FenError;

    fn from_str(yuan: &str) -> Result<Fen, FenError> {
        let (sign, digits) = match yuan.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, yuan),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let is_number = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if (whole.is_empty() && part.is_empty()) || !is_number(whole) || !is_number(part) {
            return Err(FenError::NotANumber);
        }
        let part = part.trim_end_matches('0');
        if part.len() > 2 {
            return Err(FenError::Decimals);
        }
        let fen: i128 = format!("{whole}{part:0<2}").parse().map_err(|_| FenError::TooLarge)?;
        i64::try_from(sign * fen).map(Fen).map_err(|_| FenError::TooLarge)
    }
}

/// Yuan with two decimals.
impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (amount, sign) = (self.0.unsigned_abs(), if self.0 < 0 { "-" } else { "" });
        write!(f, "{sign}{}.{:02}", amount / 100, amount % 100)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn yuan_become_fen_without_a_float_in_between() {
        for (yuan, fen) in [
            ("1234.5", 123_450),
            ("0.07", 7),
            (".5", 50),
            ("5.", 500),
            ("19.900", 1_990),
            ("-3", -300),
            ("4503599627370497.51", 450_359_962_737_049_751),
            ("-92233720368547758.08", i64::MIN),
        ] {
            assert_eq!(yuan.parse(), Ok(Fen(fen)), "{yuan}");
        }
    }

    #[test]
    fn what_is_no_amount_is_named() {
        for wrong in ["", ".", "-", "1e3", "abc", "１", "1.2.3", "+1", "1 000", "1,000"] {
            assert_eq!(wrong.parse::<Fen>(), Err(FenError::NotANumber), "{wrong}");
        }
        assert_eq!("1.234".parse::<Fen>(), Err(FenError::Decimals));
        assert_eq!("92233720368547758.08".parse::<Fen>(), Err(FenError::TooLarge));
        assert_eq!("9".repeat(60).parse::<Fen>(), Err(FenError::TooLarge));
    }

    proptest! {
        #[test]
        fn every_amount_reads_back_as_it_is_shown(fen: i64) {
            prop_assert_eq!(Fen(fen).to_string().parse(), Ok(Fen(fen)));
        }

        #[test]
        fn any_text_is_an_amount_or_an_error(text in "[-+0-9.eE ]{0,40}") {
            if let Ok(fen) = text.parse::<Fen>() {
                prop_assert_eq!(fen.to_string().parse(), Ok(fen));
            }
        }
    }
}
