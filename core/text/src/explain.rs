//! How an error speaks to a person, and to a program.

use crate::{Bilingual, Lang};

/// Something that went wrong, said so that its reader knows what to do.
///
/// Implementations name every variant of their error: a new variant has to say what it means before
/// it compiles. No text carries what a person entered: no name, no number, no answer.
pub trait Explain {
    /// A stable name for programs, in snake case. Once released it keeps its meaning.
    fn code(&self) -> &'static str;

    /// What happened and what to do.
    fn explain(&self) -> Explanation;

    /// Both as one message in `lang`.
    fn message(&self, lang: Lang) -> String {
        self.explain().in_lang(lang)
    }
}

/// What happened and what to do, in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Explanation {
    /// What happened.
    pub what: Bilingual,
    /// What the reader can do; blank when there is nothing to do.
    pub advice: Bilingual,
}

impl Explanation {
    /// What happened, without advice.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Explanation { what: Bilingual::new(zh, en), advice: Bilingual::default() }
    }

    /// Says what the reader can do.
    pub fn advise(mut self, zh: impl Into<String>, en: impl Into<String>) -> Self {
        self.advice = Bilingual::new(zh, en);
        self
    }

    /// Both as one message. English sentences are set apart by a blank, Chinese ones are not.
    pub fn in_lang(&self, lang: Lang) -> String {
        let (what, advice) = (self.what.get(lang), self.advice.get(lang));
        let gap = if what.is_empty() || advice.is_empty() { "" } else { lang.pick("", " ") };
        format!("{what}{gap}{advice}")
    }
}

impl From<Bilingual> for Explanation {
    fn from(what: Bilingual) -> Self {
        Explanation { what, advice: Bilingual::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_stands_before_the_advice() {
        let both =
            Explanation::new("照片太大。", "The photo is too large.").advise("请重拍。", "Take it again.");
        assert_eq!(both.in_lang(Lang::Zh), "照片太大。请重拍。");
        assert_eq!(both.in_lang(Lang::En), "The photo is too large. Take it again.");
    }

    #[test]
    fn without_advice_nothing_is_added() {
        let only = Explanation::new("照片太大。", "The photo is too large.");
        assert_eq!(only.in_lang(Lang::En), "The photo is too large.");
        assert!(only.advice.is_blank());
    }
}
