//! The lane of forms: fetched by hash when the server's list changes. Each ends with its own result.
//! One that can never be used is remembered by its hash, told in the status, and not fetched again until
//! the server offers another in its place; one that did not come through is fetched again next time.

use ruhu_case::limits::FORM_BYTES;
use ruhu_form::{Form, FormRefusal};
use ruhu_store::{RefusedForm, StoreError};
use ruhu_sync::codec;
use ruhu_sync::engine::EngineError;
use ruhu_sync::message::{ETag, GivenForm, PublishedForm, PublishedForms};
use ruhu_sync::transport::{Response, TransportError};
use ruhu_text::Explain;
use sha2::{Digest, Sha256};

use crate::device::Device;
use crate::error::DeviceError;
use crate::forms::index;
use crate::ids::hex;
use crate::sync_run::{SyncRun, expect_success};
use ruhu_sync::report::ItemFault;

/// Keeps the name under which earlier programs stored it.
const ETAG: &str = "server/forms_mark";
const LIST_LIMIT: usize = 1024 * 1024;
const NOT_FOUND: u16 = 404;
/// A form that this version of the program could not use is tried again by another.
const PROGRAM: &str = env!("CARGO_PKG_VERSION");
// What a server publishes a phone can read.
const _: () = assert!(FORM_BYTES == Form::MAX_BYTES);

