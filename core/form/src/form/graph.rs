//! What follows from what. Tasks stand in an order in which everything a task
//! looks at is done before it; a form for which there is none has a cycle.

use super::diagnostics::at_cell;
use super::rules::{Dependencies, Rules};
use super::schema::FormSchema;
use crate::definition::{Definition, Event};
use ruhu_text::{Bilingual, Diagnostic};
use ruhu_xpath::{NodeDefId, Reference, Schema};
use std::collections::{BTreeSet, HashMap};

/// Something to work out for the nodes of a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Task {
    /// How many instances a repeat has; done at the node that holds them.
    Count(NodeDefId),
    /// Whether the node applies.
    Relevance(NodeDefId),
    /// The calculated value.
    Value(NodeDefId),
}

impl Task {
    pub fn def(self) -> NodeDefId {
        match self {
            Task::Count(def) | Task::Relevance(def) | Task::Value(def) => def,
        }
    }
}

/// What to do when a node of some definition changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dependent {
    /// The rank of a task; none for the checks of a node, done at the end.
    pub(crate) rank: Option<u32>,
    /// The definition whose expression looks at it.
    pub def: NodeDefId,
    /// See [`Reference::anchor`].
    pub anchor: Option<NodeDefId>,
    /// See [`Reference::structure`].
    pub structure: bool,
    /// See [`Reference::presence`].
    pub presence: bool,
}

/// The dependency graph.
#[derive(Debug)]
pub(crate) struct Graph {
    /// The tasks in order; a task's rank is its index.
    order: Vec<Task>,
    ranks: Numbers,
    dependents: Vec<Vec<Dependent>>,
    /// The definitions whose rules have actions for a change of the source.
    triggered: HashMap<NodeDefId, Vec<NodeDefId>>,
    /// Repeats whose count depends on what stands in them: a count is worked
    /// out again until it holds.
    pub circular_counts: BTreeSet<NodeDefId>,
}

impl Graph {
    pub fn task(&self, rank: u32) -> Option<Task> {
        self.order.get(rank as usize).copied()
    }

    pub fn rank(&self, task: Task) -> Option<u32> {
        self.ranks.get(task)
    }

    pub fn dependents(&self, def: NodeDefId) -> &[Dependent] {
        self.dependents.get(def as usize).map_or(&[], Vec::as_slice)
    }

    /// The definitions where anything follows from what stands in `def` or below,
    /// directly or not.
    pub fn followers(&self, schema: &FormSchema, def: NodeDefId) -> BTreeSet<NodeDefId> {
        let mut found = BTreeSet::new();
        let mut open = schema.subtree(def);
        while let Some(def) = open.pop() {
            for dependent in self.dependents(def) {
                // What holds a definition decides whether it applies.
                let below = schema.subtree(dependent.def);
                open.extend(below.into_iter().filter(|def| found.insert(*def)));
            }
            open.extend(self.triggered(def).iter().copied().filter(|def| found.insert(*def)));
        }
        found
    }

    /// The definitions that have something to do when `source` changes.
    pub fn triggered(&self, source: NodeDefId) -> &[NodeDefId] {
        self.triggered.get(&source).map_or(&[], Vec::as_slice)
    }

