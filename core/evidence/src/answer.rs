//! What a question for a picture takes: the id of evidence of the same household that is a picture, and
//! no picture twice where two are asked for.

use ruhu_case::{Household, Value};
use ruhu_form::{Missing, MissingReason, NodeState, QuestionKind, Session};
use ruhu_text::{Bilingual, Explain, Explanation, Lang};

/// A question for a picture that has an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureAnswer {
    /// The question's stable key.
    pub path: String,
    /// The answer.
    pub value: String,
    /// Whether it must be answered.
    pub required: bool,
    /// Whether it asks for a signature, drawn or on paper.
    pub signature: bool,
}

impl PictureAnswer {
    /// An answer to a question.
    pub fn of(question: &NodeState, value: &str) -> PictureAnswer {
        let drawn = |appearance: &String| appearance.split_whitespace().any(|word| word == "signature");
        PictureAnswer {
            path: question.path.clone(),
            value: value.trim().to_owned(),
            required: question.required,
            signature: question.appearance.as_ref().is_some_and(drawn),
        }
    }
}

/// The questions for a picture that apply and have an answer.
pub fn given(session: &Session) -> Vec<PictureAnswer> {
    let answers = session.answers().into_iter().filter(|answer| answer.kind == QuestionKind::Image);
    answers
        .filter_map(|answer| Some(PictureAnswer::of(&session.node(&answer.path)?, &answer.value)))
        .collect()
}

/// Why something is no answer to a question for a picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PictureAnswerError {
    /// No evidence of this household has the id.
    #[error("a question for a picture takes a picture")]
    NotEvidence {
        /// The question.
        path: String,
    },
    /// The evidence is no picture.
    #[error("the evidence is no picture")]
    NotAPicture {
        /// The question.
        path: String,
    },
    /// The picture answers another question already.
    #[error("the picture answers another question already")]
    Used {
        /// The question.
        path: String,
        /// The one that it answers already.
        first: String,
    },
}

impl Explain for PictureAnswerError {
    fn code(&self) -> &'static str {
        match self {
            PictureAnswerError::NotEvidence { .. } => "not_evidence",
            PictureAnswerError::NotAPicture { .. } => "evidence_no_picture",
            PictureAnswerError::Used { .. } => "picture_used",
        }
    }

    fn explain(&self) -> Explanation {
        match self {
            PictureAnswerError::NotEvidence { path } => Explanation::new(
                format!("“{path}”要照片：本户没有这样的照片。"),
                format!("“{path}” takes a picture: this household has none of that name."),
            )
            .advise("请拍照，或选择照片文件。", "Take a photo, or give a picture's file."),
            PictureAnswerError::NotAPicture { path } => Explanation::new(
                format!("“{path}”要照片，这份材料不是照片。"),
                format!("“{path}” takes a picture, and this is none."),
            )
            .advise("请拍照，或选择照片文件。", "Take a photo, or give a picture's file."),
            PictureAnswerError::Used { path, first } => Explanation::new(
                format!("“{path}”用的照片已经用在“{first}”，两题要两张不同的照片。"),
                format!(
                    "The picture for “{path}” answers “{first}” already; two questions take two pictures."
                ),
            )
            .advise("请另拍一张；签字须本人另签。", "Take another one; each signs for himself."),
        }
    }
}

/// The SHA-256 of the picture that an answer names.
fn picture<'h>(household: &'h Household, answer: &PictureAnswer) -> Result<&'h str, PictureAnswerError> {
    let path = || answer.path.clone();
    let named = household.evidence.iter().find(|evidence| evidence.id == answer.value);
    let evidence = named.ok_or_else(|| PictureAnswerError::NotEvidence { path: path() })?;
    let is_sum = |sum: &&str| sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mime = evidence.fields.get("mime").and_then(Value::as_text);
    let sum = evidence.sha256.as_deref().filter(is_sum);
    sum.filter(|_| mime.is_some_and(|mime| mime.starts_with("image/")))
        .ok_or_else(|| PictureAnswerError::NotAPicture { path: path() })
}

/// The SHA-256 of the picture that an answer names, and of the file that it was made of; none of what is no
/// picture.
fn sums<'h>(household: &'h Household, answer: &PictureAnswer) -> Vec<&'h str> {
    let Ok(kept) = picture(household, answer) else { return Vec::new() };
    let entry = household.evidence.iter().find(|evidence| evidence.id == answer.value);
    let original = entry.and_then(|entry| entry.fields.get("original_sha256")?.as_text());
    [kept].into_iter().chain(original).collect()
}

/// Looks at an answer beside those that were given before it.
///
/// # Errors
/// [`PictureAnswerError`]: `not_evidence`, `evidence_no_picture`; `picture_used` for a required question
/// whose picture answers another required one, and for a signature that stands under another name.
pub fn check_answer(
    household: &Household,
    before: &[PictureAnswer],
    answer: &PictureAnswer,
) -> Result<(), PictureAnswerError> {
    picture(household, answer)?;
    check_unused(household, before, answer, &sums(household, answer))
}

