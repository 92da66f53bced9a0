//! What verdicts of the server hide in a document: which changes, and why.

use std::collections::{BTreeMap, BTreeSet};

use ruhu_case::{ChangeHash, DocId, RawChange};
use ruhu_store::Tx;
use ruhu_sync::{Envelope, Reason, stored_verdict};
use ruhu_text::{Bilingual, Explain, Lang};

use crate::error::DeviceError;
use crate::views::HiddenWork;

/// The changes that are hidden.
pub(crate) fn changes(tx: &Tx<'_>, id: &DocId) -> Result<BTreeSet<ChangeHash>, DeviceError> {
    Ok(by_reason(tx, id)?.into_values().flatten().collect())
}

/// How many are hidden for each reason, in words.
pub(crate) fn of_document(tx: &Tx<'_>, id: &DocId) -> Result<Vec<HiddenWork>, DeviceError> {
    let all = by_reason(tx, id)?.into_iter().filter(|(_, changes)| !changes.is_empty());
    Ok(all.map(|(reason, changes)| hidden_work(reason, changes.len())).collect())
}

fn hidden_work(reason: String, changes: usize) -> HiddenWork {
    let message = match Reason::from_code(&reason) {
        Some(known) => Bilingual::new(known.message(Lang::Zh), known.message(Lang::En)),
        None => Bilingual::new("请向管理员询问原因。", "The administrator knows why."),
    };
    HiddenWork { changes: u32::try_from(changes).unwrap_or(u32::MAX), reason, message }
}

fn by_reason(tx: &Tx<'_>, id: &DocId) -> Result<BTreeMap<String, BTreeSet<ChangeHash>>, DeviceError> {
    let mut hidden: BTreeMap<String, BTreeSet<ChangeHash>> = BTreeMap::new();
    for (subject, bytes) in tx.verdicts_of_document(id)? {
        if let Some(row) = tx.envelope(&subject)?.filter(|_| stored_verdict::hides(&bytes)) {
            let envelope = Envelope::from_bytes(&row.bytes);
            let changes = envelope.iter().flat_map(Envelope::changes).map(RawChange::hash);
            hidden.entry(stored_verdict::reason_of(&bytes)).or_default().extend(changes);
        }
    }
    Ok(hidden)
}
