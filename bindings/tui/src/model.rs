//! The state of the screen, and what each key makes of it. No I/O: what is to be written or ended is
//! handed out as [`Effect`]s.

use std::io::ErrorKind;
use std::path::Path;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ruhu_form::{Environment, JournalEntry, NodeState, Question, Session};
use ruhu_text::Lang;

use super::draft::Record;
use super::editor::{Editor, Reaction};
use super::line;
use super::outline::{Outline, Sheet, Spot, without_ids};
use super::overlay::Overlay;
use super::words::{self};

/// What a key may need to know of the world.
pub struct Surroundings<'a> {
    /// What time it is.
    pub environment: Environment,
    /// Whether there is such a file.
    pub is_file: &'a dyn Fn(&Path) -> bool,
}

/// What is to be done outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// An entry was accepted: write it to the disk, and tell [`Model::saved`].
    Save(Record),
    /// Try again to write what could not be written, and tell [`Model::saved`].
    SaveAgain,
    /// The form is complete and a person wants to hand it in.
    Finish,
    /// A person wants to leave.
    Leave,
}

/// The state of the screen.
#[derive(Debug)]
pub struct Model {
    pub(super) session: Session,
    pub(super) lang: Lang,
    pub(super) now: Environment,
    pub(super) outline: Outline,
    pub(super) at: Spot,
    pub(super) editor: Editor,
    /// Why the answer being entered was refused.
    pub(super) refusal: Option<String>,
    /// A word about the last key.
    pub(super) notice: Option<String>,
    pub(super) overlay: Option<Overlay>,
    /// Why an accepted entry is not on the disk.
    pub(super) unsaved: Option<ErrorKind>,
    pub(super) effects: Vec<Effect>,
}

impl Model {
    /// Shows a session from its first question. `notice` is shown until the first key.
    pub fn new(session: Session, lang: Lang, now: Environment, notice: Option<String>) -> Model {
        let outline = Outline::read(&session, lang);
        let mut model = Model {
            session,
            lang,
            now,
            outline,
            at: Spot::default(),
            editor: Editor::Nothing,
            refusal: None,
            notice,
            overlay: None,
            unsaved: None,
            effects: Vec::new(),
        };
        model.open_editor();
        model
    }

    /// Shows the question of that stable key, if a page has it.
    pub fn show(&mut self, path: &str) {
        let instance = |outline: &Outline| Some(Spot { page: outline.page_of_instance(path)?, question: 0 });
        if let Some(spot) = self.outline.find(path).or_else(|| instance(&self.outline)) {
            self.go(spot);
        }
    }

    /// The session as it stands.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The page on the screen.
    pub fn sheet(&self) -> Option<&Sheet> {
        self.outline.sheets.get(self.at.page)
    }

    /// The question that is being answered.
    pub fn node(&self) -> Option<&NodeState> {
        self.outline.node(self.at)
    }

    /// What the form says of a question.
    pub fn question(&self, node: &NodeState) -> Option<&Question> {
        self.session.form().question(&without_ids(&node.path))
    }

    /// Whether an accepted entry is not on the disk.
    pub fn is_unsaved(&self) -> bool {
        self.unsaved.is_some()
    }

    /// How writing an entry ended. While one is not on the disk, keys only try again.
    pub fn saved(&mut self, result: Result<(), ErrorKind>) {
        self.unsaved = result.err();
    }

    /// A key was pressed.
    pub fn key(&mut self, key: KeyEvent, around: &Surroundings<'_>) -> Vec<Effect> {
        self.now = around.environment;
        self.notice = None;
        let key = without_ctrl_h(key);
        if self.unsaved.is_some() {
            self.effects.push(if is_leave(key) { Effect::Leave } else { Effect::SaveAgain });
        } else {
            match self.overlay.take() {
                Some(overlay) => self.overlay_key(overlay, key),
                None => self.page_key(key, around),
            }
        }
        std::mem::take(&mut self.effects)
    }

    /// A text was pasted.
    pub fn paste(&mut self, text: &str, around: &Surroundings<'_>) -> Vec<Effect> {
        self.now = around.environment;
        self.notice = None;
        match (&mut self.overlay, self.unsaved) {
            (None, None) => self.editor.paste(text),
            (Some(Overlay::Pages(pages)), None) => pages.picker.paste(text),
            _ => {}
        }
        std::mem::take(&mut self.effects)
    }