    /// The graph, or none with faults when it has cycles.
    pub(super) fn of(
        schema: &FormSchema,
        rules: &[Rules],
        dependencies: &[Dependencies],
        definition: &Definition,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Graph> {
        let tasks = tasks(dependencies);
        let numbers = Numbers::of(tasks.iter().map(|(task, _)| *task), schema.len());
        let mut needs: Vec<Vec<u32>> =
            tasks.iter().map(|(_, found)| needed(schema, &numbers, found)).collect();
        let task_of = |number: u32| tasks.get(number as usize).map(|(task, _)| *task);
        let mut circular_counts = BTreeSet::new();
        let order: Vec<Task> = loop {
            let cycle = match sort(&needs) {
                Ok(order) => break order.into_iter().filter_map(task_of).collect(),
                Err(cycle) => cycle,
            };
            let count = cycle.iter().find_map(|number| match task_of(*number) {
                Some(Task::Count(def)) => Some((*number, def)),
                _ => None,
            });
            let Some((number, def)) = count else {
                let cycle: Vec<Task> = cycle.into_iter().filter_map(task_of).collect();
                diagnostics.push(cycle_diagnostic(schema, definition, &cycle));
                return None;
            };
            needs.iter_mut().for_each(|needed| needed.retain(|other| *other != number));
            circular_counts.insert(def);
        };
        let ranks = Numbers::of(order.iter().copied(), schema.len());
        let mut dependents = vec![Vec::new(); schema.len()];
        let mut add = |rank: Option<u32>, def: NodeDefId, found: &[Reference]| {
            for reference in found {
                if let Some(list) = dependents.get_mut(reference.def as usize) {
                    let Reference { anchor, structure, presence, .. } = *reference;
                    list.push(Dependent { rank, def, anchor, structure, presence });
                }
            }
        };
        for (task, found) in &tasks {
            add(ranks.get(*task), site(schema, *task), found);
        }
        for (def, dependencies) in (0..).zip(dependencies) {
            add(None, def, &dependencies.checks);
        }
        for list in &mut dependents {
            list.sort_unstable();
            list.dedup();
        }
        Some(Graph { order, ranks, dependents, triggered: triggered(rules), circular_counts })
    }
}

fn triggered(rules: &[Rules]) -> HashMap<NodeDefId, Vec<NodeDefId>> {
    let mut triggered: HashMap<NodeDefId, Vec<NodeDefId>> = HashMap::new();
    for (def, rules) in (0..).zip(rules) {
        let changes = rules.actions.iter().filter(|action| action.event == Event::ValueChanged);
        let sources: BTreeSet<NodeDefId> = changes.filter_map(|action| action.source).collect();
        for source in sources {
            triggered.entry(source).or_default().push(def);
        }
    }
    triggered
}

/// The definition whose nodes a task is done at.
fn site(schema: &FormSchema, task: Task) -> NodeDefId {
    match task {
        Task::Count(repeat) => schema.parent(repeat).unwrap_or(repeat),
        task => task.def(),
    }
}

/// Numbers of tasks, by definition.
#[derive(Debug)]
struct Numbers {
    counts: Vec<Option<u32>>,
    relevances: Vec<Option<u32>>,
    values: Vec<Option<u32>>,
}

impl Numbers {
    /// Numbers tasks in their order.
    fn of(tasks: impl Iterator<Item = Task>, defs: usize) -> Numbers {
        let none = || vec![None; defs];
        let mut numbers = Numbers { counts: none(), relevances: none(), values: none() };
        for (task, number) in tasks.zip(0..) {
            let column = match task {
                Task::Count(_) => &mut numbers.counts,
                Task::Relevance(_) => &mut numbers.relevances,
                Task::Value(_) => &mut numbers.values,
            };
            if let Some(slot) = column.get_mut(task.def() as usize) {
                *slot = Some(number);
            }
        }
        numbers
    }

