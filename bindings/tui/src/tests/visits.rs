//! What a caseworker does at the keys, and what the session and the journal have of it.

use std::io::ErrorKind;

use proptest::prelude::*;
use ratatui::crossterm::event::KeyCode;
use ruhu_form::{JournalEntry, Session};

use super::hand::{Hand, NOW, PHOTO, short_visit};
use crate::model::Effect;

/// The first page and one member, filled.
fn begun() -> Hand {
    let mut hand = Hand::visit();
    hand.answers("陈大河").types("hdc").press(KeyCode::Enter).answers("2026-11-22");
    hand.answers("陈大河").answers("61");
    hand
}

/// The page of facts, at its first question.
fn at_facts() -> Hand {
    let mut hand = begun();
    assert_eq!(hand.here(), "rule");
    hand.press(KeyCode::Enter);
    hand
}

#[test]
fn a_page_is_filled_from_top_to_bottom_with_enter() {
    let hand = begun();
    assert_eq!(hand.value("/data/head/name"), "陈大河");
    assert_eq!(hand.value("/data/head/village"), "201");
    assert_eq!(hand.value("/data/head/day"), "2026-11-22");
    assert_eq!(hand.value("/data/member[1]/age"), "61");
    assert_eq!(hand.saved.len(), 5, "each answer was handed out to be saved");
    assert_eq!(hand.saved[0].environment, NOW);
}

#[test]
fn a_refused_answer_stays_on_the_screen_with_its_reason_and_is_not_saved() {
    let mut hand = Hand::visit();
    hand.answers("陈");
    assert_eq!((hand.here(), hand.saved.len()), ("name", 0));
    assert_eq!(hand.red(), " *\n    ! 姓名至少两个字。\n *", "beside the question");
    hand.press(KeyCode::PageDown);
    assert_eq!(hand.here(), "name", "nor is it left behind by turning the page");
    hand.types("大河").press(KeyCode::Tab);
    assert_eq!((hand.here(), hand.value("name").as_str()), ("village", "陈大河"));
}

#[test]
fn escape_takes_back_what_was_typed() {
    let mut hand = Hand::visit();
    hand.answers("陈大河").press(KeyCode::Up).types("的邻居").press(KeyCode::Esc).press(KeyCode::Tab);
    assert_eq!((hand.value("name").as_str(), hand.saved.len()), ("陈大河", 1));
}

#[test]
fn a_value_of_the_wrong_kind_is_explained_without_paths() {
    let mut hand = begun();
    hand.press(KeyCode::Up).ctrl('u').answers("六十");
    assert_eq!(hand.here(), "age");
    assert!(hand.red().contains("! 这里要填：整数。"), "{}", hand.red());
    hand.press(KeyCode::Esc).answers("１２");
    assert_eq!(hand.value("/data/member[1]/age"), "12", "full-width digits are digits");
}

#[test]
fn one_choice_is_found_by_pinyin_and_an_unanswered_list_is_passed_without_choosing() {
    let mut hand = Hand::visit();
    hand.press(KeyCode::Tab).press(KeyCode::Enter);
    assert_eq!((hand.here(), hand.value("village").as_str()), ("day", ""));
    hand.press(KeyCode::Up).answers("bmh");
    assert_eq!(hand.value("village"), "208");
    hand.press(KeyCode::Up).press(KeyCode::Down).press(KeyCode::Char(' '));
    assert_eq!(hand.value("village"), "209", "the cursor begins at what was chosen");
    hand.press(KeyCode::Char(' '));
    assert_eq!(hand.value("village"), "", "chosen again is taken back");
}

#[test]
fn arrows_leave_a_list_at_its_ends() {
    let mut hand = Hand::visit();
    hand.press(KeyCode::Tab).press(KeyCode::Down).press(KeyCode::Up);
    assert_eq!(hand.here(), "name");
    hand.press(KeyCode::Down).press(KeyCode::End).press(KeyCode::Down);
    assert_eq!(hand.here(), "day");
}

