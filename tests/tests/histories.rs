//! Random histories over the real endpoints, with photos, wrong clocks, rotten disks and people who mean
//! harm: see [`ruhu_harness::history`].

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::Arc;

use ruhu_harness::history::{Troubles, tell_all};
use ruhu_harness::world::{World, fast_folder};
use ruhu_system_tests::endpoints::Endpoints;

#[test]
fn whatever_one_item_does_all_histories_converge_and_no_photo_is_lost() {
    tell_all(1_000, Troubles::All, |seed| {
        let root = tempfile::Builder::new().prefix("ruhu-history").tempdir_in(fast_folder()).unwrap();
        World::served_by(Arc::new(Endpoints::default()), seed, root)
    });
}
