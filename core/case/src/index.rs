//! What a document's changes say: who changed which field when, after what. The merging engine keeps the document;
//! this index, made from its changes, answers what the engine does not: the history of a field, what stands when
//! some changes are hidden, whether one change knew of another.
//!
//! It is also the gate: a change is admitted only when it makes sense in its own past and nothing else, so that every
//! device takes and refuses the same changes in whatever order they arrive.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Bound;
use std::sync::Arc;

use automerge::legacy::{self, Key, ObjectId, OpType};
use automerge::{ExpandedChange, ObjType};
use imbl::OrdMap;
use imbl::ordmap::DiffItem;

use crate::base::{base_actor, base_hash};
use crate::error::Refusal;
use crate::limits::CHANGE_ROWS;
use crate::path::Place;
use crate::{ActorId, ChangeHash, DocKind, Value};

/// Names one operation. The order is the engine's: of several values the one with the greatest id is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct OpId {
    pub(crate) counter: u64,
    pub(crate) actor: ActorId,
}

/// One change, as far as reading needs it.
#[derive(Clone, Debug)]
pub(crate) struct ChangeNode {
    pub(crate) hash: ChangeHash,
    pub(crate) actor: ActorId,
    pub(crate) seq: u64,
    pub(crate) time_ms: i64,
    start_op: u64,
    /// Greatest operation number in its past, itself included.
    top_op: u64,
    /// Its past, itself included: the last sequence number of every actor. Pasts share what they have in common: the
    /// square of the changes would fit into no phone.
    past: OrdMap<ActorId, u64>,
    /// Its operations: the first has the number `start_op`, each the next one.
    ops: Vec<OpNode>,
    /// Field values it sets, in order.
    pub(crate) sets: Vec<OpId>,
}

impl ChangeNode {
    fn op(&self, id: OpId) -> Option<&OpNode> {
        let place = id.counter.checked_sub(self.start_op).filter(|_| id.actor == self.actor)?;
        self.ops.get(usize::try_from(place).ok()?)
    }
}

#[derive(Clone, Debug)]
enum Action {
    Make(Place),
    /// `None`: a scalar that this version cannot show.
    Put(Option<Value>),
    Delete,
}

#[derive(Clone, Debug)]
pub(crate) struct OpNode {
    /// Position of its change in `Index::changes`.
    change: usize,
    /// `None`: the root.
    object: Option<OpId>,
    key: String,
    action: Action,
    /// Operations it puts an end to.
    replaces: Vec<OpId>,
}

#[derive(Clone, Debug)]
pub(crate) struct Index {
    kind: DocKind,
    /// Shared with every copy of the index: a batch is taken into a copy first.
    changes: Vec<Arc<ChangeNode>>,
    by_hash: HashMap<ChangeHash, usize>,
    /// Positions of an actor's changes in `changes`, in their order.
    of_actor: HashMap<ActorId, Vec<usize>>,
    /// Field path to every operation on it, in order of arrival.
    fields: BTreeMap<String, Vec<OpId>>,
}

/// One value that stands in a field.
#[derive(Clone, Debug)]
pub(crate) struct Standing<'a> {
    pub(crate) op: OpId,
    pub(crate) value: &'a Value,
    pub(crate) change: &'a ChangeNode,
}

/// A change being checked: what it would add.
struct Candidate {
    node: ChangeNode,
    /// What it deleted, by place: settling a field deletes and puts, and the put stands for both when the change is
    /// later seen through a hidden one.
    deleted: HashMap<(Option<OpId>, String), Vec<OpId>>,
}

impl Index {
    pub(crate) fn new(kind: DocKind) -> Index {
        Index {
            kind,
            changes: Vec::new(),
            by_hash: HashMap::new(),
            of_actor: HashMap::new(),
            fields: BTreeMap::new(),
        }
    }

    pub(crate) fn has(&self, hash: &ChangeHash) -> bool {
        self.by_hash.contains_key(hash)
    }

    pub(crate) fn change(&self, hash: &ChangeHash) -> Option<&ChangeNode> {
        self.by_hash.get(hash).and_then(|position| self.at(*position))
    }

    fn at(&self, position: usize) -> Option<&ChangeNode> {
        self.changes.get(position).map(Arc::as_ref)
    }

    /// The last change that an actor made.
    pub(crate) fn last_of(&self, actor: &ActorId) -> Option<&ChangeNode> {
        self.of_actor.get(actor)?.last().and_then(|position| self.at(*position))
    }

