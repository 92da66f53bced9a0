//! Editing: many writes become one change.

use std::collections::{BTreeMap, HashMap};

use automerge::transaction::{CommitOptions, Transactable, Transaction};
use automerge::{Automerge, AutomergeError, ObjId, ObjType, ROOT, ReadDoc, ScalarValue};
use serde::{Deserialize, Serialize};

use crate::base::base_actor;
use crate::contain::contained;
use crate::document::{Document, admit};
use crate::error::{CaseError, MAX_CHANGE};
use crate::path::{FieldPath, Place, shortened};
use crate::value::MAX_TEXT;
use crate::{ActorId, ChangeHash, Value};

/// Most writes of one edit.
pub const MAX_WRITES: usize = 5_000;

/// One write. There is no delete: people and records are marked (`removed_reason`, `_removed`, `status`), and a field
/// is cleared by putting [`Value::Blank`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Write {
    /// What a person entered. Nothing happens when the field shows this value already, also when other values stand
    /// beside it: saving a page unchanged settles no conflict. A different value takes the place of all that stand.
    Put {
        /// The field.
        path: String,
        /// Its new value.
        value: Value,
    },
    /// A person's decision for a value, recorded also when the field shows it already: it takes the place of
    /// everything that stands.
    Settle {
        /// The field.
        path: String,
        /// The value decided for.
        value: Value,
    },
}

/// A change this device just made, to be signed and sent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NewChange {
    /// Its name.
    pub hash: ChangeHash,
    /// The raw, uncompressed chunk.
    pub bytes: Vec<u8>,
    /// The actor's sequence number in this document, from 1.
    pub seq: u64,
    /// Changes that must be there before it.
    pub deps: Vec<ChangeHash>,
}

impl Write {
    /// The field written.
    pub fn path(&self) -> &str {
        let (Write::Put { path, .. } | Write::Settle { path, .. }) = self;
        path
    }

    /// The value written.
    pub fn value(&self) -> &Value {
        let (Write::Put { value, .. } | Write::Settle { value, .. }) = self;
        value
    }
}

impl Document {
    /// Makes one change of all writes; of several for a field the last counts. `None` when nothing would change.
    /// `now_ms` is the phone's clock in milliseconds since 1970 UTC; it is stored as the change's time, for which
    /// automerge's own tools expect seconds.
    ///
    /// Maps on the way to a field come into being with the first write beneath them. The order key of a new person,
    /// record, piece of evidence or event (`.../order`) is given by the caller like any other field.
    pub fn edit(
        &mut self,
        actor: ActorId,
        now_ms: i64,
        writes: &[Write],
    ) -> Result<Option<NewChange>, CaseError> {
        self.check_actor(actor)?;
        let writes = self.effective(writes)?;
        if writes.is_empty() {
            return Ok(None);
        }
        let (next, change) =
            contained(|| self.edited(actor, now_ms, &writes)).flatten().ok_or(CaseError::Engine)?;
        *self = next;
        Ok(Some(change))
    }

    fn check_actor(&self, actor: ActorId) -> Result<(), CaseError> {
        let waits = self.waiting.values().any(|raw| raw.header.actor == actor);
        if waits || actor == base_actor(self.kind.code()) { Err(CaseError::ActorInUse) } else { Ok(()) }
    }

    /// The writes that change something, checked, one for each field, in the order of their paths.
    fn effective(&self, writes: &[Write]) -> Result<Vec<(FieldPath, Value)>, CaseError> {
        let mut last: BTreeMap<&str, &Write> = BTreeMap::new();
        let mut size = 0;
        for write in writes {
            FieldPath::parse(self.kind, write.path())?;
            if let Some(text) = write.value().as_text().filter(|text| text.len() > MAX_TEXT) {
                return Err(CaseError::TextTooLong { path: shortened(write.path()), bytes: text.len() });
            }
            size += write.path().len() + write.value().as_text().map_or(0, str::len) + 64;
            last.insert(write.path(), write);
        }
        if writes.len() > MAX_WRITES || size > MAX_CHANGE {
            return Err(CaseError::EditTooLarge);
        }
        let changing = last.into_values().filter(|write| match write {
            Write::Settle { .. } => true,
            Write::Put { path, value } => self.shown(path).unwrap_or(&Value::Blank) != value,
        });
        changing
            .map(|write| Ok((FieldPath::parse(self.kind, write.path())?, write.value().clone())))
            .collect()
    }

