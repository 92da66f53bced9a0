//! What is new to a phone in the logs it may see.

use std::collections::{BTreeMap, BTreeSet};

use ruhu_case::ActorId;
use ruhu_sync::message::{ChainTail, Entries, LogNews, Position};
use ruhu_sync::{Envelope, EnvelopeHash, LogHead, LogId, Outcome, SyncRequest};
use rusqlite::{ToSql, named_params};

use super::logs::LogRow;
use super::unit_of_work::{UnitOfWork, View};
use crate::error::{HubError, StorageError};

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

/// How much may go into one answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Bytes before compression.
    pub raw: usize,
    /// Envelopes.
    pub rows: usize,
}

/// News, and how much it is.
#[derive(Debug, Default)]
pub(super) struct News {
    pub logs: Vec<LogNews>,
    pub raw: usize,
    pub rows: usize,
    /// Authors in logs that the phone begins to read: it knows none of them yet, and asking would
    /// cost it a round trip.
    pub newcomers: BTreeSet<ActorId>,
    /// A page said that more follows: the phone will ask again.
    more: bool,
}

impl News {
    fn is_full(&self, bounds: Bounds) -> bool {
        self.raw >= bounds.raw || self.rows >= bounds.rows
    }
}

/// One row of a log as it goes to a phone.
type Entry = (Envelope, u64, i64);

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
        bounds: Bounds,
    ) -> Result<News, HubError> {
        let positions: BTreeMap<LogId, Position> = request.positions.iter().map(|p| (p.log, *p)).collect();
        let mut news = News::default();
        for row in self.logs_in_view(view, positions.keys())? {
            let position = positions.get(&row.log);
            match self.standing(&row, position, &request.proofs)? {
                Standing::Prove => news.logs.push(LogNews::Prove { log: row.log }),
                Standing::Compare(epoch) => news.logs.push(LogNews::NewEpoch { log: row.log, epoch }),
                Standing::At(seq) => {
                    self.page(&row, seq, position.is_some(), own, view, bounds, &mut news)?;
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
        proofs: &[LogHead],
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
        let Some(proof) = proofs.iter().find(|proof| proof.log == row.log) else {
            return Ok(Standing::Prove);
        };
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
    #[allow(clippy::too_many_arguments)]
    fn page(
        &self,
        row: &LogRow,
        after: u64,
        known: bool,
        own: &Own,
        view: &View,
        bounds: Bounds,
        news: &mut News,
    ) -> Result<(), HubError> {
        let sum = self.sum_in_view(row, view)?;
        if after == row.head || (!known && sum.count == 0) {
            return Ok(());
        }
        if news.is_full(bounds) {
            // One unfinished log is enough to bring the phone back.
            if !news.more {
                let chain = self.chain_at(row, after)?.unwrap_or_default();
                let head = self.head_at(row, after, chain);
                news.logs.push(LogNews::Page { head, entries: Entries::default(), sum: None });
                news.more = true;
            }
            return Ok(());
        }
        let (entries, last) = self.entries_after(row, after, own, view, bounds, news)?;
        if !known {
            news.newcomers.extend(entries.iter().map(|(envelope, _, _)| envelope.actor));
        }
        let (head, sum) = match last {
            Some((seq, chain)) => (self.head_at(row, seq, chain), None),
            None => (self.head(row), Some(sum)),
        };
        news.more |= sum.is_none();
        news.logs.push(LogNews::Page { head, entries: Entries::pack(&entries), sum });
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
        bounds: Bounds,
        news: &mut News,
    ) -> Result<(Vec<Entry>, Option<(u64, [u8; 32])>), HubError> {
        let division = view.narrowed_to(row.log.class);
        let narrow = if division.is_some() { "AND division = :division" } else { "" };
        let mut select = self.tx.prepare_cached(&format!(
            "SELECT seq, time_ms, bytes, chain, hash FROM envelopes WHERE log = :log AND seq > :after {narrow}
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
            if news.is_full(bounds) {
                return Ok((entries, last));
            }
            if own.held.contains(&EnvelopeHash(found.get(4)?)) {
                continue;
            }
            let bytes: Vec<u8> = found.get(2)?;
            let envelope = Envelope::from_bytes(&bytes).map_err(|_| StorageError::Damaged("an envelope"))?;
            let seq = found.get::<_, i64>(0)? as u64;
            news.raw += envelope.raw_size();
            news.rows += 1;
            last = Some((seq, found.get(3)?));
            entries.push((envelope, seq, found.get(1)?));
        }
        Ok((entries, None))
    }
}
