//! `ruhu-bench`: the figures of `docs/benchmarks.md`, on real parts. `cargo xtask bench` builds it
//! optimised and runs it. Each figure stands beside a limit or a peer measured in the same run,
//! because machines differ and are noisy.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod beside_pouchdb;
mod busy;
mod exponents;
mod files;
mod herd;
mod household;
mod showing;

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Parser, Subcommand};
use ruhu_device::{Device, NewCase, SyncReport};
use ruhu_harness::world::{KEY, Phone, VILLAGE, World};
use ruhu_store::{CaseRow, DocumentRow, Store, StoreKey};

/// Fifty-odd facts of a home visit, so that a household has about sixty fields.
const BENCH_FORM: &[u8] = include_bytes!("../../../fixtures/bench.xlsx");
const HOUSEHOLDS: usize = 1_000;
const EDITS: usize = 100;
const LISTED: usize = 10_000;
const ANSWERS: usize = 500;
const OPENINGS: usize = 15;
const MIGRATED_ANSWERS: usize = 200;
const MIGRATIONS: usize = 15;
const SMALL_PHOTOS: usize = 10_000;
const PAGE_BYTES: u64 = 512 * 1024;

/// The figures of a phone and its sync; without a command, all.
#[derive(Debug, Parser)]
struct Arguments {
    /// What PouchDB's driver printed for the same households
    #[arg(long, value_name = "FILE")]
    pouchdb: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Writes the households that a peer is given
    Households { file: PathBuf },
    /// Only the households beside PouchDB
    BesidePouchdb,
    /// How cost follows size; fails when it grows faster than it is to
    Exponents {
        /// Only what has this number, from 0
        only: Option<usize>,
    },
    /// One point of that, for the process that measures it
    #[command(hide = true)]
    Point { scenario: usize, size: usize },
    /// Only what a person waits for while a sync runs
    Busy,
    /// Only photos: how fast they go up, and ten thousand small ones both ways
    Files {
        /// How many small ones
        #[arg(long, default_value_t = SMALL_PHOTOS)]
        small: usize,
    },
    /// Only many phones at once, against the server's program beside this one
    Herd {
        /// How many households the server has
        #[arg(long, default_value_t = herd::HOUSEHOLDS)]
        households: usize,
    },
}

fn main() -> ExitCode {
    let Arguments { pouchdb, command } = Arguments::parse();
    match &command {
        Some(Command::Households { file }) => beside_pouchdb::write(file),
        Some(Command::Exponents { only }) => return exponents::measure(*only),
        Some(Command::Point { scenario, size }) => exponents::point(*scenario, *size),
        Some(Command::BesidePouchdb | Command::Busy | Command::Files { .. } | Command::Herd { .. })
        | None => {
            figures(command.as_ref(), pouchdb.as_deref());
        }
    }
    ExitCode::SUCCESS
}

/// The figures of a phone and its sync, or a part of them.
fn figures(part: Option<&Command>, pouchdb: Option<&Path>) {
    println!("| figure | measured | aim or peer | ratio |");
    println!("|---|---|---|---|");
    match part {
        Some(Command::Busy) => return busy::measure(),
        Some(Command::Files { small }) => return files::measure(*small),
        Some(Command::Herd { households }) => return herd::measure(*households),
        Some(_) => return beside_pouchdb::measure(pouchdb),
        None => {}
    }
    answers();
    migrating();
    opening();
    showing::measure();
    busy::measure();
    syncing();
    beside_pouchdb::measure(pouchdb);
    files::measure(SMALL_PHOTOS);
    herd::measure(herd::HOUSEHOLDS);
}

fn row(figure: &str, measured: &str, peer: &str, ratio: f64) {
    println!("| {figure} | {measured} | {peer} | {ratio:.2} |");
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    times[(times.len() * percent / 100).min(times.len() - 1)]
}

/// A folder on the disk that the repository stands on, not in memory.
fn on_disk() -> tempfile::TempDir {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    std::fs::create_dir_all(&target).unwrap();
    tempfile::Builder::new().prefix("ruhu-bench").tempdir_in(target).unwrap()
}

// ---- one answer ----

