//! On the host, `ruhu-wasm-visit WORKBOOK OUT` writes the compiled form. In WebAssembly, `main` loads
//! these bytes, fills in the example visit and returns how it came out (0: nothing is missing).
//!
//! The module imports nothing: it has no clock, no randomness and no files to ask for.

#[cfg(target_family = "wasm")]
fn main() -> std::process::ExitCode {
    let visit = include_str!("../../../packs/forms/home_visit.example.txt");
    let outcome = form().map_or(ruhu_wasm_visit::Outcome::NoForm, |form| ruhu_wasm_visit::fill(form, visit));
    std::process::ExitCode::from(outcome as u8)
}

#[cfg(all(target_family = "wasm", not(feature = "workbook")))]
fn form() -> Option<ruhu_form::Form> {
    ruhu_form::Form::from_bytes(include_bytes!(env!("RUHU_FORM"))).ok()
}

#[cfg(all(target_family = "wasm", feature = "workbook"))]
fn form() -> Option<ruhu_form::Form> {
    let workbook = include_bytes!("../../../packs/forms/home_visit.xlsx");
    ruhu_formats::read_workbook(workbook).ok().map(|reading| reading.form)
}

#[cfg(not(target_family = "wasm"))]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(workbook), Some(out)) = (arguments.next(), arguments.next()) else {
        return Err("usage: ruhu-wasm-visit WORKBOOK OUT".into());
    };
    let form = ruhu_formats::read_workbook(&std::fs::read(workbook)?)?.form;
    Ok(std::fs::write(out, form.to_bytes())?)
}
