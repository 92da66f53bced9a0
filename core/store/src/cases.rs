//! The case list and its search: a projection of the documents, rebuilt from them at any time.

use ruhu_case::DocId;
use rusqlite::{Row, params_from_iter};

use crate::{StoreError, Tx};
use ruhu_text::initials;

/// One line of the case list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRow {
    /// The household's document.
    pub doc: DocId,
    /// Name of the applicant or head of household.
    pub name: String,
    /// 12-digit division code.
    pub division: String,
    /// Address as typed.
    pub address: String,
    /// Last four characters of the applicant's ID number; more is not kept here.
    pub id_tail: String,
    /// Number of people in the household.
    pub people: u32,
    /// Number of fields in conflict.
    pub conflicts: u32,
    /// Status, as the case's document says it.
    pub status: String,
    /// Last change, milliseconds since 1970 UTC.
    pub updated_at_ms: i64,
}

pub(crate) const COLUMNS: &str =
    "doc, name, division, address, id_tail, people, conflicts, status, updated_at_ms";

/// A search has at most this many words, and a word this many characters; the rest is ignored.
const MOST_TERMS: usize = 8;
const LONGEST_TERM: usize = 64;
/// Shorter words have no trigram and are looked for row by row.
const TRIGRAM: usize = 3;
/// So many pages of the search are joined at once: as much as a household costs to write.
const MERGED_PAGES: u32 = 8;

impl Tx<'_> {
    /// Adds a line to the case list or replaces it.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn put_case(&self, row: &CaseRow) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO cases (doc, name, initials, division, address, id_tail, people,
                conflicts, status, updated_at_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
             ON CONFLICT (doc) DO UPDATE SET
                name = excluded.name, initials = excluded.initials, division = excluded.division,
                address = excluded.address, id_tail = excluded.id_tail, people = excluded.people,
                conflicts = excluded.conflicts, status = excluded.status,
                updated_at_ms = excluded.updated_at_ms",
            (
                row.doc.0,
                &row.name,
                initials(&row.name),
                &row.division,
                &row.address,
                &row.id_tail,
                row.people,
                row.conflicts,
                &row.status,
                row.updated_at_ms,
            ),
        )?;
        Ok(())
    }

    /// Takes a line out of the case list; the document stays.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn remove_case(&self, doc: &DocId) -> Result<(), StoreError> {
        self.execute("DELETE FROM cases WHERE doc = ?1", [doc.0])?;
        Ok(())
    }

    /// The case list of all divisions whose code begins with this prefix, last changed first.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn cases(&self, division_prefix: &str, offset: u32, limit: u32) -> Result<Vec<CaseRow>, StoreError> {
        self.all(&list_sql(), (division_prefix, limit, offset), decode)
    }

    /// Number of cases in all divisions whose code begins with this prefix.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn case_count(&self, division_prefix: &str) -> Result<u32, StoreError> {
        self.scalar(
            "SELECT count(*) FROM cases WHERE substr(division, 1, length(?1)) = ?1",
            [division_prefix],
        )
    }

    /// Households that are no line of the list: nothing of them can be shown yet, because what creates
    /// them is kept apart, or hidden, or has not come. What an administrator excluded is none of them.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn cases_not_shown(&self) -> Result<Vec<DocId>, StoreError> {
        // The first condition on the state lets SQLite use the index of what is pending.
        let sql = "SELECT id FROM documents
                   WHERE kind = 'household' AND id NOT IN (SELECT doc FROM cases)
                       AND EXISTS (SELECT 1 FROM envelopes WHERE doc = id AND reason IS NOT 'excluded')
                   UNION
                   SELECT doc FROM envelopes
                   WHERE state IN ('outbox', 'quarantined', 'refused') AND state <> 'outbox'
                       AND log LIKE '%/household' AND reason IS NOT 'excluded'
                       AND doc NOT IN (SELECT doc FROM cases)";
        self.all(sql, [], |row| row.get(0).map(DocId))
    }

    /// Cases in which every word of the query is found in the name, its pinyin initials, the ID
    /// tail or the address: those whose name begins with the first word first, then the last
    /// changed. A blank query finds all. Any text is a valid query.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn search_cases(&self, query: &str, limit: u32) -> Result<Vec<CaseRow>, StoreError> {
        let terms = terms(query);
        let Some(first) = terms.first() else {
            return self.cases("", 0, limit);
        };
        let (long, short): (Vec<&String>, Vec<&String>) =
            terms.iter().partition(|term| term.chars().count() >= TRIGRAM);
        let mut conditions = Vec::new();
        let mut values = vec![format!("{}%", escape_like(first))];
        if !long.is_empty() {
            values.push(long.iter().map(|term| phrase(term)).collect::<Vec<_>>().join(" AND "));
            conditions.push(format!(
                "id IN (SELECT rowid FROM case_search WHERE case_search MATCH ?{})",
                values.len()
            ));
        }
        for term in short {
            values.push(format!("%{}%", escape_like(term)));
            conditions.push(any_column_like(values.len()));
        }
        let sql = format!(
            "SELECT {COLUMNS} FROM cases WHERE {}
             ORDER BY (name LIKE ?1 ESCAPE '\\' OR initials LIKE ?1 ESCAPE '\\') DESC,
                updated_at_ms DESC, doc
             LIMIT {limit}",
            conditions.join(" AND ")
        );
        self.all(&sql, params_from_iter(values), decode)
    }

    /// Joins parts of the search, some pages of it; every name that is written adds a part, and the search
    /// looks into each. Gives whether there was something to join.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn merge_search(&self) -> Result<bool, StoreError> {
        let changes = |tx: &Tx<'_>| tx.scalar::<i64>("SELECT total_changes()", []);
        let before = changes(self)?;
        self.execute("INSERT INTO case_search (case_search, rank) VALUES ('merge', ?1)", [MERGED_PAGES])?;
        // FTS5 writes at least two rows when it joins anything (https://sqlite.org/fts5.html#the_merge_command).
        Ok(changes(self)? - before >= 2)
    }

    /// Empties everything that is rebuilt from documents.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn clear_projections(&self) -> Result<(), StoreError> {
        self.execute("DELETE FROM cases", [])?;
        Ok(())
    }
}

