//! XForm XML, the form in which ODK's tools exchange forms
//! (<https://getodk.github.io/xforms-spec/>): read, so that forms from
//! elsewhere run here, and written, so that users can leave and other engines
//! run ours.

mod paths;
mod read;
mod vocabulary;
mod write;
mod xml;

pub use read::read_xform;
