//! What of this device's work is not safe yet, told for as long as it is so: answers that were not
//! saved, changes and photos that wait, what the server refused, visits that cannot be opened. And
//! beside it what others wrote and this device keeps apart.
//!
//! It is read off the rows of the store each time: the run that found something may be long over.

use std::collections::{BTreeMap, BTreeSet};

use ruhu_case::DocId;
use ruhu_projection::household_name;
use ruhu_store::{ApartRow, FileRefusal, Tx};
use ruhu_sync::{AuthorRecord, Reason};
use ruhu_text::{Bilingual, Explain, Explanation, Lang};
use serde::Serialize;

use crate::device::Device;
use crate::error::DeviceError;
use crate::journal;
use crate::reasons::reason_of;
use crate::waiting::WAITS;

/// Why a photo is not safe of which the server has every byte, in quarantine.
const KEPT_APART: &str = "kept_apart";

/// What of this device's work is not safe yet.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct NotYetSafe {
    /// How many things exist on this device only, or are lost: the sum of the counts in `pending`. With 0
    /// the device can be lost and nothing with it.
    pub count: u32,
    /// What they are: one entry for each kind, household and reason.
    pub pending: Vec<PendingWork>,
    /// What others wrote and no document holds: this device keeps it apart, because none can hold it, or
    /// it waits for something that is not here. It is no work of this device's, and is not counted
    /// above.
    pub set_aside: Vec<PendingWork>,
}

/// Work of one kind in one household.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PendingWork {
    /// What it is.
    pub kind: PendingKind,
    /// How many answers, changes, photos or visits.
    pub count: u32,
    /// The household's id.
    pub case: String,
    /// The head of the household and the address, as people name it; empty when the household is not
    /// known here.
    pub household: String,
    /// The visit, for what a visit holds.
    pub visit: Option<String>,
    /// The reason's code, where there is one: those of the server's refusals, `form`, `set_aside`,
    /// `waits`, `kept_apart` for photos that lie in the server's quarantine, `lost`, and for photos that the
    /// server refused what it said.
    pub reason: Option<String>,
    /// What it means and what to do, without anything that a person entered.
    pub message: Bilingual,
}

/// Kinds of work that is not safe yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PendingKind {
    /// Answers of an open visit, given since it was last saved.
    Unsaved,
    /// Changes that wait to be sent.
    Unsent,
    /// Changes that the server keeps apart or does not take: nobody else sees them.
    Refused,
    /// Photos that wait to be sent.
    Photo,
    /// Photos that were attached here and are nowhere any more, and not given up.
    LostPhoto,
    /// A visit that cannot be opened, because its form cannot be read.
    Blocked,
    /// Changes of others that are kept apart here, or wait.
    SetAside,
}

impl NotYetSafe {
    /// How many things of a kind there are.
    pub fn of(&self, kind: PendingKind) -> u32 {
        let all = self.pending.iter().chain(&self.set_aside).filter(|work| work.kind == kind);
        all.fold(0, |sum, work| sum.saturating_add(work.count))
    }
}

impl Device {
    /// What of this device's work is not safe yet: the answer to "may I lose this phone?".
    ///
    /// # Errors
    /// `damaged` or `store` when the store cannot be read.
    pub fn not_yet_safe(&self) -> Result<NotYetSafe, DeviceError> {
        let own = self.own_device();
        let mut found = self.store.read(|tx| {
            let mut found = tally(tx, &own, None)?;
            found.extend(waiting(tx)?);
            Ok::<_, DeviceError>(found)
        })?;
        found.extend(self.blocked_visits()?);
        found.sort_by_key(|entry| entry.kind);
        self.store.read(|tx| describe(tx, found))
    }

    /// How many things of each of these households are not safe yet.
    pub(crate) fn pending_of(
        &self,
        tx: &Tx<'_>,
        cases: &[DocId],
    ) -> Result<BTreeMap<DocId, u32>, DeviceError> {
        let mut by_case = BTreeMap::new();
        for entry in tally(tx, &self.own_device(), Some(cases))? {
            if entry.kind != PendingKind::SetAside {
                *by_case.entry(entry.doc).or_insert(0) += entry.count;
            }
        }
        Ok(by_case)
    }

    /// This device's id, as author records name it.
    fn own_device(&self) -> String {
        let identity = self.identity();
        identity.enrolled.as_ref().map(|e| e.certificate.device().to_string()).unwrap_or_default()
    }