fn list_sql() -> String {
    format!(
        "SELECT {COLUMNS} FROM cases WHERE substr(division, 1, length(?1)) = ?1
         ORDER BY updated_at_ms DESC, doc LIMIT ?2 OFFSET ?3"
    )
}

fn any_column_like(parameter: usize) -> String {
    let columns = ["name", "initials", "id_tail", "address"]
        .map(|column| format!("{column} LIKE ?{parameter} ESCAPE '\\'"));
    format!("({})", columns.join(" OR "))
}

/// The words of a query. Full-width letters and digits, as Chinese keyboards give them, become
/// ASCII; control characters separate words.
fn terms(query: &str) -> Vec<String> {
    let plain: String = query
        .chars()
        .map(|c| match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            c if c.is_control() => ' ',
            c => c,
        })
        .collect();
    plain.split_whitespace().take(MOST_TERMS).map(|term| term.chars().take(LONGEST_TERM).collect()).collect()
}

/// The term as an FTS5 string, in which nothing has a meaning but the doubled quote.
fn phrase(term: &str) -> String {
    format!("\"{}\"", term.replace('"', "\"\""))
}

fn escape_like(term: &str) -> String {
    let mut escaped = String::with_capacity(term.len());
    for c in term.chars() {
        if matches!(c, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

pub(crate) fn decode(row: &Row<'_>) -> rusqlite::Result<CaseRow> {
    Ok(CaseRow {
        doc: DocId(row.get(0)?),
        name: row.get(1)?,
        division: row.get(2)?,
        address: row.get(3)?,
        id_tail: row.get(4)?,
        people: row.get(5)?,
        conflicts: row.get(6)?,
        status: row.get(7)?,
        updated_at_ms: row.get(8)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Store, StoreError, StoreKey};

    #[test]
    fn the_first_screen_is_read_from_an_index_in_its_order() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), &StoreKey::from_bytes([1; 32])).unwrap();
        let sql = format!("EXPLAIN QUERY PLAN {}", list_sql());
        let plan: Result<Vec<String>, StoreError> =
            store.read(|tx| tx.all(&sql, ("11", 50, 0), |row| row.get(3)));
        assert_eq!(plan.unwrap(), ["SCAN cases USING COVERING INDEX cases_newest"]);
    }

    #[test]
    fn a_query_is_cut_into_a_bounded_number_of_bounded_words() {
        assert_eq!(terms("　张三　ＺＳ\t１２３Ｘ"), ["张三", "ZS", "123X"]);
        assert_eq!(terms(&"x".repeat(1000)), ["x".repeat(LONGEST_TERM)]);
        assert_eq!(terms(&"a ".repeat(1000)).len(), MOST_TERMS);
    }

    /// Parts that the search consists of, by the pages that it has an index of.
    fn parts(store: &Store) -> i64 {
        store
            .read::<_, StoreError>(|tx| tx.scalar("SELECT count(DISTINCT segid) FROM case_search_idx", []))
            .unwrap()
    }

    #[test]
    fn names_that_come_one_by_one_are_joined_in_small_steps_and_all_are_found() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), &StoreKey::from_bytes([1; 32])).unwrap();
        let case = |number: u8| CaseRow {
            doc: DocId([number; 16]),
            name: format!("户主{number:03}"),
            division: "110101001001".to_owned(),
            address: String::new(),
            id_tail: String::new(),
            people: 1,
            conflicts: 0,
            status: String::new(),
            updated_at_ms: 0,
        };
        for number in 0..12 {
            store.write::<_, StoreError>(|tx| tx.put_case(&case(number))).unwrap();
        }
        // No commit of a name joined anything.
        assert_eq!(parts(&store), 12);
        while store.write::<_, StoreError>(|tx| tx.merge_search()).unwrap() {}
        assert!(parts(&store) < 4, "{}", parts(&store));
        let found = |query: &str| store.read::<_, StoreError>(|tx| tx.search_cases(query, 50)).unwrap().len();
        assert_eq!([found("户主0"), found("户主011"), found("户主012")], [12, 1, 0]);
    }
}
