//! The voice of the story.

use crate::console::print_line;

/// A chapter's heading.
pub fn chapter(number: u32, zh: &str, en: &str) {
    print_line(&format!("\n{number}. {zh}\n   {en}"));
}

/// What a command printed, set off from the story. Commands of ours end their lines clean.
pub fn quote(text: &str) {
    text.trim_end().lines().for_each(|line| print_line(&format!("   │ {line}")));
}

/// A line of the story.
pub fn tell(zh: &str, en: &str) {
    print_line(&format!("   {zh} / {en}"));
}
