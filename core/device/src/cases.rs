//! Households: opening, listing, searching, showing, and the history of a field.

use ruhu_case::{DocKind, Write};
use ruhu_national::{Day, Division, IdNumber};
use ruhu_store::{CaseRow, Tx};
use ruhu_sync::{DocHeader, LogClass};

use crate::conflicts;
use crate::device::Device;
use crate::documents::LoadedDocument;
use crate::error::DeviceError;
use crate::hidden;
use crate::ids::{new_id, parse_id};
use crate::provenance::provenance;
use crate::views::{CaseSummary, CaseView, HistoryItem, NewCase};
use crate::writes::{order_key, text};

impl Device {
    /// Opens a household. A wrong ID number is refused with the rule that failed; without a number
    /// the household can still be opened.
    ///
    /// # Errors
    /// `not_enrolled`, `division`, `out_of_scope`, `id_number`, `case` when a text is too long,
    /// `randomness`, `damaged`, `disk_full` or `store`. Nothing is opened then.
    pub fn case_new(&self, new: NewCase) -> Result<CaseSummary, DeviceError> {
        let division = Division::parse(&new.division)?;
        self.identity().check_scope(&division)?;
        let idno = self.check_idno(new.idno.as_deref())?;
        let now_ms = self.host.now_ms();
        let id = new_id(self.host.as_ref())?;
        let person = new_id(self.host.as_ref())?.to_string();
        let writes = case_writes(&new, idno, &person, now_ms);
        let header = DocHeader { class: LogClass::Household, division, created_at_ms: now_ms };
        self.work(|work| {
            let creator = work.identity.actor()?;
            let mut loaded = LoadedDocument::new(id, &header, DocKind::Household, creator);
            work.write(&mut loaded, &writes)?;
            let row = work.tx.case_row(&id)?.into_iter().collect();
            self.summaries(work.tx, row)?.pop().ok_or(DeviceError::NotFound { what: "case" })
        })
    }

    fn check_idno(&self, idno: Option<&str>) -> Result<Option<IdNumber>, DeviceError> {
        let Some(idno) = idno.filter(|idno| !idno.trim().is_empty()) else { return Ok(None) };
        let local_ms = self.host.now_ms() + i64::from(self.host.utc_offset_minutes()) * 60_000;
        Ok(Some(IdNumber::parse(idno, Day::of_local_ms(local_ms))?))
    }

    /// A page of the case list, those last changed first. `division`: the first digits of a
    /// division code, or nothing for all.
    ///
    /// # Errors
    /// `damaged` or `store` when the store cannot be read.
    pub fn case_list(
        &self,
        division: &str,
        offset: u32,
        limit: u32,
    ) -> Result<Vec<CaseSummary>, DeviceError> {
        self.store.read(|tx| self.summaries(tx, tx.cases(division, offset, limit)?))
    }

    /// How many households there are. `division`: the first digits of a division code, or nothing for
    /// all.
    ///
    /// # Errors
    /// `damaged` or `store` when the store cannot be read.
    pub fn case_count(&self, division: &str) -> Result<u32, DeviceError> {
        Ok(self.store.read(|tx| tx.case_count(division))?)
    }

    /// Searches by name, the initials of its pinyin, the end of an ID number, or address.
    ///
    /// # Errors
    /// `damaged` or `store` when the store cannot be read.
    pub fn case_search(&self, query: &str, limit: u32) -> Result<Vec<CaseSummary>, DeviceError> {
        self.store.read(|tx| self.summaries(tx, tx.search_cases(query, limit)?))
    }

    fn summaries(&self, tx: &Tx<'_>, rows: Vec<CaseRow>) -> Result<Vec<CaseSummary>, DeviceError> {
        let pending = self.pending_of(tx, &rows.iter().map(|row| row.doc).collect::<Vec<_>>())?;
        let count = |row: &CaseRow| pending.get(&row.doc).copied().unwrap_or(0);
        Ok(rows.into_iter().map(|row| summary(count(&row), row)).collect())
    }

    /// A household as it stands.
    ///
    /// # Errors
    /// `not_found`; `damaged` or `store` when the store cannot be read.
    pub fn case_show(&self, case: &str) -> Result<CaseView, DeviceError> {
        let id = parse_id(case)?;
        self.store.read(|tx| {
            let loaded = LoadedDocument::get(tx, &id)?;
            Ok(CaseView {
                id: id.to_string(),
                division: loaded.row.division.clone(),
                heads: loaded.document.heads().iter().map(ToString::to_string).collect(),
                changes: u32::try_from(loaded.document.change_hashes().len()).unwrap_or(u32::MAX),
                household: loaded.document.household(),
                conflicts: conflicts::views(tx, &loaded)?,
                merged: loaded.document.merged(),
                hidden: hidden::of_document(tx, &id)?,
            })
        })
    }

    /// Corrects one text field of a household (`case/remark`, `people/<id>/phone`), outside any
    /// form. Writing what it already shows changes nothing.
    ///
    /// # Errors
    /// `not_found`, `not_enrolled`, `case` when the path names no field or the text is too long,
    /// `damaged`, `disk_full` or `store`.
    pub fn case_set(&self, case: &str, path: &str, value: &str) -> Result<(), DeviceError> {
        let id = parse_id(case)?;
        self.work(|work| {
            let mut loaded = LoadedDocument::get(work.tx, &id)?;
            work.write(&mut loaded, &[text(path, value)])?;
            Ok(())
        })
    }

    /// Every value a field had, oldest first, with author and times.
    ///
    /// # Errors
    /// `not_found`; `damaged` or `store` when the store cannot be read.
    pub fn case_history(&self, case: &str, path: &str) -> Result<Vec<HistoryItem>, DeviceError> {
        let id = parse_id(case)?;
        self.store.read(|tx| {
            let loaded = LoadedDocument::get(tx, &id)?;
            let entries = loaded.document.history(path);
            entries
                .into_iter()
                .map(|entry| {
                    let (author, server_time_ms) = provenance(tx, &id, &entry.change, &entry.actor)?;
                    Ok(HistoryItem {
                        text: entry.value.to_string(),
                        value: entry.value,
                        author,
                        phone_time_ms: entry.time_ms,
                        server_time_ms,
                        hidden: entry.hidden,
                        current: entry.current,
                    })
                })
                .collect()
        })
    }
}

fn case_writes(new: &NewCase, idno: Option<IdNumber>, person: &str, now_ms: i64) -> Vec<Write> {
    let member = format!("people/{person}");
    let mut writes = vec![
        text("case/head", person),
        text("case/address", new.address.trim()),
        text("case/status", "open"),
        text(format!("{member}/order"), order_key(now_ms)),
        text(format!("{member}/name"), new.name.trim()),
        text(format!("{member}/relation"), "户主"),
    ];
    if let Some(idno) = idno {
        writes.push(text(format!("{member}/idno"), idno.as_str()));
    }
    if let Some(phone) = new.phone.as_deref().filter(|phone| !phone.trim().is_empty()) {
        writes.push(text(format!("{member}/phone"), phone.trim()));
    }
    writes
}

fn summary(not_yet_safe: u32, row: CaseRow) -> CaseSummary {
    CaseSummary {
        id: row.doc.to_string(),
        name: row.name,
        division: row.division,
        address: row.address,
        id_tail: row.id_tail,
        people: row.people,
        conflicts: row.conflicts,
        not_yet_safe,
        status: row.status,
        updated_at_ms: row.updated_at_ms,
    }
}
