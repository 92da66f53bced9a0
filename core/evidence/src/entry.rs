//! What the document says of a picture: facts that whoever attached it signs.

use data_encoding::HEXLOWER;
use ruhu_case::{Value, Write};
use ruhu_vision::picture::intake::KeptPicture;
use ruhu_vision::quality::Quality;

/// How the uses of files name the original of a picture: the entry names two files.
pub fn original_of(evidence: &str) -> String {
    format!("{evidence}/original")
}

/// A picture about to be named by a household.
#[derive(Debug, Clone, Copy)]
pub struct NewEvidence<'a> {
    /// The id of the entry.
    pub id: &'a str,
    /// What it shows, see [`kind_of`](crate::kind_of).
    pub kind: &'a str,
    /// Who attached it.
    pub by: &'a str,
    /// When, Unix milliseconds.
    pub attached_at_ms: i64,
    /// Minutes that the phone's time is ahead of UTC: for the time of a photo that names no zone.
    pub utc_offset_minutes: i32,
    /// The picture.
    pub picture: &'a KeptPicture,
    /// Whether the file as it was offered is kept too.
    pub original_kept: bool,
    /// Whether it is good enough, when it is known what it is taken of.
    pub quality: Option<&'a Quality>,
}

impl NewEvidence<'_> {
    /// The entry: `order`, `kind`, `sha256`, `size`, `mime`, `width`, `height`, `attached_at`, `by`; as far
    /// as the photo says, `taken_at`, `taken_zone` (minutes east of UTC, only when the photo names it),
    /// `place` and `camera`; `likeness`, what it looks like, none when it shows nothing; `quality` and
    /// `quality_facts` (JSON); `original_sha256`, and `original_size` and `original_mime` when the original is
    /// kept.
    ///
    /// # Errors
    /// When the facts cannot be written as JSON.
    pub fn writes(&self) -> serde_json::Result<Vec<Write>> {
        let KeptPicture { facts, original, .. } = self.picture;
        let put = |field: &str, value| Write::Put { path: format!("evidence/{}/{field}", self.id), value };
        let text = |field: &str, text: &str| put(field, Value::Text(text.to_owned()));
        let number =
            |field: &str, number: u64| put(field, Value::Int(i64::try_from(number).unwrap_or(i64::MAX)));
        let mut writes = vec![
            text("order", &format!("{:013}", self.attached_at_ms.max(0))),
            text("kind", self.kind),
            text("sha256", &HEXLOWER.encode(&self.picture.sha256)),
            number("size", self.picture.bytes.len() as u64),
            text("mime", self.picture.format.media_type()),
            number("width", self.picture.width.into()),
            number("height", self.picture.height.into()),
            put("attached_at", Value::Timestamp(self.attached_at_ms)),
            text("by", self.by),
            text("original_sha256", &HEXLOWER.encode(&original.sha256)),
        ];
        let likeness = self.picture.likeness.to_text();
        writes.extend((!likeness.is_empty()).then(|| text("likeness", &likeness)));
        if self.original_kept {
            writes.push(number("original_size", original.size));
            writes.push(text("original_mime", original.format.media_type()));
        }
        writes.extend(self.taken_at_ms().map(|ms| put("taken_at", Value::Timestamp(ms))));
        writes.extend(facts.zone_minutes.map(|minutes| put("taken_zone", Value::Int(minutes.into()))));
        writes.extend(facts.place.as_deref().map(|place| text("place", place)));
        writes.extend(facts.camera.as_deref().map(|camera| text("camera", camera)));
        if let Some(Quality { verdict, facts }) = self.quality {
            writes.push(text("quality", verdict.word()));
            writes.push(text("quality_facts", &serde_json::to_string(facts)?));
        }
        Ok(writes)
    }

    /// By the zone that the photo names, else by the phone's.
    fn taken_at_ms(&self) -> Option<i64> {
        let facts = &self.picture.facts;
        let by_phone = || Some(facts.taken_at_local_ms? - i64::from(self.utc_offset_minutes) * 60_000);
        facts.taken_at_ms().or_else(by_phone)
    }
}
