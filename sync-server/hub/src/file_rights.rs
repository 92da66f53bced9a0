//! Who is given a file: whoever may read a document that names it.
//!
//! A phone says with a file which document names it. As long as all of that document is given, its word stands.
//! Of one of which something is excluded, or all, the server looks itself: a file that only what is excluded names
//! is given to nobody.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use ruhu_case::DocId;
use ruhu_sync::{DocHeader, Envelope};

use super::documents;
use super::quarantine_files::digests;
use super::unit_of_work::{UnitOfWork, View};
use crate::error::HubError;

/// What one request learns of rights to files: each document is looked at once.
pub(super) struct FileRights<'a> {
    view: &'a View,
    given: HashMap<DocId, Given>,
}

/// What is given of a document.
enum Given {
    All,
    /// Something is excluded; what the rest of it names.
    Rest(HashSet<[u8; 32]>),
}

impl FileRights<'_> {
    pub fn of(view: &View) -> FileRights<'_> {
        FileRights { view, given: HashMap::new() }
    }
}

impl UnitOfWork<'_> {
    /// Whether a file is given: a document that the view has names it, in something that is not excluded.
    pub(super) fn is_given(&self, sha256: &[u8; 32], rights: &mut FileRights<'_>) -> Result<bool, HubError> {
        for (doc, header) in self.naming(sha256)? {
            if !rights.view.sees(&header) {
                continue;
            }
            let given = match rights.given.entry(doc) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => unknown.insert(self.given_of(doc)?),
            };
            match given {
                Given::All => return Ok(true),
                Given::Rest(named) if named.contains(sha256) => return Ok(true),
                Given::Rest(_) => {}
            }
        }
        Ok(false)
    }

    /// The documents that a file belongs to.
    fn naming(&self, sha256: &[u8; 32]) -> Result<Vec<(DocId, DocHeader)>, HubError> {
        let mut select = self.tx.prepare_cached(
            "SELECT d.id, d.class, d.division, d.created_at_ms
             FROM file_refs r JOIN documents d ON d.id = r.doc WHERE r.sha256 = ?1",
        )?;
        let mut rows = select.query([sha256])?;
        let mut naming = Vec::new();
        while let Some(row) = rows.next()? {
            let header = documents::header(row.get(1)?, &row.get::<_, String>(2)?, row.get(3)?)?;
            naming.push((DocId(row.get(0)?), header));
        }
        Ok(naming)
    }

    /// What this costs follows the size of the document.
    fn given_of(&self, doc: DocId) -> Result<Given, HubError> {
        let mut excluded = self.tx.prepare_cached(
            "SELECT 1 FROM envelopes e JOIN excluded x ON x.hash = e.hash WHERE e.doc = ?1 LIMIT 1",
        )?;
        if !excluded.exists([doc.0])? {
            return Ok(Given::All);
        }
        let mut select = self.tx.prepare_cached(
            "SELECT bytes FROM envelopes e WHERE e.doc = ?1
             AND NOT EXISTS (SELECT 1 FROM excluded x WHERE x.hash = e.hash)",
        )?;
        let mut rows = select.query([doc.0])?;
        let mut named = HashSet::new();
        while let Some(row) = rows.next()? {
            // What cannot be read is given to nobody either.
            if let Ok(envelope) = Envelope::from_bytes(&row.get::<_, Vec<u8>>(0)?) {
                named.extend(digests(&envelope));
            }
        }
        Ok(Given::Rest(named))
    }
}
