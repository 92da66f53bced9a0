//! What is new to a phone in the logs it may see.

use std::collections::{BTreeMap, BTreeSet};

use ruhu_case::ActorId;
use ruhu_case::limits::{ENVELOPE_OVERHEAD, PAGE_BYTES, PAGE_CHANGES, PAGE_ENVELOPES, PAGE_RAW};
use ruhu_sync::message::{ChainTail, Entries, Gap, GapKind, LogNews, Position};
use ruhu_sync::{Envelope, EnvelopeHash, LogHead, LogId, Outcome, SyncRequest};
use rusqlite::{ToSql, named_params};

use super::damage::stored_envelope;
use super::logs::LogRow;
use super::unit_of_work::{UnitOfWork, View};
use crate::error::HubError;

/// What the phone need not be sent back: it has just said that it has it.
#[derive(Debug)]
pub(super) struct Own {
    /// The end of that part of its chain which it knows to be held here.
    pub tail: Option<ChainTail>,
    /// What it pushed in this request and is held here.
    pub held: BTreeSet<EnvelopeHash>,
    /// The highest place of its chain that it pushed in this request.
    pub pushed_to: u64,
}

impl Own {
    pub(super) fn of(request: &SyncRequest, pushed: &[Envelope], outcomes: &[Outcome]) -> Own {
        let taken =
            pushed.iter().zip(outcomes).filter(|(_, o)| matches!(o, Outcome::Held { .. })).map(|(e, _)| e);
        let actor = request.tail.map(|tail| tail.actor);
        let places = pushed.iter().filter(|e| Some(e.actor) == actor).map(|e| e.seq);
        Own {
            tail: request.tail,
            held: taken.map(Envelope::hash).collect(),
            pushed_to: places.max().unwrap_or(0),
        }
    }
}

/// How much may still go into one answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// Bytes before compression.
    pub raw: usize,
    /// Envelopes.
    pub rows: usize,
    /// Changes of all envelopes.
    pub changes: usize,
}

impl Default for Room {
    fn default() -> Room {
        Room { raw: PAGE_RAW, rows: PAGE_ENVELOPES, changes: PAGE_CHANGES }
    }
}

impl Room {
    /// What fills a page of so many bytes on the wire, as [`PAGE_RAW`] fills a whole one.
    pub(super) fn of_page(bytes: usize) -> Room {
        Room { raw: PAGE_RAW / PAGE_BYTES * bytes, ..Room::default() }
    }

    /// Whether an entry fits. The first of an answer always does: without it none would ever come.
    pub(super) fn take(&mut self, envelope: Option<&Envelope>, is_first: bool) -> bool {
        let changes = envelope.map_or(0, |envelope| envelope.changes().len());
        // The length of each change stands in a column of its own.
        let raw = envelope.map_or(ENVELOPE_OVERHEAD, Envelope::raw_size) + 4 * changes;
        if !is_first && (self.rows == 0 || raw > self.raw || changes > self.changes) {
            return false;
        }
        self.raw = self.raw.saturating_sub(raw);
        self.rows = self.rows.saturating_sub(1);
        self.changes = self.changes.saturating_sub(changes);
        true
    }

    /// What was taken of the whole when this is left.
    pub(super) fn used_of(&self, whole: &Room) -> Room {
        Room {
            raw: whole.raw - self.raw,
            rows: whole.rows - self.rows,
            changes: whole.changes - self.changes,
        }
    }

    /// So many times less, with a little room: compression is not linear.
    pub(super) fn shrunk(&self, times: usize) -> Room {
        let room = Room::default();
        Room { raw: (self.raw / 16 * 15 / times).max(1), rows: self.rows - 1, changes: room.changes }
    }
}

