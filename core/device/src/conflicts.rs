//! Conflicts: listing them with authors and times, and settling one.

use ruhu_case::{Value, Write};
use ruhu_store::Tx;

use crate::device::Device;
use crate::documents::LoadedDocument;
use crate::error::DeviceError;
use crate::ids::parse_id;
use crate::provenance::provenance;
use crate::views::{ConflictChoice, ConflictView};

impl Device {
    /// The fields of a household that stand in conflict.
    ///
    /// # Errors
    /// `not_found`; `damaged` or `store` when the store cannot be read.
    pub fn conflicts(&self, case: &str) -> Result<Vec<ConflictView>, DeviceError> {
        let id = parse_id(case)?;
        self.store.read(|tx| views(tx, &LoadedDocument::get(tx, &id)?))
    }

    /// Settles a conflict for one of its values, given as text as [`ConflictChoice::text`] shows
    /// it. Settling is a signed change like any other: it can be seen in the history.
    ///
    /// # Errors
    /// `not_found`, `not_enrolled`, `no_such_conflict`, `damaged`, `disk_full` or `store`. The
    /// conflict stays then.
    pub fn resolve(&self, case: &str, path: &str, choice: &str) -> Result<(), DeviceError> {
        let id = parse_id(case)?;
        self.work(|work| {
            let mut loaded = LoadedDocument::get(work.tx, &id)?;
            let value = chosen(&loaded, path, choice)?;
            work.write(&mut loaded, &[Write::Resolve { path: path.to_owned(), value }])?;
            Ok(())
        })
    }
}

fn chosen(loaded: &LoadedDocument, path: &str, choice: &str) -> Result<Value, DeviceError> {
    let conflicts = loaded.document.conflicts();
    let conflict = conflicts.into_iter().find(|c| c.path == path).ok_or(DeviceError::NoSuchConflict)?;
    let values = conflict.values.into_iter().map(|v| v.value);
    values.into_iter().find(|value| value.to_string() == choice).ok_or(DeviceError::NoSuchConflict)
}

/// The conflicts of a document as people see them.
pub(crate) fn views(tx: &Tx<'_>, loaded: &LoadedDocument) -> Result<Vec<ConflictView>, DeviceError> {
    let eligibility = tx.eligibility_paths()?;
    let mut views = Vec::new();
    for conflict in loaded.document.conflicts() {
        let mut choices = Vec::with_capacity(conflict.values.len());
        for value in conflict.values {
            let (author, server_time_ms) = provenance(tx, &loaded.row.id, &value.change, &value.actor)?;
            choices.push(ConflictChoice {
                text: value.value.to_string(),
                value: value.value,
                author,
                phone_time_ms: value.time_ms,
                server_time_ms,
                shown: value.shown,
            });
        }
        let eligibility = eligibility.contains(&conflict.path);
        views.push(ConflictView { path: conflict.path, eligibility, choices });
    }
    Ok(views)
}