    /// Open visits whose form is not here or cannot be read. Each form is tried once.
    fn blocked_visits(&self) -> Result<Vec<Entry>, DeviceError> {
        let drafts = self.store.read(|tx| tx.drafts(true))?;
        let forms: BTreeSet<(&str, &str)> =
            drafts.iter().map(|draft| (&*draft.form_id, &*draft.form_version)).collect();
        let mut unreadable = BTreeSet::new();
        for (id, version) in forms {
            match self.form(id, version) {
                Ok(_) => {}
                Err(DeviceError::Form(_) | DeviceError::NotFound { .. }) => {
                    unreadable.insert((id, version));
                }
                Err(other) => return Err(other),
            }
        }
        let blocked = drafts.iter().filter(|d| unreadable.contains(&(&*d.form_id, &*d.form_version)));
        let entry = |draft: &ruhu_store::DraftRow| Entry {
            visit: Some(draft.id.clone()),
            ..Entry::new(PendingKind::Blocked, draft.doc, 1)
        };
        Ok(blocked.map(entry).collect())
    }
}

/// One line of the tally, before it is put into words.
struct Entry {
    kind: PendingKind,
    doc: DocId,
    count: u32,
    visit: Option<String>,
    /// Why, as the store keeps it.
    reason: Option<String>,
    /// Why the server refused photos.
    refusal: Option<FileRefusal>,
}

impl Entry {
    fn new(kind: PendingKind, doc: DocId, count: u32) -> Entry {
        Entry { kind, doc, count, visit: None, reason: None, refusal: None }
    }
}

/// Everything pending, of some households or of all, but blocked visits, which are found by reading their
/// forms, and what waits.
fn tally(tx: &Tx<'_>, own: &str, of: Option<&[DocId]>) -> Result<Vec<Entry>, DeviceError> {
    let mut found = Vec::new();
    for draft in tx.unsaved_drafts(of)? {
        let count = journal::entries_after(tx, &draft.id, draft.saved_entry)?;
        found.push(Entry { visit: Some(draft.id), ..Entry::new(PendingKind::Unsaved, draft.doc, count) });
    }
    let unsent = tx.outbox_by_document(of)?.into_iter();
    found.extend(unsent.map(|(doc, count)| Entry::new(PendingKind::Unsent, doc, count)));
    for row in tx.apart(of)?.into_iter().filter(|row| row.reason != WAITS) {
        let kind = if is_own(tx, &row, own)? { PendingKind::Refused } else { PendingKind::SetAside };
        found.push(Entry { reason: Some(row.reason), ..Entry::new(kind, row.doc, row.count) });
    }
    let photos = tx.unsent_files_by_document(of)?.into_iter();
    found.extend(photos.map(|files| Entry {
        reason: match &files.refusal {
            _ if files.apart => Some(KEPT_APART.to_owned()),
            refusal => refusal.as_ref().map(|refusal| refusal.code.clone()),
        },
        refusal: files.refusal.filter(|_| !files.apart),
        ..Entry::new(PendingKind::Photo, files.doc, files.count)
    }));
    let lost = tx.lost_files_by_document(of)?.into_iter();
    found.extend(lost.map(|(doc, count)| Entry::new(PendingKind::LostPhoto, doc, count)));
    Ok(found)
}

/// What waits for something that is not here, whosever it is: the server has it.
fn waiting(tx: &Tx<'_>) -> Result<Vec<Entry>, DeviceError> {
    let entry = |(doc, _, count)| Entry {
        reason: Some(WAITS.to_owned()),
        ..Entry::new(PendingKind::SetAside, doc, count)
    };
    Ok(tx.waiting_by_author()?.into_iter().map(entry).collect())
}

/// Whether envelopes that do not count are this device's work: its own, whoever set them aside, and
/// those of others that the server would not take back from it.
fn is_own(tx: &Tx<'_>, row: &ApartRow, own: &str) -> Result<bool, DeviceError> {
    if reason_of(&row.reason).is_some() {
        return Ok(true);
    }
    let Some(bytes) = tx.author(&row.actor)? else { return Ok(false) };
    Ok(AuthorRecord::from_bytes(&bytes)?.certificate.device().to_string() == own)
}

fn describe(tx: &Tx<'_>, found: Vec<Entry>) -> Result<NotYetSafe, DeviceError> {
    let mut all = NotYetSafe::default();
    for entry in found {
        let explained = explain(&entry);
        let work = PendingWork {
            kind: entry.kind,
            count: entry.count,
            case: entry.doc.to_string(),
            household: household_name(tx, &entry.doc)?,
            visit: entry.visit,
            reason: code_of(entry.kind, entry.reason.as_deref()),
            message: Bilingual::new(explained.in_lang(Lang::Zh), explained.in_lang(Lang::En)),
        };
        match work.kind {
            PendingKind::SetAside => all.set_aside.push(work),
            _ => {
                all.count = all.count.saturating_add(work.count);
                all.pending.push(work);
            }
        }
    }
    Ok(all)
}

