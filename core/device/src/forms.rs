//! Forms on the device: kept compiled, fetched when the server's list changes.

use std::sync::Arc;

use ruhu_form::Form;
use ruhu_store::StoreError;
use ruhu_sync::codec;
use ruhu_sync::engine::EngineError;
use ruhu_sync::message::{ETag, PublishedForms};
use ruhu_sync::transport::Transport;

use crate::device::{Device, Inner};
use crate::error::DeviceError;
use crate::sync_run::expect_success;

/// Keeps the name under which earlier programs stored it.
const ETAG: &str = "server/forms_mark";
const LIST_LIMIT: usize = 1024 * 1024;

impl Inner {
    /// A compiled form.
    pub(crate) fn form(&mut self, id: &str, version: &str) -> Result<Arc<Form>, DeviceError> {
        let name = (id.to_owned(), version.to_owned());
        if let Some(form) = self.forms.get(&name) {
            return Ok(form.clone());
        }
        let stored = self.store.read(|tx| tx.form(id, version))?;
        let (_, bytes) = stored.ok_or(DeviceError::NotFound { what: "form" })?;
        let form = Arc::new(Form::from_bytes(&bytes)?);
        self.forms.insert(name, form.clone());
        Ok(form)
    }
}

impl Device {
    /// Ids and versions of the forms on the device.
    pub fn forms(&self) -> Result<Vec<(String, String)>, DeviceError> {
        Ok(self.lock()?.store.read(|tx| tx.forms())?)
    }

    /// Puts a compiled form on the device, as publishing by the server would.
    pub fn form_install(&self, bytes: &[u8]) -> Result<(), DeviceError> {
        let form = Form::from_bytes(bytes)?;
        let mut inner = self.lock()?;
        Ok(inner
            .store
            .write::<_, StoreError>(|tx| tx.put_form(form.id(), form.version(), form.hash(), bytes))?)
    }

    /// Fetches the forms that are new, when the entity tag of the server's list is another than last time.
    pub(crate) async fn fetch_forms(
        &self,
        transport: &dyn Transport,
        etag: Option<ETag>,
    ) -> Result<Vec<String>, DeviceError> {
        let Some(etag) = etag else { return Ok(Vec::new()) };
        if self.forms_etag()? == Some(etag.0.to_vec()) || etag == PublishedForms::default().etag() {
            return Ok(Vec::new());
        }
        let answer = transport.send(self.signed("GET", "/v1/forms".into(), Vec::new())?, LIST_LIMIT).await?;
        let list: PublishedForms =
            codec::from_cbor(&expect_success(answer)?.body).map_err(EngineError::from)?;
        let mut fetched = Vec::new();
        for form in &list.forms {
            if !self.has_form(&form.id, &form.version, &form.hash)? {
                let path = format!("/v1/forms/{}/{}", form.id, form.version);
                let answer = transport.send(self.signed("GET", path, Vec::new())?, Form::MAX_BYTES).await?;
                self.form_install(&expect_success(answer)?.body)?;
                fetched.push(format!("{} {}", form.id, form.version));
            }
        }
        let mut inner = self.lock()?;
        inner.store.write::<_, StoreError>(|tx| tx.set_meta(ETAG, &list.etag().0))?;
        Ok(fetched)
    }

    fn forms_etag(&self) -> Result<Option<Vec<u8>>, DeviceError> {
        Ok(self.lock()?.store.read(|tx| tx.meta(ETAG))?)
    }

    fn has_form(&self, id: &str, version: &str, hash: &[u8; 32]) -> Result<bool, DeviceError> {
        let stored = self.lock()?.store.read(|tx| tx.form(id, version))?;
        Ok(stored.is_some_and(|(held, _)| held == *hash))
    }
}
