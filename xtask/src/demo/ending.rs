//! The end of the story: everybody holds the same, what it cost, and what stays.

use std::fs;
use std::time::Duration;

use anyhow::Result;
use serde_json::Value;

use super::narrator::{chapter, tell};
use super::phone::Traffic;
use super::story::{Photo, Story, list, text};
use crate::console::{pairs, print_line};

impl Story {
    /// Phones and server hold the same document and the same photos.
    pub fn compare(&mut self) -> Result<()> {
        chapter(10, "核对：两部手机和服务器内容相同", "Both phones and the server hold the same");
        let server = self.server.admin(&["check"])?;
        let (a, b) = (self.a.ask(&["case", "show", &self.case])?, self.b.ask(&["case", "show", &self.case])?);
        let heads = |value: &Value| -> Vec<String> {
            let mut heads: Vec<String> =
                list(value, "/heads").iter().filter_map(Value::as_str).map(str::to_owned).collect();
            heads.sort_unstable();
            heads
        };
        let held = list(&server, "/documents").iter().find(|document| text(document, "/id") == self.case);
        let on_server = held.map(&heads).unwrap_or_default();
        tell(&format!("版本 {}", on_server.join(" ")), "heads of the household on the server");
        self.checks.that("服务器上有这一户", "the server has the household", !on_server.is_empty());
        self.checks.same("手机 A 与服务器相同", "phone A holds the same document", &heads(&a), &on_server);
        self.checks.same("手机 B 与服务器相同", "phone B holds the same document", &heads(&b), &on_server);
        self.checks.same("内容逐项相同", "field by field", &a.get("household"), &b.get("household"));
        let photos = std::mem::take(&mut self.photos);
        photos.iter().try_for_each(|photo| self.compare_photo(photo, &server))?;
        self.photos = photos;
        self.check_health(&server)
    }

    /// What phone A keeps of the photo that was taken, on both phones byte by byte, on the server by the
    /// SHA-256 that its check computed anew.
    fn compare_photo(&mut self, photo: &Photo, server: &Value) -> Result<()> {
        tell(&format!("{} SHA-256 {}", photo.kind, photo.sha256), "the photo's hash");
        for phone in [&self.a, &self.b] {
            let out = self.stage.path().join(format!("{}-{}.jpg", photo.kind, phone.name));
            phone.ask(&["file", &photo.sha256, "--out", &out.to_string_lossy()])?;
            let (zh, en) = (
                format!("{} 在手机 {} 上一字节不差", photo.kind, phone.name),
                format!("{} is the same on phone {}", photo.kind, phone.name),
            );
            self.checks.that(&zh, &en, fs::read(&out)? == photo.kept);
        }
        let stored = list(server, "/files")
            .iter()
            .any(|file| text(file, "/sha256") == photo.sha256 && file.get("ok") == Some(&Value::Bool(true)));
        let (zh, en) = (
            format!("{} 在服务器上，SHA-256 相同", photo.kind),
            format!("{} is on the server, same SHA-256", photo.kind),
        );
        self.checks.that(&zh, &en, stored);
        Ok(())
    }

    fn check_health(&mut self, server: &Value) -> Result<()> {
        self.checks.that("服务器数据完整", "the server is whole", list(server, "/findings").is_empty());
        for phone in [&self.a, &self.b] {
            let findings = phone.ask(&["check"])?;
            let waiting = phone.ask(&["status"])?;
            let none = |key: &str| waiting.get(key).and_then(Value::as_u64) == Some(0);
            let (zh, en) = (
                format!("手机 {} 数据完整，没有待上传的内容", phone.name),
                format!("phone {} is whole and has nothing left to send", phone.name),
            );
            let whole = list(&findings, "/findings").is_empty();
            self.checks.that(&zh, &en, whole && none("outbox") && none("files_waiting"));
        }
        self.totals = server.pointer("/documents").map(totals).unwrap_or_default();
        Ok(())
    }

    /// The table at the end.
    pub fn summary(&self, took: Duration) -> Vec<String> {
        let (a, b) = (self.a.traffic, self.b.traffic);
        let both = |pick: fn(&Traffic) -> u64| pick(&a) + pick(&b);
        let (documents, changes) = self.totals;
        let row = |name: &str, value: String| (name.to_owned(), value);
        let rows = [
            row("档案 documents", documents.to_string()),
            row("修改 changes", changes.to_string()),
            row("照片 photos", self.photos.len().to_string()),
            row("同步 syncs", both(|t| t.syncs).to_string()),
            row("往返 round trips", both(|t| t.rounds).to_string()),
            row("上行 bytes up", both(|t| t.up).to_string()),
            row("下行 bytes down", both(|t| t.down).to_string()),
            row("照片流量 photo bytes", both(|t| t.photo_bytes).to_string()),
            row("同步用时 time in sync", format!("{} ms", both(|t| t.milliseconds))),
            row("全程用时 time of the story", format!("{:.1} s", took.as_secs_f64())),
            row("核对 checks", format!("{} ✓  {} ✗", self.checks.held(), self.checks.failed())),
        ];
        std::iter::once(String::new()).chain(pairs(&rows)).collect()
    }

    /// Stops the server and clears the stage.
    pub fn end(mut self) -> Result<()> {
        self.server.stop()?;
        Ok(self.stage.close()?)
    }

    /// Leaves everything as it is and says where.
    pub fn keep(mut self) {
        let server = self.server.leave();
        let folders = [&self.server.folder, &self.a.folder, &self.b.folder].map(|f| f.display().to_string());
        let stage = self.stage.keep();
        let [data, a, b] = folders;
        print_line("");
        print_line(&format!("服务器仍在运行 / The server is still running: {}", self.server.url));
        print_line(&format!("  数据 / data      {data}"));
        let ruhu = self.a.program.display();
        print_line(&format!("  手机 A / phone A  {ruhu} --data {a} case show last"));
        print_line(&format!("  手机 B / phone B  {ruhu} --data {b} case show last"));
        if let Some(id) = server {
            print_line(&format!("  停止并清除 / stop and clear  kill {id}; rm -r {}", stage.display()));
        }
    }
}

/// How many documents there are, and how many changes in them.
fn totals(documents: &Value) -> (usize, u64) {
    let documents = list(documents, "");
    (documents.len(), documents.iter().filter_map(|document| document.get("changes")?.as_u64()).sum())
}
