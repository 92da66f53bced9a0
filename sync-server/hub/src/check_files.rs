//! Files against rows, rows against documents: what a document names and the server lacks, what lies
//! there and nobody knows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use ruhu_case::DocId;
use rusqlite::Connection;

use super::check_report::{CheckReport, CheckedFile, Finding};
use super::photo_folder::PhotoFolder;
use crate::error::HubError;

/// The files that documents name, and which documents.
pub(super) type Pictures = BTreeMap<[u8; 32], BTreeSet<DocId>>;

/// Names what is wrong, and gives the files whose bytes are gone or damaged.
pub(super) fn check(
    tx: &Connection,
    (dir, folder): (&Path, &PhotoFolder),
    pictures: &Pictures,
    report: &mut CheckReport,
) -> Result<Vec<[u8; 32]>, HubError> {
    let (known, lost) = check_rows(tx, folder, report)?;
    check_pictures(tx, pictures, &known, report)?;
    let apart = check_quarantine(tx, folder, report)?;
    let has_row = |name: &str| {
        let name = name.strip_suffix(".sealed").unwrap_or(name);
        known.contains(name) || apart.contains(name)
    };
    check_folder(&dir.join("files"), true, has_row, "file_without_row", report);
    let uploads = uploads(tx)?;
    // A sealed upload is a folder of pieces.
    check_folder(&dir.join("uploads"), false, |name| uploads.contains(name), "upload_without_row", report);
    Ok(lost)
}

type Rows = (BTreeSet<String>, Vec<[u8; 32]>);

/// The names of all files that have a row, and those whose bytes are not what the row says.
fn check_rows(tx: &Connection, folder: &PhotoFolder, report: &mut CheckReport) -> Result<Rows, HubError> {
    let mut select = tx.prepare("SELECT sha256, size FROM files ORDER BY sha256")?;
    let rows = select.query_map([], |row| Ok((row.get::<_, [u8; 32]>(0)?, row.get::<_, i64>(1)? as u64)))?;
    let (mut known, mut lost) = (BTreeSet::new(), Vec::new());
    for row in rows {
        let (sha256, size) = row?;
        let ok = folder.is_intact(&sha256, size);
        let name = data_encoding::HEXLOWER.encode(&sha256);
        if !ok {
            lost.push(sha256);
            let zh = "文件缺失或内容已损坏，手机同步时会被要求重传。";
            let en = "a file is missing or its bytes are damaged; phones are asked for it";
            report.findings.push(Finding::new("file", &name, zh, en));
        }
        known.insert(name.clone());
        report.files.push(CheckedFile { sha256: name, size, ok });
    }
    Ok((known, lost))
}

/// The names of the files in quarantine; names those whose bytes are not what the row says.
fn check_quarantine(
    tx: &Connection,
    folder: &PhotoFolder,
    report: &mut CheckReport,
) -> Result<BTreeSet<String>, HubError> {
    let mut select = tx.prepare("SELECT DISTINCT sha256, size FROM quarantine_files ORDER BY sha256")?;
    let rows = select.query_map([], |row| Ok((row.get::<_, [u8; 32]>(0)?, row.get::<_, i64>(1)? as u64)))?;
    let mut apart = BTreeSet::new();
    for row in rows {
        let (sha256, size) = row?;
        let name = data_encoding::HEXLOWER.encode(&sha256);
        if !folder.is_intact(&sha256, size) {
            let zh = "隔离区的照片缺失或已损坏，放行前手机会被要求重传。";
            let en = "a photo in quarantine is missing or damaged; its phone gives it again";
            report.findings.push(Finding::new("quarantine_file", &name, zh, en));
        }
        apart.insert(name);
    }
    Ok(apart)
}

fn check_pictures(
    tx: &Connection,
    pictures: &Pictures,
    known: &BTreeSet<String>,
    report: &mut CheckReport,
) -> Result<(), HubError> {
    let mut is_ref = tx.prepare("SELECT EXISTS (SELECT 1 FROM file_refs WHERE sha256 = ?1 AND doc = ?2)")?;
    for (sha256, documents) in pictures {
        let name = data_encoding::HEXLOWER.encode(sha256);
        for doc in documents {
            let place = format!("{doc}:{name}");
            if !known.contains(&name) {
                let zh = "档案中有这张照片，服务器还没有：手机尚未上传，或已丢失。";
                let en =
                    "the document names a picture that the server lacks: no phone has sent it, or it is lost";
                report.findings.push(Finding::new("picture", place, zh, en));
            } else if !is_ref.query_row(rusqlite::params![sha256, doc.0], |row| row.get(0))? {
                let zh = "服务器有这张照片，但没有登记它属于这份档案。";
                let en = "the server has the picture and does not know that it belongs to the document";
                report.findings.push(Finding::new("picture_right", place, zh, en));
            }
        }
    }
    Ok(())
}

fn uploads(tx: &Connection) -> Result<BTreeSet<String>, HubError> {
    let mut select = tx.prepare("SELECT id FROM uploads")?;
    let rows = select.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Names what lies in a folder, or (`deep`) in the folders in it, and is not known. A folder that is not there
/// holds nothing.
fn check_folder(
    folder: &Path,
    deep: bool,
    known: impl Fn(&str) -> bool,
    code: &str,
    report: &mut CheckReport,
) {
    let mut open = vec![folder.to_owned()];
    let mut found = BTreeSet::new();
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            match deep && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                true => open.push(entry.path()),
                false if known(&name) => {}
                false => drop(found.insert(name)),
            }
        }
    }
    for name in found {
        let (zh, en) = ("文件夹中有没有登记的文件。", "a file lies there that the database does not know");
        report.findings.push(Finding::new(code, name, zh, en));
    }
}
