//! Where fonts are looked for: the folder that was named, `fonts` beside the program, the system's.

use std::path::{Path, PathBuf};

use ruhu_device::{DeviceError, Explain, FontSet, fonts_in};

use crate::failure::Failure;

/// Beginnings of the names of fonts for Chinese that systems have, the best first, in small letters.
const KNOWN: [&str; 16] = [
    "notosanssc",
    "notosanscjk-regular",
    "notosanscjksc-regular",
    "sourcehansanssc-regular",
    "sourcehansanscn-regular",
    "pingfang",
    "msyh.",
    "stheiti light",
    "wqy-microhei",
    "wqy-zenhei",
    "droidsansfallback",
    "simhei",
    "simsun.",
    "simsunb",
    "hanamina",
    "hanaminb",
];
const SYSTEM: [&str; 6] = [
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
    "/system/fonts",
    "C:\\Windows\\Fonts",
];
/// How deep folders of the system's fonts lie in each other.
const DEPTH: usize = 6;

/// The codes that say that a character has no font of those at hand.
const NO_GLYPH: [&str; 2] = ["letter_no_glyph", "letter_no_font"];

/// Sets words with the fonts of the first place, and where they lack a character with those of the next too.
/// `named`: the folder that is asked first.
pub fn with_fonts<T>(
    named: Option<&Path>,
    set: impl Fn(&FontSet) -> Result<T, DeviceError>,
) -> Result<T, Failure> {
    let mut fonts = FontSet::new();
    let mut sources = Source::all(named).into_iter();
    loop {
        let more = sources.next();
        if let Some(source) = &more {
            fonts.append(source.read()?);
        }
        match set(&fonts) {
            Err(error) if more.is_some() && NO_GLYPH.contains(&error.code()) => {}
            done => return Ok(done?),
        }
    }
}

/// A place where fonts may be.
enum Source {
    /// All fonts of a folder, in the order of their names.
    Folder(PathBuf),
    /// Those of the system's fonts that are known to have Chinese.
    System,
}

impl Source {
    /// The places, in the order in which they are asked.
    fn all(named: Option<&Path>) -> Vec<Source> {
        let program = std::env::current_exe().ok();
        // Beside the program, and in a target folder one above it.
        let beside = program.iter().flat_map(|program| program.ancestors().skip(1).take(2));
        let beside = beside.map(|folder| folder.join("fonts")).filter(|folder| folder.is_dir());
        let folders = named.map(Path::to_owned).into_iter().chain(beside);
        folders.map(Source::Folder).chain([Source::System]).collect()
    }

    /// Its fonts.
    fn read(&self) -> Result<FontSet, Failure> {
        match self {
            Source::Folder(folder) => Ok(fonts_in(folder)?),
            Source::System => {
                let mut files = Vec::new();
                SYSTEM.iter().for_each(|folder| collect(Path::new(folder), DEPTH, &mut files));
                files.sort();
                let mut fonts = FontSet::new();
                // What cannot be read or embedded is no font of ours.
                for bytes in files.iter().filter_map(|(_, file)| std::fs::read(file).ok()) {
                    fonts.add(bytes);
                }
                Ok(fonts)
            }
        }
    }
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<(usize, PathBuf)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.filter_map(Result::ok) {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().to_lowercase());
        if path.is_dir() && depth > 0 {
            collect(&path, depth - 1, files);
        } else if let Some(rank) = KNOWN.iter().position(|known| name.starts_with(known)) {
            files.push((rank, path));
        }
    }
}