/// An answer is on the disk when the call returns; the peer is one synced append of 4 KB.
fn answers() {
    let mut world = World::on_disk(1, on_disk());
    let phone = world.caseworker("量度");
    let case = phone.new_case("张三");
    let visit = phone.visit(&case);
    let mut times: Vec<Duration> = (0..ANSWERS)
        .map(|number| {
            timed(|| drop(phone.device().visit_answer(&visit, "remark", &format!("第{number}次")).unwrap()))
        })
        .collect();
    let mut appends = synced_appends();
    for percent in [50, 99] {
        let (answer, append) = (percentile(&mut times, percent), percentile(&mut appends, percent));
        row(
            &format!("answer one question durably, p{percent}"),
            &format!("{:.2} ms", ms(answer)),
            &format!("synced 4 KB append {:.2} ms", ms(append)),
            answer.as_secs_f64() / append.as_secs_f64(),
        );
    }
}

// ---- a new version of the form ----

/// A visit of many answers moves to the next version: a tenth of its questions stand elsewhere, another
/// tenth is gone. What was done is on the disk when the call returns.
fn migrating() {
    let mut world = World::on_disk(2, on_disk());
    let phone = world.caseworker("量度");
    let case = phone.new_case("张三");
    let mut times: Vec<Duration> = (0..MIGRATIONS).map(|round| migrated(&phone, &case, round)).collect();
    let mut appends = synced_appends();
    let (moved, append) = (percentile(&mut times, 50), percentile(&mut appends, 50));
    row(
        &format!("move a visit of {MIGRATED_ANSWERS} answers to a new version of its form, p50"),
        &format!("{:.2} ms", ms(moved)),
        &format!("synced 4 KB append {:.2} ms", ms(append)),
        moved.as_secs_f64() / append.as_secs_f64(),
    );
}

fn migrated(phone: &Phone, case: &str, round: usize) -> Duration {
    let id = format!("moving_{round}");
    phone.device().form_install(&questions(&id, "1", |_| true, |_| false)).unwrap();
    let visit = phone.device().visit_start(case, &id).unwrap().id;
    for number in 0..MIGRATED_ANSWERS {
        phone.device().visit_answer(&visit, &format!("q{number}"), &format!("第{number}题的回答")).unwrap();
    }
    let next = questions(&id, "2", |number| number % 10 != 3, |number| number % 10 == 7);
    phone.device().form_install(&next).unwrap();
    timed(|| {
        let report = phone.device().visit_migrate(&visit, "2").unwrap().report;
        assert_eq!(
            (report.moved.len(), report.dropped.len()),
            (MIGRATED_ANSWERS / 10, MIGRATED_ANSWERS / 10)
        );
    })
}

/// A form of text questions, those that are `elsewhere` in a group of their own.
fn questions(
    id: &str,
    version: &str,
    asked: impl Fn(usize) -> bool,
    elsewhere: impl Fn(usize) -> bool,
) -> Vec<u8> {
    let rows = |wanted: &dyn Fn(usize) -> bool| -> String {
        let numbers = (0..MIGRATED_ANSWERS).filter(|number| asked(*number) && wanted(*number));
        numbers.map(|number| format!(",text,q{number},第{number}题\n")).collect()
    };
    let (here, there) = (rows(&|number| !elsewhere(number)), rows(&|number| elsewhere(number)));
    let text = format!(
        "survey,,,\n,type,name,label\n,begin_group,here,情况\n{here},end_group,,\n\
         ,begin_group,there,住房\n,note,said,另外\n{there},end_group,,\n\
         settings,,\n,form_id,version\n,{id},{version}\n"
    );
    ruhu_formats::read_form(text.as_bytes()).unwrap().form.to_bytes()
}

fn timed(act: impl FnOnce()) -> Duration {
    let began = Instant::now();
    act();
    began.elapsed()
}

fn synced_appends() -> Vec<Duration> {
    let folder = on_disk();
    let mut file = File::create(folder.path().join("append")).unwrap();
    let block = [7u8; 4096];
    (0..ANSWERS)
        .map(|_| {
            timed(|| {
                file.write_all(&block).unwrap();
                file.sync_data().unwrap();
            })
        })
        .collect()
}

// ---- opening ----

