//! Reading a form from a file of any format.

use crate::xlsform::read_workbook;
use ruhu_form::ParsedForm;
use ruhu_text::Diagnostics;
use ruhu_xform::read_xform;

/// What an XForm is known by: its namespace (W3C XForms 1.0), or its model,
/// as other engines take documents without namespaces.
const XFORMS: [&[u8]; 3] = [b"http://www.w3.org/2002/xforms", b"<model>", b"<model "];

/// Reads a form from an XLSForm (.xlsx, .xls, .csv) or from XForm XML. What a
/// file is, is told by what it holds, whatever it is called.
///
/// # Errors
/// [`Diagnostics`]: every fault at once, at least one of them an error; see
/// [`read_workbook`] and [`read_xform`].
pub fn read_form(bytes: &[u8]) -> Result<ParsedForm, Diagnostics> {
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start();
    let holds = |mark: &[u8]| text.windows(mark.len()).any(|part| part == mark);
    let is_xform = text.starts_with(b"<") && XFORMS.into_iter().any(holds);
    if is_xform { read_xform(bytes) } else { read_workbook(bytes) }
}
