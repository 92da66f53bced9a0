//! `ruhu form convert`: a form as XForm XML, which other tools take.

use std::path::Path;

use serde_json::json;

use crate::commands::evidence::write_new;
use crate::commands::forms::{fault_json, line, read_form};
use crate::failure::Failure;
use crate::output::Output;
use crate::words;

/// Writes the form as XForm XML; a file that exists is left alone. Warnings of reading are told.
pub fn convert(form: &Path, out: &Path, output: &mut Output) -> Result<(), Failure> {
    if out.exists() {
        return Err(Failure::Exists);
    }
    let lang = output.lang();
    let reading = read_form(form)?;
    let text = ruhu_formats::write_xform(&reading.form);
    write_new(out, text.as_bytes())?;
    let faults: Vec<_> = reading.warnings.iter().map(|fault| fault_json(fault, lang)).collect();
    let written = json!({
        "form": reading.form.id(),
        "version": reading.form.version(),
        "size": text.len(),
        "faults": faults,
    });
    output.answer(&written, |output, _| {
        let size = words::bytes(text.len() as u64);
        output.line(&format!("{} {size}", output.pick("已写成 XForm：", "Written as an XForm:")))?;
        reading.warnings.iter().try_for_each(|fault| output.line(&format!("  {}", line(fault, lang))))
    })
}
