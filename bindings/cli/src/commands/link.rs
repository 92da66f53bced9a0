//! The device and its server: enrolment, status, sync, check.

use std::future::Future;
use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ruhu_device::{
    Device, DeviceError, ItemFault, NotYetSafe, Status, SyncControl, SyncExtent, SyncObserver, SyncProgress,
    SyncReport,
};
use ruhu_text::Lang;
use serde::Serialize;
use serde_json::json;
use tokio::runtime::{Builder, Runtime};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::commands::{Outcome, cases, pending};
use crate::failure::{BrokenSync, Failure};
use crate::output::{Output, PATIENCE};
use crate::words;

/// How long a sync that was told to stop may take to end in order.
const STOPPING: Duration = Duration::from_secs(4);

/// `ruhu enroll`.
pub fn enroll(device: &Device, code: &str, output: &mut Output) -> Result<(), Failure> {
    let doing = output.pick("正在登记", "Enrolling").to_owned();
    let status = runtime()?.block_on(with_progress(output, &doing, device.enroll(code)))?;
    output.answer(&status, |output, status| {
        output.line(output.pick("登记成功。", "Enrolled."))?;
        print_status(output, status)
    })
}

/// Where the device stands, and what of its work is not safe.
#[derive(Serialize)]
struct Place {
    #[serde(flatten)]
    status: Status,
    not_yet_safe: NotYetSafe,
}

/// `ruhu status`.
pub fn status(device: &Device, output: &mut Output) -> Result<(), Failure> {
    let standing = Place { status: device.status()?, not_yet_safe: device.not_yet_safe()? };
    output.answer(&standing, |output, standing| {
        print_status(output, &standing.status)?;
        match standing.status.enrolled {
            true => pending::print(output, &standing.not_yet_safe),
            false => Ok(()),
        }
    })
}

/// What a sync did, how far it came, and what is not safe after it.
#[derive(Serialize)]
struct Synced {
    #[serde(flatten)]
    report: SyncReport,
    extent: SyncExtent,
    not_yet_safe: NotYetSafe,
}

/// `ruhu sync`.
pub fn sync(device: &Device, metered: bool, output: &mut Output) -> Result<Outcome, Failure> {
    device.set_metered(metered);
    let follower = Arc::new(Follower::default());
    let control = SyncControl { observer: Some(follower.clone()), ..SyncControl::default() };
    let ended = runtime()?.block_on(followed(output, &follower, &control, device.sync_with(&control)));
    tell(ended, device.not_yet_safe(), &follower.heard(), output)
}

/// Tells what a sync did, and only then what failed: what went well is told whatever else went wrong.
/// Programs find it in the error.
fn tell(
    ended: Result<SyncReport, DeviceError>,
    left: Result<NotYetSafe, DeviceError>,
    done: &SyncProgress,
    output: &mut Output,
) -> Result<Outcome, Failure> {
    let (cause, not_yet_safe) = match (ended, left) {
        (Ok(report), Ok(not_yet_safe)) => {
            let extent = SyncExtent::of_report(&report, &not_yet_safe);
            output.answer(&Synced { report, extent, not_yet_safe }, |output, synced| {
                print_report(output, &synced.report)?;
                pending::print(output, &synced.not_yet_safe)
            })?;
            return Ok(if extent == SyncExtent::All { Outcome::Fine } else { Outcome::InPart });
        }
        (Ok(report), Err(error)) => {
            if !output.json() {
                print_report(output, &report)?;
            }
            (DeviceError::Incomplete { cause: Box::new(error), report: Box::new(report) }, None)
        }
        (Err(cause), left) => {
            if let DeviceError::Incomplete { report, .. } | DeviceError::Cancelled { report } = &cause
                && !output.json()
            {
                print_parts(output, report)?;
            }
            (cause, left.ok())
        }
    };
    if let Some(left) = &not_yet_safe
        && !output.json()
    {
        pending::print(output, left)?;
    }
    let extent = SyncExtent::of_failure(done);
    Err(Failure::Sync(Box::new(BrokenSync { cause, extent, not_yet_safe })))
}

/// Hears how far a sync has come.
#[derive(Default)]
struct Follower(Mutex<SyncProgress>);

impl SyncObserver for Follower {
    fn on_progress(&self, progress: &SyncProgress) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = *progress;
    }
}

