//! What a person works on at one question. Editors know nothing of the session: they say what the
//! answer would be.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ruhu_form::{Environment, NodeState, QuestionKind};
use ruhu_text::Lang;

use super::line::{self, LineEditor};
use super::picker::{Item, Moved, Picker};
use super::words;

/// The answer to an `acknowledge` question.
const TICKED: &str = "OK";

/// The editor of one question.
#[derive(Debug, Clone)]
pub enum Editor {
    /// There is nothing to enter: a note, a value that may only be read.
    Nothing,
    /// A line is typed.
    Line(LineEditor),
    /// One or several choices are made.
    Choices(Choices),
    /// Choices are put in order.
    Order(Order),
    /// A tick.
    Tick {
        /// Whether it is set.
        set: bool,
        /// Whether a person changed it.
        touched: bool,
    },
}

/// What a key did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// It was used, and there may be more to come.
    Taken,
    /// It made an answer, which can be stored now.
    Made,
    /// The editor has no use for it.
    Ignored,
}

impl Editor {
    /// The editor for a question, holding its answer. Kinds that are written as text need no entry
    /// of their own here.
    pub fn open(node: &NodeState, lang: Lang, now: Environment) -> Editor {
        if node.read_only {
            return Editor::Nothing;
        }
        match node.kind {
            QuestionKind::Acknowledge => Editor::Tick { set: node.value == TICKED, touched: false },
            QuestionKind::Rank => Editor::Order(Order::new(node, lang)),
            QuestionKind::SelectOne | QuestionKind::SelectMultiple => {
                Editor::Choices(Choices::new(node, lang))
            }
            _ => Editor::Line(LineEditor::new(line::shown(node.kind, &node.value), offer(node.kind, now))),
        }
    }

    /// The answer as a person has it now; none when nothing was changed.
    pub fn changed(&self) -> Option<String> {
        match self {
            Editor::Nothing => None,
            Editor::Line(line) => line.changed().map(str::to_owned),
            Editor::Choices(choices) => choices.touched.then(|| choices.value()),
            Editor::Order(order) => order.touched.then(|| order.value()),
            Editor::Tick { set, touched } => touched.then(|| if *set { TICKED } else { "" }.to_owned()),
        }
    }

    /// The answer was stored: nothing is left to store.
    pub fn stored(&mut self) {
        match self {
            Editor::Choices(choices) => choices.touched = false,
            Editor::Order(order) => order.touched = false,
            Editor::Tick { touched, .. } => *touched = false,
            Editor::Nothing | Editor::Line(_) => {}
        }
    }

    /// A key other than those that lead elsewhere.
    pub fn key(&mut self, key: KeyEvent) -> Reaction {
        match self {
            Editor::Nothing => Reaction::Ignored,
            Editor::Line(line) => match line.key(key) {
                true => Reaction::Taken,
                false => Reaction::Ignored,
            },
            Editor::Choices(choices) => choices.key(key),
            Editor::Order(order) => order.key(key),
            Editor::Tick { set, touched } if key.code == KeyCode::Char(' ') => {
                *set = !*set;
                *touched = true;
                Reaction::Made
            }
            Editor::Tick { .. } => Reaction::Ignored,
        }
    }

    /// The key that takes what is under the cursor and goes on.
    pub fn enter(&mut self) {
        match self {
            Editor::Choices(choices) => choices.enter(),
            Editor::Order(order) => order.touched |= order.unanswered,
            Editor::Nothing | Editor::Line(_) | Editor::Tick { .. } => {}
        }
    }

    /// Begins a new line in a text; other editors have none.
    pub fn new_line(&mut self, kind: QuestionKind) {
        if let (Editor::Line(line), QuestionKind::Text) = (self, kind) {
            line.paste("\n");
        }
    }

    /// A text that was pasted.
    pub fn paste(&mut self, text: &str) {
        match self {
            Editor::Line(line) => line.paste(text),
            Editor::Choices(choices) => choices.picker.paste(text),
            Editor::Nothing | Editor::Order(_) | Editor::Tick { .. } => {}
        }
    }
}

/// What is likely to be answered: the day or moment it is.
fn offer(kind: QuestionKind, now: Environment) -> Option<String> {
    let now = words::moment(now)?;
    match kind {
        QuestionKind::Date => Some(now.format("%Y-%m-%d").to_string()),
        QuestionKind::Time => Some(now.format("%H:%M").to_string()),
        QuestionKind::DateTime => Some(now.format("%Y-%m-%d %H:%M").to_string()),
        _ => None,
    }
}

/// Choices being made.
#[derive(Debug, Clone)]
pub struct Choices {
    /// The list.
    pub picker: Picker,
    values: Vec<String>,
    chosen: Vec<bool>,
    /// Whether one excludes the others.
    pub one: bool,
    touched: bool,
}

impl Choices {
    fn new(node: &NodeState, lang: Lang) -> Choices {
        let one = node.kind == QuestionKind::SelectOne;
        let values: Vec<String> = node.choices.iter().map(|choice| choice.value.clone()).collect();
        let chosen: Vec<bool> = values.iter().map(|value| is_chosen(node, value)).collect();
        let first = if one { chosen.iter().position(|chosen| *chosen) } else { None };
        Choices { picker: Picker::new(items(node, lang), first), values, chosen, one, touched: false }
    }

    /// Whether the choice of that number is made.
    pub fn is_chosen(&self, at: usize) -> bool {
        self.chosen.get(at).copied().unwrap_or(false)
    }

    fn value(&self) -> String {
        let chosen = self.values.iter().zip(&self.chosen).filter(|(_, chosen)| **chosen);
        chosen.map(|(value, _)| value.as_str()).collect::<Vec<_>>().join(" ")
    }

