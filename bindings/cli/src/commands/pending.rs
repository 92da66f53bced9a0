//! What of this phone's work is not safe yet, in words.

use ruhu_device::{NotYetSafe, PendingKind, PendingWork};
use ruhu_text::Lang;

use crate::failure::Failure;
use crate::output::Output;

/// How many households are named; the rest are counted.
const NAMED: usize = 10;

/// The number, what it is made of, and the households.
pub fn print(output: &mut Output, safe: &NotYetSafe) -> Result<(), Failure> {
    output.line(&summary(output.lang(), safe))?;
    // What needs somebody's doing first: the rest goes by itself with the next sync.
    let (needing, waiting): (Vec<_>, Vec<_>) =
        safe.pending.iter().partition(|work| needs_somebody(work.kind));
    let ordered: Vec<&PendingWork> = needing.into_iter().chain(waiting).collect();
    for work in ordered.iter().take(NAMED) {
        let lang = output.lang();
        let household = match work.household.as_str() {
            "" => &work.case,
            known => known,
        };
        output.line(&format!("! {household}  {}", work.message.get(lang)))?;
    }
    match ordered.len().saturating_sub(NAMED) {
        0 => {}
        more => output.line(&match output.lang() {
            Lang::Zh => format!("  另有 {more} 处，用 --json 列出全部"),
            Lang::En => format!("  and {more} more; --json lists all"),
        })?,
    }
    print_set_aside(output, safe)
}

/// What others wrote and is kept apart, in one line: nobody here can do anything about it.
fn print_set_aside(output: &mut Output, safe: &NotYetSafe) -> Result<(), Failure> {
    let (count, households) = (safe.of(PendingKind::SetAside), safe.set_aside.len());
    match count {
        0 => Ok(()),
        _ => output.line(&match output.lang() {
            Lang::Zh => format!(
                "! {households} 份档案里有 {count} 项他人的修改无法并入，或所依据的内容还没有到达，已另行保存，其余内容不受影响。请告知管理员（--json 列出全部）。"
            ),
            Lang::En => format!(
                "! {count} changes of others in {households} documents fit into none, or wait for something that has not come, and are kept apart; the rest is not affected. Tell the administrator (--json lists all)."
            ),
        }),
    }
}

fn needs_somebody(kind: PendingKind) -> bool {
    match kind {
        PendingKind::Unsaved
        | PendingKind::Refused
        | PendingKind::LostPhoto
        | PendingKind::Blocked
        | PendingKind::SetAside => true,
        PendingKind::Unsent | PendingKind::Photo => false,
    }
}

fn summary(lang: Lang, safe: &NotYetSafe) -> String {
    let parts: Vec<String> = [
        (PendingKind::Unsaved, "个答案没有存入", "answers not saved"),
        (PendingKind::Unsent, "项修改待上传", "changes to send"),
        (PendingKind::Refused, "项修改没有被收下", "changes not taken"),
        (PendingKind::Photo, "个照片待上传", "photos to send"),
        (PendingKind::LostPhoto, "个照片已丢失", "photos lost"),
        (PendingKind::Blocked, "次调查打不开", "visits that do not open"),
    ]
    .into_iter()
    .filter(|(kind, ..)| safe.of(*kind) > 0)
    .map(|(kind, zh, en)| format!("{} {}", safe.of(kind), lang.pick(zh, en)))
    .collect();
    match (lang, safe.count) {
        (Lang::Zh, 0) => "尚不安全  0 项，本机所填都已在服务器上".to_owned(),
        (Lang::En, 0) => "not safe yet  0: all work of this phone is on the server".to_owned(),
        (Lang::Zh, count) => format!("尚不安全  {count} 项：{}", parts.join("，")),
        (Lang::En, count) => format!("not safe yet  {count}: {}", parts.join(", ")),
    }
}
