//! ODK Validate, which is JavaRosa, takes what is written. It is not part of
//! the project: RUHU_ODK_VALIDATE names its jar (the Python package pyxform
//! has it), and RUHU_CONFORMANCE a folder with `forms` of other makers; where
//! either is not given, its forms are not looked at.

use crate::support::pack;
use ruhu_form::Form;
use ruhu_formats::{read_workbook, read_xform, write_xform};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Forms by their files.
fn forms() -> Vec<(String, Form)> {
    let mut folders = vec![pack("")];
    folders.extend(std::env::var_os("RUHU_CONFORMANCE").map(|folder| PathBuf::from(folder).join("forms")));
    let mut found = Vec::new();
    for entry in folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap()) {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap_or_default();
        match path.extension().and_then(|extension| extension.to_str()) {
            // Workbooks of other makers may be refused; see `form check`.
            Some("xlsx") => found.extend(read_workbook(&bytes).ok().map(|reading| (name, reading.form))),
            Some("xml") => {
                let reading = read_xform(&bytes).unwrap_or_else(|faults| panic!("{name}: {faults}"));
                found.push((name, reading.form));
            }
            _ => {}
        }
    }
    found
}

fn refusal(jar: &Path, form: &Path) -> Option<String> {
    let output = Command::new("java")
        .arg("-Djava.awt.headless=true")
        .arg("-jar")
        .arg(jar)
        .arg(form)
        .output()
        .expect("java runs");
    let said = [output.stdout, output.stderr].concat();
    (!output.status.success()).then(|| String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn odk_validate_takes_every_form() {
    let Some(jar) = std::env::var_os("RUHU_ODK_VALIDATE").map(PathBuf::from) else { return };
    let folder = std::env::temp_dir().join(format!("ruhu-xform-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut refused = Vec::new();
    for (name, form) in forms() {
        let path = folder.join(format!("{name}.xml"));
        std::fs::write(&path, write_xform(&form)).unwrap();
        refused.extend(refusal(&jar, &path).map(|said| format!("{name}: {said}")));
    }
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}
