//! Expression vectors: how far the engine agrees with others.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use ruhu_conformance::{
    ConformanceError, MAX_BYTES, Outcome as Came, VectorReport, VectorResult, run_vectors,
};
use serde_json::{Value, json};

use crate::commands::Outcome;
use crate::failure::Failure;
use crate::output::Output;
use crate::table::Table;

/// `ruhu xpath`. Findings are vectors of tier A, scope odk that did not pass.
pub fn run(file: &Path, output: &mut Output) -> Result<Outcome, Failure> {
    let report = run_vectors(&read(file)?).map_err(Failure::Vectors)?;
    match output.json() {
        true => output.value(&report_json(&report))?,
        false => print(&report, output)?,
    }
    Ok(if report.holds() { Outcome::Fine } else { Outcome::Findings })
}

/// Reads a file no larger than the engine takes.
pub fn read(path: &Path) -> Result<String, Failure> {
    let read_error = |error: std::io::Error| Failure::Read(error.kind());
    let mut text = String::new();
    let opened = File::open(path).map_err(read_error)?;
    opened.take(MAX_BYTES as u64 + 1).read_to_string(&mut text).map_err(read_error)?;
    if text.len() > MAX_BYTES {
        return Err(Failure::Vectors(ConformanceError::TooLarge));
    }
    Ok(text)
}

fn report_json(report: &VectorReport) -> Value {
    let vectors: Vec<Value> = report.vectors.iter().map(vector_json).collect();
    json!({ "vectors": vectors, "summary": report.summary })
}

fn vector_json(vector: &VectorResult) -> Value {
    let mut object = json!({ "id": vector.id, "outcome": vector.outcome, "got": vector.got });
    if let (Some(rule), Some(fields)) = (vector.rule, object.as_object_mut()) {
        fields.insert("rule".into(), json!(rule));
    }
    object
}

fn print(report: &VectorReport, output: &mut Output) -> Result<(), Failure> {
    let mut table = match output.lang() {
        ruhu_device::Lang::Zh => Table::new(["级", "范围", "共", "通过", "未通过", "不支持"]),
        ruhu_device::Lang::En => Table::new(["tier", "scope", "total", "passed", "failed", "refused"]),
    };
    for row in &report.summary {
        let count = |number: usize| number.to_string();
        let (tier, scope) = (row.tier.clone(), row.scope.clone());
        table.row([tier, scope, count(row.total), count(row.passed), count(row.failed), count(row.refused)]);
    }
    output.table(&table)?;
    let open: Vec<&VectorResult> = report.vectors.iter().filter(|v| v.outcome != Came::Passed).collect();
    if open.is_empty() {
        return Ok(());
    }
    output.line("")?;
    open.into_iter().try_for_each(|vector| describe(vector, output))
}

fn describe(vector: &VectorResult, output: &mut Output) -> Result<(), Failure> {
    let verdict = match vector.outcome {
        Came::Passed => output.pick("通过", "passed"),
        Came::Failed => output.pick("未通过", "failed"),
        Came::Refused => output.pick("不支持", "refused"),
    };
    let (wanted, got) = (output.pick("应为", "expected"), output.pick("实为", "got"));
    let mut line = format!(
        "{} {}/{} {verdict}  {}\n    {wanted} {}\n    {got} {}",
        vector.id,
        vector.tier,
        vector.scope,
        one_line(&vector.expr),
        one_line(&vector.expected),
        one_line(&vector.got)
    );
    if !vector.agrees.is_empty() {
        line.push_str(&format!("  = {}", vector.agrees.join(", ")));
    }
    if let Some(rule) = vector.rule {
        line.push_str(&format!(
            "\n    {} {rule}",
            output.pick("依据：表达式指南，规则", "by the guide to expressions, rule")
        ));
    }
    output.line(&line)
}

/// Control characters do not reach the terminal.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
