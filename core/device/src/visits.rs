//! Visits: a form being filled in a household. Every answer is in the journal, on the disk, before
//! the call returns, and waits for no sync to get there; it becomes part of the household when a page is saved or the visit closed.

use std::collections::BTreeSet;

use ruhu_form::{Changed, JournalEntry, Missing, NodeState, Request, Session, Wanted};
use ruhu_store::{DraftRow, DraftState};

use crate::device::Device;
use crate::documents::LoadedDocument;
use crate::error::DeviceError;
use crate::ids::{new_id, parse_id};
use crate::journal::{self, Journalled};
use crate::migrations::newer_version;
use crate::sessions::{self, Slot};
use crate::views::{SavedVisit, VisitSummary, VisitView};
use crate::visit_record::{self, Migrated, set_seen};

const STATUS_OPEN: &str = "open";
const STATUS_CLOSED: &str = "closed";
/// The property by which a form asks who uses the phone.
const USER: &str = "username";

impl Device {
    /// Begins a visit to a household with the newest version of a form that the device has.
    ///
    /// # Errors
    /// `not_found` for the household or the form, `form` when the form cannot be read,
    /// `answer`, `randomness`, `damaged`, `disk_full` or `store`.
    pub fn visit_start(&self, case: &str, form_id: &str) -> Result<VisitSummary, DeviceError> {
        let doc = parse_id(case)?;
        let newest = self.store.read(|tx| tx.latest_version(form_id))?;
        let version = newest.ok_or(DeviceError::NotFound { what: "form" })?;
        self.form(form_id, &version)?;
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
        self.store.write(|tx| {
            let loaded = LoadedDocument::get(tx, &doc)?;
            set_seen(tx, &draft.id, &loaded.document.heads())?;
            Ok::<_, DeviceError>(tx.put_draft(&draft)?)
        })?;
        let slot = self.sessions.slot(&draft.id);
        self.tell_user(&mut sessions::lock(&slot), &draft)?;
        Ok(summary(draft, None))
    }

    /// The visits on this device, those last answered first.
    ///
    /// # Errors
    /// `damaged` or `store` when the store cannot be read.
    pub fn visits(&self, open_only: bool) -> Result<Vec<VisitSummary>, DeviceError> {
        self.store.read(|tx| {
            let with_newer = |draft: DraftRow| {
                let newer = newer_version(tx, &draft)?;
                Ok(summary(draft, newer))
            };
            tx.drafts(open_only)?.into_iter().map(with_newer).collect()
        })
    }

    /// Answers a question, by its name, path or stable key; an empty value clears it. The answer is
    /// on the disk when this returns. A question for a picture takes the id of a picture of the household
    /// ([`Device::attach`]), nothing else; [`Device::visit_answer_picture`] attaches and answers at once.
    ///
    /// # Errors
    /// `not_found`, `visit_closed`, `form` when the visit's form cannot be read, `answer` with the
    /// reason, `not_evidence`, `evidence_no_picture` or `picture_used` of a question for a picture, `case`
    /// when no field can hold it, `damaged`, `disk_full` or `store`. What stood before stands.
    pub fn visit_answer(&self, visit: &str, path: &str, value: &str) -> Result<Changed, DeviceError> {
        self.journal(visit, |session, draft| {
            let path = session.canonical(path)?;
            self.check_picture(session, draft, &path, value)?;
            Ok(JournalEntry::Answer { path, value: value.to_owned() })
        })
    }

    /// Adds an instance to a repeat and gives its id.
    ///
    /// # Errors
    /// Those of [`Device::visit_answer`], and `randomness`.
    pub fn visit_add_repeat(&self, visit: &str, path: &str) -> Result<String, DeviceError> {
        let instance_id = new_id(self.host.as_ref())?.to_string();
        self.visit_add_repeat_as(visit, path, &instance_id)?;
        Ok(instance_id)
    }

    /// Adds an instance with an id of the host's: 1 to 40 letters, digits, `_` and `-`.
    ///
    /// # Errors
    /// Those of [`Device::visit_answer`].
    pub fn visit_add_repeat_as(
        &self,
        visit: &str,
        path: &str,
        instance_id: &str,
    ) -> Result<Changed, DeviceError> {
        self.journal(visit, |session, _| {
            Ok(JournalEntry::AddRepeat {
                path: session.canonical(path)?,
                instance_id: instance_id.to_owned(),
            })
        })
    }

