//! What the document says of evidence: facts that whoever attached it signs.

use data_encoding::HEXLOWER;
use ruhu_case::{Value, Write};
use ruhu_vision::picture::intake::KeptPicture;
use ruhu_vision::quality::Quality;

use crate::signature::KeptSignature;
use crate::taken::{Kept, TakenPicture};

/// How the uses of files name the original of a picture: the entry names two files.
pub fn original_of(evidence: &str) -> String {
    format!("{evidence}/original")
}

/// An entry about to be written into a household.
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
    /// What it names.
    pub kept: &'a Kept,
}

impl NewEvidence<'_> {
    /// The entry: `order`, `kind`, `sha256`, `size`, `mime`, `attached_at`, `by`, and `original_sha256` of the
    /// file as it was offered; `likeness`, what it looks like, none when it shows nothing.
    ///
    /// Of a picture `width`, `height`; as far as the photo says, `taken_at`, `taken_zone` (minutes east of UTC,
    /// only when the photo names it), `place` and `camera`; `quality` and `quality_facts` (JSON);
    /// `original_size` and `original_mime` when the original is kept; of a letter `letter_check`.
    ///
    /// Of a signature `signature_strokes`, `signature_points` and `signature_ms`, how long it took.
    ///
    /// # Errors
    /// When the facts cannot be written as JSON.
    pub fn writes(&self) -> serde_json::Result<Vec<Write>> {
        let file = self.kept.file();
        let mut writes = vec![
            self.text("order", &format!("{:013}", self.attached_at_ms.max(0))),
            self.text("kind", self.kind),
            self.text("sha256", &HEXLOWER.encode(&file.sha256)),
            self.number("size", file.bytes.len() as u64),
            self.text("mime", file.mime),
            self.put("attached_at", Value::Timestamp(self.attached_at_ms)),
            self.text("by", self.by),
            self.text("original_sha256", &HEXLOWER.encode(&self.kept.offered_sha256())),
        ];
        match self.kept {
            Kept::Picture(taken) => writes.extend(self.of_picture(taken)?),
            Kept::Signature(kept) => writes.extend(self.of_signature(kept)),
        }
        Ok(writes)
    }

    fn of_picture(&self, taken: &TakenPicture) -> serde_json::Result<Vec<Write>> {
        let TakenPicture { picture: KeptPicture { facts, original, width, height, likeness, .. }, .. } =
            taken;
        let mut writes = vec![self.number("width", (*width).into()), self.number("height", (*height).into())];
        let likeness = likeness.to_text();
        writes.extend((!likeness.is_empty()).then(|| self.text("likeness", &likeness)));
        if taken.original.is_some() {
            writes.push(self.number("original_size", original.size));
            writes.push(self.text("original_mime", original.format.media_type()));
        }
        // By the zone that the photo names, else by the phone's.
        let by_phone = || Some(facts.taken_at_local_ms? - i64::from(self.utc_offset_minutes) * 60_000);
        let taken_at = facts.taken_at_ms().or_else(by_phone);
        writes.extend(taken_at.map(|ms| self.put("taken_at", Value::Timestamp(ms))));
        writes.extend(facts.zone_minutes.map(|minutes| self.put("taken_zone", Value::Int(minutes.into()))));
        writes.extend(facts.place.as_deref().map(|place| self.text("place", place)));
        writes.extend(facts.camera.as_deref().map(|camera| self.text("camera", camera)));
        if let Some((Quality { verdict, facts }, _)) = &taken.quality {
            writes.push(self.text("quality", verdict.word()));
            writes.push(self.text("quality_facts", &serde_json::to_string(facts)?));
        }
        writes.extend(taken.letter.as_ref().map(|letter| letter.write(self.id)));
        Ok(writes)
    }

    fn of_signature(&self, kept: &KeptSignature) -> [Write; 4] {
        let facts = kept.signature.facts();
        [
            self.number("signature_strokes", facts.strokes.into()),
            self.number("signature_points", facts.points.into()),
            self.number("signature_ms", facts.duration_ms.into()),
            self.text("likeness", &kept.shape.to_text()),
        ]
    }

    fn put(&self, field: &str, value: Value) -> Write {
        Write::Put { path: format!("evidence/{}/{field}", self.id), value }
    }

    fn text(&self, field: &str, text: &str) -> Write {
        self.put(field, Value::Text(text.to_owned()))
    }

    fn number(&self, field: &str, number: u64) -> Write {
        self.put(field, Value::Int(i64::try_from(number).unwrap_or(i64::MAX)))
    }
}
