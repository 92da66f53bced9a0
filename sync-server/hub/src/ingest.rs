//! Taking a pushed envelope in: into the log, into quarantine, or back to the phone. No change is ever
//! applied here; what is looked at is signature, certificate, scope, size and the outside of changes.

use std::collections::HashSet;

use ruhu_case::limits::{ENVELOPE_BYTES, ENVELOPE_CHANGES};
use ruhu_case::{ChangeHash, ChunkKind, RawChange, Refusal, base_hash};
use ruhu_sync::{AuthorRecord, Body, DocHeader, Envelope, EnvelopeHash, LogClass, Outcome, Reason};
use ruhu_text::Explain;

use super::unit_of_work::{Requester, UnitOfWork, View};
use crate::error::HubError;

/// The ids under which the server files its notices begin so; no device makes such a document.
const DIRECTORY_PREFIX: &[u8] = b"ruhu-dir";

/// What an envelope may be appended with.
pub(super) struct Accepted {
    header: DocHeader,
    /// What of the quarantine must be released, hidden, so that this one has its ground.
    releases: Vec<EnvelopeHash>,
}

/// Why judging stopped before an accepted.
pub(super) enum Rejection {
    /// The answer is known.
    Answer(Outcome),
    /// Keep it apart.
    Quarantine(Reason),
    /// Do not keep it.
    Refuse(Reason),
    /// The server itself failed: the whole request fails, the phone offers everything again.
    Failed(HubError),
}

impl From<HubError> for Rejection {
    fn from(error: HubError) -> Self {
        Rejection::Failed(error)
    }
}

