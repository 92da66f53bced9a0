//! Editing: many writes become one change, or as many as it takes.

use std::collections::{BTreeMap, HashMap};

use automerge::transaction::{CommitOptions, Transactable, Transaction};
use automerge::{Automerge, AutomergeError, Change, ObjId, ObjType, ROOT, ReadDoc, ScalarValue};
use serde::{Deserialize, Serialize};

use crate::base::base_actor;
use crate::change::CheckedChange;
use crate::contain::contained;
use crate::document::{Document, admit};
use crate::error::{CaseError, Refusal};
use crate::limits::{CHANGE_BYTES, CHANGE_DEPENDENCIES, CHANGE_ROWS, EDIT_BYTES, EDIT_WRITES, TEXT_BYTES};
use crate::path::{Collection, FieldPath, Place, shortened};
use crate::{ActorId, ChangeHash, DocKind, Value};

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
    #[serde(rename = "settle")]
    Resolve {
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
    /// Whether a document of this kind can hold it.
    ///
    /// # Errors
    /// `field_path` or `text_too_long`, as [`Document::edit`] gives them for it.
    pub fn check(&self, kind: DocKind) -> Result<(), CaseError> {
        FieldPath::parse(kind, self.path())?;
        match self.value().as_text().map(str::len) {
            Some(bytes) if bytes > TEXT_BYTES => {
                Err(CaseError::TextTooLong { path: shortened(self.path()), bytes })
            }
            _ => Ok(()),
        }
    }

    /// The field written.
    pub fn path(&self) -> &str {
        let (Write::Put { path, .. } | Write::Resolve { path, .. }) = self;
        path
    }

    /// The value written.
    pub fn value(&self) -> &Value {
        let (Write::Put { value, .. } | Write::Resolve { value, .. }) = self;
        value
    }
}

impl Document {
    /// Writes all of these, of several for a field the last. Gives the changes made, in the order in which they stand
    /// on each other: none when nothing would change, one for everything that fits into one
    /// ([`limits`](crate::limits)), otherwise as many as it takes. Of those the last one holds the `status` of records,
    /// so that nobody sees a record closed whose answers are still on their way. `now_ms` is the phone's clock in
    /// milliseconds since 1970 UTC; it is stored as the time of the changes, for which automerge's own tools expect
    /// seconds.
    ///
    /// Maps on the way to a field come into being with the first write beneath them. The order key of a new person,
    /// record, piece of evidence or event (`.../order`) is given by the caller like any other field.
    ///
    /// # Errors
    /// Nothing is written then. `field_path`, `text_too_long`, `edit_too_large`, `too_many_values`: the writes;
    /// `document_too_large`: the document with them; `actor_in_use`; `merge_engine`.
    pub fn edit(
        &mut self,
        actor: ActorId,
        now_ms: i64,
        writes: &[Write],
    ) -> Result<Vec<NewChange>, CaseError> {
        self.edit_each(actor, now_ms, &[writes])
    }

    /// As [`Document::edit`] for each of these in turn, each on top of the one before, for the cost of one: the
    /// document is proved at the end.
    ///
    /// # Errors
    /// Those of [`Document::edit`]; nothing of all is written then.
    pub fn edit_each(
        &mut self,
        actor: ActorId,
        now_ms: i64,
        edits: &[impl AsRef<[Write]>],
    ) -> Result<Vec<NewChange>, CaseError> {
        self.check_actor(actor)?;
        let mut edit = Edit { next: self.clone(), actor, now_ms, made: Vec::new() };
        for writes in edits {
            let writes = edit.next.effective(writes.as_ref())?;
            if !writes.is_empty() {
                contained(|| edit.join_heads()).flatten().ok_or(CaseError::Engine)?;
                edit.write_all(writes)?;
            }
        }
        if edit.made.is_empty() {
            return Ok(Vec::new());
        }
        let saved = contained(|| edit.next.engine.save_nocompress()).ok_or(CaseError::Engine)?;
        crate::snapshot::check(&saved)?;
        *self = edit.next;
        Ok(edit.made)
    }

    fn check_actor(&self, actor: ActorId) -> Result<(), CaseError> {
        if self.waits_of(&actor) || actor == base_actor(self.kind.code()) {
            Err(CaseError::ActorInUse)
        } else {
            Ok(())
        }
    }

    /// The writes that change something, checked, one for each field, in the order of their paths.
    fn effective(&self, writes: &[Write]) -> Result<Vec<Checked>, CaseError> {
        let mut last: BTreeMap<&str, &Write> = BTreeMap::new();
        let mut size = 0;
        for write in writes {
            write.check(self.kind)?;
            size += size_of(write.path(), write.value());
            last.insert(write.path(), write);
        }
        if writes.len() > EDIT_WRITES || size > EDIT_BYTES {
            return Err(CaseError::EditTooLarge);
        }
        let changing = last.into_values().filter(|write| match write {
            Write::Resolve { .. } => true,
            Write::Put { path, value } => self.shown(path).unwrap_or(&Value::Blank) != value,
        });
        changing
            .map(|write| {
                let (path, value) = (write.path(), write.value().clone());
                let size = size_of(path, &value);
                Ok(Checked { path: FieldPath::parse(self.kind, path)?, value, size })
            })
            .collect()
    }
}

/// A write that was checked, and about how many bytes of a change it takes.
struct Checked {
    path: FieldPath,
    value: Value,
    size: usize,
}

