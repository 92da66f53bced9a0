//! `quarantine list`, `show`, `admit`, `dismiss`.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::DateTime;
use ruhu_sync::EnvelopeHash;

use super::DataFolder;
use super::failure::CommandError;
use super::terminal::Terminal;
use crate::hub::{FieldContent, Hub, Left, QuarantineSize, QuarantinedContent, Selection, private_options};

/// Subcommands of `quarantine`.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Quarantine {
    /// 列出隔离区：人员、户、照片数、大小、时间 / List it: person, household, photos, size, since when
    List(DataFolder),
    /// 查看内容：谁的、哪一户、写了什么、有哪些照片 / Show it: whose, which household, what it says, its photos
    Show(Show),
    /// 放行内容和照片，使其对所有人可见 / Put texts and photos into their logs, to be seen by all
    Admit {
        #[command(flatten)]
        folder: DataFolder,
        #[command(flatten)]
        choice: Choice,
    },
    /// 驳回：保留一段时间后删除，期间仍可放行 / Dismiss: kept for a time, and admitted again until then
    Dismiss(Dismiss),
}

/// Arguments of `show`.
#[derive(Debug, clap::Args)]
pub(super) struct Show {
    #[command(flatten)]
    folder: DataFolder,
    #[command(flatten)]
    choice: Choice,
    /// 把照片写入文件，供管理员查看 / Write a photo into a file, to look at it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// 照片的摘要，只有一张时可省略 / The photo's SHA-256; not needed when there is one
    #[arg(long, value_name = "SHA256", requires = "out")]
    photo: Option<String>,
}

/// Arguments of `dismiss`.
#[derive(Debug, clap::Args)]
pub(super) struct Dismiss {
    #[command(flatten)]
    folder: DataFolder,
    #[command(flatten)]
    choice: Choice,
    /// 驳回理由 / Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// 驳回人，默认为当前登录用户 / Who dismisses it; the user who is logged in unless given
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

impl Quarantine {
    pub(super) fn run(self, terminal: &Terminal) -> Result<ExitCode, CommandError> {
        match self {
            Quarantine::List(folder) => list(&folder, terminal).map(|()| ExitCode::SUCCESS),
            Quarantine::Show(show) => show.run(terminal).map(|()| ExitCode::SUCCESS),
            Quarantine::Admit { folder, choice } => admit(&folder, &choice, terminal),
            Quarantine::Dismiss(dismiss) => dismiss.run(terminal).map(|()| ExitCode::SUCCESS),
        }
    }
}

/// What of the quarantine is meant.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(super) struct Choice {
    /// 这台设备的全部内容（已驳回的除外）/ Everything of this device, without what was dismissed
    #[arg(long)]
    device: Option<String>,
    /// 这份档案的全部内容（已驳回的除外）/ Everything of this document, without what was dismissed
    #[arg(long)]
    document: Option<String>,
    /// 摘要 / Hashes
    #[arg(value_name = "HASH")]
    hashes: Vec<String>,
}

impl Choice {
    fn selection(&self) -> Result<Selection, CommandError> {
        if let Some(device) = &self.device {
            return Ok(Selection::Device(device.parse().map_err(|_| CommandError::DeviceId)?));
        }
        if let Some(document) = &self.document {
            return Ok(Selection::Document(document.parse().map_err(|_| CommandError::DocumentId)?));
        }
        let hashes: Result<Vec<EnvelopeHash>, _> = self.hashes.iter().map(|hash| hash.parse()).collect();
        Ok(Selection::Envelopes(hashes.map_err(|_| CommandError::EnvelopeHash)?))
    }
}

impl Show {
    fn run(&self, terminal: &Terminal) -> Result<(), CommandError> {
        let mut hub = self.folder.open(terminal)?;
        let contents = hub.quarantine_content(&self.choice.selection()?, terminal.now_ms())?;
        let Some(out) = &self.out else {
            return terminal.answer(&contents, || {
                contents.iter().map(|content| told(content, terminal)).collect::<Vec<_>>().join("\n\n")
            });
        };
        let sha256 = self.photo_of(&contents)?;
        write_photo(&hub, &sha256, out)?;
        let path = out.display();
        terminal.answer(&serde_json::json!({ "written": out }), || {
            terminal.pick(format!("照片已写入 {path}。"), format!("The photo is written to {path}."))
        })
    }

    /// The photo that is meant: of those that are here, the only one, or the one that is named.
    fn photo_of(&self, contents: &[QuarantinedContent]) -> Result<[u8; 32], CommandError> {
        let mut here: Vec<&str> = contents
            .iter()
            .flat_map(|content| &content.photos)
            .filter(|photo| photo.bytes.is_some())
            .map(|photo| photo.sha256.as_str())
            .collect();
        here.sort_unstable();
        here.dedup();
        let named = match (&self.photo, here.as_slice()) {
            (Some(photo), _) if here.contains(&photo.as_str()) => photo.as_str(),
            (None, [one]) => one,
            _ => return Err(CommandError::WhichPhoto),
        };
        let bytes = data_encoding::HEXLOWER.decode(named.as_bytes()).map_err(|_| CommandError::PhotoHash)?;
        bytes.try_into().map_err(|_| CommandError::PhotoHash)
    }
}

