//! What a question for a picture takes: the id of evidence of the same household that is a picture, and
//! no picture twice where two are asked for.

use ruhu_case::{Evidence, Household, Value};
use ruhu_form::{Missing, MissingReason, NodeState, QuestionKind, Session};
use ruhu_letter::signature::Shape;
use ruhu_text::{Bilingual, Explain, Lang};

use crate::answer_error::PictureAnswerError;
use crate::signature::{is_signature, shape_of};

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
        PictureAnswer {
            path: question.path.clone(),
            value: value.trim().to_owned(),
            required: question.required,
            signature: asks_for_signature(question.appearance.as_deref()),
        }
    }
}

/// Whether an appearance says that a signature is asked for.
pub fn asks_for_signature(appearance: Option<&str>) -> bool {
    appearance.is_some_and(|words| words.split_whitespace().any(|word| word == "signature"))
}

/// The questions for a picture that apply and have an answer.
pub fn given(session: &Session) -> Vec<PictureAnswer> {
    let answers = session.answers().into_iter().filter(|answer| answer.kind == QuestionKind::Image);
    answers
        .filter_map(|answer| Some(PictureAnswer::of(&session.node(&answer.path)?, &answer.value)))
        .collect()
}

/// What a picture is known by that answers a question, or is about to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offered {
    /// The SHA-256, hexadecimal, of what is kept of it and of the file as it was offered: two questions may keep
    /// different pictures of one file.
    pub sums: Vec<String>,
    /// What its strokes look like, of a signature that was drawn on the screen.
    pub shape: Option<Shape>,
}

impl Offered {
    fn of(entry: &Evidence) -> Offered {
        let original = entry.fields.get("original_sha256").and_then(Value::as_text);
        let sums = entry.sha256.as_deref().into_iter().chain(original);
        Offered { sums: sums.map(str::to_owned).collect(), shape: shape_of(entry) }
    }

    fn is_same(&self, other: &Offered) -> bool {
        let sum = |sum: &String| other.sums.iter().any(|other| sum.eq_ignore_ascii_case(other));
        let strokes = self.shape.as_ref().zip(other.shape.as_ref());
        self.sums.iter().any(sum) || strokes.is_some_and(|(one, other)| one.is_same(other))
    }
}

/// The entry of the picture that an answer names: a file that is a picture, or, where a signature is asked for,
/// strokes.
fn picture<'h>(household: &'h Household, answer: &PictureAnswer) -> Result<&'h Evidence, PictureAnswerError> {
    let path = || answer.path.clone();
    let named = household.evidence.iter().find(|evidence| evidence.id == answer.value);
    let evidence = named.ok_or_else(|| PictureAnswerError::NotEvidence { path: path() })?;
    let mime = evidence.fields.get("mime").and_then(Value::as_text);
    let is_picture = mime.is_some_and(|mime| mime.starts_with("image/"));
    match has_sum(evidence) && (is_picture || answer.signature && is_signature(evidence)) {
        true => Ok(evidence),
        false => Err(PictureAnswerError::NotAPicture { path: path() }),
    }
}

fn has_sum(evidence: &Evidence) -> bool {
    let is_sum = |sum: &str| sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit());
    evidence.sha256.as_deref().is_some_and(is_sum)
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
    check_unused(household, before, answer, &Offered::of(picture(household, answer)?))
}

/// Looks at a picture that is about to be attached and answer a question.
///
/// # Errors
/// `picture_used`, as [`check_answer`].
pub fn check_unused(
    household: &Household,
    before: &[PictureAnswer],
    answer: &PictureAnswer,
    offered: &Offered,
) -> Result<(), PictureAnswerError> {
    let needed =
        |other: &&PictureAnswer| answer.required && other.required || answer.signature && other.signature;
    let others = before.iter().filter(|other| other.path != answer.path).filter(needed);
    for other in others {
        if picture(household, other).is_ok_and(|given| Offered::of(given).is_same(offered)) {
            let (path, first) = (answer.path.clone(), other.path.clone());
            return Err(PictureAnswerError::Used { path, first });
        }
    }
    Ok(())
}

/// The SHA-256 of the picture that answers a question, hexadecimal, if a picture does.
pub fn picture_of<'h>(household: &'h Household, answer: &PictureAnswer) -> Option<&'h str> {
    picture(household, answer).ok()?.sha256.as_deref()
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
