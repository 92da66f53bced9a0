//! The server's verdicts on envelopes. A verdict hides what an envelope says; the envelope stays in
//! the log for those that stand on it.

use ruhu_case::DocId;
use ruhu_sync::{Body, DocHeader, EnvelopeHash, Reason, Verdict};
use ruhu_text::Explain;
use rusqlite::{OptionalExtension, params};

use super::unit_of_work::UnitOfWork;
use crate::error::HubError;

impl UnitOfWork<'_> {
    /// Signs and appends a verdict that hides an envelope.
    pub(super) fn hide(
        &mut self,
        subject: EnvelopeHash,
        doc: DocId,
        header: &DocHeader,
        why: Reason,
    ) -> Result<(), HubError> {
        self.judge(doc, header, Verdict { subject, hide: true, reason: why.code().to_owned() })
    }

    /// Signs and appends a verdict.
    pub(super) fn judge(&mut self, doc: DocId, header: &DocHeader, verdict: Verdict) -> Result<(), HubError> {
        let envelope = self.sign(doc, None, Body::Verdict(verdict.clone()))?;
        self.append(&envelope, envelope.hash(), header)?;
        self.keep_verdict(&verdict)
    }

    /// Keeps a verdict of the server, also when its subject is not there (yet).
    pub(super) fn keep_verdict(&self, verdict: &Verdict) -> Result<(), HubError> {
        self.tx
            .prepare_cached("INSERT OR REPLACE INTO verdicts (subject, hide, reason) VALUES (?1, ?2, ?3)")?
            .execute(params![verdict.subject.0, verdict.hide, verdict.reason])?;
        self.tx
            .prepare_cached("UPDATE envelopes SET hidden = ?2 WHERE hash = ?1")?
            .execute(params![verdict.subject.0, verdict.hide])?;
        Ok(())
    }

    /// Whether a verdict hides an envelope.
    pub(super) fn verdict_hides(&self, subject: &EnvelopeHash) -> Result<bool, HubError> {
        let hide = self
            .tx
            .prepare_cached("SELECT hide FROM verdicts WHERE subject = ?1")?
            .query_row([subject.0], |row| row.get(0))
            .optional()?;
        Ok(hide.unwrap_or(false))
    }
}
