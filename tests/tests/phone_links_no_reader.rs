//! A phone is given forms as bytes: what reads workbooks, XML and foreign encodings is not in it.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// The names of all packages that a package is built with for any target, tests and build scripts left out.
fn linked(metadata: &Value, root: &str) -> BTreeSet<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let packages = metadata["packages"].as_array().unwrap();
    let names: BTreeMap<String, String> =
        packages.iter().map(|package| (text(&package["id"]), text(&package["name"]))).collect();
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    let nodes: BTreeMap<String, &Value> = nodes.iter().map(|node| (text(&node["id"]), node)).collect();
    let mut found = BTreeSet::new();
    let mut open: Vec<String> =
        names.iter().filter(|(_, name)| *name == root).map(|(id, _)| id.clone()).collect();
    assert_eq!(open.len(), 1, "one package is called {root}");
    while let Some(id) = open.pop() {
        for dependency in nodes[&id]["deps"].as_array().unwrap() {
            let kinds = dependency["dep_kinds"].as_array().unwrap();
            let package = text(&dependency["pkg"]);
            if kinds.iter().any(|kind| kind["kind"].is_null()) && found.insert(names[&package].clone()) {
                open.push(package);
            }
        }
    }
    found
}

#[test]
fn neither_the_phone_nor_a_page_links_what_reads_files_of_forms() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let readers = ["ruhu-formats", "zip", "quick-xml", "csv", "cfb", "encoding_rs", "calamine"];
    for host in ["ruhu-form", "ruhu-device", "ruhu-mobile"] {
        let linked = linked(&metadata, host);
        assert!(linked.contains("ruhu-xpath"), "{host}: {linked:?}");
        let stray: Vec<_> = readers.iter().filter(|reader| linked.contains(**reader)).collect();
        assert!(stray.is_empty(), "{host} links {stray:?}");
    }
    // The same search finds them where they are.
    let server = linked(&metadata, "ruhu-server");
    assert!(readers.iter().take(6).all(|reader| server.contains(*reader)), "{server:?}");
}
