//! A list to choose from, with a cursor and a search.

use ratatui::crossterm::event::{KeyCode, KeyEvent};
use tui_input::{Input, InputRequest};

use super::line::plain_char;

/// One line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What is shown, and searched.
    pub label: String,
    /// Another text that is searched, such as the value that is stored.
    pub also: String,
}

/// A list to choose from.
#[derive(Debug, Clone, Default)]
pub struct Picker {
    items: Vec<Item>,
    search: Input,
    /// The items that the search lets through, the best first.
    shown: Vec<usize>,
    /// A position in `shown`; none before a person has gone into the list.
    cursor: Option<usize>,
}

/// What a key did to a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// It was used.
    Inside,
    /// It leads out of the list, or means nothing to it.
    Outside,
}

impl Picker {
    /// A list with the cursor on `at`.
    pub fn new(items: Vec<Item>, at: Option<usize>) -> Picker {
        let shown = (0..items.len()).collect();
        let cursor = at.filter(|at| *at < items.len());
        Picker { items, search: Input::default(), shown, cursor }
    }

    /// The items that the search lets through, each with its number.
    pub fn shown(&self) -> impl Iterator<Item = (usize, &Item)> {
        self.shown.iter().filter_map(|at| self.items.get(*at).map(|item| (*at, item)))
    }

    /// All items.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// The position of the cursor among those shown.
    pub fn cursor(&self) -> Option<usize> {
        self.cursor
    }

    /// The number of the item under the cursor.
    pub fn current(&self) -> Option<usize> {
        self.shown.get(self.cursor?).copied()
    }

    /// What was typed to search.
    pub fn search(&self) -> &Input {
        &self.search
    }

    /// Shows all items again, the cursor on the same one.
    pub fn end_search(&mut self) {
        let current = self.current();
        self.search.reset();
        self.shown = (0..self.items.len()).collect();
        self.cursor = current;
    }

    /// Arrows move the cursor, characters search.
    pub fn key(&mut self, key: KeyEvent) -> Moved {
        match (key.code, self.cursor) {
            (KeyCode::Up, Some(0) | None) => return Moved::Outside,
            (KeyCode::Up, Some(at)) => self.cursor = Some(at - 1),
            (KeyCode::Down, at) => {
                let next = at.map_or(0, |at| at + 1);
                if next >= self.shown.len() {
                    return Moved::Outside;
                }
                self.cursor = Some(next);
            }
            (KeyCode::Home, _) => self.cursor = (!self.shown.is_empty()).then_some(0),
            (KeyCode::End, _) => self.cursor = self.shown.len().checked_sub(1),
            (KeyCode::Backspace, _) if !self.search.value().is_empty() => {
                self.search_with(InputRequest::DeletePrevChar);
            }
            _ => match plain_char(key) {
                Some(c) => self.search_with(InputRequest::InsertChar(c)),
                None => return Moved::Outside,
            },
        }
        Moved::Inside
    }

    /// Searches for a text that was pasted.
    pub fn paste(&mut self, text: &str) {
        for c in text.chars().filter(|c| !c.is_control()) {
            self.search_with(InputRequest::InsertChar(c));
        }
    }

    fn search_with(&mut self, request: InputRequest) {
        self.search.handle(request);
        let typed = self.search.value();
        let found = |item: &Item| {
            let found =
                [&item.label, &item.also].into_iter().filter_map(|text| ruhu_text::search(text, typed));
            found.min()
        };
        let numbered = self.items.iter().enumerate();
        let mut fitting: Vec<_> = numbered.filter_map(|(at, item)| Some((found(item)?, at))).collect();
        fitting.sort_unstable();
        self.shown = fitting.into_iter().map(|(_, at)| at).collect();
        self.cursor = (!typed.is_empty() && !self.shown.is_empty()).then_some(0);
    }
}

#[cfg(test)]
mod tests {
    use ratatui::crossterm::event::KeyModifiers;

    use super::*;

    fn press(picker: &mut Picker, code: KeyCode) -> Moved {
        picker.key(KeyEvent::new(code, KeyModifiers::NONE))
    }

    fn villages() -> Picker {
        let item = |label: &str, also: &str| Item { label: label.into(), also: also.into() };
        Picker::new(vec![item("河东村", "201"), item("河西村", "202"), item("青禾社区", "003")], None)
    }

    #[test]
    fn a_long_list_is_searched_by_letters_and_by_code() {
        let mut picker = villages();
        for c in "hx".chars() {
            press(&mut picker, KeyCode::Char(c));
        }
        assert_eq!((picker.shown().count(), picker.current()), (1, Some(1)));
        picker.end_search();
        assert_eq!(
            (picker.shown().count(), picker.current()),
            (3, Some(1)),
            "the cursor stays on what was found"
        );
        press(&mut picker, KeyCode::Char('3'));
        assert_eq!(picker.current(), Some(2));
        press(&mut picker, KeyCode::Char('x'));
        assert_eq!((picker.shown().count(), picker.current()), (0, None));
        assert_eq!(press(&mut picker, KeyCode::Down), Moved::Outside);
    }

    #[test]
    fn what_begins_as_typed_stands_before_what_only_holds_it() {
        let mut picker = villages();
        press(&mut picker, KeyCode::Char('q'));
        assert_eq!(picker.shown().map(|(_, item)| item.label.as_str()).collect::<Vec<_>>(), ["青禾社区"]);
        press(&mut picker, KeyCode::Backspace);
        assert_eq!(picker.shown().count(), 3, "an empty search lets all through");
        press(&mut picker, KeyCode::Char('0'));
        let order: Vec<usize> = picker.shown().map(|(at, _)| at).collect();
        assert_eq!(order, [2, 0, 1], "003 before 201 and 202");
    }

    #[test]
    fn nothing_is_under_the_cursor_before_a_person_moves_it() {
        let mut picker = villages();
        assert_eq!(picker.current(), None);
        assert_eq!(press(&mut picker, KeyCode::Up), Moved::Outside);
        assert_eq!(press(&mut picker, KeyCode::Down), Moved::Inside);
        assert_eq!(picker.current(), Some(0));
        press(&mut picker, KeyCode::End);
        assert_eq!(press(&mut picker, KeyCode::Down), Moved::Outside);
    }
}
