//! Random histories of phones and a hub, without files: see [`ruhu_harness::history`].

use ruhu_harness::history::{Troubles, tell_all};
use ruhu_harness::world::World;

#[test]
fn all_histories_converge_and_nothing_promised_is_lost() {
    tell_all(300, Troubles::Sync, World::new);
}
