//! Texts that say the same, however they were typed.

/// A text without what a keyboard decides: full-width letters, digits and marks become half-width ones,
/// capital letters small ones, and blanks of every kind go, also those that nobody sees.
///
/// Names and numbers of persons are the same when these are equal.
///
/// ```
/// use ruhu_text::folded;
///
/// assert_eq!(folded("ＺＦ-021　"), folded("zf-021"));
/// assert_eq!(folded("周 明远"), "周明远");
/// assert_ne!(folded("ZF-021"), folded("ZF-022"));
/// ```
pub fn folded(text: &str) -> String {
    text.chars()
        .map(half_width)
        .filter(|character| !is_blank(*character))
        .flat_map(char::to_lowercase)
        .collect()
}

/// The block of full-width forms repeats ASCII from `!` to `~`; behind it stand a few signs.
fn half_width(character: char) -> char {
    const AHEAD: u32 = 0xff01 - '!' as u32;
    match character {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(character as u32 - AHEAD).unwrap_or(character),
        '￠' => '¢',
        '￡' => '£',
        '￢' => '¬',
        '￣' => '¯',
        '￥' => '¥',
        _ => character,
    }
}

/// White space, and characters that take no room: joiners, marks of direction, selectors of variants.
fn is_blank(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_typed_in_many_ways_is_one() {
        for typed in [
            "ZF-021",
            " ZF-021 ",
            "ZF-021　",
            "zf-021",
            "ＺＦ-021",
            "ｚｆ－０２１",
            "Z F\t-\u{a0}021\u{200b}",
        ] {
            assert_eq!(folded(typed), "zf-021", "{typed:?}");
        }
        for other in ["ZF-0210", "ZF021", "ZE-021", ""] {
            assert_ne!(folded(other), "zf-021");
        }
    }

    #[test]
    fn a_name_keeps_its_characters_and_their_order() {
        assert_eq!(folded("\u{feff}周 明\u{3000}远\n"), "周明远");
        assert_eq!(folded("葛\u{e0100}"), "葛", "a variant of a character is that character");
        assert_eq!(folded("阿卜杜·拉"), "阿卜杜·拉");
        assert_ne!(folded("周远明"), folded("周明远"));
        assert_eq!(folded("ＬＩ　Ming"), "liming");
        assert_eq!(folded(&folded("ＩＫ 9")), folded("ＩＫ 9"));
    }
}
