//! The act of a volunteer who means harm, and of a bit that flips on the server's disk.

use std::fs;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{Hostile, damage, household, list, text, visit};
use crate::demo::narrator::{chapter, quote, tell};
use crate::demo::story::VILLAGE;
use crate::process;
use crate::workspace::binary;

const DEADLINE: Duration = Duration::from_secs(120);

impl Hostile {
    pub(super) fn poisoned(&mut self, number: u32) -> Result<()> {
        chapter(
            number,
            "一名网格员发来有毒的修改：每页十万项，还有坏掉的",
            "A volunteer pushes poison: pages of 100,000 changes, and damaged ones",
        );
        let case = household(&self.a, "田大水", "河东村 2 组 5 号")?;
        self.meet()?;
        let code = self.server.code("丁某", "volunteer", VILLAGE)?;
        let mut mischief = Command::new(binary("ruhu-test-poison")?);
        mischief.args(["--code", &code, "--division", VILLAGE, "--household", &case]);
        let done = process::finish(&mut mischief, DEADLINE)?;
        ensure!(done.status.success(), "the volunteer could not act: {}", done.stdout);
        let told: Value = serde_json::from_str(&done.stdout).context("the volunteer says no JSON")?;
        for page in list(&told, "/pages").iter().chain(told.get("damaged")) {
            let number = |key: &str| page.get(key).and_then(Value::as_u64).unwrap_or_default();
            tell(
                &format!("{} 字节，服务器收下 {} 项", number("bytes"), number("held")),
                "bytes sent, envelopes taken",
            );
        }
        visit(&self.a, &case, &[("members_real", "3"), ("household_view", "照常走访")])?;
        self.meet()?;
        self.same_household(&case)?;
        let mut late = self.newcomer("D", "王新到")?;
        let report = late.sync()?;
        let seen = late.ask(&["case", "list", "--limit", "1000"])?;
        let known = self.a.ask(&["case", "list", "--limit", "1000"])?;
        let ids = |cases: &Value| {
            let mut ids: Vec<String> =
                list(cases, "").iter().map(|case| text(case, "/id").to_owned()).collect();
            ids.sort_unstable();
            ids
        };
        self.checks.same("新手机收到每一户", "a new phone gets every household", &ids(&seen), &ids(&known));
        quote(&late.read(&["status"])?);
        let apart = list(&report, "/quarantined").len();
        tell(&format!("新手机另行保存了 {apart} 项"), "changes that the new phone keeps apart");
        self.noticed()
    }

    pub(super) fn flipped(&mut self, number: u32) -> Result<()> {
        chapter(number, "服务器的硬盘上翻了一个比特", "A bit flips on the server's disk");
        let (name, mark) = ("白小满", "河东村 9 组 99 号");
        let case = household(&self.a, name, mark)?;
        self.meet()?;
        self.server.stop()?;
        let file = self.server.folder.join("server.db");
        let mut bytes = fs::read(&file)?;
        let place = bytes.windows(mark.len()).position(|window| window == mark.as_bytes());
        let place = place.context("the household stands in the server's database")?;
        if let Some(byte) = bytes.get_mut(place) {
            *byte ^= 1;
        }
        fs::write(&file, bytes)?;
        self.server.start()?;
        tell(&format!("server.db 第 {place} 字节"), "the byte that changed");
        let late = self.newcomer("E", "李后来")?;
        for _ in 0..2 {
            late.try_sync()?;
            self.meet()?;
        }
        let seen = late.ask(&["case", "show", &case])?;
        self.checks.same(
            "新手机收到这一户",
            "a new phone has the household",
            &text(&seen, "/household/case/address/text"),
            &mark,
        );
        let healed = self.server.check()?;
        self.checks.same(
            "服务器从手机补齐",
            "the server was healed by a phone",
            &damage(&healed),
            &Vec::new(),
        );
        self.noticed()
    }
}
