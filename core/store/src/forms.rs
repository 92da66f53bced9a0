//! Compiled forms by id and version, and the fields that they mark as deciding eligibility.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use ruhu_case::{MergeRule, MergeRules};

use crate::{StoreError, Tx};

/// Hash and compiled bytes of a form.
type FormBytes = ([u8; 32], Vec<u8>);

/// A version of a form that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormRow {
    /// The form's id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Whether the server withdrew it: it is not offered for new visits.
    pub withdrawn: bool,
}

/// A version of a form that the server offers and this program cannot use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedForm {
    /// The form's id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its bytes, as the server names it.
    pub hash: [u8; 32],
    /// Why, as a code.
    pub reason: String,
    /// Which version of the program could not use it.
    pub program: String,
}

impl Tx<'_> {
    /// Keeps a version of a form. The same version again changes nothing; another content under
    /// the same version is a [`StoreError::Clash`], because records already refer to it.
    ///
    /// # Errors
    /// `store` when another form is there under this id and version, `damaged` or `disk_full`.
    pub fn put_form(&self, id: &str, version: &str, hash: [u8; 32], bytes: &[u8]) -> Result<(), StoreError> {
        match self.form(id, version)? {
            Some((held, kept)) if held == hash || kept == bytes => return Ok(()),
            Some(_) => return Err(StoreError::Clash { what: "a form's version" }),
            None => {}
        }
        self.execute(
            "INSERT INTO forms (id, version, hash, bytes) VALUES (?1, ?2, ?3, ?4)",
            (id, version, hash, bytes),
        )?;
        Ok(())
    }

    /// One version of a form: its hash and bytes.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn form(&self, id: &str, version: &str) -> Result<Option<FormBytes>, StoreError> {
        self.one("SELECT hash, bytes FROM forms WHERE id = ?1 AND version = ?2", (id, version), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
    }

    /// Notes which household fields a form marks as deciding eligibility, by their paths, in place of
    /// what was noted before.
    ///
    /// # Errors
    /// `store` when there is no such form, `damaged` or `disk_full`.
    pub fn set_eligibility(
        &self,
        id: &str,
        version: &str,
        paths: &BTreeSet<String>,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE forms SET indexed = 1 WHERE id = ?1 AND version = ?2";
        self.execute_one("form", sql, (id, version))?;
        self.execute("DELETE FROM eligibility WHERE form_id = ?1 AND version = ?2", (id, version))?;
        for path in paths {
            let sql = "INSERT INTO eligibility (form_id, version, path) VALUES (?1, ?2, ?3)";
            self.execute(sql, (id, version, path))?;
        }
        Ok(())
    }

    /// The fields that any form marks as deciding eligibility.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn eligibility_paths(&self) -> Result<BTreeSet<String>, StoreError> {
        let paths = self.all("SELECT DISTINCT path FROM eligibility", [], |row| row.get(0))?;
        Ok(paths.into_iter().collect())
    }

    /// Notes what a form says of values that were written side by side in its answers and in the household
    /// fields that it fills, by path, in place of what was noted before.
    ///
    /// # Errors
    /// `store` when there is no such form, `damaged` or `disk_full`.
    pub fn set_merge_rules(
        &self,
        id: &str,
        version: &str,
        rules: &BTreeMap<String, MergeRule>,
    ) -> Result<(), StoreError> {
        self.execute("DELETE FROM merge_rules WHERE form_id = ?1 AND version = ?2", (id, version))?;
        for (path, rule) in rules {
            let sql = "INSERT INTO merge_rules (form_id, version, path, rule) VALUES (?1, ?2, ?3, ?4)";
            self.execute(sql, (id, version, path, rule.as_str()))?;
        }
        Ok(())
    }

    /// What all forms say of values that were written side by side.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn merge_rules(&self) -> Result<MergeRules, StoreError> {
        let mut rules = MergeRules::default();
        let rows = self.all("SELECT form_id, version, path, rule FROM merge_rules", [], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, String>(3)?,
            ))
        })?;
        for (id, version, path, rule) in rows {
            let rule = MergeRule::named(&rule);
            // A question's path begins at the root of its form.
            match path.starts_with('/') {
                true => rules.answer(&id, &version, &path, rule),
                false => rules.field(&path, rule),
            }
        }
        Ok(rules)
    }

    /// Forms, by id and version, of which [`Tx::set_eligibility`] was never told: those of an older
    /// store, and those that nobody could read.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn forms_to_index(&self) -> Result<Vec<(String, String)>, StoreError> {
        let sql = "SELECT id, version FROM forms WHERE indexed = 0 ORDER BY id, version";
        self.all(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// The newest version of a form that is kept and not withdrawn. Versions are compared as people
    /// read them: runs of digits as numbers, the rest as text (`2026010109` < `2026010110`,
    /// `v9` < `v10`).
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn latest_version(&self, id: &str) -> Result<Option<String>, StoreError> {
        let sql = "SELECT version FROM forms WHERE id = ?1 AND withdrawn = 0";
        let versions = self.all(sql, [id], |row| row.get::<_, String>(0))?;
        Ok(versions.into_iter().max_by(|a, b| compare_versions(a, b)))
    }

    /// The newest version of a form that is kept and not withdrawn, if it is newer than this one.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn version_after(&self, id: &str, version: &str) -> Result<Option<String>, StoreError> {
        let newest = self.latest_version(id)?;
        Ok(newest.filter(|newest| compare_versions(newest, version).is_gt()))
    }

    /// All forms, by id and then from the oldest version to the newest.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn forms(&self) -> Result<Vec<FormRow>, StoreError> {
        let mut forms = self.all("SELECT id, version, withdrawn FROM forms", [], |row| {
            Ok(FormRow { id: row.get(0)?, version: row.get(1)?, withdrawn: row.get(2)? })
        })?;
        forms.sort_by(|a, b| a.id.cmp(&b.id).then_with(|| compare_versions(&a.version, &b.version)));
        Ok(forms)
    }

    /// Notes the server's word on a form that is kept: whether it is withdrawn, and the signed notice
    /// that says so. A form that is not kept is passed over.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn note_form(
        &self,
        id: &str,
        version: &str,
        withdrawn: bool,
        notice: Option<&[u8]>,
    ) -> Result<(), StoreError> {
        self.execute(
            "UPDATE forms SET withdrawn = ?3, notice = coalesce(?4, notice) WHERE id = ?1 AND version = ?2",
            (id, version, withdrawn, notice),
        )?;
        Ok(())
    }

    /// The server's signed words on the forms that are kept.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn form_notices(&self) -> Result<Vec<Vec<u8>>, StoreError> {
        self.all("SELECT notice FROM forms WHERE notice IS NOT NULL ORDER BY id, version", [], |row| {
            row.get(0)
        })
    }

    /// Notes that a form cannot be used, in place of what was noted under its id and version.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn refuse_form(&self, refused: &RefusedForm) -> Result<(), StoreError> {
        let RefusedForm { id, version, hash, reason, program } = refused;
        self.execute(
            "INSERT OR REPLACE INTO refused_forms (id, version, hash, reason, program)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            (id, version, hash, reason, program),
        )?;
        Ok(())
    }

    /// Forgets that a form could not be used.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn forget_refused_form(&self, id: &str, version: &str) -> Result<(), StoreError> {
        self.execute("DELETE FROM refused_forms WHERE id = ?1 AND version = ?2", (id, version))?;
        Ok(())
    }

    /// The forms that cannot be used, by id and version.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn refused_forms(&self) -> Result<Vec<RefusedForm>, StoreError> {
        let sql = "SELECT id, version, hash, reason, program FROM refused_forms ORDER BY id, version";
        self.all(sql, [], |row| {
            Ok(RefusedForm {
                id: row.get(0)?,
                version: row.get(1)?,
                hash: row.get(2)?,
                reason: row.get(3)?,
                program: row.get(4)?,
            })
        })
    }
}

