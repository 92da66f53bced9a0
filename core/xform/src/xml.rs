//! An XML document as elements in a flat list, with limits that a hostile file
//! meets before it costs memory or time.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;
use ruhu_text::{Bilingual, Diagnostic};
use std::borrow::Cow;

/// The most bytes of a document.
const MAX_BYTES: usize = 16 * 1024 * 1024;
/// The most elements.
const MAX_ELEMENTS: usize = 500_000;
/// The deepest nesting of elements.
const MAX_DEPTH: usize = 200;
/// The most attributes of one element.
const MAX_ATTRIBUTES: usize = 128;
/// The most namespace declarations in force at one place.
const MAX_NAMESPACES: usize = 128;

/// The namespaces of ODK XForms and the prefixes they go by here, whatever a
/// document calls them (ODK XForms specification, section Document structure).
pub(super) const NAMESPACES: [(&str, &str); 9] = [
    ("", "http://www.w3.org/2002/xforms"),
    ("h", "http://www.w3.org/1999/xhtml"),
    ("ev", "http://www.w3.org/2001/xml-events"),
    ("xsd", "http://www.w3.org/2001/XMLSchema"),
    ("jr", "http://openrosa.org/javarosa"),
    ("orx", "http://openrosa.org/xforms"),
    ("odk", "http://www.opendatakit.org/xforms"),
    ("entities", "http://www.opendatakit.org/xforms/entities"),
    ("ruhu", "urn:ruhu:form"),
];

/// A document.
#[derive(Debug, Default)]
pub(super) struct Document {
    elements: Vec<Element>,
}

#[derive(Debug)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    content: Vec<Content>,
    line: u32,
}

#[derive(Debug)]
enum Content {
    Element(u32),
    Text(String),
}

/// An element of a document.
#[derive(Clone, Copy)]
pub(super) struct Node<'a> {
    document: &'a Document,
    id: u32,
}

/// A part of what an element holds.
pub(super) enum Part<'a> {
    Element(Node<'a>),
    Text(&'a str),
}

impl Document {
    /// Reads a document in UTF-8. Document type declarations are refused, so
    /// that no entity can expand.
    pub fn read(bytes: &[u8]) -> Result<Document, Box<Diagnostic>> {
        if bytes.len() > MAX_BYTES {
            return Err(too_large(&format!("{} MB", MAX_BYTES >> 20)));
        }
        let text =
            std::str::from_utf8(bytes).map_err(|error| {
                let message = Bilingual::new("文件不是 UTF-8 编码。", "The file is not in UTF-8.");
                let line = bytes.get(..error.valid_up_to()).map_or(0, newlines) + 1;
                Box::new(at_line(Diagnostic::error("bad-encoding", message), line).help(Bilingual::new(
                    "请用文本编辑器另存为 UTF-8。",
                    "Save it as UTF-8 with a text editor.",
                )))
            })?;
        Build::new(text.strip_prefix('\u{feff}').unwrap_or(text)).document()
    }

    /// The outermost element.
    pub fn root(&self) -> Option<Node<'_>> {
        (!self.elements.is_empty()).then_some(Node { document: self, id: 0 })
    }
}

impl<'a> Node<'a> {
    fn element(self) -> Option<&'a Element> {
        self.document.elements.get(self.id as usize)
    }

    /// A number that no other element of the document has.
    pub fn id(self) -> u32 {
        self.id
    }

    /// The name with its prefix of [`NAMESPACES`]: `bind`, `h:body`.
    pub fn name(self) -> &'a str {
        self.element().map_or("", |element| &element.name)
    }

    /// The name without a prefix.
    pub fn local_name(self) -> &'a str {
        let name = self.name();
        name.rsplit_once(':').map_or(name, |(_, local)| local)
    }

    /// The line that the element begins on, from 1.
    pub fn line(self) -> u32 {
        self.element().map_or(0, |element| element.line)
    }

    pub fn attribute(self, name: &str) -> Option<&'a str> {
        self.attributes().iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Names with their prefixes of [`NAMESPACES`], and values.
    pub fn attributes(self) -> &'a [(String, String)] {
        self.element().map_or(&[], |element| &element.attributes)
    }

    pub fn parts(self) -> impl Iterator<Item = Part<'a>> {
        let content = self.element().map_or(&[][..], |element| &element.content);
        content.iter().map(move |content| match content {
            Content::Element(id) => Part::Element(Node { id: *id, ..self }),
            Content::Text(text) => Part::Text(text),
        })
    }

    pub fn children(self) -> impl Iterator<Item = Node<'a>> {
        self.parts().filter_map(|part| match part {
            Part::Element(node) => Some(node),
            Part::Text(_) => None,
        })
    }

    /// The first child of that name.
    pub fn child(self, name: &str) -> Option<Node<'a>> {
        self.children().find(|child| child.name() == name)
    }

    /// The children of that name.
    pub fn named(self, name: &'static str) -> impl Iterator<Item = Node<'a>> {
        self.children().filter(move |child| child.name() == name)
    }

    /// The text directly in the element, trimmed.
    pub fn text(self) -> String {
        let mut text = String::new();
        for part in self.parts() {
            if let Part::Text(part) = part {
                text.push_str(part);
            }
        }
        match text.trim() {
            trimmed if trimmed.len() == text.len() => text,
            trimmed => trimmed.to_owned(),
        }
    }
}

