//! Recorded traces of other engines: does this one do the same with a form?

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ruhu_conformance::{Difference, TraceReport, run_traces};
use ruhu_text::Lang;
use serde_json::{Value, json};

use crate::commands::xpath::read;
use crate::commands::{Outcome, forms};
use crate::failure::Failure;
use crate::output::Output;

/// `ruhu form run`. Findings are differences without a reason.
pub fn run(form: &Path, trace: &Path, output: &mut Output) -> Result<Outcome, Failure> {
    let text = read(trace)?;
    let began = Instant::now();
    let reading = forms::read_form(form)?;
    let load = began.elapsed();
    let name = form.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let report = run_traces(&text, &Arc::new(reading.form), &name).map_err(Failure::Vectors)?;
    match output.json() {
        true => output.value(&report_json(&name, load, &report))?,
        false => print(&name, load, &report, output)?,
    }
    Ok(if report.holds() { Outcome::Fine } else { Outcome::Findings })
}

/// Milliseconds to the thousandth.
fn ms(time: Duration) -> f64 {
    time.as_micros() as f64 / 1000.0
}

fn report_json(form: &str, load: Duration, report: &TraceReport) -> Value {
    json!({
        "form": form,
        "traces": report.traces,
        "steps": report.steps,
        "differences": report.differences,
        "ms": { "load": ms(load), "run": ms(report.run) },
    })
}

fn print(form: &str, load: Duration, report: &TraceReport, output: &mut Output) -> Result<(), Failure> {
    let open = report.differences.iter().filter(|difference| difference.reason.is_none()).count();
    let reasoned = report.differences.len() - open;
    let (traces, steps, load, run) = (report.traces, report.steps, ms(load), ms(report.run));
    output.line(&match output.lang() {
        Lang::Zh => format!(
            "{form}：{traces} 份记录，{steps} 步；无理由的差异 {open} 处，有理由的 {reasoned} 处；读表 {load} 毫秒，运行 {run} 毫秒"
        ),
        Lang::En => format!(
            "{form}: {traces} traces, {steps} steps; {open} differences without a reason, {reasoned} with one; load {load} ms, run {run} ms"
        ),
    })?;
    if traces == 0 {
        output.line(output.pick("记录文件里没有这张表。", "The file has no trace of this form."))?;
    }
    report.differences.iter().try_for_each(|difference| describe(difference, output))
}

fn describe(difference: &Difference, output: &mut Output) -> Result<(), Failure> {
    let Difference { seed, step, node, expected, got, reason } = difference;
    let (wanted, found) = (output.pick("记录", "recorded"), output.pick("这里", "here"));
    let mut line = format!("  {seed}/{step} {node}\n    {wanted} {expected}\n    {found} {got}");
    if let Some(reason) = reason {
        line.push_str(&format!("\n    {reason}"));
    }
    output.line(&line)
}
