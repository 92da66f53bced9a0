//! Comparing hashes: lists of what a phone may see of a log, and envelopes by their hash.

use ruhu_sync::message::{Entries, INVENTORY_PAGE, InventoryAsk, InventoryPage};
use ruhu_sync::{Envelope, EnvelopeHash, LogId};
use rusqlite::{OptionalExtension, params};

use super::documents;
use super::logs::LogRow;
use super::unit_of_work::{UnitOfWork, View};
use crate::error::{HubError, StorageError};

/// The most envelopes given by hash in one answer.
const WANTED_ROWS: usize = 500;
/// The most bytes of them, before compression.
const WANTED_RAW: usize = 4 * 1024 * 1024;

impl UnitOfWork<'_> {
    /// The pages asked for, as many as one answer holds; the phone asks again for the others.
    pub(super) fn inventories(
        &self,
        asks: &[InventoryAsk],
        view: &View,
    ) -> Result<Vec<InventoryPage>, HubError> {
        let (mut pages, mut left) = (Vec::new(), INVENTORY_PAGE);
        for ask in asks {
            if left == 0 {
                break;
            }
            let page = match view.sees_log(&ask.log) {
                true => self.inventory(ask, view, left)?,
                false => self.nothing_of(&ask.log),
            };
            left = left.saturating_sub(page.hashes.len());
            pages.push(page);
        }
        Ok(pages)
    }

    fn inventory(&self, ask: &InventoryAsk, view: &View, limit: usize) -> Result<InventoryPage, HubError> {
        let row = self.log(&ask.log)?;
        let mut select = self.tx.prepare_cached(
            "SELECT hash, seq FROM envelopes WHERE log = ?1 AND seq > ?2 AND (?3 IS NULL OR division = ?3)
             ORDER BY seq LIMIT ?4",
        )?;
        let after = i64::try_from(ask.after).unwrap_or(i64::MAX);
        let limit_and_one = i64::try_from(limit + 1).unwrap_or(i64::MAX);
        let found = select
            .query_map(params![row.id, after, view.narrowed_to(row.log.class), limit_and_one], |found| {
                Ok((EnvelopeHash(found.get(0)?), found.get::<_, i64>(1)? as u64))
            })?;
        let mut rows: Vec<(EnvelopeHash, u64)> = found.collect::<Result<_, _>>()?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let head = match rows.last().filter(|_| more) {
            Some((_, seq)) => self.head_at(&row, *seq, self.chain_at(&row, *seq)?.unwrap_or_default()),
            None => self.head(&row),
        };
        Ok(InventoryPage::new(ask.log, &rows, head, more))
    }

    /// What is said of a log outside the view: nothing that depends on what is in it.
    fn nothing_of(&self, log: &LogId) -> InventoryPage {
        let row = LogRow::empty(*log);
        InventoryPage::new(*log, &[], self.head(&row), false)
    }

    /// Those of the wanted envelopes that lie within the view.
    pub(super) fn wanted(&self, want: &[EnvelopeHash], view: &View) -> Result<Option<Entries>, HubError> {
        if want.is_empty() {
            return Ok(None);
        }
        let (mut rows, mut raw) = (Vec::new(), 0);
        for hash in want.iter().take(WANTED_ROWS) {
            if raw >= WANTED_RAW {
                break;
            }
            if let Some(row) = self.envelope_in_view(hash, view)? {
                raw += row.0.raw_size();
                rows.push(row);
            }
        }
        Ok(Some(Entries::pack(&rows)))
    }

    fn envelope_in_view(
        &self,
        hash: &EnvelopeHash,
        view: &View,
    ) -> Result<Option<(Envelope, u64, i64)>, HubError> {
        let found: Option<(Vec<u8>, i64, i64)> = self
            .tx
            .prepare_cached("SELECT bytes, seq, time_ms FROM envelopes WHERE hash = ?1")?
            .query_row(params![hash.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((bytes, seq, time_ms)) = found else { return Ok(None) };
        let envelope = Envelope::from_bytes(&bytes).map_err(|_| StorageError::Damaged("an envelope"))?;
        let header = documents::header_of(self.tx, envelope.doc)?;
        let visible = header.is_some_and(|header| view.sees(&header));
        Ok(visible.then_some((envelope, seq as u64, time_ms)))
    }
}
