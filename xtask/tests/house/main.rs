//! Holds the crates to the house of `docs/ARCHITECTURE.md`: who knows whom, what a room must not know,
//! how large it may be, and that the files of a crate stand in no circle.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod circles;
mod rooms;
mod sources;

use std::collections::BTreeSet;
use std::path::Path;

/// The most lines of a crate, its tests left out.
const LARGEST_CRATE: usize = 8_000;
/// The most lines of a file, its tests left out.
const LARGEST_FILE: usize = 600;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

#[test]
fn every_crate_has_a_room_and_knows_what_its_row_says() {
    let rooms = rooms::of_the_document();
    let crates = rooms::of_the_workspace();
    let names = |set: &[rooms::Room]| -> BTreeSet<String> { set.iter().map(|r| r.name.clone()).collect() };
    assert_eq!(names(&rooms), names(&crates), "the table has a row for each crate of the workspace");
    for (told, found) in rooms.iter().zip(&crates) {
        assert_eq!(told.folder, found.folder, "the folder of {}", told.name);
        assert_eq!(told.knows, found.knows, "{} knows other crates than its row says", told.name);
    }
}

#[test]
fn what_a_room_must_not_know_is_nowhere_beneath_it() {
    for room in rooms::of_the_document() {
        let beneath = rooms::beneath(&room.name);
        let known: Vec<&String> = room.must_not_know.intersection(&beneath).collect();
        assert!(known.is_empty(), "{} must not know {known:?}: see `cargo tree -p {0} -e normal`", room.name);
    }
}

#[test]
fn nothing_is_larger_than_a_person_reads() {
    for room in rooms::of_the_document() {
        let files = sources::of(&root().join(&room.folder).join("src"));
        for file in &files {
            assert!(file.lines <= LARGEST_FILE, "{}: {} lines", file.path.display(), file.lines);
        }
        let lines: usize = files.iter().map(|file| file.lines).sum();
        assert!(lines <= LARGEST_CRATE, "{}: {lines} lines, {LARGEST_CRATE} are allowed", room.name);
    }
}

#[test]
fn the_files_of_a_crate_stand_in_no_circle_but_those_that_are_named() {
    let named: BTreeSet<String> = include_str!("circles.txt").lines().map(str::to_owned).collect();
    let mut found = BTreeSet::new();
    for room in rooms::of_the_document() {
        for circle in circles::among(&sources::of(&root().join(&room.folder).join("src"))) {
            let names = circle.iter().map(|path| path.strip_prefix(root()).unwrap().display().to_string());
            found.insert(names.collect::<Vec<_>>().join(" "));
        }
    }
    // One that has ended or become smaller leaves the list too, so that it does not come back.
    assert_eq!(found, named, "files that use each other, and those named in circles.txt");
}

#[test]
fn every_name_of_the_glossary_exists() {
    let glossary = std::fs::read_to_string(root().join("docs/GLOSSARY.md")).unwrap();
    let words: BTreeSet<String> = ["core", "bindings", "sync-server", "tests"]
        .iter()
        .flat_map(|folder| sources::under(&root().join(folder)))
        .flat_map(|file| sources::words(&file.text).map(str::to_owned).collect::<Vec<_>>())
        .collect();
    for line in glossary.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
        let Some(names) = cells.get(3) else { continue };
        for name in names.split('`').skip(1).step_by(2) {
            let all_there = sources::words(name).all(|word| words.contains(word));
            assert!(all_there, "the glossary names `{name}`, and the code has none");
        }
    }
}

#[test]
fn every_file_that_the_documents_name_exists() {
    for document in ["CONTRIBUTING.md", "README.md", "SECURITY.md", "docs/ARCHITECTURE.md"] {
        let text = std::fs::read_to_string(root().join(document)).unwrap();
        // What is not built is named at the end.
        let (text, _) = text.split_once("\n## Not here").unwrap_or((&text, ""));
        let quoted = text.split('`').skip(1).step_by(2);
        let is_pattern = |name: &str| name.contains(['*', '{', '<', '…', ' ']);
        for name in quoted.filter(|name| !is_pattern(name)) {
            let Some((folder, _)) = name.split_once('/') else { continue };
            if root().join(folder).is_dir() {
                assert!(root().join(name).exists(), "{document} names `{name}`");
            }
        }
    }
}

#[test]
fn every_test_that_the_page_of_tests_names_exists() {
    let text = std::fs::read_to_string(root().join("docs/testing.md")).unwrap();
    let (mut file, mut count) = (String::new(), 0);
    for name in text.split('`').skip(1).step_by(2) {
        if name.ends_with(".rs") {
            file =
                std::fs::read_to_string(root().join(name)).unwrap_or_else(|_| panic!("there is no {name}"));
        } else if !name.contains([' ', '/']) {
            assert!(file.contains(&format!("fn {name}(")), "the page of tests names `{name}`");
            count += 1;
        }
    }
    assert!(count > 40, "{count} tests are named");
}
