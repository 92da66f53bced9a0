//! Administrative division codes (统计用区划代码): province 2, prefecture 2, county 2, township 3, village 3 digits.
//! The length and the levels are those of the National Bureau of Statistics' rules for statistical division codes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use ruhu_text::{Explain, Explanation};

/// Text that is no division code or scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DivisionError {
    /// Not twelve digits 0-9.
    #[error("a division code has 12 digits")]
    Code,
    /// Not six, nine or twelve digits 0-9.
    #[error("a division scope has 6, 9 or 12 digits")]
    Scope,
}

impl Explain for DivisionError {
    fn code(&self) -> &'static str {
        match self {
            DivisionError::Code => "division_code",
            DivisionError::Scope => "division_scope",
        }
    }

    fn explain(&self) -> Explanation {
        match self {
            DivisionError::Code => {
                Explanation::new("区划代码应为 12 位数字。", "A division code has 12 digits.")
            }
            DivisionError::Scope => Explanation::new(
                "管辖范围应为 6 位（县）、9 位（乡镇）或 12 位（村）区划代码。",
                "A scope is a division code of 6 (county), 9 (township) or 12 (village) digits.",
            ),
        }
    }
}

/// A village's or community's division code: twelve ASCII digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Division([u8; 12]);

/// What a device may see: everything beneath a county (6 digits), a township (9) or one village (12).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DivisionScope(String);

fn digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

impl Division {
    /// Reads twelve digits, and nothing else.
    pub fn parse(text: &str) -> Result<Division, DivisionError> {
        match <[u8; 12]>::try_from(text.as_bytes()) {
            Ok(code) if digits(text) => Ok(Division(code)),
            _ => Err(DivisionError::Code),
        }
    }

    /// All twelve digits.
    pub fn as_str(&self) -> &str {
        self.first(12)
    }

    /// The township's nine digits.
    pub fn township(&self) -> &str {
        self.first(9)
    }

    /// The county's six digits.
    pub fn county(&self) -> &str {
        self.first(6)
    }

    fn first(&self, length: usize) -> &str {
        self.0.get(..length).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or_default()
    }
}

impl DivisionScope {
    /// Reads six, nine or twelve digits, and nothing else.
    pub fn parse(text: &str) -> Result<DivisionScope, DivisionError> {
        if matches!(text.len(), 6 | 9 | 12) && digits(text) {
            Ok(DivisionScope(text.to_owned()))
        } else {
            Err(DivisionError::Scope)
        }
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the division lies within this scope.
    pub fn covers(&self, division: &Division) -> bool {
        division.as_str().starts_with(&self.0)
    }

    /// Whether everything within `other` lies within this scope.
    pub fn contains(&self, other: &DivisionScope) -> bool {
        other.0.starts_with(&self.0)
    }
}

impl From<Division> for DivisionScope {
    fn from(division: Division) -> Self {
        DivisionScope(division.as_str().to_owned())
    }
}

macro_rules! written_as_digits {
    ($($code:ident),*) => {$(
        impl fmt::Display for $code {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $code {
            type Err = DivisionError;

            fn from_str(text: &str) -> Result<Self, DivisionError> {
                $code::parse(text)
            }
        }

        impl Serialize for $code {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $code {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

written_as_digits!(Division, DivisionScope);

#[cfg(test)]
mod tests {
    use ruhu_text::Lang;

    use super::*;

    #[test]
    fn a_county_sees_its_villages_and_a_village_only_itself() {
        let village = Division::parse("530102001003").unwrap();
        assert_eq!((village.county(), village.township()), ("530102", "530102001"));
        for (scope, seen) in [
            ("530102", true),
            ("530102001", true),
            ("530102001003", true),
            ("530103", false),
            ("530102002", false),
        ] {
            assert_eq!(DivisionScope::parse(scope).unwrap().covers(&village), seen, "{scope}");
        }
        let county = DivisionScope::parse("530102").unwrap();
        assert!(county.contains(&village.into()));
        assert!(!DivisionScope::from(village).contains(&county));
    }

    #[test]
    fn a_code_of_another_length_or_with_full_width_digits_is_refused() {
        for text in
            ["", "53010200100", "5301020010031", "53010200100x", "５３０１０２００１００３", "+53010200100"]
        {
            assert_eq!(Division::parse(text), Err(DivisionError::Code), "{text}");
        }
        for text in ["", "53", "53010", "5301020", "５３"] {
            assert_eq!(DivisionScope::parse(text), Err(DivisionError::Scope), "{text}");
        }
        assert!(DivisionError::Code.message(Lang::Zh).contains("12 位"));
    }

    #[test]
    fn codes_are_stored_as_their_digits() {
        let village = Division::parse("530102001003").unwrap();
        assert_eq!(serde_json::to_string(&village).unwrap(), "\"530102001003\"");
        assert_eq!(serde_json::from_str::<Division>("\"530102001003\"").unwrap(), village);
    }
}
