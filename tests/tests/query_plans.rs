//! What is asked of a database for each request, author, envelope or photo is found by an index, however much the
//! database holds. Every query in the sources of store and server is planned by SQLite; what goes over a whole
//! table is named here with the reason why it may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::types::Null;

const ANSWERS_ALL: &str = "the whole table is what it is about";
const PER_OPENING: &str = "asked once for an opening, a check or a command";
const FEW: &str = "the table stays small: forms, logs, townships, uploads under way";
const PENDING: &str = "goes over an index that holds only what is not safe yet";

/// Of households, of answers, of prints.
const STORES: [&str; 3] =
    ["core/store/migrations", "core/store/migrations/answers", "core/store/migrations/impressions"];

/// File, words of the query, and why it may go over a whole table.
const STORE: &[(&str, &str, &str)] = &[
    ("answers_file.rs", "SELECT EXISTS (SELECT 1 FROM entries)", "ends at the first row"),
    ("cases.rs", "count(*) FROM cases WHERE substr(division", "counted in an index of divisions"),
    ("cases.rs", "DELETE FROM cases", ANSWERS_ALL),
    ("cases.rs", "NOT IN (SELECT doc FROM cases)", PER_OPENING),
    ("cases.rs", "FROM cases WHERE substr(division", "a page of the list, in the order of its index"),
    ("chain.rs", "state = 'quarantined' AND reason = ?1", PENDING),
    ("chain.rs", "SELECT actor, bytes FROM authors", ANSWERS_ALL),
    ("documents.rs", "SELECT count(*) FROM documents", PER_OPENING),
    ("envelopes.rs", "SELECT count(*) FROM envelopes WHERE state = 'outbox'", PENDING),
    ("envelopes.rs", "SELECT DISTINCT actor FROM envelopes", PENDING),
    ("file_parts.rs", "FROM file_parts", ANSWERS_ALL),
    ("forms.rs", "", FEW),
    ("gaps.rs", "FROM gaps WHERE excluded = 0", ANSWERS_ALL),
    ("impressions.rs", "n.outline", "outlines of all prints that are held, to find the like"),
    ("logs.rs", "FROM cursors ORDER BY log", FEW),
    ("pending.rs", "", PENDING),
    ("pictures.rs", "FROM likenesses ORDER BY", ANSWERS_ALL),
    ("print_photos.rs", "FROM print_photos ORDER BY", ANSWERS_ALL),
    ("waiting.rs", "FROM waiting GROUP BY doc, actor", ANSWERS_ALL),
    ("files.rs", "count(*) FILTER", PER_OPENING),
    ("files.rs", "v.doc IN (SELECT doc FROM envelopes", PENDING),
];

const SERVER: &[(&str, &str, &str)] = &[
    ("admission.rs", "", PER_OPENING),
    ("check.rs", "", PER_OPENING),
    ("check_documents.rs", "", PER_OPENING),
    ("check_files.rs", "", PER_OPENING),
    ("damage.rs", "FROM damaged d", "what is damaged, and that only"),
    ("dismissal.rs", "FROM dismissals d JOIN quarantine", PER_OPENING),
    ("dismissal.rs", "FROM uploads WHERE sha256", FEW),
    ("exclusion.rs", "FROM excluded x", ANSWERS_ALL),
    ("files.rs", "SELECT sha256, size FROM files", PER_OPENING),
    ("files.rs", "FROM file_marks", FEW),
    ("forms.rs", "", FEW),
    ("households.rs", "substr(division", PER_OPENING),
    ("logs.rs", "FROM logs ORDER BY", FEW),
    ("notices.rs", "FROM logs l", FEW),
    ("quarantine.rs", "count(*) FROM quarantine", PER_OPENING),
    ("quarantine.rs", "FROM quarantine q", PER_OPENING),
    ("quarantine_files.rs", "FROM quarantine_use", FEW),
    ("restored.rs", "UPDATE logs SET epoch", PER_OPENING),
    ("revocation.rs", "FROM devices d", PER_OPENING),
    ("uploads.rs", "FROM uploads WHERE received < size", FEW),
];

