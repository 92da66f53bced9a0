//! `quarantine list`, `quarantine admit`.

use std::process::ExitCode;

use chrono::DateTime;
use ruhu_sync::EnvelopeHash;

use super::DataFolder;
use super::failure::CommandError;
use super::terminal::Terminal;
use crate::hub::{FieldContent, Left, Quarantined, QuarantinedContent, Selection};

/// Subcommands of `quarantine`.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Quarantine {
    /// 列出隔离区 / List what is kept apart
    List(DataFolder),
    /// 查看内容：谁的、哪一户、写了什么 / Show it: whose, which household, what it says
    Show {
        #[command(flatten)]
        folder: DataFolder,
        #[command(flatten)]
        choice: Choice,
    },
    /// 放行，使其对所有人可见 / Put it into its logs, to be seen by all
    Admit {
        #[command(flatten)]
        folder: DataFolder,
        #[command(flatten)]
        choice: Choice,
    },
}

impl Quarantine {
    pub(super) fn run(self, terminal: &Terminal) -> Result<ExitCode, CommandError> {
        match self {
            Quarantine::List(folder) => list(&folder, terminal).map(|()| ExitCode::SUCCESS),
            Quarantine::Show { folder, choice } => show(&folder, &choice, terminal),
            Quarantine::Admit { folder, choice } => admit(&folder, &choice, terminal),
        }
    }
}

/// What of the quarantine is meant.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(super) struct Choice {
    /// 这台设备的全部内容 / Everything of this device
    #[arg(long)]
    device: Option<String>,
    /// 这份档案的全部内容 / Everything of this document
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

fn show(folder: &DataFolder, choice: &Choice, terminal: &Terminal) -> Result<ExitCode, CommandError> {
    let contents = folder.open(terminal)?.quarantine_content(&choice.selection()?, terminal.now_ms())?;
    terminal.answer(&contents, || contents.iter().map(told).collect::<Vec<_>>().join("\n\n"))?;
    Ok(ExitCode::SUCCESS)
}

fn told(content: &QuarantinedContent) -> String {
    let QuarantinedContent { hash, reason, household, person, time_ms, fields, .. } = content;
    let time = DateTime::from_timestamp_millis(*time_ms).map(|time| time.to_rfc3339()).unwrap_or_default();
    let person = person.as_deref().unwrap_or("-");
    let head = format!("{household}  {person}  {reason}  {time}\n{hash}");
    let lines = fields.iter().map(|FieldContent { path, value }| format!("  {path} = {value}"));
    std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
}

/// Exit code 1 when something of it stays.
fn admit(folder: &DataFolder, choice: &Choice, terminal: &Terminal) -> Result<ExitCode, CommandError> {
    let admitted = folder.open(terminal)?.admit(&choice.selection()?, terminal.now_ms())?;
    terminal.answer(&admitted, || {
        let envelopes = admitted.envelopes;
        let done =
            terminal.pick(format!("已放行{envelopes}条。"), format!("Admitted {envelopes} envelopes."));
        let left = admitted.left.iter().map(|left| {
            let Left { hash, code } = left;
            terminal
                .pick(format!("仍在隔离区：{hash}  {code}"), format!("stays in quarantine: {hash}  {code}"))
        });
        std::iter::once(done).chain(left).collect::<Vec<_>>().join("\n")
    })?;
    Ok(if admitted.left.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn list(folder: &DataFolder, terminal: &Terminal) -> Result<(), CommandError> {
    let kept = folder.open(terminal)?.quarantine()?;
    terminal.answer(&kept, || {
        let line = |entry: &Quarantined| {
            let device = entry.device.as_deref().unwrap_or("-");
            let reason = serde_json::to_value(entry.reason).unwrap_or_default();
            format!("{}  {}  {}  {device}", entry.hash, reason.as_str().unwrap_or_default(), entry.doc)
        };
        match kept.is_empty() {
            true => terminal.pick("隔离区是空的。", "Nothing is in quarantine."),
            false => kept.iter().map(line).collect::<Vec<_>>().join("\n"),
        }
    })
}
