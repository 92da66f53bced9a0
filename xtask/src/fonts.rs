//! `cargo xtask fonts`: the fonts that letters are printed with, into `fonts` of the target folder.
//! They are fetched from registries by name and version, and taken by their SHA-256.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::console::{doing, print_line};
use crate::machine::{self, NPM};
use crate::process;
use crate::workspace::target;

/// Where the fonts go
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The folder, by default `fonts` in the target folder, where `ruhu` of the dev profile finds them
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
}

/// Fonts of one package.
struct Package {
    name: &'static str,
    licence: &'static str,
    fetch: fn(&Path) -> Result<()>,
    files: &'static [FontFile],
}

struct FontFile {
    /// Where it is once the package is unpacked.
    unpacked: &'static str,
    /// What it is called here: fonts are asked in the order of their names.
    name: &'static str,
    sha256: &'static str,
}

const NOTO: &str = "@expo-google-fonts/noto-sans-sc@0.4.3";
const HANAZONO: &str = "fonts-hanazono";

const PACKAGES: [Package; 2] = [
    Package {
        name: NOTO,
        licence: "OFL-1.1",
        fetch: from_npm,
        files: &[FontFile {
            unpacked: "package/400Regular/NotoSansSC_400Regular.ttf",
            name: "1-NotoSansSC-Regular.ttf",
            sha256: "d45f67f0a7c0ca3f256950777ce6a61cc7ce5f9696d02900cbbaac25f8aa7d16",
        }],
    },
    // Characters of Extension B and beyond.
    Package {
        name: HANAZONO,
        licence: "Hanazono Font License or OFL-1.1",
        fetch: from_debian,
        files: &[
            FontFile {
                unpacked: "usr/share/fonts/truetype/hanazono/HanaMinA.ttf",
                name: "2-HanaMinA.ttf",
                sha256: "7ca87559414474848fc513a8d8eb42d5b0f8194c30c2abdfbfedff5398ec88d7",
            },
            FontFile {
                unpacked: "usr/share/fonts/truetype/hanazono/HanaMinB.ttf",
                name: "3-HanaMinB.ttf",
                sha256: "829543436cdf7b4c6730e2af5806fa406f8ddf0d4b656e0cd49c58d4db1c8d3c",
            },
        ],
    },
];

/// Fetches what is not there and says where it lies.
pub fn run(options: &Options) -> Result<()> {
    let folder = match &options.into {
        Some(folder) => folder.clone(),
        None => folder()?,
    };
    provide(&folder)?;
    print_line(&format!("{}", folder.display()));
    Ok(())
}

/// Makes sure that the target folder has the fonts.
pub fn provide_in_target() -> Result<()> {
    provide(&folder()?)
}

/// `fonts` in the target folder: beside the programs of its profiles, which look there.
pub fn folder() -> Result<PathBuf> {
    Ok(target()?.join("fonts"))
}

fn provide(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    for package in &PACKAGES {
        let is_there =
            |file: &FontFile| hash(&folder.join(file.name)).is_some_and(|hash| hash == file.sha256);
        if package.files.iter().all(is_there) {
            continue;
        }
        doing(&format!("fetching the fonts of {} ({})", package.name, package.licence));
        let unpacked = tempfile::tempdir()?;
        (package.fetch)(unpacked.path())?;
        for file in package.files {
            let from = unpacked.path().join(file.unpacked);
            match hash(&from) {
                Some(hash) if hash == file.sha256 => {}
                Some(_) => bail!("{} of {} is another file than was chosen", file.unpacked, package.name),
                None => bail!("{} has no {}", package.name, file.unpacked),
            }
            // Whole or not at all: a font that was cut off would be taken for one.
            let fresh = folder.join(format!("{}.part", file.name));
            fs::copy(&from, &fresh)?;
            fs::rename(&fresh, folder.join(file.name))?;
        }
    }
    Ok(())
}

fn hash(file: &Path) -> Option<String> {
    let digest = Sha256::digest(fs::read(file).ok()?);
    Some(digest.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

fn from_npm(into: &Path) -> Result<()> {
    machine::provide(&[NPM])?;
    process::show(Command::new("npm").current_dir(into).args(["pack", "--loglevel=error", NOTO]))?;
    unpack(into, "tgz", Command::new("tar").current_dir(into).arg("-xzf"))
}

fn from_debian(into: &Path) -> Result<()> {
    if machine::which("apt-get").is_none() {
        bail!(
            "{HANAZONO} is a package of Debian; elsewhere put HanaMinA.ttf and HanaMinB.ttf (version 20170904) into the folder of fonts as 2-HanaMinA.ttf and 3-HanaMinB.ttf"
        );
    }
    let download = || Command::new("apt-get").current_dir(into).args(["download", HANAZONO]).output();
    if !download().context("apt-get")?.status.success() {
        // The lists of packages may be lacking or old.
        machine::update()?;
        process::show(Command::new("apt-get").current_dir(into).args(["download", HANAZONO]))?;
    }
    let mut unpacking = Command::new("dpkg-deb");
    unpack(into, "deb", unpacking.current_dir(into).arg("-x"))
}

/// Runs `unpacking` with the one file of a kind that was fetched, into the same folder.
fn unpack(into: &Path, kind: &str, unpacking: &mut Command) -> Result<()> {
    let mut fetched = fs::read_dir(into)?.filter_map(Result::ok).map(|entry| entry.path());
    let file = fetched.find(|path| path.extension().is_some_and(|found| found == kind));
    unpacking.arg(file.context("nothing was fetched")?);
    if kind == "deb" {
        unpacking.arg(into);
    }
    process::show(unpacking)
}
