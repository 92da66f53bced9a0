//! Why a session refuses an entry.

use crate::question::QuestionKind;
use ruhu_text::{Bilingual, Lang};
use thiserror::Error;

/// Why an entry was refused. Nothing has changed when one is returned, and
/// none of them repeats what was answered.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AnswerError {
    /// No such question in the form, or no such repeat instance in the answers.
    #[error("{}", self.message(Lang::En))]
    UnknownPath {
        /// The path that was asked for.
        path: String,
        /// A name of the form that looks like it.
        suggestion: Option<String>,
    },
    /// Several repeat instances fit; name one by position or by id.
    #[error("{}", self.message(Lang::En))]
    AmbiguousPath {
        /// The path that was asked for.
        path: String,
    },
    /// The path cannot be read.
    #[error("{}", self.message(Lang::En))]
    BadPath {
        /// The path that was asked for.
        path: String,
    },
    /// The path names a group, a repeat or a note, which takes no answer.
    #[error("{}", self.message(Lang::En))]
    NotAQuestion {
        /// The stable key.
        path: String,
    },
    /// The path names something that does not repeat.
    #[error("{}", self.message(Lang::En))]
    NotARepeat {
        /// The path that was asked for.
        path: String,
    },
    /// The form decides how many instances there are (`repeat_count`).
    #[error("{}", self.message(Lang::En))]
    CountedRepeat {
        /// The path that was asked for.
        path: String,
    },
    /// The text is not a value of the question's kind.
    #[error("{}", self.message(Lang::En))]
    WrongType {
        /// The stable key.
        path: String,
        /// What the question takes.
        kind: QuestionKind,
    },
    /// The value is not one of the choices on offer.
    #[error("{}", self.message(Lang::En))]
    UnknownChoice {
        /// The stable key.
        path: String,
        /// A choice that looks like it.
        suggestion: Option<String>,
    },
    /// The question may only be read.
    #[error("{}", self.message(Lang::En))]
    ReadOnly {
        /// The stable key.
        path: String,
    },
    /// The form works the value out.
    #[error("{}", self.message(Lang::En))]
    Calculated {
        /// The stable key.
        path: String,
    },
    /// The question does not apply, given the other answers.
    #[error("{}", self.message(Lang::En))]
    Irrelevant {
        /// The stable key.
        path: String,
    },
    /// The form's own rule refuses the value; the old one stays.
    #[error("{}", self.message(Lang::En))]
    Constraint {
        /// The stable key.
        path: String,
        /// The form's message, or a general one.
        message: Bilingual,
    },
    /// The text is too long.
    #[error("{}", self.message(Lang::En))]
    TooLong {
        /// The stable key.
        path: String,
        /// The limit in bytes of UTF-8.
        limit: usize,
    },
    /// A repeat instance id is not of `[A-Za-z0-9_-]{1,40}`.
    #[error("{}", self.message(Lang::En))]
    BadInstanceId {
        /// The path that was asked for.
        path: String,
    },
    /// The repeat has an instance of that id already.
    #[error("{}", self.message(Lang::En))]
    InstanceExists {
        /// The stable key of the instance.
        path: String,
    },
    /// The session holds as many repeat instances as it may.
    #[error("{}", self.message(Lang::En))]
    TooManyInstances {
        /// The path that was asked for.
        path: String,
        /// The limit.
        limit: usize,
    },
    /// The form did not ask its host for this value.
    #[error("{}", self.message(Lang::En))]
    NotRequested {
        /// The stable key.
        path: String,
    },
    /// Answers of another version are taken over before anything else is
    /// entered.
    #[error("{}", self.message(Lang::En))]
    NotFirst,
    /// An expression of the form failed while it was worked out.
    #[error("{}", self.message(Lang::En))]
    Expression {
        /// The stable key.
        path: String,
        /// What failed.
        message: Bilingual,
    },
}

impl AnswerError {
    /// What a person reads, in `lang`.
    pub fn message(&self, lang: Lang) -> String {
        let text = self.text();
        match lang {
            Lang::Zh => text.zh,
            Lang::En => text.en,
        }
    }

    /// The message in both languages.
    pub fn text(&self) -> Bilingual {
        match self {
            AnswerError::UnknownPath { path, suggestion } => with_suggestion(
                format!("表单里没有“{path}”。"),
                format!("The form has no “{path}”."),
                suggestion,
            ),
            AnswerError::UnknownChoice { path, suggestion } => with_suggestion(
                format!("“{path}”没有这个选项。"),
                format!("“{path}” offers no such choice."),
                suggestion,
            ),
            AnswerError::WrongType { path, kind } => {
                let (zh, en) = expected(*kind);
                Bilingual::new(format!("“{path}”要填{zh}。"), format!("“{path}” takes {en}."))
            }
            AnswerError::Constraint { message, .. } => message.clone(),
            AnswerError::Expression { path, message } => Bilingual::new(
                format!("“{path}”的算式出错：{}", message.zh),
                format!("An expression of “{path}” failed: {}", message.en),
            ),
            AnswerError::TooLong { path, limit } => Bilingual::new(
                format!("“{path}”太长，最多 {limit} 字节。"),
                format!("“{path}” is too long; at most {limit} bytes."),
            ),
            AnswerError::TooManyInstances { path, limit } => Bilingual::new(
                format!("“{path}”太多，整张表最多 {limit} 条。"),
                format!("Too many of “{path}”; a form holds at most {limit} instances."),
            ),
            AnswerError::NotFirst => Bilingual::new(
                "这份草稿已经填过，不能再转入别的版本的回答。",
                "Something was entered already; answers of another version can no longer be taken over.",
            ),
            other => other.plain_text(),
        }
    }