impl Checked {
    /// Whether it says where a record stands: what the rest of the record must not come after.
    fn is_status(&self) -> bool {
        matches!(self.path.place, Place::Child(Collection::Records, _)) && self.path.key == "status"
    }
}

/// Never less than the write takes, but for the values that it replaces.
fn size_of(path: &str, value: &Value) -> usize {
    path.len() + value.as_text().map_or(0, str::len) + 64
}

/// How many of these surely fit into one change, not counting what they replace.
fn count_fitting(writes: &[Checked]) -> usize {
    let room = CHANGE_BYTES - CHANGE_DEPENDENCIES as usize * 32 - 4 * 1024;
    let sizes = writes.iter().scan(0, |sum, write| {
        *sum += write.size;
        Some(*sum)
    });
    sizes.take_while(|sum| *sum <= room).count().max(1)
}

/// An edit under way, on a copy of the document.
struct Edit {
    next: Document,
    actor: ActorId,
    now_ms: i64,
    made: Vec<NewChange>,
}

impl Edit {
    /// Makes changes without content that join loose ends, until one change can stand on all that are left.
    fn join_heads(&mut self) -> Option<()> {
        // The author's own last change is one more, wherever it stands.
        let most = CHANGE_DEPENDENCIES as usize - 1;
        loop {
            let heads = self.next.engine.get_heads();
            if heads.len() <= most {
                return Some(());
            }
            let own = self.next.index.last_of(&self.actor).map(|change| automerge::ChangeHash(change.hash.0));
            let others = heads.into_iter().filter(|head| Some(*head) != own).take(most);
            let joined: Vec<_> = others.chain(own).collect();
            let mut part = self.next.engine.fork_at(&joined).ok()?;
            part.set_actor(self.actor.engine());
            let hash = part.empty_commit(CommitOptions::default().with_time(self.now_ms));
            let change = part.get_change_by_hash(&hash)?;
            self.next.engine.apply_changes([change.clone()]).ok()?;
            self.take(&change)?;
        }
    }

    fn write_all(&mut self, mut writes: Vec<Checked>) -> Result<(), CaseError> {
        if count_fitting(&writes) == writes.len() && self.write(&writes)? {
            return Ok(());
        }
        writes.sort_by_key(Checked::is_status);
        let mut rest = &writes[..];
        while !rest.is_empty() {
            let mut count = count_fitting(rest);
            loop {
                let (piece, behind) = rest.split_at_checked(count).ok_or(CaseError::Engine)?;
                if self.write(piece)? {
                    rest = behind;
                    break;
                }
                match piece {
                    [one] => return Err(CaseError::TooManyValues { path: one.path.shortened() }),
                    _ => count /= 2,
                }
            }
        }
        Ok(())
    }

    /// Makes one change of these, and says whether it is one that others take; otherwise nothing is written.
    fn write(&mut self, writes: &[Checked]) -> Result<bool, CaseError> {
        // To keep the engine as it is costs the whole document.
        let spare = (!self.surely_fits(writes)).then(|| self.next.engine.clone());
        contained(|| {
            self.next.engine.set_actor(self.actor.engine());
            let hash = commit(&mut self.next.engine, self.now_ms, writes)?;
            let change = self.next.engine.get_change_by_hash(&hash)?;
            match CheckedChange::read(change.raw_bytes()) {
                Ok(_) => self.take(&change).map(|()| true),
                Err(Refusal::TooLarge | Refusal::TooManyOps) => {
                    self.next.engine = spare?;
                    Some(false)
                }
                Err(_) => None,
            }
        })
        .flatten()
        .ok_or(CaseError::Engine)
    }

    /// Whether a change of these is far from every limit, whatever it replaces.
    fn surely_fits(&self, writes: &[Checked]) -> bool {
        /// A value that is replaced: its number and its author, named once more at most.
        const REPLACED_BYTES: usize = 48;
        let replaced = |write: &Checked| {
            let path = write.path.place.field(&write.path.key);
            path.map_or(0, |path| self.next.index.times_written(&path))
        };
        let replaced: usize = writes.iter().map(replaced).sum();
        let heads = self.next.engine.get_heads().len();
        let bytes =
            writes.iter().map(|write| write.size).sum::<usize>() + REPLACED_BYTES * replaced + 32 * heads;
        bytes < CHANGE_BYTES / 2 && ((replaced + 8 * writes.len()) as u64) < CHANGE_ROWS / 2
    }

    /// Files a change that the engine holds already.
    fn take(&mut self, change: &Change) -> Option<()> {
        admit(&mut self.next.index, change).ok()?;
        self.made.push(NewChange {
            hash: change.hash().into(),
            bytes: change.raw_bytes().to_vec(),
            seq: change.seq(),
            deps: change.deps().iter().map(|dep| ChangeHash::from(*dep)).collect(),
        });
        Some(())
    }
}

fn commit(engine: &mut Automerge, now_ms: i64, writes: &[Checked]) -> Option<automerge::ChangeHash> {
    let mut writer = Writer { tx: engine.transaction(), maps: HashMap::new() };
    for Checked { path, value, .. } in writes {
        writer.write(path, value).ok()?;
    }
    writer.tx.commit_with(CommitOptions::default().with_time(now_ms)).0
}

/// One change in the making.
struct Writer<'a> {
    tx: Transaction<'a>,
    maps: HashMap<Place, Vec<ObjId>>,
}

impl Writer<'_> {
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