impl SyncRun<'_> {
    /// Fetches the forms that are new, when the entity tag of the server's list is another than last
    /// time; without a tag the list is asked for. A line that breaks ends this lane only: it may carry
    /// the smaller pieces of a photo.
    pub(crate) async fn form_lane(&mut self, etag: Option<ETag>) -> Result<(), DeviceError> {
        if let Some(etag) = etag
            && (self.device.forms_etag()? == Some(etag.0.to_vec())
                || etag == PublishedForms::default().etag() && self.device.form_notices()?.is_empty())
        {
            return Ok(());
        }
        let list = match self.form_list().await {
            Ok(list) => list,
            Err(error) => return self.note_form(String::new(), error),
        };
        self.device.note_forms(&list)?;
        let given = self.give_forms(&list).await?;
        for form in &list.forms {
            let name = format!("{} {}", form.id, form.version);
            let broken = match self.take_form(form).await {
                Ok(false) => false,
                Ok(true) => {
                    self.report.forms.push(name);
                    self.progress.forms += 1;
                    self.tell();
                    false
                }
                Err(error) => {
                    let broken = error.ends_the_run();
                    self.note_form(name, error)?;
                    broken
                }
            };
            if broken {
                break;
            }
        }
        // What can never be used is remembered by itself; for the rest the list is asked for again.
        let all_taken = self.device.forms_left(&list)? == 0;
        if all_taken && !given {
            self.device.store.write::<_, StoreError>(|tx| tx.set_meta(ETAG, &list.etag().0))?;
        }
        Ok(())
    }

    /// Gives the server back what it published and has forgotten: it was restored from an older copy.
    /// Says whether there was anything to give.
    async fn give_forms(&mut self, list: &PublishedForms) -> Result<bool, DeviceError> {
        let mut given = false;
        for notice in self.device.form_notices()? {
            let of_it = |form: &&PublishedForm| (&form.id, &form.version) == (&notice.id, &notice.version);
            let bytes = match list.forms.iter().find(of_it) {
                Some(form) if form.hash != notice.hash || form.at_ms >= notice.at_ms => continue,
                Some(_) => Vec::new(),
                None => {
                    let held = self.device.store.read(|tx| tx.form(&notice.id, &notice.version))?;
                    held.map(|(_, bytes)| bytes).unwrap_or_default()
                }
            };
            given = true;
            let name = format!("{} {}", notice.id, notice.version);
            let body = codec::to_cbor(&GivenForm { notice, bytes });
            let request = self.device.signed("POST", "/v1/forms".into(), body)?;
            if let Err(error) = self.send(request, LIST_LIMIT).await.and_then(expect_success) {
                self.note_form(name, error)?;
            }
        }
        Ok(given)
    }

    /// Names a form that did not come through. Being cancelled, or meeting another server, ends the run.
    fn note_form(&mut self, item: String, error: DeviceError) -> Result<(), DeviceError> {
        match error {
            DeviceError::Cancelled { .. } | DeviceError::Transport(TransportError::WrongCertificate) => {
                Err(error)
            }
            other => {
                tracing::warn!(code = other.code(), "a form was not taken");
                self.report.forms_failed.push(ItemFault::new(item, &other));
                Ok(())
            }
        }
    }

    async fn form_list(&mut self) -> Result<PublishedForms, DeviceError> {
        let answer = expect_success(self.get("/v1/forms".into(), LIST_LIMIT).await?)?;
        Ok(codec::from_cbor(&answer.body).map_err(EngineError::from)?)
    }

    /// Fetches a form, unless it is here, withdrawn, or known to be of no use. Says whether it came.
    async fn take_form(&mut self, form: &PublishedForm) -> Result<bool, DeviceError> {
        if !self.device.lacks_form(form)? {
            return Ok(false);
        }
        let refusal = match self.device.is_version_taken(form)? {
            true => FormRefusal::VersionTaken,
            false => match self.fetch_form(form).await? {
                Ok(()) => return Ok(true),
                Err(refusal) => refusal,
            },
        };
        tracing::warn!(code = refusal.code(), "a form cannot be used");
        self.device.refuse_form(form, refusal)?;
        self.report.forms_failed.push(ItemFault::new(format!("{} {}", form.id, form.version), &refusal));
        Ok(false)
    }

    async fn fetch_form(&mut self, form: &PublishedForm) -> Result<Result<(), FormRefusal>, DeviceError> {
        let answer = match self.form_bytes(form).await {
            Err(DeviceError::Transport(TransportError::TooLarge(_))) => {
                return Ok(Err(FormRefusal::TooLarge));
            }
            other => other?,
        };
        if <[u8; 32]>::from(Sha256::digest(&answer.body)) != form.hash {
            return Err(EngineError::Unfitting("form").into());
        }
        match Form::from_bytes(&answer.body) {
            Err(error) => Ok(Err(FormRefusal::of(&error))),
            Ok(found) if found.id() != form.id || found.version() != form.version => {
                Ok(Err(FormRefusal::Misnamed))
            }
            Ok(found) => self.device.install(form, &found, &answer.body).map(Ok),
        }
    }

    /// The bytes of a form, by its hash; of an older server, which does not know that way, by its name.
    async fn form_bytes(&mut self, form: &PublishedForm) -> Result<Response, DeviceError> {
        let answer = self.get(format!("/v1/forms/by-hash/{}", hex(&form.hash)), Form::MAX_BYTES).await?;
        if answer.status != NOT_FOUND {
            return expect_success(answer);
        }
        let path = format!("/v1/forms/{}/{}", percent_encoded(&form.id), percent_encoded(&form.version));
        expect_success(self.get(path, Form::MAX_BYTES).await?)
    }

    async fn get(&mut self, path: String, limit: usize) -> Result<Response, DeviceError> {
        let request = self.device.signed("GET", path, Vec::new())?;
        self.send(request, limit).await
    }
}

/// A segment of a path (RFC 3986, section 3.3): everything but unreserved characters is encoded.
fn percent_encoded(text: &str) -> String {
    use std::fmt::Write;
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            true => out.push(char::from(byte)),
            false => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
        out
    })
}

impl Device {
    fn forms_etag(&self) -> Result<Option<Vec<u8>>, DeviceError> {
        Ok(self.store.read(|tx| tx.meta(ETAG))?)
    }

    /// The server's own words on the forms that are here.
    fn form_notices(&self) -> Result<Vec<PublishedForm>, DeviceError> {
        let notices = self.store.read(|tx| tx.form_notices())?;
        Ok(notices.iter().filter_map(|notice| codec::from_cbor(notice).ok()).collect())
    }

