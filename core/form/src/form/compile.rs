//! Compiling a definition: all its expressions, and all that is wrong with them.

use super::diagnostics::{
    at_cell, bad_pattern, choice_name_diagnostic, reference_diagnostic, syntax_diagnostic,
    too_many_references,
};
use super::filter::Filter;
use super::graph::Graph;
use super::index::{Indexes, VALUE};
use super::program::Program;
use super::rules::{ActionValue, CompiledAction, Dependencies, InitialValue, Items, Rules, Seed};
use super::schema::FormSchema;
use crate::choices::Choice;
use crate::definition::{Action, DefaultValue, Definition, Instance, Itemset, Row, Source};
use crate::labels::Labels;
use crate::template::Template;
use ruhu_text::{Bilingual, Diagnostic, Severity};
use ruhu_xpath::{Expr, Node, NodeDefId, ROOT, ROOT_DEF, Reference, Regex, Schema, Tree};
use std::collections::HashMap;

/// The most definitions that all expressions together may pass.
const MAX_REFERENCES: usize = 1_000_000;

/// What an expression is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Count,
    Relevance,
    Value,
    Check,
    /// Worked out when something happens, not when what it looks at changes.
    Event,
}

/// Where an expression stands.
#[derive(Debug, Clone, Copy)]
struct Site {
    def: NodeDefId,
    /// Its context node is a choice of a list.
    inside: bool,
    role: Role,
}

/// Compiles a definition whose rows hang together. All faults come at once;
/// the program only without errors.
pub(super) fn compile(definition: &Definition, diagnostics: &mut Vec<Diagnostic>) -> Option<Program> {
    let schema = FormSchema::of(definition);
    let names = definition.lists.iter().map(|list| &list.name);
    let mut list_numbers: HashMap<String, u16> = HashMap::new();
    for (name, n) in names.chain(definition.instances.iter().map(|instance| &instance.id)).zip(1_u16..) {
        list_numbers.entry(name.clone()).or_insert(n);
    }
    let mut compiler = Compiler {
        schema: &schema,
        lists: &list_numbers,
        diagnostics,
        patterns: HashMap::new(),
        indexes: Indexes::default(),
        references: 0,
        dependencies: Dependencies::default(),
    };
    let mut rules = vec![Rules::default()];
    let mut dependencies = vec![Dependencies::default()];
    for (row, def) in definition.rows.iter().zip(1..) {
        rules.push(compiler.row(row, def));
        dependencies.push(std::mem::take(&mut compiler.dependencies));
    }
    let Compiler { patterns, mut indexes, references, .. } = compiler;
    if references > MAX_REFERENCES {
        diagnostics.push(too_many_references(MAX_REFERENCES));
        return None;
    }
    let graph = Graph::of(&schema, &rules, &dependencies, definition, diagnostics);
    for (def, rules) in (0..).zip(&mut rules) {
        rules.compile_paths(&schema, def);
    }
    if diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        return None;
    }
    let lists = definition.lists.iter().map(|list| list_tree(&list.choices));
    let lists: Vec<Tree> = lists.chain(definition.instances.iter().map(instance_tree)).collect();
    let by_value = (1..).zip(&lists).map(|(number, _)| indexes.column(number, VALUE)).collect();
    Some(Program { schema, rules, graph: graph?, lists, list_numbers, indexes, by_value, patterns })
}

fn list_tree(choices: &[Choice]) -> Tree {
    let mut tree = Tree::new();
    let root = tree.append(ROOT, Node::element("root".into()));
    for choice in choices {
        let item = tree.append(root, Node::element("item".into()));
        let label = choice.labels.first().map_or("", |(_, text)| text.as_str());
        let own = [(VALUE, choice.value.as_str()), ("label", label)];
        let columns = choice.columns.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, text) in own.into_iter().chain(columns) {
            tree.append(item, Node { text: text.to_owned(), ..Node::element(name.into()) });
        }
    }
    tree
}

fn instance_tree(instance: &Instance) -> Tree {
    let mut tree = Tree::new();
    let mut ids = Vec::with_capacity(instance.elements.len());
    for element in &instance.elements {
        let above = element.parent.and_then(|parent| ids.get(parent as usize).copied());
        let attributes =
            element.attributes.iter().map(|(name, value)| (name.as_str().into(), value.clone())).collect();
        let node =
            Node { text: element.text.clone(), attributes, ..Node::element(element.name.as_str().into()) };
        ids.push(tree.append(above.unwrap_or(ROOT), node));
    }
    tree
}

