//! `ruhu form fill`: a form on the terminal.
//!
//! The middle has no I/O: [`model`] is what keys make of the state, [`view`] is the state as a frame.
//! At the rim are [`draft`] (each accepted entry on the disk before the next key), [`terminal`] and
//! this file.

mod answers;
mod draft;
mod draft_error;
mod editor;
mod line;
mod model;
mod moves;
mod outline;
mod overlay;
mod picker;
mod terminal;
#[cfg(test)]
mod tests;
mod view;
mod words;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use ruhu_form::{Environment, Form, JournalEntry, Session};
use ruhu_text::Lang;
use serde_json::json;

use crate::commands::forms::read_form;
use crate::failure::Failure;
use crate::output::Output;

pub use draft_error::DraftError;

use draft::{Draft, Record, Reopened};
use model::Model;
use terminal::Ending;

/// China's single time zone.
const CHINA_OFFSET_MINUTES: i32 = 8 * 60;

/// What was asked for.
#[derive(Debug)]
pub struct Request<'a> {
    /// The form's file.
    pub form: &'a Path,
    /// The draft to begin or to go on with.
    pub draft: Option<&'a Path>,
    /// Where the answers go at the end.
    pub answers: Option<&'a Path>,
}

/// Fills a form on the terminal until a person finishes or leaves.
pub fn run(request: &Request<'_>, output: &mut Output) -> Result<(), Failure> {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Err(Failure::NoTerminal);
    }
    if request.answers.is_some_and(Path::exists) {
        return Err(Failure::Exists);
    }
    let form = Arc::new(read_form(request.form)?.form);
    let Opened { mut draft, session, begun, notice, last } = open(request.draft, &form, output.lang())?;
    let environment = |now_ms| Environment { now_ms, ..begun };
    let mut model = Model::new(session, output.lang(), environment(now_ms()), notice);
    if let Some(path) = &last {
        model.show(path);
    }
    let ending = terminal::fill(&mut model, &mut draft, environment)?;
    let written = match (ending, request.answers) {
        (Ending::Finished, Some(file)) => {
            answers::write(file, &form, model.session()).map_err(Failure::Write)
        }
        _ => Ok(()),
    };
    let kept = match request.draft.is_none() && draft.is_empty() {
        true => draft.discard().map(|()| None).map_err(|kind| Failure::Draft(DraftError::Write(kind)))?,
        false => Some(draft.path().to_owned()),
    };
    let answers = request.answers.filter(|_| ending == Ending::Finished && written.is_ok());
    tell(request, &form, &Told { ending, draft: kept, answers }, output)?;
    written
}

/// A draft that is open, and the session it leads to.
struct Opened {
    draft: Draft,
    session: Session,
    begun: Environment,
    /// What the person should know of the draft.
    notice: Option<String>,
    /// The place of the last entry.
    last: Option<String>,
}

fn open(path: Option<&Path>, form: &Arc<Form>, lang: Lang) -> Result<Opened, Failure> {
    if let Some(path) = path
        && let Some(reopened) = Draft::open(path, form)?
    {
        return Ok(replay(reopened, form, lang));
    }
    let seed = getrandom::u64().map_err(|_| Failure::Runtime(std::io::ErrorKind::Other))?;
    let begun = Environment { now_ms: now_ms(), utc_offset_minutes: CHINA_OFFSET_MINUTES, seed };
    let draft = match path {
        Some(path) => Draft::begin(path, form, begun)?,
        None => Draft::begin_in_state(form, begun)?,
    };
    Ok(Opened { draft, session: Session::new(form.clone(), begun), begun, notice: None, last: None })
}

/// Plays the entries again. Those that the form no longer takes stay in the draft, and are counted.
fn replay(reopened: Reopened, form: &Arc<Form>, lang: Lang) -> Opened {
    let mut session = Session::new(form.clone(), reopened.begun);
    let mut refused = 0_usize;
    for Record { environment, entry } in &reopened.records {
        session.set_environment(*environment);
        refused += usize::from(session.apply(entry).is_err());
    }
    let mut notes = Vec::new();
    if let Some(cut) = &reopened.set_aside {
        let cut = cut.display();
        notes.push(match lang {
            Lang::Zh => format!("草稿最后一行不完整，没有用上，已另存为 {cut}。"),
            Lang::En => format!("The draft's last line was cut; it is not used and was put into {cut}."),
        });
    }
    if reopened.version != form.version() {
        let (old, new) = (&reopened.version, form.version());
        notes.push(match lang {
            Lang::Zh => format!("草稿用的是表单版本 {old}，现在是 {new}。"),
            Lang::En => format!("The draft was begun with version {old} of the form; this is {new}."),
        });
    }
    if refused > 0 {
        notes.push(match lang {
            Lang::Zh => format!("有 {refused} 项填写与现在的表单不符，没有用上，仍留在草稿里。"),
            Lang::En => {
                format!("{refused} entries no longer fit the form; they are not used and stay in the draft.")
            }
        });
    }
    let last = reopened.records.last().map(|record| place_of(&record.entry));
    let notice = (!notes.is_empty()).then(|| notes.join(lang.pick("", " ")));
    Opened { draft: reopened.draft, session, begun: reopened.begun, notice, last }
}

/// The question or repeat instance that an entry is about.
fn place_of(entry: &JournalEntry) -> String {
    match entry {
        JournalEntry::Answer { path, .. }
        | JournalEntry::RemoveRepeat { path }
        | JournalEntry::Provide { path, .. } => path.clone(),
        JournalEntry::AddRepeat { path, instance_id } => format!("{path}[@id='{instance_id}']"),
        // Where the first answer that was taken over stands.
        JournalEntry::Carry(carried) => {
            carried.values.first().map_or_else(String::new, |value| value.path.clone())
        }
    }
}

/// How it ended.
struct Told<'a> {
    ending: Ending,
    draft: Option<PathBuf>,
    answers: Option<&'a Path>,
}

fn tell(request: &Request<'_>, form: &Form, told: &Told<'_>, output: &mut Output) -> Result<(), Failure> {
    let value = json!({
        "form": form.id(),
        "version": form.version(),
        "finished": told.ending == Ending::Finished,
        "draft": told.draft.as_ref().map(|path| path.display().to_string()),
        "answers": told.answers.map(|path| path.display().to_string()),
    });
    output.answer(&value, |output, _| {
        let said = match told.ending {
            Ending::Finished => output.pick("已填完。", "Finished."),
            Ending::Left => output.pick("还没有填完。", "Not finished yet."),
        };
        output.line(said)?;
        if let Some(answers) = told.answers {
            output.line(&format!("{}{}", output.pick("答案：", "Answers: "), answers.display()))?;
        }
        let Some(draft) = &told.draft else {
            return output.line(
                output.pick("没有填写任何内容，没有留下草稿。", "Nothing was entered; no draft was kept."),
            );
        };
        output.line(&format!("{}{}", output.pick("草稿：", "Draft: "), draft.display()))?;
        let again = format!("ruhu form fill {} --draft {}", request.form.display(), draft.display());
        output.line(&format!("{}{again}", output.pick("接着填：", "To go on: ")))
    })
}

/// Milliseconds since 1970 UTC.
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
