//! Visits: a form being filled in a household. Every answer is in the journal, on the disk, before
//! the call returns; it becomes part of the household when a page is saved or the visit closed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ruhu_case::{ChangeHash, DocId, Value, Write};
use ruhu_form::{AnswerField, Changed, Environment, JournalEntry, NodeState, Request, Session};
use ruhu_store::{DraftRow, DraftState, Tx};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::cases::{new_id, parse_id};
use crate::conflicts;
use crate::device::{Device, Inner};
use crate::documents::{self, Ancestry, Held};
use crate::error::DeviceError;
use crate::host::Host;
use crate::identity::Identity;
use crate::views::{SavedVisit, VisitSummary, VisitView};
use crate::writes::{answer_value, order_key, put, saved_fields, text};

const STATUS_OPEN: &str = "open";
const STATUS_CLOSED: &str = "closed";

impl Device {
    /// Begins a visit to a household with the newest version of a form that the device has.
    pub fn visit_start(&self, case: &str, form_id: &str) -> Result<VisitSummary, DeviceError> {
        let doc = parse_id(case)?;
        let mut inner = self.lock()?;
        let newest = inner.store.read(|tx| tx.latest_form(form_id))?;
        let version = newest.ok_or(DeviceError::NotFound { what: "form" })?.0;
        inner.form(form_id, &version)?;
        let now_ms = self.host.now_ms();
        let id = new_id(self.host.as_ref())?.to_string();
        let draft = DraftRow {
            id: id.clone(),
            doc,
            record: id,
            form_id: form_id.to_owned(),
            form_version: version,
            created_at_ms: now_ms,
            updated_at_ms: now_ms,
            state: DraftState::Open,
        };
        inner.store.write(|tx| {
            let held = Held::get(tx, &doc)?;
            set_seen(tx, &draft.id, &held.document.heads())?;
            Ok::<_, DeviceError>(tx.put_draft(&draft)?)
        })?;
        Ok(summary(draft))
    }

    /// The visits on this device, those last answered first.
    pub fn visits(&self, open_only: bool) -> Result<Vec<VisitSummary>, DeviceError> {
        self.lock()?.store.read(|tx| Ok(tx.drafts(open_only)?.into_iter().map(summary).collect()))
    }

    /// Answers a question, by its name, path or stable key; an empty value clears it. The answer is
    /// on the disk when this returns.
    pub fn visit_answer(&self, visit: &str, path: &str, value: &str) -> Result<Changed, DeviceError> {
        self.journal(visit, |session| {
            Ok(JournalEntry::Answer { path: session.canonical(path)?, value: value.to_owned() })
        })
    }

    /// Adds an instance to a repeat and gives its id.
    pub fn visit_add_repeat(&self, visit: &str, path: &str) -> Result<String, DeviceError> {
        let instance_id = new_id(self.host.as_ref())?.to_string();
        self.visit_add_repeat_as(visit, path, &instance_id)?;
        Ok(instance_id)
    }

    /// Adds an instance with an id of the host's: 1 to 40 letters, digits, `_` and `-`.
    pub fn visit_add_repeat_as(
        &self,
        visit: &str,
        path: &str,
        instance_id: &str,
    ) -> Result<Changed, DeviceError> {
        self.journal(visit, |session| {
            Ok(JournalEntry::AddRepeat {
                path: session.canonical(path)?,
                instance_id: instance_id.to_owned(),
            })
        })
    }

    /// Removes an instance of a repeat.
    pub fn visit_remove_repeat(&self, visit: &str, path: &str) -> Result<Changed, DeviceError> {
        self.journal(visit, |session| Ok(JournalEntry::RemoveRepeat { path: session.canonical(path)? }))
    }

    /// What the form of a visit wants of the phone and has not got: the place where it was begun,
    /// who is logged in. Give it with [`Device::visit_provide`].
    pub fn visit_requests(&self, visit: &str) -> Result<Vec<Request>, DeviceError> {
        let mut inner = self.lock()?;
        let draft = find_draft(&inner, visit)?;
        let inner = inner.with_session(self.host.as_ref(), &draft)?;
        Ok(inner.sessions.get(visit).map(Session::requests).unwrap_or_default())
    }

