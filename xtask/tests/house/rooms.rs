//! The rooms as the document tells them, and as they are.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use super::root;

/// A crate.
#[derive(Debug, PartialEq, Eq)]
pub struct Room {
    pub name: String,
    pub folder: String,
    /// Crates of the workspace that it links.
    pub knows: BTreeSet<String>,
    /// Crates that it must not link, not even by way of another.
    pub must_not_know: BTreeSet<String>,
}

/// The rows of the table, by name: `| crate | folder | what it is | knows | must not know |`.
pub fn of_the_document() -> Vec<Room> {
    let text = std::fs::read_to_string(root().join("docs/ARCHITECTURE.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    let mut rooms: Vec<Room> = rows.filter_map(row).collect();
    rooms.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(rooms.len() > 5, "the table of rooms is not found");
    rooms
}

fn row(line: &str) -> Option<Room> {
    let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
    let [name, folder, _, knows, must_not_know] = cells[..] else { return None };
    let names = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<BTreeSet<_>>();
    let only = |cell: &str| names(cell).into_iter().next();
    let knows = names(knows).iter().map(|short| format!("ruhu-{short}")).collect();
    Some(Room { name: only(name)?, folder: only(folder)?, knows, must_not_know: names(must_not_know) })
}

/// The crates of the workspace, by name.
pub fn of_the_workspace() -> Vec<Room> {
    let metadata = cargo(&["metadata", "--no-deps", "--format-version", "1"]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let names: BTreeSet<&str> = packages.iter().map(|package| package["name"].as_str().unwrap()).collect();
    let mut rooms: Vec<Room> = packages
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap().iter();
            let normal = dependencies.filter(|one| one["kind"].is_null());
            let linked = normal.map(|one| one["name"].as_str().unwrap()).filter(|name| names.contains(name));
            let manifest = std::path::Path::new(package["manifest_path"].as_str().unwrap());
            let folder = manifest.parent().unwrap().strip_prefix(root()).unwrap();
            Room {
                name: package["name"].as_str().unwrap().to_owned(),
                folder: folder.display().to_string(),
                knows: linked.map(str::to_owned).collect(),
                must_not_know: BTreeSet::new(),
            }
        })
        .collect();
    rooms.sort_by(|a, b| a.name.cmp(&b.name));
    rooms
}

/// Every crate that is linked into this one, with its default features.
pub fn beneath(name: &str) -> BTreeSet<String> {
    let tree =
        cargo(&["tree", "--package", name, "--edges", "normal", "--prefix", "none", "--format", "{p}"]);
    let names = tree.lines().filter_map(|line| line.split(' ').next());
    names.map(str::to_owned).filter(|other| other != name).collect()
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).current_dir(root()).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
