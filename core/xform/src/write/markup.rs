//! XML, written element by element: one line each, but for what stands in
//! texts.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// Names and values.
pub(super) type Attributes = Vec<(String, String)>;

/// A document in the making.
pub(super) struct Markup {
    writer: Writer<Vec<u8>>,
    open: Vec<&'static str>,
    /// Names of elements that are open and not known before.
    depth: usize,
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    /// An expression whose value stands there.
    Output(String),
}

impl Markup {
    pub fn new() -> Self {
        let mut markup = Markup { writer: Writer::new(Vec::new()), open: Vec::new(), depth: 0 };
        markup.event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
        markup
    }

    /// Writing to memory cannot fail.
    fn event(&mut self, event: Event<'_>) {
        let _ = self.writer.write_event(event);
    }

    fn line(&mut self) {
        let line = format!("\n{}", "  ".repeat(self.depth));
        self.event(Event::Text(BytesText::from_escaped(line)));
    }

    /// Begins an element; [`Markup::close`] ends it.
    pub fn open(&mut self, name: &'static str, attributes: Attributes) {
        self.begin(name, attributes);
        self.open.push(name);
    }

    pub fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.end(name);
        }
    }

    /// Begins an element of any name; [`Markup::end`] ends it.
    pub fn begin(&mut self, name: &str, attributes: Attributes) {
        self.line();
        self.event(Event::Start(start(name, attributes)));
        self.depth += 1;
    }

    pub fn end(&mut self, name: &str) {
        self.depth = self.depth.saturating_sub(1);
        self.line();
        self.event(Event::End(BytesEnd::new(name)));
    }

    /// An element with nothing in it.
    pub fn empty(&mut self, name: &str, attributes: Attributes) {
        self.line();
        self.event(Event::Empty(start(name, attributes)));
    }

    /// An element with a text in it.
    pub fn leaf(&mut self, name: &str, attributes: Attributes, text: &str) {
        match text.is_empty() {
            true => self.empty(name, attributes),
            false => self.pieces(name, attributes, &[Piece::Text(text.to_owned())]),
        }
    }

    /// An element with a text in which values stand.
    pub fn pieces(&mut self, name: &str, attributes: Attributes, pieces: &[Piece]) {
        self.line();
        self.event(Event::Start(start(name, attributes)));
        for piece in pieces {
            match piece {
                Piece::Text(text) => self.event(Event::Text(BytesText::new(&allowed(text)))),
                Piece::Output(value) => {
                    let attributes = vec![("value".to_owned(), value.clone())];
                    self.event(Event::Empty(start("output", attributes)));
                }
            }
        }
        self.event(Event::End(BytesEnd::new(name)));
    }

    pub fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        let mut text = String::from_utf8(self.writer.into_inner()).unwrap_or_default();
        text.push('\n');
        text
    }
}

fn start(name: &str, attributes: Attributes) -> BytesStart<'static> {
    let mut start = BytesStart::new(name.to_owned());
    for (name, value) in attributes {
        let value = quick_xml::escape::partial_escape(allowed(&value)).replace('"', "&quot;");
        // Readers turn breaks of line in an attribute into blanks.
        let value = value.replace('\n', "&#10;").replace('\t', "&#9;");
        start.push_attribute(quick_xml::events::attributes::Attribute {
            key: quick_xml::name::QName(&name),
            value: value.into(),
        });
    }
    start
}

/// What XML may hold (XML 1.0, section 2.2): no control characters.
fn allowed(text: &str) -> String {
    let kept =
        |c: &char| (!c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}')) || matches!(c, '\n' | '\t');
    text.chars().filter(kept).collect()
}

/// Attributes from pairs; those without a value are left out.
pub(super) fn attributes<const N: usize>(pairs: [(&str, Option<String>); N]) -> Attributes {
    let some = |(name, value): (&str, Option<String>)| Some((name.to_owned(), value?));
    pairs.into_iter().filter_map(some).collect()
}