impl UnitOfWork<'_> {
    /// Takes one pushed envelope and says what became of it. What goes wrong with it alone leaves no
    /// trace and no other envelope behind: it stays in the phone's outbox.
    pub(super) fn ingest(&mut self, envelope: &Envelope, requester: &Requester) -> Result<Outcome, HubError> {
        let author = self.author.clone();
        self.tx.prepare_cached("SAVEPOINT envelope")?.execute([])?;
        let outcome = match self.ingest_one(envelope, requester) {
            Err(error) if error.is_of_one_row() => {
                self.tx.prepare_cached("ROLLBACK TO envelope")?.execute([])?;
                self.author = author;
                tracing::error!(%error, envelope = %envelope.hash(), doc = %envelope.doc, "an envelope cannot be judged");
                let change = envelope.changes().first().map_or(ChangeHash([0; 32]), RawChange::hash);
                Outcome::MissingDependency { change }
            }
            outcome => outcome?,
        };
        self.tx.prepare_cached("RELEASE envelope")?.execute([])?;
        Ok(outcome)
    }

    fn ingest_one(&mut self, envelope: &Envelope, requester: &Requester) -> Result<Outcome, HubError> {
        let hash = envelope.hash();
        let outcome = match self.validate(envelope, &hash, requester) {
            Ok(accepted) => self.accept(envelope, hash, &accepted)?,
            Err(Rejection::Answer(outcome)) => outcome,
            Err(Rejection::Quarantine(reason)) => self.keep_apart(envelope, &hash, reason)?,
            Err(Rejection::Refuse(reason)) => {
                self.count_refusal(reason)?;
                Outcome::Refused { reason }
            }
            Err(Rejection::Failed(error)) => return Err(error),
        };
        log(envelope, &hash, &outcome);
        Ok(outcome)
    }

    /// Puts one into quarantine, if there is room.
    fn keep_apart(
        &self,
        envelope: &Envelope,
        hash: &EnvelopeHash,
        reason: Reason,
    ) -> Result<Outcome, HubError> {
        let Some(device) = self.device_of(envelope)? else { return Ok(Outcome::UnknownAuthor) };
        if !self.has_quarantine_room(device, envelope.raw_size() as u64)? {
            let reason = Reason::QuarantineFull;
            self.count_refusal(reason)?;
            return Ok(Outcome::Refused { reason });
        }
        self.quarantine(envelope, hash, reason)?;
        Ok(Outcome::Quarantined { reason })
    }

    fn accept(
        &mut self,
        envelope: &Envelope,
        hash: EnvelopeHash,
        accepted: &Accepted,
    ) -> Result<Outcome, HubError> {
        for released in &accepted.releases {
            self.release_hidden(released)?;
        }
        self.forget_quarantined(&hash)?;
        let place = self.append(envelope, hash, &accepted.header)?;
        match &envelope.body {
            Body::Changes(_) => drop(self.admit_files(envelope)?),
            Body::Verdict(verdict) => {
                self.keep_verdict(verdict)?;
                match accepted.header.class {
                    LogClass::Directory => self.heed_verdict(verdict)?,
                    _ => self.keep_exclusion(verdict)?,
                }
            }
            Body::Revocation(device) => self.heed_notice(&hash, *device)?,
        }
        Ok(place)
    }

    fn validate(
        &self,
        envelope: &Envelope,
        hash: &EnvelopeHash,
        requester: &Requester,
    ) -> Result<Accepted, Rejection> {
        self.check_held(envelope, hash)?;
        let author = self.check_author(envelope)?;
        let vouched = author.certificate.device() != requester.device && !requester.is_void();
        let void = self.void_reason(&author.certificate)?.filter(|_| !vouched);
        self.check_quarantined(hash, void)?;
        check_size(envelope, vouched)?;
        let (header, creator) = self.find_header(envelope)?;
        let own = author.certificate.key() == self.public_key();
        match own {
            true => check_server_work(envelope, &header)?,
            false => self.check_device_work(envelope, &header, &author, void)?,
        }
        if author.certificate.device() != requester.device && !requester.view.sees(&header) {
            // Kept apart it would lie in the way when somebody offers it who may.
            return Err(Rejection::Refuse(Reason::OutOfScope));
        }
        if self.is_fork(envelope, hash)? || self.repeats_a_number(envelope)? {
            return Err(Rejection::Answer(Outcome::Fork));
        }
        let releases = self.find_releases(envelope, &header, creator)?;
        Ok(Accepted { header, releases })
    }

    fn check_held(&self, envelope: &Envelope, hash: &EnvelopeHash) -> Result<(), Rejection> {
        match self.place_of(hash)? {
            Some(place) => {
                self.heal(envelope, hash)?;
                Err(Rejection::Answer(place))
            }
            None => Ok(()),
        }
    }

    /// What was dismissed stays so until somebody admits it. What waits in quarantine only because its author was not to be heard is judged again when he is,
    /// and when somebody else offers it: the others have it from this server alone, which had taken it
    /// before, and lost it in a restore.
    fn check_quarantined(&self, hash: &EnvelopeHash, void: Option<Reason>) -> Result<(), Rejection> {
        if self.dismissal(hash)?.is_some() {
            return Err(Rejection::Answer(Outcome::Quarantined { reason: Reason::Dismissed }));
        }
        match self.quarantined_for(hash)? {
            Some(Reason::Revoked | Reason::Expired) if void.is_none() => Ok(()),
            Some(reason) => Err(Rejection::Answer(Outcome::Quarantined { reason })),
            None => Ok(()),
        }
    }

    fn check_author(&self, envelope: &Envelope) -> Result<AuthorRecord, Rejection> {
        let Some(author) = self.author(envelope.actor)? else {
            return Err(Rejection::Answer(Outcome::UnknownAuthor));
        };
        match envelope.is_signed_by(&author.certificate.key()) {
            true => Ok(author),
            false => Err(Rejection::Refuse(Reason::BadSignature)),
        }
    }

    /// The header by which the envelope is judged and, where that one waits in quarantine, the
    /// envelope that brings it.
    fn find_header(&self, envelope: &Envelope) -> Result<(DocHeader, Option<EnvelopeHash>), Rejection> {
        match (self.header(envelope.doc)?, &envelope.header) {
            (Some(known), Some(brought)) if known != *brought => {
                Err(Rejection::Refuse(Reason::HeaderConflict))
            }
            (Some(known), _) => Ok((known, None)),
            (None, Some(brought)) => Ok((brought.clone(), None)),
            (None, None) => match self.quarantined_creator(envelope.doc)? {
                Some((header, creator)) => Ok((header, Some(creator))),
                None => Err(Rejection::Answer(Outcome::UnknownDocument)),
            },
        }
    }

    fn check_device_work(
        &self,
        envelope: &Envelope,
        header: &DocHeader,
        author: &AuthorRecord,
        void: Option<Reason>,
    ) -> Result<(), Rejection> {
        let certificate = &author.certificate;
        let reserved = envelope.doc.0.starts_with(DIRECTORY_PREFIX);
        let changes = matches!(envelope.body, Body::Changes(_));
        if !changes || reserved || !View::of(certificate).writes(header) {
            return Err(Rejection::Quarantine(Reason::OutOfScope));
        }
        match void {
            Some(reason) => return Err(Rejection::Quarantine(reason)),
            None => check_content(envelope)?,
        }
        for change in envelope.changes() {
            if self.is_carried(envelope.doc, &change.hash())? {
                return Err(Rejection::Quarantine(Reason::Undecodable));
            }
        }
        Ok(())
    }

    /// What must be released so that everything the envelope stands on is there.
    fn find_releases(
        &self,
        envelope: &Envelope,
        header: &DocHeader,
        creator: Option<EnvelopeHash>,
    ) -> Result<Vec<EnvelopeHash>, Rejection> {
        let lacking = self.lacking(envelope, header)?;
        if lacking.is_empty() && creator.is_none() {
            return Ok(Vec::new());
        }
        match self.plan_release(envelope.doc, header, creator, &lacking)? {
            Ok(releases) => Ok(releases),
            Err(change) => Err(Rejection::Answer(Outcome::MissingDependency { change })),
        }
    }

    /// The dependencies that neither the document's log nor the envelope itself holds.
    pub(super) fn lacking(
        &self,
        envelope: &Envelope,
        header: &DocHeader,
    ) -> Result<Vec<ChangeHash>, HubError> {
        let base = header.class.doc_kind().map(base_hash);
        let mut own: HashSet<ChangeHash> = HashSet::new();
        let mut lacking = Vec::new();
        for change in envelope.changes() {
            for dep in change.header().map(|header| header.deps.as_slice()).unwrap_or_default() {
                if Some(*dep) != base && !own.contains(dep) && !self.has_change(envelope.doc, dep)? {
                    lacking.push(*dep);
                }
            }
            own.insert(change.hash());
        }
        Ok(lacking)
    }
}

