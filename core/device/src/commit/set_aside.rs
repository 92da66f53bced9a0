//! What goes wrong with one document goes wrong with it alone: a slice that fails is written step by
//! step, and the step that fails is set aside. Its envelopes are kept, with the reason, and count as
//! here, so that no later run stumbles over them.

use ruhu_store::{EnvelopeState, StoreError};
use ruhu_sync::EnvelopeHash;
use ruhu_sync::engine::{Commit, Pulled};
use ruhu_text::Explain;

use crate::commit::applier::Found;
use crate::commit::prepare::PreparedDocument;
use crate::commit::steps::{Carried, Step};
use crate::documents;
use crate::error::DeviceError;
use crate::sync_run::SyncRun;
use crate::unit_of_work::UnitOfWork;

impl SyncRun<'_> {
    /// Writes the steps of a slice that failed, each by itself.
    pub(super) fn write_one_by_one(
        &self,
        commit: &Commit,
        steps: &[Step<'_>],
        ready: &[Option<PreparedDocument>],
        is_last: bool,
        carried: &mut Carried,
    ) -> Result<Found, DeviceError> {
        let mut found = Found::default();
        for (number, (step, ready)) in steps.iter().zip(ready).enumerate() {
            let durable = is_last && number + 1 == steps.len();
            match self.in_one_transaction(commit, durable, carried, |all| all.take(step, ready.as_ref())) {
                Ok((more, ())) => found.add(more),
                Err(error) if error.is_of_one_item() => {
                    found.quarantined.extend(self.set_aside(step, error)?);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    /// Sets a step aside, and names what it was; the error itself where nothing can be set aside.
    fn set_aside(&self, step: &Step<'_>, error: DeviceError) -> Result<Vec<String>, DeviceError> {
        let code = error.code();
        tracing::warn!(code, "a step of an answer is set aside");
        match step {
            Step::Document(group) => self.device.work(|work| {
                group.iter().map(|pulled| apart(work, pulled, code)).collect::<Result<Vec<_>, _>>()
            }),
            Step::Fork(hash) | Step::Refused(hash, _) => {
                self.device.work(|work| own_apart(work, hash, code)).map(|named| named.into_iter().collect())
            }
            Step::Opening | Step::Held(_) | Step::Compare(_) | Step::Closing => Err(error),
        }
    }
}

/// Keeps an envelope of somebody else's at its place, without applying it.
fn apart(work: &UnitOfWork<'_, '_>, pulled: &Pulled, code: &str) -> Result<String, DeviceError> {
    let Pulled { envelope, epoch, seq, server_time_ms, .. } = pulled;
    let hash = envelope.hash();
    let name = format!("{} {}: {code}", envelope.doc, envelope.actor);
    if work.tx.envelope(&hash.0)?.is_some() {
        work.tx.place_envelope(&hash.0, *epoch, *seq, *server_time_ms)?;
        return Ok(name);
    }
    let mut row = documents::row_of_pulled(pulled, EnvelopeState::Quarantined);
    row.reason = Some(code.to_owned());
    match work.tx.insert_envelope(&row) {
        Err(StoreError::Clash { .. }) => {
            // Another holds its place in the author's chain: one that is refused has none.
            row.state = EnvelopeState::Refused;
            work.tx.insert_envelope(&row)?;
        }
        inserted => drop(inserted?),
    }
    Ok(name)
}

/// Keeps one of the device's own that can neither be sent nor issued again.
fn own_apart(
    work: &UnitOfWork<'_, '_>,
    hash: &EnvelopeHash,
    code: &str,
) -> Result<Option<String>, DeviceError> {
    let Some(row) = work.tx.envelope(&hash.0)? else { return Ok(None) };
    work.tx.set_envelope_state(&hash.0, EnvelopeState::Refused, Some(code))?;
    Ok(Some(format!("{} {}: {code}", row.doc, row.actor)))
}
