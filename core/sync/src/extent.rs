//! How far a sync came: all, in part, nothing. What a script asks, and a mark on a screen.

use serde::Serialize;

use crate::not_yet_safe::{NotYetSafe, PendingKind};
use crate::progress::SyncProgress;
use crate::report::SyncReport;

/// How far a sync came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncExtent {
    /// Everything this device has to give is on the server and counts there, everything that is there
    /// for it has come.
    All,
    /// Some of it: the report and [`NotYetSafe`] say what is left.
    InPart,
    /// The run broke off before anything was given or taken.
    Nothing,
}

impl SyncExtent {
    /// The extent of a run that came to its end, by its report and by what is not safe after it.
    /// Answers of a visit that was not saved are not the sync's to give.
    pub fn of_report(report: &SyncReport, left: &NotYetSafe) -> SyncExtent {
        let not_there =
            [PendingKind::Unsent, PendingKind::Refused, PendingKind::Photo, PendingKind::LostPhoto];
        let given = not_there.iter().all(|kind| left.of(*kind) == 0) && !report.revoked;
        let taken = report.quarantined.is_empty()
            && report.drifted.is_empty()
            && report.damaged == 0
            && !report.untold
            && report.forms_failed.is_empty()
            && report.files_failed.is_empty()
            && report.files_left == 0
            && report.files_paused == 0
            && !report.unfinished;
        if given && taken { SyncExtent::All } else { SyncExtent::InPart }
    }

    /// The extent of a run that broke off with an error, by what it had done until then.
    pub fn of_failure(done: &SyncProgress) -> SyncExtent {
        match done.sent + done.received + done.forms + done.photos {
            0 => SyncExtent::Nothing,
            _ => SyncExtent::InPart,
        }
    }
}