fn compare_versions(a: &str, b: &str) -> Ordering {
    runs(a)
        .zip(runs(b))
        .map(|(a, b)| compare_runs(a, b))
        .find(|order| order.is_ne())
        .unwrap_or_else(|| runs(a).count().cmp(&runs(b).count()).then_with(|| a.cmp(b)))
}

fn compare_runs(a: &str, b: &str) -> Ordering {
    let number = |run: &str| run.starts_with(|c: char| c.is_ascii_digit());
    if !(number(a) && number(b)) {
        return a.cmp(b);
    }
    // Compared without parsing: a version may have more digits than a number type.
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// The text as alternating runs of digits and of other characters.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let digits = rest.chars().next()?.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(rest.len());
        let (run, tail) = rest.split_at_checked(end)?;
        rest = tail;
        Some(run)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn versions_are_ordered_as_people_read_them() {
        let ordered = ["", "1", "2", "10", "2025123101", "2026010101", "v1", "v1.2", "v1.10", "v2"];
        for pair in ordered.windows(2) {
            assert_eq!(compare_versions(pair[0], pair[1]), Ordering::Less, "{pair:?}");
        }
    }

    proptest! {
        #[test]
        fn the_order_of_versions_is_total(a in "[0-2av.]{0,5}", b in "[0-2av.]{0,5}", c in "[0-2av.]{0,5}") {
            prop_assert_eq!(compare_versions(&a, &b), compare_versions(&b, &a).reverse());
            prop_assert_eq!(compare_versions(&a, &b).is_eq(), a == b);
            if compare_versions(&a, &b).is_le() && compare_versions(&b, &c).is_le() {
                prop_assert!(compare_versions(&a, &c).is_le());
            }
        }
    }
}
