//! Files of expression vectors: an expression, a document, and the value that
//! engines agree on, or what each of them gave.
//!
//! The format is that of `tests/conformance/xpath/ruhu.json`: `docs` holds
//! documents as `[name, {attributes}?, text or child...]`; each vector has `id`,
//! `expr`, `tier`, `scope`, `check`, `expected` and, where they matter, `doc` and
//! `ctx` (the context node), `tz` and `factor`. Other fields are left alone.

mod check;
mod document;
mod place;
mod reasons;
mod rules;
mod traces;
mod vectors;
mod zone;

use check::Verdict;
use document::Document;
use ruhu_text::{Explain, Explanation};
use ruhu_xpath::Environment;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use thiserror::Error;
pub use traces::{Difference, TraceReport, run_traces};
use vectors::{File, Vector};

/// The largest file that is read, in bytes.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;

/// 2026-11-21T19:00:00Z, the day the vectors were recorded on; in all zones
/// from UTC-19 to UTC+4 it is that day. `today()` and `now()` are free.
const RECORDED_MS: i64 = 1_795_287_600_000;

/// Why a file of vectors cannot be run.
#[derive(Debug, Error)]
pub enum ConformanceError {
    /// The file is larger than [`MAX_BYTES`].
    #[error("the file is larger than {} MB", MAX_BYTES / 1024 / 1024)]
    TooLarge,
    /// The file is no JSON of this format, or nested too deep.
    #[error("the file is not a file of vectors: {0}")]
    Malformed(#[from] serde_json::Error),
    /// The time of a recording cannot be read.
    #[error("the clock “{clock}” is not a date and time with an offset")]
    BadClock {
        /// As it stands in the file.
        clock: String,
    },
    /// A document is not `[name, {attributes}?, text or child...]`.
    #[error("the document “{key}” is not a tree of [name, {{attributes}}?, text or child...]")]
    BadDocument {
        /// Its key in `docs`.
        key: String,
    },
}

impl Explain for ConformanceError {
    fn code(&self) -> &'static str {
        match self {
            ConformanceError::TooLarge => "recording_too_large",
            ConformanceError::Malformed(_) => "recording_malformed",
            ConformanceError::BadClock { .. } => "recording_clock",
            ConformanceError::BadDocument { .. } => "recording_document",
        }
    }

    fn explain(&self) -> Explanation {
        let zh = match self {
            ConformanceError::TooLarge => format!("文件超过 {} MB", MAX_BYTES / 1024 / 1024),
            ConformanceError::Malformed(error) => format!("文件不是向量或记录文件：{error}"),
            ConformanceError::BadClock { clock } => format!("时钟“{clock}”不是带时差的日期时间"),
            ConformanceError::BadDocument { key } => format!("文档“{key}”不是由名字、属性和内容组成的树"),
        };
        Explanation::new(zh, self.to_string())
    }
}

/// How a vector came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The value is the expected one.
    Passed,
    /// It is another, or there is none.
    Failed,
    /// The engine says that it does not support the expression.
    Refused,
}

/// One vector that was run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VectorResult {
    /// Its id in the file.
    pub id: String,
    /// How it came out.
    pub outcome: Outcome,
    /// The value, as text; an error's or refusal's text.
    pub got: String,
    /// The value or values that would have passed, as text.
    pub expected: String,
    /// The expression.
    pub expr: String,
    /// The tier.
    pub tier: String,
    /// The scope.
    pub scope: String,
    /// For a vector that did not pass: the engines that gave what was got.
    pub agrees: Vec<String>,
    /// For a vector that did not pass: the rule of the guide to expressions
    /// that says why.
    pub rule: Option<u8>,
}

/// The results of one tier and scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The tier: A, B, C or D.
    pub tier: String,
    /// The scope: odk, ext, odk-form or xpath1.
    pub scope: String,
    /// How many vectors there are.
    pub total: usize,
    /// How many passed.
    pub passed: usize,
    /// How many did not.
    pub failed: usize,
    /// How many the engine refused.
    pub refused: usize,
}