impl Follower {
    fn heard(&self) -> SyncProgress {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for a sync. On a terminal it says each second how far it has come. Ctrl-C stops it in order:
/// before the next request or slice, and when that takes longer than [`STOPPING`] without it; a second
/// one at once. SIGTERM and SIGHUP do the same. All keep what is on the disk.
async fn followed(
    output: &Output,
    follower: &Follower,
    control: &SyncControl,
    sync: impl Future<Output = Result<SyncReport, DeviceError>>,
) -> Result<SyncReport, DeviceError> {
    let shows = !output.json() && std::io::stderr().is_terminal();
    let mut ticks = interval_at(Instant::now() + PATIENCE, PATIENCE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut sync = std::pin::pin!(sync);
    let mut signals = Signals::listen();
    let mut at_the_latest = None;
    let ended = loop {
        tokio::select! {
            // In this order: signals are listened for before the first request is made.
            biased;
            () = signals.next() => {
                if control.cancel.is_cancelled() {
                    break Err(DeviceError::Cancelled { report: Box::default() });
                }
                control.cancel.cancel();
                at_the_latest = Some(Instant::now() + STOPPING);
            }
            () = until(at_the_latest), if at_the_latest.is_some() => {
                break Err(DeviceError::Cancelled { report: Box::default() });
            }
            _ = ticks.tick(), if shows => {
                let stopping = control.cancel.is_cancelled();
                output.progress(&words::progress(output.lang(), &follower.heard(), stopping));
            }
            ended = &mut sync => break ended,
        }
    };
    if shows {
        output.end_progress();
    }
    ended
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// What tells a program to stop.
#[cfg(unix)]
struct Signals(Vec<tokio::signal::unix::Signal>);

#[cfg(unix)]
impl Signals {
    /// Listens from now on. A signal that cannot be listened for ends the program as ever.
    fn listen() -> Signals {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        Signals(kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect())
    }

    async fn next(&mut self) {
        std::future::poll_fn(|context| {
            // Each is asked, so that each wakes this.
            let came = self.0.iter_mut().map(|signal| signal.poll_recv(context).is_ready());
            match came.filter(|came| *came).count() > 0 {
                true => std::task::Poll::Ready(()),
                false => std::task::Poll::Pending,
            }
        })
        .await;
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> Signals {
        Signals
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// `ruhu check`.
pub fn check(device: &Device, output: &mut Output) -> Result<Outcome, Failure> {
    let findings = device.check()?;
    if output.json() {
        output.value(&json!({ "findings": findings }))?;
    } else if findings.is_empty() {
        output.line(output.pick("本机数据完整。", "Everything on this device is whole."))?;
    } else {
        findings.iter().try_for_each(|finding| output.line(finding))?;
    }
    Ok(if findings.is_empty() { Outcome::Fine } else { Outcome::Findings })
}

/// Fetches a photo that is not here.
pub fn fetch_file(device: &Device, sha256: &str, output: &Output) -> Result<(), Failure> {
    let doing = output.pick("正在下载", "Fetching").to_owned();
    Ok(runtime()?.block_on(with_progress(output, &doing, device.file_fetch(sha256)))?)
}

fn runtime() -> Result<Runtime, Failure> {
    Builder::new_current_thread().enable_all().build().map_err(|error| Failure::Runtime(error.kind()))
}

/// Waits for work and, when it takes longer than a second, says each second how long it has.
async fn with_progress<T>(output: &Output, doing: &str, work: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let mut ticks = interval_at(began + PATIENCE, PATIENCE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            result = &mut work => {
                output.end_progress();
                return result;
            }
            _ = ticks.tick() => {
                let seconds = began.elapsed().as_secs();
                output.progress(&match output.lang() {
                    Lang::Zh => format!("{doing}… {seconds} 秒"),
                    Lang::En => format!("{doing}… {seconds} s"),
                });
            }
        }
    }
}

fn print_status(output: &mut Output, status: &Status) -> Result<(), Failure> {
    let lang = output.lang();
    let Some(author) = &status.author else {
        return output.line(output.pick("本机尚未登记。", "This device is not enrolled."));
    };
    let scope = status.scope.as_deref().unwrap_or_default();
    let server = status.server.as_deref().unwrap_or_default();
    let lines = match lang {
        Lang::Zh => [
            format!("使用人    {}", words::author(lang, author)),
            format!("工作范围  {scope}"),
            format!("服务器    {server}"),
            format!("户        {}", status.cases),
            format!("待上传    {} 项内容，{} 个照片", status.outbox, status.files_waiting),
        ],
        Lang::En => [
            format!("person   {}", words::author(lang, author)),
            format!("scope    {scope}"),
            format!("server   {server}"),
            format!("cases    {}", status.cases),
            format!("waiting  {} changes, {} photos", status.outbox, status.files_waiting),
        ],
    };
    lines.iter().try_for_each(|line| output.line(line))?;
    cases::not_shown(status.cases_not_shown, output)?;
    print_photos(output, status)?;
    print_faults(output, ("表单", "form"), &status.forms_refused)?;
    let Status { revoked, expired, renew_soon, clock_ahead_ms, server_clock_in_doubt, .. } = *status;
    print_standing(output, &Standing { revoked, expired, renew_soon, clock_ahead_ms, server_clock_in_doubt })
}

/// What a sync did that did not come to its end.
fn print_parts(output: &mut Output, report: &SyncReport) -> Result<(), Failure> {
    if report.sent + report.received + report.files_sent + report.files_received > 0 {
        let SyncReport { sent, received, files_sent, files_received, .. } = report;
        output.line(&match output.lang() {
            Lang::Zh => format!(
                "已完成：上传 {sent} 项，收到 {received} 项；照片上传 {files_sent} 个，收到 {files_received} 个"
            ),
            Lang::En => format!(
                "Done: {sent} sent, {received} received; photos: {files_sent} sent, {files_received} received"
            ),
        })?;
    }
    for form in &report.forms {
        output.line(&format!("{} {form}", output.pick("新表单", "New form")))?;
    }
    print_trouble(output, report)
}

/// Photos that are not here, and the room that those of colleagues take.
fn print_photos(output: &mut Output, status: &Status) -> Result<(), Failure> {
    let counted = [
        (status.files_to_fetch, "个照片待下载", "photos to be fetched"),
        (status.files_on_demand, "个照片已让出空间，打开时再取", "photos gave way, fetched when opened"),
        (
            status.files_lacking,
            "个照片本机和服务器都没有：可能还在同事的手机上，也可能已经丢失",
            "photos neither here nor on the server: on a colleague's phone, or lost",
        ),
        (
            status.files_lost,
            "个本机拍的照片已损坏或丢失，服务器上也没有，请重新拍摄",
            "photos taken here are damaged or gone, and the server lacks them: take them again",
        ),
    ];
    for (count, zh, en) in counted.into_iter().filter(|(count, ..)| *count > 0) {
        output.line(&format!("! {count} {}", output.pick(zh, en)))?;
    }
    match status.files_of_others_bytes {
        0 => Ok(()),
        count => {
            let size = words::bytes(count);
            output.line(&match output.lang() {
                Lang::Zh => format!("同事的照片占用 {size}"),
                Lang::En => format!("photos of colleagues take {size}"),
            })
        }
    }
}

fn print_report(output: &mut Output, report: &SyncReport) -> Result<(), Failure> {
    let (up, down) = (words::bytes(report.bytes_up), words::bytes(report.bytes_down));
    let photos = words::bytes(report.file_bytes);
    let SyncReport { sent, received, rounds, took_ms, files_sent, files_received, .. } = report;
    let lines = match output.lang() {
        Lang::Zh => [
            format!(
                "同步完成：上传 {sent} 项，收到 {received} 项（{rounds} 次往返，上行 {up}，下行 {down}，{took_ms} 毫秒）"
            ),
            format!("照片：上传 {files_sent} 个，收到 {files_received} 个（{photos}）"),
        ],
        Lang::En => [
            format!(
                "Synced: {sent} sent, {received} received ({rounds} round trips, {up} up, {down} down, {took_ms} ms)"
            ),
            format!("Photos: {files_sent} sent, {files_received} received ({photos})"),
        ],
    };
    lines.iter().try_for_each(|line| output.line(line))?;
    for form in &report.forms {
        output.line(&format!("{} {form}", output.pick("新表单", "New form")))?;
    }
    print_trouble(output, report)?;
    if report.renewed {
        output.line(output.pick("证书已自动续期。", "The certificate was renewed."))?;
    }
    let SyncReport { revoked, expired, clock_ahead_ms, server_clock_in_doubt, .. } = *report;
    let renew_soon = false;
    print_standing(output, &Standing { revoked, expired, renew_soon, clock_ahead_ms, server_clock_in_doubt })
}

/// What a person should know beyond "it went well"; nothing of it has been lost.
fn print_trouble(output: &mut Output, report: &SyncReport) -> Result<(), Failure> {
    let counted = [
        (report.waiting as usize, "项等待服务器尚缺的内容", "waiting for something the server lacks"),
        (
            report.refused as usize,
            "项被服务器另行保存，未向他人显示",
            "kept apart by the server, shown to nobody else",
        ),
        (
            report.no_room as usize,
            "项未被收下：服务器的隔离区已满，内容仍在本机，请告诉管理员",
            "not taken, for the server's quarantine is full; they stay here, tell the administrator",
        ),
        (
            report.files_kept_apart as usize,
            "个照片已传到服务器并随内容隔离，他人看不到，本机保留",
            "photos given and kept apart by the server with their text; the copies stay here",
        ),
        (report.reissued as usize, "项已重新签发", "written again under a new name"),
        (
            report.quarantined.len(),
            "项来自服务器的内容无法读取，已另行保存",
            "from the server that no document can hold, kept apart",
        ),
        (report.drifted.len(), "处与服务器仍不一致，下次同步再核对", "logs still differ from the server's"),
        (
            report.damaged as usize,
            "项在服务器上已损坏或被排除，每次同步都会再要",
            "damaged or left out on the server; they are asked for again with every sync",
        ),
        (
            usize::from(report.untold),
            "次未能取得新内容：内容已送达，服务器有故障，请告诉管理员",
            "time news could not be told: what was sent is safe, tell the administrator",
        ),
        (
            report.files_lacking as usize,
            "个照片服务器上也没有：可能还在同事的手机上，也可能已经丢失",
            "photos the server lacks too: they wait on a colleague's phone, or are lost",
        ),
        (
            report.files_held_back as usize,
            "个同事的照片没有下载：空间只够本机工作用，打开时再取",
            "photos of colleagues were not fetched for want of room; they are fetched when opened",
        ),
        (
            report.files_paused as usize,
            "个照片没有传：网络按流量计费，换个网络再传",
            "photos wait, for the network is metered",
        ),
        (
            report.files_left as usize,
            "个照片这次没有再试，下次继续",
            "photos were not tried any more, they go on next time",
        ),
    ];
    for (count, zh, en) in counted.into_iter().filter(|(count, ..)| *count > 0) {
        output.line(&format!("! {count} {}", output.pick(zh, en)))?;
    }
    print_faults(output, ("表单", "form"), &report.forms_failed)?;
    print_faults(output, ("照片", "photo"), &report.files_failed)
}

/// Most things of a kind that are named one by one.
const NAMED: usize = 10;

/// Names what did not go through, and why.
fn print_faults(output: &mut Output, (zh, en): (&str, &str), faults: &[ItemFault]) -> Result<(), Failure> {
    let (lang, kind) = (output.lang(), output.pick(zh, en).to_owned());
    for ItemFault { item, zh, en, .. } in faults.iter().take(NAMED) {
        // A photo is known by the beginning of its hash.
        let item = match item.len() {
            64 => item.get(..12).unwrap_or(item),
            _ => item,
        };
        output.line(&format!("! {kind} {item} {}", lang.pick(zh, en)))?;
    }
    match faults.len().saturating_sub(NAMED) {
        0 => Ok(()),
        more => output.line(&match lang {
            Lang::Zh => format!("! 还有 {more} 个{kind}没有传完，下次继续"),
            Lang::En => format!("! {more} more of this kind ({kind}) did not get through"),
        }),
    }
}

/// How the device stands with its server: each line is something a person has to do.
struct Standing {
    revoked: bool,
    expired: bool,
    renew_soon: bool,
    clock_ahead_ms: Option<i64>,
    server_clock_in_doubt: bool,
}

fn print_standing(output: &mut Output, standing: &Standing) -> Result<(), Failure> {
    if standing.revoked {
        output.line(output.pick(
            "! 本机的登记已被撤销。内容仍保存在本机，请联系管理员。",
            "! This device has been revoked. Everything is kept on it; speak to the administrator.",
        ))?;
    }
    if standing.expired {
        output.line(output.pick(
            "! 本机的证书已到期（不是吊销），上传的内容由服务器另行保存，续期后自动生效。可以继续工作，请管理员续期。",
            "! This device's certificate has ended (it is not revoked). What it sends is kept apart and counts once it is renewed. Work goes on; ask the administrator to renew it.",
        ))?;
    } else if standing.renew_soon {
        output.line(output.pick(
            "! 本机的证书将在30天内到期，请同步一次；仍有此提示时请管理员续期。",
            "! This device's certificate ends within 30 days. Sync; if this is still said, ask the administrator to renew it.",
        ))?;
    }
    match (standing.server_clock_in_doubt, standing.clock_ahead_ms) {
        (true, _) => output.line(output.pick(
            "! 服务器的时钟可能不准，请告知管理员。本机照常工作。",
            "! The server doubts its own clock; tell the administrator. Work goes on.",
        )),
        (false, Some(ahead_ms)) => output.line(&words::clock(output.lang(), ahead_ms)),
        (false, None) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_sync_did_is_told_though_what_is_left_cannot_be_read() {
        let report = SyncReport { sent: 3, ..SyncReport::default() };
        let done = SyncProgress { sent: 3, ..SyncProgress::default() };
        let unreadable = Err(DeviceError::Stored("draft".into()));
        let mut output = Output::new(true, Lang::Zh);
        let told = tell(Ok(report), unreadable, &done, &mut output).map_err(|failure| failure.json());
        let told = told.err().unwrap_or_default();
        assert_eq!(told["error"]["code"], "damaged");
        assert_eq!(told["error"]["report"]["sent"], 3);
        assert_eq!((&told["extent"], &told["not_yet_safe"]), (&json!("in_part"), &json!(null)));
    }
}
