//! `cargo xtask bench forms`: the same forms and the same answers in several engines.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

use super::peers::{self, Engine, Pyxform};
use super::{shared_list, table};
use crate::console::{doing, print_error, print_line};
use crate::process;
use crate::workspace::{root, target};

/// How to measure
#[derive(Debug, clap::Args)]
pub struct Options {
    /// How long the answers to one form are measured in one engine, in seconds
    #[arg(long, default_value_t = 15)]
    seconds: u32,
    /// Only ours, without installing anything
    #[arg(long)]
    alone: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { seconds: 15, alone: false }
    }
}

/// How often a form is loaded.
const LOADS: &str = "21";
/// The slowest engine takes seconds for one load.
const FEW_LOADS: &str = "5";
const DEADLINE: Duration = Duration::from_secs(300);

/// A form to measure with.
struct Subject {
    name: &'static str,
    title: &'static str,
}

const SUBJECTS: [Subject; 3] = [
    Subject { name: "whova", title: "WHO verbal autopsy, 530 questions" },
    Subject { name: "roster", title: "Household roster, 200 members of 30 questions" },
    Subject { name: "villages", title: "One choice of 5,000 villages, narrowed by other answers" },
];

/// Measures, prints the tables, and writes all figures to `bench/forms.json` in the target folder.
pub fn run(options: &Options) -> Result<()> {
    let ours = peers::ours()?;
    let folder = target()?.join("bench/forms");
    std::fs::create_dir_all(&folder)?;
    write_forms(&folder)?;
    let shared = shared_list::measure(&ours, &folder)?;
    let mut engines = vec![ours];
    if !options.alone {
        engines.extend(others(&folder));
    }
    let measured: Vec<Value> =
        SUBJECTS.iter().map(|subject| measure(&engines, subject, &folder, options)).collect::<Result<_>>()?;
    let about: Vec<&str> = engines.iter().map(|engine| engine.about.as_str()).collect();
    let figures = json!({ "engines": about, "machine": machine(), "forms": measured, "shared_list": shared });
    let file = folder.with_file_name("forms.json");
    std::fs::write(&file, serde_json::to_string_pretty(&figures)?)?;
    let tables = table::lines(&figures).into_iter().chain(shared_list::lines(&figures["shared_list"]));
    tables.for_each(|line| print_line(&line));
    doing(&format!("all figures: {}", file.display()));
    Ok(())
}

/// Workbooks and the answers to give.
fn write_forms(folder: &Path) -> Result<()> {
    std::fs::copy(root()?.join("tests/peers/forms/whova_form.xlsx"), folder.join("whova.xlsx"))?;
    let program = target()?.join("measure/ruhu-form-bench");
    let do_it = |arguments: &[PathBuf]| -> Result<()> {
        let finished = process::finish(Command::new(&program).args(arguments), DEADLINE)?;
        if !finished.status.success() {
            bail!("the forms cannot be made: {}", finished.stderr);
        }
        Ok(())
    };
    do_it(&["generate".into(), folder.to_owned()])?;
    for Subject { name, .. } in &SUBJECTS {
        do_it(&["record".into(), workbook(folder, name), script(folder, name)])?;
        // What an earlier run made may be of another workbook.
        std::fs::remove_file(xform(folder, name)).or_else(absent)?;
    }
    Ok(())
}

fn absent(error: std::io::Error) -> std::io::Result<()> {
    match error.kind() {
        std::io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    }
}

fn workbook(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.xlsx"))
}

fn xform(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.xml"))
}

fn script(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.json"))
}

/// The peers that can be had; of the others it is said why not.
fn others(folder: &Path) -> Vec<Engine> {
    let pyxform = Pyxform::install().and_then(|pyxform| {
        for Subject { name, .. } in &SUBJECTS {
            pyxform.convert(&workbook(folder, name), &xform(folder, name))?;
        }
        Ok(pyxform)
    });
    let pyxform = match pyxform {
        Ok(pyxform) => pyxform,
        Err(error) => {
            print_error(&format!("only ours is measured, the peers read XForms made by pyxform: {error:#}"));
            return Vec::new();
        }
    };
    let had = [("JavaRosa", peers::javarosa(&pyxform)), ("@getodk/xforms-engine", peers::web_forms())];
    let mut engines = Vec::new();
    for (name, engine) in had {
        match engine {
            Ok(engine) => engines.push(engine),
            Err(error) => print_error(&format!("{name} is not measured: {error:#}")),
        }
    }
    engines
}

