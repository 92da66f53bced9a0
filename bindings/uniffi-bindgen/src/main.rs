//! Generates Kotlin and Swift sources from the built library of `ruhu-mobile`.
//!
//! `ruhu-uniffi-bindgen generate --library LIBRARY --language kotlin --no-format --out-dir FOLDER`

fn main() {
    uniffi::uniffi_bindgen_main();
}