    /// An actor's changes follow each other, and so do the numbers of their operations.
    fn op(&self, id: OpId) -> Option<&OpNode> {
        let made = self.of_actor.get(&id.actor)?;
        let begins = |position: &usize| self.at(*position).map_or(u64::MAX, |change| change.start_op);
        let before = made.partition_point(|position| begins(position) <= id.counter);
        self.at(*made.get(before.checked_sub(1)?)?)?.op(id)
    }

    /// These changes, each once and after what it depends on.
    pub(crate) fn ordered(&self, hashes: &[ChangeHash]) -> Vec<&ChangeNode> {
        let hashes: BTreeSet<&ChangeHash> = hashes.iter().collect();
        let mut changes: Vec<_> = hashes.into_iter().filter_map(|hash| self.change(hash)).collect();
        changes.sort_by_key(|c| (c.start_op, c.actor));
        changes
    }

    /// All changes but the base, each after what it depends on, in an order that is the same on every device.
    pub(crate) fn in_causal_order(&self) -> Vec<&ChangeNode> {
        let base = base_hash(self.kind);
        let changes = self.changes.iter().map(Arc::as_ref);
        let mut changes: Vec<_> = changes.filter(|c| c.hash != base).collect();
        changes.sort_by_key(|c| (c.start_op, c.actor));
        changes
    }

    /// Whether the maker of `later` had seen `earlier`, or they are one change.
    pub(crate) fn knew(later: &ChangeNode, earlier: &ChangeNode) -> bool {
        later.past.get(&earlier.actor).is_some_and(|seq| *seq >= earlier.seq)
    }

    /// The fields whose path begins with `prefix`, sorted, with every operation on them.
    pub(crate) fn beneath(&self, prefix: &str) -> impl Iterator<Item = (&str, &[OpId])> {
        let beneath = self.fields.range::<str, _>((Bound::Included(prefix), Bound::Unbounded));
        let beneath = beneath.map(|(path, ops)| (path.as_str(), ops.as_slice()));
        beneath.take_while(move |(path, _)| path.starts_with(prefix))
    }

    /// How often a field was written.
    pub(crate) fn times_written(&self, path: &str) -> usize {
        self.fields.get(path).map_or(0, Vec::len)
    }

    /// The fields whose path begins with `prefix` and that were written more than once, sorted.
    pub(crate) fn contested_paths(&self, prefix: &str) -> impl Iterator<Item = &str> {
        self.beneath(prefix).filter(|(_, ops)| ops.len() > 1).map(|(path, _)| path)
    }

    /// The value of a field as the maker of a change knew it, with what that change says itself.
    pub(crate) fn value_known_to(&self, change: &ChangeNode, path: &str) -> Option<&Value> {
        let carrier = |op: &OpId| self.op(*op).and_then(|node| self.at(node.change));
        let ops = self.fields.get(path)?.iter();
        let known = ops.filter(|op| carrier(op).is_some_and(|earlier| Index::knew(change, earlier)));
        known
            .filter_map(|op| Some((op, self.value(*op)?.0)))
            .max_by_key(|(op, _)| **op)
            .map(|(_, value)| value)
    }

    /// The value that an operation set.
    pub(crate) fn value(&self, op: OpId) -> Option<(&Value, &OpNode)> {
        let node = self.op(op)?;
        match &node.action {
            Action::Put(Some(value)) => Some((value, node)),
            _ => None,
        }
    }

    /// The path of the field that an operation set.
    pub(crate) fn path_of(&self, op: OpId) -> Option<String> {
        let node = self.op(op)?;
        self.place(node.object).field(&node.key)
    }