#[test]
fn several_choices_are_stored_as_they_are_made_and_a_bad_set_is_refused_until_it_is_good() {
    let mut hand = at_facts();
    hand.press(KeyCode::Down).press(KeyCode::Char(' ')).press(KeyCode::Down).press(KeyCode::Char(' '));
    assert_eq!(hand.value("appliances"), "tv fridge");
    hand.press(KeyCode::Down).press(KeyCode::Char(' '));
    assert_eq!(hand.value("appliances"), "tv fridge", "none beside others is refused");
    assert!(hand.red().contains("选了“无”就不能再选别的。"));
    hand.press(KeyCode::Tab);
    assert_eq!(hand.here(), "appliances", "the question stays until the choice is good");
    hand.press(KeyCode::Char(' ')).press(KeyCode::Tab);
    assert_eq!((hand.here(), hand.value("appliances").as_str()), ("area", "tv fridge"));
}

#[test]
fn today_is_taken_with_the_space_bar_and_a_day_in_the_future_is_refused() {
    let mut hand = Hand::visit();
    hand.times(2, KeyCode::Tab).answers(" ");
    assert_eq!(hand.value("day"), "2026-11-22");
    hand.press(KeyCode::PageUp).times(2, KeyCode::Tab).ctrl('u').answers("2026年12月1日");
    assert!(hand.red().contains("不能晚于今天"), "{}", hand.red());
    assert_eq!(hand.value("day"), "", "the old one was cleared before");
}

#[test]
fn places_photos_and_ticks_are_entered() {
    let mut hand = at_facts();
    hand.press(KeyCode::Enter).answers("86.50").answers("30.18，120.26");
    assert_eq!((hand.value("area").as_str(), hand.value("geo").as_str()), ("86.50", "30.18 120.26 0 0"));
    hand.answers("照片/none.jpg");
    assert!(hand.red().contains("找不到这个文件"), "{}", hand.red());
    hand.press(KeyCode::Esc).answers(PHOTO);
    assert_eq!(hand.value("photo"), "house_out.jpg");
    hand.press(KeyCode::Char(' '));
    assert_eq!((hand.here(), hand.value("told").as_str()), ("told", "OK"));
    hand.press(KeyCode::Enter).types("家中").ctrl('j').answers("整洁");
    assert_eq!(hand.value("remark"), "家中\n整洁");
    assert_eq!(hand.here(), "total");
    hand.types("9");
    assert_eq!(hand.value("total"), "1", "what the form works out is only shown");
}

#[test]
fn members_are_added_visited_and_removed_after_a_question() {
    let mut hand = begun();
    hand.press(KeyCode::PageUp).ctrl('r');
    assert_eq!((hand.page().as_str(), hand.here()), ("家庭成员 2/2", "member_name"));
    hand.answers("陈小满").answers("9").press(KeyCode::PageUp).ctrl_key(KeyCode::Left);
    assert_eq!(hand.page(), "家庭成员 1/2");
    hand.ctrl_key(KeyCode::Right).ctrl('d');
    assert!(hand.red().contains("要删除“家庭成员 2/2”"), "{}", hand.red());
    hand.press(KeyCode::Enter).press(KeyCode::Char('n'));
    assert_eq!(hand.page(), "家庭成员 2/2", "nothing was removed");
    hand.ctrl('d').press(KeyCode::Char('y'));
    assert_eq!(hand.value("total"), "1");
    let removed = "/data/member[@id='2']".to_owned();
    assert_eq!(hand.saved.last().unwrap().entry, JournalEntry::RemoveRepeat { path: removed });
}

#[test]
fn a_repeat_that_was_emptied_is_begun_again_from_the_list_of_pages() {
    let mut hand = begun();
    hand.press(KeyCode::PageUp).ctrl('d').press(KeyCode::Char('y'));
    assert_eq!(
        (hand.page().as_str(), hand.value("total").as_str()),
        ("二、实际看到的情况，请逐项核对，看到什么写什么", "0")
    );
    hand.ctrl('g').types("jiayitiao");
    assert_eq!(hand.model.node().unwrap().name, "rule");
    hand.times(9, KeyCode::Backspace).types("jyt").press(KeyCode::Enter);
    assert_eq!(hand.page(), "家庭成员 1/1");
}

