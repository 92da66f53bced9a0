//! Reading everything back: every envelope, every document, every file, and what is wrong with them.

use std::collections::BTreeMap;

use ruhu_case::DocId;
use ruhu_sync::{Envelope, EnvelopeHash, LogSum, chain_next};
use rusqlite::{Connection, Row};

use super::authors::author_record;
use super::check_report::{CheckReport, Finding};
use super::logs::{LogRow, log_row, log_sum};
use super::{Hub, check_documents, check_files, quarantine};
use crate::error::HubError;

impl Hub {
    /// Reads every envelope, document and file back. A server may run on the folder meanwhile: the
    /// check sees it as it was at one moment. Files whose bytes are gone or damaged are lost from then
    /// on: phones are asked for them.
    pub fn check(&mut self) -> Result<CheckReport, HubError> {
        let mut report = CheckReport::default();
        if self.lacks_log {
            let (zh, en) = (
                "这个数据库是服务器运行时复制的，缺少预写日志 server.db-wal：此后写入的内容不在其中。请用 backup 命令的备份恢复；若没有，直接启动服务器，手机会把缺少的内容补传回来。",
                "this database was copied while a server ran, without its write-ahead log server.db-wal: what was written since is not in it; restore a backup made by the command backup, or, without one, serve: phones bring back what is lacking",
            );
            report.findings.push(Finding::new("log_missing", "server.db", zh, en));
        }
        if self.clock()?.doubt.is_some() {
            let (zh, en) = (
                "服务器的时钟可能不准：期间不判断证书到期，也不签发证书和登记码。请核对日期和时间，确实正确时运行 clock accept。",
                "the server's clock is in doubt: no certificate ends by it and none is issued; look at date and time, and run clock accept if they are right",
            );
            report.findings.push(Finding::new("clock", "server", zh, en));
        }
        let lost = self.check_all(&mut report)?;
        for sha256 in lost {
            // No time is written with it: the clock is not looked at.
            let time_ms = self.clock()?.trusted_ms.unwrap_or(0);
            self.lose_file(&sha256, time_ms)?;
        }
        Ok(report)
    }

    /// Fills the report; gives the files whose bytes are gone or damaged.
    fn check_all(&mut self, report: &mut CheckReport) -> Result<Vec<[u8; 32]>, HubError> {
        let tx = self.connection.transaction()?;
        check_database(&tx, report)?;
        for row in logs(&tx, report)? {
            check_log(&tx, &row, &self.key.public(), report)?;
        }
        check_verdicts(&tx, report)?;
        let excluded: i64 = tx.query_row("SELECT count(*) FROM excluded", [], |row| row.get(0))?;
        report.excluded = usize::try_from(excluded).unwrap_or_default();
        report.quarantine = quarantine::size(&tx)?;
        let pictures = check_documents::check(&tx, report)?;
        check_files::check(&tx, (&self.dir, &self.folder), &pictures, report)
    }
}

fn logs(tx: &Connection, report: &mut CheckReport) -> Result<Vec<LogRow>, HubError> {
    let mut select = tx.prepare("SELECT id, township, class, epoch, head, chain FROM logs ORDER BY id")?;
    let rows = select.query_map([], |row| Ok((row.get::<_, i64>(0)?, log_row(row)?)))?;
    let mut logs = Vec::new();
    for row in rows {
        match row? {
            (_, Some(log)) => logs.push(log),
            (id, None) => {
                let (zh, en) = ("日志的名称已损坏。", "the name of a log is damaged");
                report.findings.push(Finding::new("log", id, zh, en));
            }
        }
    }
    Ok(logs)
}

fn check_database(tx: &Connection, report: &mut CheckReport) -> Result<(), HubError> {
    let verdict: String = tx.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        report.findings.push(Finding::new(
            "database",
            "server.db",
            "数据库文件已损坏，请用备份恢复。",
            "the database file is damaged; restore it from a backup",
        ));
    }
    Ok(())
}

/// A row of a log as it stands in the database.
struct Stored {
    seq: u64,
    hash: EnvelopeHash,
    doc: DocId,
    division: String,
    actor: [u8; 16],
    author_seq: u64,
    prev: EnvelopeHash,
    chain: [u8; 32],
    bytes: Vec<u8>,
}

