//! The act of a server whose clock ran ahead by more than three years, which is how long a certificate is good.

use anyhow::Result;
use serde_json::Value;

use super::{Hostile, household, list, text, visit};
use crate::demo::narrator::{chapter, quote, tell};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// By then every certificate of the story has ended.
const AHEAD_DAYS: i64 = 1_200;

impl Hostile {
    pub(super) fn wrong_clock(&mut self, number: u32) -> Result<()> {
        chapter(
            number,
            "服务器的时钟快了一千二百天：所有证书看上去都已到期",
            "The server's clock runs 1,200 days ahead: every certificate seems to have ended",
        );
        self.server.stop()?;
        self.server.start_ahead(AHEAD_DAYS * DAY_MS)?;
        let case = household(&self.a, "钟守时", "河东村 2 组 6 号")?;
        visit(&self.a, &case, &[("members_real", "2"), ("household_view", "钟快了")])?;
        let report = self.a.sync()?;
        self.checks.that(
            "时钟可疑，谁的证书也没有到期",
            "the clock is doubted, nobody has expired",
            doubts(&report),
        );
        self.meet()?;
        self.same_household(&case)?;
        quote(&self.a.read(&["status"])?);
        let code = self.server.refused(&[
            "enroll",
            "--person",
            "赵新",
            "--role",
            "caseworker",
            "--scope",
            super::TOWNSHIP,
        ])?;
        self.checks.same(
            "期间不签发登记码",
            "no code is issued meanwhile",
            &code.as_str(),
            &"clock_in_doubt",
        );
        self.accepted_by_mistake(&case)?;
        self.put_right(&case)
    }

    /// An administrator takes the wrong date for right.
    fn accepted_by_mistake(&mut self, case: &str) -> Result<()> {
        self.server.admin(&["clock", "accept"])?;
        tell("管理员误以为日期正确：clock accept", "an administrator takes the wrong date for right");
        visit(&self.a, case, &[("household_view", "误判到期时写的")])?;
        let report = self.a.try_sync()?;
        let flag = |name: &str| report.get(name).and_then(Value::as_bool);
        self.checks.same(
            "手机 A 被当作到期，不是吊销",
            "phone A is taken for expired, not for revoked",
            &(flag("expired"), flag("revoked")),
            &(Some(true), Some(false)),
        );
        quote(&self.a.read(&["status"])?);
        let apart = self.server.admin(&["quarantine", "list"])?;
        let reasons: Vec<String> =
            list(&apart, "").iter().map(|row| text(row, "/reason").to_owned()).collect();
        let all = !reasons.is_empty() && reasons.iter().all(|reason| reason == "expired");
        self.checks.that("写的内容另行保存在服务器", "what it wrote is kept apart on the server", all);
        Ok(())
    }

    /// The date is mended; what was kept apart is judged again.
    fn put_right(&mut self, case: &str) -> Result<()> {
        self.server.stop()?;
        self.server.start()?;
        self.server.admin(&["clock", "accept"])?;
        tell("日期改正，clock accept", "the date is put right");
        let apart = self.server.admin(&["quarantine", "list"])?;
        self.checks.same("隔离区空了", "nothing is kept apart any more", &list(&apart, "").len(), &0);
        self.meet()?;
        self.same_household(case)?;
        let seen = self.b.ask(&["case", "show", case])?;
        let whole = seen.to_string().contains("误判到期时写的");
        self.checks.that("手机 B 看到当时写的内容", "phone B sees what was written then", whole);
        self.noticed()
    }
}

/// Whether a sync went well with a server that doubts its clock.
fn doubts(report: &Value) -> bool {
    let flag = |name: &str| report.get(name).and_then(Value::as_bool) == Some(true);
    flag("server_clock_in_doubt") && !flag("expired") && !flag("revoked")
}