    /// Gives what the form asked of the phone. It is on the disk when this returns.
    pub fn visit_provide(&self, visit: &str, path: &str, value: &str) -> Result<Changed, DeviceError> {
        self.journal(visit, |session| {
            Ok(JournalEntry::Provide { path: session.canonical(path)?, value: value.to_owned() })
        })
    }

    /// One entry: tried in memory, written to the journal, kept only if both went well.
    fn journal(
        &self,
        visit: &str,
        entry: impl FnOnce(&Session) -> Result<JournalEntry, DeviceError>,
    ) -> Result<Changed, DeviceError> {
        let mut inner = self.lock()?;
        let mut draft = open_draft(&inner, visit)?;
        draft.updated_at_ms = self.host.now_ms();
        let Inner { store, sessions, .. } = inner.with_session(self.host.as_ref(), &draft)?;
        let session = sessions.get_mut(visit).ok_or(DeviceError::NotFound { what: "visit" })?;
        let entry = entry(session)?;
        let changed = session.apply(&entry)?;
        let written = encode(&Journalled { at_ms: draft.updated_at_ms, entry }).and_then(|bytes| {
            store.write(|tx| {
                tx.append_journal(visit, &bytes)?;
                Ok::<_, DeviceError>(tx.put_draft(&draft)?)
            })
        });
        if let Err(error) = written {
            // Memory is ahead of the disk: the next call replays what the disk has.
            sessions.remove(visit);
            return Err(error);
        }
        Ok(changed)
    }

    /// A visit as it stands.
    pub fn visit_show(&self, visit: &str) -> Result<VisitView, DeviceError> {
        let mut inner = self.lock()?;
        let draft = find_draft(&inner, visit)?;
        let inner = inner.with_session(self.host.as_ref(), &draft)?;
        let session = inner.sessions.get(visit).ok_or(DeviceError::NotFound { what: "visit" })?;
        // What the form works out, and the metadata, nobody has answered.
        let answered = session.answers().iter().filter(|answer| answer.kind.is_answerable()).count();
        Ok(VisitView {
            pages: session.pages(),
            missing: session.missing(),
            answered: u32::try_from(answered).unwrap_or(u32::MAX),
            visit: summary(draft),
        })
    }

    /// One question of a visit.
    pub fn visit_node(&self, visit: &str, path: &str) -> Result<Option<NodeState>, DeviceError> {
        let mut inner = self.lock()?;
        let draft = find_draft(&inner, visit)?;
        let inner = inner.with_session(self.host.as_ref(), &draft)?;
        Ok(inner.sessions.get(visit).and_then(|session| session.node(path)))
    }

    /// Saves what is answered so far into the household, as one signed change.
    pub fn visit_save(&self, visit: &str) -> Result<SavedVisit, DeviceError> {
        self.save_visit(visit, STATUS_OPEN)
    }

    /// Closes a visit: nothing may be missing, and no field that decides eligibility in conflict.
    pub fn visit_close(&self, visit: &str) -> Result<SavedVisit, DeviceError> {
        self.save_visit(visit, STATUS_CLOSED)
    }

    fn save_visit(&self, visit: &str, status: &str) -> Result<SavedVisit, DeviceError> {
        let mut inner = self.lock()?;
        let mut draft = open_draft(&inner, visit)?;
        let host = self.host.as_ref();
        let eligibility = conflicts::eligibility_paths(&mut inner)?;
        let inner = inner.with_session(host, &draft)?;
        let session = inner.sessions.get(visit).ok_or(DeviceError::NotFound { what: "visit" })?;
        let closing = status == STATUS_CLOSED;
        if closing {
            check_complete(session)?;
        }
        let answers = session.answers();
        let Inner { store, identity, .. } = inner;
        let saved = store.write(|tx| {
            let mut held = Held::get(tx, &draft.doc)?;
            if closing {
                check_settled(&held, &eligibility)?;
            }
            let writes = record_writes(&held, &draft, &answers, status, identity)?;
            let saved = write_seen(tx, identity, host, &mut held, &draft.id, &writes)?;
            if closing {
                draft.state = DraftState::Closed;
                draft.updated_at_ms = host.now_ms();
                tx.put_draft(&draft)?;
            }
            Ok::<_, DeviceError>(saved)
        });
        if saved.is_err() {
            // The identity may have been renewed in the transaction that was rolled back.
            *identity = store.write(|tx| Identity::reload(tx, host))?;
        }
        saved
    }
}

