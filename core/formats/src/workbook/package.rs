//! The zip archive of an .xlsx, and its XML parts as streams.

use super::diagnostics::{damaged, encrypted, not_a_workbook, other_format, too_large};
use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;
use ruhu_text::Diagnostic;
use std::borrow::Cow;
use std::io::{BufReader, Cursor, Error, ErrorKind, Read};
use zip::ZipArchive;
use zip::result::ZipError;

/// The most bytes that parts may have together, unpacked, as far as they are
/// read.
const MAX_UNPACKED: u64 = 64 * 1024 * 1024;
/// The most parts.
const MAX_PARTS: usize = 4_000;
/// The deepest nesting of elements.
const MAX_DEPTH: usize = 100;
/// The most attributes of an element.
const MAX_ATTRIBUTES: usize = 64;

type Result<T> = std::result::Result<T, Box<Diagnostic>>;

pub(super) struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    left: u64,
}

impl<'a> Package<'a> {
    pub fn open(bytes: &'a [u8]) -> Result<Package<'a>> {
        // The beginning of an entry of the archive's directory: counted before
        // anything is set aside for them.
        let entries = bytes.windows(4).filter(|bytes| *bytes == b"PK\x01\x02").count();
        if entries > MAX_PARTS {
            return Err(too_large(&format!("{MAX_PARTS} parts")));
        }
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| damaged())?;
        Ok(Package { archive, left: MAX_UNPACKED })
    }

    /// A part as a stream; none when the archive does not have it.
    pub fn part(&mut self, path: &str) -> Result<Option<Part<'_>>> {
        let Some(number) = self.number(path) else { return Ok(None) };
        let file = match self.archive.by_index(number) {
            Ok(file) => file,
            Err(ZipError::UnsupportedArchive(text)) if text == ZipError::PASSWORD_REQUIRED => {
                return Err(encrypted());
            }
            Err(_) => return Err(damaged()),
        };
        let limited = Limited { inner: Box::new(file), left: &mut self.left };
        Ok(Some(Part {
            reader: Reader::from_reader(BufReader::new(limited)),
            buffer: Vec::new(),
            ended: None,
            depth: 0,
        }))
    }

    fn number(&self, path: &str) -> Option<usize> {
        let is_it = |name: Cow<'_, str>| name.eq_ignore_ascii_case(path);
        self.archive.file_names().position(|name| name.is_ok_and(is_it))
    }

    /// Tells archives that are no .xlsx by what they hold.
    pub fn check_kind(&self, main: &str) -> Result<()> {
        let has = |wanted: &str| self.number(wanted).is_some();
        if has("content.xml") && has("mimetype") {
            return Err(other_format(".ods"));
        }
        if has("xl/workbook.bin") {
            return Err(other_format(".xlsb"));
        }
        if has("EncryptedPackage") {
            return Err(encrypted());
        }
        if has(main) && !main.starts_with("word/") && !main.starts_with("ppt/") {
            return Ok(());
        }
        Err(not_a_workbook())
    }
}

/// Gives no more bytes than are left of the limit.
struct Limited<'a> {
    inner: Box<dyn Read + 'a>,
    left: &'a mut u64,
}

impl Read for Limited<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => {
                *self.left = left;
                Ok(read)
            }
            None => {
                *self.left = 0;
                Err(Error::other("the limit is passed"))
            }
        }
    }
}

/// An XML part, read step by step.
pub(super) struct Part<'a> {
    reader: Reader<BufReader<Limited<'a>>>,
    buffer: Vec<u8>,
    /// The name of an element without content, whose end is still to be told.
    ended: Option<String>,
    depth: usize,
}

/// A step through a part. Names are without prefixes: what a workbook holds
/// does not depend on them.
pub(super) enum Step {
    Begin(String, Attributes),
    Text(String),
    End(String),
}

/// The attributes of an element, without prefixes.
pub(super) struct Attributes(Vec<(String, String)>);

impl Attributes {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// A number; 0 when there is none.
    pub fn number(&self, name: &str) -> u32 {
        self.get(name).and_then(|value| value.parse().ok()).unwrap_or(0)
    }

    pub fn truth(&self, name: &str) -> bool {
        matches!(self.get(name), Some("1" | "true" | "on"))
    }
}

impl Part<'_> {
    pub fn next(&mut self) -> Result<Option<Step>> {
        if let Some(name) = self.ended.take() {
            return Ok(Some(Step::End(name)));
        }
        loop {
            self.buffer.clear();
            let event = self.reader.read_event_into(&mut self.buffer).map_err(|error| match error {
                quick_xml::Error::Io(error) if error.kind() == ErrorKind::Other => {
                    too_large(&format!("{} MB", MAX_UNPACKED >> 20))
                }
                _ => damaged(),
            })?;
            let step = match event {
                Event::Start(tag) => {
                    self.depth += 1;
                    if self.depth > MAX_DEPTH {
                        return Err(damaged());
                    }
                    let (name, attributes) = begin(&tag)?;
                    Step::Begin(name, attributes)
                }
                Event::Empty(tag) => {
                    let (name, attributes) = begin(&tag)?;
                    self.ended = Some(name.clone());
                    Step::Begin(name, attributes)
                }
                Event::End(tag) => {
                    self.depth = self.depth.saturating_sub(1);
                    Step::End(tag.local_name().as_ref().to_owned())
                }
                Event::Text(text) => Step::Text(text.xml10_content().into_owned()),
                Event::CData(text) => Step::Text(text.xml10_content().into_owned()),
                Event::GeneralRef(reference) => Step::Text(character(&reference)?),
                // An entity could expand to more than the file holds.
                Event::DocType(_) => return Err(damaged()),
                Event::Eof if self.depth > 0 => return Err(damaged()),
                Event::Eof => return Ok(None),
                Event::Decl(_) | Event::Comment(_) | Event::PI(_) => continue,
            };
            return Ok(Some(step));
        }
    }
}

/// `&#20013;` or `&amp;`.
fn character(reference: &BytesRef<'_>) -> Result<String> {
    match reference.resolve_char_ref().map_err(|_| damaged())? {
        Some(character) => Ok(character.to_string()),
        None => {
            quick_xml::escape::resolve_predefined_entity(reference).map(str::to_owned).ok_or_else(damaged)
        }
    }
}

fn begin(tag: &BytesStart<'_>) -> Result<(String, Attributes)> {
    let mut attributes = Vec::new();
    for attribute in tag.attributes().with_checks(false) {
        let attribute = attribute.map_err(|_| damaged())?;
        if attributes.len() == MAX_ATTRIBUTES {
            return Err(damaged());
        }
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|_| damaged())?;
        attributes.push((attribute.key.local_name().as_ref().to_owned(), value.into_owned()));
    }
    Ok((tag.local_name().as_ref().to_owned(), Attributes(attributes)))
}
