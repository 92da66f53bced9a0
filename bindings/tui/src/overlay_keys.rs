//! Keys while something lies over the page.

use ratatui::crossterm::event::{KeyCode, KeyEvent};

use super::line::plain_char;
use super::model::{Effect, Model, is_leave};
use super::outline::{Spot, empty_repeats};
use super::overlay::{Overlay, PageList, Target};
use super::picker::{Item, Moved, Picker};
use super::words::KEYS;

impl Model {
    /// The list of pages, the cursor on the one that is open.
    pub(super) fn page_list(&self) -> Overlay {
        let item = |label: String| Item { label, also: String::new() };
        let mut items = Vec::new();
        let mut targets = Vec::new();
        for (page, sheet) in self.outline.sheets.iter().enumerate() {
            let title = match sheet.titles.is_empty() {
                true => self.session.form().title().to_owned(),
                false => sheet.title(),
            };
            items.push(item(title));
            targets.push(Target::Page(page));
        }
        for repeat in empty_repeats(&self.session, self.lang) {
            items.push(item(format!("{}{}", self.lang.pick("加一条：", "add: "), repeat.label)));
            targets.push(Target::Add(repeat.path));
        }
        Overlay::Pages(PageList { picker: Picker::new(items, Some(self.at.page)), targets })
    }

    /// A key while something lies over the page. It stays there unless the key ends it.
    pub(super) fn overlay_key(&mut self, overlay: Overlay, key: KeyEvent) {
        match overlay {
            Overlay::Pages(list) => self.page_list_key(list, key),
            Overlay::Finish { cursor } => self.finish_key(cursor, key),
            Overlay::Help { top } => self.help_key(top, key),
            Overlay::Remove { key: instance, title } => match answer(key) {
                Some(true) => self.remove(&instance),
                Some(false) => {}
                None => self.overlay = Some(Overlay::Remove { key: instance, title }),
            },
            Overlay::Leave => match answer(key) {
                Some(true) => self.effects.push(Effect::Leave),
                Some(false) => {}
                None => self.overlay = Some(Overlay::Leave),
            },
        }
    }

    fn page_list_key(&mut self, mut list: PageList, key: KeyEvent) {
        match key.code {
            KeyCode::Esc | KeyCode::F(2) => return,
            _ if is_leave(key) => return self.effects.push(Effect::Leave),
            KeyCode::Enter => {
                match list.picker.current().and_then(|at| list.targets.get(at)) {
                    Some(Target::Page(page)) => self.go(Spot { page: *page, question: 0 }),
                    Some(Target::Add(repeat)) => self.add_to(repeat),
                    None => self.overlay = Some(Overlay::Pages(list)),
                }
                return;
            }
            KeyCode::PageDown => repeated(&mut list.picker, KeyCode::Down),
            KeyCode::PageUp => repeated(&mut list.picker, KeyCode::Up),
            _ => {
                list.picker.key(key);
            }
        }
        self.overlay = Some(Overlay::Pages(list));
    }

    fn finish_key(&mut self, cursor: usize, key: KeyEvent) {
        let last = self.outline.gaps.len().saturating_sub(1);
        let cursor = match key.code {
            KeyCode::Esc => return,
            _ if is_leave(key) => return self.effects.push(Effect::Leave),
            KeyCode::Enter if self.outline.gaps.is_empty() => return self.effects.push(Effect::Finish),
            KeyCode::Enter => match self.outline.gaps.get(cursor).and_then(|gap| gap.spot) {
                Some(spot) => return self.go(spot),
                None => {
                    self.tell(
                        "这一项不在页面上，是表单自己的值；请检查与它有关的回答。",
                        "No page shows this value of the form itself; check the answers it follows from.",
                    );
                    cursor
                }
            },
            KeyCode::Up => cursor.saturating_sub(1),
            KeyCode::Down => (cursor + 1).min(last),
            KeyCode::PageUp => cursor.saturating_sub(STRIDE),
            KeyCode::PageDown => (cursor + STRIDE).min(last),
            KeyCode::Home => 0,
            KeyCode::End => last,
            _ => cursor,
        };
        self.overlay = Some(Overlay::Finish { cursor });
    }

    fn help_key(&mut self, top: usize, key: KeyEvent) {
        let last = KEYS.len() - 1;
        let top = match key.code {
            KeyCode::Up => top.saturating_sub(1),
            KeyCode::Down => (top + 1).min(last),
            KeyCode::PageUp => top.saturating_sub(STRIDE),
            KeyCode::PageDown => (top + STRIDE).min(last),
            _ => return,
        };
        self.overlay = Some(Overlay::Help { top });
    }
}

/// How many lines PgUp and PgDn go in a list.
const STRIDE: usize = 10;

fn repeated(picker: &mut Picker, code: KeyCode) {
    for _ in 0..STRIDE {
        if picker.key(KeyEvent::from(code)) == Moved::Outside {
            break;
        }
    }
}

/// `y` or `n`; Enter is no answer to a question that cannot be undone.
fn answer(key: KeyEvent) -> Option<bool> {
    match (plain_char(key), key.code) {
        (Some('y' | 'Y' | 'ｙ'), _) => Some(true),
        (Some('n' | 'N' | 'ｎ'), _) | (None, KeyCode::Esc) => Some(false),
        _ => None,
    }
}