impl Inner {
    /// Makes sure that the visit's session is in memory.
    fn with_session(&mut self, host: &dyn Host, draft: &DraftRow) -> Result<&mut Inner, DeviceError> {
        let environment = Environment {
            now_ms: host.now_ms(),
            utc_offset_minutes: host.utc_offset_minutes(),
            seed: seed_of(&draft.id),
        };
        if let Some(session) = self.sessions.get_mut(&draft.id) {
            session.set_environment(environment);
            return Ok(self);
        }
        let form = self.form(&draft.form_id, &draft.form_version)?;
        // Begun when the visit began, so that what the form fixes at the start stays fixed.
        let began = Environment { now_ms: draft.created_at_ms, ..environment };
        let mut session = Session::new(Arc::clone(&form), began);
        for bytes in self.store.read(|tx| tx.journal(&draft.id))? {
            let Journalled { at_ms, entry } = decode(&bytes)?;
            session.set_environment(Environment { now_ms: at_ms, ..environment });
            session.apply(&entry)?;
        }
        session.set_environment(environment);
        self.sessions.insert(draft.id.clone(), session);
        Ok(self)
    }
}

fn find_draft(inner: &Inner, visit: &str) -> Result<DraftRow, DeviceError> {
    inner.store.read(|tx| tx.draft(visit))?.ok_or(DeviceError::NotFound { what: "visit" })
}

fn open_draft(inner: &Inner, visit: &str) -> Result<DraftRow, DeviceError> {
    let draft = find_draft(inner, visit)?;
    match draft.state {
        DraftState::Open => Ok(draft),
        DraftState::Closed => Err(DeviceError::VisitClosed),
    }
}

fn check_complete(session: &Session) -> Result<(), DeviceError> {
    let missing = session.missing();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(DeviceError::NotComplete { missing }),
    }
}

fn check_settled(held: &Held, eligibility: &BTreeSet<String>) -> Result<(), DeviceError> {
    let conflicts = held.document.conflicts();
    let paths: Vec<String> =
        conflicts.into_iter().map(|c| c.path).filter(|p| eligibility.contains(p)).collect();
    match paths.is_empty() {
        true => Ok(()),
        false => Err(DeviceError::InConflict { paths }),
    }
}

/// The seed of a visit's randomness: the same whenever its journal is replayed.
fn seed_of(visit: &str) -> u64 {
    let digest: [u8; 32] = Sha256::digest(visit.as_bytes()).into();
    digest.iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte))
}

/// An entry as it is kept, with the phone's time: what a form works out from the clock comes out
/// the same when the journal is replayed.
#[derive(Debug, Serialize, Deserialize)]
struct Journalled {
    at_ms: i64,
    #[serde(flatten)]
    entry: JournalEntry,
}

fn encode(entry: &Journalled) -> Result<Vec<u8>, DeviceError> {
    serde_json::to_vec(entry).map_err(|error| DeviceError::Stored(error.to_string()))
}

fn decode(bytes: &[u8]) -> Result<Journalled, DeviceError> {
    serde_json::from_slice(bytes).map_err(|error| DeviceError::Stored(error.to_string()))
}

/// Everything a visit writes: its record with the answers, and the household's fields.
fn record_writes(
    held: &Held,
    draft: &DraftRow,
    answers: &[AnswerField],
    status: &str,
    identity: &Identity,
) -> Result<Vec<Write>, DeviceError> {
    let record = format!("records/{}", draft.record);
    let mut writes = vec![
        text(format!("{record}/order"), order_key(draft.created_at_ms)),
        text(format!("{record}/form"), &draft.form_id),
        text(format!("{record}/version"), &draft.form_version),
        text(format!("{record}/started_by"), &identity.enrolled()?.certificate.person),
        put(format!("{record}/started_at"), Value::Timestamp(draft.created_at_ms)),
        text(format!("{record}/status"), status),
    ];
    let now: BTreeMap<String, Value> = answers
        .iter()
        .map(|answer| (format!("{record}/answers/{}", answer.path), answer_value(answer)))
        .collect();
    // What was answered when the page was saved before, and no longer is.
    let before = held.document.fields(&format!("{record}/answers/"));
    let cleared = before.into_iter().filter(|(path, value)| !now.contains_key(path) && !value.is_blank());
    writes.extend(cleared.map(|(path, _)| put(path, Value::Blank)));
    writes.extend(now.into_iter().map(|(path, value)| put(path, value)));
    writes.extend(saved_fields(answers).into_iter().map(|(path, value)| put(path, value)));
    Ok(writes)
}