/// News of logs.
#[derive(Debug, Default)]
pub(super) struct News {
    pub logs: Vec<LogNews>,
    /// Entries within the pages whose content is not given.
    pub gaps: Vec<Gap>,
    /// Authors in logs that the phone begins to read: it knows none of them yet, and asking would
    /// cost it a round trip.
    pub newcomers: BTreeSet<ActorId>,
    /// A page is full: what follows comes with the next answer.
    full: bool,
    /// A page said that more follows: the phone will ask again.
    more: bool,
    rows: usize,
    /// The phone reads pages whose changes are taken apart.
    reads_apart: bool,
}

/// One row of a log as it goes to a phone.
type Entry = (Envelope, u64, i64);

/// Whether the phone says that it reads pages whose changes are taken apart.
pub(super) fn reads_apart(request: &SyncRequest) -> bool {
    request.reads_apart == Some(true)
}

/// Entries in the fewest bytes that the phone reads.
pub(super) fn packed(entries: &[Entry], reads_apart: bool) -> Entries {
    match reads_apart {
        true => Entries::pack_small(entries),
        false => Entries::pack(entries),
    }
}

/// How a phone's position stands to a log.
enum Standing {
    /// The phone stands at this sequence number of this log.
    At(u64),
    /// The phone shall present the server's signature on its position.
    Prove,
    /// The phone shall compare hashes: the log's epoch is this one.
    Compare(u64),
}