    fn page_key(&mut self, key: KeyEvent, around: &Surroundings<'_>) {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            _ if is_leave(key) => self.leave(around),
            KeyCode::Char(c) if ctrl => self.command(c, around),
            KeyCode::F(1) => self.overlay = Some(Overlay::Help { top: 0 }),
            KeyCode::F(2) => self.command('g', around),
            KeyCode::Left | KeyCode::Right if ctrl => self.next_instance(key.code == KeyCode::Right, around),
            KeyCode::PageDown => self.turn(true, around),
            KeyCode::PageUp => self.turn(false, around),
            KeyCode::Enter if key.modifiers.contains(KeyModifiers::ALT) => self.command('j', around),
            KeyCode::Enter => {
                self.editor.enter();
                self.next_question(around, true);
            }
            KeyCode::Tab => self.next_question(around, false),
            KeyCode::BackTab => self.previous_question(around),
            KeyCode::Esc => self.open_editor(),
            _ => self.editor_key(key, around),
        }
    }

    /// Ctrl and a letter.
    fn command(&mut self, letter: char, around: &Surroundings<'_>) {
        match letter {
            'n' => self.turn(true, around),
            'p' => self.turn(false, around),
            'u' => self.clear(),
            'd' => self.ask_to_remove(),
            'j' => {
                if let Some(kind) = self.node().map(|node| node.kind) {
                    self.editor.new_line(kind);
                }
            }
            'g' if self.commit(around) => self.overlay = Some(self.page_list()),
            't' if self.commit(around) => self.next_gap(),
            'r' if self.commit(around) => self.add_instance(),
            's' if self.commit(around) => self.overlay = Some(Overlay::finish()),
            _ => {}
        }
    }

    fn editor_key(&mut self, key: KeyEvent, around: &Surroundings<'_>) {
        match self.editor.key(key) {
            Reaction::Taken => {}
            Reaction::Made => {
                self.commit(around);
            }
            Reaction::Ignored => match key.code {
                KeyCode::Up => self.previous_question(around),
                KeyCode::Down => self.next_question(around, false),
                _ => {}
            },
        }
    }

    fn leave(&mut self, around: &Surroundings<'_>) {
        if self.commit(around) {
            self.effects.push(Effect::Leave);
        } else {
            self.overlay = Some(Overlay::Leave);
        }
    }

    fn clear(&mut self) {
        let Some(node) = self.node().filter(|node| !node.read_only) else { return };
        if !node.value.is_empty() {
            let entry = JournalEntry::Answer { path: node.path.clone(), value: String::new() };
            if let Err(refusal) = self.store(entry) {
                self.refusal = Some(refusal);
                return;
            }
        }
        self.open_editor();
    }

    /// Stores what was entered at the question. False when it was refused: the question stays, with
    /// what was typed and why.
    pub(super) fn commit(&mut self, around: &Surroundings<'_>) -> bool {
        let (Some(node), Some(typed)) = (self.node(), self.editor.changed()) else {
            self.refusal = None;
            return true;
        };
        let value = match line::spell(node.kind, &typed, around.is_file) {
            Ok(value) => value,
            Err(fault) => {
                self.refusal = Some(words::line_fault(self.lang, fault).to_owned());
                return false;
            }
        };
        if value == node.value {
            self.refusal = None;
            return true;
        }
        let path = node.path.clone();
        match self.store(JournalEntry::Answer { path, value }) {
            Ok(()) => {
                self.refusal = None;
                match self.editor {
                    // It shows the answer as it is stored: 7 where 007 was typed.
                    Editor::Line(_) => self.open_editor(),
                    _ => self.editor.stored(),
                }
                true
            }
            Err(refusal) => {
                self.refusal = Some(refusal);
                false
            }
        }
    }

    /// Gives an entry to the session and, when it takes it, to the disk.
    pub(super) fn store(&mut self, entry: JournalEntry) -> Result<(), String> {
        self.session.set_environment(self.now);
        self.session.apply(&entry).map_err(|error| words::refusal(self.lang, &error))?;
        self.effects.push(Effect::Save(Record { environment: self.now, entry }));
        self.read_again();
        Ok(())
    }

    /// After an entry pages may have come and gone: the question stays in sight, or the nearest one.
    fn read_again(&mut self) {
        let path = self.node().map(|node| node.path.clone());
        self.outline = Outline::read(&self.session, self.lang);
        match path.and_then(|path| self.outline.find(&path)) {
            Some(spot) => self.at = spot,
            None => {
                self.at = self.outline.nearest(self.at);
                self.open_editor();
            }
        }
    }

    /// Begins at the question anew, with the answer that is stored.
    pub(super) fn open_editor(&mut self) {
        self.refusal = None;
        self.editor = match self.node() {
            Some(node) => Editor::open(node, self.lang, self.now),
            None => Editor::Nothing,
        };
    }

    /// A word for the person at the screen.
    pub(super) fn tell(&mut self, zh: &str, en: &str) {
        self.notice = Some(self.lang.pick(zh, en).to_owned());
    }
}

/// Many terminals send Ctrl+H for the backspace key.
fn without_ctrl_h(key: KeyEvent) -> KeyEvent {
    match (key.code, key.modifiers) {
        (KeyCode::Char('h'), KeyModifiers::CONTROL) => KeyEvent::new(KeyCode::Backspace, KeyModifiers::NONE),
        _ => key,
    }
}

/// The keys to leave with.
pub(super) fn is_leave(key: KeyEvent) -> bool {
    key.modifiers.contains(KeyModifiers::CONTROL) && matches!(key.code, KeyCode::Char('q' | 'c'))
}
