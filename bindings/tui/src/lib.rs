//! A form filled on the terminal.
//!
//! [`fill`] shows the form and puts each accepted entry on the disk before the next key. The middle has
//! no I/O: `model` is what keys make of the state, `view` is the state as a frame. At the rim are
//! `draft`, `terminal` and this file.

mod answers;
mod draft;
mod draft_error;
mod editor;
mod line;
mod model;
mod moves;
mod outline;
mod overlay;
mod overlay_keys;
mod picker;
mod terminal;
#[cfg(test)]
mod tests;
mod view;
mod words;

use std::io::{ErrorKind, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use ruhu_form::{Environment, Form, JournalEntry, Replayed, Session};
use ruhu_text::{Explain, Explanation, Lang, with_reason};

pub use draft_error::DraftError;
pub use terminal::Ending;

use draft::{Draft, Record, Reopened};
use model::Model;

/// China's single time zone.
const CHINA_OFFSET_MINUTES: i32 = 8 * 60;

/// What was asked for.
#[derive(Debug)]
pub struct Request<'a> {
    /// The form.
    pub form: Arc<Form>,
    /// The draft to begin or to go on with; without one, a new draft in the user's state folder.
    pub draft: Option<&'a Path>,
    /// Where the answers go at the end: JSON, form and version, answers by path. A file that exists is
    /// left alone.
    pub answers: Option<&'a Path>,
    /// The language of the screen.
    pub lang: Lang,
}

/// How it ended.
#[derive(Debug)]
pub struct Filled {
    /// Whether the form is complete.
    pub ending: Ending,
    /// Where the draft is; none when nothing was entered.
    pub draft: Option<PathBuf>,
    /// Whether the answers are in the file that was asked for, or why not; none when they were not due.
    pub answers: Option<Result<(), ErrorKind>>,
}

/// Why a form cannot be filled. What was entered before is in the draft.
#[derive(Debug, thiserror::Error)]
pub enum FillError {
    /// The draft.
    #[error(transparent)]
    Draft(#[from] DraftError),
    /// The terminal does not do what it should.
    #[error("the terminal cannot be used: {0}")]
    Terminal(ErrorKind),
    /// The system gives no randomness.
    #[error("the system gives no randomness")]
    Randomness,
}

impl Explain for FillError {
    fn code(&self) -> &'static str {
        match self {
            FillError::Draft(error) => error.code(),
            FillError::Terminal(_) => "terminal",
            FillError::Randomness => "randomness",
        }
    }

    fn explain(&self) -> Explanation {
        match self {
            FillError::Draft(error) => error.explain(),
            FillError::Terminal(kind) => {
                with_reason("终端无法使用", "The terminal cannot be used", *kind).into()
            }
            FillError::Randomness => {
                Explanation::new("系统无法提供随机数，", "The system gives no randomness.")
                    .advise("请重启后再试。", "Restart it and try again.")
            }
        }
    }
}

/// Whether somebody sits before this program: neither input nor output is a file or a pipe.
pub fn has_terminal() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// Fills a form on the terminal until a person finishes or leaves.
///
/// # Errors
/// [`FillError`]: `terminal`, `randomness`, or a code of the draft (`draft_read`, `draft_write`,
/// `draft_foreign`, `draft_format`, `draft_form`, `draft_damaged`, `draft_in_use`, `draft_too_large`,
/// `draft_folder`).
pub fn fill(request: &Request<'_>) -> Result<Filled, FillError> {
    let Request { form, draft, answers, lang } = request;
    let Opened { mut draft, session, begun, notice, last, named } = open(*draft, form, *lang)?;
    let environment = |now_ms| Environment { now_ms, ..begun };
    let mut model = Model::new(session, *lang, environment(now_ms()), notice);
    if let Some(path) = &last {
        model.show(path);
    }
    let ending = terminal::fill(&mut model, &mut draft, environment)?;
    let answers = answers
        .filter(|_| ending == Ending::Finished)
        .map(|file| answers::write(file, form, model.session()));
    let draft = match !named && draft.is_empty() {
        true => draft.discard().map(|()| None).map_err(DraftError::Write)?,
        false => Some(draft.path().to_owned()),
    };
    Ok(Filled { ending, draft, answers })
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
    /// Whether a person named the draft's file.
    named: bool,
}

fn open(path: Option<&Path>, form: &Arc<Form>, lang: Lang) -> Result<Opened, FillError> {
    if let Some(path) = path
        && let Some(reopened) = Draft::open(path, form)?
    {
        return Ok(replay(reopened, form, lang));
    }
    let seed = getrandom::u64().map_err(|_| FillError::Randomness)?;
    let begun = Environment { now_ms: now_ms(), utc_offset_minutes: CHINA_OFFSET_MINUTES, seed };
    let draft = match path {
        Some(path) => Draft::begin(path, form, begun)?,
        None => Draft::begin_in_state(form, begun)?,
    };
    let session = Session::new(form.clone(), begun);
    Ok(Opened { draft, session, begun, notice: None, last: None, named: path.is_some() })
}

/// Plays the entries again. Those that the form no longer takes stay in the draft, and are counted.
fn replay(reopened: Reopened, form: &Arc<Form>, lang: Lang) -> Opened {
    let entries = reopened.records.iter().map(|Record { environment, entry }| (*environment, entry));
    let Replayed { session, refused } = Session::replay(form.clone(), reopened.begun, entries);
    let refused = refused.len();
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
    Opened { draft: reopened.draft, session, begun: reopened.begun, notice, last, named: true }
}

/// The question or repeat instance that an entry is about.
fn place_of(entry: &JournalEntry) -> String {
    match entry {
        JournalEntry::Answer { path, .. }
        | JournalEntry::RemoveRepeat { path }
        | JournalEntry::Provide { path, .. } => path.clone(),
        JournalEntry::AddRepeat { path, instance_id } => format!("{path}[@id='{instance_id}']"),
        // Where the first answer that was taken over stands.
        JournalEntry::Import(carried) => {
            carried.values.first().map_or_else(String::new, |value| value.path.clone())
        }
    }
}

/// Milliseconds since 1970 UTC.
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