/// Looks at a picture that is about to be attached and answer a question, by the SHA-256 (hexadecimal) of what
/// is kept of it and of the file as it was offered: two questions may keep different pictures of one file.
///
/// # Errors
/// `picture_used`, as [`check_answer`].
pub fn check_unused(
    household: &Household,
    before: &[PictureAnswer],
    answer: &PictureAnswer,
    offered: &[&str],
) -> Result<(), PictureAnswerError> {
    let needed =
        |other: &&PictureAnswer| answer.required && other.required || answer.signature && other.signature;
    let others = before.iter().filter(|other| other.path != answer.path).filter(needed);
    for other in others {
        let given = sums(household, other);
        if given.iter().any(|given| offered.iter().any(|offered| offered.eq_ignore_ascii_case(given))) {
            let (path, first) = (answer.path.clone(), other.path.clone());
            return Err(PictureAnswerError::Used { path, first });
        }
    }
    Ok(())
}

/// The SHA-256 of the picture that answers a question, hexadecimal, if a picture does.
pub fn picture_of<'h>(household: &'h Household, answer: &PictureAnswer) -> Option<&'h str> {
    picture(household, answer).ok()
}

/// What stands in the way of closing: each answer that is no picture, or the picture of one before it.
pub fn faults(household: &Household, answers: &[PictureAnswer]) -> Vec<(String, PictureAnswerError)> {
    let fault = |(at, answer): (usize, &PictureAnswer)| {
        let before = answers.get(..at).unwrap_or_default();
        Some((answer.path.clone(), check_answer(household, before, answer).err()?))
    };
    answers.iter().enumerate().filter_map(fault).collect()
}

/// The same for a person, question by question.
pub fn missing(household: &Household, session: &Session) -> Vec<Missing> {
    let missing = |(path, error): (String, PictureAnswerError)| {
        let labels = session.node(&path).map(|node| node.labels).unwrap_or_default();
        let message = Bilingual::new(error.message(Lang::Zh), error.message(Lang::En));
        Missing { path, labels, reason: MissingReason::Constraint { message } }
    };
    faults(household, &given(session)).into_iter().map(missing).collect()
}

#[cfg(test)]
mod tests {
    use ruhu_case::{ActorId, DocKind, Document, Write};

    use super::*;

    /// A household with pictures of these ids and files, `None` for one without a media type.
    fn household(pictures: &[(&str, u8, Option<&str>)]) -> Household {
        let mut document = Document::new(DocKind::Household);
        let put = |id: &str, field: &str, value: &str| Write::Put {
            path: format!("evidence/{id}/{field}"),
            value: Value::Text(value.into()),
        };
        let mut writes = Vec::new();
        for (id, file, mime) in pictures {
            writes.push(put(id, "order", id));
            writes.push(put(id, "sha256", &format!("{file:02x}").repeat(32)));
            writes.extend(mime.map(|mime| put(id, "mime", mime)));
        }
        document.edit(ActorId([1; 16]), 1, &writes).unwrap();
        document.household()
    }

    fn answer(path: &str, value: &str, required: bool) -> PictureAnswer {
        PictureAnswer { path: path.into(), value: value.into(), required, signature: false }
    }

    const JPEG: Option<&str> = Some("image/jpeg");

    #[test]
    fn only_a_picture_of_this_household_answers_a_question_for_one() {
        let home = household(&[("a", 1, JPEG), ("letter", 2, Some("application/pdf")), ("bare", 3, None)]);
        let check = |value: &str| check_answer(&home, &[], &answer("/v/house", value, true));
        assert_eq!(check("a"), Ok(()));
        for nothing in ["x", "house_out.jpg", "A", "another household's"] {
            let path = "/v/house".into();
            assert_eq!(check(nothing), Err(PictureAnswerError::NotEvidence { path }), "{nothing}");
        }
        for none in ["letter", "bare"] {
            assert_eq!(check(none).unwrap_err().code(), "evidence_no_picture");
        }
    }

    #[test]
    fn one_picture_answers_one_required_question_and_the_first_is_named() {
        let home = household(&[("a", 1, JPEG), ("again", 1, JPEG), ("b", 2, JPEG)]);
        let (out, inside) = (answer("/v/out", "a", true), answer("/v/in", "again", true));
        let used = PictureAnswerError::Used { path: "/v/in".into(), first: "/v/out".into() };
        assert_eq!(check_answer(&home, std::slice::from_ref(&out), &inside), Err(used.clone()));
        assert_eq!(check_answer(&home, std::slice::from_ref(&out), &answer("/v/in", "b", true)), Ok(()));
        assert_eq!(check_answer(&home, std::slice::from_ref(&out), &answer("/v/more", "a", false)), Ok(()));
        assert_eq!(
            check_answer(&home, std::slice::from_ref(&out), &out),
            Ok(()),
            "a question is answered again"
        );
        assert_eq!(faults(&home, &[out.clone(), inside]), [("/v/in".to_owned(), used)]);
        let sign = |path: &str| PictureAnswer { signature: true, ..answer(path, "a", false) };
        assert_eq!(
            check_answer(&home, &[sign("/v/lin")], &sign("/v/zhou")).unwrap_err().code(),
            "picture_used"
        );
    }
}
