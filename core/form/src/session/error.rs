//! Why a session refuses an entry.

use crate::question::QuestionKind;
use ruhu_text::{Bilingual, Explain, Explanation, Lang};
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

impl Explain for AnswerError {
    fn code(&self) -> &'static str {
        match self {
            AnswerError::UnknownPath { .. } => "unknown_path",
            AnswerError::AmbiguousPath { .. } => "ambiguous_path",
            AnswerError::BadPath { .. } => "bad_path",
            AnswerError::NotAQuestion { .. } => "not_a_question",
            AnswerError::NotARepeat { .. } => "not_a_repeat",
            AnswerError::CountedRepeat { .. } => "counted_repeat",
            AnswerError::WrongType { .. } => "wrong_type",
            AnswerError::UnknownChoice { .. } => "unknown_choice",
            AnswerError::ReadOnly { .. } => "read_only",
            AnswerError::Calculated { .. } => "calculated",
            AnswerError::Irrelevant { .. } => "irrelevant",
            AnswerError::Constraint { .. } => "constraint",
            AnswerError::TooLong { .. } => "too_long",
            AnswerError::BadInstanceId { .. } => "bad_instance_id",
            AnswerError::InstanceExists { .. } => "instance_exists",
            AnswerError::TooManyInstances { .. } => "too_many_instances",
            AnswerError::NotRequested { .. } => "not_requested",
            AnswerError::NotFirst => "not_first",
            AnswerError::Expression { .. } => "expression",
        }
    }

    fn explain(&self) -> Explanation {
        match self {
            AnswerError::UnknownPath { path, suggestion } => suggesting(
                Explanation::new(format!("表单里没有“{path}”。"), format!("The form has no “{path}”.")),
                suggestion,
            ),
            AnswerError::UnknownChoice { path, suggestion } => {
                suggesting(of(path, "没有这个选项", "offers no such choice"), suggestion)
            }
            AnswerError::AmbiguousPath { path } => {
                of(path, "有多条，请写明第几条或编号", "has several instances; name one by position or id")
            }
            AnswerError::BadPath { path } => of(path, "不是有效的路径", "is not a valid path"),
            AnswerError::NotAQuestion { path } => of(path, "不是可以填写的题目", "takes no answer"),
            AnswerError::NotARepeat { path } => of(path, "不是可以增减的重复组", "is not a repeat"),
            AnswerError::CountedRepeat { path } => {
                of(path, "的条数由表单决定，不能增减", "has as many instances as the form says")
            }
            AnswerError::WrongType { path, kind } => {
                let (zh, en) = expected(*kind);
                of(path, &format!("要填{zh}"), &format!("takes {en}"))
            }
            AnswerError::ReadOnly { path } => of(path, "只能看，不能改", "is read-only"),
            AnswerError::Calculated { path } => {
                of(path, "由表单自动计算，不能填写", "is calculated by the form")
            }
            AnswerError::Irrelevant { path } => {
                of(path, "按现有回答不需要填写", "does not apply, given the other answers")
            }
            AnswerError::Constraint { message, .. } => message.clone().into(),
            AnswerError::TooLong { path, limit } => {
                of(path, &format!("太长，最多 {limit} 字节"), &format!("is too long; at most {limit} bytes"))
            }
            AnswerError::BadInstanceId { path } => of(
                path,
                "的编号只能用字母、数字、“_”、“-”，1 到 40 个",
                "needs an id of 1 to 40 letters, digits, “_” or “-”",
            ),
            AnswerError::InstanceExists { path } => of(path, "已经有了", "exists already"),
            AnswerError::TooManyInstances { path, limit } => Explanation::new(
                format!("“{path}”太多，整张表最多 {limit} 条。"),
                format!("Too many of “{path}”; a form holds at most {limit} instances."),
            ),
            AnswerError::NotRequested { path } => {
                of(path, "不是由手机自动提供的", "is not something the form asked the device for")
            }
            AnswerError::NotFirst => Explanation::new(
                "这份草稿已经填过，不能再转入别的版本的回答。",
                "Something was entered already; answers of another version can no longer be taken over.",
            ),
            AnswerError::Expression { path, message } => Explanation::new(
                format!("“{path}”的算式出错：{}", message.zh),
                format!("An expression of “{path}” failed: {}", message.en),
            ),
        }
    }
}

/// A sentence about what a path names.
fn of(path: &str, zh: &str, en: &str) -> Explanation {
    Explanation::new(format!("“{path}”{zh}。"), format!("“{path}” {en}."))
}

fn suggesting(explanation: Explanation, suggestion: &Option<String>) -> Explanation {
    match suggestion {
        Some(name) => explanation.advise(format!("是不是“{name}”？"), format!("Did you mean “{name}”?")),
        None => explanation,
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