fn stored(row: &Row<'_>) -> rusqlite::Result<Stored> {
    Ok(Stored {
        seq: row.get::<_, i64>(0)? as u64,
        hash: EnvelopeHash(row.get(1)?),
        doc: DocId(row.get(2)?),
        division: row.get(3)?,
        actor: row.get(4)?,
        author_seq: row.get::<_, i64>(5)? as u64,
        prev: EnvelopeHash(row.get(6)?),
        chain: row.get(7)?,
        bytes: row.get(8)?,
    })
}

fn check_log(
    tx: &Connection,
    log: &LogRow,
    server: &ruhu_sync::PublicKey,
    report: &mut CheckReport,
) -> Result<(), HubError> {
    let mut select = tx.prepare(
        "SELECT seq, hash, doc, division, actor, author_seq, prev, chain, bytes FROM envelopes
         WHERE log = ?1 ORDER BY seq",
    )?;
    let mut rows = select.query([log.id])?;
    let (mut seq, mut chain) = (0, [0; 32]);
    let mut sums: BTreeMap<String, LogSum> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let found = stored(row)?;
        let place = format!("{}#{}", log.log, found.seq);
        seq += 1;
        chain = chain_next(&chain, &found.hash);
        if found.seq != seq || found.chain != chain {
            let (zh, en) = ("日志的序号或链不连续。", "the log's sequence or chain is broken");
            report.findings.push(Finding::new("chain", &place, zh, en));
            (seq, chain) = (found.seq, found.chain);
        }
        sums.entry(found.division.clone()).or_default().add(&found.hash);
        report.findings.extend(
            check_envelope(tx, &found, server)?.map(|(code, zh, en)| Finding::new(code, &place, zh, en)),
        );
    }
    if (log.head, log.chain) != (seq, chain) {
        let (zh, en) = ("日志的末端与内容不符。", "the end of the log is not that of its rows");
        report.findings.push(Finding::new("head", log.log, zh, en));
    }
    check_sums(tx, log, &sums, report)
}

type Fault = (&'static str, &'static str, &'static str);

fn check_envelope(
    tx: &Connection,
    found: &Stored,
    server: &ruhu_sync::PublicKey,
) -> Result<Option<Fault>, HubError> {
    let Ok(envelope) = Envelope::from_bytes(&found.bytes) else {
        return Ok(Some(("envelope", "信封不能解码。", "an envelope cannot be decoded")));
    };
    let columns = envelope.doc == found.doc
        && envelope.actor.0 == found.actor
        && envelope.seq == found.author_seq
        && envelope.prev == found.prev;
    if envelope.hash() != found.hash || !columns {
        return Ok(Some((
            "envelope",
            "信封与其登记的摘要不符。",
            "an envelope is not the one that was filed",
        )));
    }
    let Some(record) = author_record(tx, server, envelope.actor)? else {
        return Ok(Some(("author", "缺少作者记录。", "the record of an author is missing")));
    };
    match record.certificate.is_issued_by(server) && envelope.is_signed_by(&record.certificate.key()) {
        true => Ok(None),
        false => Ok(Some(("signature", "信封的签名不正确。", "the signature of an envelope is wrong"))),
    }
}

fn check_sums(
    tx: &Connection,
    log: &LogRow,
    sums: &BTreeMap<String, LogSum>,
    report: &mut CheckReport,
) -> Result<(), HubError> {
    let mut select = tx.prepare("SELECT count, sum, division FROM log_sums WHERE log = ?1")?;
    let rows = select.query_map([log.id], |row| Ok((row.get::<_, String>(2)?, log_sum(row)?)))?;
    let kept: BTreeMap<String, LogSum> = rows.collect::<Result<_, _>>()?;
    if kept != *sums {
        let (zh, en) = ("日志的校验和与内容不符。", "the checksums of the log are not those of its rows");
        report.findings.push(Finding::new("sum", log.log, zh, en));
    }
    Ok(())
}

fn check_verdicts(tx: &Connection, report: &mut CheckReport) -> Result<(), HubError> {
    let mut select = tx.prepare(
        "SELECT e.hash FROM envelopes e LEFT JOIN verdicts v ON v.subject = e.hash
         WHERE e.hidden != coalesce(v.hide, 0)",
    )?;
    let rows = select.query_map([], |row| row.get(0).map(EnvelopeHash))?;
    for hash in rows {
        let (zh, en) = ("信封的隐藏标记与裁定不符。", "an envelope is not hidden as its verdict says");
        report.findings.push(Finding::new("verdict", hash?, zh, en));
    }
    Ok(())
}