/// One line for each envelope that is not in a log now.
fn log(envelope: &Envelope, hash: &EnvelopeHash, outcome: &Outcome) {
    let Envelope { doc, actor, seq, .. } = envelope;
    let kept_apart = |outcome: &str, reason: &Reason| {
        tracing::warn!(outcome, reason = reason.code(), envelope = %hash, %doc, %actor, seq, "envelope not taken");
    };
    let later = |outcome: &str| {
        tracing::info!(outcome, envelope = %hash, %doc, %actor, seq, "envelope not taken");
    };
    match outcome {
        Outcome::Held { epoch, seq, .. } => tracing::trace!(envelope = %hash, epoch, seq, "envelope held"),
        Outcome::Quarantined { reason } => kept_apart("quarantined", reason),
        Outcome::Refused { reason } => kept_apart("refused", reason),
        Outcome::Fork => later("fork"),
        Outcome::MissingDependency { .. } => later("missing_dependency"),
        Outcome::UnknownDocument => later("unknown_document"),
        Outcome::UnknownAuthor => later("unknown_author"),
    }
}

/// The server's own work, come back after a restore: verdicts anywhere, revocations in a directory.
fn check_server_work(envelope: &Envelope, header: &DocHeader) -> Result<(), Rejection> {
    let directory = header.log().map(|log| log.directory_document());
    let in_directory = header.class == LogClass::Directory && directory == Some(envelope.doc);
    match &envelope.body {
        Body::Verdict(_) if in_directory || header.class != LogClass::Directory => Ok(()),
        Body::Revocation(_) if in_directory => Ok(()),
        _ => Err(Rejection::Refuse(Reason::HeaderConflict)),
    }
}

/// What earlier programs took comes back after a restore with more changes than are taken now.
fn check_size(envelope: &Envelope, vouched: bool) -> Result<(), Rejection> {
    let too_large = |change: &RawChange| matches!(change.kind(), ChunkKind::Unreadable(Refusal::TooLarge));
    let too_many = !vouched && envelope.changes().len() > ENVELOPE_CHANGES;
    match too_many || envelope.raw_size() > ENVELOPE_BYTES || envelope.changes().iter().any(too_large) {
        true => Err(Rejection::Refuse(Reason::TooLarge)),
        false => Ok(()),
    }
}

/// Each change must be one that devices can read, or newer than this program, the author's own, and there
/// once.
fn check_content(envelope: &Envelope) -> Result<(), Rejection> {
    let counted = |seq: u64| (1..=i64::MAX as u64).contains(&seq);
    let sound = |change: &RawChange| match change.kind() {
        ChunkKind::Change(header) => header.actor == envelope.actor && counted(header.seq),
        ChunkKind::Newer => true,
        ChunkKind::Unreadable(_) => false,
    };
    let unlike: HashSet<ChangeHash> = envelope.changes().iter().map(RawChange::hash).collect();
    let once = !unlike.is_empty() && unlike.len() == envelope.changes().len();
    match counted(envelope.seq) && once && envelope.changes().iter().all(sound) {
        true => Ok(()),
        false => Err(Rejection::Quarantine(Reason::Undecodable)),
    }
}
