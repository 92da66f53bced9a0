//! The logs: a counter, a chain and checksums per log, changed only in the transaction that appends.

use ruhu_case::ActorId;
use ruhu_sync::message::{Gap, GapKind, Position};
use ruhu_sync::{
    ChainHash, DocHeader, Envelope, EnvelopeHash, LogClass, LogHead, LogId, LogSum, Outcome, chain_next,
};
use rusqlite::{OptionalExtension, Row, params};

use super::unit_of_work::{UnitOfWork, View};
use crate::error::{HubError, StorageError};

/// The row of a log.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LogRow {
    pub id: i64,
    pub log: LogId,
    pub epoch: u64,
    pub head: u64,
    pub chain: ChainHash,
}

impl LogRow {
    /// A log that nothing was written to yet. Its row is made by who writes first.
    pub(super) fn empty(log: LogId) -> LogRow {
        LogRow { id: 0, log, epoch: 1, head: 0, chain: [0; 32] }
    }

    /// An entry of this log whose content is not given.
    pub(super) fn gap(&self, seq: u64, envelope: EnvelopeHash, why: GapKind) -> Gap {
        Gap { log: self.log, epoch: self.epoch, seq, envelope, why }
    }
}

const COLUMNS: &str = "id, township, class, epoch, head, chain";

pub(super) fn log_row(row: &Row<'_>) -> rusqlite::Result<Option<LogRow>> {
    let (township, class): (String, u8) = (row.get(1)?, row.get(2)?);
    let log = LogClass::from_code(class).and_then(|class| LogId::new(&township, class).ok());
    let (id, epoch, head, chain) = (row.get(0)?, row.get::<_, i64>(3)?, row.get::<_, i64>(4)?, row.get(5)?);
    Ok(log.map(|log| LogRow { id, log, epoch: epoch as u64, head: head as u64, chain }))
}

fn sound(row: Option<LogRow>) -> Result<LogRow, HubError> {
    row.ok_or_else(|| StorageError::Damaged("the name of a log").into())
}

/// A row whose name cannot be read is passed over: the check names it.
fn named(row: Option<LogRow>) -> Option<LogRow> {
    if row.is_none() {
        tracing::warn!("the name of a log is damaged; it is passed over");
    }
    row
}

