//! Pictures of prints, and the photos that were looked at for them: rows of the database of impressions.

use std::cell::Cell;

use ruhu_case::DocId;
use rusqlite::{Connection, OptionalExtension, params};

use crate::StoreError;

/// A photo that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookedAtRow {
    /// The document whose evidence it is.
    pub doc: DocId,
    /// The entry.
    pub evidence: String,
    /// SHA-256 of the photo.
    pub sha256: [u8; 32],
    /// The boxes whose prints are not kept, as the caller writes them.
    pub left_out: String,
    /// The version of the rules by which it was looked at.
    pub format: u8,
    /// Which sheet of paper it shows; empty when it does not say.
    pub paper: String,
    /// What came of it: a word of the caller's.
    pub outcome: String,
}

/// A print on a photo that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPrint {
    /// In whose box of the letter; empty when it is not known.
    pub grantor: String,
    /// What it is looked for by.
    pub outline: Vec<u8>,
    /// The picture of its ink.
    pub picture: Vec<u8>,
}

/// A print, without its picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintRow {
    /// Its number.
    pub id: i64,
    /// The document whose evidence the photo is.
    pub doc: DocId,
    /// The entry.
    pub evidence: String,
    /// See [`LookedAtRow::paper`].
    pub paper: String,
    /// See [`NewPrint::grantor`].
    pub grantor: String,
    /// See [`NewPrint::outline`].
    pub outline: Vec<u8>,
}

/// The most bytes of a picture.
const PICTURE_BYTES: usize = 1 << 20;
/// The quickest level that still finds the paper around the ink.
const LEVEL: i32 = 1;

/// One transaction on the database of impressions, see [`crate::Store::impressions`].
pub struct Impressions<'a> {
    conn: &'a Connection,
    /// Whether a picture was removed, whose bytes the log may still hold.
    removed: Cell<bool>,
}

impl<'a> Impressions<'a> {
    pub(crate) fn new(conn: &'a Connection) -> Impressions<'a> {
        Impressions { conn, removed: Cell::new(false) }
    }

    /// Whether something was removed.
    pub(crate) fn has_removed(&self) -> bool {
        self.removed.get()
    }

    /// Keeps what came of looking at a photo, in the place of what was known of the entry.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`.
    pub fn put(&self, photo: &LookedAtRow, prints: &[NewPrint]) -> Result<(), StoreError> {
        self.forget(&photo.doc, &photo.evidence)?;
        let LookedAtRow { doc, evidence, sha256, left_out, format, paper, outcome } = photo;
        self.conn
            .prepare_cached(
                "INSERT INTO photos (doc, evidence, sha256, left_out, format, paper, outcome)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![doc.0, evidence, sha256, left_out, format, paper, outcome])?;
        let id = self.conn.last_insert_rowid();
        for NewPrint { grantor, outline, picture } in prints {
            let packed = zstd::bulk::compress(picture, LEVEL)
                .map_err(|error| StoreError::io("pack the picture of a print", &error))?;
            self.conn
                .prepare_cached(
                    "INSERT INTO prints (photo, grantor, outline, picture) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![id, grantor, outline, packed])?;
        }
        Ok(())
    }

    /// Removes what is known of an entry, pictures and all: their bytes are written over.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`.
    pub fn forget(&self, doc: &DocId, evidence: &str) -> Result<(), StoreError> {
        let sql = "DELETE FROM photos WHERE doc = ?1 AND evidence = ?2";
        let removed = self.conn.prepare_cached(sql)?.execute(params![doc.0, evidence])?;
        self.removed.set(self.removed.get() || removed > 0);
        Ok(())
    }

    /// Removes the prints of an entry that are not kept any more, and notes the boxes.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`.
    pub fn leave_out(
        &self,
        doc: &DocId,
        evidence: &str,
        left_out: &str,
        keeps: impl Fn(&str) -> bool,
    ) -> Result<(), StoreError> {
        let sql = "SELECT n.id, n.grantor FROM prints n JOIN photos p ON p.id = n.photo \
                   WHERE p.doc = ?1 AND p.evidence = ?2";
        let mut select = self.conn.prepare_cached(sql)?;
        let rows = select.query_map(params![doc.0, evidence], |row| Ok((row.get(0)?, row.get(1)?)))?;
        for (id, grantor) in rows.collect::<rusqlite::Result<Vec<(i64, String)>>>()? {
            if !keeps(&grantor) {
                self.conn.prepare_cached("DELETE FROM prints WHERE id = ?1")?.execute([id])?;
                self.removed.set(true);
            }
        }
        let sql = "UPDATE photos SET left_out = ?3 WHERE doc = ?1 AND evidence = ?2";
        self.conn.prepare_cached(sql)?.execute(params![doc.0, evidence, left_out])?;
        Ok(())
    }

    /// All photos that were looked at.
    ///
    /// # Errors
    /// `damaged` or `store`.
    pub fn looked_at(&self) -> Result<Vec<LookedAtRow>, StoreError> {
        let sql = "SELECT doc, evidence, sha256, left_out, format, paper, outcome FROM photos \
                   ORDER BY doc, evidence";
        let mut select = self.conn.prepare_cached(sql)?;
        let rows = select.query_map([], |row| {
            Ok(LookedAtRow {
                doc: DocId(row.get(0)?),
                evidence: row.get(1)?,
                sha256: row.get(2)?,
                left_out: row.get(3)?,
                format: row.get(4)?,
                paper: row.get(5)?,
                outcome: row.get(6)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// All prints, in the order in which they came.
    ///
    /// # Errors
    /// `damaged` or `store`.
    pub fn prints(&self) -> Result<Vec<PrintRow>, StoreError> {
        let sql = "SELECT n.id, p.doc, p.evidence, p.paper, n.grantor, n.outline \
                   FROM prints n JOIN photos p ON p.id = n.photo ORDER BY n.id";
        let mut select = self.conn.prepare_cached(sql)?;
        let rows = select.query_map([], |row| {
            Ok(PrintRow {
                id: row.get(0)?,
                doc: DocId(row.get(1)?),
                evidence: row.get(2)?,
                paper: row.get(3)?,
                grantor: row.get(4)?,
                outline: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The picture of a print, if it is still there.
    ///
    /// # Errors
    /// `damaged` when it is none; `store`.
    pub fn picture(&self, id: i64) -> Result<Option<Vec<u8>>, StoreError> {
        let mut select = self.conn.prepare_cached("SELECT picture FROM prints WHERE id = ?1")?;
        let packed: Option<Vec<u8>> = select.query_row([id], |row| row.get(0)).optional()?;
        let unpack = |packed: Vec<u8>| zstd::bulk::decompress(&packed, PICTURE_BYTES);
        let picture = packed.map(unpack).transpose();
        picture.map_err(|_| StoreError::damaged("the picture of a print"))
    }
}