    fn key(&mut self, key: KeyEvent) -> Reaction {
        if key.code == KeyCode::Char(' ') {
            return match self.picker.current() {
                Some(at) => self.toggle(at),
                None => Reaction::Taken,
            };
        }
        match self.picker.key(key) {
            Moved::Inside => Reaction::Taken,
            Moved::Outside => Reaction::Ignored,
        }
    }

    fn toggle(&mut self, at: usize) -> Reaction {
        let made = !self.is_chosen(at);
        if self.one {
            self.chosen.fill(false);
        }
        if let Some(chosen) = self.chosen.get_mut(at) {
            *chosen = made;
        }
        self.touched = true;
        self.picker.end_search();
        Reaction::Made
    }

    /// The choice of one is made by the cursor; of several, by the blank alone, but what was searched
    /// for is meant.
    fn enter(&mut self) {
        let searched = !self.picker.search().value().is_empty();
        if let Some(at) = self.picker.current().filter(|at| !self.is_chosen(*at) && (self.one || searched)) {
            self.toggle(at);
        }
    }
}

fn is_chosen(node: &NodeState, value: &str) -> bool {
    match node.kind {
        QuestionKind::SelectOne => node.value == value,
        _ => node.value.split(' ').any(|chosen| chosen == value),
    }
}

fn items(node: &NodeState, lang: Lang) -> Vec<Item> {
    let item = |choice: &ruhu_form::Choice| {
        let label = match choice.label(lang.code()) {
            "" => &choice.value,
            label => label,
        };
        Item { label: label.to_owned(), also: choice.value.clone() }
    };
    node.choices.iter().map(item).collect()
}

/// Choices being put in order.
#[derive(Debug, Clone)]
pub struct Order {
    /// Value and label, the first in rank first.
    pub ranked: Vec<(String, String)>,
    /// Where the cursor is.
    pub cursor: usize,
    /// Whether arrows carry what is under the cursor along.
    pub held: bool,
    /// There was no answer: the order shown is that of the list.
    unanswered: bool,
    touched: bool,
}

impl Order {
    fn new(node: &NodeState, lang: Lang) -> Order {
        let mut ranked: Vec<(String, String)> =
            items(node, lang).into_iter().map(|item| (item.also, item.label)).collect();
        let rank = |value: &str| node.value.split(' ').position(|ranked| ranked == value);
        ranked.sort_by_key(|(value, _)| rank(value).unwrap_or(usize::MAX));
        Order { ranked, cursor: 0, held: false, unanswered: node.value.is_empty(), touched: false }
    }

    fn value(&self) -> String {
        self.ranked.iter().map(|(value, _)| value.as_str()).collect::<Vec<_>>().join(" ")
    }

    fn key(&mut self, key: KeyEvent) -> Reaction {
        if !key.modifiers.difference(KeyModifiers::SHIFT).is_empty() {
            return Reaction::Ignored;
        }
        match key.code {
            KeyCode::Char(' ') => {
                self.held = !self.held;
                if self.held { Reaction::Taken } else { Reaction::Made }
            }
            KeyCode::Up => self.step(self.cursor.checked_sub(1)),
            KeyCode::Down => self.step(Some(self.cursor + 1).filter(|at| *at < self.ranked.len())),
            _ => Reaction::Ignored,
        }
    }

    fn step(&mut self, to: Option<usize>) -> Reaction {
        match to {
            Some(to) if self.held => {
                self.ranked.swap(self.cursor, to);
                self.touched = true;
                self.cursor = to;
            }
            Some(to) => self.cursor = to,
            // What is held does not leave the list.
            None if self.held => {}
            None => return Reaction::Ignored,
        }
        Reaction::Taken
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ruhu_form::Session;

    use super::*;
    use crate::tests::hand::{NOW, short_visit};

    fn press(editor: &mut Editor, code: KeyCode) -> Reaction {
        editor.key(KeyEvent::new(code, KeyModifiers::NONE))
    }

    /// The appliances, to be put in order.
    fn rank(answer: &str) -> Editor {
        let session = Session::new(Arc::clone(&short_visit()), NOW);
        let node = session.node("appliances").unwrap();
        let node = NodeState { kind: QuestionKind::Rank, value: answer.to_owned(), ..node };
        Editor::open(&node, Lang::Zh, NOW)
    }

    #[test]
    fn what_is_held_is_carried_and_stays_in_the_list() {
        let mut editor = rank("");
        assert_eq!(press(&mut editor, KeyCode::Up), Reaction::Ignored, "the first one leads out");
        press(&mut editor, KeyCode::Char(' '));
        for _ in 0..5 {
            assert_eq!(press(&mut editor, KeyCode::Down), Reaction::Taken);
        }
        assert_eq!(press(&mut editor, KeyCode::Char(' ')), Reaction::Made);
        assert_eq!(editor.changed().as_deref(), Some("fridge none tv"));
    }

    #[test]
    fn an_order_begins_as_it_was_answered_and_an_unanswered_one_is_taken_only_with_enter() {
        let mut answered = rank("none tv fridge");
        press(&mut answered, KeyCode::Char(' '));
        press(&mut answered, KeyCode::Down);
        assert_eq!(answered.changed().as_deref(), Some("tv none fridge"));
        let mut unanswered = rank("");
        press(&mut unanswered, KeyCode::Down);
        assert_eq!(unanswered.changed(), None);
        unanswered.enter();
        assert_eq!(unanswered.changed().as_deref(), Some("tv fridge none"));
    }
}