    /// Every value ever set in a field, oldest first, with its change.
    pub(crate) fn all_values(&self, path: &str) -> Vec<Standing<'_>> {
        let mut ops = self.fields.get(path).cloned().unwrap_or_default();
        ops.sort_unstable();
        ops.into_iter().filter_map(|op| self.standing(op)).collect()
    }

    fn standing(&self, op: OpId) -> Option<Standing<'_>> {
        let (value, node) = self.value(op)?;
        Some(Standing { op, value, change: self.at(node.change)? })
    }

    /// The values that stand in a field, the shown one first. Operations of hidden changes are transparent: what they
    /// replaced stands again, unless an operation that is not hidden replaced it, directly or by replacing theirs.
    pub(crate) fn standing_values(&self, path: &str, hidden: &BTreeSet<ChangeHash>) -> Vec<Standing<'_>> {
        let Some(ops) = self.fields.get(path) else { return Vec::new() };
        let is_hidden = |change: usize| self.at(change).is_some_and(|c| hidden.contains(&c.hash));
        let seen = ops.iter().filter_map(|op| self.op(*op)).filter(|op| !is_hidden(op.change));
        let mut ahead: Vec<OpId> = seen.flat_map(|op| &op.replaces).copied().collect();
        let mut replaced = HashSet::new();
        while let Some(op) = ahead.pop() {
            if replaced.insert(op) {
                ahead.extend(self.op(op).into_iter().flat_map(|op| &op.replaces));
            }
        }
        let mut standing: Vec<_> = ops.iter().filter(|op| !replaced.contains(op)).copied().collect();
        standing.sort_unstable_by(|a, b| b.cmp(a));
        let values = standing.into_iter().filter_map(|op| self.standing(op));
        values.filter(|value| !hidden.contains(&value.change.hash)).collect()
    }

    fn place(&self, object: Option<OpId>) -> &Place {
        place(object, |op| self.op(op))
    }

    /// Takes a change whose dependencies are all here, or says why it can be part of no document.
    pub(crate) fn admit(&mut self, change: &ExpandedChange, hash: ChangeHash) -> Result<(), Refusal> {
        let mut node = self.check(change, hash)?;
        let mut sets = Vec::new();
        for (counter, op) in (node.start_op..).zip(&node.ops) {
            let id = OpId { counter, actor: node.actor };
            let object = place(op.object, |object| node.op(object).or_else(|| self.op(object)));
            let path = match op.action {
                Action::Make(_) => None,
                Action::Put(_) | Action::Delete => object.field(&op.key),
            };
            let Some(path) = path else { continue };
            self.fields.entry(path).or_default().push(id);
            if matches!(op.action, Action::Put(Some(_))) {
                sets.push(id);
            }
        }
        node.sets = sets;
        let position = self.changes.len();
        self.by_hash.insert(hash, position);
        self.of_actor.entry(node.actor).or_default().push(position);
        self.changes.push(Arc::new(node));
        Ok(())
    }

    fn check(&self, change: &ExpandedChange, hash: ChangeHash) -> Result<ChangeNode, Refusal> {
        let node = self.check_header(change, hash)?;
        if change.operations.len() as u64 > CHANGE_ROWS {
            return Err(Refusal::TooManyOps);
        }
        let mut candidate = Candidate { node, deleted: HashMap::new() };
        candidate.node.ops.reserve_exact(change.operations.len());
        for op in &change.operations {
            let checked = self.check_op(&candidate, op)?;
            if matches!(checked.action, Action::Delete) {
                let place = (checked.object, checked.key.clone());
                candidate.deleted.entry(place).or_default().extend(&checked.replaces);
            }
            candidate.node.top_op = candidate.node.start_op + candidate.node.ops.len() as u64;
            candidate.node.ops.push(checked);
        }
        Ok(candidate.node)
    }

    fn check_header(&self, change: &ExpandedChange, hash: ChangeHash) -> Result<ChangeNode, Refusal> {
        let actor = ActorId::from_engine(&change.actor_id).ok_or(Refusal::Actor)?;
        let is_base = hash == base_hash(self.kind);
        if (actor == base_actor(self.kind.code())) != is_base {
            return Err(Refusal::Actor);
        }
        if change.deps.is_empty() != is_base {
            return Err(Refusal::OutsidePast);
        }
        let mut past = OrdMap::new();
        let mut before = 0;
        for dep in &change.deps {
            let dep = self.change(&(*dep).into()).ok_or(Refusal::OutsidePast)?;
            before = before.max(dep.top_op);
            join(&mut past, dep);
        }
        if past.get(&actor).copied().unwrap_or(0).checked_add(1) != Some(change.seq) {
            return Err(Refusal::Sequence);
        }
        if self.last_of(&actor).is_some_and(|last| last.seq >= change.seq) {
            return Err(Refusal::Fork);
        }
        if change.start_op.get() != before + 1 {
            return Err(Refusal::OpNumbers);
        }
        past.insert(actor, change.seq);
        let (seq, time_ms, start_op) = (change.seq, change.time, change.start_op.get());
        let (ops, sets) = (Vec::new(), Vec::new());
        Ok(ChangeNode { hash, actor, seq, time_ms, start_op, top_op: before, past, ops, sets })
    }

    fn check_op(&self, candidate: &Candidate, op: &legacy::Op) -> Result<OpNode, Refusal> {
        let Key::Map(key) = &op.key else { return Err(Refusal::Operation) };
        if op.insert {
            return Err(Refusal::Operation);
        }
        let object = match &op.obj {
            ObjectId::Root => None,
            ObjectId::Id(id) => Some(op_id(id)?),
        };
        let place = self.checked_place(candidate, object)?;
        let action = match &op.action {
            OpType::Make(ObjType::Map) => Action::Make(place.enter(self.kind, key)),
            OpType::Put(scalar) => Action::Put(Value::from_scalar(scalar)),
            OpType::Delete => Action::Delete,
            _ => return Err(Refusal::Operation),
        };
        let mut replaces = Vec::new();
        for pred in op.pred.iter() {
            let pred = op_id(pred)?;
            self.check_replaced(candidate, pred, object, key)?;
            // The engine keeps predecessors sorted, so one named twice stands beside itself.
            if replaces.last() == Some(&pred) {
                return Err(Refusal::OutsidePast);
            }
            replaces.push(pred);
        }
        match action {
            Action::Delete if replaces.is_empty() => return Err(Refusal::Operation),
            Action::Put(_) => {
                replaces.extend(candidate.deleted.get(&(object, key.to_string())).into_iter().flatten());
            }
            _ => {}
        }
        Ok(OpNode { change: self.changes.len(), object, key: key.to_string(), action, replaces })
    }

    /// The map that an operation writes to must be in the change's past.
    fn checked_place<'a>(
        &'a self,
        candidate: &'a Candidate,
        object: Option<OpId>,
    ) -> Result<&'a Place, Refusal> {
        let Some(id) = object else { return Ok(&ROOT) };
        match self.in_past(candidate, id).map(|op| &op.action) {
            Some(Action::Make(place)) => Ok(place),
            _ => Err(Refusal::OutsidePast),
        }
    }

    /// What an operation replaces must be in the change's past and stand in the same place; a part of the case
    /// (a person, a record, a collection) is never replaced.
    fn check_replaced(
        &self,
        candidate: &Candidate,
        pred: OpId,
        object: Option<OpId>,
        key: &str,
    ) -> Result<(), Refusal> {
        let replaced = self.in_past(candidate, pred).ok_or(Refusal::OutsidePast)?;
        if replaced.object != object || replaced.key != key {
            return Err(Refusal::OutsidePast);
        }
        match &replaced.action {
            Action::Put(_) | Action::Make(Place::Foreign) => Ok(()),
            Action::Make(_) => Err(Refusal::RemovesPart),
            Action::Delete => Err(Refusal::OutsidePast),
        }
    }

    fn in_past<'a>(&'a self, candidate: &'a Candidate, id: OpId) -> Option<&'a OpNode> {
        if let Some(own) = candidate.node.op(id) {
            return Some(own);
        }
        let op = self.op(id)?;
        let seq = self.at(op.change)?.seq;
        // The candidate's own sequence number is taken by no change yet, so this holds for its own actor too.
        candidate.node.past.get(&id.actor).filter(|known| **known >= seq).map(|_| op)
    }
}

