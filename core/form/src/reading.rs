//! Reading a form from a file of any format.

use crate::fault::WorkbookFaults;
use crate::xform::read_xform;
use crate::xlsform::{Reading, read_workbook};

/// The namespace by which an XForm is known (W3C XForms 1.0).
const XFORMS: &[u8] = b"http://www.w3.org/2002/xforms";

/// Reads a form from an XLSForm (.xlsx, .xls, .csv) or from XForm XML. What a
/// file is, is told by what it holds, whatever it is called.
///
/// # Errors
/// [`WorkbookFaults`]: every fault at once, at least one of them an error; see
/// [`read_workbook`] and [`read_xform`].
pub fn read_form(bytes: &[u8]) -> Result<Reading, WorkbookFaults> {
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start();
    let is_xform = text.starts_with(b"<") && text.windows(XFORMS.len()).any(|part| part == XFORMS);
    if is_xform { read_xform(bytes) } else { read_workbook(bytes) }
}