fn opening() {
    let folder = on_disk();
    fill_store(folder.path());
    let mut times: Vec<Duration> = (0..OPENINGS)
        .map(|_| {
            forget_cached_pages();
            timed(|| {
                let device = Device::open(folder.path(), KEY, "bench").unwrap();
                assert_eq!(device.case_list("", 0, 50).unwrap().len(), 50);
            })
        })
        .collect();
    let p50 = percentile(&mut times, 50);
    row(
        &format!("open a store of {LISTED} households, list 50, cold"),
        &format!("{:.1} ms", ms(p50)),
        "50 ms",
        ms(p50) / 50.0,
    );
}

/// Asks the system to drop its page cache, where it allows that: a cold open reads the disk.
fn forget_cached_pages() {
    let _ = std::fs::write("/proc/sys/vm/drop_caches", "1");
}

/// Puts households into a store as they would be there after a sync.
fn fill_store(folder: &Path) {
    let mut world = World::new(2);
    let phone = world.caseworker("量度");
    let id = phone.new_case("张三");
    let mut phone = phone;
    let store = Store::open(phone.switch_off(), &StoreKey::from_bytes(KEY)).unwrap();
    let id = id.parse().unwrap();
    let template: DocumentRow = store.read(|tx| tx.document(&id)).unwrap().unwrap();
    let store = Store::open(folder, &StoreKey::from_bytes(KEY)).unwrap();
    store
        .write::<_, ruhu_device::StoreError>(|tx| {
            (0..LISTED).try_for_each(|number| fill(tx, &template, number))
        })
        .unwrap();
}

fn fill(
    tx: &ruhu_store::Tx<'_>,
    template: &DocumentRow,
    number: usize,
) -> Result<(), ruhu_device::StoreError> {
    let mut random = [0; 10];
    random[..8].copy_from_slice(&number.to_be_bytes());
    let doc = ruhu_case::DocId::new(template.created_at_ms + number as i64, random);
    tx.put_document(&DocumentRow { id: doc, ..template.clone() })?;
    tx.put_case(&CaseRow {
        doc,
        name: format!("户主{number}"),
        division: VILLAGE.into(),
        address: format!("柳树胡同{number}号"),
        id_tail: format!("{:04}", number % 10_000),
        people: 3,
        conflicts: 0,
        status: "open".into(),
        updated_at_ms: template.created_at_ms + number as i64,
    })
}

// ---- syncing ----

fn syncing() {
    let mut world = World::new(3);
    let mut phone = world.caseworker("量度");
    let mut reader = world.caseworker("读者");
    phone.device().form_install(&compiled()).unwrap();
    phone.sync().unwrap();
    let cases: Vec<String> = (0..HOUSEHOLDS).map(|number| household(&phone, number)).collect();
    let began = Instant::now();
    let up = phone.sync().unwrap();
    let up_time = began.elapsed();
    let began = Instant::now();
    let down = reader.sync().unwrap();
    let down_time = began.elapsed();
    phone = reopened(phone);
    let limit = zstd_of_saved(&mut phone);
    tell_pages("up", up.bytes_up, &up, up_time, limit);
    tell_pages("down", down.bytes_down, &down, down_time, limit);
    one_edit(&phone, &cases[0]);
    hundred_edits(&phone, &cases);
    idle(&phone);
    reader.switch_off();
}

fn reopened(mut phone: Phone) -> Phone {
    phone.kill_and_reopen();
    phone
}

fn compiled() -> Vec<u8> {
    ruhu_formats::read_workbook(BENCH_FORM).unwrap().form.to_bytes()
}