#[test]
fn pages_are_jumped_to_by_name() {
    let mut hand = begun();
    hand.ctrl('g').types("jbxx").press(KeyCode::Enter);
    assert_eq!((hand.page().as_str(), hand.here()), ("一、基本信息", "name"));
    hand.press(KeyCode::F(2)).press(KeyCode::Esc).ctrl('n').ctrl('p');
    assert_eq!(hand.here(), "name");
}

#[test]
fn what_is_missing_is_found_and_the_form_is_finished_only_when_nothing_is() {
    let mut hand = Hand::visit();
    hand.answers("陈大河").ctrl('s');
    assert!(hand.screen(80, 24).contains("还有 4 处未完成"), "{}", hand.screen(80, 24));
    hand.press(KeyCode::Down).press(KeyCode::Enter);
    assert_eq!(hand.here(), "member_name", "enter goes to what is missing");
    hand.answers("陈大河").answers("61").ctrl('t').press(KeyCode::Char(' ')).ctrl('t');
    assert_eq!(hand.here(), "village", "after the last gap the first one");
    hand.answers("青禾").ctrl('t');
    assert!(hand.screen(80, 24).contains("没有未完成的了"));
    hand.ctrl('s').press(KeyCode::Enter);
    assert_eq!(hand.effects, [Effect::Finish]);
}

#[test]
fn leaving_with_a_refused_answer_asks_first() {
    let mut hand = Hand::visit();
    hand.types("陈").ctrl('q');
    assert!(hand.effects.is_empty());
    hand.press(KeyCode::Char('n')).types("大河").ctrl('q');
    assert_eq!(
        (hand.effects.as_slice(), hand.value("name").as_str()),
        ([Effect::Leave].as_slice(), "陈大河")
    );
}

#[test]
fn while_an_entry_is_not_on_the_disk_keys_only_try_again() {
    let mut hand = Hand::visit();
    hand.answers("陈大河");
    hand.model.saved(Err(ErrorKind::StorageFull));
    assert!(hand.red().contains("还没有存到磁盘上"), "{}", hand.red());
    hand.types("x").press(KeyCode::Enter);
    assert_eq!(hand.effects, [Effect::SaveAgain, Effect::SaveAgain]);
    hand.model.saved(Ok(()));
    hand.answers("hxc");
    assert_eq!((hand.saved.len(), hand.value("village").as_str()), (2, "202"));
}

#[test]
fn a_pasted_text_is_one_answer_and_a_command_to_the_terminal_in_it_is_left_out() {
    let mut hand = Hand::visit();
    hand.pastes("陈\u{1b}[2J大河").press(KeyCode::Enter);
    assert_eq!(hand.value("name"), "陈[2J大河");
}

fn any_key() -> impl Strategy<Value = (KeyCode, bool)> {
    use KeyCode::{
        BackTab, Backspace, Char, Down, End, Enter, Esc, F, Home, Left, PageDown, PageUp, Right, Tab, Up,
    };
    let keys =
        [BackTab, Backspace, Down, End, Enter, Esc, Home, Left, PageDown, PageUp, Right, Tab, Up, F(1), F(2)];
    let letters = "陈1２9ynhxc -".chars().map(|c| (Char(c), false));
    let commands = "ndpugtrsjh".chars().map(|c| (Char(c), true));
    let all: Vec<(KeyCode, bool)> = keys
        .into_iter()
        .map(|key| (key, false))
        .chain([(Left, true), (Right, true)])
        .chain(letters)
        .chain(commands)
        .collect();
    prop::sample::select(all)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn whatever_keys_are_pressed_the_journal_replays_to_what_the_screen_shows(
        keys in prop::collection::vec(any_key(), 0..120),
        width in 1_u16..100,
        height in 1_u16..40,
    ) {
        let mut hand = Hand::visit();
        for (code, ctrl) in keys {
            if ctrl { hand.ctrl_key(code); } else { hand.press(code); }
            hand.screen(width, height);
        }
        let entries = hand.saved.iter().map(|record| (record.environment, &record.entry));
        let again = Session::replay(short_visit(), NOW, entries);
        prop_assert_eq!(again.refused, []);
        prop_assert_eq!(again.session.nodes(), hand.model.session().nodes());
    }
}