fn room(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

fn files_of(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.retain(|file| file.to_str().unwrap().ends_with(ending));
    files
}

/// The texts in double quotes of a source file, as the compiler reads them.
fn literals(source: &str) -> Vec<String> {
    let mut literals = Vec::new();
    let mut rest = source;
    while let Some(begin) = rest.find('"') {
        let (mut text, mut end) = (String::new(), rest.len());
        let mut chars = rest[begin + 1..].char_indices().peekable();
        while let Some((at, char)) = chars.next() {
            match char {
                '"' => {
                    end = begin + 1 + at + 1;
                    break;
                }
                '\\' => match chars.next() {
                    // A line that goes on.
                    Some((_, '\n')) => while chars.next_if(|(_, char)| char.is_whitespace()).is_some() {},
                    Some((_, escaped)) => text.push(escaped),
                    None => {}
                },
                char => text.push(char),
            }
        }
        literals.push(text);
        rest = &rest[end..];
    }
    literals
}

/// The queries of a file, with what its constants of text put in. A query that is put together otherwise is
/// counted as not understood.
fn queries(source: &str) -> (Vec<String>, usize) {
    let code: String = source
        .split("#[cfg(test)]")
        .next()
        .unwrap()
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(|line| format!("{line}\n"))
        .collect();
    let constants: BTreeMap<&str, String> = code
        .split("const ")
        .skip(1)
        .filter_map(|part| {
            let (name, text) = part.split_once(": &str =")?;
            Some((name, literals(text).into_iter().next()?))
        })
        .collect();
    let begins = |text: &String| {
        ["SELECT ", "UPDATE ", "DELETE ", "INSERT "].iter().any(|verb| text.starts_with(verb))
    };
    let mut understood = Vec::new();
    let mut others = 0;
    for mut query in literals(&code).into_iter().filter(begins) {
        for (name, text) in &constants {
            query = query.replace(&format!("{{{name}}}"), text);
        }
        match query.contains('{') {
            true => others += 1,
            false => understood.push(query),
        }
    }
    (understood, others)
}

/// The tables that a query goes over from one end to the other.
fn scanned(schema: &Connection, query: &str) -> Result<Vec<String>, rusqlite::Error> {
    let mut explain = schema.prepare(&format!("EXPLAIN QUERY PLAN {query}"))?;
    let nothing = vec![Null; explain.parameter_count()];
    let plan = explain.query_map(rusqlite::params_from_iter(nothing), |row| row.get::<_, String>(3))?;
    let plan: Vec<String> = plan.collect::<Result<_, _>>()?;
    let known = ["CONSTANT ROW", "(subquery", "sqlite_", "json_each"];
    let is_table = |what: &String| {
        what.starts_with("SCAN ")
            && !what.contains("VIRTUAL")
            && !known.iter().any(|known| what.contains(known))
    };
    Ok(plan.into_iter().filter(is_table).collect())
}

/// An empty database of the newest version.
fn schema(migrations: &str) -> Connection {
    let schema = Connection::open_in_memory().unwrap();
    for file in files_of(&room(migrations), ".sql") {
        schema.execute_batch(&fs::read_to_string(file).unwrap()).unwrap();
    }
    schema
}

/// What goes over a whole table without being named; and how many queries were planned, and how many not.
fn unnamed(folder: &str, migrations: &[&str], named: &[(&str, &str, &str)]) -> (Vec<String>, usize, usize) {
    let schemas: Vec<Connection> = migrations.iter().map(|folder| schema(folder)).collect();
    let (mut found, mut planned, mut not_planned) = (Vec::new(), 0, 0);
    for file in files_of(&room(folder), ".rs") {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        if name.ends_with("_tests.rs") {
            continue;
        }
        let (queries, others) = queries(&fs::read_to_string(&file).unwrap());
        not_planned += others;
        for query in queries {
            let Some(tables) = schemas.iter().find_map(|schema| scanned(schema, &query).ok()) else {
                not_planned += 1;
                continue;
            };
            planned += 1;
            let is_named = named.iter().any(|(file, words, _)| *file == name && query.contains(words));
            if !tables.is_empty() && !is_named {
                found.push(format!("{name}: {query}: {tables:?}"));
            }
        }
    }
    (found, planned, not_planned)
}

#[test]
fn what_is_asked_of_a_phones_store_again_and_again_is_found_by_an_index() {
    let (found, planned, not_planned) = unnamed("core/store/src", &STORES, STORE);
    assert!(found.is_empty(), "{}", found.join("\n"));
    println!("{planned} queries planned, {not_planned} not");
    assert!(planned > 100 && not_planned * 8 < planned, "{planned} queries planned, {not_planned} not");
}

#[test]
fn what_is_asked_of_the_server_again_and_again_is_found_by_an_index() {
    let (found, planned, not_planned) =
        unnamed("sync-server/hub/src", &["sync-server/hub/migrations"], SERVER);
    assert!(found.is_empty(), "{}", found.join("\n"));
    println!("{planned} queries planned, {not_planned} not");
    assert!(planned > 120 && not_planned * 8 < planned, "{planned} queries planned, {not_planned} not");
}

#[test]
fn a_query_that_goes_over_a_whole_table_is_seen() {
    let schema = Connection::open_in_memory().unwrap();
    schema.execute_batch("CREATE TABLE t (a PRIMARY KEY, b) WITHOUT ROWID").unwrap();
    let source = r#"const B: &str = "b = ?1"; f("SELECT a FROM t \
        WHERE {B}"); g("SELECT b FROM t WHERE a = ?1");"#;
    let (queries, others) = queries(source);
    assert_eq!((queries.len(), others), (2, 0), "{queries:?}");
    let scans: Vec<usize> = queries.iter().map(|query| scanned(&schema, query).unwrap().len()).collect();
    assert_eq!(scans, [1, 0]);
}
