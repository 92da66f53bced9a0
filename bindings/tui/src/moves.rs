//! From question to question, page to page and instance to instance.

use ruhu_form::JournalEntry;

use super::model::{Model, Surroundings};
use super::outline::{Spot, instances, repeat_of};
use super::overlay::Overlay;

impl Model {
    /// Goes to a spot; what was entered before is stored by then.
    pub(super) fn go(&mut self, spot: Spot) {
        self.at = self.outline.nearest(spot);
        self.open_editor();
    }

    /// The next question, on this page or the next one. Behind the last one `finishing` opens the page
    /// that says what is missing.
    pub(super) fn next_question(&mut self, around: &Surroundings<'_>, finishing: bool) {
        if !self.commit(around) {
            return;
        }
        let Spot { page, question } = self.at;
        let on_page = self.sheet().map_or(0, |sheet| sheet.nodes.len());
        if question + 1 < on_page {
            self.go(Spot { page, question: question + 1 });
        } else if page + 1 < self.outline.sheets.len() {
            self.go(Spot { page: page + 1, question: 0 });
        } else if finishing {
            self.overlay = Some(Overlay::finish());
        } else {
            self.tell("这是最后一题。Ctrl+S 交表。", "This is the last question. Ctrl+S to finish.");
        }
    }

    /// The previous question, on this page or the one before.
    pub(super) fn previous_question(&mut self, around: &Surroundings<'_>) {
        if !self.commit(around) {
            return;
        }
        let Spot { page, question } = self.at;
        if let Some(question) = question.checked_sub(1) {
            self.go(Spot { page, question });
        } else if let Some(page) = page.checked_sub(1) {
            self.go(Spot { page, question: usize::MAX });
        } else {
            self.tell("这是第一题。", "This is the first question.");
        }
    }

    /// The first question of the next or the previous page.
    pub(super) fn turn(&mut self, forward: bool, around: &Surroundings<'_>) {
        if !self.commit(around) {
            return;
        }
        let page = if forward { self.at.page.checked_add(1) } else { self.at.page.checked_sub(1) };
        match page.filter(|page| *page < self.outline.sheets.len()) {
            Some(page) => self.go(Spot { page, question: 0 }),
            None if forward => {
                self.tell("这是最后一页。Ctrl+S 交表。", "This is the last page. Ctrl+S to finish.")
            }
            None => self.tell("这是第一页。", "This is the first page."),
        }
    }

    /// The next thing that stands in the way of finishing.
    pub(super) fn next_gap(&mut self) {
        match self.outline.next_gap(self.at) {
            Some(spot) => self.go(spot),
            None if self.outline.gaps.is_empty() => {
                self.tell("没有未完成的了。Ctrl+S 交表。", "Nothing is missing. Ctrl+S to finish.")
            }
            None => self.overlay = Some(Overlay::finish()),
        }
    }

    /// One more instance of the repeat that the page belongs to, or of the one on the next page.
    pub(super) fn add_instance(&mut self) {
        let sheets = self.outline.sheets.iter().skip(self.at.page).take(2);
        let repeat = sheets.filter_map(|sheet| sheet.instance.as_deref().and_then(repeat_of)).next();
        match repeat.map(str::to_owned) {
            Some(repeat) => self.add_to(&repeat),
            None => self.tell(
                "这一页不在重复组中。要加的组如果已经删空，请在目录（Ctrl+G）里加。",
                "This page is in no repeat. A repeat without instances is added in the list of pages (Ctrl+G).",
            ),
        }
    }

    /// One more instance of a repeat, and to its first question.
    pub(super) fn add_to(&mut self, repeat: &str) {
        let held = instances(&self.session, repeat);
        let taken = |id: &str| held.iter().any(|key| key.ends_with(&format!("[@id='{id}']")));
        let free = (held.len() + 1..).map(|number| number.to_string()).find(|id| !taken(id));
        let Some(instance_id) = free else { return };
        let key = format!("{repeat}[@id='{instance_id}']");
        match self.store(JournalEntry::AddRepeat { path: repeat.to_owned(), instance_id }) {
            Ok(()) => match self.outline.page_of_instance(&key) {
                Some(page) => self.go(Spot { page, question: 0 }),
                None => self.open_editor(),
            },
            Err(refusal) => self.notice = Some(refusal),
        }
    }

    /// Asks before the instance that the page belongs to is removed.
    pub(super) fn ask_to_remove(&mut self) {
        let Some(sheet) = self.sheet() else { return };
        let title = sheet.title();
        match sheet.instance.clone() {
            Some(key) => self.overlay = Some(Overlay::Remove { key, title }),
            None => {
                self.tell("这一页不在重复组中，没有可删的。", "This page is in no repeat; nothing to remove.")
            }
        }
    }

    /// Removes an instance, and to the first page that follows.
    pub(super) fn remove(&mut self, key: &str) {
        let page = self.outline.page_of_instance(key).unwrap_or(self.at.page);
        match self.store(JournalEntry::RemoveRepeat { path: key.to_owned() }) {
            Ok(()) => {
                self.go(Spot { page, question: 0 });
                self.tell("已删除。", "Removed.");
            }
            Err(refusal) => self.notice = Some(refusal),
        }
    }

    /// The next or previous instance of the repeat that the page belongs to.
    pub(super) fn next_instance(&mut self, forward: bool, around: &Surroundings<'_>) {
        if !self.commit(around) {
            return;
        }
        let Some(key) = self.sheet().and_then(|sheet| sheet.instance.clone()) else {
            return self.tell("这一页不在重复组中。", "This page is in no repeat.");
        };
        let all = repeat_of(&key).map_or_else(Vec::new, |repeat| instances(&self.session, repeat));
        let here = all.iter().position(|instance| *instance == key).unwrap_or(0);
        let there = if forward { here.checked_add(1) } else { here.checked_sub(1) };
        let page = there.and_then(|at| all.get(at)).and_then(|key| self.outline.page_of_instance(key));
        match page {
            Some(page) => self.go(Spot { page, question: 0 }),
            None if forward => {
                self.tell("这是最后一条。Ctrl+R 再加一条。", "This is the last one. Ctrl+R adds another.")
            }
            None => self.tell("这是第一条。", "This is the first one."),
        }
    }
}
