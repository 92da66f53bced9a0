//! The files of a crate, without their tests.

use std::path::{Path, PathBuf};

/// A file of Rust.
pub struct File {
    pub path: PathBuf,
    /// What stands before its unit tests.
    pub text: String,
    pub lines: usize,
}

/// The files below a folder that are no tests.
pub fn of(folder: &Path) -> Vec<File> {
    let is_test = |path: &Path| {
        let inside = path.strip_prefix(folder).unwrap();
        inside.iter().any(|part| {
            let part = part.to_string_lossy();
            part == "tests" || part == "tests.rs" || part.ends_with("_tests.rs")
        })
    };
    under(folder).into_iter().filter(|file| !is_test(&file.path)).collect()
}

/// All files of Rust below a folder, by path.
pub fn under(folder: &Path) -> Vec<File> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension().and_then(|ending| ending.to_str()) {
                _ if path.is_dir() => folders.push(path),
                Some("rs") => files.push(read(path)),
                _ => {}
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn read(path: PathBuf) -> File {
    let text = std::fs::read_to_string(&path).unwrap();
    let before_tests = text.find("\n#[cfg(test)]\nmod ").map_or(text.len(), |at| at + 1);
    // A file that only names a module of tests goes on behind it.
    let inline = text[before_tests..].lines().nth(1).is_some_and(|line| line.ends_with('{'));
    let text = if inline { text[..before_tests].to_owned() } else { text };
    File { lines: text.lines().count(), path, text }
}

/// The identifiers of a text.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}
