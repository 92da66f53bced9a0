//! How cost follows size: the same work at three sizes over two decades, each in a process of its own,
//! and the exponent that fits: 1 where twice as much costs twice as much. Time is that of the processors, all
//! threads together, so that other programs on the machine change it little; beside it stands what passed on
//! a clock.

use std::fs;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use ruhu_case::{ActorId, ChangeHash, DocId, DocKind, Document, RawChange, Value, Write};
use ruhu_harness::world::{Phone, TOWNSHIP, VILLAGE, World};
use ruhu_national::DivisionScope;
use ruhu_server::hub::{Invitation, Selection};
use ruhu_sync::message::{ENROLL_LABEL, EnrollRequest};
use ruhu_sync::{
    AuthorRecord, Body, Certificate, DeviceId, DocHeader, Envelope, EnvelopeHash, KeyPair, LogClass, Page,
    Role, SyncRequest,
};

/// No exponent is to be above it.
const AIM: f64 = 1.2;
/// Peaks of memory and times that stay below these say nothing of growth.
const SMALL_BYTES: f64 = 2e6;
const SMALL_SECONDS: f64 = 0.002;
/// The least of so many repetitions counts, at each of the three sizes.
const REPETITIONS: [usize; 3] = [5, 3, 2];
/// Envelopes pushed at once, with the records of their authors.
const PUSHED: usize = 500;

/// Work at one size, measured.
type Work = fn(usize, &mut Figures);

/// What grows, at which sizes, and the work on it.
const SCENARIOS: &[(&str, [usize; 3], Work)] = &[
    ("changes in one document", [30, 300, 3_000], changes),
    ("authors in one document, each after the last", [30, 300, 3_000], authors_in_turn),
    ("authors in one document, side by side", [30, 300, 3_000], authors_side_by_side),
    ("pieces of evidence whose files exist nowhere", [30, 300, 3_000], evidence),
    ("envelopes in quarantine", [30, 300, 3_000], quarantined),
    ("changes that wait for nothing", [500, 5_000, 50_000], waiting),
    ("losers issued again", [10, 100, 1_000], reissued),
];

/// What one piece of work took.
#[derive(Clone, Copy)]
struct Figure {
    /// Seconds of all processors, or bytes.
    cost: f64,
    /// Seconds on the clock; none for memory.
    clock: f64,
}

