//! Finding a Chinese text by the first letters of its pinyin: 自来水 by `zls`.

use pinyin::ToPinyinMulti;

/// Whether `label` holds `typed`, in any case, or a run of its characters has these initials in some
/// reading of each. Punctuation in the label does not interrupt a run.
pub fn matches(label: &str, typed: &str) -> bool {
    let typed = typed.trim().to_lowercase();
    if label.to_lowercase().contains(&typed) {
        return true;
    }
    let letters: Vec<char> = typed.chars().collect();
    if !letters.iter().all(char::is_ascii_alphanumeric) {
        return false;
    }
    let sounded: Vec<char> = label.chars().filter(|c| c.is_alphanumeric()).collect();
    sounded.windows(letters.len()).any(|run| run.iter().zip(&letters).all(|(c, letter)| begins(*c, *letter)))
}

fn begins(c: char, letter: char) -> bool {
    if c.is_ascii() {
        return c.eq_ignore_ascii_case(&letter);
    }
    c.to_pinyin_multi().into_iter().flatten().any(|reading| reading.plain().starts_with(letter))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_choice_is_found_by_its_words_and_by_its_initials() {
        for typed in ["自来", "zls", "LS", "来水", "", " zl "] {
            assert!(matches("自来水（入户）", typed), "{typed}");
        }
        assert!(matches("自来水（入户）", "srh"), "brackets do not interrupt");
        assert!(matches("Self-built house", "BUILT"));
        for typed in ["js", "zs", "水来", "zlsrhx"] {
            assert!(!matches("自来水（入户）", typed), "{typed}");
        }
    }

    #[test]
    fn each_reading_of_a_character_counts() {
        assert!(matches("单伟", "sw") && matches("单伟", "dw"));
        assert!(matches("重庆市", "cqs"));
    }
}
