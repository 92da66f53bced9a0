//! Documents: the saved bytes of each, its heads, and the facts of its header.

use ruhu_case::{ActorId, ChangeHash, DocId, DocKind};
use rusqlite::Row;
use rusqlite::types::{FromSqlError, Type};

use crate::packing;
use crate::row::named;
use crate::{StoreError, Tx};

/// A document as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentRow {
    /// The document's identifier.
    pub id: DocId,
    /// Its kind; never changes.
    pub kind: DocKind,
    /// Its 12-digit division code (GB/T 2260 and GB/T 10114).
    pub division: String,
    /// The actor that created it.
    pub creator: ActorId,
    /// Creation by the creator's clock, milliseconds since 1970 UTC.
    pub created_at_ms: i64,
    /// The document as its engine saves it.
    pub saved: Vec<u8>,
    /// Its heads, in the caller's order.
    pub heads: Vec<ChangeHash>,
    /// Last change here by this device's clock, milliseconds since 1970 UTC.
    pub updated_at_ms: i64,
}

/// A document as its row is written: compressed, which takes time that nobody should wait for in a
/// transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedDocument {
    row: DocumentRow,
    packed: Vec<u8>,
}

impl DocumentRow {
    /// Compresses the document ahead of the transaction that writes it.
    pub fn pack(self) -> PackedDocument {
        let packed = packing::pack(&self.saved).into_owned();
        PackedDocument { row: self, packed }
    }
}

impl PackedDocument {
    /// The row, with the document as its engine saves it.
    pub fn row(&self) -> &DocumentRow {
        &self.row
    }
}

const COLUMNS: &str = "id, kind, division, creator, created_at_ms, saved, heads, updated_at_ms";

impl Tx<'_> {
    /// Adds a document or replaces what is kept of it.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn put_document(&self, row: &DocumentRow) -> Result<(), StoreError> {
        self.put_document_as(row, &packing::pack(&row.saved))
    }

    /// As [`Tx::put_document`], of a document that was packed before.
    ///
    /// # Errors
    /// Those of [`Tx::put_document`].
    pub fn put_packed_document(&self, document: &PackedDocument) -> Result<(), StoreError> {
        self.put_document_as(&document.row, &document.packed)
    }

    fn put_document_as(&self, row: &DocumentRow, packed: &[u8]) -> Result<(), StoreError> {
        let heads: Vec<u8> = row.heads.iter().flat_map(|hash| hash.0).collect();
        self.execute(
            "INSERT INTO documents
                (id, kind, division, creator, created_at_ms, saved, heads, updated_at_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (id) DO UPDATE SET
                kind = excluded.kind, division = excluded.division, creator = excluded.creator,
                created_at_ms = excluded.created_at_ms, saved = excluded.saved,
                heads = excluded.heads, updated_at_ms = excluded.updated_at_ms",
            (
                row.id.0,
                row.kind.as_str(),
                &row.division,
                row.creator.0,
                row.created_at_ms,
                packed,
                heads,
                row.updated_at_ms,
            ),
        )?;
        Ok(())
    }

    /// One document.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn document(&self, id: &DocId) -> Result<Option<DocumentRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM documents WHERE id = ?1");
        self.one(&sql, [id.0], decode)
    }

    /// Bytes of a document as it is saved; 0 when it is not here.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn document_size(&self, id: &DocId) -> Result<usize, StoreError> {
        let sql = "SELECT length(saved) FROM documents WHERE id = ?1";
        let size: Option<i64> = self.one(sql, [id.0], |row| row.get(0))?;
        Ok(size.and_then(|size| usize::try_from(size).ok()).unwrap_or(0))
    }

    /// Documents in the order of their identifiers, from the one after `after`.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn documents(&self, after: Option<DocId>, limit: u32) -> Result<Vec<DocumentRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM documents WHERE id > ?1 ORDER BY id LIMIT ?2");
        // The empty blob sorts before every identifier.
        let after = after.map_or(Vec::new(), |id| id.0.to_vec());
        self.all(&sql, (after, limit), decode)
    }

    /// Removes a document and its row in the case list: nothing of it is left.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn delete_document(&self, id: &DocId) -> Result<(), StoreError> {
        self.execute("DELETE FROM cases WHERE doc = ?1", [id.0])?;
        self.execute("DELETE FROM print_photos WHERE doc = ?1", [id.0])?;
        self.execute("DELETE FROM documents WHERE id = ?1", [id.0])?;
        Ok(())
    }

    /// Number of documents.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn document_count(&self) -> Result<u32, StoreError> {
        self.scalar("SELECT count(*) FROM documents", [])
    }
}

fn decode(row: &Row<'_>) -> rusqlite::Result<DocumentRow> {
    Ok(DocumentRow {
        id: DocId(row.get(0)?),
        kind: named(row, 1, |word| word.parse().ok())?,
        division: row.get(2)?,
        creator: ActorId(row.get(3)?),
        created_at_ms: row.get(4)?,
        saved: packing::unpack(row.get(5)?).ok_or_else(|| no_blob(5))?,
        heads: decode_heads(&row.get::<_, Vec<u8>>(6)?)?,
        updated_at_ms: row.get(7)?,
    })
}

fn decode_heads(bytes: &[u8]) -> rusqlite::Result<Vec<ChangeHash>> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    if !rest.is_empty() {
        return Err(no_blob(6));
    }
    Ok(hashes.iter().map(|hash| ChangeHash(*hash)).collect())
}

/// The error of a blob that is not what its column holds.
fn no_blob(column: usize) -> rusqlite::Error {
    let reason = Box::new(FromSqlError::InvalidType);
    rusqlite::Error::FromSqlConversionFailure(column, Type::Blob, reason)
}
