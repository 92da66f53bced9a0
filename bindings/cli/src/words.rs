//! The few words of the system that people meet as values.

use ruhu_device::{Author, SyncPhase, SyncProgress, Value};
use ruhu_text::Lang;

use crate::clock;

/// A role's name.
pub fn role(lang: Lang, role: &str) -> &str {
    match role {
        "volunteer" => lang.pick("协管员", "volunteer"),
        "caseworker" => lang.pick("经办人员", "caseworker"),
        "supervisor" => lang.pick("县级人员", "supervisor"),
        "applicant" => lang.pick("申请人", "applicant"),
        "server" => lang.pick("服务器", "server"),
        other => other,
    }
}

/// An author: name and role.
pub fn author(lang: Lang, author: &Author) -> String {
    match (lang, author.person.as_str()) {
        (_, "") => lang.pick("不明", "unknown").to_owned(),
        (Lang::Zh, person) => format!("{person}（{}）", role(lang, &author.role)),
        (Lang::En, person) => format!("{person} ({})", role(lang, &author.role)),
    }
}

/// The state of a case, a record or a visit.
pub fn status(lang: Lang, status: &str) -> &str {
    match status {
        "open" => lang.pick("在办", "open"),
        "closed" => lang.pick("已办结", "closed"),
        other => other,
    }
}

/// Yes or no.
pub fn yes(lang: Lang, yes: bool) -> &'static str {
    match yes {
        true => lang.pick("是", "yes"),
        false => lang.pick("否", "no"),
    }
}

/// A value as people read it.
pub fn value(lang: Lang, value: &Value) -> String {
    match value {
        Value::Timestamp(ms) => clock::local(*ms),
        Value::Bool(truth) => yes(lang, *truth).to_owned(),
        Value::Blank => lang.pick("（空）", "(blank)").to_owned(),
        other => other.to_string(),
    }
}

/// When the server took something, if it has.
pub fn server_time(lang: Lang, ms: Option<i64>) -> String {
    ms.map_or_else(|| lang.pick("未上传", "not sent").to_owned(), clock::local)
}

/// A number of bytes.
pub fn bytes(count: u64) -> String {
    const KIB: u64 = 1024;
    const MIB: u64 = KIB * KIB;
    match count {
        0..KIB => format!("{count} B"),
        KIB..MIB => format!("{}.{} KB", count / KIB, count % KIB * 10 / KIB),
        _ => format!("{}.{} MB", count / MIB, count % MIB * 10 / MIB),
    }
}

/// How far a sync has come, on one line.
pub fn progress(lang: Lang, progress: &SyncProgress, stopping: bool) -> String {
    let SyncProgress { sent, to_send, received, to_store, forms, photos, photos_left, .. } = progress;
    let SyncProgress { letters, letters_left, .. } = progress;
    let (up, down) = (bytes(progress.bytes_up), bytes(progress.bytes_down));
    let left = bytes(progress.photo_bytes_left) + &remaining(lang, progress.photo_seconds_left);
    let doing = match (progress.phase, lang) {
        (SyncPhase::Text, Lang::Zh) => {
            format!("已上传 {sent} 项，还有 {to_send} 项；已收到 {received} 项，{to_store} 项待保存")
        }
        (SyncPhase::Text, Lang::En) => {
            format!("{sent} sent, {to_send} to send; {received} received, {to_store} to be stored")
        }
        (SyncPhase::Forms, Lang::Zh) => format!("收到表单 {forms} 个"),
        (SyncPhase::Forms, Lang::En) => format!("{forms} forms received"),
        (SyncPhase::Photos, Lang::Zh) => format!("照片已传 {photos} 个，还有 {photos_left} 个（{left}）"),
        (SyncPhase::Photos, Lang::En) => format!("{photos} photos moved, {photos_left} left ({left})"),
        (SyncPhase::Letters, Lang::Zh) => format!("看授权书照片：已看 {letters} 张，还有 {letters_left} 张"),
        (SyncPhase::Letters, Lang::En) => {
            format!("looking at photos of letters: {letters}, {letters_left} left")
        }
    };
    let retry = progress.retry_in_s;
    match (lang, stopping) {
        (Lang::Zh, false) if retry > 0 => format!("服务器忙或连不上，{retry} 秒后再试：{doing}"),
        (Lang::En, false) if retry > 0 => {
            format!("The server is busy or out of reach, trying again in {retry} s: {doing}")
        }
        (Lang::Zh, false) => format!("正在同步：{doing}（上行 {up}，下行 {down}）"),
        (Lang::En, false) => format!("Syncing: {doing} ({up} up, {down} down)"),
        (Lang::Zh, true) => format!("正在停止：{doing}。再按一次 Ctrl-C 立即停止。"),
        (Lang::En, true) => format!("Stopping: {doing}. Press Ctrl-C again to stop at once."),
    }
}

/// The time that is left, if it is known: ", 3 min".
fn remaining(lang: Lang, seconds: Option<u32>) -> String {
    match (lang, seconds) {
        (_, None) => String::new(),
        (Lang::Zh, Some(seconds @ 0..100)) => format!("，约 {seconds} 秒"),
        (Lang::En, Some(seconds @ 0..100)) => format!(", some {seconds} s"),
        (Lang::Zh, Some(seconds)) => format!("，约 {} 分钟", seconds.div_ceil(60)),
        (Lang::En, Some(seconds)) => format!(", some {} min", seconds.div_ceil(60)),
    }
}

/// That the phone's clock is so far ahead of the server's, or behind it.
pub fn clock(lang: Lang, ahead_ms: i64) -> String {
    let minutes = ahead_ms.unsigned_abs() / 60_000;
    let (days, hours, rest) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
    let ahead = ahead_ms > 0;
    match lang {
        Lang::Zh => {
            let way = if ahead { "快" } else { "慢" };
            format!(
                "! 本机时钟比服务器{way} {days} 天 {hours} 小时 {rest} 分，请核对手机的日期和时间。已填的时间不会被改动。"
            )
        }
        Lang::En => {
            let way = if ahead { "ahead of" } else { "behind" };
            format!(
                "! This phone's clock is {days} d {hours} h {rest} min {way} the server's; look at its date and time. Times already entered stay as they are."
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use ruhu_text::Lang;

    use super::{bytes, remaining};

    #[test]
    fn the_time_left_is_told_in_seconds_then_in_minutes() {
        assert_eq!(remaining(Lang::Zh, None), "");
        assert_eq!(remaining(Lang::Zh, Some(40)), "，约 40 秒");
        assert_eq!(remaining(Lang::En, Some(121)), ", some 3 min");
    }

    #[test]
    fn sizes_are_short() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(1_023), "1023 B");
        assert_eq!(bytes(1_536), "1.5 KB");
        assert_eq!(bytes(3_250_586), "3.1 MB");
    }
}
