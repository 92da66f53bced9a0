//! Reading an XForm: its instance gives the rows, binds their rules, the body
//! what is shown.

mod actions;
mod controls;
mod entities;
mod itemsets;
mod kinds;
mod outline;
mod rows;
mod sources;
mod texts;

use crate::paths::absolute;
use crate::xml::{Document, Node, at_line};
use outline::Outline;
use ruhu_form::definition::{ChoiceList, Definition, Entity, Instance, LayoutItem, Row, Source};
use ruhu_form::{Form, ParsedForm};
use ruhu_text::{Bilingual, Diagnostic, Diagnostics, Severity};
use ruhu_xpath::is_name;
use sources::Choices;
use std::collections::{HashMap, HashSet};
use texts::Texts;

/// The most faults that are told of one document.
const MAX_FAULTS: usize = 1_000;

/// Reads an XForm (XML, UTF-8) as ODK's tools write and take it.
///
/// What has no place in a form here, such as elements of other tools, is
/// told as a warning. Faults name the sheet `xml`, the line as row, and the
/// path and attribute as column.
///
/// Limits: 16 MB, 500,000 elements nested 200 deep, 128 attributes an
/// element; 20,000 nodes, 200,000 choices, groups 24 deep. A document type
/// declaration is refused, so no entity expands.
///
/// # Errors
/// [`Diagnostics`]: every fault at once, at least one of them an error.
pub fn read_xform(bytes: &[u8]) -> Result<ParsedForm, Diagnostics> {
    let document = Document::read(bytes)?;
    let (definition, mut diagnostics) = definition(&document)?;
    let (form, more) = match Form::compile(definition) {
        Ok(ParsedForm { form, warnings }) => (Some(form), warnings),
        Err(found) => (None, found.diagnostics),
    };
    diagnostics.extend(more.into_iter().map(|diagnostic| diagnostic.at_sheet("xml")));
    diagnostics.sort_by_key(|diagnostic| diagnostic.row);
    match form.filter(|_| diagnostics.iter().all(|diagnostic| diagnostic.severity == Severity::Warning)) {
        Some(form) => Ok(ParsedForm { form, warnings: diagnostics }),
        None => Err(Diagnostics { diagnostics }),
    }
}

/// The form as far as it can be made out, and what is wrong with it.
fn definition(document: &Document) -> Result<(Definition, Vec<Diagnostic>), Box<Diagnostic>> {
    let root = document.root().ok_or_else(not_an_xform)?;
    let head = root.child("h:head").or_else(|| root.child("head")).unwrap_or(root);
    let body = root.child("h:body").or_else(|| root.child("body"));
    let (Some(model), Some(body)) = (head.child("model"), body) else { return Err(not_an_xform()) };
    let primary = model.child("instance").and_then(|instance| instance.children().next());
    let primary = primary.ok_or_else(|| no_instance(model.line()))?;
    let title = head.child("h:title").or_else(|| head.child("title"));
    let mut import = Import::new(model, body, primary);
    import.rows(primary);
    import.body();
    import.choices();
    import.actions();
    import.entities();
    import.unbound();
    import.fold_counts();
    Ok(import.finish(title.map(Node::text).unwrap_or_default()))
}