/// What a run of a file gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VectorReport {
    /// All vectors in the order of the file.
    pub vectors: Vec<VectorResult>,
    /// Counts by tier and scope, in their order.
    pub summary: Vec<Summary>,
}

impl VectorReport {
    /// Whether all vectors of tier A, scope odk passed: what all engines agree
    /// on for the functions that forms use.
    pub fn holds(&self) -> bool {
        let binding = |vector: &&VectorResult| vector.tier == "A" && vector.scope == "odk";
        self.vectors.iter().filter(binding).all(|vector| vector.outcome == Outcome::Passed)
    }
}

/// Runs all vectors of a file.
///
/// # Errors
/// When the text is no file of vectors; a vector that cannot be run is failed
/// or refused.
pub fn run_vectors(text: &str) -> Result<VectorReport, ConformanceError> {
    if text.len() > MAX_BYTES {
        return Err(ConformanceError::TooLarge);
    }
    let file: File = serde_json::from_str(text)?;
    let mut paths = file.paths();
    let mut documents = HashMap::new();
    for (key, tree) in &file.docs {
        let document = Document::read(tree, &paths.remove(key.as_str()).unwrap_or_default())
            .ok_or_else(|| ConformanceError::BadDocument { key: key.clone() })?;
        documents.insert(key.as_str(), document);
    }
    let empty = Document::empty();
    let vectors: Vec<VectorResult> =
        file.vectors.iter().map(|vector| run(vector, &documents, &empty)).collect();
    Ok(VectorReport { summary: summary(&vectors), vectors })
}

fn run(vector: &Vector, documents: &HashMap<&str, Document>, empty: &Document) -> VectorResult {
    let verdict = judge(vector, documents, empty);
    let passed = verdict.outcome == Outcome::Passed;
    VectorResult {
        id: vector.id.clone(),
        outcome: verdict.outcome,
        expected: vectors::plain(&vector.expected),
        expr: vector.expr.clone(),
        tier: vector.tier.clone(),
        scope: vector.scope.clone(),
        agrees: if passed { Vec::new() } else { rules::agreeing(vector, &verdict) },
        rule: if passed { None } else { rules::rule(vector) },
        got: verdict.got,
    }
}

fn judge(vector: &Vector, documents: &HashMap<&str, Document>, empty: &Document) -> Verdict {
    let document = match &vector.doc {
        None => empty,
        Some(key) => match documents.get(key.as_str()) {
            Some(document) => document,
            None => return Verdict::refused(format!("no document “{key}”")),
        },
    };
    let Some(offset) = zone::offset_minutes(vector.tz.as_deref().unwrap_or("UTC")) else {
        return Verdict::refused(
            "a zone with summer time: the engine counts with one offset from UTC".into(),
        );
    };
    let Some(context) = document.place(vector.ctx.as_deref().unwrap_or("/")) else {
        return Verdict::refused("the context node is not in the document".into());
    };
    let environment = Environment { now_ms: RECORDED_MS, utc_offset_minutes: offset, seed: 1 };
    check::check(vector, document, context, environment)
}

fn summary(vectors: &[VectorResult]) -> Vec<Summary> {
    let mut counts: BTreeMap<(&str, &str), Summary> = BTreeMap::new();
    for vector in vectors {
        let count = counts.entry((&vector.tier, &vector.scope)).or_insert_with(|| Summary {
            tier: vector.tier.clone(),
            scope: vector.scope.clone(),
            total: 0,
            passed: 0,
            failed: 0,
            refused: 0,
        });
        count.total += 1;
        match vector.outcome {
            Outcome::Passed => count.passed += 1,
            Outcome::Failed => count.failed += 1,
            Outcome::Refused => count.refused += 1,
        }
    }
    counts.into_values().collect()
}
