//! `backup`, `restore`.

use std::path::PathBuf;
use std::process::ExitCode;

use chrono::DateTime;

use super::DataFolder;
use super::failure::CommandError;
use super::terminal::{Teller, Terminal};
use crate::backup::{self, Made, Progress, Restored, Step};

/// Arguments of `backup`.
#[derive(Debug, clap::Args)]
pub(super) struct Backup {
    #[command(flatten)]
    folder: DataFolder,
    /// 备份文件 / The backup
    file: PathBuf,
    /// 把服务器密钥另存为这个文件（请与备份分开保管）/ Put the server's keys into this file; keep it apart
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
}

impl Backup {
    /// Exit code 1 when the folder lacked photos: the others are in the backup.
    pub(super) fn run(self, terminal: &Terminal) -> Result<ExitCode, CommandError> {
        let teller = &mut Teller::new(terminal);
        let made =
            backup::create(&self.folder.data, &self.file, terminal.now_ms(), &mut |p| tell(teller, &p));
        teller.end();
        let made = made?;
        if let Some(keys) = &self.keys {
            backup::create_keys(&self.folder.data, keys, terminal.now_ms())?;
        }
        terminal.answer(&made, || self.told(&made, terminal))?;
        Ok(match made.manifest.lacking.is_empty() {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        })
    }

    fn told(&self, made: &Made, terminal: &Terminal) -> String {
        let Made { manifest, noted } = made;
        let (photos, bytes) = (manifest.photos.count, manifest.photos.bytes);
        let mut lines = vec![terminal.pick(
            format!("备份完成并已核对：数据库和照片{photos}张（{bytes}字节）。"),
            format!("Backed up and read back: the database and {photos} photos ({bytes} bytes)."),
        )];
        lines.push(match self.keys {
            Some(_) => terminal.pick(
                "密钥已另存，请与备份分开保管。",
                "The keys are in a file of their own: keep it apart from the backup.",
            ),
            None => terminal.pick(
                "备份不含服务器密钥；没有密钥就无法恢复。请用 --keys 另存一次。",
                "The server's keys are not in it, and without them nothing can be restored: save them once with --keys.",
            ),
        });
        if !noted {
            lines.push(terminal.pick(
                "备份有效，但服务器没能记下其中有哪些照片：手机还不会显示“另有备份”。下次备份时再记。",
                "The backup is good, but the server could not note which photos it has: phones do not hear yet that they are in a second place. The next backup notes it.",
            ));
        }
        lines.extend(manifest.lacking.iter().map(|sha256| {
            terminal.pick(format!("缺少照片 {sha256}"), format!("a photo is lacking: {sha256}"))
        }));
        lines.join("\n")
    }
}

/// Arguments of `restore`.
#[derive(Debug, clap::Args)]
pub(super) struct Restore {
    #[command(flatten)]
    folder: DataFolder,
    /// 备份文件 / The backup
    file: PathBuf,
    /// 服务器密钥文件 / The server's keys
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// 原数据目录中的 revocations.log，如果还在 / The revocations.log of the old folder, if it is still there
    #[arg(long, value_name = "FILE")]
    revocations: Option<PathBuf>,
}

impl Restore {
    pub(super) fn run(self, terminal: &Terminal) -> Result<(), CommandError> {
        let teller = &mut Teller::new(terminal);
        let (keys, revocations) = (self.keys.as_deref(), self.revocations.as_deref());
        let done =
            backup::restore(&self.file, keys, revocations, &self.folder.data, terminal.now_ms(), &mut |p| {
                tell(teller, &p);
            });
        teller.end();
        let done = done?;
        terminal.answer(&done, || told(&done, terminal))
    }
}

fn told(done: &Restored, terminal: &Terminal) -> String {
    let time = DateTime::from_timestamp_millis(done.made_at_ms).map(|time| time.to_rfc3339());
    let (time, photos) = (time.unwrap_or_default(), done.photos);
    let mut lines = vec![terminal.pick(
        format!("已恢复到 {time} 的状态，照片{photos}张。手机下次同步时会把此后的内容补传回来。"),
        format!("Restored as of {time}, with {photos} photos. Phones bring back what came since, at their next sync."),
    )];
    if !done.with_keys {
        lines.push(terminal.pick(
            "还没有密钥：启动前请把 server.key（以及 tls 目录）放进数据目录。",
            "There is no key yet: put server.key (and the folder tls) into the data folder before serving.",
        ));
    }
    if done.revocations.is_none() {
        lines.push(terminal.pick(
            format!("如果在 {time} 之后吊销过设备，请在启动前再次吊销（revoke）：备份不知道这些，最先来同步的可能正是它。"),
            format!("If a device was revoked after {time}, revoke it again before serving: the backup does not know of it, and it may be the first to come."),
        ));
    }
    lines.extend(done.lacking.iter().map(|sha256| {
        terminal
            .pick(format!("备份中就缺少照片 {sha256}"), format!("the backup itself lacked a photo: {sha256}"))
    }));
    lines.join("\n")
}

fn tell(teller: &mut Teller<'_>, progress: &Progress) {
    let (zh, en) = match progress.step {
        Step::Database => ("复制数据库", "copying the database"),
        Step::Writing => ("写入照片", "writing the photos"),
        Step::Checking => ("核对", "reading back"),
    };
    let percent = progress.done.saturating_mul(100).checked_div(progress.of).unwrap_or(100);
    teller.tell(|| (format!("{zh} {percent} %"), format!("{en} {percent} %")));
}
