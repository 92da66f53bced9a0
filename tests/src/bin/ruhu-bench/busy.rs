//! What a person waits for while a sync runs: an answer, the list, a search, on a phone of many
//! households, beside the same calls on the same phone when nothing else runs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ruhu_harness::world::{KEY, Phone, TOWNSHIP, World};
use ruhu_store::{DocumentRow, EnvelopeRow, EnvelopeState, Store, StoreError, StoreKey, Tx};
use ruhu_sync::Role;

use crate::{HOUSEHOLDS, LISTED, compiled, fill, household, ms, on_disk, percentile, row, timed};

/// Rounds of the idle phone; a sync decides by itself how many there are while it runs.
const ROUNDS: usize = 500;
/// A busy p99 within so many times the idle one.
const AIM: f64 = 2.0;

#[derive(Default)]
struct Waits {
    answer: Vec<Duration>,
    list: Vec<Duration>,
    search: Vec<Duration>,
}

pub fn measure() {
    let mut world = World::new(4);
    let writer = world.caseworker("对方");
    writer.device().form_install(&compiled()).unwrap();
    let folder = on_disk();
    let mut phone = world.phone_at(folder.path().join("phone"), "量度", Role::Caseworker, TOWNSHIP);
    phone.device().form_install(&compiled()).unwrap();
    let case = phone.new_case("张三");
    phone.sync().unwrap();
    crowd(&mut phone, &case);
    let visit = phone.visit(&case);
    let idle = while_running(&phone, &visit, |rounds| rounds < ROUNDS);
    tell("idle", &idle, None);

    (0..HOUSEHOLDS).for_each(|number| drop(household(&writer, number)));
    writer.sync().unwrap();
    let pull = during(&phone, &visit, |phone| {
        let report = phone.sync().unwrap();
        assert!(report.received >= HOUSEHOLDS as u32, "{report:?}");
    });
    tell(&format!("while {HOUSEHOLDS} households come down"), &pull, Some(&idle));

    (0..HOUSEHOLDS).for_each(|number| drop(household(&phone, HOUSEHOLDS + number)));
    // With as much to be sent: each line of the list says how much of it is not safe yet.
    let idle = while_running(&phone, &visit, |rounds| rounds < ROUNDS);
    tell(&format!("idle, {HOUSEHOLDS} not sent"), &idle, None);
    let push = during(&phone, &visit, |phone| {
        let report = phone.sync().unwrap();
        assert!(report.sent >= HOUSEHOLDS as u32, "{report:?}");
    });
    tell(&format!("while {HOUSEHOLDS} households go up"), &push, Some(&idle));
}

/// Fills the phone with households of another township, each with the envelope it came in.
fn crowd(phone: &mut Phone, case: &str) {
    let store = Store::open(phone.switch_off(), &StoreKey::from_bytes(KEY)).unwrap();
    let id = case.parse().unwrap();
    let (document, envelope) = store
        .read::<_, StoreError>(|tx| {
            Ok((tx.document(&id)?.unwrap(), tx.envelopes_of_document(&id)?.remove(0)))
        })
        .unwrap();
    store
        .write::<_, StoreError>(|tx| {
            (0..LISTED).try_for_each(|number| {
                fill(tx, &document, number)?;
                fill_envelope(tx, &document, &envelope, number)
            })
        })
        .unwrap();
    drop(store);
    phone.kill_and_reopen();
}

fn fill_envelope(
    tx: &Tx<'_>,
    document: &DocumentRow,
    envelope: &EnvelopeRow,
    number: usize,
) -> Result<(), StoreError> {
    let mut hash = [0xee; 32];
    hash[..8].copy_from_slice(&number.to_be_bytes());
    let actor = ruhu_case::ActorId([0xee; 16]);
    let log = "110101009/household".to_owned();
    let row = EnvelopeRow {
        hash,
        doc: document.id,
        actor,
        seq: number as u64 + 1,
        log,
        state: EnvelopeState::Acked,
        epoch: Some(1),
        server_seq: Some(number as u64 + 1),
        receipt: None,
        ..envelope.clone()
    };
    tx.insert_envelope(&row).map(drop)
}

/// What a person does as long as something goes on: answers, looks at the list, searches.
fn while_running(phone: &Phone, visit: &str, goes_on: impl Fn(usize) -> bool) -> Waits {
    let (device, mut waits) = (phone.device(), Waits::default());
    while goes_on(waits.answer.len()) {
        let number = waits.answer.len();
        let answer = format!("第{number}次");
        waits.answer.push(timed(|| drop(device.visit_answer(visit, "remark", &answer).unwrap())));
        waits.list.push(timed(|| assert_eq!(device.case_list("", 0, 50).unwrap().len(), 50)));
        let name = format!("户主{}", number % LISTED);
        waits.search.push(timed(|| assert!(!device.case_search(&name, 20).unwrap().is_empty())));
    }
    waits
}

fn during(phone: &Phone, visit: &str, sync: impl FnOnce(&Phone) + Send) -> Waits {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            sync(phone);
            over.store(true, Ordering::Release);
        });
        while_running(phone, visit, |_| !over.load(Ordering::Acquire))
    })
}

/// The times of one kind of call.
type Of = fn(&Waits) -> &Vec<Duration>;

fn tell(when: &str, waits: &Waits, idle: Option<&Waits>) {
    let calls: [(&str, Of); 3] = [
        ("answer one question", |waits| &waits.answer),
        ("list 50", |waits| &waits.list),
        ("search", |waits| &waits.search),
    ];
    for (call, of) in calls {
        let mut times = of(waits).clone();
        let [p50, p99, max] = [50, 99, 100].map(|percent| percentile(&mut times, percent));
        let idle = idle.map_or(p99, |idle| percentile(&mut of(idle).clone(), 99));
        row(
            &format!("{call} at {LISTED} households, {when}: p50, p99, max of {}", times.len()),
            &format!("{:.2}, {:.2}, {:.2} ms", ms(p50), ms(p99), ms(max)),
            &format!("{AIM:.0} × idle p99 {:.2} ms", ms(idle)),
            p99.as_secs_f64() / (AIM * idle.as_secs_f64()),
        );
    }
}
