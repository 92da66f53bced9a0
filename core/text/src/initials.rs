//! Pinyin initials of names, as people type them to find a person: 张三 is found by `zs`.

use pinyin::ToPinyinMulti;

/// More readings than this are not kept: a name of several characters with many readings each.
const MOST_READINGS: usize = 16;

/// The initials of a name in every usual reading of its characters, separated by spaces (单伟:
/// `sw dw cw`). Latin letters and digits stand for themselves, other characters are left out.
pub fn initials(name: &str) -> String {
    let mut readings = vec![String::new()];
    for letters in name.chars().map(letters_of).filter(|letters| !letters.is_empty()) {
        // The first letter is the commonest reading; it goes first so that a cut loses rare ones.
        readings = letters
            .iter()
            .flat_map(|letter| readings.iter().map(move |start| format!("{start}{letter}")))
            .take(MOST_READINGS)
            .collect();
    }
    readings.join(" ")
}

fn letters_of(c: char) -> Vec<char> {
    if c.is_ascii_alphanumeric() {
        return vec![c.to_ascii_lowercase()];
    }
    let mut letters = Vec::new();
    for reading in c.to_pinyin_multi().into_iter().flatten() {
        if let Some(letter) = reading.plain().chars().next().filter(char::is_ascii_lowercase)
            && !letters.contains(&letter)
        {
            letters.push(letter);
        }
    }
    letters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_the_initials_of_its_characters() {
        assert_eq!(initials("张三"), "zs");
        assert_eq!(initials("李Anna 2"), "lanna2");
        assert_eq!(initials(""), "");
    }

    #[test]
    fn a_surname_with_several_readings_is_found_by_each() {
        let found = initials("单伟");
        let readings: Vec<&str> = found.split(' ').collect();
        assert!(readings.contains(&"sw") && readings.contains(&"dw"), "{readings:?}");
    }

    #[test]
    fn the_dot_in_a_name_is_left_out() {
        assert!(initials("买买提·艾力").split(' ').any(|r| r == "mmtal"));
    }

    #[test]
    fn a_long_name_of_many_readings_stays_short() {
        let found = initials(&"行".repeat(40));
        assert!(found.split(' ').count() <= MOST_READINGS);
    }
}