    /// Removes an instance of a repeat.
    ///
    /// # Errors
    /// Those of [`Device::visit_answer`].
    pub fn visit_remove_repeat(&self, visit: &str, path: &str) -> Result<Changed, DeviceError> {
        self.journal(visit, |session, _| Ok(JournalEntry::RemoveRepeat { path: session.canonical(path)? }))
    }

    /// What the form of a visit wants of the phone and has not got: the place where it was begun,
    /// its number. Give it with [`Device::visit_provide`]. Who uses an enrolled phone the form is told
    /// without being given it.
    ///
    /// # Errors
    /// Those of [`Device::visit_show`].
    pub fn visit_requests(&self, visit: &str) -> Result<Vec<Request>, DeviceError> {
        let slot = self.sessions.slot(visit);
        let mut slot = sessions::lock(&slot);
        let draft = self.find_draft(visit)?;
        Ok(self.session(&mut slot, &draft)?.requests())
    }

    /// Gives what the form asked of the phone. It is on the disk when this returns.
    ///
    /// # Errors
    /// Those of [`Device::visit_answer`].
    pub fn visit_provide(&self, visit: &str, path: &str, value: &str) -> Result<Changed, DeviceError> {
        self.journal(visit, |session, _| {
            Ok(JournalEntry::Provide { path: session.canonical(path)?, value: value.to_owned() })
        })
    }

    /// One entry: tried in memory, written to the journal, kept only if both went well.
    fn journal(
        &self,
        visit: &str,
        entry: impl FnOnce(&Session, &DraftRow) -> Result<JournalEntry, DeviceError>,
    ) -> Result<Changed, DeviceError> {
        let slot = self.sessions.slot(visit);
        let mut slot = sessions::lock(&slot);
        let draft = self.open_draft(visit)?;
        let entry = entry(self.session(&mut slot, &draft)?, &draft)?;
        self.enter(&mut slot, &draft, entry)
    }

    fn enter(&self, slot: &mut Slot, draft: &DraftRow, entry: JournalEntry) -> Result<Changed, DeviceError> {
        let now_ms = self.host.now_ms();
        let changed = self.session(slot, draft)?.apply(&entry)?;
        let bytes = visit_record::check_fields(draft, &changed)
            .and_then(|()| Journalled::new(now_ms, entry).encode());
        self.store.make_room_for_work();
        let written = bytes.and_then(|bytes| Ok(self.store.append_answer(&draft.id, now_ms, &bytes)?));
        if let Err(error) = written {
            // Memory is ahead of the disk: the next call replays what the disk has.
            *slot = None;
            return Err(error);
        }
        Ok(changed)
    }

    /// Tells the form who uses this phone, if it asks and that is known.
    fn tell_user(&self, slot: &mut Slot, draft: &DraftRow) -> Result<(), DeviceError> {
        let identity = self.identity();
        let Ok(enrolled) = identity.enrolled() else { return Ok(()) };
        let of_user = |request: &Request| request.wanted == Wanted::Property(USER.to_owned());
        let asked = self.session(slot, draft)?.requests().into_iter().filter(of_user);
        for Request { path, .. } in asked.collect::<Vec<_>>() {
            let value = enrolled.certificate.person.clone();
            self.enter(slot, draft, JournalEntry::Provide { path, value })?;
        }
        Ok(())
    }

    /// A visit as it stands.
    ///
    /// # Errors
    /// `not_found`, `form` when the visit's form cannot be read; `damaged` or `store` when the
    /// store cannot be read.
    pub fn visit_show(&self, visit: &str) -> Result<VisitView, DeviceError> {
        let slot = self.sessions.slot(visit);
        let mut slot = sessions::lock(&slot);
        let draft = self.find_draft(visit)?;
        let newer = self.store.read(|tx| newer_version(tx, &draft))?;
        let session = self.session(&mut slot, &draft)?;
        // What the form works out, and the metadata, nobody has answered.
        let answered = session.answers().iter().filter(|answer| answer.kind.is_answerable()).count();
        Ok(VisitView {
            pages: session.pages(),
            missing: self.missing(session, &draft)?,
            answered: u32::try_from(answered).unwrap_or(u32::MAX),
            visit: summary(draft, newer),
        })
    }

