//! Where things are.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;

/// The root of the repository.
pub fn root() -> Result<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    Ok(own.parent().context("the repository has no root")?.to_owned())
}

/// Cargo as it runs this task, in the root of the repository.
pub fn cargo() -> Result<Command> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root()?);
    // What cargo told this program of its own package would make build scripts run anew.
    let about_us =
        |name: &str| ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|prefix| name.starts_with(prefix));
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_str().is_some_and(about_us)) {
        cargo.env_remove(name);
    }
    Ok(cargo)
}

/// Builds the server by itself. Of one invocation cargo gives every package what any of them asks of
/// a dependency: beside a phone's crates the server would get their SQLCipher, and OpenSSL with it.
pub fn build_server() -> Result<()> {
    process::show(cargo()?.args(["build", "-p", "ruhu-server"]))
}

/// The folder that holds the binaries of the dev profile: this program lies in it.
pub fn binaries() -> Result<PathBuf> {
    let own = env::current_exe().context("this program cannot tell where it is")?;
    Ok(own.parent().context("this program lies nowhere")?.to_owned())
}

/// The target folder.
pub fn target() -> Result<PathBuf> {
    Ok(binaries()?.parent().context("the target folder lies nowhere")?.to_owned())
}

/// A binary of the dev profile.
pub fn binary(name: &str) -> Result<PathBuf> {
    let path = binaries()?.join(format!("{name}{}", env::consts::EXE_SUFFIX));
    if !path.is_file() {
        bail!("{name} was not built");
    }
    Ok(path)
}

/// The home-visit form.
pub fn home_visit() -> Result<PathBuf> {
    Ok(root()?.join("packs/forms/home_visit.xlsx"))
}
