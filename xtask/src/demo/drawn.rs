//! What is drawn for the story: pictures from a seed, and signatures.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::process;
use crate::workspace::{binary, root};

const DEADLINE: Duration = Duration::from_secs(120);
/// What the printer makes of a sheet: 12 points a millimetre.
const SHEET: [&str; 4] = ["-scale-to-x", "2520", "-scale-to-y", "3564"];

/// Runs `ruhu-test-pictures`.
pub fn picture(arguments: &[&str], out: &Path) -> Result<PathBuf> {
    let mut generator = Command::new(binary("ruhu-test-pictures")?);
    generator.args(arguments).arg("--out").arg(out);
    let made = process::finish(&mut generator, DEADLINE)?;
    ensure!(made.status.success(), "no picture was made: {}", made.stderr);
    Ok(out.to_owned())
}

/// A letter on paper: its first sheet as the printer puts it there, and where its boxes are.
pub struct Paper {
    sheet: PathBuf,
    boxes: PathBuf,
}

impl Paper {
    /// What the printer makes of a PDF, by Poppler.
    pub fn of(pdf: &Path, boxes: PathBuf) -> Result<Paper> {
        let root = pdf.with_extension("");
        let mut printer = Command::new("pdftoppm");
        printer.args(SHEET).args(["-singlefile", "-f", "1", "-l", "1"]).arg(pdf).arg(&root);
        let printed = process::finish(&mut printer, DEADLINE)?;
        ensure!(printed.status.success(), "pdftoppm: {}", printed.stderr);
        Ok(Paper { sheet: root.with_extension("ppm"), boxes })
    }

    /// Signed, pressed and photographed. `pressed`: what the grantors do, by which seed, with whose finger.
    pub fn photographed(
        &self,
        (done, seed, finger): (&str, u64, u64),
        shot: u64,
        out: &Path,
    ) -> Result<PathBuf> {
        let [seed, finger, shot] = [seed, finger, shot].map(|number| number.to_string());
        let (sheet, boxes) = (self.sheet.to_string_lossy(), self.boxes.to_string_lossy());
        let on = ["letter", "--sheet", &*sheet, "--boxes", &*boxes, "--done", done];
        picture(&[&on[..], &["--seed", &seed, "--finger", &finger, "--shot", &shot]].concat(), out)
    }
}

/// Writes an example of a form to a folder, signed on the screen, with the pictures that it names beside it; those
/// that are there stay. Gives the script.
pub fn lay_out(form: &str, folder: &Path) -> Result<PathBuf> {
    let from = root()?.join("packs/forms");
    let text = fs::read_to_string(from.join(format!("{form}.example.txt")))?;
    let mut lines = Vec::new();
    for line in text.lines() {
        let Some((question, file)) = line.split_once(" = ").filter(|(_, value)| is_picture(value)) else {
            lines.push(line.to_owned());
            continue;
        };
        let Some(name) = file.strip_prefix("sign_").and_then(|file| file.strip_suffix(".png")) else {
            let target = folder.join(file);
            if !target.exists() {
                fs::copy(from.join(file), target).with_context(|| file.to_owned())?;
            }
            lines.push(line.to_owned());
            continue;
        };
        let strokes = format!("sign_{name}.json");
        fs::write(folder.join(&strokes), signature(name))?;
        lines.push(format!("{question} = {strokes}"));
    }
    let script = folder.join(format!("{form}.txt"));
    fs::write(&script, lines.join("\n"))?;
    Ok(script)
}

fn is_picture(value: &str) -> bool {
    value.ends_with(".jpg") || value.ends_with(".png")
}

/// The strokes of an invented signature, another for each name.
fn signature(name: &str) -> String {
    let seed = name.bytes().fold(17u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    let stroke = |number: u32| -> String {
        let turn = f64::from(seed.rotate_left(number * 5) % 997) / 61.0;
        let points = (0..30u32).map(|at| {
            let t = f64::from(at) / 29.0;
            let x = 40.0 + 80.0 * f64::from(number) + 70.0 * t + 12.0 * (turn + 5.0 * t).sin();
            let y = 110.0 + 60.0 * (1.3 * turn + 6.0 * t).cos() + 16.0 * (turn * t).sin();
            format!("[{x:.1},{y:.1},{}]", number * 560 + at * 15)
        });
        format!("[{}]", points.collect::<Vec<_>>().join(","))
    };
    let strokes: Vec<String> = (0..5).map(stroke).collect();
    format!(r#"{{"signature":1,"width":520,"height":220,"strokes":[{}]}}"#, strokes.join(","))
}
