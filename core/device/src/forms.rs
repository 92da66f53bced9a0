//! Forms on the device: compiled when a visit needs one, and kept compiled as long as there is room. What a form says about the household is rows,
//! written when it is installed: a form that cannot be read any more blocks its own visits only.

use std::collections::BTreeSet;
use std::sync::Arc;

use ruhu_form::{Form, FormRefusal};
use ruhu_projection::merge_rules;
use ruhu_store::{FormRow, RefusedForm, Tx};
use sha2::{Digest, Sha256};

use crate::device::Device;
use crate::error::DeviceError;
use crate::views::FormVersion;
use ruhu_sync::report::ItemFault;

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
        let view = |FormRow { id, version, withdrawn }| FormVersion { id, version, withdrawn };
        Ok(forms.into_iter().map(view).collect())
    }

    /// Puts a compiled form on the device, as publishing by the server would.
    ///
    /// # Errors
    /// `form` when the bytes are no form of this program's version, `store` when another form is
    /// there under the same id and version, `disk_full`. Nothing is kept then.
    pub fn form_install(&self, bytes: &[u8]) -> Result<(), DeviceError> {
        let form = Form::from_bytes(bytes)?;
        self.store.write(|tx| {
            tx.put_form(form.id(), form.version(), Sha256::digest(bytes).into(), bytes)?;
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

    /// The forms that the server offers and this device cannot use.
    pub(crate) fn forms_refused(&self, tx: &Tx<'_>) -> Result<Vec<ItemFault>, DeviceError> {
        let fault = |refused: RefusedForm| {
            let name = format!("{} {}", refused.id, refused.version);
            ItemFault::new(name, &FormRefusal::from_code(&refused.reason))
        };
        Ok(tx.refused_forms()?.into_iter().map(fault).collect())
    }

    /// Names the forms that cannot be used: those that lie here and cannot be read, and those that the
    /// server offers.
    pub(crate) fn check_forms(&self) -> Result<Vec<String>, DeviceError> {
        let mut findings = Vec::new();
        for FormVersion { id, version, .. } in self.forms()? {
            if let Err(DeviceError::Form(error)) = self.form(&id, &version) {
                let error = FormRefusal::of(&error);
                findings.push(finding(&ItemFault::new(format!("{id} {version}"), &error)));
            }
        }
        findings.extend(self.store.read(|tx| self.forms_refused(tx))?.iter().map(finding));
        Ok(findings)
    }
}

fn finding(fault: &ItemFault) -> String {
    format!("表单 {} {} / form {}: {}", fault.item, fault.zh, fault.item, fault.en)
}

/// Writes the rows of a form that is installed.
pub(crate) fn index(tx: &Tx<'_>, id: &str, version: &str, form: &Form) -> Result<(), DeviceError> {
    tx.set_eligibility(id, version, &eligibility_paths(form))?;
    Ok(tx.set_merge_rules(id, version, &merge_rules::of_form(form))?)
}

/// The household fields that a form marks as deciding eligibility.
fn eligibility_paths(form: &Form) -> BTreeSet<String> {
    let marked = form.questions().iter().filter(|q| q.merge.as_deref() == Some(ELIGIBILITY));
    let targets = marked.filter_map(|q| q.save_to.as_deref());
    targets.map(|target| target.rsplit_once(':').map_or(target, |(path, _)| path).to_owned()).collect()
}
