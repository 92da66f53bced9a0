//! Arbitrary forms and answers, for properties that must hold for
//! every form. A form grows from a list of [`ArbitraryRow`]s, so that a failure
//! shrinks to the few rows that matter.

use crate::definition::{Action, ActionKind, ChoiceList, Definition, Event, Row, Source};
use crate::question::QuestionKind;
use crate::{
    Changed, Choice, Environment, Form, JournalEntry, Labels, NodeState, Parameters, Session, Wanted,
};
use proptest::prelude::*;
use std::sync::Arc;

/// 2026-11-22 09:30 in China.
pub(crate) const MORNING: Environment =
    Environment { now_ms: 1_795_311_000_000, utc_offset_minutes: 480, seed: 7 };

/// How many cases a property is tried on: `RUHU_CASES`, for long runs by night,
/// or `usual`.
pub(crate) fn cases(usual: u32) -> ProptestConfig {
    let asked = std::env::var("RUHU_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig { cases: asked.unwrap_or(usual), ..ProptestConfig::default() }
}

/// One arbitrary row.
#[derive(Debug, Clone)]
pub(crate) struct ArbitraryRow {
    /// What the row is called: `q5`.
    pub id: usize,
    /// What it is.
    pub what: usize,
    /// What its columns say.
    pub picks: [usize; 9],
}

/// Rows of a form.
pub(crate) fn arbitrary_rows() -> impl Strategy<Value = Vec<ArbitraryRow>> {
    let row = (0..64_usize, proptest::array::uniform9(0..1000_usize));
    proptest::collection::vec(row, 3..26).prop_map(|rows| {
        let arbitrary_row = |(id, (what, picks))| ArbitraryRow { id, what, picks };
        rows.into_iter().enumerate().map(arbitrary_row).collect()
    })
}

/// What somebody does with a form.
pub(crate) fn actions() -> impl Strategy<Value = Vec<(usize, usize, usize)>> {
    proptest::collection::vec((0..1000_usize, 0..1000_usize, 0..100_usize), 1..40)
}

/// The form of these rows. Questions refer to later ones too, unless that makes
/// a circle.
pub(crate) fn form(arbitrary_rows: &[ArbitraryRow]) -> Arc<Form> {
    let compiled =
        |forward| Form::compile(Builder::of(arbitrary_rows, forward).definition()).map(|parsed| parsed.form);
    let mixed = compiled(true).ok().filter(|form| form.program().graph.circular_counts.is_empty());
    Arc::new(mixed.unwrap_or_else(|| compiled(false).unwrap()))
}

const KINDS: [QuestionKind; 32] = {
    use QuestionKind::*;
    [
        Integer,
        Integer,
        Integer,
        Integer,
        Decimal,
        Decimal,
        Text,
        Text,
        Text,
        SelectOne,
        SelectOne,
        SelectOne,
        SelectMultiple,
        SelectMultiple,
        Date,
        DateTime,
        Time,
        Calculate,
        Calculate,
        Calculate,
        Calculate,
        Calculate,
        Note,
        Acknowledge,
        Hidden,
        Barcode,
        Image,
        Range,
        Rank,
        Geopoint,
        Start,
        Property,
    ]
};

struct Builder<'a> {
    arbitrary_rows: Vec<&'a ArbitraryRow>,
    rows: Vec<Row>,
    forward: bool,
}

