//! Changes taken apart so that like parts of many stand beside each other: keys with keys, values with
//! values, and compress so. What a change says stays byte for byte what it was, for its hash is what is
//! signed.
//!
//! Source: the Automerge binary format specification, "Change chunks". A change is its type and length, then
//! its dependencies, a head (actor, sequence number, first operation, time, message, other actors), the
//! layout of its columns, and the columns.

use std::collections::{BTreeMap, HashMap};

use crate::ChangeHash;
use crate::error::Refusal;
use crate::limits::{BODY_INFLATED_BYTES, CHANGE_ACTORS, CHANGE_DEPENDENCIES};
use crate::reader::{Reader, write_uleb};

const CHANGE: u8 = 1;

/// Parts of changes, in the order in which the changes were added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeColumns {
    /// For each change the number of its dependencies; for each of these how many changes back it stands
    /// in the page, or 0 when it is in `dependencies`; then the head as it stands in the change.
    pub heads: Vec<u8>,
    /// Dependencies that are not in the page before the change.
    pub dependencies: Vec<ChangeHash>,
    /// The layouts of the columns.
    pub layouts: Vec<u8>,
    /// The columns of all changes by their specification.
    pub columns: BTreeMap<u64, Vec<u8>>,
}

impl ChangeColumns {
    /// Takes a change apart, the `index`-th of its page; `earlier` are the changes before it with their
    /// indices. Says `false`, and takes nothing, when it would not come together again byte for byte: then
    /// it travels whole.
    pub fn add(&mut self, body: &[u8], index: usize, earlier: &HashMap<ChangeHash, usize>) -> bool {
        let Ok(parts) = Parts::of(body) else { return false };
        write_uleb(&mut self.heads, parts.dependencies.len() as u64);
        for dependency in parts.dependencies {
            match earlier.get(&dependency) {
                Some(place) => write_uleb(&mut self.heads, (index - place) as u64),
                None => {
                    write_uleb(&mut self.heads, 0);
                    self.dependencies.push(dependency);
                }
            }
        }
        self.heads.extend_from_slice(parts.head);
        self.layouts.extend_from_slice(parts.layout);
        for (specification, bytes) in parts.columns {
            self.columns.entry(specification).or_default().extend_from_slice(bytes);
        }
        true
    }
}

/// What a change consists of.
struct Parts<'a> {
    dependencies: Vec<ChangeHash>,
    head: &'a [u8],
    layout: &'a [u8],
    columns: Vec<(u64, &'a [u8])>,
}

impl<'a> Parts<'a> {
    fn of(body: &'a [u8]) -> Result<Parts<'a>, Refusal> {
        let mut reader = Reader(body);
        let kind = reader.byte()?;
        let contents = reader.prefixed()?;
        let mut reader = Reader(contents);
        let count = reader.counted(CHANGE_DEPENDENCIES)?;
        let dependencies = (0..count).map(|_| reader.hash()).collect::<Result<Vec<_>, _>>()?;
        let (head, layout, columns) = rest(&mut reader)?;
        let parts = Parts { dependencies, head, layout, columns };
        // A number written in more bytes than it needs, bytes behind the end.
        match kind == CHANGE && parts.together() == body {
            true => Ok(parts),
            false => Err(Refusal::Damaged),
        }
    }

    fn together(&self) -> Vec<u8> {
        let mut contents = Vec::new();
        write_uleb(&mut contents, self.dependencies.len() as u64);
        self.dependencies.iter().for_each(|hash| contents.extend_from_slice(&hash.0));
        contents.extend_from_slice(self.head);
        contents.extend_from_slice(self.layout);
        self.columns.iter().for_each(|(_, bytes)| contents.extend_from_slice(bytes));
        let mut body = Vec::with_capacity(contents.len() + 6);
        body.push(CHANGE);
        write_uleb(&mut body, contents.len() as u64);
        body.append(&mut contents);
        body
    }
}

type Rest<'a> = (&'a [u8], &'a [u8], Vec<(u64, &'a [u8])>);

/// The bytes of a layout, and what they say: specifications and lengths.
type Layout<'a> = (&'a [u8], Vec<(u64, u64)>);

/// Head, layout and columns, where these follow each other.
fn rest<'a>(reader: &mut Reader<'a>) -> Result<Rest<'a>, Refusal> {
    let head = head(reader)?;
    let (layout, lengths) = layout(reader)?;
    let columns = lengths.into_iter().map(|(specification, length)| {
        let length = usize::try_from(length).map_err(|_| Refusal::Damaged)?;
        Ok((specification, reader.take(length)?))
    });
    let columns = columns.collect::<Result<_, Refusal>>()?;
    Ok((head, layout, columns))
}

