//! The checks of the story.

use std::fmt::Debug;

use crate::console::print_line;

/// What was checked, and how often it did not hold.
#[derive(Debug, Default)]
pub struct Checks {
    held: usize,
    failed: usize,
}

impl Checks {
    /// Notes and tells whether something holds.
    pub fn that(&mut self, zh: &str, en: &str, holds: bool) {
        if holds {
            self.held += 1;
            print_line(&format!("   ✓ {zh} / {en}"));
        } else {
            self.failed += 1;
            print_line(&format!("   ✗ {zh} / {en}"));
        }
    }

    /// Notes and tells whether two things are the same; shows both when not.
    pub fn same<T: PartialEq + Debug>(&mut self, zh: &str, en: &str, left: &T, right: &T) {
        self.that(zh, en, left == right);
        if left != right {
            print_line(&format!("     {left:?}\n     {right:?}"));
        }
    }

    /// Checks that held.
    pub fn held(&self) -> usize {
        self.held
    }

    /// Checks that did not.
    pub fn failed(&self) -> usize {
        self.failed
    }
}