/// A form in the making.
struct Import<'a> {
    model: Node<'a>,
    body: Node<'a>,
    primary: Node<'a>,
    texts: Texts<'a>,
    /// Binds by the path they are for, attributes (`/data/meta/entity/@id`)
    /// among them.
    binds: HashMap<String, Node<'a>>,
    outline: Outline<'a>,
    rows: Vec<Row>,
    /// The rows of paths.
    places: HashMap<String, u32>,
    /// The paths of rows.
    paths: Vec<String>,
    /// The repeats of which there is only a template; their first instance is
    /// made here.
    only_templates: HashSet<String>,
    layout: Vec<LayoutItem>,
    lists: Vec<ChoiceList>,
    instances: Vec<Instance>,
    entities: Vec<Entity>,
    choices: Choices<'a>,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Import<'a> {
    fn new(model: Node<'a>, body: Node<'a>, primary: Node<'a>) -> Self {
        let root = format!("/{}", primary.local_name());
        let mut binds = HashMap::new();
        let mut ids = HashMap::new();
        for bind in model.named("bind") {
            let written = bind.attribute("nodeset").or_else(|| bind.attribute("ref")).unwrap_or("");
            let (node, attribute) = match written.split_once("/@") {
                Some((node, attribute)) => (node, Some(attribute.trim())),
                None => (written, None),
            };
            let Some(path) = absolute(node, &root) else { continue };
            let path = match attribute {
                Some(name) => format!("{path}/@{}", name.rsplit_once(':').map_or(name, |(_, local)| local)),
                None => path,
            };
            if let Some(id) = bind.attribute("id") {
                ids.insert(id, path.clone());
            }
            binds.entry(path).or_insert(bind);
        }
        Import {
            model,
            body,
            primary,
            texts: Texts::of(model),
            outline: Outline::of(body, &root, ids),
            binds,
            rows: Vec::new(),
            places: HashMap::new(),
            paths: Vec::new(),
            only_templates: HashSet::new(),
            layout: Vec::new(),
            lists: Vec::new(),
            instances: Vec::new(),
            entities: Vec::new(),
            choices: Choices::default(),
            diagnostics: Vec::new(),
        }
    }

    fn diagnostic(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < MAX_FAULTS {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Something of the document that the form cannot keep.
    fn left_out(&mut self, node: Node<'_>, what: &str) {
        let message = Bilingual::new(
            format!("“{what}”这里用不上，没有读入。"),
            format!("“{what}” has no use here and was left out."),
        );
        self.diagnostic(
            at_line(Diagnostic::warning("left-out", message), node.line()).at_cell(node.name(), what),
        );
    }

    /// An expression in an attribute of a node.
    fn cell(&self, path: &str, attribute: &str, text: &str) -> Source {
        Source { text: text.trim().to_owned(), column: format!("{path}/@{attribute}") }
    }

    fn row_at(&self, path: &str) -> Option<usize> {
        self.places.get(path).map(|row| *row as usize)
    }

    fn finish(mut self, title: String) -> (Definition, Vec<Diagnostic>) {
        let root = self.primary.local_name().to_owned();
        let attribute = |name: &str| self.primary.attribute(name).unwrap_or("").trim().to_owned();
        let id = [attribute("id"), attribute("xmlns"), root.clone()];
        let id = id.into_iter().find(|id| !id.is_empty()).unwrap_or_default();
        let version = [attribute("version"), attribute("orx:version")];
        let settings = self.settings();
        let layout = match self.follows_rows() {
            true => Vec::new(),
            false => std::mem::take(&mut self.layout),
        };
        let texts = self.rows.iter().any(asks_for_texts).then(|| self.texts.all());
        let definition = Definition {
            title: if title.is_empty() { id.clone() } else { title },
            id,
            version: version.into_iter().find(|version| !version.is_empty()).unwrap_or_default(),
            root,
            languages: self.texts.languages,
            rows: self.rows,
            lists: self.lists,
            instances: self.instances,
            entities: self.entities,
            settings,
            layout,
            texts,
        };
        (definition, self.diagnostics)
    }

    /// Binds for nodes that there are not. Forms in use have such, and other
    /// engines run them: nothing that is asked is lost.
    fn unbound(&mut self) {
        let root = format!("/{}", self.primary.local_name());
        let known = |path: &str| {
            let node = path.split_once("/@").map_or(path, |(node, _)| node);
            self.places.contains_key(node) || node == root
        };
        let lost: Vec<(u32, String)> = self
            .model
            .named("bind")
            .filter_map(|bind| {
                let written = bind.attribute("nodeset").or_else(|| bind.attribute("ref")).unwrap_or("");
                let node = written.split_once("/@").map_or(written, |(node, _)| node);
                let found = absolute(node, &root).is_some_and(|path| known(&path));
                (!found).then(|| (bind.line(), written.to_owned()))
            })
            .collect();
        for (line, written) in lost {
            self.diagnostic(idle_bind(line, &written));
        }
    }

    /// What XLSForm's settings sheet has and an XForm keeps in other places.
    fn settings(&self) -> Vec<(String, String)> {
        let mut settings = Vec::new();
        let mut keep = |name: &str, value: Option<&str>| {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                settings.push((name.to_owned(), value.to_owned()));
            }
        };
        keep("style", self.body.attribute("class"));
        if let Some(submission) = self.model.child("submission") {
            keep("submission_url", submission.attribute("action"));
            keep("public_key", submission.attribute("base64RsaPublicKey"));
            keep("auto_send", submission.attribute("orx:auto-send"));
            keep("auto_delete", submission.attribute("orx:auto-delete"));
        }
        keep("prefix", self.primary.attribute("odk:prefix"));
        keep("delimiter", self.primary.attribute("odk:delimiter"));
        settings
    }
}

/// Whether an expression of the row looks texts up by their ids.
fn asks_for_texts(row: &Row) -> bool {
    let Row { relevant, required, read_only, constraint, calculation, default, choice_filter, .. } = row;
    let cells = [relevant, required, read_only, constraint, calculation, default, choice_filter];
    let cells = cells.into_iter().flatten().map(|cell| &cell.text);
    let labels = row.labels.iter().chain(&row.hints).map(|(_, text)| text);
    let set = row.actions.iter().filter_map(|action| action.value.as_ref()).map(|value| &value.text);
    cells.chain(labels).chain(set).any(|text| text.contains("jr:itext("))
}

/// A path that leads to no node of the instance.
fn unknown_node(line: u32, column: &str, path: &str) -> Diagnostic {
    let message = Bilingual::new(
        format!("“{path}”在表单的实例里找不到。"),
        format!("“{path}” is no node of the form's instance."),
    );
    at_line(Diagnostic::error("unknown-node", message), line).at_cell(column, path).help(Bilingual::new(
        "请在 <instance> 里加上它，或改正路径。",
        "Add it to <instance>, or mend the path.",
    ))
}

/// A bind that holds for nothing.
fn idle_bind(line: u32, path: &str) -> Diagnostic {
    let message = Bilingual::new(
        format!("“{path}”在表单的实例里找不到，写给它的规则不起作用。"),
        format!("“{path}” is no node of the form's instance: the rules for it hold nowhere."),
    );
    at_line(Diagnostic::warning("idle-bind", message), line)
        .at_cell("bind/@nodeset", path)
        .help(Bilingual::new("请改正路径，或删去这个 bind。", "Mend the path, or remove the bind."))
}

fn not_an_xform() -> Box<Diagnostic> {
    let message = Bilingual::new(
        "这个 XML 文件不是 XForm：缺少 model 或 body。",
        "This XML file is not an XForm: it lacks a model or a body.",
    );
    Box::new(Diagnostic::error("not-an-xform", message).at_sheet("xml"))
}

fn no_instance(line: u32) -> Box<Diagnostic> {
    let message = Bilingual::new("model 里没有 instance。", "The model has no instance.");
    Box::new(at_line(Diagnostic::error("no-instance", message), line).at_cell("model/instance", ""))
}

/// A name for something new, unlike all that `taken` knows.
fn free_name(wanted: &str, taken: impl Fn(&str) -> bool) -> String {
    let base = if is_name(wanted) { wanted } else { "list" };
    let numbered = (2_u32..).map(|n| format!("{base}_{n}"));
    std::iter::once(base.to_owned()).chain(numbered).find(|name| !taken(name)).unwrap_or_default()
}
