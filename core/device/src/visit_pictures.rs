//! Answers of a visit that are pictures: evidence of the household, whose id the answer is.

use std::path::Path;

use ruhu_case::{DocId, Household};
use ruhu_evidence::{
    PictureAnswer, PictureAnswered, Taken, asks_for_signature, check_answer, check_unused, given, missing,
    picture_of,
};
use ruhu_form::{AnswerError, Changed, JournalEntry, Missing, NodeState, QuestionKind, Session};
use ruhu_store::DraftRow;

use crate::device::Device;
use crate::documents::LoadedDocument;
use crate::error::DeviceError;
use crate::evidence::Place;
use crate::ids::{hex, new_id};
use crate::journal::Journalled;
use crate::sessions;
use crate::visit_record;

/// The parameter by which a form says how many pixels the longer side has at most.
const MAX_PIXELS: &str = "max-pixels";

impl Device {
    /// Answers a question for a picture with the picture of a file: it is sealed into the household as
    /// [`Device::attach`] does, under the question's name, and the answer is its evidence's id. Both are on
    /// the disk when this returns, or neither. The form's `max-pixels` goes before the 2,048 that are kept
    /// otherwise. The file that answers the question already changes nothing. A question for a signature takes
    /// the strokes of one too.
    ///
    /// # Errors
    /// Those of [`Device::visit_answer`] and [`Device::attach`]; `picture_used` when the picture answers another
    /// required question, or a signature stands under another name; `signature_used` when the household has its
    /// strokes under another name. What stood before stands.
    pub fn visit_answer_picture(
        &self,
        visit: &str,
        path: &str,
        file: &Path,
    ) -> Result<PictureAnswered, DeviceError> {
        let (doc, question) = self.picture_question(visit, path)?;
        let signature = asks_for_signature(question.appearance.as_deref());
        let place = Place { doc, kind: &question.name, signature, question: true };
        let longest = question.parameters.get(MAX_PIXELS).and_then(|pixels| pixels.parse().ok());
        // Reading takes its time, and so does comparing prints: nobody waits for this visit meanwhile.
        let taken = self.take_in(&place, file, longest)?;
        let (changed, id) = self.keep_answer(visit, &question, &place, &taken)?;
        Ok(PictureAnswered { changed, evidence: self.told(&doc, &id, &taken) })
    }

    /// Keeps a picture and the answer; gives what changed, and the id of the evidence.
    fn keep_answer(
        &self,
        visit: &str,
        question: &NodeState,
        place: &Place<'_>,
        taken: &Taken,
    ) -> Result<(Changed, String), DeviceError> {
        let slot = self.sessions.slot(visit);
        let mut slot = sessions::lock(&slot);
        let mut draft = self.open_draft(visit)?;
        let household = self.household(&draft.doc)?;
        let session = self.session(&mut slot, &draft)?;
        let given = given(session);
        let sha256 = hex(&taken.kept.file().sha256);
        let here = given.iter().find(|answer| answer.path == question.path);
        if let Some(here) = here.filter(|here| picture_of(&household, here) == Some(sha256.as_str())) {
            return Ok((Changed::default(), here.value.clone()));
        }
        let id = new_id(self.host.as_ref())?.to_string();
        check_unused(&household, &given, &PictureAnswer::of(question, &id), &taken.kept.offered())?;
        let entry = JournalEntry::Answer { path: question.path.clone(), value: id.clone() };
        let changed = session.apply(&entry)?;
        draft.updated_at_ms = self.host.now_ms();
        let kept = visit_record::check_fields(&draft, &changed)
            .and_then(|()| Journalled::new(draft.updated_at_ms, entry).encode())
            .and_then(|bytes| {
                let sealed = self.seal(&taken.kept)?;
                // Not before the file is sealed: from here on answers of other visits wait.
                let settled = self.store.settle(&draft.id).inspect_err(|_| self.discard(&sealed))?;
                self.keep(place, &id, taken, sealed, |work| {
                    work.tx.append_journal(&settled, &bytes)?;
                    Ok(work.tx.put_draft(&draft)?)
                })
            });
        match kept {
            Ok(()) => Ok((changed, id)),
            Err(error) => {
                // Memory is ahead of the disk: the next call replays what the disk has.
                *slot = None;
                Err(error)
            }
        }
    }

    fn picture_question(&self, visit: &str, path: &str) -> Result<(DocId, NodeState), DeviceError> {
        let slot = self.sessions.slot(visit);
        let mut slot = sessions::lock(&slot);
        let draft = self.open_draft(visit)?;
        let session = self.session(&mut slot, &draft)?;
        let path = session.canonical(path)?;
        match session.node(&path) {
            Some(node) if node.kind == QuestionKind::Image => Ok((draft.doc, node)),
            Some(node) => Err(AnswerError::WrongType { path, kind: node.kind }.into()),
            None => Err(DeviceError::NotFound { what: "question" }),
        }
    }

    /// Looks at an answer that is given as text: a question for a picture takes the id of one.
    pub(crate) fn check_picture(
        &self,
        session: &Session,
        draft: &DraftRow,
        path: &str,
        value: &str,
    ) -> Result<(), DeviceError> {
        let asks = |node: &NodeState| node.kind == QuestionKind::Image && !value.trim().is_empty();
        if let Some(node) = session.node(path).filter(asks) {
            check_answer(&self.household(&draft.doc)?, &given(session), &PictureAnswer::of(&node, value))?;
        }
        Ok(())
    }

    /// Answers that are no pictures, or one picture twice. A visit of an earlier program may have texts
    /// there: it opens as it was, and says what to do.
    pub(crate) fn picture_faults(&self, session: &Session, doc: &DocId) -> Result<Vec<Missing>, DeviceError> {
        match given(session).is_empty() {
            true => Ok(Vec::new()),
            false => Ok(missing(&self.household(doc)?, session)),
        }
    }

    pub(crate) fn household(&self, doc: &DocId) -> Result<Household, DeviceError> {
        self.store.read(|tx| Ok(LoadedDocument::get(tx, doc)?.document.household()))
    }
}
