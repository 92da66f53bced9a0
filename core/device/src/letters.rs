//! The authorisation letter: printing it, who is covered by one, withdrawing, and the requests that
//! only a live one allows.

use std::path::Path;

use ruhu_case::{ChangeHash, HistoryEntry, Household, STATUS_CLOSED, Value, Write};
use ruhu_letter::{
    CheckRequest, Coverage, FORM, FontSet, Letter, LetterError, Person, RecordFacts, Template, WITHDRAWAL,
    Wishes, pdf,
};
use ruhu_national::Day;
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::device::Device;
use crate::documents::LoadedDocument;
use crate::error::DeviceError;
use crate::ids::{hex, new_id, parse_id};
use crate::writes::{order_key, put, text};

/// The kind of event that says which letter was printed.
const PRINTED: &str = "letter";
/// The kind of event that says which request was exported.
const REQUEST: &str = "check_request";

/// What to print otherwise than the case and the template say. Codes are those of the form
/// `check_authorization`, days are written `2026-11-27`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LetterWishes {
    /// What may be looked up; empty for what the case or the template says.
    pub scope: Vec<String>,
    /// The first day.
    pub from: Option<String>,
    /// The last day.
    pub to: Option<String>,
}

/// A letter that was printed into a case. It never changes: what says something else is another
/// version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PrintedLetter {
    /// Its id in the household.
    pub id: String,
    /// Its version, as the letter shows it: the template's, and which of the household's letters it is.
    pub version: String,
    /// SHA-256 over all its words, hexadecimal; the QR code holds the first 8 bytes.
    pub hash: String,
    /// Names of those who authorise, in the order of the boxes.
    pub grantors: Vec<String>,
    /// What may be looked up; codes.
    pub scope: Vec<String>,
    /// The first day, `2026-11-27`.
    pub from: String,
    /// The last day.
    pub to: String,
    /// Whether the case did not have it before.
    pub new: bool,
    /// Sheets.
    pub sheets: u32,
    /// Where on the sheets each signs and presses a finger: JSON, in millimetres.
    #[serde(skip)]
    pub boxes: String,
    /// The PDF.
    #[serde(skip)]
    pub pdf: Vec<u8>,
}

impl Device {
    /// Prints the authorisation letter of a household, with a template's bytes. Who authorises what is
    /// taken from the newest record of the form `check_authorization`, and where there is none from the
    /// household's members and the template. What was printed is recorded in the case; printing the
    /// same again gives the same letter, anything else a new version.
    ///
    /// # Errors
    /// `letter_template` with every mistake in the template; the other codes of
    /// [`ruhu_letter::LetterError`]; `not_found`, `not_enrolled`, `case`, `randomness`, `damaged`,
    /// `disk_full` or `store`. Nothing is recorded then.
    pub fn letter_print(
        &self,
        case: &str,
        template: &[u8],
        wishes: &LetterWishes,
        fonts: &FontSet,
    ) -> Result<PrintedLetter, DeviceError> {
        let doc = parse_id(case)?;
        let template = Template::parse(template).map_err(LetterError::from)?;
        let day = |text: &String| text.trim().parse::<Day>().map_err(|_| LetterError::NotADay);
        let wishes = Wishes {
            scope: (!wishes.scope.is_empty()).then(|| wishes.scope.clone()),
            from: wishes.from.as_ref().map(day).transpose()?,
            to: wishes.to.as_ref().map(day).transpose()?,
        };
        let today = self.today()?;
        let now_ms = self.host.now_ms();
        let fresh = new_id(self.host.as_ref())?.to_string();
        let household = self
            .store
            .read(|tx| Ok::<_, DeviceError>(LoadedDocument::get(tx, &doc)?.document.household()))?;
        // Setting it takes longer than a write may hold up others; what somebody else prints meanwhile
        // is another letter with a hash of its own.
        let (letter, known) = letter_of(Uuid::from_bytes(doc.0), &household, &template, &wishes, today)?;
        let pdf = pdf::write(&letter, fonts)?;
        let new = known.is_none();
        let id = known.unwrap_or(fresh);
        if new {
            self.work(|work| {
                let by = work.identity.enrolled()?.certificate.person.clone();
                let mut loaded = LoadedDocument::get(work.tx, &doc)?;
                work.write(&mut loaded, &letter_writes(&id, &letter, &by, now_ms)?)
            })?;
        }
        let contents = &letter.contents;
        Ok(PrintedLetter {
            id,
            version: letter.version.clone(),
            hash: letter.hash_text(),
            grantors: contents.grantors.iter().map(|grantor| grantor.name.clone()).collect(),
            scope: contents.scope.clone(),
            from: contents.from.to_string(),
            to: contents.to.to_string(),
            new,
            sheets: letter.sheets(),
            boxes: pdf::boxes(&letter).to_json(),
            pdf,
        })
    }