static ROOT: Place = Place::Root;
static FOREIGN: Place = Place::Foreign;

/// The map that an operation made; the root where none is named.
fn place<'a>(object: Option<OpId>, op: impl Fn(OpId) -> Option<&'a OpNode>) -> &'a Place {
    match object.map(|object| op(object).map(|node| &node.action)) {
        None => &ROOT,
        Some(Some(Action::Make(place))) => place,
        Some(_) => &FOREIGN,
    }
}

/// Adds the past of a change to another. What both share is passed over where both are large; a small one
/// is added to the larger, entry by entry.
fn join(past: &mut OrdMap<ActorId, u64>, other: &ChangeNode) {
    /// So many entries are looked up for the price of comparing one.
    const LOOKED_UP: usize = 16;
    if past.is_empty() {
        past.clone_from(&other.past);
        return;
    }
    if past.get(&other.actor).is_some_and(|seq| *seq >= other.seq) {
        return;
    }
    let small = past.len().min(other.past.len()).saturating_mul(LOOKED_UP);
    let later: Vec<(ActorId, u64)> = if small < past.len().max(other.past.len()) {
        let (larger, smaller) = match past.len() < other.past.len() {
            true => (other.past.clone(), std::mem::take(past)),
            false => (std::mem::take(past), other.past.clone()),
        };
        *past = larger;
        let is_later = |(actor, seq): &(&ActorId, &u64)| past.get(*actor).is_none_or(|known| known < *seq);
        smaller.iter().filter(is_later).map(|(actor, seq)| (*actor, *seq)).collect()
    } else {
        past.diff(&other.past)
            .filter_map(|item| match item {
                DiffItem::Add(actor, seq) => Some((*actor, *seq)),
                DiffItem::Update { old: (_, known), new: (actor, seq) } if seq > known => {
                    Some((*actor, *seq))
                }
                DiffItem::Update { .. } | DiffItem::Remove(..) => None,
            })
            .collect()
    };
    past.extend(later);
}

fn op_id(id: &legacy::OpId) -> Result<OpId, Refusal> {
    let actor = ActorId::from_engine(id.actor()).ok_or(Refusal::Actor)?;
    Ok(OpId { counter: id.counter(), actor })
}