/// What one process measured.
#[derive(Default)]
pub struct Figures(Vec<(&'static str, Figure)>);

impl Figures {
    fn time<T>(&mut self, name: &'static str, act: impl FnOnce() -> T) -> T {
        let (began, spent) = (Instant::now(), ProcessTime::now());
        let value = act();
        let (cost, clock) = (spent.elapsed().as_secs_f64(), began.elapsed().as_secs_f64());
        self.0.push((name, Figure { cost, clock }));
        value
    }

    /// Measures the peak of memory from here on.
    fn begin(&mut self) -> f64 {
        // 5: the highest mark of memory begins anew (proc(5)).
        fs::write("/proc/self/clear_refs", "5").unwrap();
        memory("VmRSS:")
    }

    fn peak(&mut self, before: f64) {
        self.0.push((PEAK, Figure { cost: memory("VmHWM:") - before, clock: 0.0 }));
    }
}

const PEAK: &str = "peak of memory";

fn memory(what: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(what)).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() * 1024.0
}

/// Does the work of one scenario at one size and prints what it took; for the process that compares.
pub fn point(scenario: usize, size: usize) {
    let mut figures = Figures::default();
    SCENARIOS[scenario].2(size, &mut figures);
    for (name, figure) in figures.0 {
        println!("{name}\t{}\t{}", figure.cost, figure.clock);
    }
}

/// Measures every scenario at each size, or the one of this number, and prints the table. Fails when an
/// exponent is above the aim.
pub fn measure(only: Option<usize>) -> ExitCode {
    println!("| n | work | at n₁ | at n₂ | at n₃ | n₃, by the clock | exponent | of the last decade | aim |");
    println!("|---|---|---|---|---|---|---|---|---|");
    let mut above = Vec::new();
    for (number, (name, sizes, _)) in SCENARIOS.iter().enumerate() {
        if only.is_some_and(|only| only != number) {
            continue;
        }
        let points: Vec<Vec<(String, Figure)>> =
            sizes.iter().zip(REPETITIONS).map(|(size, times)| least(number, *size, times)).collect();
        for (place, (work, _)) in points[0].iter().enumerate() {
            let figures: Vec<Figure> = points.iter().map(|point| point[place].1).collect();
            let exponent = row(&format!("{sizes:?} {name}"), work, *sizes, &figures);
            above.extend(exponent.filter(|it| *it > AIM).map(|it| format!("{name}, {work}: {it:.2}")));
        }
    }
    for what in &above {
        println!("\nAbove {AIM}: {what}");
    }
    if above.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Prints a row and gives the exponent, where the figures say something of growth.
fn row(name: &str, work: &str, sizes: [usize; 3], figures: &[Figure]) -> Option<f64> {
    let is_memory = work == PEAK;
    let costs: Vec<f64> = figures.iter().map(|figure| figure.cost).collect();
    let show = |cost: f64| match is_memory {
        true => format!("{:.1} MB", cost / 1e6),
        false => seconds(cost),
    };
    let shown = costs.iter().map(|cost| show(*cost)).collect::<Vec<_>>().join(" | ");
    let clock = if is_memory { "–".to_owned() } else { seconds(figures[2].clock) };
    let exponent =
        (costs[2] > if is_memory { SMALL_BYTES } else { SMALL_SECONDS }).then(|| slope(&sizes, &costs));
    let fitted = match exponent {
        Some(all) => format!("{all:.2} | {:.2}", slope(&sizes[1..], &costs[1..])),
        None => "– | –".to_owned(),
    };
    println!("| {name} | {work} | {shown} | {clock} | {fitted} | {AIM} |");
    exponent
}

fn seconds(seconds: f64) -> String {
    format!("{:.4} s", Duration::from_secs_f64(seconds).as_secs_f64())
}

/// The least that each piece of work took in so many processes.
fn least(scenario: usize, size: usize, times: usize) -> Vec<(String, Figure)> {
    let runs = (0..times).map(|_| measured(scenario, size));
    let lesser = |one: Vec<(String, Figure)>, other: Vec<(String, Figure)>| {
        let both = one.into_iter().zip(other);
        both.map(|((name, a), (_, b))| (name, if b.cost < a.cost { b } else { a })).collect()
    };
    runs.reduce(lesser).unwrap()
}

fn measured(scenario: usize, size: usize) -> Vec<(String, Figure)> {
    let program = std::env::current_exe().unwrap();
    let arguments = ["point".to_owned(), scenario.to_string(), size.to_string()];
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let figure = |line: &str| {
        let mut parts = line.split('\t');
        let name = parts.next()?.to_owned();
        let mut number = || parts.next()?.parse().ok();
        Some((name, Figure { cost: number()?, clock: number()? }))
    };
    text.lines().filter_map(figure).collect()
}

/// The exponent that fits best: least squares on the logarithms.
fn slope(sizes: &[usize], values: &[f64]) -> f64 {
    let points: Vec<(f64, f64)> =
        sizes.iter().zip(values).map(|(n, value)| ((*n as f64).ln(), value.max(1e-9).ln())).collect();
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let over: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    over / points.iter().map(|point| (point.0 - x).powi(2)).sum::<f64>()
}

// ---- what grows ----

/// A device of the township that makes its envelopes faster than a phone.
struct Writer {
    key: KeyPair,
    certificate: Certificate,
    doc: DocId,
}

impl Writer {
    fn enroll(world: &World) -> Writer {
        let key = KeyPair::from_seed(&[77; 32]);
        let scope = DivisionScope::parse(TOWNSHIP).unwrap();
        let invitation =
            Invitation { person: "写者".into(), role: Role::Caseworker, scope, valid_ms: 3_600_000 };
        let now_ms = world.server_clock.now_ms();
        let enrolled = world.with_hub(|hub| {
            let code = hub.issue_code(invitation, "http://127.0.0.1:1", None, now_ms).unwrap();
            let signature = key.sign(ENROLL_LABEL, &code.secret);
            hub.enroll(&EnrollRequest { secret: code.secret, key: key.public().0, signature }, now_ms)
                .unwrap()
        });
        Writer { key, certificate: enrolled.certificate, doc: DocId::new(1, [3; 10]) }
    }

    fn device(&self) -> DeviceId {
        self.key.public().device_id()
    }

    fn author(&self, number: u64) -> AuthorRecord {
        let mut nonce = [0; 16];
        nonce[..8].copy_from_slice(&number.to_be_bytes());
        AuthorRecord { certificate: self.certificate.clone(), nonce }
    }

    fn header() -> DocHeader {
        DocHeader { class: LogClass::Household, division: VILLAGE.parse().unwrap(), created_at_ms: 1 }
    }

    /// One change for each envelope, all by one author, the first of which opens the household.
    fn chained(&self, changes: Vec<RawChange>) -> Vec<(u64, Envelope)> {
        let actor = self.author(0).actor();
        let mut place = (1, EnvelopeHash::NONE);
        let mut sealed = Vec::with_capacity(changes.len());
        for change in changes {
            let header = (place.0 == 1).then(Writer::header);
            let body = Body::Changes(vec![change]);
            let envelope = Envelope::sign(&self.key, self.doc, actor, place, header, body);
            place = (place.0 + 1, envelope.hash());
            sealed.push((0, envelope));
        }
        sealed
    }

    fn push(&self, world: &World, envelopes: &[(u64, Envelope)]) {
        for some in envelopes.chunks(PUSHED) {
            let mut numbers: Vec<u64> = some.iter().map(|(number, _)| *number).collect();
            numbers.dedup();
            let pushed: Vec<Envelope> = some.iter().map(|(_, envelope)| envelope.clone()).collect();
            let request = SyncRequest {
                authors: numbers.into_iter().map(|number| self.author(number)).collect(),
                push: Some(Page::pack(&pushed)),
                push_only: true,
                ..SyncRequest::default()
            };
            let now_ms = world.server_clock.now_ms();
            let answer = world.with_hub(|hub| hub.sync(self.device(), request, now_ms)).unwrap();
            assert_eq!(answer.outcomes.len(), some.len());
        }
    }
}

/// One field of a household, `case/f000000` and so on, as often as is asked for: made of the first, for
/// the engine makes each at the cost of the whole document.
struct Template {
    /// The number of its first operation.
    start: u64,
    rest: Vec<u8>,
    first: RawChange,
}

const FIRST_KEY: &[u8] = b"f000000";

impl Template {
    fn by(actor: ActorId) -> Template {
        let write = Write::Put { path: "case/f000000".into(), value: Value::Text("值".into()) };
        let made = Document::new(DocKind::Household).edit(actor, 1, &[write]).unwrap().remove(0);
        let first = RawChange::from_chunk(&made.bytes).unwrap();
        let body = first.body();
        let contents = &body[if body[1] & 0x80 == 0 { 2 } else { 3 }..];
        // One dependency, the actor with its length, a number of one byte, the first operation of one byte.
        let after = 1 + 32 + 1 + 16 + 1;
        Template { start: contents[after].into(), rest: contents[after + 1..].to_vec(), first: first.clone() }
    }

    /// The field of this number, on top of one change that has so many before it.
    fn change(&self, number: usize, actor: ActorId, seq: u64, on: ChangeHash, before: usize) -> RawChange {
        let mut contents = [&[1], &on.0[..], &[16], &actor.0].concat();
        uleb(&mut contents, seq);
        uleb(&mut contents, self.start + before as u64);
        let mut rest = self.rest.clone();
        let place = rest.windows(FIRST_KEY.len()).position(|window| window == FIRST_KEY).unwrap();
        rest.splice(place..place + FIRST_KEY.len(), format!("f{number:06}").into_bytes());
        contents.extend(rest);
        let mut body = vec![1];
        uleb(&mut body, contents.len() as u64);
        body.extend(contents);
        RawChange::from_body(&body)
    }
}

fn uleb(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(0x80 | (number & 0x7f) as u8);
        number >>= 7;
    }
    bytes.push(number as u8);
}

// ---- the work ----

fn chain(writer: &Writer, size: usize) -> Vec<(u64, Envelope)> {
    let actor = writer.author(0).actor();
    let template = Template::by(actor);
    let mut changes = vec![template.first.clone()];
    for number in 1..size {
        let on = changes[number - 1].hash();
        changes.push(template.change(number, actor, number as u64 + 1, on, number));
    }
    writer.chained(changes)
}

/// The server takes a household, a colleague fetches it, looks at it, writes into it, and gives that.
fn worked_on(figures: &mut Figures, size: usize, make: impl FnOnce(&Writer) -> Vec<(u64, Envelope)>) {
    let mut world = World::new(9);
    let writer = Writer::enroll(&world);
    let phone = world.caseworker("同事");
    phone.sync().unwrap();
    let envelopes = make(&writer);
    let before = figures.begin();
    figures.time("the server takes them", || writer.push(&world, &envelopes));
    looked_at(figures, &phone, &writer.doc.to_string(), size);
    figures.peak(before);
}

fn looked_at(figures: &mut Figures, phone: &Phone, case: &str, size: usize) {
    figures.time("a colleague fetches them", || while phone.sync().unwrap().unfinished {});
    let view = figures.time("the household is shown", || phone.device().case_show(case).unwrap());
    assert!(view.changes as usize >= size.min(view.changes as usize) && view.changes > 0);
    figures.time("one more field is saved", || phone.device().case_set(case, "case/remark", "好").unwrap());
    figures.time("that is sent", || phone.sync().unwrap());
}

fn changes(size: usize, figures: &mut Figures) {
    worked_on(figures, size, |writer| chain(writer, size));
}

fn by_authors(
    writer: &Writer,
    size: usize,
    on: impl Fn(&[ChangeHash]) -> (ChangeHash, usize),
) -> Vec<(u64, Envelope)> {
    let opener = writer.author(0).actor();
    let template = Template::by(opener);
    let mut sealed = writer.chained(vec![template.first.clone()]);
    let mut made = vec![template.first.hash()];
    for number in 1..size {
        let actor = writer.author(number as u64).actor();
        let (under, before) = on(&made);
        let change = template.change(number, actor, 1, under, before);
        made.push(change.hash());
        let body = Body::Changes(vec![change]);
        let envelope = Envelope::sign(&writer.key, writer.doc, actor, (1, EnvelopeHash::NONE), None, body);
        sealed.push((number as u64, envelope));
    }
    sealed
}

fn authors_in_turn(size: usize, figures: &mut Figures) {
    worked_on(figures, size, |writer| by_authors(writer, size, |made| (made[made.len() - 1], made.len())));
}

fn authors_side_by_side(size: usize, figures: &mut Figures) {
    worked_on(figures, size, |writer| by_authors(writer, size, |made| (made[0], 1)));
}

fn evidence(size: usize, figures: &mut Figures) {
    worked_on(figures, size, |writer| {
        let text = |path: String, text: String| Write::Put { path, value: Value::Text(text) };
        let writes: Vec<Write> = (0..size)
            .flat_map(|number| {
                let at = |key: &str| format!("evidence/e{number:06}/{key}");
                [
                    text(at("kind"), "photo".into()),
                    text(at("sha256"), format!("{number:064x}")),
                    text(at("order"), format!("{number:013}")),
                ]
            })
            .collect();
        let mut document = Document::new(DocKind::Household);
        let made = document.edit(writer.author(0).actor(), 1, &writes).unwrap();
        writer.chained(made.iter().map(|change| RawChange::from_chunk(&change.bytes).unwrap()).collect())
    });
}

fn quarantined(size: usize, figures: &mut Figures) {
    let world = World::new(9);
    let writer = Writer::enroll(&world);
    let envelopes = chain(&writer, size + 1);
    writer.push(&world, &envelopes[..1]);
    let now_ms = world.server_clock.now_ms();
    world.with_hub(|hub| hub.revoke(writer.device(), None, now_ms)).unwrap();
    let before = figures.begin();
    figures.time("the server keeps them apart", || writer.push(&world, &envelopes[1..]));
    let listed = figures.time("they are listed", || world.with_hub(|hub| hub.quarantine())).unwrap();
    assert_eq!(listed.len(), size);
    let all = Selection::Device(writer.device());
    let shown = figures
        .time("they are shown with their content", || {
            world.with_hub(|hub| hub.quarantine_content(&all, now_ms))
        })
        .unwrap();
    assert_eq!(shown.len(), size);
    let admitted =
        figures.time("they are admitted", || world.with_hub(|hub| hub.admit(&all, now_ms))).unwrap();
    assert_eq!(admitted.envelopes, size, "{:?}", admitted.left.first());
    figures.peak(before);
}

/// A colleague's phone meets changes that stand on one that no phone takes.
fn waiting(size: usize, figures: &mut Figures) {
    let mut world = World::new(9);
    let writer = Writer::enroll(&world);
    let phone = world.caseworker("同事");
    phone.sync().unwrap();
    let actor = writer.author(0).actor();
    let template = Template::by(actor);
    // Its operations have numbers that no past has.
    let ground = template.change(1, actor, 2, template.first.hash(), 5_000);
    let lacks = ground.hash();
    let mut place = (1, EnvelopeHash::NONE);
    let mut seal = |changes: Vec<RawChange>| {
        let header = (place.0 == 1).then(Writer::header);
        let envelope = Envelope::sign(&writer.key, writer.doc, actor, place, header, Body::Changes(changes));
        place = (place.0 + 1, envelope.hash());
        (0, envelope)
    };
    let mut envelopes = vec![seal(vec![template.first.clone()]), seal(vec![ground])];
    let numbers: Vec<usize> = (0..size).collect();
    for some in numbers.chunks(100) {
        let on_it = |number: &usize| template.change(*number, actor, *number as u64 + 3, lacks, 5_001);
        envelopes.push(seal(some.iter().map(on_it).collect()));
    }
    for some in envelopes.chunks(50) {
        writer.push(&world, some);
    }
    let before = figures.begin();
    looked_at(figures, &phone, &writer.doc.to_string(), 1);
    figures.time("they are told", || phone.device().not_yet_safe().unwrap());
    figures.peak(before);
}

/// A copied phone writes under a name that the other one has used since.
fn reissued(size: usize, figures: &mut Figures) {
    let mut world = World::new(9);
    let mut phone = world.caseworker("本人");
    let case = phone.new_case("张三");
    phone.sync().unwrap();
    let copy = world.clone_phone(&mut phone);
    copy.device().case_set(&case, "case/remark", "另一部").unwrap();
    copy.sync().unwrap();
    for number in 0..size {
        phone.device().case_set(&case, "case/remark", &format!("第{number}次")).unwrap();
    }
    let before = figures.begin();
    let report = figures.time("they are issued again", || phone.sync().unwrap());
    assert_eq!(report.reissued as usize, size);
    figures.peak(before);
}
