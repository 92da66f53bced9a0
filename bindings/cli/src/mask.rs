//! Personal numbers as they may stand on a screen that others see.

/// An ID number with its region and its last four characters: `110101********1234`. A number too
/// short to hide anything in is hidden whole.
pub fn id_number(number: &str) -> String {
    let characters: Vec<char> = number.chars().collect();
    let shown_head = if characters.len() >= 15 { 6 } else { 0 };
    let shown_tail = if characters.len() >= 8 { characters.len() - 4 } else { characters.len() };
    let mask = |(n, c): (usize, &char)| if n < shown_head || n >= shown_tail { *c } else { '*' };
    characters.iter().enumerate().map(mask).collect()
}

/// An ID number of which only the end is known.
pub fn id_tail(tail: &str) -> String {
    if tail.is_empty() { String::new() } else { format!("**************{tail}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_birth_date_in_an_id_number_is_hidden() {
        assert_eq!(id_number("110101190001010015"), "110101********0015");
        assert_eq!(id_number("E12345678"), "*****5678");
        assert_eq!(id_number("1234"), "****");
        assert_eq!(id_tail("001X"), "**************001X");
        assert_eq!(id_tail(""), "");
    }
}
