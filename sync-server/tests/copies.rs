//! Copies of the database by hand, with and without its write-ahead log.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod story;

use std::path::Path;

use ruhu_server::{Hub, HubError, StorageError};
use ruhu_sync::message::LogNews;
use story::{VILLAGE, World, held};
use tempfile::TempDir;

/// A server that has written something, and what it acknowledged.
fn written() -> (World, story::Phone) {
    let mut world = World::new();
    let mut wang = world.caseworker("王经办");
    let (_, opened) = wang.open_household(1, VILLAGE);
    held(&world.push(&wang, &[opened])[0]);
    (world, wang)
}

/// A folder with these files of the server's.
fn copy_of(world: &World, names: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        std::fs::copy(world.data().join(name), folder.path().join(name)).unwrap();
    }
    folder
}

fn codes(folder: &Path, now: i64) -> Vec<String> {
    let report = Hub::open_existing(folder, now).unwrap().check().unwrap();
    report.findings.into_iter().map(|finding| finding.code).collect()
}

#[test]
fn a_copy_without_the_write_ahead_log_is_named_as_often_as_it_is_checked() {
    let (world, _) = written();
    let copy = copy_of(&world, &["server.db", "server.key"]);
    for _ in 0..2 {
        assert_eq!(codes(copy.path(), world.now), ["log_missing"]);
    }
    let whole = copy_of(&world, &["server.db", "server.db-wal", "server.key"]);
    assert_eq!(codes(whole.path(), world.now), Vec::<String>::new());
    assert_eq!(codes(&world.data(), world.now), Vec::<String>::new());
}

#[test]
fn a_server_that_was_stopped_is_whole_without_a_log() {
    let (mut world, _) = written();
    world.stop();
    // Empty, it stays, and the room of its index with it.
    assert_eq!(std::fs::metadata(world.data().join("server.db-wal")).unwrap().len(), 0);
    let alone = copy_of(&world, &["server.db", "server.key"]);
    assert_eq!(codes(alone.path(), world.now), Vec::<String>::new());
    assert_eq!(codes(&world.data(), world.now), Vec::<String>::new());
    world.serve();
    assert_eq!(world.hub.check().unwrap().documents.len(), 1);
}

#[test]
fn a_copy_without_its_log_serves_in_a_new_epoch_and_gets_everything_back() {
    let (mut world, mut wang) = written();
    world.pull(&mut wang);
    // The log is moved into the database by closing; from here on it is needed again.
    world.stop();
    world.serve();
    let (doc, second) = wang.open_household(2, VILLAGE);
    held(&world.push(&wang, std::slice::from_ref(&second))[0]);
    let copy = copy_of(&world, &["server.db", "server.key"]);
    world.stop();
    std::fs::remove_dir_all(world.data()).unwrap();
    story::copy(copy.path(), &world.data());
    world.serve();
    assert_eq!(world.hub.check().unwrap().documents.len(), 1, "the second was in the log");
    let answer = world.sync(wang.device(), wang.request(&[]));
    assert!(matches!(answer.news[..], [LogNews::NewEpoch { epoch, .. }] if epoch > 1), "{:?}", answer.news);
    held(&world.push(&wang, &[second])[0]);
    assert_eq!(world.hub.check().unwrap().documents.len(), 2, "{doc}");
    // From now on it is whole.
    assert_eq!(codes(&world.data(), world.now), Vec::<String>::new());
}

#[test]
fn an_older_database_beside_a_newer_log_is_refused_and_left_alone() {
    let (mut world, mut wang) = written();
    world.stop();
    let older = copy_of(&world, &["server.db", "server.key"]);
    world.serve();
    let (_, second) = wang.open_household(2, VILLAGE);
    held(&world.push(&wang, &[second])[0]);
    std::fs::copy(world.data().join("server.db-wal"), older.path().join("server.db-wal")).unwrap();
    let bytes = |name: &str| std::fs::read(older.path().join(name)).unwrap();
    let before = (bytes("server.db"), bytes("server.db-wal"));
    for _ in 0..2 {
        let foreign = |opened: Result<Hub, HubError>| {
            matches!(opened, Err(HubError::Storage(StorageError::ForeignLog)))
        };
        assert!(foreign(Hub::open_existing(older.path(), world.now)));
        assert!(foreign(Hub::open_to_serve(older.path(), world.now)));
    }
    assert_eq!((bytes("server.db"), bytes("server.db-wal")), before);
    std::fs::remove_file(older.path().join("server.db-wal")).unwrap();
    assert_eq!(codes(older.path(), world.now), Vec::<String>::new());
}

#[test]
fn the_log_is_moved_into_the_database_as_it_grows() {
    let (mut world, _) = written();
    let size = |name: &str| std::fs::metadata(world.data().join(name)).unwrap().len();
    let before = size("server.db");
    for version in 0..8u8 {
        let form = vec![version; 1024 * 1024];
        world.hub.publish_form("large", &version.to_string(), &form, world.now).unwrap();
    }
    let size = |name: &str| std::fs::metadata(world.data().join(name)).unwrap().len();
    assert!(size("server.db") > before + 1024 * 1024, "{} bytes", size("server.db"));
    // And a copy without the log is named all the same.
    let copy = copy_of(&world, &["server.db", "server.key"]);
    assert!(codes(copy.path(), world.now).contains(&"log_missing".to_owned()));
    world.check_is_clean();
}
