//! Our engine under the clock.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ruhu_form::{Form, QuestionKind, Session};
use ruhu_formats::{read_workbook, read_xform};
use serde_json::{Value, json};

use crate::environment;
use crate::script::{self, Step, positional};

/// Reads a workbook, or an XForm.
pub fn read(path: &Path) -> Form {
    let bytes = std::fs::read(path).unwrap();
    let reading = match path.extension().and_then(|extension| extension.to_str()) {
        Some("xml") => read_xform(&bytes),
        _ => read_workbook(&bytes),
    };
    reading.unwrap().form
}

fn ready(form: Form) -> Session {
    Session::new(Arc::new(form), environment())
}

/// From the file to a session that takes answers: the first time in this process, and the median.
pub fn load(path: &Path, times: usize) -> Value {
    timed(times, || ready(read(path)))
}

/// The same from the bytes that a phone keeps of a form that it has read once.
pub fn load_compiled(path: &Path, times: usize) -> Value {
    let kept = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(kept.path(), read(path).to_bytes()).unwrap();
    timed(times, || ready(Form::from_bytes(&std::fs::read(kept.path()).unwrap()).unwrap()))
}

fn timed(times: usize, work: impl Fn() -> Session) -> Value {
    let once = |_| {
        let began = Instant::now();
        let session = work();
        let time = began.elapsed();
        drop(black_box(session));
        time
    };
    let mut all: Vec<Duration> = (0..times).map(once).collect();
    let first = all[0];
    json!({ "first_ms": ms(first), "median_ms": ms(percentile(&mut all, 50)) })
}

/// Plays the script on fresh sessions: one round to warm up, then as many as fit, at least one.
pub fn play(form: &Path, script: &Path, seconds: u64) -> Value {
    let form = Arc::new(read(form));
    let steps = script::from_json(&std::fs::read_to_string(script).unwrap());
    let warm = round(&form, &steps);
    let ends = Instant::now() + Duration::from_secs(seconds);
    let mut times = Times::default();
    let mut rounds = 0;
    while rounds == 0 || Instant::now() < ends {
        times.extend(round(&form, &steps).0);
        rounds += 1;
    }
    let mut told = times.tell();
    told["rounds"] = json!(rounds);
    told["state"] = json!(state(&warm.1));
    told["volatile"] = json!(volatile(&form));
    told
}

/// Loads, plays once, and tells the most memory that the process had.
pub fn memory(form: &Path, script: &Path) -> Value {
    let steps = script::from_json(&std::fs::read_to_string(script).unwrap());
    let form = Arc::new(read(form));
    let (_, session) = round(&form, &steps);
    let told = idle();
    drop(black_box(session));
    told
}

/// The memory of the process, in kB: the most it had, and what it has.
pub fn idle() -> Value {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = |name: &str| -> Option<u64> {
        status.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
    };
    json!({ "peak_kb": field("VmHWM:"), "now_kb": field("VmRSS:") })
}

/// Times of one kind of step each.
#[derive(Debug, Default)]
struct Times {
    /// All instances of one step together.
    adds: Vec<Duration>,
    /// Answers, by the select whose choices were wanted after them; empty for none.
    sets: BTreeMap<String, Vec<Duration>>,
}

impl Times {
    fn extend(&mut self, other: Times) {
        self.adds.extend(other.adds);
        for (select, times) in other.sets {
            self.sets.entry(select).or_default().extend(times);
        }
    }

    fn tell(&mut self) -> Value {
        let sets: BTreeMap<&String, Value> =
            self.sets.iter_mut().map(|(select, times)| (select, spread(times))).collect();
        json!({ "adds": spread(&mut self.adds), "sets": sets })
    }
}

fn spread(times: &mut [Duration]) -> Value {
    if times.is_empty() {
        return Value::Null;
    }
    let us = |time: Duration| time.as_secs_f64() * 1e6;
    let mean = us(times.iter().sum::<Duration>()) / times.len() as f64;
    json!({
        "count": times.len(),
        "p50_us": us(percentile(times, 50)),
        "p99_us": us(percentile(times, 99)),
        "max_us": us(percentile(times, 100)),
        "mean_us": mean,
    })
}

fn round(form: &Arc<Form>, steps: &[Step]) -> (Times, Session) {
    let mut session = Session::new(form.clone(), environment());
    let mut times = Times::default();
    for step in steps {
        match step {
            Step::Add { repeat, count } => {
                let began = Instant::now();
                for number in 2..count + 2 {
                    drop(black_box(session.add_repeat(repeat, &number.to_string()).unwrap()));
                }
                times.adds.push(began.elapsed());
            }
            Step::Set { path, value, measured, offers } => {
                let began = Instant::now();
                let changed = session.answer(path, value);
                let offered = offers.as_ref().map(|(select, _)| session.node(select).unwrap().choices);
                let time = began.elapsed();
                drop(black_box(changed.unwrap()));
                if let (Some((select, count)), Some(offered)) = (offers, offered) {
                    assert_eq!(offered.len(), *count, "choices of {select}");
                }
                if *measured {
                    let select = offers.as_ref().map_or("", |(select, _)| select);
                    times.sets.entry(select.to_owned()).or_default().push(time);
                }
            }
        }
    }
    (times, session)
}

/// The answers that count at the end: all engines must have the same.
fn state(session: &Session) -> BTreeMap<String, String> {
    session.answers().into_iter().map(|field| (positional(&field.path), field.value)).collect()
}

/// What differs between two runs because time goes on.
fn volatile(form: &Form) -> Vec<&str> {
    let clocks = [QuestionKind::Start, QuestionKind::End, QuestionKind::Today];
    form.questions()
        .iter()
        .filter(|question| clocks.contains(&question.kind))
        .map(|question| question.path.as_str())
        .collect()
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    times[(times.len() * percent / 100).min(times.len() - 1)]
}
