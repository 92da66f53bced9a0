//! Copies of kept photos.

use ruhu_case::Evidence;
use ruhu_evidence::{CopyWishes, copy};
use ruhu_letter::FontSet;

use crate::device::Device;
use crate::error::DeviceError;
use crate::ids::parse_sha256;

impl Device {
    /// A copy of a photo, a JPEG, by its SHA-256 or the id of its evidence: the document in it cut out and made
    /// straight, a band below it with time, place and the ids, or both. What is kept is not touched, and the copy
    /// is kept nowhere. `fonts`: of the words of the band.
    ///
    /// # Errors
    /// Those of [`Device::file`]; `picture_…` when the file is no picture that can be read; `document_not_found`,
    /// `document_cut_off`; `letter_no_font`, `letter_no_glyph`.
    pub fn file_copy(&self, word: &str, wishes: CopyWishes, fonts: &FontSet) -> Result<Vec<u8>, DeviceError> {
        let name = self.file_name(word)?;
        let missing = || DeviceError::NotFound { what: "file" };
        let sha256 = parse_sha256(&name).ok_or_else(missing)?;
        let uses = self.store.read(|tx| tx.uses_of_file(&sha256))?;
        // Of a file that several entries name the one that was asked for counts, else the first.
        let (doc, id) = uses.iter().find(|(_, id)| id == word).or(uses.first()).ok_or_else(missing)?;
        let household = self.household(doc)?;
        let named = |entry: &&Evidence| Some(entry.id.as_str()) == id.split('/').next();
        let entry = household.evidence.iter().find(named).ok_or_else(missing)?;
        Ok(copy(&self.file(&name)?, (&doc.to_string(), entry), wishes, fonts)?)
    }
}