    /// Notes what the list says of forms that are here, and forgets what it was refused for and is not
    /// offered any more.
    fn note_forms(&self, list: &PublishedForms) -> Result<(), DeviceError> {
        let server = self.identity().enrolled()?.server;
        let known = self.form_notices()?;
        // A server that was restored says what it said before: the later word holds.
        let is_stale = |form: &PublishedForm| {
            let later = |notice: &PublishedForm| {
                (&notice.id, &notice.version) == (&form.id, &form.version) && notice.at_ms > form.at_ms
            };
            known.iter().any(later)
        };
        self.store.write(|tx| {
            for form in list.forms.iter().filter(|form| !is_stale(form)) {
                let notice = form.is_signed_by(&server).then(|| codec::to_cbor(form));
                if tx.form(&form.id, &form.version)?.is_some_and(|(hash, bytes)| is_it(form, &hash, &bytes)) {
                    tx.note_form(&form.id, &form.version, form.withdrawn, notice.as_deref())?;
                }
            }
            for refused in tx.refused_forms()? {
                let stands = |form: &&PublishedForm| {
                    (&form.id, &form.version, &form.hash) == (&refused.id, &refused.version, &refused.hash)
                };
                let stands = list.forms.iter().find(stands).is_some_and(|form| !form.withdrawn);
                if !stands || refused.program != PROGRAM {
                    tx.forget_refused_form(&refused.id, &refused.version)?;
                }
            }
            Ok(())
        })
    }

    /// Whether a form is to be fetched.
    fn lacks_form(&self, form: &PublishedForm) -> Result<bool, DeviceError> {
        if form.withdrawn {
            return Ok(false);
        }
        self.store.read(|tx| {
            let held = tx.form(&form.id, &form.version)?;
            let here = held.is_some_and(|(hash, bytes)| is_it(form, &hash, &bytes));
            let refused = tx.refused_forms()?.iter().any(|refused| refused.hash == form.hash);
            Ok(!here && !refused)
        })
    }

    fn forms_left(&self, list: &PublishedForms) -> Result<usize, DeviceError> {
        let lacking: Result<Vec<bool>, _> = list.forms.iter().map(|form| self.lacks_form(form)).collect();
        Ok(lacking?.into_iter().filter(|lacks| *lacks).count())
    }

    fn is_version_taken(&self, form: &PublishedForm) -> Result<bool, DeviceError> {
        Ok(self.store.read(|tx| tx.form(&form.id, &form.version))?.is_some())
    }

    fn refuse_form(&self, form: &PublishedForm, refusal: FormRefusal) -> Result<(), DeviceError> {
        let refused = RefusedForm {
            id: form.id.clone(),
            version: form.version.clone(),
            hash: form.hash,
            reason: refusal.code().to_owned(),
            program: PROGRAM.to_owned(),
        };
        Ok(self.store.write(|tx| tx.refuse_form(&refused))?)
    }

    fn install(&self, form: &PublishedForm, found: &Form, bytes: &[u8]) -> Result<(), DeviceError> {
        let server = self.identity().enrolled()?.server;
        let notice = form.is_signed_by(&server).then(|| codec::to_cbor(form));
        self.store.write(|tx| {
            tx.put_form(&form.id, &form.version, form.hash, bytes)?;
            tx.note_form(&form.id, &form.version, form.withdrawn, notice.as_deref())?;
            index(tx, &form.id, &form.version, found)
        })
    }
}

/// Whether a stored form is the one that is published. An older program noted the hash of the form as
/// it would write it, which need not be that of its bytes.
fn is_it(form: &PublishedForm, hash: &[u8; 32], bytes: &[u8]) -> bool {
    *hash == form.hash || <[u8; 32]>::from(Sha256::digest(bytes)) == form.hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_segment_of_a_path_whatever_it_holds() {
        assert_eq!(percent_encoded("home_visit-1.2~a"), "home_visit-1.2~a");
        assert_eq!(percent_encoded("2026年版/..?"), "2026%E5%B9%B4%E7%89%88%2F..%3F");
    }
}