    fn edited(
        &self,
        actor: ActorId,
        now_ms: i64,
        writes: &[(FieldPath, Value)],
    ) -> Option<(Document, NewChange)> {
        let mut next = self.clone();
        next.engine.set_actor(actor.engine());
        let hash = commit(&mut next.engine, now_ms, writes)?;
        let change = next.engine.get_change_by_hash(&hash)?;
        admit(&mut next.index, &change).ok()?;
        let new = NewChange {
            hash: change.hash().into(),
            bytes: change.raw_bytes().to_vec(),
            seq: change.seq(),
            deps: change.deps().iter().map(|dep| ChangeHash::from(*dep)).collect(),
        };
        Some((next, new))
    }
}

fn commit(
    engine: &mut Automerge,
    now_ms: i64,
    writes: &[(FieldPath, Value)],
) -> Option<automerge::ChangeHash> {
    let mut pen = Pen { tx: engine.transaction(), maps: HashMap::new() };
    for (path, value) in writes {
        pen.write(path, value).ok()?;
    }
    pen.tx.commit_with(CommitOptions::default().with_time(now_ms)).0
}

/// One change in the making.
struct Pen<'a> {
    tx: Transaction<'a>,
    maps: HashMap<Place, Vec<ObjId>>,
}

impl Pen<'_> {
    fn write(&mut self, path: &FieldPath, value: &Value) -> Result<(), AutomergeError> {
        let maps = self.maps(&path.place)?;
        let scalar = value.scalar();
        // Normally there is one map. When two devices made the same id, the value goes into the engine's choice, and
        // into every other map that has one, so that nothing older stands beside it.
        for (position, map) in maps.iter().rev().enumerate() {
            if position == 0 || self.tx.get(map, path.key.as_str())?.is_some() {
                self.replace(map, &path.key, &scalar)?;
            }
        }
        Ok(())
    }

    fn replace(&mut self, map: &ObjId, key: &str, scalar: &ScalarValue) -> Result<(), AutomergeError> {
        let same = match self.tx.get(map, key)? {
            Some((automerge::Value::Scalar(now), _)) => now.as_ref() == scalar,
            _ => false,
        };
        if same {
            // The engine passes over a value that is equal to its own choice; this one must be recorded.
            self.tx.delete(map, key)?;
        }
        self.tx.put(map, key, scalar.clone())
    }

    /// Every map at a place, made when there is none.
    fn maps(&mut self, place: &Place) -> Result<Vec<ObjId>, AutomergeError> {
        if let Some(known) = self.maps.get(place) {
            return Ok(known.clone());
        }
        let mut maps = vec![ROOT];
        for key in place.steps() {
            let mut inner = Vec::new();
            for map in &maps {
                let values = self.tx.get_all(map, key)?;
                inner.extend(values.into_iter().filter(|(v, _)| is_map(v)).map(|(_, id)| id));
            }
            inner.sort();
            if let (true, Some(outer)) = (inner.is_empty(), maps.last()) {
                inner.push(self.tx.put_object(outer, key, ObjType::Map)?);
            }
            maps = inner;
        }
        self.maps.insert(place.clone(), maps.clone());
        Ok(maps)
    }
}

fn is_map(value: &automerge::Value<'_>) -> bool {
    matches!(value, automerge::Value::Object(ObjType::Map))
}