fn code_of(kind: PendingKind, reason: Option<&str>) -> Option<String> {
    match kind {
        PendingKind::Unsaved | PendingKind::Unsent => None,
        PendingKind::LostPhoto => Some("lost".to_owned()),
        PendingKind::Photo => reason.map(str::to_owned),
        PendingKind::Blocked => Some("form".to_owned()),
        PendingKind::Refused | PendingKind::SetAside => {
            let own = if reason == Some(WAITS) { WAITS } else { "set_aside" };
            Some(reason.and_then(reason_of).map_or(own, |reason: Reason| reason.code()).to_owned())
        }
    }
}

fn explain(entry: &Entry) -> Explanation {
    let count = entry.count;
    match entry.kind {
        PendingKind::Unsaved => Explanation::new(
            format!("{count} 个答案填在入户调查里，还没有存入该户。"),
            format!("{count} answers of a visit are not saved into the household."),
        )
        .advise("请存入或办结。", "Save the visit or close it."),
        PendingKind::Unsent => {
            Explanation::new(format!("{count} 项修改还没有上传。"), format!("{count} changes are not sent."))
                .advise("有网络时请同步。", "Sync when there is a network.")
        }
        PendingKind::Photo if entry.refusal.is_some() => explain_refused(count, entry.refusal.as_ref()),
        PendingKind::Photo if entry.reason.is_some() => Explanation::new(
            format!("{count} 个照片已传到服务器，随内容一起隔离，他人看不到。"),
            format!("{count} photos are on the server, kept apart with their text: nobody else sees them."),
        )
        .advise("请保留这部手机，并请管理员核对后放行。", "Keep this phone; the administrator admits them."),
        PendingKind::Photo => {
            Explanation::new(format!("{count} 个照片还没有上传。"), format!("{count} photos are not sent."))
                .advise("有网络时请同步。", "Sync when there is a network.")
        }
        PendingKind::LostPhoto => Explanation::new(
            format!("{count} 个照片已丢失：本机的已不在或已损坏，服务器上也没有。"),
            format!(
                "{count} photos are lost: gone from this phone or damaged on it, and the server lacks them."
            ),
        )
        .advise("请重新附上或重拍；找不回的，请登记放弃。", "Attach them again, or give them up."),
        PendingKind::Blocked => Explanation::new(
            "表单在本机无法读取，入户调查打不开；已填的答案都在。",
            "The form cannot be read on this device, so the visit does not open; its answers are all there.",
        )
        .advise("请同步取回表单，或更新程序。", "Sync to fetch the form, or update the program."),
        PendingKind::Refused | PendingKind::SetAside => explain_apart(entry),
    }
}

fn explain_refused(count: u32, refusal: Option<&FileRefusal>) -> Explanation {
    let (zh, en) = refusal.map(|refusal| (refusal.zh.as_str(), refusal.en.as_str())).unwrap_or_default();
    Explanation::new(
        format!("{count} 个照片没有被服务器收下：{zh}"),
        format!("{count} photos were not taken by the server: {en}"),
    )
    .advise(
        "照片仍在本机，以后会再试。请告知管理员。",
        "They stay here and are tried again later; tell the administrator.",
    )
}

fn explain_apart(entry: &Entry) -> Explanation {
    let count = entry.count;
    let refused = entry.reason.as_deref().and_then(reason_of).map(|reason| reason.explain());
    match (refused, entry.kind) {
        (Some(reason), _) => Explanation {
            what: Bilingual::new(
                format!("{count} 项修改没有被服务器收下，他人看不到：{}", reason.what.zh),
                format!(
                    "{count} changes were not taken by the server, nobody else sees them: {}",
                    reason.what.en
                ),
            ),
            advice: reason.advice,
        },
        (None, PendingKind::Refused) => Explanation::new(
            format!("{count} 项本机的修改无法并入档案，已另行保存。"),
            format!("{count} changes of this device fit into no document and are kept apart."),
        )
        .advise("请联系管理员。", "Tell the administrator."),
        (None, _) if entry.reason.as_deref() == Some(WAITS) => Explanation::new(
            format!("{count} 项修改所依据的内容还没有到达本机，暂未显示，其余内容不受影响。"),
            format!(
                "{count} changes stand on something that has not come to this device, and are not shown yet; the rest is not affected."
            ),
        )
        .advise("再次同步后仍如此，请告知管理员。", "If this stays after another sync, tell the administrator."),
        (None, _) => Explanation::new(
            format!("{count} 项他人的修改无法并入档案，已另行保存，其余内容不受影响。"),
            format!(
                "{count} changes of others fit into no document and are kept apart; the rest is not affected."
            ),
        )
        .advise("请告知管理员。", "Tell the administrator."),
    }
}
