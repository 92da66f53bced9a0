//! The act of a server whose disk died and which came back with yesterday's copy.

use std::fs;
use std::path::Path;

use anyhow::Result;

use super::{Hostile, household, photograph, visit};
use crate::demo::narrator::{chapter, tell};

const PHOTO: (u32, u32, u32) = (5, 640, 480);

impl Hostile {
    pub(super) fn restored(&mut self, number: u32) -> Result<()> {
        chapter(
            number,
            "服务器的硬盘坏了，换上昨天的副本",
            "The server's disk dies, yesterday's copy takes its place",
        );
        let yesterday = self.stage.path().join("yesterday");
        self.server.stop()?;
        copy_folder(&self.server.folder, &yesterday)?;
        self.server.start()?;
        let case = household(&self.a, "何水根", "河东村 1 组 2 号")?;
        visit(&self.a, &case, &[("members_real", "3"), ("water", "well")])?;
        let (_, sha256) = photograph(&self.a, self.stage.path(), &case, PHOTO)?;
        self.meet()?;
        visit(&self.b, &case, &[("household_view", "井水不够用")])?;
        self.b.sync()?;
        tell("今天的内容都已上传", "what was entered today is on the server");
        self.server.stop()?;
        fs::remove_dir_all(&self.server.folder)?;
        copy_folder(&yesterday, &self.server.folder)?;
        self.server.start()?;
        let forgotten = self.server.check()?;
        let lacks = !super::list(&forgotten, "/documents").iter().any(|d| super::text(d, "/id") == case);
        self.checks.that("服务器不知道今天的这一户", "the server knows nothing of today's household", lacks);
        self.meet()?;
        self.same_household(&case)?;
        let again = self.server.check()?;
        let has = super::list(&again, "/documents").iter().any(|d| super::text(d, "/id") == case);
        self.checks.that("手机把这一户带回了服务器", "the phones brought it back", has);
        let photo = super::list(&again, "/files").iter().any(|file| super::text(file, "/sha256") == sha256);
        self.checks.that("照片也回到了服务器", "the photo came back too", photo);
        self.noticed()
    }
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copy_folder(&entry.path(), &target)?,
            false => drop(fs::copy(entry.path(), target)?),
        }
    }
    Ok(())
}
