//! uniffi bindings for Kotlin and Swift