impl UnitOfWork<'_> {
    /// A log as it stands; epoch 1 and empty when nothing was written to it.
    pub(super) fn log(&self, log: &LogId) -> Result<LogRow, HubError> {
        let found = self
            .tx
            .prepare_cached(&format!("SELECT {COLUMNS} FROM logs WHERE township = ?1 AND class = ?2"))?
            .query_row(params![log.township(), log.class.code()], log_row)
            .optional()?;
        found.map_or_else(|| Ok(LogRow::empty(*log)), sound)
    }

    /// A log by the number of its row.
    pub(super) fn log_of_row(&self, id: i64) -> Result<LogRow, HubError> {
        let row = self
            .tx
            .prepare_cached(&format!("SELECT {COLUMNS} FROM logs WHERE id = ?1"))?
            .query_row([id], log_row)?;
        sound(row)
    }

    fn log_to_write(&self, log: &LogId) -> Result<LogRow, HubError> {
        self.tx
            .prepare_cached(
                "INSERT INTO logs (township, class, epoch, head, chain) VALUES (?1, ?2, 1, 0, zeroblob(32))
                 ON CONFLICT (township, class) DO NOTHING",
            )?
            .execute(params![log.township(), log.class.code()])?;
        self.log(log)
    }

    /// Every log that something was written to, in a fixed order.
    pub(super) fn logs(&self) -> Result<Vec<LogRow>, HubError> {
        let mut select =
            self.tx.prepare_cached(&format!("SELECT {COLUMNS} FROM logs ORDER BY township, class"))?;
        let rows = select.query_map([], log_row)?;
        let rows: Vec<Option<LogRow>> = rows.collect::<Result<_, _>>()?;
        Ok(rows.into_iter().filter_map(named).collect())
    }

    /// The logs an author wrote in.
    pub(super) fn logs_of_author(&self, actor: ActorId) -> Result<Vec<LogId>, HubError> {
        let mut select = self.tx.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM logs WHERE id IN (SELECT log FROM author_logs WHERE actor = ?1)"
        ))?;
        let rows = select.query_map([actor.0], log_row)?;
        let rows: Vec<Option<LogRow>> = rows.collect::<Result<_, _>>()?;
        Ok(rows.into_iter().filter_map(named).map(|row| row.log).collect())
    }

    /// Appends an envelope that was judged before, and gives its place.
    pub(super) fn append(
        &self,
        envelope: &Envelope,
        hash: EnvelopeHash,
        header: &DocHeader,
    ) -> Result<Outcome, HubError> {
        let id = header.log().ok_or(StorageError::Damaged("a division"))?;
        let row = self.log_to_write(&id)?;
        let (seq, chain) = (row.head + 1, chain_next(&row.chain, &hash));
        self.register(envelope.doc, header)?;
        let hidden = self.verdict_hides(&hash)?;
        self.tx
            .prepare_cached(
                "INSERT INTO envelopes (hash, log, seq, doc, division, actor, author_seq, prev, time_ms,
                                        chain, hidden, bytes)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            )?
            .execute(params![
                hash.0,
                row.id,
                seq as i64,
                envelope.doc.0,
                header.division.as_str(),
                envelope.actor.0,
                envelope.seq as i64,
                envelope.prev.0,
                self.now_ms,
                chain,
                hidden,
                envelope.to_bytes(),
            ])?;
        self.keep_changes(envelope, self.tx.last_insert_rowid())?;
        self.move_head(&row, seq, chain)?;
        self.add_to_sum(row.id, header, &hash)?;
        self.tx
            .prepare_cached("INSERT INTO author_logs (actor, log) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
            .execute(params![envelope.actor.0, row.id])?;
        Ok(Outcome::Held { log: id, epoch: row.epoch, seq })
    }

    fn move_head(&self, row: &LogRow, seq: u64, chain: ChainHash) -> Result<(), HubError> {
        self.tx
            .prepare_cached("UPDATE logs SET head = ?2, chain = ?3 WHERE id = ?1")?
            .execute(params![row.id, seq as i64, chain])?;
        Ok(())
    }

    /// Where an envelope stands, when it stands in a log.
    pub(super) fn place_of(&self, hash: &EnvelopeHash) -> Result<Option<Outcome>, HubError> {
        let found: Option<(i64, i64)> = self
            .tx
            .prepare_cached("SELECT log, seq FROM envelopes WHERE hash = ?1")?
            .query_row([hash.0], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((log, seq)) = found else { return Ok(None) };
        let row = self.log_of_row(log)?;
        Ok(Some(Outcome::Held { log: row.log, epoch: row.epoch, seq: seq as u64 }))
    }

    /// The server's word on a position of a log.
    pub(super) fn head_at(&self, row: &LogRow, seq: u64, chain: ChainHash) -> LogHead {
        LogHead::sign(self.key, row.log, row.epoch, seq, chain)
    }

    /// The server's word on the end of a log.
    pub(super) fn head(&self, row: &LogRow) -> LogHead {
        self.head_at(row, row.head, row.chain)
    }

    /// The chain hash at a position; `None` beyond the end.
    pub(super) fn chain_at(&self, row: &LogRow, seq: u64) -> Result<Option<ChainHash>, HubError> {
        match seq {
            0 => Ok(Some([0; 32])),
            _ if seq > row.head => Ok(None),
            _ => Ok(self
                .tx
                .prepare_cached("SELECT chain FROM envelopes WHERE log = ?1 AND seq = ?2")?
                .query_row(params![row.id, seq as i64], |found| found.get(0))
                .optional()?),
        }
    }

    /// Whether a phone's position is one at which this log stood in its present epoch.
    pub(super) fn stood_at(&self, row: &LogRow, position: &Position) -> Result<bool, HubError> {
        let chain = self.chain_at(row, position.seq)?;
        Ok(position.epoch == row.epoch && chain.is_some_and(|chain| chain.starts_with(&position.chain)))
    }

    /// Raises the epoch of a log above its own and above `seen`, and gives the new one.
    pub(super) fn raise_epoch(&self, log: &LogId, seen: u64) -> Result<u64, HubError> {
        let row = self.log_to_write(log)?;
        let epoch = row.epoch.max(seen).saturating_add(1).min(i64::MAX as u64);
        self.tx.execute("UPDATE logs SET epoch = ?2 WHERE id = ?1", params![row.id, epoch as i64])?;
        Ok(epoch)
    }

    fn add_to_sum(&self, log: i64, header: &DocHeader, hash: &EnvelopeHash) -> Result<(), HubError> {
        let division = header.division.as_str();
        let found = self
            .tx
            .prepare_cached("SELECT count, sum FROM log_sums WHERE log = ?1 AND division = ?2")?
            .query_row(params![log, division], log_sum)
            .optional()?;
        let mut sum = found.unwrap_or_default();
        sum.add(hash);
        self.tx
            .prepare_cached(
                "INSERT OR REPLACE INTO log_sums (log, division, count, sum) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![log, division, sum.count as i64, sum.sum])?;
        Ok(())
    }

    /// The checksum of what a view has of a log.
    pub(super) fn sum_in_view(&self, row: &LogRow, view: &View) -> Result<LogSum, HubError> {
        let mut select = self.tx.prepare_cached(
            "SELECT count, sum FROM log_sums WHERE log = ?1 AND (?2 IS NULL OR division = ?2)",
        )?;
        let sums = select.query_map(params![row.id, view.narrowed_to(row.log.class)], log_sum)?;
        let mut total = LogSum::default();
        for sum in sums {
            total = total.merged(sum?);
        }
        Ok(total)
    }
}

pub(super) fn log_sum(row: &Row<'_>) -> rusqlite::Result<LogSum> {
    Ok(LogSum { count: row.get::<_, i64>(0)? as u64, sum: row.get(1)? })
}
