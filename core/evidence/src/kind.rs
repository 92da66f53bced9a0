//! The words for what evidence shows.

use ruhu_text::{Explain, Explanation, nearest};
use ruhu_vision::quality::Kind as Subject;

/// The word for a signature that was drawn on the screen.
pub(crate) const SIGNATURE: &str = "signature";
/// The words for signatures: strokes are taken for them, too.
pub const SIGNATURES: [&str; 2] = [SIGNATURE, "sign"];

/// The words that every phone knows, with their meaning in both languages. Besides these the name of any
/// question for a picture is one.
pub const KINDS: [(&str, &str, &str); 15] = [
    ("house_out", "房屋外观", "the house from outside"),
    ("house_in", "房屋内部", "the house from inside"),
    ("yard", "院落", "the yard"),
    ("person", "人员", "a person"),
    ("id_card", "身份证", "an identity card"),
    ("hukou", "户口簿", "the household register"),
    ("papers", "证件材料", "papers"),
    ("receipt", "票据", "a receipt"),
    ("letter", "授权书", "the authorisation letter"),
    ("sign", "签字", "a signature"),
    (SIGNATURE, "屏幕签名", "a signature drawn on the screen"),
    ("fprint", "手印", "an inked print"),
    ("notice", "公示", "a notice"),
    ("meeting", "会议", "a meeting"),
    ("other", "其他", "something else"),
];

/// What a photo of this kind is taken of, when it is known: a paper, or a room and the like. Of a question's
/// name the longest known word in it counts, as in `photo_house_out`.
pub fn subject_of(kind: &str) -> Option<Subject> {
    let parts = format!("_{kind}_");
    let within = KINDS.iter().map(|(word, ..)| *word).filter(|word| parts.contains(&format!("_{word}_")));
    match within.max_by_key(|word| word.len())? {
        "house_out" | "house_in" | "yard" | "meeting" => Some(Subject::Room),
        "id_card" | "hukou" | "papers" | "receipt" | "letter" | "notice" => Some(Subject::Document),
        _ => None,
    }
}

/// A word that says nothing about evidence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no such kind of evidence")]
pub struct UnknownKind {
    /// A word that looks like it.
    pub suggestion: Option<String>,
}

impl Explain for UnknownKind {
    fn code(&self) -> &'static str {
        "unknown_kind"
    }

    fn explain(&self) -> Explanation {
        let all: Vec<&str> = KINDS.iter().map(|(word, ..)| *word).collect();
        let known = all.join(" ");
        let explanation = Explanation::new("没有这种照片类别。", "There is no such kind of evidence.");
        match &self.suggestion {
            Some(word) => explanation.advise(format!("是不是“{word}”？"), format!("Did you mean “{word}”?")),
            None => explanation.advise(
                format!("请用 {known}，或表单中照片题的名称。"),
                format!("Use one of {known}, or the name of a question for a picture."),
            ),
        }
    }
}

/// Takes a word for what evidence shows: one of [`KINDS`], or the name of a question for a picture.
///
/// # Errors
/// [`UnknownKind`], `unknown_kind`, with a word that looks like it.
pub fn kind_of<'w>(word: &'w str, questions: &[String]) -> Result<&'w str, UnknownKind> {
    let known = || KINDS.iter().map(|(known, ..)| *known).chain(questions.iter().map(String::as_str));
    match known().any(|known| known == word) {
        true => Ok(word),
        false => Err(UnknownKind { suggestion: nearest(word, known()).map(str::to_owned) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_photo_is_taken_of_is_read_off_the_known_word_in_its_kind() {
        for (kind, subject) in [
            ("hukou", Some(Subject::Document)),
            ("house_in", Some(Subject::Room)),
            ("photo_house_out", Some(Subject::Room)),
            ("meeting_notice_photo", Some(Subject::Room)),
            ("sign", None),
            ("greenhouse_out", None),
            ("room", None),
        ] {
            assert_eq!(subject_of(kind), subject, "{kind}");
        }
    }

    #[test]
    fn a_kind_is_a_known_word_or_a_questions_name_and_a_slip_is_told() {
        let questions = ["photo_house_out".to_owned()];
        assert_eq!(kind_of("papers", &questions), Ok("papers"));
        assert_eq!(kind_of("photo_house_out", &questions), Ok("photo_house_out"));
        let slip = kind_of("house_ou", &questions).unwrap_err();
        assert_eq!(slip.suggestion.as_deref(), Some("house_out"));
        assert_eq!(kind_of("完全别的", &[]).unwrap_err().suggestion, None);
    }
}
