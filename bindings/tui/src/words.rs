//! What the screen says, in Chinese and English.

use chrono::{DateTime, FixedOffset};
use ruhu_form::{AnswerError, Environment, QuestionKind};
use ruhu_text::{Explain, Lang};

use super::line::LineFault;

/// The moment of an environment, as its local time shows it.
pub fn moment(environment: Environment) -> Option<DateTime<FixedOffset>> {
    let zone = FixedOffset::east_opt(environment.utc_offset_minutes.checked_mul(60)?)?;
    Some(DateTime::from_timestamp_millis(environment.now_ms)?.with_timezone(&zone))
}

/// How an answer of this kind is written; nothing where that goes without saying.
pub fn format_of(lang: Lang, kind: QuestionKind) -> &'static str {
    let (zh, en) = match kind {
        QuestionKind::Integer => ("整数", "a whole number"),
        QuestionKind::Decimal | QuestionKind::Range => ("数字，例如 12.50", "a number such as 12.50"),
        QuestionKind::Date => ("日期，例如 2026-11-22", "a date such as 2026-11-22"),
        QuestionKind::Time => ("时间，例如 08:30", "a time such as 08:30"),
        QuestionKind::DateTime => {
            ("日期和时间，例如 2026-11-22 08:30", "a date and time such as 2026-11-22 08:30")
        }
        QuestionKind::Geopoint => (
            "纬度 经度 海拔 精度，用空格隔开，例如 30.18321 120.26547 12 8",
            "latitude longitude altitude accuracy, such as 30.18321 120.26547 12 8",
        ),
        QuestionKind::Geotrace | QuestionKind::Geoshape => (
            "每个点写“纬度 经度 海拔 精度”，点与点之间用分号",
            "for each point latitude longitude altitude accuracy, a semicolon between points",
        ),
        QuestionKind::Image => ("照片的文件名，或它的路径", "the name of a picture file, or the path to it"),
        QuestionKind::Audio => ("录音的文件名，或它的路径", "the name of a sound file, or the path to it"),
        QuestionKind::Video => ("视频的文件名，或它的路径", "the name of a video file, or the path to it"),
        QuestionKind::File => ("文件名，或它的路径", "the name of a file, or the path to it"),
        QuestionKind::Barcode => ("条码上的文字", "what the bar code says"),
        QuestionKind::Acknowledge => ("按空格键打勾", "tick it with the space bar"),
        _ => ("", ""),
    };
    match lang {
        Lang::Zh => zh,
        Lang::En => en,
    }
}

/// Why an entry was refused. The engine names the question by its path; here the question stands
/// beside the message, and needs no name.
pub fn refusal(lang: Lang, error: &AnswerError) -> String {
    let plain = |zh: &str, en: &str| lang.pick(zh, en).to_owned();
    match error {
        AnswerError::WrongType { kind, .. } if !format_of(lang, *kind).is_empty() => match lang {
            Lang::Zh => format!("这里要填：{}。", format_of(lang, *kind)),
            Lang::En => format!("This takes {}.", format_of(lang, *kind)),
        },
        AnswerError::WrongType { .. } => plain("不能这样填。", "This cannot be the answer."),
        AnswerError::UnknownChoice { .. } => plain("没有这个选项。", "There is no such choice."),
        AnswerError::ReadOnly { .. } => plain("这一项只能看，不能改。", "This may only be read."),
        AnswerError::CountedRepeat { .. } => {
            plain("这里有几条由前面的回答决定，不能增减。", "How many there are follows from other answers.")
        }
        AnswerError::TooLong { limit, .. } => match lang {
            Lang::Zh => format!("太长了，最多 {limit} 字节。"),
            Lang::En => format!("Too long: at most {limit} bytes."),
        },
        other => other.message(lang),
    }
}

/// Why a line is no answer.
pub fn line_fault(lang: Lang, fault: LineFault) -> &'static str {
    match fault {
        LineFault::NoSuchFile => lang.pick("找不到这个文件。", "There is no such file."),
    }
}

/// The keys and what they do, for the page that F1 opens.
pub const KEYS: [(&str, &str, &str); 18] = [
    ("Enter", "确定，到下一题", "take the answer, go to the next question"),
    ("Tab  Shift+Tab", "下一题，上一题", "next question, previous question"),
    (
        "Up  Down",
        "上一题，下一题；在选项中上下移动",
        "previous and next question; among choices, up and down",
    ),
    ("Space", "选中或取消；空的日期填入今天", "make or undo a choice; today, in an empty date"),
    ("a-z 0-9 汉字", "在选项中查找，可用拼音首字母", "search choices, by pinyin initials too"),
    ("Esc", "改回原来的答案", "back to the answer as it was"),
    ("Ctrl+U", "清除这一题的答案", "clear the answer"),
    ("Ctrl+J", "在文字中换行", "a new line in a text"),
    ("PgDn  Ctrl+N", "下一页", "next page"),
    ("PgUp  Ctrl+P", "上一页", "previous page"),
    ("Ctrl+G  F2", "目录，跳到某一页", "list of pages, to jump to one"),
    ("Ctrl+T", "跳到下一处未完成", "next thing that is missing"),
    ("Ctrl+R", "在重复组中加一条", "one more instance of a repeat"),
    ("Ctrl+D", "删除重复组的这一条", "remove this instance of a repeat"),
    ("Ctrl+Left/Right", "上一条，下一条", "previous and next instance"),
    ("Ctrl+S", "看还缺什么，交表", "what is missing; finish"),
    ("Ctrl+Q", "离开，草稿留着", "leave; the draft stays"),
    ("F1", "这一页", "this page"),
];
