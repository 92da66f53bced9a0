//! A transaction at work, and the server as an author.

use ruhu_case::{ActorId, DocId};
use ruhu_national::DivisionScope;
use ruhu_sync::{
    AuthorRecord, Body, Certificate, DeviceId, DocHeader, Envelope, EnvelopeHash, KeyPair, LogClass, LogId,
    PublicKey, Reason, Role,
};
use rusqlite::Connection;

use super::bounds::Bounds;
use super::clock::ClockState;
use super::photo_folder::PhotoFolder;
use crate::error::{HubError, StorageError};

/// What the methods of the neighbouring modules work on: one open transaction.
pub(super) struct UnitOfWork<'a> {
    pub tx: &'a Connection,
    pub key: &'a KeyPair,
    pub folder: &'a PhotoFolder,
    pub author: ServerAuthor,
    pub now_ms: i64,
    pub clock: ClockState,
    pub bounds: Bounds,
}

/// The server as the author of verdicts. Each opening of a hub is another author: a server restored
/// from a copy never goes on with a chain that the devices know further than it does.
#[derive(Debug, Clone)]
pub(super) struct ServerAuthor {
    record: AuthorRecord,
    seq: u64,
    prev: EnvelopeHash,
}

impl ServerAuthor {
    pub(super) fn new(key: &KeyPair, nonce: [u8; 16], now_ms: i64) -> Result<ServerAuthor, StorageError> {
        // Nobody looks at the scope of this certificate: the server is known by its key.
        let scope = DivisionScope::parse("000000").map_err(|_| StorageError::Damaged("a scope"))?;
        let certificate =
            Certificate::issue(key, key.public(), "Ruhu".to_owned(), Role::Server, scope, now_ms, i64::MAX);
        let record = AuthorRecord { certificate, nonce };
        Ok(ServerAuthor { record, seq: 0, prev: EnvelopeHash::NONE })
    }

    fn actor(&self) -> ActorId {
        self.record.actor()
    }
}

impl UnitOfWork<'_> {
    pub(super) fn public_key(&self) -> PublicKey {
        self.key.public()
    }

    /// Signs as the server. Its author record is kept from the first signature on.
    pub(super) fn sign(
        &mut self,
        doc: DocId,
        header: Option<DocHeader>,
        body: Body,
    ) -> Result<Envelope, HubError> {
        let actor = self.author.actor();
        if self.author.seq == 0 {
            let record = self.author.record.clone();
            self.keep_author(&record)?;
        }
        let place = (self.author.seq + 1, self.author.prev);
        let envelope = Envelope::sign(self.key, doc, actor, place, header, body);
        self.author.seq += 1;
        self.author.prev = envelope.hash();
        Ok(envelope)
    }
}

/// What a device may see.
#[derive(Debug, Clone)]
pub(super) struct View {
    pub role: Role,
    pub scope: DivisionScope,
}

impl View {
    pub(super) fn of(certificate: &Certificate) -> View {
        View { role: certificate.role, scope: certificate.scope.clone() }
    }

    /// Whether any of the log lies within the view.
    pub(super) fn sees_log(&self, log: &LogId) -> bool {
        let (township, scope) = (log.township(), self.scope.as_str());
        let overlaps = township.starts_with(scope) || scope.starts_with(&township);
        overlaps && self.role.reads(log.class)
    }

    /// Whether a document lies within the view. Notices to a township are for all who work there.
    pub(super) fn sees(&self, header: &DocHeader) -> bool {
        match (header.class, header.log()) {
            (LogClass::Directory, Some(log)) => self.sees_log(&log),
            _ => self.role.reads(header.class) && self.scope.covers(&header.division),
        }
    }

    /// Whether the view allows writing a document.
    pub(super) fn writes(&self, header: &DocHeader) -> bool {
        self.role.writes(header.class) && self.scope.covers(&header.division)
    }

    /// The one division to which the view narrows a log; `None` when it has the log whole.
    pub(super) fn narrowed_to(&self, class: LogClass) -> Option<&str> {
        let scope = self.scope.as_str();
        (scope.len() == 12 && class != LogClass::Directory).then_some(scope)
    }
}

/// Who makes a request.
#[derive(Debug, Clone)]
pub(super) struct Requester {
    pub device: DeviceId,
    pub view: View,
    /// Why what it brings is kept apart and nothing is told: revoked or expired.
    pub void: Option<Reason>,
}

impl Requester {
    pub(super) fn is_void(&self) -> bool {
        self.void.is_some()
    }

    /// The error for what is not done for a device that is revoked or expired.
    pub(super) fn require_valid(&self) -> Result<(), HubError> {
        match self.void {
            None => Ok(()),
            Some(Reason::Expired) => Err(HubError::ExpiredDevice),
            Some(_) => Err(HubError::RevokedDevice),
        }
    }
}
