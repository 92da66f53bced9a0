//! What is wrong with a template, where, and what would mend it.

use ruhu_text::{Bilingual, Explain, Explanation, Lang};
use serde::Serialize;

/// One fault of a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TemplateFault {
    /// A stable name for the kind of fault: `unknown_field`.
    pub code: &'static str,
    /// The line, from 1; 0 when the whole template is meant.
    pub line: u32,
    /// The character in the line, from 1; 0 when the whole line is meant.
    pub column: u32,
    /// What is wrong, and what to do.
    pub message: Bilingual,
}

impl TemplateFault {
    /// One line for a person: place and message.
    pub fn line(&self, lang: Lang) -> String {
        let message = self.message.get(lang);
        match (lang, self.line, self.column) {
            (_, 0, _) => message.to_owned(),
            (Lang::Zh, line, 0) => format!("第 {line} 行：{message}"),
            (Lang::En, line, 0) => format!("line {line}: {message}"),
            (Lang::Zh, line, column) => format!("第 {line} 行第 {column} 个字：{message}"),
            (Lang::En, line, column) => format!("line {line}, character {column}: {message}"),
        }
    }
}

/// A template that cannot be used: all its faults, in the order of its lines.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the template has {} faults", .0.len())]
pub struct TemplateFaults(pub Vec<TemplateFault>);

impl Explain for TemplateFaults {
    fn code(&self) -> &'static str {
        "letter_template"
    }

    fn explain(&self) -> Explanation {
        let lines = |lang| self.0.iter().map(|fault| fault.line(lang)).collect::<Vec<_>>().join("\n");
        Explanation::new(
            format!("授权书模板不能使用：\n{}", lines(Lang::Zh)),
            format!("This template of the letter cannot be used:\n{}", lines(Lang::En)),
        )
    }
}
