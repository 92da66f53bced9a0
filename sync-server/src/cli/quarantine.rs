//! `quarantine list`, `quarantine admit`.

use ruhu_sync::EnvelopeHash;

use super::DataFolder;
use super::failure::CommandError;
use super::terminal::Terminal;
use crate::http::now_ms;
use crate::hub::Quarantined;

/// Subcommands of `quarantine`.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Quarantine {
    /// 列出隔离区 / List what is kept apart
    List(DataFolder),
    /// 放行一条，使其对所有人可见 / Put one into its log, to be seen by all
    Admit {
        #[command(flatten)]
        folder: DataFolder,
        /// 摘要 / Its hash
        hash: String,
    },
}

impl Quarantine {
    pub(super) fn run(self, terminal: &Terminal) -> Result<(), CommandError> {
        match self {
            Quarantine::List(folder) => list(&folder, terminal),
            Quarantine::Admit { folder, hash } => {
                let envelope: EnvelopeHash = hash.parse().map_err(|_| CommandError::EnvelopeHash)?;
                folder.open()?.admit(envelope, now_ms())?;
                terminal.answer(&serde_json::json!({ "admitted": hash }), || {
                    terminal.pick("已放行。", "Admitted.")
                })
            }
        }
    }
}

fn list(folder: &DataFolder, terminal: &Terminal) -> Result<(), CommandError> {
    let kept = folder.open()?.quarantine()?;
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