/// A document in the making.
struct Build<'a> {
    text: &'a str,
    reader: Reader<&'a [u8]>,
    document: Document,
    /// The elements that are open, from the outside in, each with the number
    /// of namespace declarations in force outside it.
    open: Vec<(u32, usize)>,
    /// Prefix and address, the innermost last.
    namespaces: Vec<(String, String)>,
    /// How far the lines are counted, and how many there were.
    counted: usize,
    line: u32,
}

impl<'a> Build<'a> {
    fn new(text: &'a str) -> Self {
        Build {
            text,
            reader: Reader::from_str(text),
            document: Document::default(),
            open: Vec::new(),
            namespaces: Vec::new(),
            counted: 0,
            line: 1,
        }
    }

    fn document(mut self) -> Result<Document, Box<Diagnostic>> {
        loop {
            let line = self.line();
            let event = self.reader.read_event().map_err(|error| broken(line, &error.to_string()))?;
            match event {
                Event::Start(tag) => self.begin(&tag, line, true)?,
                Event::Empty(tag) => self.begin(&tag, line, false)?,
                Event::End(_) => self.end(),
                Event::Text(text) => self.push_text(text.xml10_content(), line)?,
                Event::CData(text) => self.push_text(text.xml10_content(), line)?,
                Event::GeneralRef(reference) => self.reference(&reference, line)?,
                Event::Decl(declaration) => check_encoding(&declaration, line)?,
                Event::DocType(_) => return Err(document_type(line)),
                Event::Comment(_) | Event::PI(_) => {}
                Event::Eof => break,
            }
        }
        if !self.open.is_empty() || self.document.elements.is_empty() {
            return Err(broken(self.line, "unexpected end"));
        }
        Ok(self.document)
    }

    /// The line the reader has come to.
    fn line(&mut self) -> u32 {
        let position = self.reader.buffer_position() as usize;
        let passed = self.text.as_bytes().get(self.counted..position).unwrap_or(&[]);
        self.line += newlines(passed);
        self.counted = position.max(self.counted);
        self.line
    }

    fn begin(&mut self, tag: &BytesStart<'_>, line: u32, stays_open: bool) -> Result<(), Box<Diagnostic>> {
        if self.document.elements.len() >= MAX_ELEMENTS {
            return Err(too_large(&format!("{MAX_ELEMENTS} elements")));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(too_large(&format!("{MAX_DEPTH} levels of elements")));
        }
        if self.open.is_empty() && !self.document.elements.is_empty() {
            return Err(broken(line, "a second outermost element"));
        }
        let outside = self.namespaces.len();
        let written = self.attributes(tag, line)?;
        let name = self.known_name(tag.name().as_ref(), true);
        let attributes: Vec<(String, String)> =
            written.into_iter().map(|(name, value)| (self.known_name(&name, false), value)).collect();
        let id = self.document.elements.len() as u32;
        self.document.elements.push(Element { name, attributes, content: Vec::new(), line });
        self.push(Content::Element(id));
        match stays_open {
            true => self.open.push((id, outside)),
            false => self.namespaces.truncate(outside),
        }
        Ok(())
    }

    fn end(&mut self) {
        if let Some((_, outside)) = self.open.pop() {
            self.namespaces.truncate(outside);
        }
    }

