//! XForm XML, the form in which ODK's tools exchange forms
//! (<https://getodk.github.io/xforms-spec/>): read, so that forms from
//! elsewhere run here.

mod paths;
mod read;
mod vocabulary;
mod xml;

pub use read::read_xform;
