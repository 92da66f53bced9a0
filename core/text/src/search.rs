//! Finding a Chinese text by the first letters of its pinyin: 自来水 by `zls`.

use pinyin::ToPinyinMulti;

/// How well a label answers a search; the better one is the smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    /// From the beginning of the label.
    Beginning,
    /// Somewhere in it.
    Inside,
}

/// Whether `label` holds `typed`, in any case, or a run of its characters has these initials in some
/// reading of each. Punctuation in the label does not interrupt a run.
pub fn search(label: &str, typed: &str) -> Option<Match> {
    let typed = typed.trim().to_lowercase();
    let letters: Vec<char> = typed.chars().collect();
    if letters.is_empty() {
        return Some(Match::Beginning);
    }
    let at = |at| if at == 0 { Match::Beginning } else { Match::Inside };
    let as_written = label.to_lowercase().find(&typed).map(at);
    if as_written == Some(Match::Beginning) || !letters.iter().all(char::is_ascii_alphanumeric) {
        return as_written;
    }
    let sounded: Vec<char> = label.chars().filter(|c| c.is_alphanumeric()).collect();
    let sounds = |run: &[char]| run.iter().zip(&letters).all(|(c, letter)| begins(*c, *letter));
    let by_initials = sounded.windows(letters.len()).position(sounds).map(at);
    as_written.into_iter().chain(by_initials).min()
}

fn begins(c: char, letter: char) -> bool {
    if c.is_ascii() {
        return c.eq_ignore_ascii_case(&letter);
    }
    c.to_pinyin_multi().into_iter().flatten().any(|reading| reading.plain().starts_with(letter))
}

#[cfg(test)]
mod tests {
    use super::{Match, search};

    #[test]
    fn a_choice_is_found_by_its_words_and_by_its_initials() {
        for typed in ["自来", "zls", "LS", "来水", "", " zl "] {
            assert!(search("自来水（入户）", typed).is_some(), "{typed}");
        }
        assert_eq!(search("自来水（入户）", "srh"), Some(Match::Inside), "brackets do not interrupt");
        assert_eq!(search("Self-built house", "BUILT"), Some(Match::Inside));
        assert_eq!(search("石桥村", "sq"), Some(Match::Beginning));
        assert_eq!(search("青禾社区", "sq"), Some(Match::Inside));
        for typed in ["js", "zs", "水来", "zlsrhx"] {
            assert_eq!(search("自来水（入户）", typed), None, "{typed}");
        }
    }

    #[test]
    fn each_reading_of_a_character_counts() {
        for (label, typed) in [("单伟", "sw"), ("单伟", "dw"), ("重庆市", "cqs")] {
            assert_eq!(search(label, typed), Some(Match::Beginning), "{label}");
        }
    }
}
