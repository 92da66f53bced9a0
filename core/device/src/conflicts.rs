//! Conflicts: listing them with authors and times, and settling one.

use std::collections::BTreeSet;

use ruhu_case::{Value, Write};
use ruhu_store::Tx;

use crate::cases::{parse_id, provenance};
use crate::device::{Device, Inner};
use crate::documents::{self, LoadedDocument};
use crate::error::DeviceError;
use crate::views::{ConflictChoice, ConflictView};

/// The mark in the form's column `ruhu::merge`.
const ELIGIBILITY: &str = "eligibility";

impl Device {
    /// The fields of a household that stand in conflict.
    pub fn conflicts(&self, case: &str) -> Result<Vec<ConflictView>, DeviceError> {
        let id = parse_id(case)?;
        let mut inner = self.lock()?;
        let eligibility = eligibility_paths(&mut inner)?;
        inner.store.read(|tx| views(tx, &LoadedDocument::get(tx, &id)?, &eligibility))
    }

    /// Settles a conflict for one of its values, given as text as [`ConflictChoice::text`] shows
    /// it. Settling is a signed change like any other: it can be seen in the history.
    pub fn resolve(&self, case: &str, path: &str, choice: &str) -> Result<(), DeviceError> {
        let id = parse_id(case)?;
        let mut inner = self.lock()?;
        let Inner { store, identity, .. } = &mut *inner;
        store.write(|tx| {
            let mut held = LoadedDocument::get(tx, &id)?;
            let value = chosen(&held, path, choice)?;
            let write = Write::Resolve { path: path.to_owned(), value };
            documents::write(tx, identity, self.host.as_ref(), &mut held, &[write])?;
            Ok(())
        })
    }
}

fn chosen(held: &LoadedDocument, path: &str, choice: &str) -> Result<Value, DeviceError> {
    let conflicts = held.document.conflicts();
    let conflict = conflicts.into_iter().find(|c| c.path == path).ok_or(DeviceError::NoSuchConflict)?;
    let values = conflict.values.into_iter().map(|v| v.value);
    values.into_iter().find(|value| value.to_string() == choice).ok_or(DeviceError::NoSuchConflict)
}

/// The conflicts of a document as people see them.
pub(crate) fn views(
    tx: &Tx<'_>,
    held: &LoadedDocument,
    eligibility: &BTreeSet<String>,
) -> Result<Vec<ConflictView>, DeviceError> {
    let mut views = Vec::new();
    for conflict in held.document.conflicts() {
        let mut choices = Vec::with_capacity(conflict.values.len());
        for value in conflict.values {
            let (author, server_time_ms) = provenance(tx, &held.row.id, &value.change, &value.actor)?;
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

/// The paths that any form on the device marks as deciding eligibility.
pub(crate) fn eligibility_paths(inner: &mut Inner) -> Result<BTreeSet<String>, DeviceError> {
    let forms = inner.store.read(|tx| tx.forms())?;
    let mut paths = BTreeSet::new();
    for (id, version) in forms {
        let form = inner.form(&id, &version)?;
        let marked = form.questions().iter().filter(|q| q.merge.as_deref() == Some(ELIGIBILITY));
        let targets = marked.filter_map(|q| q.save_to.as_deref());
        paths.extend(
            targets.map(|target| target.rsplit_once(':').map_or(target, |(path, _)| path).to_owned()),
        );
    }
    Ok(paths)
}
