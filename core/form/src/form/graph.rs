//! What follows from what. Tasks stand in an order in which everything a task
//! looks at is done before it; a form for which there is none has a cycle.

use super::definition::{Definition, Event};
use super::program::{Looks, Rules, at_cell};
use super::shape::{PlaceId, Shape};
use crate::fault::Fault;
use crate::lang::Text2;
use crate::xpath::Reference;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Something to work out for the nodes of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Task {
    /// How many instances a repeat has; done at the node that holds them.
    Count(PlaceId),
    /// Whether the node applies.
    Relevance(PlaceId),
    /// The calculated value.
    Value(PlaceId),
}

impl Task {
    pub fn place(self) -> PlaceId {
        match self {
            Task::Count(place) | Task::Relevance(place) | Task::Value(place) => place,
        }
    }
}

/// What to do when a place changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Dependent {
    /// The rank of a task; none for the checks of a place, done at the end.
    pub rank: Option<u32>,
    pub place: PlaceId,
    /// See [`Reference::anchor`].
    pub anchor: Option<PlaceId>,
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
    ranks: BTreeMap<Task, u32>,
    dependents: Vec<Vec<Dependent>>,
    /// The places whose rules have actions for a change of the source.
    triggered: HashMap<PlaceId, Vec<PlaceId>>,
    /// Repeats whose count depends on what stands in them: a count is worked
    /// out again until it holds.
    pub circular_counts: BTreeSet<PlaceId>,
}

impl Graph {
    pub fn task(&self, rank: u32) -> Option<Task> {
        self.order.get(rank as usize).copied()
    }

    pub fn rank(&self, task: Task) -> Option<u32> {
        self.ranks.get(&task).copied()
    }

    pub fn dependents(&self, place: PlaceId) -> &[Dependent] {
        self.dependents.get(place as usize).map_or(&[], Vec::as_slice)
    }

    /// The places where anything follows from what stands in `place` or below,
    /// directly or not.
    #[cfg(feature = "conformance")]
    pub fn followers(&self, shape: &Shape, place: PlaceId) -> BTreeSet<PlaceId> {
        let mut found = BTreeSet::new();
        let mut open = shape.subtree(place);
        while let Some(place) = open.pop() {
            for dependent in self.dependents(place) {
                // What holds a place decides whether it applies.
                let below = shape.subtree(dependent.place);
                open.extend(below.into_iter().filter(|place| found.insert(*place)));
            }
            open.extend(self.triggered(place).iter().copied().filter(|place| found.insert(*place)));
        }
        found
    }

    /// The places that have something to do when `source` changes.
    pub fn triggered(&self, source: PlaceId) -> &[PlaceId] {
        self.triggered.get(&source).map_or(&[], Vec::as_slice)
    }

    /// The graph, or none with faults when it has cycles.
    pub(super) fn of(
        shape: &Shape,
        rules: &[Rules],
        looks: &[Looks],
        definition: &Definition,
        faults: &mut Vec<Fault>,
    ) -> Option<Graph> {
        let tasks = tasks(looks);
        let mut needs: BTreeMap<Task, BTreeSet<Task>> =
            tasks.iter().map(|(task, found)| (*task, needed(shape, &tasks, found))).collect();
        let mut circular_counts = BTreeSet::new();
        let order = loop {
            match sort(&needs) {
                Ok(order) => break order,
                Err(cycle) => match cycle.iter().find(|task| matches!(task, Task::Count(_))) {
                    Some(count) => {
                        needs.values_mut().for_each(|needed| {
                            needed.remove(count);
                        });
                        circular_counts.insert(count.place());
                    }
                    None => {
                        faults.push(cycle_fault(shape, definition, &cycle));
                        return None;
                    }
                },
            }
        };
        let ranks: BTreeMap<Task, u32> = order.iter().copied().zip(0..).collect();
        let mut dependents = vec![BTreeSet::new(); shape.len()];
        let mut add = |rank: Option<u32>, place: PlaceId, found: &[Reference]| {
            for reference in found {
                if let Some(list) = dependents.get_mut(reference.place as usize) {
                    let Reference { anchor, structure, presence, .. } = *reference;
                    list.insert(Dependent { rank, place, anchor, structure, presence });
                }
            }
        };
        for (task, found) in &tasks {
            add(ranks.get(task).copied(), site(shape, *task), found);
        }
        for (place, looks) in (0..).zip(looks) {
            add(None, place, &looks.checks);
        }
        let dependents = dependents.into_iter().map(|set| set.into_iter().collect()).collect();
        Some(Graph { order, ranks, dependents, triggered: triggered(rules), circular_counts })
    }
}