    /// Who of a household may be looked up, for what and until when, on this phone's day.
    ///
    /// # Errors
    /// `not_found`; `damaged` or `store` when the store cannot be read.
    pub fn letter_coverage(&self, case: &str) -> Result<Coverage, DeviceError> {
        let doc = parse_id(case)?;
        let today = self.today()?;
        self.store.read(|tx| Ok(coverage(&LoadedDocument::get(tx, &doc)?, today)))
    }

    /// Writes down that somebody withdraws what they authorised, for themselves and for those in their
    /// care: from now on it covers nothing. `grantor`: the whole name or the number.
    ///
    /// # Errors
    /// `letter_no_such_grantor`, `not_found`, `not_enrolled`, `case` when the reason is too long,
    /// `randomness`, `damaged`, `disk_full` or `store`.
    pub fn letter_withdraw(&self, case: &str, grantor: &str, reason: &str) -> Result<Coverage, DeviceError> {
        let doc = parse_id(case)?;
        let (now_ms, today) = (self.host.now_ms(), self.today()?);
        let id = new_id(self.host.as_ref())?.to_string();
        self.work(|work| {
            let by = work.identity.enrolled()?.certificate.person.clone();
            let mut loaded = LoadedDocument::get(work.tx, &doc)?;
            let meant = ruhu_letter::grantors_meant_by(&loaded.document.household(), grantor);
            let [(person, records)] = meant.as_slice() else { return Err(LetterError::NoSuchGrantor.into()) };
            let Person { name, idno } = person;
            let at = |field: &str| format!("events/{id}/{field}");
            let mut writes = event(&id, WITHDRAWAL, reason.trim(), &by, now_ms);
            writes.extend([
                text(at("grantor"), name),
                text(at("idno"), idno),
                text(at("records"), records.join(" ")),
            ]);
            work.write(&mut loaded, &writes)?;
            Ok(coverage(&loaded, today))
        })
    }

    /// A request to look something up, as JSON. There is no other way to one: each person and each
    /// thing must be covered by a live authorisation on this phone's day. What was exported is recorded
    /// in the case. `people`: whole names or numbers, or nothing for everybody; `scope`: codes.
    ///
    /// # Errors
    /// `not_authorized` with each person, thing and reason; `request_no_scope`, `request_who`,
    /// `request_nobody`; `not_found`, `not_enrolled`, `randomness`, `damaged`, `disk_full` or `store`.
    pub fn check_request_export(
        &self,
        case: &str,
        people: &[String],
        scope: &[String],
    ) -> Result<String, DeviceError> {
        let doc = parse_id(case)?;
        let (now_ms, today) = (self.host.now_ms(), self.today()?);
        let id = new_id(self.host.as_ref())?.to_string();
        self.work(|work| {
            let by = work.identity.enrolled()?.certificate.person.clone();
            let mut loaded = LoadedDocument::get(work.tx, &doc)?;
            let request = CheckRequest::new(&coverage(&loaded, today), people, scope)?;
            let exported = Exported {
                request: &request,
                id: &id,
                case: doc.to_string(),
                division: &loaded.row.division,
                by: &by,
                made_at_ms: now_ms,
            };
            let json =
                serde_json::to_string(&exported).map_err(|error| DeviceError::Stored(error.to_string()))?;
            let at = |field: &str| format!("events/{id}/{field}");
            let mut writes = event(&id, REQUEST, &request.names().join("、"), &by, now_ms);
            writes.extend([
                text(at("scope"), scope.join(" ")),
                text(at("sha256"), hex(&Sha256::digest(json.as_bytes()))),
            ]);
            work.write(&mut loaded, &writes)?;
            Ok(json)
        })
    }

    fn today(&self) -> Result<Day, LetterError> {
        let local_ms = self.host.now_ms() + i64::from(self.host.utc_offset_minutes()) * 60_000;
        Day::of_local_ms(local_ms).ok_or(LetterError::NotADay)
    }
}

/// The fonts of a folder (.ttf, .otf, .ttc), asked in the order of their names.
///
/// # Errors
/// `file` when the folder or a font cannot be read.
pub fn fonts_in(folder: &Path) -> Result<FontSet, DeviceError> {
    let io = |error: std::io::Error| DeviceError::File(error.kind());
    let entries = std::fs::read_dir(folder).map_err(io)?;
    let mut files =
        entries.map(|entry| Ok(entry.map_err(io)?.path())).collect::<Result<Vec<_>, DeviceError>>()?;
    files.sort();
    let mut fonts = FontSet::new();
    for file in files {
        let kind = file.extension().and_then(|kind| kind.to_str()).unwrap_or_default().to_lowercase();
        if ["ttf", "otf", "ttc"].contains(&kind.as_str()) {
            fonts.add(std::fs::read(&file).map_err(io)?);
        }
    }
    Ok(fonts)
}

