//! Whether envelopes are their authors' own. A signature takes some fifty microseconds of a core to check,
//! a fifth of what a page costs a phone, and no check needs another: a large page is checked on all cores.
//! Each is checked by itself and strictly. To check them in one sum would be quicker still, but a forger
//! can make signatures on which phones disagree then, and a bad one would not be named.

use std::collections::HashMap;
use std::thread;

use ruhu_case::ActorId;

use super::authors::Row;
use crate::certificate::AuthorRecord;

/// So many are worth the start of a thread.
const WORTH_A_THREAD: usize = 64;

/// What became of checking one envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Checked {
    /// Its author signed it.
    Authentic,
    /// Somebody else did, or it was damaged on its way.
    Forged,
    /// Nobody can say: the author's record is not here.
    Unknown,
}

/// How many threads can work at once. Where there are none, as in WebAssembly, the system says 1 or nothing.
pub(super) fn all_cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Checks each row against the record of its author, on so many threads at most; gives what came of it in the
/// order of the rows.
pub(super) fn check(threads: usize, rows: &[Row], authors: &HashMap<ActorId, AuthorRecord>) -> Vec<Checked> {
    check_on(threads.min(rows.len() / WORTH_A_THREAD), rows, authors)
}

fn check_on(threads: usize, rows: &[Row], authors: &HashMap<ActorId, AuthorRecord>) -> Vec<Checked> {
    let all = |rows: &[Row]| rows.iter().map(|row| check_one(row, authors)).collect::<Vec<_>>();
    if threads < 2 {
        return all(rows);
    }
    thread::scope(|scope| {
        let parts: Vec<_> = rows
            .chunks(rows.len().div_ceil(threads).max(1))
            .map(|part| (part, thread::Builder::new().spawn_scoped(scope, move || all(part)).ok()))
            .collect();
        // The part of a thread that could not be had is checked here.
        let checked = parts
            .into_iter()
            .map(|(part, thread)| thread.and_then(|thread| thread.join().ok()).unwrap_or_else(|| all(part)));
        checked.flatten().collect()
    })
}

fn check_one((envelope, ..): &Row, authors: &HashMap<ActorId, AuthorRecord>) -> Checked {
    match authors.get(&envelope.actor) {
        None => Checked::Unknown,
        Some(record) if envelope.is_signed_by(&record.certificate.key()) => Checked::Authentic,
        Some(_) => Checked::Forged,
    }
}

#[cfg(test)]
mod tests {
    use ruhu_case::DocId;
    use ruhu_national::DivisionScope;

    use super::*;
    use crate::certificate::{Certificate, Role};
    use crate::envelope::{Body, Envelope};
    use crate::ids::EnvelopeHash;
    use crate::keys::KeyPair;

    #[test]
    fn on_however_many_threads_each_bad_one_is_named_in_its_place() {
        let (key, other) = (KeyPair::from_seed(&[1; 32]), KeyPair::from_seed(&[2; 32]));
        let scope = DivisionScope::parse("110101001").unwrap();
        let person = "王经办".to_owned();
        let certificate =
            Certificate::issue(&other, key.public(), person, Role::Caseworker, scope, 0, i64::MAX);
        let record = AuthorRecord { certificate, nonce: [3; 16] };
        let (known, unknown) = (record.actor(), ActorId([9; 16]));
        let row = |number: u64| {
            let (key, actor) = match number {
                70 | 199 => (&other, known),
                130 => (&key, unknown),
                _ => (&key, known),
            };
            let doc = DocId::new(5, [number as u8; 10]);
            let place = (number + 1, EnvelopeHash::NONE);
            (Envelope::sign(key, doc, actor, place, None, Body::Changes(Vec::new())), number, 0)
        };
        let rows: Vec<Row> = (0..200).map(row).collect();
        let expected: Vec<Checked> = (0..200)
            .map(|number| match number {
                70 | 199 => Checked::Forged,
                130 => Checked::Unknown,
                _ => Checked::Authentic,
            })
            .collect();
        let authors = HashMap::from([(known, record)]);
        assert_eq!(check(all_cores(), &rows, &authors), expected);
        for threads in [0, 1, 2, 3, 7, 200] {
            assert_eq!(check_on(threads, &rows, &authors), expected, "{threads} threads");
        }
        assert_eq!(check_on(4, &[], &authors), []);
    }
}