fn triggered(rules: &[Rules]) -> HashMap<PlaceId, Vec<PlaceId>> {
    let mut triggered: HashMap<PlaceId, Vec<PlaceId>> = HashMap::new();
    for (place, rules) in (0..).zip(rules) {
        let changes = rules.actions.iter().filter(|effect| effect.event == Event::ValueChanged);
        let sources: BTreeSet<PlaceId> = changes.filter_map(|effect| effect.source).collect();
        for source in sources {
            triggered.entry(source).or_default().push(place);
        }
    }
    triggered
}

/// The place whose nodes a task is done at.
fn site(shape: &Shape, task: Task) -> PlaceId {
    match task {
        Task::Count(repeat) => shape.parent(repeat).unwrap_or(repeat),
        task => task.place(),
    }
}

fn tasks(looks: &[Looks]) -> BTreeMap<Task, &[Reference]> {
    let mut tasks = BTreeMap::new();
    for (place, looks) in (0..).zip(looks) {
        let own = [
            (Task::Count(place), &looks.count),
            (Task::Relevance(place), &looks.relevance),
            (Task::Value(place), &looks.value),
        ];
        tasks.extend(own.into_iter().filter_map(|(task, found)| Some((task, found.as_deref()?))));
    }
    tasks
}

/// The tasks that settle what is looked at: the value, whether it and all
/// that holds it apply, how many instances there are.
fn needed(shape: &Shape, tasks: &BTreeMap<Task, &[Reference]>, found: &[Reference]) -> BTreeSet<Task> {
    let mut needed = BTreeSet::new();
    for reference in found {
        if !reference.structure {
            needed.insert(Task::Value(reference.place));
        }
        for place in shape.lineage(reference.place) {
            needed.insert(Task::Count(place));
            if !reference.structure {
                needed.insert(Task::Relevance(place));
            }
        }
    }
    needed.retain(|task| tasks.contains_key(task));
    needed
}

/// Orders the tasks, or finds a cycle.
fn sort(needs: &BTreeMap<Task, BTreeSet<Task>>) -> Result<Vec<Task>, Vec<Task>> {
    let mut open: BTreeMap<Task, usize> = needs.iter().map(|(task, needed)| (*task, needed.len())).collect();
    let mut needed_by: BTreeMap<Task, Vec<Task>> = BTreeMap::new();
    for (task, needed) in needs {
        for other in needed {
            needed_by.entry(*other).or_default().push(*task);
        }
    }
    let mut ready: Vec<Task> = open.iter().filter(|(_, count)| **count == 0).map(|(task, _)| *task).collect();
    ready.reverse();
    let mut order = Vec::with_capacity(needs.len());
    while let Some(task) = ready.pop() {
        open.remove(&task);
        order.push(task);
        for next in needed_by.get(&task).map_or(&[][..], Vec::as_slice) {
            if let Some(count) = open.get_mut(next) {
                *count -= 1;
                if *count == 0 {
                    ready.push(*next);
                }
            }
        }
    }
    match open.keys().next() {
        None => Ok(order),
        Some(first) => Err(cycle(needs, &open, *first)),
    }
}

/// Follows needs among the tasks left over until one comes again.
fn cycle(needs: &BTreeMap<Task, BTreeSet<Task>>, left: &BTreeMap<Task, usize>, first: Task) -> Vec<Task> {
    let mut path = vec![first];
    loop {
        let last = path.last().copied().unwrap_or(first);
        let next =
            needs.get(&last).and_then(|needed| needed.iter().find(|task| left.contains_key(task)).copied());
        let Some(next) = next else { return path };
        if let Some(begin) = path.iter().position(|task| *task == next) {
            return path.split_off(begin);
        }
        path.push(next);
    }
}

fn cycle_fault(shape: &Shape, definition: &Definition, cycle: &[Task]) -> Fault {
    let mut names: Vec<&str> = cycle.iter().map(|task| shape.name(task.place())).collect();
    names.extend(names.first().copied());
    let chain = names.join(" → ");
    let message = Text2::new(
        format!("算式互相依赖，绕成了圈：{chain}。"),
        format!("Expressions depend on each other in a circle: {chain}."),
    );
    let fault = Fault::error("cycle", message)
        .hint(Text2::new("请让其中一个不再引用下一个。", "Let one of them no longer refer to the next."));
    let Some(task) = cycle.first() else { return fault };
    let row = (task.place() as usize).checked_sub(1).and_then(|row| definition.rows.get(row));
    let Some(row) = row else { return fault };
    let cell = match task {
        Task::Count(_) => &row.repeat_count,
        Task::Relevance(_) => &row.relevant,
        Task::Value(_) => &row.calculation,
    };
    match cell {
        Some(cell) => at_cell(fault, row, cell),
        None => fault.at_sheet("survey").at_row(row.line),
    }
}
