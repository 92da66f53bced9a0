//! The few words of the system that people meet as values.

use ruhu_device::{Author, Lang, Value};

use crate::clock;

/// One of two texts.
pub fn pick<'a>(lang: Lang, zh: &'a str, en: &'a str) -> &'a str {
    match lang {
        Lang::Zh => zh,
        Lang::En => en,
    }
}

/// A role's name.
pub fn role(lang: Lang, role: &str) -> &str {
    match role {
        "volunteer" => pick(lang, "协管员", "volunteer"),
        "caseworker" => pick(lang, "经办人员", "caseworker"),
        "supervisor" => pick(lang, "县级人员", "supervisor"),
        "applicant" => pick(lang, "申请人", "applicant"),
        "server" => pick(lang, "服务器", "server"),
        other => other,
    }
}

/// An author: name and role.
pub fn author(lang: Lang, author: &Author) -> String {
    match (lang, author.person.as_str()) {
        (_, "") => pick(lang, "不明", "unknown").to_owned(),
        (Lang::Zh, person) => format!("{person}（{}）", role(lang, &author.role)),
        (Lang::En, person) => format!("{person} ({})", role(lang, &author.role)),
    }
}

/// The state of a case, a record or a visit.
pub fn status(lang: Lang, status: &str) -> &str {
    match status {
        "open" => pick(lang, "在办", "open"),
        "closed" => pick(lang, "已办结", "closed"),
        other => other,
    }
}

/// Yes or no.
pub fn yes(lang: Lang, yes: bool) -> &'static str {
    match yes {
        true => pick(lang, "是", "yes"),
        false => pick(lang, "否", "no"),
    }
}

/// A value as people read it.
pub fn value(lang: Lang, value: &Value) -> String {
    match value {
        Value::Timestamp(ms) => clock::local(*ms),
        Value::Bool(truth) => yes(lang, *truth).to_owned(),
        Value::Blank => pick(lang, "（空）", "(blank)").to_owned(),
        other => other.to_string(),
    }
}

/// When the server took something, if it has.
pub fn server_time(lang: Lang, ms: Option<i64>) -> String {
    ms.map_or_else(|| pick(lang, "未上传", "not sent").to_owned(), clock::local)
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

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_are_short() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(1_023), "1023 B");
        assert_eq!(bytes(1_536), "1.5 KB");
        assert_eq!(bytes(3_250_586), "3.1 MB");
    }
}