#[derive(Serialize)]
struct Exported<'a> {
    #[serde(flatten)]
    request: &'a CheckRequest,
    id: &'a str,
    case: String,
    division: &'a str,
    by: &'a str,
    made_at_ms: i64,
}

/// The letter that a household would have now, and its id where it was printed before.
fn letter_of(
    case: Uuid,
    household: &Household,
    template: &Template,
    wishes: &Wishes,
    today: Day,
) -> Result<(Letter, Option<String>), DeviceError> {
    let (contents, days_are_free) = ruhu_letter::contents((case, household), template, wishes, today);
    let printed = household.events.iter().filter(|event| event.kind.as_deref() == Some(PRINTED));
    let mut last = 0;
    let mut same = None;
    for event in printed {
        let field = |key: &str| event.fields.get(key).map(ToString::to_string).unwrap_or_default();
        let Ok(number) = field("number").parse::<u32>() else { continue };
        last = last.max(number);
        let mut again = contents.clone();
        // Where nobody named the days, a letter that still holds is the same letter; nor does a phone
        // whose clock is a day behind begin another.
        if let (true, Ok(from), Ok(to)) = (days_are_free, field("from").parse(), field("to").parse::<Day>())
            && today <= to
        {
            (again.from, again.to) = (from, to);
        }
        let again = Letter::fill(template, again, number)?;
        if again.hash_text() == field("hash") {
            same = Some((again, Some(event.id.clone())));
        }
    }
    match same {
        Some(same) => Ok(same),
        None => Ok((Letter::fill(template, contents, last.saturating_add(1))?, None)),
    }
}

fn event(id: &str, kind: &str, words: &str, by: &str, now_ms: i64) -> Vec<Write> {
    let at = |field: &str| format!("events/{id}/{field}");
    vec![
        text(at("order"), order_key(now_ms)),
        text(at("kind"), kind),
        put(at("at"), Value::Timestamp(now_ms)),
        text(at("by"), by),
        text(at("text"), words),
    ]
}

fn letter_writes(id: &str, letter: &Letter, by: &str, now_ms: i64) -> Result<Vec<Write>, DeviceError> {
    let at = |field: &str| format!("events/{id}/{field}");
    let contents = &letter.contents;
    let grantors =
        serde_json::to_string(&contents.grantors).map_err(|error| DeviceError::Stored(error.to_string()))?;
    let mut writes = event(id, PRINTED, &letter.version, by, now_ms);
    writes.extend([
        put(at("number"), Value::Int(i64::from(letter.number()))),
        text(at("version"), &letter.version),
        text(at("hash"), letter.hash_text()),
        text(at("template"), hex(&letter.template)),
        text(at("grantors"), grantors),
        text(at("scope"), contents.scope.join(" ")),
        text(at("purpose"), contents.purpose.join(" ")),
        text(at("recipient"), contents.recipient.join(" ")),
        text(at("from"), contents.from.to_string()),
        text(at("to"), contents.to.to_string()),
    ]);
    Ok(writes)
}

fn coverage(loaded: &LoadedDocument, today: Day) -> Coverage {
    let household = loaded.document.household();
    let changes = |path: String, of: &dyn Fn(&HistoryEntry) -> bool| -> Vec<ChangeHash> {
        loaded.document.history(&path).iter().filter(|entry| of(entry)).map(|entry| entry.change).collect()
    };
    let mut facts = RecordFacts::default();
    for record in household.records.iter().filter(|record| record.form.as_deref() == Some(FORM)) {
        let closed = |entry: &HistoryEntry| entry.current && entry.value.as_text() == Some(STATUS_CLOSED);
        let closings = changes(format!("records/{}/status", record.id), &closed);
        let seen = household.events.iter().filter(|event| {
            let withdrawals = changes(format!("events/{}/kind", event.id), &|_| true);
            let known = |closing: &ChangeHash| {
                withdrawals.iter().any(|withdrawal| loaded.document.knew(closing, withdrawal))
            };
            event.kind.as_deref() == Some(WITHDRAWAL) && closings.iter().all(known)
        });
        facts.seen_at_closing.insert(record.id.clone(), seen.map(|event| event.id.clone()).collect());
    }
    for conflict in loaded.document.conflicts() {
        let record = conflict.path.strip_prefix("records/").and_then(|rest| rest.split_once('/'));
        facts.unsettled.extend(record.map(|(id, _)| id.to_owned()));
    }
    Coverage::of(&household, &facts, today)
}
