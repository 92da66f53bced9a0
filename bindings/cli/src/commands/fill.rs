//! `ruhu form fill`: a form on the terminal.

use std::path::Path;
use std::sync::Arc;

use ruhu_tui::{Ending, Filled};
use serde_json::json;

use crate::commands::forms::read_form;
use crate::failure::Failure;
use crate::output::Output;

/// Fills a form until a person finishes or leaves.
pub fn run(
    file: &Path,
    draft: Option<&Path>,
    answers: Option<&Path>,
    output: &mut Output,
) -> Result<(), Failure> {
    if !ruhu_tui::has_terminal() {
        return Err(Failure::NoTerminal);
    }
    if answers.is_some_and(Path::exists) {
        return Err(Failure::Exists);
    }
    let form = Arc::new(read_form(file)?.form);
    let request = ruhu_tui::Request { form: Arc::clone(&form), draft, answers, lang: output.lang() };
    let filled = ruhu_tui::fill(&request)?;
    let written = answers.filter(|_| matches!(filled.answers, Some(Ok(()))));
    let value = json!({
        "form": form.id(),
        "version": form.version(),
        "finished": filled.ending == Ending::Finished,
        "draft": filled.draft.as_ref().map(|path| path.display().to_string()),
        "answers": written.map(|path| path.display().to_string()),
    });
    output.answer(&value, |output, _| print(file, &filled, written, output))?;
    filled.answers.unwrap_or(Ok(())).map_err(Failure::Write)
}

fn print(form: &Path, filled: &Filled, answers: Option<&Path>, output: &mut Output) -> Result<(), Failure> {
    output.line(match filled.ending {
        Ending::Finished => output.pick("已填完。", "Finished."),
        Ending::Left => output.pick("还没有填完。", "Not finished yet."),
    })?;
    if let Some(answers) = answers {
        output.line(&format!("{}{}", output.pick("答案：", "Answers: "), answers.display()))?;
    }
    let Some(draft) = &filled.draft else {
        return output.line(
            output.pick("没有填写任何内容，没有留下草稿。", "Nothing was entered; no draft was kept."),
        );
    };
    output.line(&format!("{}{}", output.pick("草稿：", "Draft: "), draft.display()))?;
    let again = format!("ruhu form fill {} --draft {}", form.display(), draft.display());
    output.line(&format!("{}{again}", output.pick("接着填：", "To go on: ")))
}
