//! Where photos are, and the room that they take.

use ruhu_device::{Device, FilesStatus, PhotoCount, PhotoPlace, PhotoStatus};
use ruhu_text::Lang;

use crate::arguments::FilesCommand;
use crate::commands::case_id;
use crate::failure::Failure;
use crate::output::Output;
use crate::table::Table;
use crate::{clock, words};

/// Digits of a hash that tell one photo from another.
const HASH_SHOWN: usize = 12;
/// How many photos are listed; `--json` lists all.
const LISTED: usize = 50;

/// `ruhu files`.
pub fn run(device: &Device, command: &FilesCommand, output: &mut Output) -> Result<(), Failure> {
    match command {
        FilesCommand::Status { case } => {
            let case = case.as_deref().map(|word| case_id(device, word)).transpose()?;
            output.answer(&device.files_status(case.as_deref())?, print_status)
        }
        FilesCommand::Reclaim { bytes } => {
            output.answer(&device.files_reclaim(*bytes)?, |output, PhotoCount { photos, bytes }| {
                let size = words::bytes(*bytes);
                output.line(&match output.lang() {
                    Lang::Zh => format!("已让出 {photos} 个照片的空间（{size}），打开时会再取回"),
                    Lang::En => {
                        format!(
                            "The room of {photos} photos ({size}) is free; they are fetched again when opened"
                        )
                    }
                })
            })
        }
    }
}

fn print_status(output: &mut Output, status: &FilesStatus) -> Result<(), Failure> {
    let counts = [
        (status.only_here, "只在本机", "only on this phone"),
        (status.server, "服务器已有", "on the server"),
        (status.second_place, "另有备份", "in a second place"),
        (status.lacking, "本机和服务器都没有", "neither here nor on the server"),
        (status.here, "占用本机空间", "taking room on this phone"),
        (
            status.reclaimable,
            "可以让出空间（ruhu files reclaim）",
            "whose room can be given back (ruhu files reclaim)",
        ),
    ];
    for (PhotoCount { photos, bytes }, zh, en) in counts {
        let (what, size) = (output.pick(zh, en), words::bytes(bytes));
        let line = match output.lang() {
            Lang::Zh => format!("{photos} 个照片（{size}）{what}"),
            Lang::En => format!("{photos} photos ({size}) {what}"),
        };
        output.line(&line)?;
    }
    if status.photos.is_empty() {
        return Ok(());
    }
    output.line("")?;
    output.table(&table(output.lang(), &status.photos))?;
    for photo in status.photos.iter().filter(|photo| photo.refused.is_some()).take(LISTED) {
        let why = photo.refused.as_ref().map(|why| why.get(output.lang())).unwrap_or_default();
        output.line(&format!("! {} {why}", short(&photo.sha256)))?;
    }
    match status.photos.len().saturating_sub(LISTED) {
        0 => Ok(()),
        more => output.line(&match output.lang() {
            Lang::Zh => format!("另有 {more} 个，用 --json 列出全部"),
            Lang::En => format!("and {more} more; --json lists all"),
        }),
    }
}

fn table(lang: Lang, photos: &[PhotoStatus]) -> Table {
    let mut table = match lang {
        Lang::Zh => Table::new(["照片", "户", "大小", "时间", "存放", "本机"]),
        Lang::En => Table::new(["photo", "household", "size", "time", "where", "here"]),
    };
    for photo in photos.iter().take(LISTED) {
        let household = if photo.household.is_empty() { &photo.case } else { &photo.household };
        table.row([
            short(&photo.sha256),
            household.clone(),
            words::bytes(photo.size),
            clock::local(photo.added_at_ms),
            place(lang, photo.place).to_owned(),
            words::yes(lang, photo.here).to_owned(),
        ]);
    }
    table
}

/// Where a photo is, in a word.
pub fn place(lang: Lang, place: PhotoPlace) -> &'static str {
    match place {
        PhotoPlace::OnlyHere => lang.pick("只在本机", "only here"),
        PhotoPlace::Server => lang.pick("服务器已有", "server"),
        PhotoPlace::SecondPlace => lang.pick("另有备份", "second place"),
        PhotoPlace::KeptApart => lang.pick("隔离中", "kept apart"),
        PhotoPlace::Lacking => lang.pick("都没有", "lacking"),
        PhotoPlace::Lost => lang.pick("已丢失", "lost"),
        PhotoPlace::NotAsked => lang.pick("尚未询问", "not asked"),
    }
}

fn short(hash: &str) -> String {
    hash.chars().take(HASH_SHOWN).collect()
}
