//! An open visit moves to a newer version of its form: when somebody says so, never by itself.

use ruhu_form::{Migration, MigrationError, MigrationReport, migrate};
use ruhu_store::{DraftRow, DraftState, Tx};

use crate::device::Device;
use crate::error::DeviceError;
use crate::journal::{self, Journalled};
use crate::sessions::{self, Slot};
use crate::views::VisitMigration;

impl Device {
    /// What would happen to the answers of an open visit if it moved to the newest version of its
    /// form, the one that a visit begun now would have. Nothing when the visit has it. Changes
    /// nothing.
    ///
    /// # Errors
    /// Those of [`Device::visit_migrate`].
    pub fn visit_migration(&self, visit: &str) -> Result<Option<MigrationReport>, DeviceError> {
        let slot = self.sessions.slot(visit);
        let mut slot = sessions::lock(&slot);
        let draft = self.open_draft(visit)?;
        let Some(newer) = self.store.read(|tx| newer_version(tx, &draft))? else { return Ok(None) };
        Ok(Some(self.migrated(&mut slot, &draft, &newer)?.report))
    }

    /// Moves an open visit to the newest version of its form. `version` is the one that was looked
    /// at with [`Device::visit_migration`]: should a newer one have come since, nothing is done.
    /// When this returns, the visit is of the new version on the disk; what the new version has no
    /// place for stands in the report, which is kept with the visit. The household is not touched
    /// before the visit is saved.
    ///
    /// # Errors
    /// [`DeviceError::NoSuchMigration`] when `version` is not the newest or is the visit's own,
    /// [`DeviceError::VisitClosed`], [`DeviceError::Form`] when the new version cannot be read,
    /// [`DeviceError::Answer`] when it cannot hold as much as was entered. The visit stays as it is.
    pub fn visit_migrate(&self, visit: &str, version: &str) -> Result<VisitMigration, DeviceError> {
        let slot = self.sessions.slot(visit);
        let mut slot = sessions::lock(&slot);
        let mut draft = self.open_draft(visit)?;
        if self.store.read(|tx| newer_version(tx, &draft))?.as_deref() != Some(version) {
            return Err(DeviceError::NoSuchMigration);
        }
        let Migration { session, report, environment, entry, .. } =
            self.migrated(&mut slot, &draft, version)?;
        let done = VisitMigration { at_ms: self.host.now_ms(), report };
        let kept = Journalled { at_ms: environment.now_ms, entry, migration: Some(done.clone()) }.encode()?;
        draft.form_version = version.to_owned();
        let settled = self.store.settle(visit)?;
        // One transaction: a phone that dies here has the old visit or the new one.
        self.store.write(|tx| {
            tx.append_journal(&settled, &kept)?;
            tx.put_draft(&draft)
        })?;
        *slot = Some(session);
        Ok(done)
    }

    /// What the migrations of a visit did, the first one first: answers that were dropped can be
    /// read here as long as the visit is on the device, after it was closed too.
    ///
    /// # Errors
    /// `not_found`; `damaged` or `store` when the store cannot be read.
    pub fn visit_migrations(&self, visit: &str) -> Result<Vec<VisitMigration>, DeviceError> {
        let draft = self.find_draft(visit)?;
        let journal = self.store.read(|tx| journal::read(tx, &draft.id))?;
        Ok(journal.into_iter().filter_map(|kept| kept.migration).collect())
    }

    /// The visit as it would be with another version of its form. Nothing is written.
    fn migrated(&self, slot: &mut Slot, draft: &DraftRow, version: &str) -> Result<Migration, DeviceError> {
        let form = self.form(&draft.form_id, version)?;
        migrate(self.session(slot, draft)?, form).map_err(refused)
    }
}

/// The version of its form that an open visit can move to: the newest on the device, as for a visit
/// that begins, if it is newer than the visit's own.
pub(crate) fn newer_version(tx: &Tx<'_>, draft: &DraftRow) -> Result<Option<String>, DeviceError> {
    match draft.state {
        DraftState::Closed => Ok(None),
        DraftState::Open => Ok(tx.version_after(&draft.form_id, &draft.form_version)?),
    }
}

fn refused(error: MigrationError) -> DeviceError {
    match error {
        MigrationError::Answer(error) => error.into(),
        // A form lies under its own id: `form_install` sees to it.
        MigrationError::OtherForm { .. } => DeviceError::Stored("a form under another form's id".into()),
    }
}