impl<'a> Builder<'a> {
    fn of(arbitrary_rows: &'a [ArbitraryRow], forward: bool) -> Builder<'a> {
        let mut builder = Builder { arbitrary_rows: Vec::new(), rows: Vec::new(), forward };
        let mut open: Vec<u32> = Vec::new();
        for arbitrary_row in arbitrary_rows {
            let kind = match arbitrary_row.what {
                0..=7 => {
                    open.pop();
                    continue;
                }
                8..=12 if open.len() < 4 => QuestionKind::Group,
                13..=20 if open.len() < 4 => QuestionKind::Repeat,
                what => KINDS[what % KINDS.len()],
            };
            let row = Row {
                kind,
                name: format!("q{}", arbitrary_row.id),
                parent: open.last().copied(),
                line: builder.rows.len() as u32 + 2,
                ..Row::default()
            };
            if kind.is_container() {
                open.push(builder.rows.len() as u32);
            }
            builder.rows.push(row);
            builder.arbitrary_rows.push(arbitrary_row);
        }
        builder
    }

    fn definition(mut self) -> Definition {
        for at in 0..self.rows.len() {
            let row = self.columns(at);
            self.rows[at] = row;
        }
        Definition {
            id: "chance".into(),
            version: "1".into(),
            root: "data".into(),
            languages: vec!["中文 (zh)".into()],
            rows: self.rows,
            lists: vec![list("few", 3), list("many", 7)],
            ..Definition::default()
        }
    }

    fn columns(&self, at: usize) -> Row {
        let [relevant, required, constraint, read_only, default, choices, label, action, calculation] =
            self.arbitrary_rows[at].picks;
        let row = self.rows[at].clone();
        let kind = row.kind;
        let holds_value = !kind.is_container() && kind != QuestionKind::Note && !kind.is_metadata();
        let asked = holds_value && kind != QuestionKind::Calculate;
        let list =
            matches!(kind, QuestionKind::SelectOne | QuestionKind::SelectMultiple | QuestionKind::Rank);
        Row {
            relevant: one_in(4, relevant).then(|| self.truth(at, relevant)),
            required: one_in(3, required).then(|| self.truth(at, required)),
            constraint: (asked && one_in(4, constraint)).then(|| self.constraint(at, constraint)),
            read_only: (asked && one_in(9, read_only)).then(|| self.truth(at, read_only)),
            default: (asked && one_in(4, default)).then(|| self.default(at, default)),
            list: list.then(|| if one_in(2, choices) { "few" } else { "many" }.to_owned()),
            choice_filter: (list && one_in(3, choices)).then(|| self.filter(at, choices)),
            labels: Labels::one("中文 (zh)", self.label(at, label)),
            actions: (asked && one_in(5, action))
                .then(|| self.action(at, action))
                .into_iter()
                .flatten()
                .collect(),
            calculation: (kind == QuestionKind::Calculate).then(|| self.value(at, calculation)),
            repeat_count: (kind == QuestionKind::Repeat && one_in(3, calculation))
                .then(|| self.cell(format!("{} mod 4", self.earlier(at, calculation / 3)))),
            parameters: match kind {
                QuestionKind::Range => vec![("start".into(), "1".into()), ("end".into(), "5".into())].into(),
                QuestionKind::Property => vec![("name".into(), "deviceid".into())].into(),
                QuestionKind::SelectOne if one_in(5, choices) => {
                    vec![("randomize".into(), "true".into())].into()
                }
                _ => Parameters::default(),
            },
            ..row
        }
    }

    fn cell(&self, text: String) -> Source {
        Source { text, column: "chance".into() }
    }

    /// A question to refer to; before the first there is only a number.
    fn earlier(&self, at: usize, pick: usize) -> String {
        let sources: Vec<&Row> = self.rows[..at].iter().filter(|row| !is_container(row)).collect();
        sources
            .get(pick % sources.len().max(1))
            .map_or_else(|| "2".into(), |row| format!("${{{}}}", row.name))
    }

    /// The same, or now and then a question that comes later.
    fn any(&self, at: usize, pick: usize) -> String {
        let later: Vec<&Row> = self.rows[at + 1..].iter().filter(|row| !is_container(row)).collect();
        match later.get(pick % later.len().max(1)) {
            Some(row) if self.forward && one_in(5, pick) => format!("${{{}}}", row.name),
            _ => self.earlier(at, pick),
        }
    }

    fn repeat(&self, at: usize, pick: usize) -> Option<String> {
        let repeats: Vec<&Row> =
            self.rows[..at].iter().filter(|row| row.kind == QuestionKind::Repeat).collect();
        repeats.get(pick % repeats.len().max(1)).map(|row| format!("${{{}}}", row.name))
    }

    fn truth(&self, at: usize, pick: usize) -> Source {
        let (a, b) = (self.any(at, pick / 7), self.any(at, pick / 3));
        let repeat = self.repeat(at, pick / 5);
        self.cell(match pick % 11 {
            0 | 1 => format!("{a} > 2"),
            2 => format!("{a} = {b}"),
            3 => format!("{a} != ''"),
            4 => format!("selected({a}, 'c1')"),
            5 => format!("sum({a}) >= 3 or {b} = ''"),
            6 => format!("not({a} > 1) and string-length({b}) < 5"),
            7 => repeat.map_or_else(|| "yes".into(), |repeat| format!("count({repeat}) > 1")),
            8 => repeat
                .map_or_else(|| format!("{a} < 4"), |repeat| format!("position({repeat}) = 1 or {a} > 1")),
            9 => format!("count-selected({a}) > 0"),
            _ => format!("{a} = '' or {a} != {b}"),
        })
    }

    fn value(&self, at: usize, pick: usize) -> Source {
        let (a, b) = (self.any(at, pick / 7), self.any(at, pick / 3));
        let repeat = self.repeat(at, pick / 5);
        self.cell(match pick % 16 {
            0 => format!("{a} + 1"),
            1 => format!("concat({a}, '-', {b})"),
            2 | 3 => format!("sum({a})"),
            4 => format!("if({a} > 2, {b}, '')"),
            5 => format!("coalesce({a}, {b})"),
            6 => repeat.map_or_else(|| format!("{a} * 2"), |repeat| format!("count({repeat})")),
            7 => repeat
                .map_or_else(|| format!("{a} div 2"), |repeat| format!("indexed-repeat({a}, {repeat}, 2)")),
            8 => format!("join(' ', {a})"),
            9 => format!("max({a}) - min({b})"),
            10 => "once(random())".into(),
            11 => "concat(today(), position(..))".into(),
            12 => format!("count-non-empty({a})"),
            13 => format!("string-length({a}) + count-selected({b})"),
            14 => format!("count({a}[. > 1]) + round(sum({b}), 1)"),
            _ => format!("once(concat({a}, {b}))"),
        })
    }

    fn constraint(&self, at: usize, pick: usize) -> Source {
        let a = self.any(at, pick / 7);
        self.cell(match pick % 5 {
            0 => ". < 5".into(),
            1 => format!(". != {a}"),
            2 => "string-length(.) < 6".into(),
            3 => format!("{a} = '' or . >= {a}"),
            _ => "not(selected(., 'c2'))".into(),
        })
    }

    fn filter(&self, at: usize, pick: usize) -> Source {
        let a = self.any(at, pick / 7);
        self.cell(match pick % 3 {
            0 => format!("side = {a} or name = 'c0'"),
            1 => format!("name != {a}"),
            _ => format!("{a} = '' or side = 'l'"),
        })
    }

    fn default(&self, at: usize, pick: usize) -> Source {
        if one_in(3, pick) {
            let a = self.earlier(at, pick / 7);
            return self.cell(format!("coalesce({a}, 1)"));
        }
        let text = match self.rows[at].kind {
            QuestionKind::Integer | QuestionKind::Range => "3",
            QuestionKind::Decimal => "2.50",
            QuestionKind::Date => "2026-01-05",
            QuestionKind::DateTime => "2026-01-05T08:00:00.000+08:00",
            QuestionKind::Time => "08:00:00.000+08:00",
            QuestionKind::SelectOne | QuestionKind::SelectMultiple | QuestionKind::Rank => "c1",
            QuestionKind::Acknowledge => "OK",
            QuestionKind::Geopoint => "30 120 0 0",
            QuestionKind::Image => "before.jpg",
            _ => "王",
        };
        self.cell(text.to_owned())
    }

    fn label(&self, at: usize, pick: usize) -> String {
        match pick % 4 {
            0 => format!("第 {at} 题，见 {}", self.any(at, pick / 4)),
            _ => format!("第 {at} 题"),
        }
    }

    /// Sources come earlier, so that no action sets itself off.
    fn action(&self, at: usize, pick: usize) -> Option<Action> {
        let event = match pick % 4 {
            0 => Event::FirstLoad,
            1 => Event::NewRepeat,
            _ => Event::ValueChanged,
        };
        let earlier = self.earlier(at, pick / 4);
        if event == Event::ValueChanged && !earlier.starts_with('$') {
            return None;
        }
        let place = self.rows[at].kind == QuestionKind::Geopoint;
        let value = Action {
            event,
            source: (event == Event::ValueChanged).then(|| self.cell(earlier.clone())),
            kind: if place { ActionKind::SetGeopoint } else { ActionKind::SetValue },
            value: (!place && !one_in(7, pick)).then(|| self.cell(format!("string-length({earlier})"))),
            literal: false,
        };
        Some(value)
    }
}

fn is_container(row: &Row) -> bool {
    row.kind.is_container()
}

fn one_in(n: usize, pick: usize) -> bool {
    pick.is_multiple_of(n)
}

fn list(name: &str, size: usize) -> ChoiceList {
    let choice = |n: usize| Choice {
        value: format!("c{n}"),
        labels: Labels::one("中文 (zh)", format!("选项{n}")),
        columns: vec![("side".into(), if one_in(2, n) { "l" } else { "r" }.to_owned())],
        media: Vec::new(),
    };
    ChoiceList { name: name.to_owned(), choices: (0..size).map(choice).collect() }
}

impl Session {
    /// What a caseworker could do next, chosen by three numbers.
    pub(crate) fn chosen(&self, which: usize, what: usize, how: usize) -> Option<JournalEntry> {
        let nodes = self.nodes();
        let instances = || nodes.iter().filter(|node| node.kind == QuestionKind::Repeat);
        match how % 10 {
            0 => {
                let whole = |node: &NodeState| node.path.rsplit_once('[').map(|(path, _)| path.to_owned());
                let mut repeats: Vec<String> = instances().filter_map(whole).collect();
                repeats.extend(nodes.iter().filter_map(|node| self.empty_repeat(node)));
                let path = repeats.get(which % repeats.len().max(1))?.clone();
                Some(JournalEntry::AddRepeat { path, instance_id: format!("n{}", what % 4) })
            }
            1 => {
                let path = instances().nth(which % instances().count().max(1))?.path.clone();
                Some(JournalEntry::RemoveRepeat { path })
            }
            2 if !self.requests().is_empty() => {
                let request = self.requests().swap_remove(which % self.requests().len());
                let value = match request.wanted {
                    Wanted::Geopoint => format!("30.{what} 120.5 8 4"),
                    Wanted::Property(_) => format!("手机{what}"),
                    Wanted::Audio | Wanted::Audit => format!("r{what}.bin"),
                };
                Some(JournalEntry::Provide { path: request.path, value })
            }
            _ => {
                let open: Vec<&NodeState> =
                    nodes.iter().filter(|node| node.relevant && !node.read_only).collect();
                let node = open.get(which % open.len().max(1))?;
                Some(JournalEntry::Answer { path: node.path.clone(), value: value_for(node, what) })
            }
        }
    }