struct Compiler<'a> {
    schema: &'a FormSchema,
    /// The numbers of the lists by their names.
    lists: &'a HashMap<String, u16>,
    diagnostics: &'a mut Vec<Diagnostic>,
    patterns: HashMap<String, Regex>,
    indexes: Indexes,
    /// How many definitions were passed so far.
    references: usize,
    /// Of the row at hand.
    dependencies: Dependencies,
}

impl Compiler<'_> {
    fn row(&mut self, row: &Row, def: NodeDefId) -> Rules {
        let kind = row.kind;
        let parent = self.schema.parent(def).unwrap_or(ROOT_DEF);
        let mut cell = |cell: &Option<Source>, role: Role| {
            let def = if role == Role::Count { parent } else { def };
            cell.as_ref().and_then(|cell| self.expression(row, cell, Site { def, inside: false, role }))
        };
        let relevant = cell(&row.relevant, Role::Relevance);
        let required = cell(&row.required, Role::Check);
        let read_only = cell(&row.read_only, Role::Check);
        let constraint = cell(&row.constraint, Role::Check);
        let calculation = cell(&row.calculation, Role::Value);
        let repeat_count = cell(&row.repeat_count, Role::Count);
        let filter = Site { def, inside: true, role: Role::Check };
        let choice_filter = row.choice_filter.as_ref().and_then(|cell| self.expression(row, cell, filter));
        let list = row.list.as_ref().and_then(|list| self.lists.get(list).copied());
        let choice_filter = choice_filter
            .filter(|_| row.itemset.is_none())
            .map(|expr| Filter::of(expr, list, &mut self.indexes));
        let itemset = row.itemset.as_ref().and_then(|itemset| self.itemset(row, itemset, def));
        let rules = Rules {
            kind: Some(kind),
            relevant,
            required,
            read_only,
            constraint,
            calculation,
            choice_filter,
            itemset,
            randomize: self.randomize(row, def),
            actions: row.actions.iter().filter_map(|action| self.action(row, action, def)).collect(),
            repeat_count,
            default: self.default(row, def),
            list,
            labels: self.templates(row, "label", &row.labels, def),
            hints: self.templates(row, "hint", &row.hints, def),
            constraint_messages: self.templates(row, "constraint_message", &row.constraint_messages, def),
            required_messages: self.templates(row, "required_message", &row.required_messages, def),
            live: false,
        };
        let mut texts = rules.labels.iter().chain(&rules.hints);
        Rules { live: texts.any(|(_, text)| text.values().next().is_some()), ..rules }
    }

    fn expression(&mut self, row: &Row, cell: &Source, site: Site) -> Option<Expr> {
        // Spreadsheets write truth in many ways; XPath knows one.
        let written = |words: [&str; 3]| words.iter().any(|word| cell.text.trim().eq_ignore_ascii_case(word));
        let text = if written(["yes", "true", "true()"]) {
            "true()"
        } else if written(["no", "false", "false()"]) {
            "false()"
        } else {
            &cell.text
        };
        let expr = match ruhu_xpath::parse(text) {
            Ok(expr) => expr,
            Err(error) => {
                self.diagnostics.push(syntax_diagnostic(row, cell, &error));
                return None;
            }
        };
        match ruhu_xpath::resolve(expr, self.schema, site.def, site.inside) {
            Ok(expr) => {
                self.check_refs(row, cell, &expr, site);
                Some(expr)
            }
            Err(error) => {
                self.diagnostics.push(reference_diagnostic(row, cell, &error));
                None
            }
        }
    }

    /// Patterns that cannot be read, and paths that lead nowhere.
    fn check_refs(&mut self, row: &Row, cell: &Source, expr: &Expr, site: Site) {
        for pattern in ruhu_xpath::literal_patterns(expr) {
            match ruhu_xpath::compile_pattern(pattern) {
                Some(compiled) => {
                    self.patterns.insert(pattern.to_owned(), compiled);
                }
                None => self.diagnostics.push(bad_pattern(row, cell, pattern)),
            }
        }
        if self.references > MAX_REFERENCES {
            return;
        }
        let references = ruhu_xpath::references(expr, self.schema, site.def, site.inside);
        self.references += references.work;
        self.note(references.found, site.role);
        for path in references.dangling {
            let message = Bilingual::new(
                format!("路径“{path}”在表单里找不到，结果总是空的。"),
                format!("The path “{path}” leads nowhere in this form; it is always blank."),
            );
            self.diagnostics.push(at_cell(Diagnostic::warning("dangling-path", message), row, cell));
        }
    }

    fn note(&mut self, found: Vec<Reference>, role: Role) {
        match role {
            Role::Count => self.dependencies.count = Some(found),
            Role::Relevance => self.dependencies.relevance = Some(found),
            Role::Value => self.dependencies.value = Some(found),
            Role::Check => self.dependencies.checks.extend(found),
            Role::Event => {}
        }
    }

    /// The nodes and the filter as one expression.
    fn itemset(&mut self, row: &Row, itemset: &Itemset, def: NodeDefId) -> Option<Items> {
        let nodes = match ruhu_xpath::parse(&itemset.nodes.text) {
            Ok(nodes) => nodes,
            Err(error) => {
                self.diagnostics.push(syntax_diagnostic(row, &itemset.nodes, &error));
                return None;
            }
        };
        let filter = row.choice_filter.as_ref().and_then(|cell| ruhu_xpath::parse(&cell.text).ok());
        let nodes = match filter {
            Some(filter) => nodes.narrowed(filter),
            None => nodes,
        };
        match ruhu_xpath::resolve(nodes, self.schema, def, false) {
            // The names of choices are looked up among the choices: without an end.
            Ok(nodes) if nodes.calls("jr:choice-name") => {
                self.diagnostics.push(choice_name_diagnostic(row, &itemset.nodes));
                None
            }
            Ok(nodes) => {
                self.check_refs(row, &itemset.nodes, &nodes, Site { def, inside: false, role: Role::Check });
                for child in [&itemset.value, &itemset.label].into_iter().filter(|child| *child != ".") {
                    let shown = nodes.clone().child(child);
                    let found = ruhu_xpath::references(&shown, self.schema, def, false).found;
                    self.note(found, Role::Check);
                }
                Some(Items { nodes, value: itemset.value.clone(), label: itemset.label.clone() })
            }
            Err(error) => {
                // A fault of the filter has been told already.
                if row.choice_filter.is_none() {
                    self.diagnostics.push(reference_diagnostic(row, &itemset.nodes, &error));
                }
                None
            }
        }
    }

    fn randomize(&mut self, row: &Row, def: NodeDefId) -> Option<Seed> {
        let wanted = row.parameters.get("randomize").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let seed = wanted.then(|| row.parameters.get("seed"))?;
        let Some(seed) = seed else { return Some(Seed::Session) };
        let cell = Source { text: seed.to_owned(), column: "parameters".into() };
        self.expression(row, &cell, Site { def, inside: false, role: Role::Event }).map(Seed::Given)
    }

    fn action(&mut self, row: &Row, action: &Action, def: NodeDefId) -> Option<CompiledAction> {
        let source = match &action.source {
            Some(cell) => Some(self.source(row, cell, def)?),
            None => None,
        };
        let value = match &action.value {
            Some(cell) if action.literal => ActionValue::Text(cell.text.clone()),
            Some(cell) => ActionValue::Expr(self.expression(
                row,
                cell,
                Site { def, inside: false, role: Role::Event },
            )?),
            None => ActionValue::Text(String::new()),
        };
        Some(CompiledAction { event: action.event, source, kind: action.kind, value })
    }

    /// The one question that a cell names.
    fn source(&mut self, row: &Row, cell: &Source, def: NodeDefId) -> Option<NodeDefId> {
        let expr = self.expression(row, cell, Site { def, inside: false, role: Role::Event })?;
        match ruhu_xpath::references(&expr, self.schema, def, false).found.as_slice() {
            [only] => Some(only.def),
            _ => {
                let message = Bilingual::new(
                    format!("“{}”不是一道题目。", cell.text),
                    format!("“{}” is not a question.", cell.text),
                );
                self.diagnostics.push(at_cell(Diagnostic::error("bad-trigger", message), row, cell).help(
                    Bilingual::new(
                        "请写 ${题目名}，几道题用逗号隔开。",
                        "Write ${question}; several are separated by commas.",
                    ),
                ));
                None
            }
        }
    }

    fn default(&mut self, row: &Row, def: NodeDefId) -> Option<InitialValue> {
        match row.default_value()? {
            DefaultValue::Text(text) => Some(InitialValue::Static(text.to_owned())),
            DefaultValue::Expression(cell) => {
                let site = Site { def, inside: false, role: Role::Event };
                self.expression(row, cell, site).map(InitialValue::Dynamic)
            }
        }
    }

    fn templates(
        &mut self,
        row: &Row,
        column: &str,
        labels: &Labels,
        def: NodeDefId,
    ) -> Vec<(String, Template)> {
        let mut templates = Vec::with_capacity(labels.len());
        for (language, text) in labels {
            let heading =
                if language.is_empty() { column.to_owned() } else { format!("{column}::{language}") };
            let cell = Source { text: text.clone(), column: heading };
            let template = Template::read(text, |reference| {
                let part = Source { text: reference.to_owned(), column: cell.column.clone() };
                self.expression(row, &part, Site { def, inside: false, role: Role::Check })
            });
            templates.push((language.clone(), template));
        }
        templates
    }
}