/// Writes a photo into a file that is not there yet.
fn write_photo(hub: &Hub, sha256: &[u8; 32], out: &Path) -> Result<(), CommandError> {
    let failed = |error: io::Error| CommandError::OutFile(error.kind());
    let mut from = hub.quarantined_photo(sha256)?;
    let mut to = private_options().write(true).create_new(true).open(out).map_err(failed)?;
    io::copy(&mut from, &mut to).map_err(failed)?;
    to.sync_all().map_err(failed)
}

/// One envelope in a line.
fn told_short(content: &QuarantinedContent, terminal: &Terminal) -> String {
    let QuarantinedContent { hash, reason, household, person, time_ms, photos, bytes, dismissed, .. } =
        content;
    let here: u64 = photos.iter().filter_map(|photo| photo.bytes).sum();
    let given = photos.iter().filter(|photo| photo.bytes.is_some()).count();
    let (named, kilobytes) = (photos.len(), (bytes + here).div_ceil(1024));
    let photos = terminal.pick(format!("照片{given}/{named}张"), format!("photos {given} of {named}"));
    let household = if household.is_empty() { "-" } else { household };
    let (person, time) = (person.as_deref().unwrap_or("-"), time_of(*time_ms));
    let line = format!("{household}  {person}  {reason}  {photos}  {kilobytes} KB  {time}  {hash}");
    match dismissed {
        Some(_) => format!("{line}  {}", terminal.pick("已驳回", "dismissed")),
        None => line,
    }
}

fn told(content: &QuarantinedContent, terminal: &Terminal) -> String {
    let head = told_short(content, terminal);
    let dismissed = content.dismissed.iter().map(|by| {
        let (person, reason, time) = (&by.person, &by.reason, time_of(by.time_ms));
        terminal.pick(
            format!("  {person} 于 {time} 驳回：{reason}"),
            format!("  dismissed by {person} at {time}: {reason}"),
        )
    });
    let photos = content.photos.iter().map(|photo| match photo.bytes {
        Some(bytes) => format!("  {}  {} KB", photo.sha256, bytes.div_ceil(1024)),
        None => format!("  {}  {}", photo.sha256, terminal.pick("尚未上传", "not given yet")),
    });
    let lines = content.fields.iter().map(|FieldContent { path, value }| format!("  {path} = {value}"));
    std::iter::once(head).chain(dismissed).chain(lines).chain(photos).collect::<Vec<_>>().join("\n")
}

fn time_of(time_ms: i64) -> String {
    DateTime::from_timestamp_millis(time_ms).map(|time| time.to_rfc3339()).unwrap_or_default()
}

/// Exit code 1 when something of it stays.
fn admit(folder: &DataFolder, choice: &Choice, terminal: &Terminal) -> Result<ExitCode, CommandError> {
    let admitted = folder.open(terminal)?.admit(&choice.selection()?, terminal.now_ms())?;
    terminal.answer(&admitted, || {
        let (envelopes, photos) = (admitted.envelopes, admitted.photos);
        let done = terminal.pick(
            format!("已放行{envelopes}条、照片{photos}张。"),
            format!("Admitted {envelopes} envelopes and {photos} photos."),
        );
        let left = admitted.left.iter().map(|left| {
            let Left { hash, code } = left;
            terminal
                .pick(format!("仍在隔离区：{hash}  {code}"), format!("stays in quarantine: {hash}  {code}"))
        });
        std::iter::once(done).chain(left).collect::<Vec<_>>().join("\n")
    })?;
    Ok(if admitted.left.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Dismiss {
    fn run(&self, terminal: &Terminal) -> Result<(), CommandError> {
        let reason = self.reason.trim();
        if reason.is_empty() {
            return Err(CommandError::Reason);
        }
        let user = || std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).ok();
        let person = self.by.clone().or_else(user).unwrap_or_else(|| "-".to_owned());
        let mut hub = self.folder.open(terminal)?;
        let count = hub.dismiss(&self.choice.selection()?, (&person, reason), terminal.now_ms())?;
        terminal.answer(&serde_json::json!({ "dismissed": count }), || {
            terminal.pick(
                format!("已驳回{count}条：保留期内仍可按摘要放行，期满删除内容；手机下次同步时得知。"),
                format!("Dismissed {count} envelopes: admitted again by their hashes until their time ends, deleted then; phones are told when they sync."),
            )
        })
    }
}

fn list(folder: &DataFolder, terminal: &Terminal) -> Result<(), CommandError> {
    let mut hub = folder.open(terminal)?;
    let size = hub.quarantine_size()?;
    let mut kept = hub.quarantine_list(&Selection::All, terminal.now_ms())?;
    // What it says is shown by `show`.
    kept.iter_mut().for_each(|content| content.fields.clear());
    terminal.answer(&kept, || match kept.is_empty() {
        true => terminal.pick("隔离区是空的。", "Nothing is in quarantine."),
        false => {
            let lines = kept.iter().map(|content| told_short(content, terminal));
            lines.chain([told_size(&size, terminal)]).collect::<Vec<_>>().join("\n")
        }
    })
}

/// How much lies in quarantine.
pub(super) fn told_size(size: &QuarantineSize, terminal: &Terminal) -> String {
    let QuarantineSize { envelopes, photos, bytes, dismissed } = size;
    let kilobytes = bytes.div_ceil(1024);
    terminal.pick(
        format!("隔离区：{envelopes}条（其中已驳回{dismissed}条），照片{photos}张，共{kilobytes} KB。"),
        format!("In quarantine: {envelopes} envelopes ({dismissed} dismissed) and {photos} photos, {kilobytes} KB."),
    )
}