    /// One question of a visit.
    ///
    /// # Errors
    /// Those of [`Device::visit_show`].
    pub fn visit_node(&self, visit: &str, path: &str) -> Result<Option<NodeState>, DeviceError> {
        let slot = self.sessions.slot(visit);
        let mut slot = sessions::lock(&slot);
        let draft = self.find_draft(visit)?;
        Ok(self.session(&mut slot, &draft)?.node(path))
    }

    /// Saves what is answered so far into the household: signed, all of it or nothing.
    ///
    /// # Errors
    /// `not_found`, `visit_closed`, `not_enrolled`, `form`, `case` when the household cannot hold
    /// it, `randomness`, `damaged`, `disk_full` or `store`. Nothing is saved then, and the answers
    /// stay in the visit.
    pub fn visit_save(&self, visit: &str) -> Result<SavedVisit, DeviceError> {
        self.save_visit(visit, STATUS_OPEN)
    }

    /// Closes a visit: nothing may be missing, and no field that decides eligibility in conflict.
    ///
    /// # Errors
    /// Those of [`Device::visit_save`]; `not_complete` with what is missing, `in_conflict` with the
    /// fields.
    pub fn visit_close(&self, visit: &str) -> Result<SavedVisit, DeviceError> {
        self.save_visit(visit, STATUS_CLOSED)
    }

    fn save_visit(&self, visit: &str, status: &str) -> Result<SavedVisit, DeviceError> {
        let slot = self.sessions.slot(visit);
        let mut slot = sessions::lock(&slot);
        let mut draft = self.open_draft(visit)?;
        let closing = status == STATUS_CLOSED;
        // A visit may have begun before the phone was enrolled.
        self.tell_user(&mut slot, &draft)?;
        let session = self.session(&mut slot, &draft)?;
        let missing = if closing { self.missing(session, &draft)? } else { Vec::new() };
        if !missing.is_empty() {
            return Err(DeviceError::NotComplete { missing });
        }
        let settled = self.store.settle(visit)?;
        self.work(|work| {
            let tx = work.tx;
            let mut loaded = LoadedDocument::get(tx, &draft.doc)?;
            if closing {
                check_settled(&loaded, &tx.eligibility_paths()?)?;
            }
            let migrated = Migrated::of(&journal::read(tx, &draft.id)?);
            let writes = visit_record::writes(&loaded, &draft, session, &migrated, status, &work.identity)?;
            let saved = visit_record::write_seen(work, &mut loaded, &draft.id, &writes)?;
            if closing {
                draft.state = DraftState::Closed;
                draft.updated_at_ms = work.host.now_ms();
                tx.put_draft(&draft)?;
            }
            tx.set_draft_saved(&settled)?;
            Ok(saved)
        })
    }

    /// What stands in the way of closing: what the form says, and pictures that are none.
    fn missing(&self, session: &Session, draft: &DraftRow) -> Result<Vec<Missing>, DeviceError> {
        let mut missing = session.missing();
        missing.extend(self.picture_faults(session, &draft.doc)?);
        Ok(missing)
    }

    pub(crate) fn find_draft(&self, visit: &str) -> Result<DraftRow, DeviceError> {
        self.store.read(|tx| tx.draft(visit))?.ok_or(DeviceError::NotFound { what: "visit" })
    }

    pub(crate) fn open_draft(&self, visit: &str) -> Result<DraftRow, DeviceError> {
        let draft = self.find_draft(visit)?;
        match draft.state {
            DraftState::Open => Ok(draft),
            DraftState::Closed => Err(DeviceError::VisitClosed),
        }
    }
}

fn check_settled(loaded: &LoadedDocument, eligibility: &BTreeSet<String>) -> Result<(), DeviceError> {
    let conflicts = loaded.document.conflicts();
    let paths: Vec<String> =
        conflicts.into_iter().map(|c| c.path).filter(|p| eligibility.contains(p)).collect();
    match paths.is_empty() {
        true => Ok(()),
        false => Err(DeviceError::InConflict { paths }),
    }
}

fn summary(draft: DraftRow, newer_version: Option<String>) -> VisitSummary {
    let DraftRow { id, doc, form_id, form_version, updated_at_ms, state, .. } = draft;
    VisitSummary {
        id,
        case: doc.to_string(),
        form: form_id,
        version: form_version,
        newer_version,
        open: state == DraftState::Open,
        updated_at_ms,
    }
}
