//! What a check of the device says beside the store's own.

use ruhu_store::{ApartRow, Tx};
use ruhu_sync::Envelope;

use crate::error::DeviceError;
use crate::ids::hex;
use crate::reasons::SERVER_REASON;
use crate::waiting::WAITS;

/// How many of a kind are named one by one.
const NAMED: u32 = 1_000;

/// Whether this device judged so: what the server keeps apart, its administrator excludes, or what
/// waits, is told elsewhere.
fn is_of_here(reason: &str) -> bool {
    !reason.starts_with(SERVER_REASON) && reason != "excluded" && reason != WAITS
}

/// What is kept apart, what is lacking, and what cannot be read of the logs.
pub(crate) fn logs(tx: &Tx<'_>, findings: &mut Vec<String>) -> Result<(), DeviceError> {
    for row in tx.apart(None)?.iter().filter(|row| is_of_here(&row.reason)) {
        let ApartRow { doc, actor, reason, count, .. } = row;
        findings.push(format!(
            "已隔离{count}项修改，内容未采用 / {count} changes are kept apart and not shown: {doc} {actor} ({reason})"
        ));
    }
    for (doc, actor, count) in tx.waiting_by_author()? {
        findings.push(format!(
            "{count}项修改所依据的内容不在本机，等待其到来 / {count} changes wait for something that is not here: {doc} {actor}"
        ));
    }
    for doc in tx.cases_not_shown()? {
        findings.push(format!(
            "有一户的内容无法显示：尚未收到，或已隔离 / a household cannot be shown: what it says has not come, or is kept apart: {doc}"
        ));
    }
    for row in tx.lost_files()? {
        let (sha256, doc) = (hex(&row.sha256), row.doc);
        findings.push(format!(
            "照片已丢失，本机和服务器都没有 / a photo is lost, neither here nor on the server: {sha256} {doc}"
        ));
    }
    for gap in tx.gaps(NAMED)? {
        findings.push(format!(
            "缺少一项内容，每次同步都会再要 / an entry is lacking and asked for with every sync: {}#{}",
            gap.log, gap.seq
        ));
    }
    for (_, row) in tx.outbox(None, u32::MAX)? {
        if Envelope::from_bytes(&row.bytes).is_err() {
            findings.push(format!(
                "待发送的一项修改已损坏 / a change that waits to be sent is damaged: {}",
                row.doc
            ));
        }
    }
    Ok(())
}
