//! What only holds inside: working out a change gives what working out
//! everything gives, and a journal replays to the same state. On the pack's
//! largest form, and on arbitrary forms.

use super::*;
use crate::arbitrary::{MORNING, actions, arbitrary_rows, cases, form};
use crate::form::{Form, Task};
use proptest::prelude::*;
use ruhu_formats::read_workbook;
use ruhu_xpath::{Environment, Schema};
use std::sync::{Arc, OnceLock};

fn home_visit() -> Arc<Form> {
    static FORM: OnceLock<Arc<Form>> = OnceLock::new();
    let read = || {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../packs/forms/home_visit.xlsx");
        // By its bytes: the readers know the form of the library, not that of its tests.
        let bytes = read_workbook(&std::fs::read(path).unwrap()).unwrap().form.to_bytes();
        Arc::new(Form::from_bytes(&bytes).unwrap())
    };
    FORM.get_or_init(read).clone()
}

impl Session {
    /// The same answers with everything worked out again from nothing: all
    /// apply, nothing is calculated but what is worked out only once.
    pub(crate) fn recalculated_from_nothing(&self) -> Session {
        let mut session = self.clone();
        let form = session.form.clone();
        session.work.rounds = work_queue::MAX_ROUNDS;
        for node in session.tree.subtree(session.root_node()) {
            let def = session.def(node);
            let row = (def as usize).checked_sub(1).and_then(|row| form.definition().rows.get(row));
            let kept =
                row.and_then(|row| row.calculation.as_ref()).is_none_or(|cell| cell.text.contains("once("));
            session.tree.set_relevant(node, true);
            if !kept {
                session.tree.set_text(node, String::new());
            }
            session.status_mut(node).wanted = true;
            for task in [Task::Relevance(def), Task::Value(def)] {
                form.program()
                    .graph
                    .rank(task)
                    .into_iter()
                    .for_each(|rank| session.work.add(Some(rank), node));
            }
            for child in form.program().schema.children(def) {
                let count = form.program().graph.rank(Task::Count(*child));
                count.into_iter().for_each(|rank| session.work.add(Some(rank), node));
            }
            session.work.checks.insert(node);
        }
        session.propagate_tasks();
        // What is set when something changes is no consequence of what stands there.
        session.work.triggers.clear();
        session.propagate();
        session
    }
}

fn entry_by_entry(form: Arc<Form>, moves: &[(usize, usize, usize)]) -> Session {
    let mut session = Session::new(form, MORNING);
    for (which, what, how) in moves {
        session.act(*which, *what, *how);
    }
    session
}

fn same_worked_out_again(session: &Session) -> Result<(), TestCaseError> {
    let again = session.recalculated_from_nothing();
    prop_assert_eq!(session.nodes(), again.nodes());
    prop_assert_eq!(session.missing(), again.missing());
    prop_assert_eq!(session.answers(), again.answers());
    Ok(())
}

fn tells_what_it_changes(form: Arc<Form>, moves: &[(usize, usize, usize)]) -> Result<(), TestCaseError> {
    let mut session = Session::new(form, MORNING);
    for (which, what, how) in moves {
        let before = session.nodes();
        let Some(changed) = session.act(*which, *what, *how) else {
            prop_assert_eq!(session.nodes(), before);
            continue;
        };
        for node in session.nodes() {
            let old = before.iter().find(|old| old.path == node.path);
            let state =
                |node: &NodeState| (node.relevant, node.required, node.value.clone(), node.error.clone());
            let new_and_hidden = old.is_none() && !node.relevant;
            if old.map(state) != Some(state(&node)) && !new_and_hidden {
                let told = changed.nodes.iter().find(|told| told.path == node.path && !told.removed);
                prop_assert!(told.is_some_and(|told| told.value == node.value), "{}", node.path);
            }
        }
    }
    Ok(())
}

/// Fills a form at moving times; gives the journal and how it ended.
fn journalled(
    form: Arc<Form>,
    moves: &[(usize, usize, usize)],
) -> (Session, Vec<(Environment, JournalEntry)>) {
    let mut session = Session::new(form, MORNING);
    let mut journal = Vec::new();
    let mut environment = MORNING;
    for (which, what, how) in moves {
        environment.now_ms += (*what as i64) * 3_600_000;
        session.set_environment(environment);
        if let Some(entry) = session.chosen(*which, *what, *how)
            && session.apply(&entry).is_ok()
        {
            journal.push((environment, entry));
        }
    }
    (session, journal)
}

fn replayed(form: Arc<Form>, journal: &[(Environment, JournalEntry)]) -> Session {
    let entries = journal.iter().map(|(environment, entry)| (*environment, entry));
    let replayed = Session::replay(form, MORNING, entries);
    assert_eq!(replayed.refused, []);
    replayed.session
}

fn same(a: &Session, b: &Session) -> Result<(), TestCaseError> {
    prop_assert_eq!(a.nodes(), b.nodes());
    prop_assert_eq!(a.missing(), b.missing());
    prop_assert_eq!(a.answers(), b.answers());
    prop_assert_eq!(a.requests(), b.requests());
    prop_assert_eq!(a.pages(), b.pages());
    Ok(())
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn any_answers_to_a_home_visit_give_what_working_everything_out_from_nothing_gives(moves in actions()) {
        same_worked_out_again(&entry_by_entry(home_visit(), &moves))?;
    }

    #[test]
    fn what_an_entry_of_a_home_visit_says_it_changed_is_what_it_changed(moves in actions()) {
        tells_what_it_changes(home_visit(), &moves)?;
    }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn any_answers_to_any_form_give_what_working_everything_out_from_nothing_gives(
        arbitrary_rows in arbitrary_rows(), moves in actions(),
    ) {
        same_worked_out_again(&entry_by_entry(form(&arbitrary_rows), &moves))?;
    }

    #[test]
    fn what_an_entry_of_any_form_says_it_changed_is_what_it_changed(arbitrary_rows in arbitrary_rows(), moves in actions()) {
        tells_what_it_changes(form(&arbitrary_rows), &moves)?;
    }

    #[test]
    fn the_journal_of_any_form_replays_to_the_same_state(arbitrary_rows in arbitrary_rows(), moves in actions()) {
        let (session, journal) = journalled(form(&arbitrary_rows), &moves);
        same(&session, &replayed(form(&arbitrary_rows), &journal))?;
    }

    #[test]
    fn any_form_read_from_its_bytes_behaves_as_before(arbitrary_rows in arbitrary_rows(), moves in actions()) {
        let (session, journal) = journalled(form(&arbitrary_rows), &moves);
        let read = Arc::new(Form::from_bytes(&form(&arbitrary_rows).to_bytes()).unwrap());
        same(&session, &replayed(read, &journal))?;
    }
}

#[test]
fn random_forms_are_large_enough_to_say_something() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut taken, mut calculated, mut hidden, mut instances) = (0, 0, 0, 0);
    for _ in 0..40 {
        let arbitrary_rows = arbitrary_rows().new_tree(&mut runner).unwrap().current();
        let moves = actions().new_tree(&mut runner).unwrap().current();
        let (session, journal) = journalled(form(&arbitrary_rows), &moves);
        taken += journal.len();
        for node in session.nodes() {
            calculated += usize::from(node.kind == crate::QuestionKind::Calculate && !node.value.is_empty());
            hidden += usize::from(!node.relevant);
            instances += usize::from(node.kind == crate::QuestionKind::Repeat);
        }
    }
    assert!(
        taken > 200 && calculated > 40 && hidden > 40 && instances > 40,
        "{taken} {calculated} {hidden} {instances}"
    );
}