/// One form in all engines.
fn measure(engines: &[Engine], subject: &Subject, folder: &Path, options: &Options) -> Result<Value> {
    let mut results = Map::new();
    for engine in engines {
        doing(&format!("{}: {}", subject.title, engine.name));
        match in_engine(engine, subject.name, folder, options) {
            Ok(figures) => {
                results.insert(engine.name.to_owned(), figures);
            }
            // What a peer cannot do is a result; what ours cannot do is a fault.
            Err(error) if engine.reads_xforms => {
                print_error(&format!("{} fails: {error:#}", engine.name));
            }
            Err(error) => return Err(error),
        }
    }
    compare_states(&mut results)?;
    Ok(json!({ "name": subject.name, "title": subject.title, "results": results }))
}

fn in_engine(engine: &Engine, name: &str, folder: &Path, options: &Options) -> Result<Value> {
    let form = if engine.reads_xforms { xform(folder, name) } else { workbook(folder, name) };
    let form = form.to_str().context("the path of the target folder is not Unicode")?;
    let script = script(folder, name);
    let script = script.to_str().context("the path of the target folder is not Unicode")?;
    let keeps_compiled = engine.name != "xforms-engine";
    let loads = if keeps_compiled { LOADS } else { FEW_LOADS };
    let compiled = if keeps_compiled { engine.run(&["load-compiled", form, loads])? } else { Value::Null };
    let load_xform = match engine.reads_xforms {
        true => None,
        false => xform(folder, name).to_str().filter(|file| Path::new(file).is_file()).map(str::to_owned),
    };
    let load_xform = load_xform.map(|form| engine.run(&["load", &form, loads])).transpose()?;
    Ok(json!({
        "reads_xforms": engine.reads_xforms,
        "idle": engine.run(&["idle"])?,
        "load": engine.run(&["load", form, loads])?,
        "load_compiled": compiled,
        "load_xform": load_xform,
        "play": engine.run(&["play", form, script, &options.seconds.to_string()])?,
        "memory": engine.run(&["memory", form, script])?,
    }))
}

/// Whether all engines ended with the same answers; the answers themselves are not kept.
fn compare_states(results: &mut Map<String, Value>) -> Result<()> {
    let ours = results.get("ruhu-form").context("ours was not measured")?["play"].clone();
    let volatile: Vec<&str> =
        ours["volatile"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, figures) in results.iter_mut() {
        let Some(play) = figures["play"].as_object_mut() else { continue };
        play.remove("volatile");
        let (Some(state), Some(our_state)) = (play.remove("state"), ours["state"].as_object()) else {
            continue;
        };
        let Some(state) = state.as_object() else { continue };
        let differing = differing(our_state, state, &volatile);
        if !differing.is_empty() {
            let some: Vec<&str> = differing.iter().take(5).copied().collect();
            print_error(&format!("{name} ends with other answers than ours: {}", some.join(", ")));
        }
        play.insert("final_answers".into(), json!(state.len()));
        play.insert("differing".into(), json!(differing.len()));
    }
    Ok(())
}

fn differing<'a>(
    ours: &'a Map<String, Value>,
    theirs: &'a Map<String, Value>,
    volatile: &[&str],
) -> Vec<&'a str> {
    let mut paths: Vec<&str> = ours.keys().chain(theirs.keys()).map(String::as_str).collect();
    paths.sort_unstable();
    paths.dedup();
    paths.retain(|path| {
        let told_apart = volatile.contains(path) || path.contains("/meta/");
        !told_apart && ours.get(*path) != theirs.get(*path)
    });
    paths
}

/// Cores and kernel, as far as figures need them.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{} {}, {cores} cores", std::env::consts::OS, std::env::consts::ARCH)
}

#[cfg(test)]
mod unit {
    use super::*;

    fn state(answers: &[(&str, &str)]) -> Map<String, Value> {
        answers.iter().map(|(path, value)| ((*path).to_owned(), json!(value))).collect()
    }

    #[test]
    fn answers_that_differ_are_found_on_either_side_but_clocks_and_meta_are_left_out() {
        let ours = state(&[("/f/a", "1"), ("/f/b", "2"), ("/f/start", "x")]);
        let theirs = state(&[("/f/a", "1"), ("/f/c", "3"), ("/f/start", "y"), ("/f/meta/instanceID", "z")]);
        assert_eq!(differing(&ours, &theirs, &["/f/start"]), ["/f/b", "/f/c"]);
    }
}
