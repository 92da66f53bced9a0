//! Files of a crate that use each other.
//!
//! A file uses another when one of its paths (`crate::a::b::Item`, `super::Item`) ends in what that
//! other file defines; names that a module hands on (`pub use`) are followed to where they are defined.
//! A module that only gathers its children is no circle with them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::sources::File;

type Module = Vec<String>;

/// The circles of two and more files.
pub fn among(files: &[File]) -> Vec<BTreeSet<PathBuf>> {
    let modules: BTreeMap<Module, &File> = files.iter().map(|file| (module(file, files), file)).collect();
    let handed_on: BTreeMap<&Module, BTreeMap<String, Module>> =
        modules.iter().map(|(module, file)| (module, names_handed_on(module, file))).collect();
    let mut uses: BTreeMap<&Module, BTreeSet<Module>> = BTreeMap::new();
    for (module, file) in &modules {
        for path in paths(module, &file.text) {
            let target = defining(&path, &modules, &handed_on, 0);
            if &target != module && !target.is_empty() {
                uses.entry(module).or_default().insert(target);
            }
        }
    }
    circles(&uses).iter().map(|circle| circle.iter().map(|m| modules[m].path.clone()).collect()).collect()
}

/// The module of a file: its path below the crate's root.
fn module(file: &File, files: &[File]) -> Module {
    let root = files.iter().map(|file| file.path.parent().unwrap()).min_by_key(|p| p.iter().count()).unwrap();
    let inside = file.path.strip_prefix(root).unwrap().with_extension("");
    let mut parts: Module = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
        parts.pop();
    }
    parts
}

/// What `pub use` and its kin hand on, with where it leads.
fn names_handed_on(module: &Module, file: &File) -> BTreeMap<String, Module> {
    let statements = file.text.split(';').filter(|statement| {
        let line = statement.lines().rfind(|line| line.contains("use ")).unwrap_or_default();
        line.trim_start().starts_with("pub")
    });
    let all = statements.flat_map(|statement| paths(module, &format!("{statement};")));
    all.filter_map(|path| Some((path.last()?.clone(), path))).collect()
}

/// Every path of a text that begins at the crate's root, at this module or above it.
fn paths(module: &Module, text: &str) -> Vec<Module> {
    let mut found = Vec::new();
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    for (at, _) in code.match_indices("::") {
        let head = code[..at].rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        let before = &code[..at - head.len()];
        if before.ends_with("::") {
            continue;
        }
        let base = match head {
            "crate" => Vec::new(),
            "self" => module.clone(),
            "super" => module[..module.len().saturating_sub(1)].to_vec(),
            // A child by its bare name: `mod child; pub use child::Item;`
            child => module.iter().cloned().chain([child.to_owned()]).collect(),
        };
        let local = !["crate", "self", "super"].contains(&head);
        if !local || before.trim_end().ends_with("use") {
            expand(base, &code[at + 2..], &mut found);
        }
    }
    found
}

/// Reads the rest of a path, with groups in braces.
fn expand(base: Module, rest: &str, found: &mut Vec<Module>) {
    let rest = rest.trim_start();
    if let Some(group) = rest.strip_prefix('{') {
        return each(group).into_iter().for_each(|part| expand(base.clone(), part, found));
    }
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    let (name, rest) = rest.split_at(end);
    let mut path = base;
    match name {
        "super" => drop(path.pop()),
        "self" | "" => {}
        name => path.push(name.to_owned()),
    }
    match rest.strip_prefix("::") {
        Some(rest) => expand(path, rest, found),
        None => found.push(path),
    }
}

/// The parts of a group, up to its closing brace.
fn each(group: &str) -> Vec<&str> {
    let (mut depth, mut begin, mut parts) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                parts.push(&group[begin..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&group[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    parts.into_iter().filter(|part| !part.trim().is_empty()).collect()
}

/// The file in which what a path names is defined.
fn defining(
    path: &Module,
    modules: &BTreeMap<Module, &File>,
    handed_on: &BTreeMap<&Module, BTreeMap<String, Module>>,
    depth: u32,
) -> Module {
    let deepest = (0..=path.len()).rev().map(|length| &path[..length]);
    let holder = deepest.clone().find(|part| modules.contains_key(*part)).unwrap_or_default().to_vec();
    let name = path.get(holder.len());
    let further = name.and_then(|name| handed_on.get(&holder)?.get(name));
    match further {
        Some(further) if depth < 8 && further != path => defining(further, modules, handed_on, depth + 1),
        _ => holder,
    }
}

/// The strongly connected parts of more than one module.
fn circles(uses: &BTreeMap<&Module, BTreeSet<Module>>) -> Vec<BTreeSet<Module>> {
    let reach = |from: &Module| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from.clone()]);
        while let Some(module) = next.pop() {
            for target in uses.get(&module).into_iter().flatten() {
                if seen.insert(target.clone()) {
                    next.push(target.clone());
                }
            }
        }
        seen
    };
    let reached: BTreeMap<&Module, BTreeSet<Module>> =
        uses.keys().map(|module| (*module, reach(module))).collect();
    let mut circles: Vec<BTreeSet<Module>> = Vec::new();
    for (module, beyond) in &reached {
        let back = |other: &&Module| reached.get(*other).is_some_and(|beyond| beyond.contains(*module));
        let circle: BTreeSet<Module> = beyond.iter().filter(back).cloned().collect();
        if circle.len() > 1 && !circles.contains(&circle) {
            circles.push(circle);
        }
    }
    circles
}
