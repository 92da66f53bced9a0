//! Comparing hashes: lists of what a phone may see of a log, and envelopes by their hash.

use std::collections::BTreeMap;

use ruhu_case::limits::{INVENTORY_HASHES, INVENTORY_LOGS, WANTED_ENVELOPES, WANTED_RAW};
use ruhu_sync::message::{Entries, Gap, GapKind, InventoryAsk, InventoryPage};
use ruhu_sync::{EnvelopeHash, LogId, SyncRequest};
use rusqlite::{OptionalExtension, params};

use super::damage::stored_envelope;
use super::documents;
use super::logs::LogRow;
use super::news::{Room, packed, reads_apart};
use super::unit_of_work::{UnitOfWork, View};
use crate::error::HubError;

/// Where an envelope stands that is asked for by its hash.
struct Found {
    log: i64,
    seq: u64,
    time_ms: i64,
    bytes: Vec<u8>,
    excluded: bool,
}

impl UnitOfWork<'_> {
    /// The pages asked for, as many as one answer holds; the phone asks again for the others.
    pub(super) fn inventories(
        &self,
        asks: &[InventoryAsk],
        view: &View,
    ) -> Result<Vec<InventoryPage>, HubError> {
        let (mut pages, mut left) = (Vec::new(), INVENTORY_HASHES);
        let asks: BTreeMap<LogId, &InventoryAsk> =
            asks.iter().take(INVENTORY_LOGS).map(|ask| (ask.log, ask)).collect();
        for ask in asks.into_values() {
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

    /// Those of the wanted envelopes that lie within the view and fit, in the order in which they are
    /// wanted. Of one that cannot be given whole it is said that it is a gap.
    pub(super) fn wanted(
        &self,
        request: &SyncRequest,
        view: &View,
        room: &mut Room,
        gaps: &mut Vec<Gap>,
    ) -> Result<Option<Entries>, HubError> {
        let want = &request.want;
        if want.is_empty() {
            return Ok(None);
        }
        let (mut rows, mut some) = (Vec::new(), false);
        let whole = *room;
        for hash in want.iter().take(WANTED_ENVELOPES) {
            let Some(found) = self.wanted_in_view(hash, view)? else { continue };
            let why = if found.excluded { GapKind::Excluded } else { GapKind::Damaged };
            let envelope = match why {
                GapKind::Excluded => None,
                GapKind::Damaged => stored_envelope(&found.bytes, hash).filter(|it| self.is_authentic(it)),
            };
            if !room.take(envelope.as_ref(), !some) || (some && room.used_of(&whole).raw > WANTED_RAW) {
                break;
            }
            some = true;
            match envelope {
                Some(envelope) => rows.push((envelope, found.seq, found.time_ms)),
                None => gaps.push(self.log_of_row(found.log)?.gap(found.seq, *hash, why)),
            }
        }
        Ok(Some(packed(&rows, reads_apart(request))))
    }

    fn wanted_in_view(&self, hash: &EnvelopeHash, view: &View) -> Result<Option<Found>, HubError> {
        let found = self
            .tx
            .prepare_cached(
                "SELECT log, seq, time_ms, bytes, doc, EXISTS (SELECT 1 FROM excluded x WHERE x.hash = ?1)
                 FROM envelopes WHERE hash = ?1",
            )?
            .query_row(params![hash.0], |row| {
                let found = Found {
                    log: row.get(0)?,
                    seq: row.get::<_, i64>(1)? as u64,
                    time_ms: row.get(2)?,
                    bytes: row.get(3)?,
                    excluded: row.get(5)?,
                };
                Ok((found, ruhu_case::DocId(row.get(4)?)))
            })
            .optional()?;
        let Some((found, doc)) = found else { return Ok(None) };
        let header = documents::header_of(self.tx, doc)?;
        let visible = header.is_some_and(|header| view.sees(&header));
        Ok(visible.then_some(found))
    }
}
