//! The act of a phone in a valley, on a line of 2,000 bytes a second.

use std::time::Duration;

use anyhow::Result;
use serde_json::Value;

use super::line::Line;
use super::{Hostile, address, household, photograph, visit};
use crate::demo::narrator::{chapter, tell};
use crate::demo::phone::Phone;
use crate::demo::story::TOWNSHIP;

const BYTES_A_SECOND: u32 = 2_000;
const HOUSEHOLDS: usize = 8;
/// A photo of some seventy kilobytes: more than half a minute on its way.
const PHOTO: (u32, u32, u32) = (7, 640, 480);
/// A form, eight households and a photo take more than a minute on such a line.
const DEADLINE: Duration = Duration::from_secs(1_200);
/// A phone that is cut goes on where it was; so many syncs are enough.
const SYNCS: usize = 6;

impl Hostile {
    pub(super) fn slow_line(&mut self, number: u32) -> Result<()> {
        chapter(number, "山里的手机 C：线路每秒只过 2 KB", "Phone C in the mountains: 2 kB pass in a second");
        let line = Line::to(address(&self.server)?, BYTES_A_SECOND)?;
        let url = format!("https://{}", line.address);
        let mut c = Phone::new("C", self.stage.path(), "phone-c")?;
        c.deadline = DEADLINE;
        let code = self.server.code_at("赵山", "caseworker", TOWNSHIP, &url)?;
        c.ask(&["enroll", &code])?;
        self.until_safe(&mut c)?;
        let mut cases = Vec::new();
        for house in 1..=HOUSEHOLDS {
            let case = household(&c, &format!("山里第{house}户"), &format!("岭上 {house} 号"))?;
            visit(&c, &case, &[("members_real", "4"), ("water", "well"), ("household_view", "路不好走")])?;
            cases.push(case);
        }
        let first = cases.first().map_or("", String::as_str);
        let (photo, sha256) = photograph(&c, self.stage.path(), first, PHOTO)?;
        let before = line.passed();
        let syncs = self.until_safe(&mut c)?;
        tell(
            &format!("{syncs} 次同步，线路上过了 {} 字节", line.passed() - before),
            "syncs, and the bytes that passed",
        );
        self.meet()?;
        for case in &cases {
            let seen = self.b.ask(&["case", "show", case])?;
            let whole = super::heads(&seen) == super::heads(&c.ask(&["case", "show", case])?);
            self.checks.that("手机 B 收到这一户", "phone B has the household", whole);
        }
        self.same_photo(&sha256, &photo)?;
        self.noticed()
    }

    /// Syncs until nothing of a phone is unsafe; gives how many syncs it took.
    fn until_safe(&mut self, phone: &mut Phone) -> Result<usize> {
        for sync in 1..=SYNCS {
            let report = phone.try_sync()?;
            if report.get("extent").and_then(Value::as_str) == Some("all") {
                self.checks.that("手机 C 的内容都到了服务器", "all of phone C is on the server", true);
                return Ok(sync);
            }
        }
        self.checks.that("手机 C 的内容都到了服务器", "all of phone C is on the server", false);
        Ok(SYNCS)
    }
}
