//! What the server's program is made of: plain SQLite, and neither SQLCipher nor OpenSSL.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::path::Path;

use object::{Object, ObjectSymbol};

/// Names of the libraries that a program asks for, of its functions and of those that it takes from libraries.
fn names(program: &Path) -> BTreeSet<String> {
    let bytes = std::fs::read(program).unwrap();
    let file = object::File::parse(&*bytes).unwrap();
    let mut names: BTreeSet<String> = file
        .symbols()
        .chain(file.dynamic_symbols())
        .filter_map(|symbol| symbol.name().ok().map(str::to_owned))
        .collect();
    for import in file.imports().unwrap() {
        names.insert(String::from_utf8_lossy(import.unwrap().library()).into_owned());
    }
    names
}

/// Those that come with SQLCipher or OpenSSL.
fn of_a_phone(names: &BTreeSet<String>) -> Vec<&str> {
    const PHONE: [&str; 4] = ["sqlcipher", "libcrypto", "libssl", "EVP_Cipher"];
    let found = names.iter().filter(|name| PHONE.iter().any(|part| name.contains(part)));
    found.map(String::as_str).take(5).collect()
}

fn holds(program: &Path, text: &str) -> bool {
    std::fs::read(program).unwrap().windows(text.len()).any(|bytes| bytes == text.as_bytes())
}

#[test]
fn the_server_links_neither_sqlcipher_nor_openssl() {
    let server = ruhu_system_tests::process::server_program();
    let linked = names(server);
    assert!(linked.iter().any(|name| name.contains("sqlite3_step")), "the server has SQLite, not stripped");
    assert_eq!(of_a_phone(&linked), Vec::<&str>::new());
    // The pragma that tells SQLCipher's version, put together so that this test does not hold it itself.
    let pragma = ["cipher", "version"].join("_");
    assert!(!holds(server, &pragma));

    // The same search finds them in this test, which holds a phone.
    let folder = tempfile::tempdir().unwrap();
    ruhu_store::Store::open(folder.path(), &ruhu_store::StoreKey::from_bytes([7; 32])).unwrap();
    let own = std::env::current_exe().unwrap();
    assert!(!of_a_phone(&names(&own)).is_empty() && holds(&own, &pragma));
}
