//! Forms on the device: fetched when the server's list changes, compiled when a visit needs one,
//! and kept compiled as long as there is room. What a form says about the household is rows,
//! written when it is installed: a form that cannot be read any more blocks its own visits only.

use std::collections::BTreeSet;
use std::sync::Arc;

use ruhu_case::limits::FORM_BYTES;
use ruhu_form::Form;
use ruhu_store::{StoreError, Tx};
use ruhu_sync::codec;
use ruhu_sync::engine::EngineError;
use ruhu_sync::message::{ETag, PublishedForms};
use ruhu_text::Explain;

use crate::device::Device;
use crate::error::DeviceError;
use crate::sync_run::{SyncRun, expect_success};
use crate::views::FormVersion;

/// Keeps the name under which earlier programs stored it.
const ETAG: &str = "server/forms_mark";
const LIST_LIMIT: usize = 1024 * 1024;
// What a server publishes a phone can read.
const _: () = assert!(FORM_BYTES == Form::MAX_BYTES);
/// The mark in the form's column `ruhu::merge`.
const ELIGIBILITY: &str = "eligibility";

impl Device {
    /// A compiled form.
    pub(crate) fn form(&self, id: &str, version: &str) -> Result<Arc<Form>, DeviceError> {
        if let Some(form) = self.forms.get(id, version) {
            return Ok(form);
        }
        let stored = self.store.read(|tx| tx.form(id, version))?;
        let (_, bytes) = stored.ok_or(DeviceError::NotFound { what: "form" })?;
        let form = Arc::new(Form::from_bytes(&bytes)?);
        self.forms.put(id, version, Arc::clone(&form), bytes.len());
        Ok(form)
    }

    /// Ids and versions of the forms on the device.
    ///
    /// # Errors
    /// `damaged` or `store` when they cannot be read.
    pub fn forms(&self) -> Result<Vec<FormVersion>, DeviceError> {
        let forms = self.store.read(|tx| tx.forms())?;
        Ok(forms.into_iter().map(|(id, version)| FormVersion { id, version }).collect())
    }

    /// Puts a compiled form on the device, as publishing by the server would.
    ///
    /// # Errors
    /// `form` when the bytes are no form of this program's version, `store` when another form is
    /// there under the same id and version, `disk_full`. Nothing is kept then.
    pub fn form_install(&self, bytes: &[u8]) -> Result<(), DeviceError> {
        let form = Form::from_bytes(bytes)?;
        self.store.write(|tx| {
            tx.put_form(form.id(), form.version(), form.hash(), bytes)?;
            index(tx, form.id(), form.version(), &form)
        })
    }

    /// Writes the rows of forms that an older program installed. One that cannot be read stays
    /// without: its visits will say so.
    pub(crate) fn index_forms(&self) -> Result<(), DeviceError> {
        for (id, version) in self.store.read(|tx| tx.forms_to_index())? {
            match self.form(&id, &version) {
                // Under the name it lies under, which damage may have made another than its own.
                Ok(form) => self.store.write(|tx| index(tx, &id, &version, &form))?,
                Err(DeviceError::Form(_)) => tracing::warn!(code = "form", "a stored form cannot be read"),
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    fn forms_etag(&self) -> Result<Option<Vec<u8>>, DeviceError> {
        Ok(self.store.read(|tx| tx.meta(ETAG))?)
    }

    fn has_form(&self, id: &str, version: &str, hash: &[u8; 32]) -> Result<bool, DeviceError> {
        let stored = self.store.read(|tx| tx.form(id, version))?;
        Ok(stored.is_some_and(|(held, _)| held == *hash))
    }
}

impl SyncRun<'_> {
    /// Fetches the forms that are new, when the entity tag of the server's list is another than last
    /// time. One that cannot be installed is named and holds up neither the others nor the photos.
    pub(crate) async fn form_lane(&mut self, etag: Option<ETag>) -> Result<(), DeviceError> {
        let Some(etag) = etag else { return Ok(()) };
        if self.device.forms_etag()? == Some(etag.0.to_vec()) || etag == PublishedForms::default().etag() {
            return Ok(());
        }
        let answer = self.get("/v1/forms".into(), LIST_LIMIT).await?;
        let list: PublishedForms = codec::from_cbor(&answer.body).map_err(EngineError::from)?;
        for form in &list.forms {
            if self.device.has_form(&form.id, &form.version, &form.hash)? {
                continue;
            }
            let name = format!("{} {}", form.id, form.version);
            match self.fetch_form(&form.id, &form.version).await {
                Ok(()) => {
                    self.report.forms.push(name);
                    self.progress.forms += 1;
                    self.tell();
                }
                Err(error) if error.ends_the_run() => return Err(error),
                Err(error) => self.report.forms_failed.push(format!("{name}: {}", error.code())),
            }
        }
        // With one missing the list is asked for again next time.
        if self.report.forms_failed.is_empty() {
            self.device.store.write::<_, StoreError>(|tx| tx.set_meta(ETAG, &list.etag().0))?;
        }
        Ok(())
    }

    async fn fetch_form(&mut self, id: &str, version: &str) -> Result<(), DeviceError> {
        let answer = self.get(format!("/v1/forms/{id}/{version}"), Form::MAX_BYTES).await?;
        self.device.form_install(&answer.body)
    }

    async fn get(
        &mut self,
        path: String,
        limit: usize,
    ) -> Result<ruhu_sync::transport::Response, DeviceError> {
        let request = self.device.signed("GET", path, Vec::new())?;
        expect_success(self.send(request, limit).await?)
    }
}

/// Writes the rows of a form that is installed.
fn index(tx: &Tx<'_>, id: &str, version: &str, form: &Form) -> Result<(), DeviceError> {
    Ok(tx.set_eligibility(id, version, &eligibility_paths(form))?)
}

/// The household fields that a form marks as deciding eligibility.
fn eligibility_paths(form: &Form) -> BTreeSet<String> {
    let marked = form.questions().iter().filter(|q| q.merge.as_deref() == Some(ELIGIBILITY));
    let targets = marked.filter_map(|q| q.save_to.as_deref());
    targets.map(|target| target.rsplit_once(':').map_or(target, |(path, _)| path).to_owned()).collect()
}