impl UnitOfWork<'_> {
    /// The news for a phone, log by log. A log without news does not appear.
    pub(super) fn news(
        &self,
        request: &SyncRequest,
        own: &Own,
        view: &View,
        room: &mut Room,
    ) -> Result<News, HubError> {
        let proofs: BTreeMap<LogId, &LogHead> =
            request.proofs.iter().map(|proof| (proof.log, proof)).collect();
        let positions: BTreeMap<LogId, Position> = request.positions.iter().map(|p| (p.log, *p)).collect();
        let mut news = News { reads_apart: reads_apart(request), ..News::default() };
        for row in self.logs_in_view(view, positions.keys())? {
            let position = positions.get(&row.log);
            match self.standing(&row, position, proofs.get(&row.log).copied())? {
                Standing::Prove => news.logs.push(LogNews::Prove { log: row.log }),
                Standing::Compare(epoch) => news.logs.push(LogNews::NewEpoch { log: row.log, epoch }),
                Standing::At(seq) => {
                    self.page(&row, (seq, position.is_some()), own, view, room, &mut news)?;
                }
            }
        }
        Ok(news)
    }

    /// The logs the view touches: those that exist here, and those the phone says it knows.
    fn logs_in_view<'a>(
        &self,
        view: &View,
        known: impl Iterator<Item = &'a LogId>,
    ) -> Result<Vec<LogRow>, HubError> {
        let mut rows: Vec<LogRow> = self.logs()?.into_iter().filter(|row| view.sees_log(&row.log)).collect();
        let here: BTreeSet<LogId> = rows.iter().map(|row| row.log).collect();
        for log in known.filter(|log| view.sees_log(log) && !here.contains(log)) {
            rows.push(self.log(log)?);
        }
        Ok(rows)
    }

    fn standing(
        &self,
        row: &LogRow,
        position: Option<&Position>,
        proof: Option<&LogHead>,
    ) -> Result<Standing, HubError> {
        let Some(position) = position.filter(|position| position.seq > 0) else {
            return Ok(Standing::At(0));
        };
        if self.stood_at(row, position)? {
            return Ok(Standing::At(position.seq));
        }
        if position.epoch < row.epoch {
            return Ok(Standing::Compare(row.epoch));
        }
        let Some(proof) = proof else { return Ok(Standing::Prove) };
        let epoch = match self.proves_a_restore(row, position, proof)? {
            true => self.raise_epoch(&row.log, position.epoch)?,
            false => row.epoch,
        };
        Ok(Standing::Compare(epoch))
    }

    /// Whether this server once signed a position at which this log never stood: then it was restored
    /// from an older copy since.
    fn proves_a_restore(&self, row: &LogRow, position: &Position, proof: &LogHead) -> Result<bool, HubError> {
        let same = proof.epoch == position.epoch && proof.seq == position.seq;
        let known = proof.epoch == row.epoch && self.chain_at(row, proof.seq)? == Some(proof.chain);
        Ok(same && !known && proof.is_signed_by(&self.public_key()))
    }

    /// Adds the page of a log after a position, if there is anything to say.
    fn page(
        &self,
        row: &LogRow,
        (after, known): (u64, bool),
        own: &Own,
        view: &View,
        room: &mut Room,
        news: &mut News,
    ) -> Result<(), HubError> {
        let sum = self.sum_in_view(row, view)?;
        if after == row.head || (!known && sum.count == 0) {
            return Ok(());
        }
        if news.full {
            // One unfinished log is enough to bring the phone back.
            if !news.more {
                let chain = self.chain_at(row, after)?.unwrap_or_default();
                let head = self.head_at(row, after, chain);
                news.logs.push(LogNews::Page { head, entries: Entries::default(), sum: None });
                news.more = true;
            }
            return Ok(());
        }
        let (entries, last) = self.entries_after(row, after, own, view, room, news)?;
        if !known {
            news.newcomers.extend(entries.iter().map(|(envelope, _, _)| envelope.actor));
        }
        let (head, sum) = match last {
            Some((seq, chain)) => (self.head_at(row, seq, chain), None),
            None => (self.head(row), Some(sum)),
        };
        news.more |= sum.is_none();
        news.logs.push(LogNews::Page { head, entries: packed(&entries, news.reads_apart), sum });
        Ok(())
    }

    /// The entries after a position that the phone may see and has not made itself, and, when more
    /// follow, where these end.
    #[allow(clippy::type_complexity)]
    fn entries_after(
        &self,
        row: &LogRow,
        after: u64,
        own: &Own,
        view: &View,
        room: &mut Room,
        news: &mut News,
    ) -> Result<(Vec<Entry>, Option<(u64, [u8; 32])>), HubError> {
        let division = view.narrowed_to(row.log.class);
        let narrow = if division.is_some() { "AND division = :division" } else { "" };
        let mut select = self.tx.prepare_cached(&format!(
            "SELECT seq, time_ms, bytes, chain, hash,
                    EXISTS (SELECT 1 FROM excluded x WHERE x.hash = envelopes.hash) FROM envelopes WHERE log = :log AND seq > :after {narrow}
             AND NOT (actor = :actor AND author_seq <= :own) ORDER BY seq"
        ))?;
        let actor = own.tail.map_or([0; 16], |tail| tail.actor.0);
        let own_seq = own.tail.map_or(0, |tail| i64::try_from(tail.seq).unwrap_or(i64::MAX));
        let after = after as i64;
        let mut parameters: Vec<(&str, &dyn ToSql)> = named_params! {
            ":log": row.id, ":after": after, ":actor": actor, ":own": own_seq,
        }
        .to_vec();
        if division.is_some() {
            parameters.push((":division", &division));
        }
        let mut rows = select.query(parameters.as_slice())?;
        let (mut entries, mut last) = (Vec::new(), None);
        while let Some(found) = rows.next()? {
            let (seq, hash) = (found.get::<_, i64>(0)? as u64, EnvelopeHash(found.get(4)?));
            if own.held.contains(&hash) {
                continue;
            }
            let why = if found.get(5)? { GapKind::Excluded } else { GapKind::Damaged };
            let envelope = match why {
                GapKind::Excluded => None,
                GapKind::Damaged => stored_envelope(&found.get::<_, Vec<u8>>(2)?, &hash),
            };
            if !room.take(envelope.as_ref(), news.rows == 0) {
                news.full = true;
                let chain = self.chain_at(row, after as u64)?.unwrap_or_default();
                return Ok((entries, last.or(Some((after as u64, chain)))));
            }
            news.rows += 1;
            last = Some((seq, found.get(3)?));
            match envelope {
                Some(envelope) => entries.push((envelope, seq, found.get(1)?)),
                None => news.gaps.push(row.gap(seq, hash, why)),
            }
        }
        Ok((entries, None))
    }
}
