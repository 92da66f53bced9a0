//! The engines under the clock: ours, and two that others wrote. Those are fetched when the bench
//! runs, pinned by version and hash, into the target folder; nothing of them is in the repository.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::console::doing;
use crate::machine::{self, JDK, NPM, PYTHON, version};
use crate::process;
use crate::workspace::{cargo, root, target};

/// JavaRosa's version in the jar that the pinned pyxform carries.
const JAVAROSA: &str = "5.1.0";
const JAR: &str = "pyxform/validators/odk_validate/bin/ODK_Validate.jar";
/// As `tests/peers/javarosa/requirements.txt` pins it.
const PYXFORM: &str = "4.5.0";
/// As `tests/peers/web-forms/package.json` pins it.
const XFORMS_ENGINE: &str = "0.22.0";
/// As `tests/peers/pouchdb/package.json` pins it.
const POUCHDB: &str = "9.0.0";
/// The local time of the forms, the same for all engines.
const TIME_ZONE: &str = "Asia/Shanghai";
/// No command takes longer, or it hangs.
const DEADLINE: Duration = Duration::from_secs(900);

/// An engine: a program that knows the commands of `tests/peers/README.md`.
pub struct Engine {
    /// Its name in the tables.
    pub name: &'static str,
    /// Its version and what it runs on.
    pub about: String,
    /// Whether it reads XForms; ours reads the workbook they were made from.
    pub reads_xforms: bool,
    program: PathBuf,
    arguments: Vec<OsString>,
}

impl Engine {
    /// What a command of the driver prints.
    pub fn run(&self, arguments: &[&str]) -> Result<Value> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).args(arguments).env("TZ", TIME_ZONE);
        let finished = process::finish(&mut command, DEADLINE)?;
        if !finished.status.success() {
            let why: Vec<&str> = finished.stderr.lines().take(12).collect();
            bail!("{} {}: {}", self.name, arguments.join(" "), why.join("\n"));
        }
        serde_json::from_str(&finished.stdout).with_context(|| format!("{} answers otherwise", self.name))
    }
}

/// Builds ours.
pub fn ours() -> Result<Engine> {
    doing("building the form engine, optimised");
    process::show(cargo()?.args(["build", "--profile", "measure", "--package", "ruhu-form-bench"]))?;
    let program = target()?.join("measure").join(format!("ruhu-form-bench{}", std::env::consts::EXE_SUFFIX));
    let about = format!("ruhu-form {}, {}", env!("CARGO_PKG_VERSION"), said("rustc", &["--version"]));
    Ok(Engine { name: "ruhu-form", about, reads_xforms: false, program, arguments: Vec::new() })
}

fn said(program: &str, arguments: &[&str]) -> String {
    version(program, arguments).unwrap_or_else(|| program.to_owned())
}

fn sources(peer: &str) -> Result<PathBuf> {
    Ok(root()?.join("tests/peers").join(peer))
}

/// pyxform, in a virtual environment of its own.
pub struct Pyxform {
    environment: PathBuf,
}

impl Pyxform {
    /// Installs it.
    pub fn install() -> Result<Pyxform> {
        machine::provide(&[PYTHON])?;
        let environment = target()?.join("peers/pyxform");
        doing(&format!("pip install pyxform {PYXFORM} into {}", environment.display()));
        process::show(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
        let pip = environment.join("bin/pip");
        let pinned = sources("javarosa")?.join("requirements.txt");
        let quiet = ["install", "--quiet", "--disable-pip-version-check"];
        let exact = ["--require-hashes", "--only-binary", ":all:", "--no-deps", "--requirement"];
        process::show(Command::new(pip).args(quiet).args(exact).arg(pinned))?;
        Ok(Pyxform { environment })
    }

    /// Writes a workbook's XForm: what the peers read was not made by us.
    pub fn convert(&self, workbook: &Path, xform: &Path) -> Result<()> {
        let mut command = Command::new(self.environment.join("bin/xls2xform"));
        let finished = process::finish(command.arg("--skip_validate").arg(workbook).arg(xform), DEADLINE)?;
        if !finished.status.success() {
            bail!("pyxform refuses {}: {}", workbook.display(), finished.stderr);
        }
        Ok(())
    }

    /// The jar that it brings.
    fn jar(&self) -> Result<PathBuf> {
        let libraries = std::fs::read_dir(self.environment.join("lib"))?;
        let mut jars =
            libraries.filter_map(Result::ok).map(|entry| entry.path().join("site-packages").join(JAR));
        jars.find(|jar| jar.is_file()).context("pyxform came without ODK_Validate.jar")
    }
}

/// Compiles the driver of JavaRosa.
pub fn javarosa(pyxform: &Pyxform) -> Result<Engine> {
    machine::provide(&[JDK])?;
    let jar = pyxform.jar()?;
    let classes = target()?.join("peers/javarosa");
    doing("javac Driver.java");
    let driver = sources("javarosa")?.join("Driver.java");
    process::show(Command::new("javac").arg("-cp").arg(&jar).arg("-d").arg(&classes).arg(driver))?;
    let class_path = std::env::join_paths([jar, classes])?;
    Ok(Engine {
        name: "JavaRosa",
        about: format!("JavaRosa {JAVAROSA} (pyxform {PYXFORM}), {}", said("java", &["-version"])),
        reads_xforms: true,
        program: "java".into(),
        arguments: vec!["-cp".into(), class_path, "Driver".into()],
    })
}

/// Installs a peer that is written for node, with all that it needs, and gives its driver.
fn from_npm(peer: &str, what: &str) -> Result<PathBuf> {
    machine::provide(&[NPM])?;
    let folder = target()?.join("peers").join(peer);
    std::fs::create_dir_all(&folder)?;
    for file in ["package.json", "package-lock.json", "driver.js"] {
        std::fs::copy(sources(peer)?.join(file), folder.join(file))?;
    }
    doing(&format!("npm ci: {what} into {}", folder.display()));
    let quiet = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    let finished = process::finish(Command::new("npm").current_dir(&folder).args(quiet), DEADLINE)?;
    if !finished.status.success() {
        bail!("npm ci: {}", finished.stderr);
    }
    Ok(folder.join("driver.js"))
}

/// Lets PouchDB and its server carry households, and writes what that cost.
pub fn pouchdb(households: &Path, folder: &Path, figures: &Path) -> Result<()> {
    let driver = from_npm("pouchdb", &format!("pouchdb {POUCHDB}"))?;
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    let mut command = Command::new("node");
    let finished = process::finish(command.arg(driver).arg(households).arg(folder), DEADLINE)?;
    if !finished.status.success() {
        bail!("its driver fails: {}", finished.stderr);
    }
    Ok(std::fs::write(figures, finished.stdout)?)
}

/// Installs the driver of @getodk/xforms-engine with all that it needs.
pub fn web_forms() -> Result<Engine> {
    let driver = from_npm("web-forms", &format!("@getodk/xforms-engine {XFORMS_ENGINE}"))?;
    Ok(Engine {
        name: "xforms-engine",
        about: format!("@getodk/xforms-engine {XFORMS_ENGINE}, node {}, jsdom", said("node", &["--version"])),
        reads_xforms: true,
        program: "node".into(),
        arguments: vec!["--expose-gc".into(), driver.into()],
    })
}
