//! Writing a form as an XForm.

mod actions;
mod binds;
mod body;
mod entities;
mod export;
mod expressions;
mod instances;
mod itext;
mod markup;
mod texts;

use export::Export;
use ruhu_form::Form;

/// Writes a form as XForm XML (<https://getodk.github.io/xforms-spec/>), which
/// other engines run and [`crate::read_xform`] reads as a form that behaves
/// the same. Ruhu's own columns are attributes of the namespace
/// `urn:ruhu:form`, which other engines pass over. Files that the form
/// names, such as pictures and CSV tables, are not in it.
pub fn write_xform(form: &Form) -> String {
    let mut export = Export::of(form);
    export.collect();
    export.write()
}
