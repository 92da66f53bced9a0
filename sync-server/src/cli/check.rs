//! `check`.

use std::process::ExitCode;

use super::failure::CommandError;
use super::terminal::Terminal;
use super::{DataFolder, quarantine};
use crate::hub::QuarantineSize;

/// Exit code 1 when something is wrong.
pub(super) fn run(folder: &DataFolder, terminal: &Terminal) -> Result<ExitCode, CommandError> {
    let report = folder.open(terminal)?.check()?;
    terminal.answer(&report, || {
        let (documents, files, findings) =
            (report.documents.len(), report.files.len(), report.findings.len());
        let summary = terminal.pick(
            format!("核对档案{documents}份、文件{files}个，发现问题{findings}个。"),
            format!("Checked {documents} documents and {files} files: {findings} findings."),
        );
        let excluded = (report.excluded > 0).then(|| {
            let count = report.excluded;
            terminal.pick(
                format!("按管理员决定排除的内容{count}项。"),
                format!("{count} entries are excluded by an administrator."),
            )
        });
        let kept = report.quarantine;
        let apart = (kept != QuarantineSize::default()).then(|| quarantine::told_size(&kept, terminal));
        let line = |f: &crate::hub::Finding| format!("{}  {}", f.place, terminal.pick(&f.zh, &f.en));
        std::iter::once(summary)
            .chain(excluded)
            .chain(apart)
            .chain(report.findings.iter().map(line))
            .collect::<Vec<_>>()
            .join("\n")
    })?;
    Ok(match report.findings.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}
