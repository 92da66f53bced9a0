//! `forms publish`, `forms withdraw`, `forms list`.

use std::path::PathBuf;

use ruhu_formats::{Form, attach_files, check_name, read_form};
use ruhu_sync::message::PublishedForm;
use ruhu_text::Diagnostic;
use serde::Serialize;

use super::DataFolder;
use super::failure::CommandError;
use super::terminal::Terminal;

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
    /// 撤下表单：手机不再用它开始新的调查，没办结的照常填完；再次发布同一文件即恢复 / Withdraw a form:
    /// phones begin no new visit with it, open visits go on; publishing the same file again takes it back
    Withdraw {
        #[command(flatten)]
        folder: DataFolder,
        /// 表单编号 / The form's id
        id: String,
        /// 版本号，不写则撤下所有版本 / Its version; without one, every version
        version: Option<String>,
    },
    /// 列出已发布的表单 / List published forms
    List(DataFolder),
}

#[derive(Debug, Serialize)]
struct Published {
    id: String,
    version: String,
    hash: String,
    withdrawn: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Diagnostic>,
}

impl Published {
    fn new(form: PublishedForm, warnings: Vec<Diagnostic>) -> Published {
        let hash = data_encoding::HEXLOWER.encode(&form.hash);
        Published { id: form.id, version: form.version, hash, withdrawn: form.withdrawn, warnings }
    }
}

impl Forms {
    pub(super) fn run(self, terminal: &Terminal) -> Result<(), CommandError> {
        match self {
            Forms::Publish { folder, file } => publish(&folder, &file, terminal),
            Forms::Withdraw { folder, id, version } => withdraw(&folder, &id, version.as_deref(), terminal),
            Forms::List(folder) => list(&folder, terminal),
        }
    }
}

fn publish(folder: &DataFolder, file: &PathBuf, terminal: &Terminal) -> Result<(), CommandError> {
    let mut hub = folder.open(terminal)?;
    let workbook = std::fs::read(file).map_err(|error| CommandError::FormFile(error.kind()))?;
    let folders = ruhu_formats::media_folders(file);
    let beside = |name: &str| folders.iter().find_map(|folder| std::fs::read(folder.join(name)).ok());
    let reading =
        read_form(&workbook).and_then(|reading| attach_files(reading, beside)).map_err(CommandError::Form)?;
    let form = &reading.form;
    check_name(form.id(), form.version())?;
    let bytes = form.to_bytes();
    // What a phone will do with it, before any phone has to.
    Form::from_bytes(&bytes).map_err(|_| CommandError::FormUnusable)?;
    let published = hub.publish_form(form.id(), form.version(), &bytes, terminal.now_ms())?;
    let published = Published::new(published, reading.warnings);
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

fn withdraw(
    folder: &DataFolder,
    id: &str,
    version: Option<&str>,
    terminal: &Terminal,
) -> Result<(), CommandError> {
    let withdrawn = folder.open(terminal)?.withdraw_form(id, version, terminal.now_ms())?;
    let withdrawn: Vec<Published> =
        withdrawn.into_iter().map(|form| Published::new(form, Vec::new())).collect();
    terminal.answer(&withdrawn, || {
        let line = |form: &Published| {
            let Published { id, version, .. } = form;
            terminal.pick(
                format!("已撤下表单 {id}，版本 {version}。手机同步后不再用它开始新的调查。"),
                format!("Withdrew form {id}, version {version}. Phones begin no new visit with it once they have synced."),
            )
        };
        withdrawn.iter().map(line).collect::<Vec<_>>().join("\n")
    })
}

fn list(folder: &DataFolder, terminal: &Terminal) -> Result<(), CommandError> {
    let forms = folder.open(terminal)?.forms()?.forms;
    let forms: Vec<Published> = forms.into_iter().map(|form| Published::new(form, Vec::new())).collect();
    let line = |form: &Published| {
        let mark =
            if form.withdrawn { terminal.pick("  （已撤下）", "  (withdrawn)") } else { String::new() };
        format!("{}  {}{mark}", form.id, form.version)
    };
    terminal.answer(&forms, || match forms.is_empty() {
        true => terminal.pick("没有发布过表单。", "No form is published."),
        false => forms.iter().map(line).collect::<Vec<_>>().join("\n"),
    })
}