    /// The attributes as written; namespace declarations come into force.
    fn attributes(
        &mut self,
        tag: &BytesStart<'_>,
        line: u32,
    ) -> Result<Vec<(String, String)>, Box<Diagnostic>> {
        let mut found: Vec<(String, String)> = Vec::new();
        for attribute in tag.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| broken(line, &error.to_string()))?;
            let name = attribute.key.as_ref();
            if found.iter().any(|(before, _)| before == name) {
                return Err(broken(line, &format!("the attribute “{name}” twice")));
            }
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            let value = value.map_err(|error| broken(line, &error.to_string()))?.into_owned();
            let prefix = match name {
                "xmlns" => Some(""),
                _ => name.strip_prefix("xmlns:"),
            };
            match prefix {
                Some(prefix) => self.namespaces.push((prefix.to_owned(), value)),
                None => found.push((name.to_owned(), value)),
            }
            if found.len() > MAX_ATTRIBUTES || self.namespaces.len() > MAX_NAMESPACES {
                return Err(too_large(&format!("{MAX_ATTRIBUTES} attributes of one element")));
            }
        }
        Ok(found)
    }

    /// The name with the prefix its namespace has in [`NAMESPACES`]; of other
    /// namespaces with the prefix it is written with.
    fn known_name(&self, name: &str, element: bool) -> String {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        if prefix.is_empty() && !element {
            return name.to_owned();
        }
        let address = self.namespaces.iter().rev().find(|(found, _)| found == prefix);
        let known = address.and_then(|(_, address)| {
            let address = address.trim_end_matches('/');
            NAMESPACES.iter().find(|(_, known)| *known == address)
        });
        match known {
            Some(("", _)) => local.to_owned(),
            Some((prefix, _)) => format!("{prefix}:{local}"),
            None => name.to_owned(),
        }
    }

    fn reference(&mut self, reference: &BytesRef<'_>, line: u32) -> Result<(), Box<Diagnostic>> {
        let character = reference.resolve_char_ref().map_err(|error| broken(line, &error.to_string()))?;
        let text = match character {
            Some(character) => Cow::Owned(character.to_string()),
            None => match quick_xml::escape::resolve_predefined_entity(reference) {
                Some(text) => Cow::Borrowed(text),
                None => return Err(broken(line, &format!("&{};", &**reference))),
            },
        };
        self.push_text(text, line)
    }

    fn push_text(&mut self, text: Cow<'_, str>, line: u32) -> Result<(), Box<Diagnostic>> {
        if self.open.is_empty() {
            return match text.trim().is_empty() {
                true => Ok(()),
                false => Err(broken(line, "text outside of the outermost element")),
            };
        }
        self.push(Content::Text(text.into_owned()));
        Ok(())
    }

    fn push(&mut self, content: Content) {
        let Some((holder, _)) = self.open.last() else { return };
        let Some(holder) = self.document.elements.get_mut(*holder as usize) else { return };
        match (holder.content.last_mut(), content) {
            (Some(Content::Text(before)), Content::Text(text)) => before.push_str(&text),
            (_, content) => holder.content.push(content),
        }
    }
}

fn newlines(bytes: &[u8]) -> u32 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u32
}

fn check_encoding(declaration: &quick_xml::events::BytesDecl<'_>, line: u32) -> Result<(), Box<Diagnostic>> {
    let encoding = declaration.encoding().and_then(Result::ok).unwrap_or(Cow::Borrowed("utf-8"));
    if matches!(encoding.to_ascii_lowercase().as_str(), "utf-8" | "utf8" | "us-ascii" | "ascii") {
        return Ok(());
    }
    let message = Bilingual::new(
        format!("文件自称编码是 {encoding}，这里只读 UTF-8。"),
        format!("The file says its encoding is {encoding}; only UTF-8 is read."),
    );
    Err(Box::new(at_line(Diagnostic::error("bad-encoding", message), line)))
}

pub(super) fn at_line(diagnostic: Diagnostic, line: u32) -> Diagnostic {
    diagnostic.at_sheet("xml").at_row(line)
}

fn broken(line: u32, what: &str) -> Box<Diagnostic> {
    let message = Bilingual::new("XML 在这里读不下去。", "The XML cannot be read here.");
    Box::new(at_line(Diagnostic::error("bad-xml", message), line).at_cell("", what).help(Bilingual::new(
        "文件可能不完整，请重新取得，或用做表工具重新导出。",
        "The file may be incomplete: fetch it again, or export it again from the tool it was made with.",
    )))
}

fn document_type(line: u32) -> Box<Diagnostic> {
    let message = Bilingual::new(
        "文件里有 DOCTYPE 声明，出于安全不读。",
        "The file has a DOCTYPE declaration; for safety it is not read.",
    );
    Box::new(at_line(Diagnostic::error("document-type", message), line).help(Bilingual::new(
        "请删去 <!DOCTYPE …> 这一段；XForm 不需要它。",
        "Remove <!DOCTYPE …>: an XForm has no need of it.",
    )))
}

fn too_large(limit: &str) -> Box<Diagnostic> {
    let message = Bilingual::new(
        format!("文件太大，超过 {limit}。"),
        format!("The file is too large: more than {limit}."),
    );
    Box::new(Diagnostic::error("too-large", message).at_sheet("xml"))
}
