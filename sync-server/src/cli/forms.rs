//! `forms publish`, `forms list`.

use std::path::PathBuf;

use ruhu_formats::{attach_files, read_form};
use ruhu_text::Diagnostic;
use serde::Serialize;

use super::DataFolder;
use super::failure::CommandError;
use super::terminal::Terminal;
use crate::http::now_ms;

/// Subcommands of `forms`.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Forms {
    /// 发布一个 .xlsx 表单 / Publish a form from an .xlsx
    Publish {
        #[command(flatten)]
        folder: DataFolder,
        /// 表单文件 / The workbook
        file: PathBuf,
    },
    /// 列出已发布的表单 / List published forms
    List(DataFolder),
}

#[derive(Debug, Serialize)]
struct Published {
    id: String,
    version: String,
    hash: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Diagnostic>,
}

impl Forms {
    pub(super) fn run(self, terminal: &Terminal) -> Result<(), CommandError> {
        match self {
            Forms::Publish { folder, file } => publish(&folder, &file, terminal),
            Forms::List(folder) => list(&folder, terminal),
        }
    }
}

fn publish(folder: &DataFolder, file: &PathBuf, terminal: &Terminal) -> Result<(), CommandError> {
    let mut hub = folder.open()?;
    let workbook = std::fs::read(file).map_err(|error| CommandError::FormFile(error.kind()))?;
    let folders = ruhu_formats::media_folders(file);
    let beside = |name: &str| folders.iter().find_map(|folder| std::fs::read(folder.join(name)).ok());
    let reading =
        read_form(&workbook).and_then(|reading| attach_files(reading, beside)).map_err(CommandError::Form)?;
    let form = &reading.form;
    let published = hub.publish_form(form.id(), form.version(), &form.to_bytes(), now_ms())?;
    let hash = data_encoding::HEXLOWER.encode(&published.hash);
    let published =
        Published { id: published.id, version: published.version, hash, warnings: reading.warnings };
    terminal.answer(&published, || {
        let Published { id, version, .. } = &published;
        let done = terminal.pick(
            format!("已发布表单 {id}，版本 {version}。"),
            format!("Published form {id}, version {version}."),
        );
        let warnings = published.warnings.iter().map(|fault| fault.line(terminal.lang));
        std::iter::once(done).chain(warnings).collect::<Vec<_>>().join("\n")
    })
}

fn list(folder: &DataFolder, terminal: &Terminal) -> Result<(), CommandError> {
    let forms: Vec<Published> = folder
        .open()?
        .forms()?
        .forms
        .into_iter()
        .map(|form| Published {
            id: form.id,
            version: form.version,
            hash: data_encoding::HEXLOWER.encode(&form.hash),
            warnings: Vec::new(),
        })
        .collect();
    terminal.answer(&forms, || match forms.is_empty() {
        true => terminal.pick("没有发布过表单。", "No form is published."),
        false => forms.iter().map(|f| format!("{}  {}", f.id, f.version)).collect::<Vec<_>>().join("\n"),
    })
}
