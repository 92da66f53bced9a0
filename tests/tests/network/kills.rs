//! A server, or a phone, that dies at the worst moment.

use std::thread;

use ruhu_device::Explain;
use ruhu_harness::pictures::picture;
use ruhu_system_tests::cutting_proxy::{Direction, Limit, Then};
use ruhu_system_tests::process::{ServerProcess, Wire};

use crate::town::{Phone, Town};

/// Syncs, and kills the server when the connection stands at the limit.
fn sync_and_kill(town: &mut Town, phone: &Phone, direction: Direction, bytes: u64) {
    town.proxy.limit(Some(Limit { direction, bytes, then: Then::Hold }));
    let outcome = thread::scope(|scope| {
        let syncing = scope.spawn(|| phone.sync());
        town.proxy.wait_until_held();
        town.server.kill();
        syncing.join().unwrap()
    });
    assert_eq!(outcome.unwrap_err().code(), "offline");
    town.proxy.passages();
    town.proxy.limit(None);
}

#[test]
fn a_server_killed_between_taking_the_work_and_answering_holds_it_once() {
    let mut town = Town::new(Wire::Plain);
    let (wang, li) = (town.caseworker("王经办"), town.volunteer("李网格"));
    let cases: Vec<String> = (0..30).map(|n| wang.new_case(&format!("户主{n}"))).collect();
    cases.iter().for_each(|case| wang.write(case, "remark", "门前有坡"));
    let outbox = wang.outbox();
    // Without TLS the first byte that comes down is the first of the answer.
    sync_and_kill(&mut town, &wang, Direction::Down, 0);
    assert_eq!(wang.outbox(), outbox, "without a receipt nothing counts as given");
    let taken = town.server.admin(&["check"])["documents"].as_array().unwrap().len();
    assert_eq!(taken, cases.len(), "it was durable before the first byte of the answer");
    town.server.restart();
    let report = wang.sync().unwrap();
    assert_eq!((report.sent, report.waiting, report.refused, report.reissued), (outbox, 0, 0, 0));
    assert_eq!(town.settle(&[&wang, &li]).len(), cases.len());
    for case in &cases {
        assert_eq!(li.history(case, "remark"), ["门前有坡"]);
    }
}

#[test]
fn a_server_killed_while_it_reads_the_work_holds_nothing_of_it_and_all_of_it_later() {
    let mut town = Town::new(Wire::Tls);
    let (wang, li) = (town.caseworker("王经办"), town.volunteer("李网格"));
    let cases: Vec<String> = (0..30).map(|n| wang.new_case(&format!("户主{n}"))).collect();
    sync_and_kill(&mut town, &wang, Direction::Up, 4 * 1024);
    assert_eq!(town.server.admin(&["check"])["documents"], serde_json::json!([]));
    town.server.restart();
    assert_eq!(town.settle(&[&wang, &li]).len(), cases.len());
}

#[test]
fn a_server_killed_in_the_middle_of_an_upload_goes_on_from_the_last_whole_piece() {
    const PIECE: u64 = 256 * 1024;
    let mut town = Town::new(Wire::Tls);
    let (wang, li) = (town.caseworker("王经办"), town.volunteer("李网格"));
    let case = wang.new_case("张三");
    let shot = town.shot(picture(1, 1_000_000));
    let size = shot.bytes.len() as u64;
    assert!(size > 3 * PIECE, "{size} bytes");
    wang.attach(&case, &shot);
    // The third piece is sent only when the second is on the server's disk.
    sync_and_kill(&mut town, &wang, Direction::Up, 5 * PIECE / 2);
    assert_eq!(town.bytes_of_uploads(), 2 * PIECE);
    assert_eq!(town.files().len(), 0, "half a photo is no photo");
    town.server.restart();
    assert_eq!(wang.sync().unwrap().files_sent, 1);
    let sent: u64 = town.proxy.passages().iter().map(|passage| passage.up).sum();
    assert!(sent < size - 2 * PIECE + 16 * 1024, "{sent} bytes of {size} were sent after the kill");
    assert_eq!(town.files().into_iter().collect::<Vec<_>>(), [(shot.sha256.clone(), size)]);
    town.settle(&[&wang, &li]);
    assert_eq!(li.device.file(&shot.sha256).unwrap(), shot.bytes);
}

#[test]
fn a_server_that_is_stopped_in_order_and_started_again_is_the_same_server() {
    let mut town = Town::new(Wire::Tls);
    let (wang, li) = (town.caseworker("王经办"), town.volunteer("李网格"));
    wang.new_case("张三");
    let before = town.settle(&[&wang, &li]);
    town.server.stop();
    let case = wang.new_case("李四");
    assert_eq!(wang.sync().unwrap_err().code(), "offline");
    assert_eq!(wang.outbox(), 1);
    town.server.restart();
    let after = town.settle(&[&wang, &li]);
    assert_eq!(after.len(), before.len() + 1);
    assert!(after.contains_key(&case) && before.iter().all(|(id, held)| after.get(id) == Some(held)));
}

#[test]
fn a_phone_killed_between_any_two_slices_of_a_sync_goes_on_from_there() {
    const HOUSEHOLDS: usize = 6;
    let mut town = Town::new(Wire::Plain);
    let wang = town.caseworker("王经办");
    let cases: Vec<String> = (0..HOUSEHOLDS).map(|n| wang.new_case(&format!("户主{n}"))).collect();
    cases.iter().for_each(|case| wang.write(case, "remark", &"门前有坡".repeat(1_000)));
    wang.sync().unwrap();
    let mut turns = 0;
    loop {
        let (li, killed) = town.enrolled_volunteer("李网格").sync_and_be_killed(turns);
        assert_eq!(li.device.check().unwrap(), Vec::<String>::new(), "after {turns} turns");
        let held = li.documents().len();
        let report = li.sync().unwrap();
        assert_eq!((report.reissued, report.refused, report.waiting), (0, 0, 0), "after {turns}: {report:?}");
        assert!(report.drifted.is_empty() && report.quarantined.is_empty(), "after {turns}: {report:?}");
        assert_eq!(li.documents(), wang.documents(), "after {turns} turns, with {held} households");
        if !killed {
            break;
        }
        turns += 1;
    }
    assert!(turns as usize > HOUSEHOLDS, "{turns} turns are not one for each household");
}

#[test]
fn a_server_that_is_stopped_with_work_under_way_ends_in_order_and_nothing_is_half_done() {
    let mut town = Town::new(Wire::Tls);
    let (wang, li) = (town.caseworker("王经办"), town.volunteer("李网格"));
    for stop in [ServerProcess::stop, ServerProcess::hang_up] {
        let cases: Vec<String> = (0..30).map(|n| wang.new_case(&format!("户主{n}"))).collect();
        town.proxy.limit(Some(Limit { direction: Direction::Up, bytes: 4 * 1024, then: Then::Hold }));
        let outcome = thread::scope(|scope| {
            let syncing = scope.spawn(|| wang.sync());
            town.proxy.wait_until_held();
            // Half of a request is there; the rest will never come.
            stop(&mut town.server);
            syncing.join().unwrap()
        });
        assert_eq!(outcome.unwrap_err().code(), "offline");
        town.proxy.passages();
        town.proxy.limit(None);
        assert!(wang.outbox() >= cases.len() as u32, "nothing of it counts as given");
        town.server.restart();
        town.settle(&[&wang, &li]);
    }
}
