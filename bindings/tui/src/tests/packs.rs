//! The forms of the pack, filled at the keys with the visits that stand beside them.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use ratatui::crossterm::event::KeyCode;
use ruhu_form::{AnswerField, Form, QuestionKind, Session};
use ruhu_formats::read_workbook;
use ruhu_text::Lang;

use super::hand::{Hand, NOW};
use crate::model::Effect;
use crate::outline::instances;
use ruhu_formats::script::{Action, parse};

fn pack(file: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/forms").join(file)).unwrap()
}

/// Fills the form as its example says. Instances get the ids that the screen gives them.
fn fill(form: &Arc<Form>, actions: &[Action]) -> Hand {
    let mut hand = Hand::new(Arc::clone(form), Lang::Zh);
    let mut renamed: Vec<(String, String)> = Vec::new();
    let current = |path: &str, renamed: &[(String, String)]| {
        renamed.iter().fold(path.to_owned(), |path, (told, got)| path.replace(told, got))
    };
    for action in actions {
        match action {
            Action::Answer { path, value } => answer(&mut hand, &current(path, &renamed), value),
            Action::Add { path, id } => {
                let repeat = hand.model.session().canonical(&current(path, &renamed)).unwrap();
                let before = instances(hand.model.session(), &repeat);
                hand.model.show(before.last().unwrap());
                hand.ctrl('r');
                let made = instances(hand.model.session(), &repeat).pop().unwrap();
                assert_eq!(hand.model.sheet().unwrap().instance.as_ref(), Some(&made));
                renamed.push((format!("{path}[@id='{id}']"), made));
            }
            Action::Remove { .. } => panic!("no example removes anything"),
        }
    }
    hand
}

fn answer(hand: &mut Hand, path: &str, value: &str) {
    let key = hand.model.session().canonical(path).unwrap();
    hand.model.show(&key);
    let node = hand.model.node().unwrap().clone();
    assert_eq!(node.path, key, "the question is on a page");
    let place = |value: &str| node.choices.iter().position(|choice| choice.value == value).unwrap();
    match node.kind {
        QuestionKind::SelectOne => {
            hand.press(KeyCode::Home).times(place(value), KeyCode::Down).press(KeyCode::Enter);
        }
        QuestionKind::SelectMultiple => {
            for value in value.split(' ') {
                hand.press(KeyCode::Home).times(place(value), KeyCode::Down).press(KeyCode::Char(' '));
            }
        }
        QuestionKind::Acknowledge => {
            hand.press(KeyCode::Char(' '));
        }
        _ => {
            hand.ctrl('u').pastes(value).press(KeyCode::Enter);
        }
    }
    hand.screen(80, 24);
    let said = hand.model.session().node(&key).unwrap();
    assert!(!said.value.is_empty(), "{key} = {value}:\n{}", hand.screen(80, 24));
}

/// The same answers, given to the engine itself.
fn direct(form: &Arc<Form>, actions: &[Action]) -> Session {
    let mut session = Session::new(Arc::clone(form), NOW);
    for action in actions {
        match action {
            Action::Answer { path, value } => session.answer(path, value),
            Action::Add { path, id } => session.add_repeat(path, id),
            Action::Remove { path } => session.remove_repeat(path),
        }
        .unwrap();
    }
    session
}

fn values(answers: Vec<AnswerField>) -> Vec<(QuestionKind, String)> {
    answers.into_iter().map(|answer| (answer.kind, answer.value)).collect()
}

#[test]
fn whole_visits_are_filled_at_the_keys_to_the_same_answers() {
    for name in ["home_visit", "quick_aid", "selfcare"] {
        let form = Arc::new(read_workbook(&pack(&format!("{name}.xlsx"))).unwrap().form);
        let script = String::from_utf8(pack(&format!("{name}.example.txt"))).unwrap();
        let actions: Vec<Action> = parse(&script).unwrap().into_iter().map(|step| step.action).collect();
        let mut hand = fill(&form, &actions);
        let expected = direct(&form, &actions);
        assert_eq!(values(hand.model.session().answers()), values(expected.answers()), "{name}");
        hand.ctrl('s').press(KeyCode::Enter);
        assert_eq!(hand.effects, [Effect::Finish], "{name}:\n{}", hand.screen(80, 24));
    }
}