/// Writes on top of what the visit has seen. Where somebody else has changed a field since, the new
/// value is written beside theirs and not over it: a conflict that a person settles.
fn write_seen(
    tx: &Tx<'_>,
    identity: &mut Identity,
    host: &dyn Host,
    held: &mut Held,
    visit: &str,
    writes: &[Write],
) -> Result<SavedVisit, DeviceError> {
    let seen = seen(tx, visit)?;
    let overtaken = overtaken(tx, held, &seen, writes)?;
    let changed = match overtaken.is_empty() {
        true => documents::write(tx, identity, host, held, writes)?.is_some(),
        false => {
            // An actor's changes must follow each other, but these shall not follow what the
            // device has seen since: they are a new actor's.
            identity.renew(tx, host)?;
            write_beside(tx, identity, host, held, &seen, writes)?
        }
    };
    set_seen(tx, visit, &held.document.heads())?;
    Ok(SavedVisit { changed, overtaken })
}

/// The fields that show another value than when the visit last looked, and than it would write.
fn overtaken(
    tx: &Tx<'_>,
    held: &Held,
    seen: &[ChangeHash],
    writes: &[Write],
) -> Result<Vec<String>, DeviceError> {
    if held.document.heads() == seen {
        return Ok(Vec::new());
    }
    let ancestry = Ancestry::of(tx, &held.row.id)?;
    let then = ancestry.document(held.row.kind, &ancestry.closure(seen));
    let is_overtaken = |write: &&Write| {
        let now = held.document.field(write.path());
        now != then.field(write.path()) && now.as_ref() != Some(write.value())
    };
    Ok(writes.iter().filter(is_overtaken).map(|write| write.path().to_owned()).collect())
}

fn write_beside(
    tx: &Tx<'_>,
    identity: &Identity,
    host: &dyn Host,
    held: &mut Held,
    seen: &[ChangeHash],
    writes: &[Write],
) -> Result<bool, DeviceError> {
    let ancestry = Ancestry::of(tx, &held.row.id)?;
    let mut then = ancestry.document(held.row.kind, &ancestry.closure(seen));
    let Some(change) = then.edit(identity.actor()?, host.now_ms(), writes)? else { return Ok(false) };
    held.document.apply(std::slice::from_ref(&change.bytes))?;
    documents::append(tx, identity, held, std::slice::from_ref(&change), false)?;
    held.save(tx, host.now_ms())?;
    Ok(true)
}

fn seen_key(visit: &str) -> String {
    format!("visit/{visit}/seen")
}

/// The heads of the household when the visit last looked at it.
fn seen(tx: &Tx<'_>, visit: &str) -> Result<Vec<ChangeHash>, DeviceError> {
    let bytes = tx.meta(&seen_key(visit))?.unwrap_or_default();
    let hash = |chunk: &[u8]| <[u8; 32]>::try_from(chunk).map(ChangeHash);
    bytes.chunks(32).map(hash).collect::<Result<_, _>>().map_err(|_| DeviceError::Stored("heads".into()))
}

fn set_seen(tx: &Tx<'_>, visit: &str, heads: &[ChangeHash]) -> Result<(), DeviceError> {
    let bytes: Vec<u8> = heads.iter().flat_map(|hash| hash.0).collect();
    Ok(tx.set_meta(&seen_key(visit), &bytes)?)
}

fn summary(draft: DraftRow) -> VisitSummary {
    let DraftRow { id, doc, form_id, form_version, updated_at_ms, state, .. } = draft;
    let case = DocId::to_string(&doc);
    VisitSummary {
        id,
        case,
        form: form_id,
        version: form_version,
        open: state == DraftState::Open,
        updated_at_ms,
    }
}