fn head<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], Refusal> {
    let before = reader.0;
    // The actor, its sequence number, its first operation, the time, the message.
    reader.prefixed()?;
    reader.uleb()?;
    reader.uleb()?;
    reader.sleb()?;
    reader.prefixed()?;
    for _ in 0..reader.counted(CHANGE_ACTORS)? {
        reader.prefixed()?;
    }
    read_since(before, reader)
}

fn layout<'a>(reader: &mut Reader<'a>) -> Result<Layout<'a>, Refusal> {
    let before = reader.0;
    let lengths = reader.layout()?;
    Ok((read_since(before, reader)?, lengths))
}

fn read_since<'a>(before: &'a [u8], reader: &Reader<'a>) -> Result<&'a [u8], Refusal> {
    before.get(..before.len() - reader.0.len()).ok_or(Refusal::Damaged)
}

/// Puts changes together again, in the order in which they were taken apart.
pub struct ChangeJoiner<'a> {
    heads: Reader<'a>,
    dependencies: std::slice::Iter<'a, ChangeHash>,
    layouts: Reader<'a>,
    columns: BTreeMap<u64, Reader<'a>>,
    /// How much more may come out: a reference of one byte stands for 32.
    room: usize,
}

impl<'a> ChangeJoiner<'a> {
    /// Begins with the first change.
    pub fn new(apart: &'a ChangeColumns) -> ChangeJoiner<'a> {
        ChangeJoiner {
            heads: Reader(&apart.heads),
            dependencies: apart.dependencies.iter(),
            layouts: Reader(&apart.layouts),
            columns: apart
                .columns
                .iter()
                .map(|(specification, bytes)| (*specification, Reader(bytes)))
                .collect(),
            room: BODY_INFLATED_BYTES,
        }
    }

    /// The body of the next change; `earlier` are the changes before it in the page.
    ///
    /// # Errors
    /// `Refusal::Damaged` when the parts do not fit together, `Refusal::TooLarge` when all of it is more than
    /// a message inflated may be.
    pub fn join(&mut self, earlier: &[ChangeHash]) -> Result<Vec<u8>, Refusal> {
        let dependencies = self.dependencies(earlier)?;
        let head = head(&mut self.heads)?;
        let (layout, lengths) = layout(&mut self.layouts)?;
        let columns = lengths.into_iter().map(|(specification, length)| {
            let length = usize::try_from(length).map_err(|_| Refusal::Damaged)?;
            let column = self.columns.get_mut(&specification).ok_or(Refusal::Damaged)?;
            Ok((specification, column.take(length)?))
        });
        let columns = columns.collect::<Result<_, Refusal>>()?;
        let body = Parts { dependencies, head, layout, columns }.together();
        self.room = self.room.checked_sub(body.len()).ok_or(Refusal::TooLarge)?;
        Ok(body)
    }

    fn dependencies(&mut self, earlier: &[ChangeHash]) -> Result<Vec<ChangeHash>, Refusal> {
        let count = self.heads.counted(CHANGE_DEPENDENCIES)?;
        let mut dependencies = Vec::new();
        for _ in 0..count {
            let back = usize::try_from(self.heads.uleb()?).map_err(|_| Refusal::Damaged)?;
            let found = match back {
                0 => self.dependencies.next(),
                _ => earlier.len().checked_sub(back).and_then(|place| earlier.get(place)),
            };
            dependencies.push(*found.ok_or(Refusal::Damaged)?);
        }
        Ok(dependencies)
    }

    /// Whether every part was used.
    pub fn is_done(&self) -> bool {
        self.heads.0.is_empty()
            && self.dependencies.len() == 0
            && self.layouts.0.is_empty()
            && self.columns.values().all(|column| column.0.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use automerge::transaction::Transactable;
    use automerge::{ActorId as AutomergeActor, Automerge, ROOT};
    use proptest::prelude::*;

    use super::*;
    use crate::change::RawChange;

    /// The changes of two people who write to one document, some of them beside each other.
    fn changes(rounds: usize) -> Vec<RawChange> {
        let mut wang = Automerge::new().with_actor(AutomergeActor::from([9u8; 16]));
        let mut li = wang.fork().with_actor(AutomergeActor::from([8u8; 16]));
        for round in 0..rounds {
            for (number, document) in [&mut wang, &mut li].into_iter().enumerate() {
                let mut transaction = document.transaction();
                transaction
                    .put(ROOT, "remark", format!("第{round}次，{}", "坡".repeat(number * 50)))
                    .unwrap();
                transaction.put(ROOT, format!("fact_{round}"), round as i64).unwrap();
                transaction.commit();
            }
            if round % 2 == 1 {
                wang.merge(&mut li).unwrap();
                li.merge(&mut wang).unwrap();
            }
        }
        wang.merge(&mut li).unwrap();
        wang.get_changes(&[])
            .iter()
            .map(|change| RawChange::from_chunk(change.raw_bytes()).unwrap())
            .collect()
    }

    fn apart(changes: &[RawChange]) -> (ChangeColumns, Vec<bool>) {
        let (mut columns, mut earlier) = (ChangeColumns::default(), HashMap::new());
        let taken = changes.iter().enumerate().map(|(index, change)| {
            let taken = columns.add(change.body(), index, &earlier);
            earlier.insert(change.hash(), index);
            taken
        });
        let taken = taken.collect();
        (columns, taken)
    }

    fn together(columns: &ChangeColumns, count: usize) -> Result<Vec<RawChange>, Refusal> {
        let (mut joiner, mut earlier) = (ChangeJoiner::new(columns), Vec::new());
        let joined = (0..count).map(|_| {
            let change = RawChange::from_body(&joiner.join(&earlier)?);
            earlier.push(change.hash());
            Ok(change)
        });
        let joined = joined.collect();
        assert!(joiner.is_done() || count == 0);
        joined
    }

    #[test]
    fn changes_come_together_as_they_were_and_name_no_dependency_that_is_there() {
        let changes = changes(20);
        let (columns, taken) = apart(&changes);
        assert!(taken.iter().all(|taken| *taken));
        assert_eq!(columns.dependencies, []);
        assert_eq!(together(&columns, changes.len()), Ok(changes));
    }

    #[test]
    fn a_dependency_that_is_elsewhere_travels() {
        let changes = changes(3);
        let (columns, _) = apart(&changes[2..]);
        assert!(!columns.dependencies.is_empty());
        assert_eq!(together(&columns, changes.len() - 2).unwrap(), changes[2..]);
    }

    #[test]
    fn a_change_that_would_come_together_otherwise_is_left_whole() {
        let change = changes(1).remove(0);
        let body = change.body();
        let longer = |bytes: &[u8]| [body, bytes].concat();
        // The length of the contents in two bytes where one is enough.
        let mut padded = vec![body[0], body[1] | 0x80, 0];
        padded.extend_from_slice(&body[2..]);
        for odd in [vec![], vec![9, 0], longer(&[0]), body[..body.len() - 1].to_vec(), padded] {
            let mut columns = ChangeColumns::default();
            assert!(!columns.add(&odd, 0, &HashMap::new()), "{odd:?}");
            assert_eq!(columns, ChangeColumns::default());
        }
    }

    #[test]
    fn references_cannot_be_made_into_more_than_a_message_holds() {
        let change = changes(1).remove(0);
        let (mut columns, _) = apart(std::slice::from_ref(&change));
        let (head, layout) = (columns.heads.split_off(1), std::mem::take(&mut columns.layouts));
        let rounds = BODY_INFLATED_BYTES / (32 * 1_000) + 1;
        columns.heads = [&[0xe8, 0x07][..], &[1; 1_000], &head].concat().repeat(rounds);
        columns.layouts = layout.repeat(rounds);
        columns.columns.values_mut().for_each(|column| *column = column.repeat(rounds));
        let mut joiner = ChangeJoiner::new(&columns);
        let last = (0..rounds).map(|_| joiner.join(&[change.hash()])).find(Result::is_err);
        assert_eq!(last, Some(Err(Refusal::TooLarge)));
    }

    proptest! {
        #[test]
        fn parts_from_a_stranger_are_changes_or_a_refusal(
            heads in prop::collection::vec(any::<u8>(), 0..64),
            layouts in prop::collection::vec(any::<u8>(), 0..16),
            column in prop::collection::vec(any::<u8>(), 0..64),
            flips in prop::collection::vec((any::<usize>(), any::<u8>()), 0..4),
        ) {
            let hostile = ChangeColumns {
                heads, layouts, columns: BTreeMap::from([(21, column)]), ..ChangeColumns::default()
            };
            let _ = ChangeJoiner::new(&hostile).join(&[]);
            let (mut columns, _) = apart(&changes(4));
            for (place, bits) in flips {
                let place = place % columns.heads.len();
                columns.heads[place] ^= bits;
            }
            let mut joiner = ChangeJoiner::new(&columns);
            let mut earlier = Vec::new();
            while let Ok(body) = joiner.join(&earlier) {
                earlier.push(RawChange::from_body(&body).hash());
            }
        }
    }
}
