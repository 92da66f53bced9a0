//! A transaction: the handle through which every row is read and written.

use rusqlite::{Connection, Params, Row};

use crate::StoreError;
use crate::error::A_PLACE;

/// One transaction of [`crate::Store::write`] or one snapshot of [`crate::Store::read`]. Its
/// methods stand with the tables they serve.
pub struct Tx<'a> {
    conn: &'a Connection,
    writable: bool,
}

impl<'a> Tx<'a> {
    pub(crate) fn new(conn: &'a Connection, writable: bool) -> Self {
        Self { conn, writable }
    }

    /// Runs a statement that changes rows; says how many.
    pub(crate) fn execute(&self, sql: &str, params: impl Params) -> Result<usize, StoreError> {
        self.execute_in(A_PLACE, sql, params)
    }

    /// Like [`Self::execute`], naming what a broken uniqueness rule means.
    pub(crate) fn execute_in(
        &self,
        place: &'static str,
        sql: &str,
        params: impl Params,
    ) -> Result<usize, StoreError> {
        if !self.writable {
            return Err(StoreError::ReadOnly);
        }
        // A full disk may have ended the transaction; what follows must not be written alone.
        if self.conn.is_autocommit() {
            return Err(StoreError::RolledBack);
        }
        let run = || self.conn.prepare_cached(sql)?.execute(params);
        run().map_err(|e| match StoreError::from(e) {
            StoreError::Clash { .. } => StoreError::Clash { what: place },
            e => e,
        })
    }

    /// Like [`Self::execute`] for a change of exactly one row.
    pub(crate) fn execute_one(
        &self,
        what: &'static str,
        sql: &str,
        params: impl Params,
    ) -> Result<(), StoreError> {
        match self.execute_in(what, sql, params)? {
            0 => Err(StoreError::NotFound { what }),
            _ => Ok(()),
        }
    }

    pub(crate) fn last_insert_rowid(&self) -> i64 {
        self.conn.last_insert_rowid()
    }

    /// The first row, if there is one.
    pub(crate) fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        decode: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        Ok(rows.next()?.map(decode).transpose()?)
    }

    /// The only row of a statement that always gives one.
    pub(crate) fn scalar<T: rusqlite::types::FromSql>(
        &self,
        sql: &str,
        params: impl Params,
    ) -> Result<T, StoreError> {
        Ok(self.conn.prepare_cached(sql)?.query_row(params, |row| row.get(0))?)
    }

    /// All rows.
    pub(crate) fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        decode: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = self.conn.prepare_cached(sql)?;
        let rows = statement.query_map(params, decode)?;
        Ok(rows.collect::<rusqlite::Result<Vec<T>>>()?)
    }

    /// Value of a device-wide setting or fact.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn meta(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.one("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0))
    }

    /// Sets a device-wide setting or fact.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn set_meta(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO meta (key, value) VALUES (?1, ?2)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, value),
        )?;
        Ok(())
    }
}