    fn get(&self, task: Task) -> Option<u32> {
        let column = match task {
            Task::Count(_) => &self.counts,
            Task::Relevance(_) => &self.relevances,
            Task::Value(_) => &self.values,
        };
        column.get(task.def() as usize).copied().flatten()
    }
}

/// The tasks, and what each looks at.
fn tasks(dependencies: &[Dependencies]) -> Vec<(Task, &[Reference])> {
    fn column(
        dependencies: &[Dependencies],
        task: fn(NodeDefId) -> Task,
        found: fn(&Dependencies) -> Option<&Vec<Reference>>,
    ) -> impl Iterator<Item = (Task, &[Reference])> {
        (0..)
            .zip(dependencies)
            .filter_map(move |(def, dependencies)| Some((task(def), found(dependencies)?.as_slice())))
    }
    column(dependencies, Task::Count, |dependencies| dependencies.count.as_ref())
        .chain(column(dependencies, Task::Relevance, |dependencies| dependencies.relevance.as_ref()))
        .chain(column(dependencies, Task::Value, |dependencies| dependencies.value.as_ref()))
        .collect()
}

/// The numbers of the tasks that settle what is looked at: the value, whether
/// it and all that holds it apply, how many instances there are.
fn needed(schema: &FormSchema, numbers: &Numbers, found: &[Reference]) -> Vec<u32> {
    let mut needed = Vec::new();
    for reference in found {
        if !reference.structure {
            needed.extend(numbers.get(Task::Value(reference.def)));
        }
        for def in schema.lineage(reference.def) {
            needed.extend(numbers.get(Task::Count(def)));
            if !reference.structure {
                needed.extend(numbers.get(Task::Relevance(def)));
            }
        }
    }
    needed.sort_unstable();
    needed.dedup();
    needed
}

/// Orders the tasks, each after those that it needs, or finds a cycle.
fn sort(needs: &[Vec<u32>]) -> Result<Vec<u32>, Vec<u32>> {
    let mut open: Vec<usize> = needs.iter().map(Vec::len).collect();
    let mut needed_by: Vec<Vec<u32>> = vec![Vec::new(); needs.len()];
    for (task, needed) in (0..).zip(needs) {
        for other in needed {
            if let Some(list) = needed_by.get_mut(*other as usize) {
                list.push(task);
            }
        }
    }
    let mut ready: Vec<u32> =
        (0..).zip(&open).filter(|(_, count)| **count == 0).map(|(task, _)| task).collect();
    ready.reverse();
    let mut order = Vec::with_capacity(needs.len());
    while let Some(task) = ready.pop() {
        order.push(task);
        for next in needed_by.get(task as usize).map_or(&[][..], Vec::as_slice) {
            if let Some(count) = open.get_mut(*next as usize) {
                *count -= 1;
                if *count == 0 {
                    ready.push(*next);
                }
            }
        }
    }
    match (0..).zip(&open).find(|(_, count)| **count > 0) {
        None => Ok(order),
        Some((first, _)) => Err(cycle(needs, &open, first)),
    }
}

/// Follows needs among the tasks left over until one comes again.
fn cycle(needs: &[Vec<u32>], open: &[usize], first: u32) -> Vec<u32> {
    let left = |task: &&u32| open.get(**task as usize).is_some_and(|count| *count > 0);
    let mut path = vec![first];
    loop {
        let last = path.last().copied().unwrap_or(first);
        let next = needs.get(last as usize).and_then(|needed| needed.iter().find(left).copied());
        let Some(next) = next else { return path };
        if let Some(begin) = path.iter().position(|task| *task == next) {
            return path.split_off(begin);
        }
        path.push(next);
    }
}

fn cycle_diagnostic(schema: &FormSchema, definition: &Definition, cycle: &[Task]) -> Diagnostic {
    let mut names: Vec<&str> = cycle.iter().map(|task| schema.name(task.def())).collect();
    names.extend(names.first().copied());
    let chain = names.join(" → ");
    let message = Bilingual::new(
        format!("算式互相依赖，绕成了圈：{chain}。"),
        format!("Expressions depend on each other in a circle: {chain}."),
    );
    let diagnostic = Diagnostic::error("cycle", message)
        .help(Bilingual::new("请让其中一个不再引用下一个。", "Let one of them no longer refer to the next."));
    let Some(task) = cycle.first() else { return diagnostic };
    let row = (task.def() as usize).checked_sub(1).and_then(|row| definition.rows.get(row));
    let Some(row) = row else { return diagnostic };
    let cell = match task {
        Task::Count(_) => &row.repeat_count,
        Task::Relevance(_) => &row.relevant,
        Task::Value(_) => &row.calculation,
    };
    match cell {
        Some(cell) => at_cell(diagnostic, row, cell),
        None => diagnostic.at_sheet("survey").at_row(row.line),
    }
}
