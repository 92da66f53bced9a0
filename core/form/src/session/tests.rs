//! What only holds inside: working out a change gives what working out
//! everything gives.

use super::*;
use crate::form::Task;
use crate::question::QuestionKind;
use crate::read_workbook;
use proptest::prelude::*;
use std::sync::OnceLock;

const MORNING: Environment = Environment { now_ms: 1_795_311_000_000, utc_offset_minutes: 480, seed: 7 };

fn home_visit() -> Arc<Form> {
    static FORM: OnceLock<Arc<Form>> = OnceLock::new();
    let read = || {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../packs/forms/home_visit.xlsx");
        Arc::new(read_workbook(&std::fs::read(path).unwrap()).unwrap().form)
    };
    FORM.get_or_init(read).clone()
}

impl Session {
    /// The same answers with everything worked out again from nothing: all
    /// apply, nothing is calculated but what is worked out only once.
    fn worked_out_again(&self) -> Session {
        let mut session = self.clone();
        let form = session.form.clone();
        for node in session.tree.subtree(session.root_node()) {
            let place = session.place(node);
            let row = (place as usize).checked_sub(1).and_then(|row| form.definition().rows.get(row));
            let once =
                row.and_then(|row| row.calculation.as_ref()).is_none_or(|cell| cell.text.contains("once("));
            let found = session.tree.get_mut(node).unwrap();
            found.relevant = true;
            if !once {
                found.text.clear();
            }
            session.status_mut(node).wanted = true;
            for task in [Task::Relevance(place), Task::Value(place)] {
                session.work.tasks.extend(form.program().graph.rank(task).map(|rank| (rank, node)));
            }
            for child in form.program().shape.children(place) {
                session
                    .work
                    .tasks
                    .extend(form.program().graph.rank(Task::Count(*child)).map(|rank| (rank, node)));
            }
            session.work.checks.insert(node);
        }
        session.settle();
        session
    }

    /// Does something a caseworker could, chosen by three numbers.
    fn act(&mut self, which: usize, what: usize, how: usize) -> Option<Changed> {
        let repeats: Vec<String> = self
            .form
            .questions()
            .iter()
            .filter(|question| question.kind == QuestionKind::Repeat)
            .map(|question| question.path.clone())
            .collect();
        if how.is_multiple_of(10) {
            return self.add_repeat(repeats.get(which % repeats.len())?, &format!("n{}", what % 4)).ok();
        }
        let nodes = self.nodes();
        if how % 10 == 1 {
            let instances: Vec<&NodeState> =
                nodes.iter().filter(|node| node.kind == QuestionKind::Repeat).collect();
            return self.remove_repeat(&instances.get(which % instances.len().max(1))?.path).ok();
        }
        let open: Vec<&NodeState> = nodes.iter().filter(|node| node.relevant && !node.read_only).collect();
        let node = open.get(which % open.len().max(1))?;
        let value = value_for(node, what);
        self.answer(&node.path, &value).ok()
    }
}

fn value_for(node: &NodeState, what: usize) -> String {
    let choice =
        |n: usize| node.choices.get(n % node.choices.len().max(1)).map_or("", |choice| choice.value.as_str());
    match node.kind {
        _ if what.is_multiple_of(9) => String::new(),
        QuestionKind::Integer => (what % 7).to_string(),
        QuestionKind::Decimal => format!("{}.{}", what % 5000, what % 10),
        QuestionKind::Date => format!("2026-{:02}-{:02}", what % 12 + 1, what % 28 + 1),
        QuestionKind::Time => format!("{:02}:30", what % 24),
        QuestionKind::SelectOne => choice(what).to_owned(),
        QuestionKind::SelectMultiple if choice(what) != choice(what + 1) => {
            format!("{} {}", choice(what), choice(what + 1))
        }
        QuestionKind::SelectMultiple => choice(what).to_owned(),
        QuestionKind::Image => format!("p{}.jpg", what % 3),
        QuestionKind::Geopoint => "30.1 120.2 5 6".to_owned(),
        QuestionKind::Acknowledge => "OK".to_owned(),
        _ => format!("王{}", what % 4),
    }
}

fn actions() -> impl Strategy<Value = Vec<(usize, usize, usize)>> {
    proptest::collection::vec((0..1000_usize, 0..1000_usize, 0..100_usize), 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_answers_give_what_working_everything_out_from_nothing_gives(actions in actions()) {
        let mut session = Session::new(home_visit(), MORNING);
        for (which, what, how) in actions {
            session.act(which, what, how);
        }
        let again = session.worked_out_again();
        prop_assert_eq!(session.nodes(), again.nodes());
        prop_assert_eq!(session.missing(), again.missing());
    }

    #[test]
    fn what_an_entry_says_it_changed_is_what_it_changed(actions in actions()) {
        let mut session = Session::new(home_visit(), MORNING);
        for (which, what, how) in actions {
            let before = session.nodes();
            let Some(changed) = session.act(which, what, how) else {
                prop_assert_eq!(session.nodes(), before);
                continue;
            };
            for node in session.nodes() {
                let old = before.iter().find(|old| old.path == node.path);
                let state = |node: &NodeState| (node.relevant, node.required, node.value.clone(), node.error.clone());
                let new_and_hidden = old.is_none() && !node.relevant;
                if old.map(state) != Some(state(&node)) && !new_and_hidden {
                    let told = changed.nodes.iter().find(|told| told.path == node.path && !told.removed);
                    prop_assert!(told.is_some_and(|told| told.value == node.value), "{}", node.path);
                }
            }
        }
    }
}