    /// A repeat below `node` whose last instance was removed.
    fn empty_repeat(&self, node: &NodeState) -> Option<String> {
        let plain = node.path.split('/').map(|step| step.split('[').next().unwrap_or(step));
        let above = plain.collect::<Vec<_>>().join("/");
        let questions = self.form().questions().iter();
        let mut repeats = questions.filter(|question| question.kind == QuestionKind::Repeat);
        let below = repeats.find(|question| question.path == format!("{above}/{}", question.name))?;
        Some(format!("{}/{}", node.path, below.name))
    }

    /// Does it, if the form lets it be done.
    pub(crate) fn act(&mut self, which: usize, what: usize, how: usize) -> Option<Changed> {
        let entry = self.chosen(which, what, how)?;
        self.apply(&entry).ok()
    }
}

fn value_for(node: &NodeState, what: usize) -> String {
    let choice =
        |n: usize| node.choices.get(n % node.choices.len().max(1)).map_or("", |choice| choice.value.as_str());
    match node.kind {
        _ if what.is_multiple_of(9) => String::new(),
        QuestionKind::Integer | QuestionKind::Range => (what % 7).to_string(),
        QuestionKind::Decimal => format!("{}.{}", what % 5000, what % 10),
        QuestionKind::Date => format!("2026-{:02}-{:02}", what % 12 + 1, what % 28 + 1),
        QuestionKind::DateTime => format!("2026-{:02}-{:02}T10:00:00+08:00", what % 12 + 1, what % 28 + 1),
        QuestionKind::Time => format!("{:02}:30", what % 24),
        QuestionKind::SelectOne => choice(what).to_owned(),
        QuestionKind::SelectMultiple | QuestionKind::Rank if choice(what) != choice(what + 1) => {
            format!("{} {}", choice(what), choice(what + 1))
        }
        QuestionKind::SelectMultiple | QuestionKind::Rank => choice(what).to_owned(),
        QuestionKind::Image => format!("p{}.jpg", what % 3),
        QuestionKind::Geopoint => "30.1 120.2 5 6".to_owned(),
        QuestionKind::Acknowledge => "OK".to_owned(),
        QuestionKind::Text if one_in(2, what) => (what % 7).to_string(),
        _ => format!("王{}", what % 4),
    }
}

/// The rows of another version: some gone, renamed, moved, of another kind, with
/// other columns, and some new.
pub(crate) fn edited(arbitrary_rows: &[ArbitraryRow], edits: &[(usize, usize, usize)]) -> Vec<ArbitraryRow> {
    let mut rows = arbitrary_rows.to_vec();
    for (which, what, how) in edits {
        let at = which % rows.len().max(1);
        let id = rows.iter().map(|row| row.id).max().unwrap_or(0) + 1;
        match how % 7 {
            0 if rows.len() > 2 => {
                rows.remove(at);
            }
            1 => rows.insert(at, ArbitraryRow { id, what: what % 64, picks: [*what; 9] }),
            2 => {
                let row = rows.remove(at);
                rows.insert(what % (rows.len() + 1), row);
            }
            3 => rows[at].id = id,
            4 => rows[at].what = what % 64,
            _ => rows[at].picks[what % 9] = what / 9 + how,
        }
    }
    rows
}

/// Edits of a form; see [`edited`].
pub(crate) fn edits() -> impl Strategy<Value = Vec<(usize, usize, usize)>> {
    proptest::collection::vec((0..1000_usize, 0..1000_usize, 0..100_usize), 0..8)
}
