//! The written rules for what two people did to one household side by side, beyond a field with two values. Each
//! keeps what both did and points at it; none decides.
//!
//! - **A record refers to a removed person.** A person is removed by a `removed_reason`; person and record stay
//!   readable, and each field or answer of a record that is the person's id is flagged. Putting `Blank` into
//!   `removed_reason` brings the person back.
//! - **A repeat edited on both sides.** Instances have ids of their own, so two new ones are two instances. An
//!   instance is removed by an answer `<repeat>/<instance>/_removed` that is true or a reason. Edits that the remover
//!   had not seen are kept and flagged.
//! - **A record closed by one and edited by another.** Closing is `status` put to `closed`. An answer whose standing
//!   change was not known to every standing closing change is listed, whether it was made side by side or later.
//!   Closing again (settling `status`), having seen the answers, clears the list.

use std::collections::{BTreeMap, BTreeSet};

use crate::Value;
use crate::document::Document;
use crate::index::{ChangeNode, Index};
use crate::view::{Person, RecordFlag, STATUS_CLOSED};

const REMOVED: &str = "_removed";
const REMOVED_MARK: &str = "/_removed";

/// The reason why a person no longer counts; `None` while they do.
pub(crate) fn removed(person: &BTreeMap<String, Value>) -> Option<String> {
    person.get("removed_reason").filter(|reason| !reason.is_blank()).map(Value::to_string)
}

/// Paths of the answers that were not known when the record was closed.
pub(crate) fn edited_after_close(document: &Document, record: &str) -> Vec<String> {
    let status = document.standing(&format!("records/{record}/status"));
    if status.first().and_then(|shown| shown.value.as_text()) != Some(STATUS_CLOSED) {
        return Vec::new();
    }
    let closings = status.iter().filter(|s| s.value.as_text() == Some(STATUS_CLOSED)).map(|s| s.change);
    unseen(document, &format!("records/{record}/answers/"), &closings.collect::<Vec<_>>())
}

/// All flags of a record. `fields`: its fields and answers; sorted by kind and path.
pub(crate) fn flags(
    document: &Document,
    record: &str,
    fields: &BTreeMap<String, Value>,
    people: &[Person],
    edited_after_close: &[String],
) -> Vec<RecordFlag> {
    let mut flags = Vec::new();
    let removed: BTreeSet<&str> =
        people.iter().filter(|person| person.removed.is_some()).map(|person| person.id.as_str()).collect();
    for (key, value) in fields {
        if let Some(person) = value.as_text().filter(|id| removed.contains(id)) {
            let (path, person) = (format!("records/{record}/{key}"), person.to_owned());
            flags.push(RecordFlag::RefersToRemovedPerson { path, person });
        }
        if key.ends_with(REMOVED) && is_set(value) {
            let path = format!("records/{record}/{key}");
            flags.extend(path.strip_suffix(REMOVED_MARK).and_then(|path| edited_instance(document, path)));
        }
    }
    if !edited_after_close.is_empty() {
        flags.push(RecordFlag::EditedAfterClose { paths: edited_after_close.to_vec() });
    }
    flags.sort();
    flags
}

fn is_set(mark: &Value) -> bool {
    !mark.is_blank() && *mark != Value::Bool(false)
}

fn edited_instance(document: &Document, instance: &str) -> Option<RecordFlag> {
    let mark = format!("{instance}{REMOVED_MARK}");
    let removals: Vec<_> =
        document.standing(&mark).iter().filter(|s| is_set(s.value)).map(|s| s.change).collect();
    let mut paths = unseen(document, &format!("{instance}/"), &removals);
    paths.retain(|path| *path != mark);
    let instance = instance.to_owned();
    (!paths.is_empty()).then_some(RecordFlag::RemovedInstanceEdited { instance, paths })
}

/// The fields beneath `prefix` where something stands that one of `witnesses` had not seen.
fn unseen(document: &Document, prefix: &str, witnesses: &[&ChangeNode]) -> Vec<String> {
    let seen = |change: &ChangeNode| witnesses.iter().all(|witness| Index::knew(witness, change));
    let all_seen = |path: &str| document.standing(path).iter().all(|standing| seen(standing.change));
    let paths = document.index.beneath(prefix).map(|(path, _)| path);
    paths.filter(|path| !all_seen(path)).map(str::to_owned).collect()
}
