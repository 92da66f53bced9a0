//! A document: one automerge document whose outer maps are fixed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use automerge::{Automerge, Change, ReadDoc};
use serde::Serialize;

use crate::base::{base_change, base_hash};
use crate::change::CheckedChange;
use crate::contain::contained;
use crate::error::{CaseError, Refusal};
use crate::index::Index;
use crate::merge_rules::MergeRules;
use crate::reader::{Reader, chunk};
use crate::{ActorId, ChangeHash, DocKind, Value};

/// A household, lead or finance document. Reading takes `&self`; every change either happens whole or not at all.
///
/// Everything here is decided by the set of changes it holds, by the hidden set and by the merge rules: two documents
/// with the same of all show the same, in whatever order the changes arrived.
#[derive(Clone, Debug)]
pub struct Document {
    pub(crate) kind: DocKind,
    pub(crate) engine: Automerge,
    pub(crate) index: Index,
    pub(crate) waiting: BTreeMap<ChangeHash, CheckedChange>,
    pub(crate) hidden: BTreeSet<ChangeHash>,
    pub(crate) merge_rules: Arc<MergeRules>,
}

/// A field that people filled with different values without knowing of each other.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Conflict {
    /// The field.
    pub path: String,
    /// Everything that stands, the shown value first, then from the latest operation to the earliest.
    pub values: Vec<ConflictValue>,
}

/// One side of a conflict.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConflictValue {
    /// What was written.
    pub value: Value,
    /// The change that wrote it.
    pub change: ChangeHash,
    /// Who made the change.
    pub actor: ActorId,
    /// When, by the writer's phone: milliseconds since 1970 UTC. Shown, never trusted.
    pub time_ms: i64,
    /// Whether it is the value that [`Document::field`] gives.
    pub shown: bool,
}

/// One value that a field had, or has.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HistoryEntry {
    /// What was written.
    pub value: Value,
    /// The change that wrote it.
    pub change: ChangeHash,
    /// Who made the change.
    pub actor: ActorId,
    /// When, by the writer's phone: milliseconds since 1970 UTC. Shown, never trusted.
    pub time_ms: i64,
    /// Whether a verdict hides it.
    pub hidden: bool,
    /// Whether it stands now (several do in a conflict).
    pub current: bool,
}

impl Document {
    /// An empty document of a kind: it holds the fixed base change and nothing else.
    pub fn new(kind: DocKind) -> Document {
        static EMPTY: [OnceLock<Document>; 3] = [const { OnceLock::new() }; 3];
        let place = usize::from(kind.code()) - 1;
        EMPTY.get(place).map_or_else(
            || Document::founded(kind),
            |empty| empty.get_or_init(|| Document::founded(kind)).clone(),
        )
    }

    fn founded(kind: DocKind) -> Document {
        let mut document = Document {
            kind,
            engine: Automerge::new(),
            index: Index::new(kind),
            waiting: BTreeMap::new(),
            hidden: BTreeSet::new(),
            merge_rules: Arc::default(),
        };
        let base = document.apply(&[base_change(kind).to_vec()]);
        debug_assert!(base.is_ok(), "{base:?}");
        document
    }

    /// Reads what [`Document::save`] wrote, or an earlier program: that one appended what waited for a dependency,
    /// which waits here again. Hostile bytes give an error, never a panic.
    ///
    /// # Errors
    /// `document_damaged`, `wrong_kind`, `document_too_large`.
    pub fn load(kind: DocKind, bytes: &[u8]) -> Result<Document, CaseError> {
        let mut rest = Reader(bytes);
        chunk(&mut rest).map_err(|_| CaseError::Damaged)?;
        let (saved, orphans) =
            bytes.split_at_checked(bytes.len() - rest.0.len()).ok_or(CaseError::Damaged)?;
        crate::snapshot::check(saved)?;
        let engine = contained(|| Automerge::load(saved)).and_then(Result::ok).ok_or(CaseError::Damaged)?;
        let base = automerge::ChangeHash(base_hash(kind).0);
        if contained(|| engine.get_change_by_hash(&base)).flatten().is_none() {
            return Err(CaseError::WrongKind);
        }
        let index = contained(|| index_of(kind, &engine)).and_then(Result::ok).ok_or(CaseError::Damaged)?;
        let mut document = Document {
            kind,
            engine,
            index,
            waiting: BTreeMap::new(),
            hidden: BTreeSet::new(),
            merge_rules: Arc::default(),
        };
        document.load_waiting(orphans)?;
        Ok(document)
    }

    /// The applied changes, in automerge's form, not compressed (who keeps it does that better). What waits and the
    /// hidden set are not part of it.
    pub fn save(&self) -> Vec<u8> {
        self.engine.save_nocompress()
    }

    /// Kind of this document.
    pub fn kind(&self) -> DocKind {
        self.kind
    }

    /// Hashes of the changes that nothing depends on yet, sorted. Equal heads mean equal applied changes.
    pub fn heads(&self) -> Vec<ChangeHash> {
        self.engine.get_heads().into_iter().map(ChangeHash::from).collect()
    }

    /// Whether a change is applied (the base included). A change that waits is not: see [`Document::is_waiting`].
    pub fn has_change(&self, hash: &ChangeHash) -> bool {
        self.index.has(hash)
    }

    /// Whether who made the change `later` had seen the change `earlier`; `false` when one of them is not
    /// applied.
    pub fn knew(&self, later: &ChangeHash, earlier: &ChangeHash) -> bool {
        let (later, earlier) = (self.index.change(later), self.index.change(earlier));
        later.zip(earlier).is_some_and(|(later, earlier)| Index::knew(later, earlier))
    }

    /// Hashes of all applied changes but the base, each after its dependencies, the same order on every device.
    pub fn change_hashes(&self) -> Vec<ChangeHash> {
        self.index.in_causal_order().into_iter().map(|c| c.hash).collect()
    }

    /// The raw, uncompressed chunk of an applied or waiting change.
    pub fn change_bytes(&self, hash: &ChangeHash) -> Option<Vec<u8>> {
        if let Some(raw) = self.waiting.get(hash) {
            return Some(raw.chunk());
        }
        self.engine.get_change_by_hash(&automerge::ChangeHash(hash.0)).map(|c| c.raw_bytes().to_vec())
    }

    /// Hides what these changes say, by a verdict on their author or content. They stay part of the document, so
    /// that honest work on top of them keeps its ground. Replaces the set given before.
    pub fn set_hidden(&mut self, hidden: BTreeSet<ChangeHash>) {
        self.hidden = hidden;
    }

    /// The hashes given to [`Document::set_hidden`].
    pub fn hidden(&self) -> &BTreeSet<ChangeHash> {
        &self.hidden
    }
}

/// The index of a loaded document: every change must pass the same gate as when it came.
pub(crate) fn index_of(kind: DocKind, engine: &Automerge) -> Result<Index, Refusal> {
    let mut index = Index::new(kind);
    // The engine gives changes in an order that respects their dependencies.
    for change in engine.get_changes(&[]) {
        admit(&mut index, &change)?;
    }
    Ok(index)
}

pub(crate) fn admit(index: &mut Index, change: &Change) -> Result<(), Refusal> {
    index.admit(&change.decode(), change.hash().into())
}
