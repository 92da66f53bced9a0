//! The figures as tables in Markdown.

use serde_json::{Map, Value};

const OURS: &str = "ruhu-form";

/// Where a result has a figure, if it has it.
type Find = Box<dyn Fn(&Value) -> Option<f64>>;

/// A row: what it is called, in which unit, and where a result has it.
struct Figure {
    name: String,
    unit: &'static str,
    find: Find,
}

/// All tables, and the aims.
pub fn lines(figures: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    for form in figures["forms"].as_array().into_iter().flatten() {
        let (Some(title), Some(results)) = (form["title"].as_str(), form["results"].as_object()) else {
            continue;
        };
        lines.extend([String::new(), format!("**{title}**"), String::new()]);
        lines.extend(table(results));
    }
    lines.push(String::new());
    for engine in figures["engines"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        lines.push(format!("- {engine}"));
    }
    lines
}

fn table(results: &Map<String, Value>) -> Vec<String> {
    let Some(ours) = results.get(OURS) else { return Vec::new() };
    let peers: Vec<(&String, &Value)> = results.iter().filter(|(name, _)| *name != OURS).collect();
    let heads: String = peers.iter().map(|(name, _)| format!(" {name} | × |")).collect();
    let rule: String = peers.iter().map(|_| "---|---|").collect();
    let mut lines = vec![format!("| figure | {OURS} |{heads}"), format!("|---|---|{rule}")];
    for figure in figures(ours) {
        let Some(measured) = (figure.find)(ours) else { continue };
        let cells: String = peers.iter().map(|(_, result)| beside(&figure, measured, result)).collect();
        lines.push(format!("| {} | {} |{cells}", figure.name, with_unit(measured, figure.unit)));
    }
    let same: String = peers.iter().map(|(_, result)| format!(" {} | |", sameness(result))).collect();
    lines.push(format!("| answers at the end | {} |{same}", sameness(ours)));
    lines
}

/// A peer's figure, and how many times ours it is.
fn beside(figure: &Figure, ours: f64, peer: &Value) -> String {
    match (figure.find)(peer) {
        Some(theirs) => format!(" {} | {:.1} |", with_unit(theirs, figure.unit), theirs / ours),
        None => " – | |".to_owned(),
    }
}

fn with_unit(number: f64, unit: &str) -> String {
    let digits = match number {
        number if number < 10.0 => 2,
        number if number < 100.0 => 1,
        _ => 0,
    };
    format!("{number:.digits$} {unit}")
}

fn sameness(result: &Value) -> String {
    let play = &result["play"];
    match (play["final_answers"].as_u64(), play["differing"].as_u64()) {
        (Some(count), Some(0)) => format!("{count}, the same"),
        (Some(count), Some(differing)) => format!("{count}, {differing} other"),
        _ => match (play["done"].as_u64(), play["of"].as_u64()) {
            (Some(done), Some(of)) => format!("cut off after {done} of {of} steps"),
            _ => "–".to_owned(),
        },
    }
}

fn figures(ours: &Value) -> Vec<Figure> {
    let figure = |name: &str, unit, pointer: &'static str| Figure {
        name: name.to_owned(),
        unit,
        find: Box::new(move |result: &Value| result.pointer(pointer)?.as_f64()),
    };
    let mut figures = vec![
        figure("load: workbook (peers: XForm), the first", "ms", "/load/first_ms"),
        figure("load: workbook (peers: XForm), warm", "ms", "/load/median_ms"),
        xform("load: XForm, the first", "first_ms"),
        xform("load: XForm, warm", "median_ms"),
        figure("load: compiled before, the first", "ms", "/load_compiled/first_ms"),
        figure("load: compiled before, warm", "ms", "/load_compiled/median_ms"),
    ];
    let adds = |result: &Value| Some(result.pointer("/play/adds/p50_us")?.as_f64()? / 1_000.0);
    figures.push(Figure { name: "grow to 200 members".into(), unit: "ms", find: Box::new(adds) });
    for select in ours["play"]["sets"].as_object().into_iter().flat_map(Map::keys) {
        figures.extend(["p50", "p99", "mean"].map(|which| answer(select, which)));
    }
    figures.push(Figure { name: "memory at its peak, over idle".into(), unit: "MB", find: Box::new(memory) });
    figures
}

/// Ours reads XForms too; the peers read nothing else.
fn xform(name: &str, key: &'static str) -> Figure {
    let find = move |result: &Value| {
        let load = Some(&result["load_xform"]).filter(|load| load.is_object());
        let load = load.or_else(|| Some(&result["load"]).filter(|_| result["reads_xforms"] == true))?;
        load.get(key)?.as_f64()
    };
    Figure { name: name.to_owned(), unit: "ms", find: Box::new(find) }
}

fn answer(select: &str, which: &'static str) -> Figure {
    let what = match select.rsplit('/').next().unwrap_or("") {
        "" => "one answer".to_owned(),
        select => format!("one answer and the choices of {select}"),
    };
    let select = select.to_owned();
    let key = format!("{which}_us");
    let find = move |result: &Value| result["play"]["sets"].get(&select)?.get(&key)?.as_f64();
    Figure { name: format!("{what}, {which}"), unit: "µs", find: Box::new(find) }
}

fn memory(result: &Value) -> Option<f64> {
    let peak = result.pointer("/memory/peak_kb")?.as_f64()?;
    Some((peak - result.pointer("/idle/peak_kb")?.as_f64()?) / 1_024.0)
}

#[cfg(test)]
mod unit {
    use super::*;
    use serde_json::json;

    fn result(load: f64, p50: f64, differing: u64) -> Value {
        json!({
            "idle": { "peak_kb": 1_024 },
            "load": { "first_ms": load, "median_ms": load },
            "memory": { "peak_kb": 3_072 },
            "play": {
                "sets": { "": { "p50_us": p50, "p99_us": p50, "mean_us": p50 } },
                "final_answers": 7, "differing": differing,
            },
        })
    }

    #[test]
    fn a_peer_stands_beside_ours_with_how_many_times_it_takes_and_whether_it_agrees() {
        let results = json!({ OURS: result(2.0, 4.0, 0), "JavaRosa": result(20.0, 12.0, 1) });
        let table = table(results.as_object().unwrap_or(&Map::new()));
        assert!(
            table.contains(&"| load: workbook (peers: XForm), warm | 2.00 ms | 20.0 ms | 10.0 |".to_owned()),
            "{table:?}"
        );
        assert!(table.contains(&"| one answer, p50 | 4.00 µs | 12.0 µs | 3.0 |".to_owned()), "{table:?}");
        assert!(
            table.contains(&"| answers at the end | 7, the same | 7, 1 other | |".to_owned()),
            "{table:?}"
        );
    }

    #[test]
    fn a_peer_that_was_cut_off_says_how_far_it_came() {
        let cut = json!({ "play": { "done": 40, "of": 1_500 } });
        assert_eq!(sameness(&cut), "cut off after 40 of 1500 steps");
    }
}
