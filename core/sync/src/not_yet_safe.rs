//! What of a device's work is not safe yet, and what is said of it: words and advice for each kind.

use ruhu_case::DocId;
use ruhu_text::{Bilingual, Explain, Explanation, Lang};
use serde::Serialize;

use crate::outcome::Reason;

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

/// Why work is not safe, beside what its kind says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// There is nothing more to say.
    OfItself,
    /// The server did not take it.
    Refused(Reason),
    /// It waits for something that is not here.
    Waits,
    /// The server has every byte, in quarantine.
    KeptApart,
    /// The server refused a photo, in its own words, with their code.
    RefusedPhoto(String, Bilingual),
}

impl NotYetSafe {
    /// How many things of a kind there are.
    pub fn of(&self, kind: PendingKind) -> u32 {
        let all = self.pending.iter().chain(&self.set_aside).filter(|work| work.kind == kind);
        all.fold(0, |sum, work| sum.saturating_add(work.count))
    }
}

impl NotYetSafe {
    /// Adds work of one kind in one household.
    pub fn add(&mut self, work: PendingWork) {
        match work.kind {
            PendingKind::SetAside => self.set_aside.push(work),
            _ => {
                self.count = self.count.saturating_add(work.count);
                self.pending.push(work);
            }
        }
    }
}

impl PendingWork {
    /// Puts it into words.
    pub fn new(
        (kind, count, why): (PendingKind, u32, &Why),
        (case, household): (&DocId, String),
        visit: Option<String>,
    ) -> PendingWork {
        let explained = explain(kind, count, why);
        PendingWork {
            kind,
            count,
            case: case.to_string(),
            household,
            visit,
            reason: code_of(kind, why),
            message: Bilingual::new(explained.in_lang(Lang::Zh), explained.in_lang(Lang::En)),
        }
    }
}

fn code_of(kind: PendingKind, why: &Why) -> Option<String> {
    let code = match (kind, why) {
        (PendingKind::Unsaved | PendingKind::Unsent, _) => return None,
        (PendingKind::LostPhoto, _) => "lost",
        (PendingKind::Blocked, _) => "form",
        (PendingKind::Photo, Why::KeptApart) => "kept_apart",
        (PendingKind::Photo, Why::RefusedPhoto(code, _)) => code,
        (PendingKind::Photo, _) => return None,
        (PendingKind::Refused | PendingKind::SetAside, Why::Refused(reason)) => reason.code(),
        (PendingKind::Refused | PendingKind::SetAside, Why::Waits) => "waits",
        (PendingKind::Refused | PendingKind::SetAside, _) => "set_aside",
    };
    Some(code.to_owned())
}

fn explain(kind: PendingKind, count: u32, why: &Why) -> Explanation {
    match kind {
        PendingKind::Unsaved => Explanation::new(
            format!("{count} 个答案填在入户调查里，还没有存入该户。"),
            format!("{count} answers of a visit are not saved into the household."),
        )
        .advise("请存入或办结。", "Save the visit or close it."),
        PendingKind::Unsent => {
            Explanation::new(format!("{count} 项修改还没有上传。"), format!("{count} changes are not sent."))
                .advise("有网络时请同步。", "Sync when there is a network.")
        }
        PendingKind::Photo => explain_photo(count, why),
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
        PendingKind::Refused | PendingKind::SetAside => explain_apart(kind, count, why),
    }
}

fn explain_photo(count: u32, why: &Why) -> Explanation {
    match why {
        Why::RefusedPhoto(_, Bilingual { zh, en }) => Explanation::new(
            format!("{count} 个照片没有被服务器收下：{zh}"),
            format!("{count} photos were not taken by the server: {en}"),
        )
        .advise(
            "照片仍在本机，以后会再试。请告知管理员。",
            "They stay here and are tried again later; tell the administrator.",
        ),
        Why::KeptApart => Explanation::new(
            format!("{count} 个照片已传到服务器，随内容一起隔离，他人看不到。"),
            format!("{count} photos are on the server, kept apart with their text: nobody else sees them."),
        )
        .advise("请保留这部手机，并请管理员核对后放行。", "Keep this phone; the administrator admits them."),
        _ => Explanation::new(format!("{count} 个照片还没有上传。"), format!("{count} photos are not sent."))
            .advise("有网络时请同步。", "Sync when there is a network."),
    }
}

fn explain_apart(kind: PendingKind, count: u32, why: &Why) -> Explanation {
    match (why, kind) {
        (Why::Refused(reason), _) => {
            let reason = reason.explain();
            Explanation {
            what: Bilingual::new(
                format!("{count} 项修改没有被服务器收下，他人看不到：{}", reason.what.zh),
                format!(
                    "{count} changes were not taken by the server, nobody else sees them: {}",
                    reason.what.en
                ),
            ),
            advice: reason.advice,
            }
        }
        (_, PendingKind::Refused) => Explanation::new(
            format!("{count} 项本机的修改无法并入档案，已另行保存。"),
            format!("{count} changes of this device fit into no document and are kept apart."),
        )
        .advise("请联系管理员。", "Tell the administrator."),
        (Why::Waits, _) => Explanation::new(
            format!("{count} 项修改所依据的内容还没有到达本机，暂未显示，其余内容不受影响。"),
            format!(
                "{count} changes stand on something that has not come to this device, and are not shown yet; the rest is not affected."
            ),
        )
        .advise("再次同步后仍如此，请告知管理员。", "If this stays after another sync, tell the administrator."),
        (_, _) => Explanation::new(
            format!("{count} 项他人的修改无法并入档案，已另行保存，其余内容不受影响。"),
            format!(
                "{count} changes of others fit into no document and are kept apart; the rest is not affected."
            ),
        )
        .advise("请告知管理员。", "Tell the administrator."),
    }
}
