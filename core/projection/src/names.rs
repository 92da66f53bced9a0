//! Names that rows give to households and files.

use ruhu_case::DocId;
use ruhu_store::{StoreError, Tx};

/// The head of a household and the address, as people name it; empty when it is not known here.
///
/// # Errors
/// `damaged` or `store` when the rows cannot be read.
pub fn household_name(tx: &Tx<'_>, doc: &DocId) -> Result<String, StoreError> {
    let name = tx.case_row(doc)?.map(|row| match row.address.as_str() {
        "" => row.name,
        address => format!("{} {address}", row.name),
    });
    Ok(name.unwrap_or_default())
}

/// The SHA-256 that 64 hexadecimal digits name.
pub fn parse_sha256(text: &str) -> Option<[u8; 32]> {
    data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?.try_into().ok()
}
