//! What the fuzz targets share: each is one line, and what it does stands beside the decoders in
//! `ruhu_system_tests::decoders`, where the ordinary tests find it too.

use std::cell::RefCell;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::path::Path;

use ruhu_system_tests::decoders;

#[doc(hidden)]
pub use libfuzzer_sys;

thread_local! {
    static LAST_PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// The fuzz target of the decoder of this name.
#[macro_export]
macro_rules! target {
    ($name:literal) => {
        $crate::libfuzzer_sys::fuzz_target!(init: $crate::prepare($name), |bytes: &[u8]| {
            $crate::feed($name, bytes)
        });
    };
}

/// Before the first input: writes the decoder's examples into its corpus, which libFuzzer reads
/// after this, and lets panics pass that the code under test contains.
///
/// The merging engine and the workbook reader panic on some bytes, and are called behind a wall that
/// makes an error of it. libFuzzer's own hook ends the process at every panic, contained or not.
pub fn prepare(name: &str) {
    set_hook(Box::new(|panic| LAST_PANIC.with_borrow_mut(|last| *last = panic.to_string())));
    if let Err(error) = plant(name) {
        eprintln!("the examples of {name} cannot be written: {error}");
        std::process::exit(1);
    }
}

fn plant(name: &str) -> std::io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    fs::create_dir_all(&corpus)?;
    let decoder = decoders::named(name).ok_or(std::io::ErrorKind::NotFound)?;
    for (number, seed) in decoder.seeds().iter().enumerate() {
        fs::write(corpus.join(format!("example-{number}")), seed)?;
    }
    Ok(())
}

/// Feeds an input. A panic that nothing contained is a finding.
pub fn feed(name: &str, bytes: &[u8]) {
    if catch_unwind(AssertUnwindSafe(|| decoders::run(name, bytes))).is_err() {
        LAST_PANIC.with_borrow(|last| eprintln!("{last}"));
        std::process::abort();
    }
}
