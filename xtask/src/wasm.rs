//! The form engine in WebAssembly: built small, run by node, measured.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::console::{doing, print_line};
use crate::machine::{self, NODE, Need, which};
use crate::process;
use crate::tests::Count;
use crate::workspace::{cargo, home_visit, root};

const TARGET: &str = "wasm32-unknown-unknown";
const PACKAGE: &str = "ruhu-wasm-visit";
/// Asking a compiler for a path, or letting node fill one visit.
const MOMENT: Duration = Duration::from_secs(120);
/// Debian's compiler that comes with the sources of the standard library, beside rustup's.
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_SOURCES: &str = "/usr/lib/rustlib/src/rust/library/std/Cargo.toml";

/// What compiles for WebAssembly.
pub const NEEDS: &[Need] = &[Need {
    name: "wasm32",
    why: "the form engine as WebAssembly",
    debian: &["rustc-web", "rust-web-src"],
    elsewhere: "rustup target add wasm32-unknown-unknown",
    found,
}];

/// How this machine compiles for WebAssembly.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Toolchain {
    /// The compiler in use has the target's standard library.
    Installed,
    /// Debian's compiler builds the standard library too, and rustup's linker links it.
    Debian { linker: PathBuf },
}

/// A build of the engine.
struct Module {
    what: &'static str,
    features: &'static [&'static str],
}

const MODULES: [Module; 2] = [
    Module { what: "compiled forms and sessions", features: &[] },
    Module { what: "the same with the readers of workbooks", features: &["--features", "workbook"] },
];

/// `cargo xtask wasm`.
pub fn task() -> Result<()> {
    match run()? {
        Count { failed: 0, passed: 1.. } => Ok(()),
        Count { failed: 0, .. } => bail!("WebAssembly is not checked"),
        Count { failed, .. } => bail!("{failed} of {} modules failed", MODULES.len()),
    }
}

/// Builds each module and lets node fill in a visit with it. Gets the target where this machine can
/// have it, and says so where that cannot be done.
pub fn run() -> Result<Count> {
    if toolchain().is_none() {
        provide()?;
    }
    let (Some(toolchain), Some(node)) = (toolchain(), which("node")) else {
        print_line(&format!(
            "WebAssembly is not checked here: see {TARGET} and node in `cargo xtask doctor`"
        ));
        return Ok(Count::default());
    };
    let form = compiled_form()?;
    let mut count = Count::default();
    for module in &MODULES {
        doing(&format!("building the form engine for {TARGET}: {}", module.what));
        let file = build(&toolchain, module, &form)?;
        let visit = process::finish(
            Command::new(&node).arg(root()?.join("tests/wasm/visit.mjs")).arg(&file),
            MOMENT,
        )?;
        if visit.status.success() {
            print_line(&format!("{}: {}", module.what, visit.stdout.trim_end()));
            count.passed += 1;
        } else {
            print_line(&format!("{}: {}{}", module.what, visit.stdout, visit.stderr.trim_end()));
            count.failed += 1;
        }
    }
    Ok(count)
}

/// The home-visit form as a device gets it, and where it lies.
fn compiled_form() -> Result<PathBuf> {
    let folder = target_folder()?.join("web");
    std::fs::create_dir_all(&folder).context("the folder of the form cannot be made")?;
    let form = folder.join("home_visit.form");
    process::show(cargo()?.args(["run", "--quiet", "-p", PACKAGE, "--"]).arg(home_visit()?).arg(&form))?;
    Ok(form)
}

fn build(toolchain: &Toolchain, module: &Module, form: &Path) -> Result<PathBuf> {
    let mut command = match toolchain {
        Toolchain::Installed => cargo()?,
        Toolchain::Debian { .. } => debian_cargo()?,
    };
    command.args(["build", "-p", PACKAGE, "--profile", "web", "--target", TARGET]).args(module.features);
    command.env("RUHU_FORM", form);
    if let Toolchain::Debian { linker } = toolchain {
        command.arg("-Zbuild-std=std,panic_abort").env("RUSTC", DEBIAN_RUSTC).env("RUSTC_BOOTSTRAP", "1");
        command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", "-Clinker-flavor=wasm-ld");
    }
    process::show(&mut command)?;
    let file = target_folder()?.join(TARGET).join("web").join(format!("{PACKAGE}.wasm"));
    if !file.is_file() {
        bail!("{} was not built", file.display());
    }
    Ok(file)
}

/// Cargo without what rustup's shim tells it of the compiler.
fn debian_cargo() -> Result<Command> {
    let mut command = cargo()?;
    command.env_remove("RUSTUP_TOOLCHAIN").env_remove("RUSTC_WRAPPER");
    Ok(command)
}

/// The compiler for WebAssembly that is there.
fn toolchain() -> Option<Toolchain> {
    let library = said(Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]))?;
    if Path::new(&library).is_dir() {
        return Some(Toolchain::Installed);
    }
    let sysroot = said(Command::new("rustc").args(["--print", "sysroot"]))?;
    let linker = Path::new(&sysroot).join("lib/rustlib").join(host()?).join("bin/rust-lld");
    let there = [Path::new(DEBIAN_RUSTC), Path::new(DEBIAN_SOURCES), &linker];
    there.iter().all(|file| file.is_file()).then_some(Toolchain::Debian { linker })
}

/// What `cargo xtask doctor` says of it.
fn found() -> Option<String> {
    Some(match toolchain()? {
        Toolchain::Installed => format!("{TARGET} of the compiler in use"),
        Toolchain::Debian { .. } => format!("{TARGET} by Debian's {DEBIAN_RUSTC}"),
    })
}

/// The triple of the compiler in use, such as `x86_64-unknown-linux-gnu`.
fn host() -> Option<String> {
    let about = process::finish(Command::new("rustc").arg("-vV"), MOMENT).ok()?.stdout;
    about.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned)
}

/// The line that a program prints, when it ends well.
fn said(command: &mut Command) -> Option<String> {
    let finished = process::finish(command, MOMENT).ok()?;
    finished.status.success().then(|| finished.stdout.trim().to_owned())
}

/// rustup has the target ready in seconds; where it has not, Debian has a compiler. Neither is
/// everywhere, and the rest of the checks does not stand on it.
fn provide() -> Result<()> {
    if which("rustup").is_some() {
        doing(&format!("rustup target add {TARGET}"));
        let added = process::finish(Command::new("rustup").args(["target", "add", TARGET]), MOMENT * 5);
        if added.is_ok_and(|added| added.status.success()) {
            return Ok(());
        }
    }
    if let Err(error) = machine::provide(NEEDS).and_then(|()| machine::provide(NODE)) {
        print_line(&format!("WebAssembly cannot be had here: {error:#}"));
    }
    Ok(())
}

/// Cargo's folder of what it builds: this program lies in its folder of the dev profile.
fn target_folder() -> Result<PathBuf> {
    let binaries = crate::workspace::binaries()?;
    Ok(binaries.parent().context("the folder of binaries lies nowhere")?.to_owned())
}
