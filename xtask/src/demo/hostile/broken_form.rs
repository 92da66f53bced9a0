//! The act of a clerk's forms: one whose version is written with letters, one that is published again with
//! other questions, one that nobody can take.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;

use super::{Hostile, household, list, photograph, text};
use crate::demo::narrator::{chapter, tell};

const VERSION: &str = "2026年版";
const PHOTO: (u32, u32, u32) = (3, 320, 240);

impl Hostile {
    pub(super) fn broken_form(&mut self, number: u32) -> Result<()> {
        chapter(
            number,
            "办事员发布的表单：版本写成“2026年版”，同一版本发布两次，编号里有斜杠",
            "A clerk's forms: a version in letters, one version published twice, an id with a slash",
        );
        let first = self.form("questions", "village_round", VERSION, "text,remark,备注")?;
        self.server.admin(&["forms", "publish", &first.to_string_lossy()])?;
        tell(&format!("已发布 village_round {VERSION}"), "published");
        let second = self.form("again", "village_round", VERSION, "integer,wells,水井数")?;
        let code = self.server.refused(&["forms", "publish", &second.to_string_lossy()])?;
        tell(
            &format!("同一版本换了内容：拒绝（{code}）"),
            "the same version with other questions is refused",
        );
        let third = self.form("slash", "村/入户", "1", "text,remark,备注")?;
        let code = self.server.refused(&["forms", "publish", &third.to_string_lossy()])?;
        tell(&format!("编号里有斜杠：拒绝（{code}）"), "an id that cannot travel is refused");
        let case = household(&self.a, "吴桂香", "河东村 4 组 8 号")?;
        let (photo, sha256) = photograph(&self.a, self.stage.path(), &case, PHOTO)?;
        self.meet()?;
        let forms = self.b.ask(&["form", "list"])?;
        let came = list(&forms, "").iter().any(|form| text(form, "/version") == VERSION);
        self.checks.that("手机 B 收到这张表单", "phone B has the form", came);
        self.same_photo(&sha256, &photo)?;
        self.same_household(&case)?;
        self.noticed()
    }

    /// A form of one question as a clerk writes it in CSV.
    fn form(&self, file: &str, id: &str, version: &str, question: &str) -> Result<PathBuf> {
        let path = self.stage.path().join(format!("{file}.csv"));
        let rows = format!(
            "survey,,,\n,type,name,label\n,{question}\nsettings,,\n,form_id,version\n,{id},{version}\n"
        );
        fs::write(&path, rows)?;
        Ok(path)
    }
}
