//! The screen, as it is drawn. A snapshot is the text of all cells; `|` marks the right edge.

use insta::assert_snapshot;
use ratatui::crossterm::event::KeyCode;
use ruhu_text::Lang;

use super::hand::{Hand, short_visit};

fn at_the_facts() -> Hand {
    let mut hand = Hand::visit();
    hand.answers("陈大河").answers("hdc").answers("2026-11-22").answers("陈大河").answers("61");
    hand.press(KeyCode::Enter);
    hand
}

#[test]
fn the_first_page_with_a_refused_name() {
    let mut hand = Hand::visit();
    hand.answers("陈");
    assert_snapshot!("refused_80", hand.screen(80, 24));
    assert_snapshot!("refused_40", hand.screen(40, 20));
}

#[test]
fn a_long_list_is_a_window_with_a_search() {
    let mut hand = Hand::visit();
    hand.press(KeyCode::Tab).times(8, KeyCode::Down);
    assert_snapshot!("choices_80", hand.screen(80, 16));
    hand.types("sq");
    assert_snapshot!("searched_40", hand.screen(40, 16));
}

#[test]
fn a_page_of_facts_in_both_widths_and_languages() {
    let mut hand = at_the_facts();
    hand.press(KeyCode::Down).press(KeyCode::Char(' '));
    assert_snapshot!("facts_80", hand.screen(80, 30));
    assert_snapshot!("facts_40", hand.screen(40, 24));
    let hand = Hand::new(short_visit(), Lang::En);
    assert_snapshot!("english_80", hand.screen(80, 20));
}

#[test]
fn the_current_question_stays_in_sight_on_a_low_screen() {
    let mut hand = at_the_facts();
    for _ in 0..6 {
        let label = hand.model.node().unwrap().label("zh").to_owned();
        let screen = hand.screen(60, 9);
        assert!(screen.contains(&format!("> {}", label.chars().next().unwrap())), "{label}:\n{screen}");
        hand.press(KeyCode::Tab);
    }
}

#[test]
fn the_lists_of_pages_of_gaps_and_of_keys() {
    let mut hand = at_the_facts();
    hand.ctrl('g');
    assert_snapshot!("pages_60", hand.screen(60, 12));
    hand.press(KeyCode::Esc).ctrl('s');
    assert_snapshot!("gaps_40", hand.screen(40, 12));
    hand.press(KeyCode::Esc).press(KeyCode::F(1));
    assert_snapshot!("keys_80", hand.screen(80, 42));
}

#[test]
fn removing_is_asked_in_full_on_a_narrow_screen() {
    let mut hand = at_the_facts();
    hand.press(KeyCode::PageUp).ctrl('d');
    assert_snapshot!("remove_40", hand.screen(40, 14));
}

#[test]
fn the_cursor_stands_behind_the_last_character_typed_however_long_the_text() {
    let mut hand = Hand::visit();
    for c in "陈大河的远房表亲Chen现住河东村三组十七号门前有两棵香樟树".chars() {
        hand.press(KeyCode::Char(c));
        for width in [30, 40, 80] {
            assert_eq!(hand.left_of_cursor(width), c.to_string(), "{width}");
        }
    }
    hand.press(KeyCode::Left);
    assert_eq!(hand.left_of_cursor(40), "樟");
}