    fn plain_text(&self) -> Bilingual {
        let (path, zh, en) = match self {
            AnswerError::AmbiguousPath { path } => {
                (path, "有多条，请写明第几条或编号", "has several instances; name one by position or id")
            }
            AnswerError::BadPath { path } => (path, "不是有效的路径", "is not a valid path"),
            AnswerError::NotAQuestion { path } => (path, "不是可以填写的题目", "takes no answer"),
            AnswerError::NotARepeat { path } => (path, "不是可以增减的重复组", "is not a repeat"),
            AnswerError::CountedRepeat { path } => {
                (path, "的条数由表单决定，不能增减", "has as many instances as the form says")
            }
            AnswerError::ReadOnly { path } => (path, "只能看，不能改", "is read-only"),
            AnswerError::Calculated { path } => {
                (path, "由表单自动计算，不能填写", "is calculated by the form")
            }
            AnswerError::Irrelevant { path } => {
                (path, "按现有回答不需要填写", "does not apply, given the other answers")
            }
            AnswerError::BadInstanceId { path } => (
                path,
                "的编号只能用字母、数字、“_”、“-”，1 到 40 个",
                "needs an id of 1 to 40 letters, digits, “_” or “-”",
            ),
            AnswerError::InstanceExists { path } => (path, "已经有了", "exists already"),
            AnswerError::NotRequested { path } => {
                (path, "不是由手机自动提供的", "is not something the form asked the device for")
            }
            _ => return Bilingual::default(),
        };
        Bilingual::new(format!("“{path}”{zh}。"), format!("“{path}” {en}."))
    }
}

fn with_suggestion(zh: String, en: String, suggestion: &Option<String>) -> Bilingual {
    match suggestion {
        Some(name) => Bilingual::new(format!("{zh}是不是“{name}”？"), format!("{en} Did you mean “{name}”?")),
        None => Bilingual::new(zh, en),
    }
}

/// What a kind of question takes, in words.
fn expected(kind: QuestionKind) -> (&'static str, &'static str) {
    match kind {
        QuestionKind::Integer => ("整数", "a whole number"),
        QuestionKind::Decimal | QuestionKind::Range => ("数字，例如 12.50", "a number such as 12.50"),
        QuestionKind::Date => ("日期，例如 2026-11-22", "a date such as 2026-11-22"),
        QuestionKind::Time => ("时间，例如 08:30", "a time such as 08:30"),
        QuestionKind::DateTime => (
            "日期和时间，例如 2026-11-22T08:30:00+08:00",
            "a date and time such as 2026-11-22T08:30:00+08:00",
        ),
        QuestionKind::Geopoint | QuestionKind::StartGeopoint => {
            ("“纬度 经度 海拔 精度”，例如 39.9 116.4 50 5", "“latitude longitude altitude accuracy”")
        }
        QuestionKind::Geotrace => (
            "至少两个地点，用分号隔开，例如 39.9 116.4;39.8 116.5",
            "at least two places separated by semicolons",
        ),
        QuestionKind::Geoshape => (
            "首尾相同的至少四个地点，用分号隔开",
            "at least four places separated by semicolons, the last like the first",
        ),
        _ if kind.is_file() => ("文件名，不带目录", "the name of a file, without folders"),
        QuestionKind::Acknowledge => ("“OK”，或留空", "“OK”, or nothing"),
        QuestionKind::SelectMultiple | QuestionKind::Rank => {
            ("选项，用空格隔开，不重复", "choices separated by blanks, none twice")
        }
        _ => ("不含控制字符的文字", "text without control characters"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_reads_well_in_both_languages() {
        let error =
            AnswerError::UnknownPath { path: "members_rael".into(), suggestion: Some("members_real".into()) };
        assert_eq!(error.message(Lang::Zh), "表单里没有“members_rael”。是不是“members_real”？");
        assert_eq!(error.to_string(), "The form has no “members_rael”. Did you mean “members_real”?");
    }

    #[test]
    fn every_refusal_says_something_in_both_languages() {
        let path = || "/f/x".to_owned();
        let all = [
            AnswerError::AmbiguousPath { path: path() },
            AnswerError::BadPath { path: path() },
            AnswerError::NotAQuestion { path: path() },
            AnswerError::NotARepeat { path: path() },
            AnswerError::CountedRepeat { path: path() },
            AnswerError::ReadOnly { path: path() },
            AnswerError::Calculated { path: path() },
            AnswerError::Irrelevant { path: path() },
            AnswerError::BadInstanceId { path: path() },
            AnswerError::InstanceExists { path: path() },
            AnswerError::NotRequested { path: path() },
        ];
        for error in all {
            assert!(error.message(Lang::Zh).contains("/f/x"), "{error:?}");
            assert!(error.message(Lang::En).contains("/f/x"), "{error:?}");
        }
    }
}
