//! `exclude`.

use super::DataFolder;
use super::failure::CommandError;
use super::terminal::Terminal;
use crate::hub::{ExcludedEntry, Subject};

/// Arguments of `exclude`.
#[derive(Debug, clap::Args)]
pub(super) struct Exclude {
    #[command(flatten)]
    folder: DataFolder,
    /// 信封摘要、档案编号或设备编号；不给则列出已排除的 / An envelope's hash, a document's or a device's id; without one, lists what is excluded
    subject: Option<String>,
    /// 撤销排除 / Take in again what was excluded
    #[arg(long, requires = "subject")]
    undo: bool,
    /// 连同建立在其上的后续内容一起排除 / Also what others built on it
    #[arg(long, requires = "subject", conflicts_with = "undo")]
    with_dependents: bool,
}

impl Exclude {
    pub(super) fn run(self, terminal: &Terminal) -> Result<(), CommandError> {
        let mut hub = self.folder.open(terminal)?;
        let Some(text) = &self.subject else { return list(&hub.excluded()?, terminal) };
        let subject = subject(text).ok_or(CommandError::Subject)?;
        let count = match self.undo {
            true => hub.include(subject, terminal.now_ms())?,
            false => hub.exclude(subject, self.with_dependents, terminal.now_ms())?,
        };
        let key = if self.undo { "included" } else { "excluded" };
        terminal.answer(&serde_json::json!({ key: count }), || match self.undo {
            true => {
                terminal.pick(format!("已恢复{count}项。"), format!("{count} entries are taken in again."))
            }
            false => terminal.pick(
                format!("已排除{count}项：内容不再发给任何设备，仍保存在服务器上，可用 --undo 恢复。"),
                format!("{count} entries are excluded: given to no device, kept here, back with --undo."),
            ),
        })
    }
}

/// A hash has 64 hexadecimal digits, a document's id hyphens, a device's id 32 digits.
fn subject(text: &str) -> Option<Subject> {
    let envelope = text.parse().map(Subject::Envelope).ok();
    let document = || text.parse().map(Subject::Document).ok();
    let device = || text.parse().map(Subject::Device).ok();
    envelope.or_else(document).or_else(device)
}

fn list(entries: &[ExcludedEntry], terminal: &Terminal) -> Result<(), CommandError> {
    terminal.answer(&entries, || {
        let line = |entry: &ExcludedEntry| {
            format!("{}  {}  {}", entry.hash, entry.doc, entry.device.as_deref().unwrap_or("-"))
        };
        match entries.is_empty() {
            true => terminal.pick("没有排除任何内容。", "Nothing is excluded.").to_owned(),
            false => entries.iter().map(line).collect::<Vec<_>>().join("\n"),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_told_by_its_form() {
        assert!(matches!(subject(&"ab".repeat(32)), Some(Subject::Envelope(_))));
        assert!(matches!(subject(&"ab".repeat(16)), Some(Subject::Device(_))));
        let document = subject("018f3f5e-7c1d-7aaa-8000-000000000001");
        assert!(matches!(document, Some(Subject::Document(_))));
        assert_eq!(subject("张三"), None);
    }
}