/// A household as a caseworker leaves it after a visit.
fn household(phone: &Phone, number: usize) -> String {
    let mut random = fastrand::Rng::with_seed(number as u64);
    let new = NewCase {
        name: name(&mut random),
        division: VILLAGE.into(),
        address: format!("柳树胡同{}号院{}门", random.u32(1..200), random.u32(1..40)),
        phone: Some(format!("1380000{:04}", random.u32(0..10_000))),
        idno: None,
    };
    let case = phone.device().case_new(new).unwrap().id;
    let visit = phone.device().visit_start(&case, "bench").unwrap().id;
    let device = phone.device();
    let answer = |path: &str, value: String| drop(device.visit_answer(&visit, path, &value).unwrap());
    answer("members_real", random.u32(1..8).to_string());
    answer("house_type", ["self", "rent", "danger"][random.usize(0..3)].into());
    answer("house_area", format!("{}.5", random.u32(20..160)));
    answer("monthly_spend", format!("{}.{}", random.u32(300..4_000), random.u32(0..10)));
    answer("income_year", random.u32(0..60_000).to_string());
    for text in ["cause", "need", "remark"] {
        answer(text, sentence(&mut random));
    }
    for fact in 0..38 {
        let value = match fact % 5 {
            0 => sentence(&mut random),
            1 => random.u32(0..1_000).to_string(),
            2 => format!("{}.{}", random.u32(0..900), random.u32(1..10)),
            3 => ["yes", "no"][random.usize(0..2)].into(),
            _ => format!("2026-{:02}-{:02}", random.u32(1..12), random.u32(1..28)),
        };
        answer(&format!("fact_{fact:02}"), value);
    }
    device.visit_save(&visit).unwrap();
    case
}

fn name(random: &mut fastrand::Rng) -> String {
    let family = ["张", "王", "李", "赵", "陈", "周", "吴"][random.usize(0..7)];
    let given = ["秀英", "建国", "桂兰", "志强", "玉梅", "德福", "小兰"][random.usize(0..7)];
    format!("{family}{given}")
}

fn sentence(random: &mut fastrand::Rng) -> String {
    let parts =
        ["老人卧床", "屋顶漏雨", "在校读书", "长期服药", "外出务工", "行动不便", "已有低保", "需要照护"];
    (0..random.usize(1..4)).map(|_| parts[random.usize(0..parts.len())]).collect::<Vec<_>>().join("，")
}

/// The zstd size of all saved documents in one stream: what they cost without signatures, receipts
/// and the right to arrive one by one.
fn zstd_of_saved(phone: &mut Phone) -> usize {
    let store = Store::open(phone.switch_off(), &StoreKey::from_bytes(KEY)).unwrap();
    let rows = store.read(|tx| tx.documents(None, u32::MAX)).unwrap();
    let saved: Vec<u8> = rows.into_iter().flat_map(|row| row.saved).collect();
    drop(store);
    let size = zstd::bulk::compress(&saved, 9).unwrap().len();
    phone.kill_and_reopen();
    size
}

fn tell_pages(way: &str, bytes: u64, report: &SyncReport, time: Duration, limit: usize) {
    let aim = limit as f64 * 1.3;
    row(
        &format!("{HOUSEHOLDS} households {way}, body bytes"),
        &format!("{bytes}"),
        &format!("1.3 × zstd of saved = {aim:.0}"),
        bytes as f64 / aim,
    );
    let pages = bytes.div_ceil(PAGE_BYTES);
    row(
        &format!("{HOUSEHOLDS} households {way}, round trips"),
        &format!("{} in {:.2} s", report.rounds, time.as_secs_f64()),
        &format!("{pages} pages of 512 KB"),
        f64::from(report.rounds) / pages as f64,
    );
}

fn one_edit(phone: &Phone, case: &str) {
    resolve_remark(phone, case, 1);
    let report = phone.sync().unwrap();
    row(
        "one field edited up, body bytes",
        &report.bytes_up.to_string(),
        "300",
        report.bytes_up as f64 / 300.0,
    );
}

/// One field of a household, and nothing else: what correcting a value costs.
fn resolve_remark(phone: &Phone, case: &str, number: usize) {
    phone.device().case_set(case, "case/remark", &format!("更正{number}")).unwrap();
}

fn hundred_edits(phone: &Phone, cases: &[String]) {
    for (number, case) in cases.iter().take(EDITS).enumerate() {
        resolve_remark(phone, case, number + 2);
    }
    let began = Instant::now();
    let report = phone.sync().unwrap();
    row(
        &format!("{EDITS} fields of {EDITS} households up, body bytes"),
        &format!("{} in {:.2} s", report.bytes_up, began.elapsed().as_secs_f64()),
        "15360",
        report.bytes_up as f64 / 15_360.0,
    );
}

fn idle(phone: &Phone) {
    let report = phone.sync().unwrap();
    let bytes = report.bytes_up + report.bytes_down;
    row("idle reconnect, body bytes up and down", &bytes.to_string(), "300", bytes as f64 / 300.0);
}
