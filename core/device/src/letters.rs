//! The authorisation letter: printing it, who is covered by one, withdrawing, and the requests that
//! only a live one allows.

use std::path::Path;

use ruhu_case::DocId;
use ruhu_letter::{
    CheckRequest, Coverage, DrawnSignature, ExportedRequest, FontSet, LetterError, LetterPhoto, OfHousehold,
    PrintedLetter, Standing, Template, Wishes, pdf, signed_by, withdrawal_writes,
};
use ruhu_national::Day;
use ruhu_sheet::payload::Payload;
use ruhu_vision::letter::check::check;
use ruhu_vision::picture::{Picture, decode};
use uuid::Uuid;

use crate::device::Device;
use crate::documents::LoadedDocument;
use crate::error::DeviceError;
use crate::ids::{new_id, parse_id};
use crate::picture_file::read_picture;

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
    /// Signatures drawn on the screen that stand in their boxes: a signed copy of the same letter.
    pub signed: Vec<DrawnSignature>,
}

impl Device {
    /// Prints the authorisation letter of a household, with a template's bytes. Who authorises what is
    /// taken from the newest record of the form `check_authorization`, and where there is none from the
    /// household's members and the template. What was printed is recorded in the case; printing the
    /// same again gives the same letter, anything else a new version.
    ///
    /// # Errors
    /// `letter_template` with every mistake in the template; the other codes of
    /// [`ruhu_letter::LetterError`], those of signatures among them; `not_found`, `not_enrolled`, `case`, `randomness`, `damaged`,
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
        let signed = &wishes.signed;
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
        let printed = OfHousehold::now(Uuid::from_bytes(doc.0), &household, &template, &wishes, today)?;
        let letter = &printed.letter;
        let pdf = pdf::write_signed(letter, fonts, &signed_by(letter, signed)?)?;
        if !printed.is_last() {
            self.work(|work| {
                let by = work.identity.enrolled()?.certificate.person.clone();
                let mut loaded = LoadedDocument::get(work.tx, &doc)?;
                work.write(&mut loaded, &printed.writes(&fresh, &by, now_ms).map_err(unwritten)?)
            })?;
        }
        let new = printed.known.is_none();
        Ok(PrintedLetter::of(letter, printed.known.clone().unwrap_or(fresh), new, pdf))
    }

    /// Who of a household may be looked up, for what and until when, on this phone's day.
    ///
    /// # Errors
    /// `not_found`; `damaged` or `store` when the store cannot be read.
    pub fn letter_coverage(&self, case: &str) -> Result<Coverage, DeviceError> {
        let doc = parse_id(case)?;
        let today = self.today()?;
        self.store.read(|tx| Ok(Coverage::of_document(&LoadedDocument::get(tx, &doc)?.document, today)))
    }

    /// Writes down that somebody withdraws what they authorised, for themselves and for those in their
    /// care: from now on it covers nothing, and pictures of their prints are not kept for comparing. `grantor`:
    /// the whole name or the number.
    ///
    /// # Errors
    /// `letter_no_such_grantor`, `not_found`, `not_enrolled`, `case` when the reason is too long,
    /// `randomness`, `damaged`, `disk_full` or `store`.
    pub fn letter_withdraw(&self, case: &str, grantor: &str, reason: &str) -> Result<Coverage, DeviceError> {
        let doc = parse_id(case)?;
        let (now_ms, today) = (self.host.now_ms(), self.today()?);
        let id = new_id(self.host.as_ref())?.to_string();
        let left = self.work(|work| {
            let by = work.identity.enrolled()?.certificate.person.clone();
            let mut loaded = LoadedDocument::get(work.tx, &doc)?;
            let meant = ruhu_letter::grantors_meant_by(&loaded.document.household(), grantor);
            let [(person, records)] = meant.as_slice() else { return Err(LetterError::NoSuchGrantor.into()) };
            let writes = withdrawal_writes(&id, person, records, reason, &by, now_ms);
            work.write(&mut loaded, &writes)?;
            Ok(Coverage::of_document(&loaded.document, today))
        })?;
        self.settle_prints();
        Ok(left)
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
            let request = CheckRequest::new(&Coverage::of_document(&loaded.document, today), people, scope)?;
            let exported = ExportedRequest {
                request: &request,
                id: &id,
                case: &doc.to_string(),
                division: &loaded.row.division,
                by: &by,
                made_at_ms: now_ms,
            };
            let (json, writes) = exported.to_json(scope).map_err(unwritten)?;
            work.write(&mut loaded, &writes)?;
            Ok(json)
        })
    }

    /// Which of a household's letters a photo shows, by what its QR code holds.
    ///
    /// # Errors
    /// `not_found`; `damaged` or `store` when the store cannot be read.
    pub fn letter_standing(&self, case: &str, payload: Option<&Payload>) -> Result<Standing, DeviceError> {
        let doc = parse_id(case)?;
        let household = self.household(&doc)?;
        Ok(Standing::of(&household, Uuid::from_bytes(doc.0), payload))
    }

    /// What a photo of a household's letter shows. [`Device::attach`] says the same of a photo of kind
    /// `letter`, and keeps it.
    ///
    /// # Errors
    /// `not_found`, `file` when it cannot be read, `picture_…` with the reason when it is no picture;
    /// `damaged` or `store` when the store cannot be read.
    pub fn letter_photo(&self, case: &str, path: &Path) -> Result<LetterPhoto, DeviceError> {
        let doc = parse_id(case)?;
        let picture = decode(&read_picture(path)?)?;
        self.letter_shown(&doc, &picture)
    }

    /// What a picture shows of a household's letter.
    pub(crate) fn letter_shown(&self, doc: &DocId, picture: &Picture) -> Result<LetterPhoto, DeviceError> {
        let household = self.household(doc)?;
        Ok(LetterPhoto::of(&check(picture, None), &household, Uuid::from_bytes(doc.0)))
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

fn unwritten(error: serde_json::Error) -> DeviceError {
    DeviceError::Stored(error.to_string())
}
