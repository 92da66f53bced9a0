//! Photos whose way is cut at every kilobyte.

use std::collections::BTreeMap;

use ruhu_device::Explain;
use ruhu_harness::pictures::picture;
use ruhu_system_tests::cutting_proxy::{Direction, Limit, Then};
use ruhu_system_tests::process::Wire;

use crate::town::{Phone, Shot, Town};

const STEP: u64 = 1024;
/// What a phone sends in one PATCH while the line holds: what a cut costs at most. After cuts it is less,
/// down to 4 KB, and the heads of requests are up to a quarter more.
const PIECE: u64 = 256 * 1024;
/// What a sync sends besides a photo: the handshake, an empty text lane.
const BESIDES: u64 = 16 * 1024;

/// A photo of a little more than one piece, so that there is something to go on from.
fn small_photo(seed: u64) -> Vec<u8> {
    let jpeg = picture(seed, 285_000);
    let size = jpeg.len() as u64;
    assert!((PIECE + 4 * STEP..PIECE * 5 / 4).contains(&size), "{size} bytes");
    jpeg
}

/// A photo is taken when the last one is stored.
struct Roll {
    town: Town,
    wang: Phone,
    case: String,
    shots: Vec<Shot>,
    /// Photos of which the server had a part when the rest came.
    resumed: u32,
}

impl Roll {
    fn begin() -> Roll {
        let mut town = Town::new(Wire::Tls);
        let wang = town.caseworker("王经办");
        let case = wang.new_case("张三");
        wang.sync().unwrap();
        town.proxy.passages();
        let mut roll = Roll { town, wang, case, shots: Vec::new(), resumed: 0 };
        roll.shoot();
        roll
    }

    fn shoot(&mut self) {
        let shot = self.town.shot(small_photo(self.shots.len() as u64));
        self.wang.attach(&self.case, &shot);
        self.shots.push(shot);
    }

    /// Syncs over a line that breaks there; gives whether it broke and how much the server had.
    fn sync_cut(&mut self, limit: Limit) -> (bool, u64) {
        let waiting = |roll: &Roll| roll.wang.device.status().unwrap().files_waiting;
        let had = self.town.bytes_of_uploads();
        assert_eq!(waiting(self), 1, "there is a photo to give");
        let (outcome, passages) = self.town.sync_limited(&self.wang, limit);
        if let Ok(report) = &outcome {
            assert_eq!(report.files_failed, []);
        }
        match waiting(self) {
            0 => {
                let size = self.shots.last().unwrap().bytes.len() as u64;
                let sent: u64 = passages.iter().map(|passage| passage.up).sum();
                assert!(
                    sent < (size - had) * 5 / 4 + BESIDES,
                    "{sent} bytes of {size} were sent, the server had {had}"
                );
                self.resumed += u32::from(had > 0);
                self.shoot();
            }
            _ => assert!(self.town.bytes_of_uploads() >= had, "an upload never goes back"),
        }
        (passages.iter().any(|passage| passage.cut), had)
    }

    /// Cuts at every kilobyte, until a whole upload fits before the cut.
    fn cut_everywhere(&mut self, direction: Direction) -> u64 {
        let mut kilobytes = 1;
        loop {
            let then = if kilobytes % 2 == 0 { Then::Close } else { Then::Reset };
            match self.sync_cut(Limit { direction, bytes: kilobytes * STEP, then }) {
                (true, _) => kilobytes += 1,
                (false, 0) => return kilobytes,
                // The rest of a photo was less than this: the next one begins anew.
                (false, _) => {}
            }
        }
    }

    /// In the end every photo is stored once, and a colleague sees it.
    fn end(mut self) {
        self.wang.sync().unwrap();
        let expected: BTreeMap<String, u64> =
            self.shots.iter().map(|shot| (shot.sha256.clone(), shot.bytes.len() as u64)).collect();
        assert_eq!(expected.len(), self.shots.len());
        assert_eq!(self.town.files(), expected);
        assert_eq!(self.town.bytes_of_uploads(), 0, "nothing is left of the uploads");
        let li = self.town.volunteer("李网格");
        self.town.settle(&[&self.wang, &li]);
        for shot in &self.shots {
            assert_eq!(li.device.file(&shot.sha256).unwrap(), shot.bytes);
        }
    }
}

#[test]
fn an_upload_cut_at_every_kilobyte_goes_on_where_it_was_and_is_stored_once() {
    let mut roll = Roll::begin();
    let whole = roll.cut_everywhere(Direction::Up);

    assert!(whole * STEP > PIECE, "a photo is larger than {whole} KB");
    assert!(roll.resumed > 10, "{} photos went on from a part", roll.resumed);
    roll.end();
}

#[test]
fn the_answers_to_an_upload_cut_at_every_kilobyte_leave_it_stored_once() {
    let mut roll = Roll::begin();
    let whole = roll.cut_everywhere(Direction::Down);

    assert!(whole > 1, "the answers are larger than {whole} KB");
    roll.end();
}

#[test]
fn a_photo_that_is_cut_on_its_way_to_a_colleague_is_fetched_again_until_it_is_whole() {
    let mut town = Town::new(Wire::Tls);
    let (wang, li) = (town.caseworker("王经办"), town.volunteer("李网格"));
    let case = li.new_case("张三");
    let shot = town.shot(small_photo(0));
    li.attach(&case, &shot);
    li.sync().unwrap();
    let mut kilobytes = 1;
    loop {
        let limit = Limit { direction: Direction::Down, bytes: kilobytes * STEP, then: Then::Close };
        let (_, passages) = town.sync_limited(&wang, limit);
        let cut = passages.iter().any(|passage| passage.cut);
        let kept = wang.device.file(&shot.sha256);
        assert!(cut || kept.is_ok());
        match kept {
            Ok(bytes) => break assert_eq!(bytes, shot.bytes),
            Err(error) => assert_eq!(error.code(), "not_found", "no half of a photo is shown"),
        }
        kilobytes += 8;
    }
    assert!(kilobytes * STEP < PIECE, "what came of it before a cut is kept for the next run");
    town.settle(&[&wang, &li]);
}

#[test]
fn a_photo_passes_over_a_line_that_always_breaks_after_a_few_kilobytes() {
    const LINE: u64 = 20 * 1024;
    let mut roll = Roll::begin();
    let mut runs = 0;
    while roll.shots.len() == 1 {
        roll.sync_cut(Limit { direction: Direction::Up, bytes: LINE, then: Then::Close });
        runs += 1;
        assert!(runs < 120, "{} bytes after {runs} runs", roll.town.bytes_of_uploads());
    }
    assert!(runs > 10, "a run carries less than {LINE} bytes, a photo has more than {PIECE}");
    // And so does what comes down.
    roll.wang.sync().unwrap();
    let address = roll.town.proxy.address();
    let sun = roll.town.phone("孙经办", ["caseworker", ruhu_harness::world::TOWNSHIP], address);
    let first = &roll.shots[0];
    let mut runs = 0;
    while sun.device.file(&first.sha256).is_err() {
        let limit = Limit { direction: Direction::Down, bytes: LINE, then: Then::Close };
        roll.town.proxy.limit(Some(limit));
        let _ = sun.sync();
        roll.town.proxy.passages();
        roll.town.proxy.limit(None);
        runs += 1;
        assert!(runs < 160, "it does not come");
    }
    assert!(runs > 10);
    assert_eq!(sun.device.file(&first.sha256).unwrap(), first.bytes);
    assert_eq!(sun.device.check().unwrap(), Vec::<String>::new());
}
