//! One list of twenty thousand villages that many questions offer: it is kept once.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use ruhu_form::definition::{ChoiceList, Definition, Row, Source};
use ruhu_form::{Choice, Form, Labels, QuestionKind, Session};
use serde_json::{Value, json};

use crate::environment;
use crate::measure::idle;

const VILLAGES: usize = 20_000;
const TOWNS: usize = 200;

/// Writes the bytes of a form with so many questions; every other one is narrowed by the town.
pub fn write(questions: usize, path: &Path) -> Value {
    let cell = |text: &str| Some(Source { text: text.to_owned(), column: "choice_filter".to_owned() });
    let town = Row { kind: QuestionKind::Text, name: "town".to_owned(), ..Row::default() };
    let village = |n: usize| Row {
        kind: QuestionKind::SelectOne,
        name: format!("village_{n}"),
        labels: Labels::one("zh", "哪个村？"),
        list: Some("village".to_owned()),
        choice_filter: if n % 2 == 1 { cell("town = ${town}") } else { None },
        ..Row::default()
    };
    let choice = |n: usize| Choice {
        value: format!("v{n}"),
        labels: Labels::from(vec![
            ("zh".to_owned(), format!("柳树{n}村")),
            ("en".to_owned(), format!("Liushu {n}")),
        ]),
        columns: vec![("town".to_owned(), format!("t{}", n % TOWNS))],
        media: Vec::new(),
    };
    let definition = Definition {
        id: "villages".to_owned(),
        root: "villages".to_owned(),
        languages: vec!["zh".to_owned(), "en".to_owned()],
        rows: std::iter::once(town).chain((0..questions).map(village)).collect(),
        lists: vec![ChoiceList { name: "village".to_owned(), choices: (0..VILLAGES).map(choice).collect() }],
        ..Definition::default()
    };
    let bytes = Form::compile(definition).unwrap().form.to_bytes();
    std::fs::write(path, &bytes).unwrap();
    json!({ "bytes": bytes.len() })
}

/// The memory of a process that has loaded such a form and begun to fill it, and, after that, of one
/// that holds every question with its choices as a host would show it.
pub fn memory(form: &Path) -> Value {
    let form = Form::from_bytes(&std::fs::read(form).unwrap()).unwrap();
    let mut session = Session::new(Arc::new(form), environment());
    session.answer("town", "t7").unwrap();
    let loaded = idle();
    let nodes = session.nodes();
    let offered: usize = nodes.iter().map(|node| node.choices.len()).sum();
    let shown = idle();
    drop(black_box(nodes));
    json!({ "questions": session.form().questions().len() - 1, "offered": offered, "loaded": loaded, "shown": shown })
}
