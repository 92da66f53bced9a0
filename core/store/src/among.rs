//! Statements that are kept to some documents.

use ruhu_case::DocId;

/// The condition that keeps a statement to some documents, whose [`listed`] is its first parameter; none for
/// all of them.
pub(crate) fn among(column: &str, of: Option<&[DocId]>) -> String {
    of.map_or_else(String::new, |_| format!("AND {column} IN (SELECT unhex(value) FROM json_each(?1))"))
}

/// Documents as one parameter of [`among`].
pub(crate) fn listed(of: Option<&[DocId]>) -> Option<String> {
    of.map(|docs| {
        let quoted: Vec<String> =
            docs.iter().map(|doc| format!("\"{:032X}\"", u128::from_be_bytes(doc.0))).collect();
        format!("[{}]", quoted.join(","))
    })
}
