//! Answers a form by chance, as a tireless person would, and writes down how.

use std::path::PathBuf;
use std::sync::Arc;

use ruhu_form::{NodeState, QuestionKind, Session};

use crate::script::{self, Step, positional};
use crate::{environment, measure, roster, villages};

/// How to answer
#[derive(Debug, clap::Args)]
pub struct Options {
    /// A workbook
    form: PathBuf,
    /// Where to write the script
    to: PathBuf,
    /// What the chance grows from
    #[arg(long, default_value_t = 20_261_122)]
    seed: u64,
    /// How many answers to measure
    #[arg(long, default_value_t = 1_500)]
    answers: usize,
}

/// How often a value is thought up before a question is left alone.
const TRIES: usize = 12;
/// How often a question that is answered already is left as it is.
const PASSED_BY: f32 = 0.6;

/// Writes the script.
pub fn run(options: &Options) {
    let form = Arc::new(measure::read(&options.form));
    let random = fastrand::Rng::with_seed(options.seed);
    let steps = match form.id() {
        "villages" => villages::script(&mut random.clone(), options.answers / 3),
        id => {
            let session = Session::new(form.clone(), environment());
            let mut person = Person { session, random, steps: Vec::new() };
            if id == "roster" {
                person.fill_roster();
            }
            person.wander(options.answers);
            person.steps
        }
    };
    std::fs::write(&options.to, script::to_json(&steps)).unwrap();
}

struct Person {
    session: Session,
    random: fastrand::Rng,
    steps: Vec<Step>,
}

impl Person {
    /// All members, every question that applies.
    fn fill_roster(&mut self) {
        for number in 2..=roster::MEMBERS {
            self.session.add_repeat(roster::REPEAT, &number.to_string()).unwrap();
        }
        self.steps.push(Step::Add { repeat: roster::REPEAT.to_owned(), count: roster::MEMBERS - 1 });
        for key in self.session.nodes().into_iter().map(|node| node.path) {
            let node = self.session.node(&key).unwrap();
            if is_open(&node) && node.value.is_empty() {
                self.answer(&node, false);
            }
        }
    }

    /// So many answers, more often to what is not answered yet. Where an answer closes most of the
    /// form (no consent), the next one opens it again.
    fn wander(&mut self, answers: usize) {
        let keys: Vec<String> = self.session.nodes().into_iter().map(|node| node.path).collect();
        let mut given = 0;
        while given < answers {
            let node = self.session.node(self.random.choice(&keys).unwrap()).unwrap();
            if !is_open(&node) || (!node.value.is_empty() && self.random.f32() < PASSED_BY) {
                continue;
            }
            let Some(closed) = self.answer(&node, true) else { continue };
            given += 1;
            if closed * 5 > keys.len() && self.session.answer(&node.path, &node.value).is_ok() {
                self.set(&node, node.value.clone(), true);
                given += 1;
            }
        }
    }

    /// Answers, and tells how many nodes no longer apply; nothing when no value was taken.
    fn answer(&mut self, node: &NodeState, measured: bool) -> Option<usize> {
        for _ in 0..TRIES {
            let value = self.value(node).filter(|value| *value != node.value)?;
            if let Ok(changed) = self.session.answer(&node.path, &value) {
                self.set(node, value, measured);
                return Some(changed.nodes.iter().filter(|node| !node.relevant).count());
            }
        }
        None
    }

    fn set(&mut self, node: &NodeState, value: String, measured: bool) {
        let path = positional(&node.path);
        self.steps.push(Step::Set { path, value, measured, offers: None });
    }

    fn value(&mut self, node: &NodeState) -> Option<String> {
        let random = &mut self.random;
        Some(match node.kind {
            QuestionKind::Text => text(random),
            QuestionKind::Integer => integer(random).to_string(),
            QuestionKind::Decimal => format!("{}.5", integer(random)),
            QuestionKind::Date => {
                format!("{}-{:02}-{:02}", random.u32(1930..=2026), random.u32(1..=12), random.u32(1..=28))
            }
            QuestionKind::SelectOne => random.choice(&node.choices)?.value.clone(),
            QuestionKind::SelectMultiple => {
                let some: Vec<&str> = node
                    .choices
                    .iter()
                    .filter(|_| random.f32() < 0.3)
                    .map(|one| one.value.as_str())
                    .collect();
                if some.is_empty() { random.choice(&node.choices)?.value.clone() } else { some.join(" ") }
            }
            _ => return None,
        })
    }
}

/// Questions that a person may answer.
fn is_open(node: &NodeState) -> bool {
    node.relevant && !node.read_only && node.kind.is_answerable() && node.kind != QuestionKind::Hidden
}

/// Of every size, as constraints differ.
fn integer(random: &mut fastrand::Rng) -> u32 {
    let limit = [5, 13, 100, 1_000, 10_000][random.usize(0..5)];
    random.u32(0..limit)
}

/// What people write: a name, a sentence, a number of a phone or of an ID card.
fn text(random: &mut fastrand::Rng) -> String {
    let mut digits = |count: usize| -> String { (0..count).map(|_| random.digit(10)).collect() };
    match digits(1).as_str() {
        "0" | "1" | "2" => format!("1{}", digits(10)),
        "3" | "4" | "5" => digits(18),
        "6" | "7" => format!("柳树胡同{}号", digits(2)),
        _ => format!("张{}，外出务工", digits(1)),
    }
}

#[cfg(test)]
mod unit {
    use super::*;
    use ruhu_form::Form;
    use ruhu_formats::read_workbook;

    fn person(form: Arc<Form>) -> Person {
        let random = fastrand::Rng::with_seed(3);
        Person { session: Session::new(form, environment()), random, steps: Vec::new() }
    }

    #[test]
    fn what_was_answered_by_chance_ends_the_same_when_it_is_played_from_its_script() {
        let form = Arc::new(read_workbook(&roster::workbook()).unwrap().form);
        let mut person = person(form.clone());
        person.wander(60);
        let steps = script::from_json(&script::to_json(&person.steps));
        assert_eq!(steps, person.steps);
        let mut replayed = Session::new(form, environment());
        for step in steps {
            let Step::Set { path, value, .. } = step else { panic!("only answers were given") };
            replayed.answer(&path, &value).unwrap();
        }
        assert_eq!(replayed.answers(), person.session.answers());
    }

    #[test]
    fn the_villages_that_a_script_expects_are_the_ones_on_offer() {
        let form = Arc::new(read_workbook(&villages::workbook()).unwrap().form);
        let mut session = Session::new(form, environment());
        for step in villages::script(&mut fastrand::Rng::with_seed(3), 4) {
            let Step::Set { path, value, offers, .. } = step else { panic!("only answers are given") };
            let (select, count) = offers.unwrap();
            session.answer(&path, &value).unwrap();
            assert_eq!(session.node(&select).unwrap().choices.len(), count, "{select} for {value}");
        }
    }
}
