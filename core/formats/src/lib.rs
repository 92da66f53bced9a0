//! Forms from files and to files.
//!
//! [`read_form`] reads a form of any format; [`read_workbook`] takes an XLSForm
//! (<https://xlsform.org>) as .xlsx, .xls or .csv with the sheets `survey`,
//! `choices`, `external_choices`, `entities` and `settings`, and finds all
//! faults at once, each with its sheet, row, column and what would mend it.
//! All types of XLSForm are read, in the spellings that pyxform takes and in
//! some more. The root of all paths is the setting `name`, else `data`; every
//! form ends with the group `meta`. Three columns are Ruhu's own:
//! `ruhu::save_to`, `ruhu::class` and `ruhu::merge`; see [`ruhu_form::Question`].
//!
//! [`read_xform`] takes XForm XML, in which ODK's tools exchange forms, and
//! [`write_xform`] writes it. The files that lists come from are [`attach`]ed,
//! and travel with the form.
//!
//! The readers do no I/O: a host passes the bytes. They meet limits before
//! cost, and no input makes them panic. Phones and pages do without them: they
//! are given forms as bytes ([`ruhu_form::Form::to_bytes`]).
//!
//! ```
//! let survey = "survey,,,\n,type,name,label\n,integer,people,How many live here?\n";
//! let reading = ruhu_formats::read_form(survey.as_bytes())?;
//! assert_eq!(reading.form.question("people").unwrap().path, "/data/people");
//!
//! let wrong = ruhu_formats::read_form(b"survey,,,\n,type,name,label\n,interger,people,People\n").unwrap_err();
//! assert_eq!(wrong.diagnostics[0].code, "unknown-type");
//! assert_eq!((wrong.diagnostics[0].row, wrong.diagnostics[0].column.as_str()), (3, "type"));
//! # Ok::<(), ruhu_text::Diagnostics>(())
//! ```

mod attachments;
mod geojson;
mod reading;
pub mod script;
mod workbook;
mod xlsform;

pub use attachments::{Attachment, attach, attach_files, attachments, media_folders};
pub use reading::read_form;
pub use ruhu_form::{Form, UnfitName, check_name};
pub use ruhu_xform::{read_xform, write_xform};
pub use xlsform::read_workbook;
