//! Phones for the scenarios: a document, an actor and a clock.
#![allow(dead_code, clippy::unwrap_used)]

use ruhu_case::{ActorId, ChangeHash, DocKind, Document, NewChange, Value, Write};

#[derive(Clone)]
pub struct Phone {
    pub doc: Document,
    pub actor: ActorId,
    clock: i64,
    pub made: Vec<NewChange>,
}

impl Phone {
    pub fn new(name: u8) -> Phone {
        let actor = ActorId([name; 16]);
        Phone { doc: Document::new(DocKind::Household), actor, clock: 1_770_000_000_000, made: Vec::new() }
    }

    pub fn write(&mut self, writes: &[Write]) -> NewChange {
        self.clock += 1000;
        let made = self.doc.edit(self.actor, self.clock, writes).unwrap();
        let [change] = <[NewChange; 1]>::try_from(made).unwrap();
        self.made.push(change.clone());
        change
    }

    pub fn put(&mut self, path: &str, text: &str) -> ChangeHash {
        self.write(&[put(path, text)]).hash
    }

    pub fn settle(&mut self, path: &str, text: &str) -> ChangeHash {
        self.write(&[Write::Resolve { path: path.into(), value: Value::Text(text.into()) }]).hash
    }

    pub fn text(&self, path: &str) -> Option<String> {
        self.doc.field(path).map(|v| v.to_string())
    }

    /// Both give each other everything they have.
    pub fn meet(&mut self, other: &mut Phone) {
        let (mine, theirs) = (all_changes(&self.doc), all_changes(&other.doc));
        self.doc.apply(&theirs).unwrap();
        other.doc.apply(&mine).unwrap();
    }
}

pub fn put(path: &str, text: &str) -> Write {
    Write::Put { path: path.into(), value: Value::Text(text.into()) }
}

pub fn all_changes(doc: &Document) -> Vec<Vec<u8>> {
    let held = doc.change_hashes().into_iter().chain(doc.waiting_changes().into_iter().map(|one| one.change));
    held.map(|hash| doc.change_bytes(&hash).unwrap()).collect()
}

/// A household as a first visit leaves it: about sixty fields.
pub fn first_visit() -> Vec<Write> {
    let mut writes = vec![
        put("case/address", "云南省昆明市某街道某村3组12号"),
        put("case/program", "低保"),
        put("case/phone", "13800000000"),
        put("records/0198c0de-0000-7000-8000-00000000000a/form", "home_visit"),
        put("records/0198c0de-0000-7000-8000-00000000000a/version", "2026.1"),
        put("records/0198c0de-0000-7000-8000-00000000000a/status", "open"),
        put(
            "records/0198c0de-0000-7000-8000-00000000000a/started_by",
            "0198c0de-0000-7000-8000-0000000000aa",
        ),
        put("records/0198c0de-0000-7000-8000-00000000000a/order", "a0"),
    ];
    for (n, name) in ["张建国", "李秀英", "张小军", "张小梅"].iter().enumerate() {
        for (key, text) in [
            ("name", *name),
            ("idno", "11010519491231002X"),
            ("relation", "户主"),
            ("health", "慢病"),
            ("work_ability", "部分"),
            ("order", &format!("a{n}")),
        ] {
            writes.push(put(&format!("people/0198c0de-0000-7000-8000-00000000000{n}/{key}"), text));
        }
    }
    for n in 0..28i64 {
        let path =
            format!("records/0198c0de-0000-7000-8000-00000000000a/answers/section_{}/question_{n}", n / 7);
        let value = if n % 3 == 0 { Value::Fen(n * 12_300) } else { Value::Text(format!("答案{n}")) };
        writes.push(Write::Put { path, value });
    }
    writes
}
