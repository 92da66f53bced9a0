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
pub use write::write_xform;

use ruhu_form::definition::Element;
use ruhu_text::Diagnostic;
use xml::{Document, Node};

/// The elements of a document that is data: an external instance.
///
/// # Errors
/// When the bytes are no XML in UTF-8, or nested too deep.
pub fn elements_of(bytes: &[u8]) -> Result<Vec<Element>, Box<Diagnostic>> {
    let document = Document::read(bytes)?;
    let mut elements: Vec<Element> = Vec::new();
    let mut open: Vec<(Option<u32>, Node<'_>)> =
        document.root().map(|root| (None, root)).into_iter().collect();
    while let Some((parent, node)) = open.pop() {
        let at = elements.len() as u32;
        let mut children: Vec<_> = node.children().map(|child| (Some(at), child)).collect();
        elements.push(Element {
            name: node.local_name().to_owned(),
            attributes: node.attributes().to_vec(),
            text: if children.is_empty() { node.text() } else { String::new() },
            parent,
        });
        children.reverse();
        open.append(&mut children);
    }
    Ok(elements)
}
