//! `serve`.

use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::DataFolder;
use super::failure::CommandError;
use super::terminal::Terminal;
use crate::http::{BLOCKING_THREADS, Server};
use crate::hub::{Bounds, Hub, PhotoFolder};
use crate::lock::ServerLock;
use crate::tls::Tls;

/// How long a thread may go on that works on the database when the server has stopped.
const LAST_WORK: Duration = Duration::from_millis(500);

/// Arguments of `serve`.
#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    #[command(flatten)]
    folder: DataFolder,
    /// 监听地址，端口0为任选 / Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// 写入登记码的访问地址 / How devices reach the server, for enrolment codes
    #[arg(long)]
    url: Option<String>,
    /// 自备证书（PEM，公共机构签发）/ A certificate chain of a public authority, PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// 自备证书的私钥 / Its key, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// 让设备锁定自备证书（非公共机构签发时）/ Devices pin that certificate (for one of your own making)
    #[arg(long, requires = "tls_cert")]
    tls_pin: bool,
    /// 明文 HTTP，仅限回环地址 / Plain HTTP, loopback only
    #[arg(long, conflicts_with = "tls_cert")]
    plain_http: bool,
    /// 照片加密存放（一旦开启即保持；密钥在 seal.key，请重新备份密钥）/ Seal photos on the disk; it stays so
    /// once it was asked for. The key is seal.key: save the keys again
    #[arg(long)]
    seal_files: bool,
    #[command(flatten)]
    bounds: BoundArguments,
    /// 就绪后写入一行 JSON / Write one line of JSON here when listening
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
}

/// How much is kept of what nobody has looked at, and for how long.
#[derive(Debug, clap::Args)]
struct BoundArguments {
    /// 隔离区总量上限（MB）/ Most megabytes in quarantine
    #[arg(long, value_name = "MB")]
    quarantine_mb: Option<u64>,
    /// 每台设备在隔离区的上限（MB）/ Most megabytes of one device in quarantine
    #[arg(long, value_name = "MB")]
    quarantine_device_mb: Option<u64>,
    /// 驳回的内容保留天数 / Days that dismissed content is kept
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..))]
    dismissed_days: Option<u32>,
    /// 单个照片的上限（MB），最多64 / Most megabytes of one photo, at most 64
    #[arg(long, value_name = "MB", value_parser = clap::value_parser!(u64).range(1..=64))]
    file_mb: Option<u64>,
    /// 每台设备未完成上传的总量上限（MB） / Most megabytes of one device's unfinished uploads
    #[arg(long, value_name = "MB", value_parser = clap::value_parser!(u64).range(1..))]
    uploads_device_mb: Option<u64>,
    /// 全部未完成上传的总量上限（MB） / Most megabytes of all unfinished uploads
    #[arg(long, value_name = "MB", value_parser = clap::value_parser!(u64).range(1..))]
    uploads_mb: Option<u64>,
    /// 未完成的上传保留天数 / Days that an unfinished upload is kept
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..))]
    upload_days: Option<u32>,
}

impl BoundArguments {
    fn bounds(&self) -> Bounds {
        let usual = Bounds::default();
        let bytes = |given: Option<u64>, usual| given.map_or(usual, Bounds::megabytes);
        let days = |given: Option<u32>, usual| given.map_or(usual, Bounds::days);
        Bounds {
            quarantine_bytes: bytes(self.quarantine_mb, usual.quarantine_bytes),
            quarantine_device_bytes: bytes(self.quarantine_device_mb, usual.quarantine_device_bytes),
            dismissed_kept_ms: days(self.dismissed_days, usual.dismissed_kept_ms),
            upload_idle_ms: days(self.upload_days, usual.upload_idle_ms),
            file_bytes: bytes(self.file_mb, usual.file_bytes),
            uploads_device_bytes: bytes(self.uploads_device_mb, usual.uploads_device_bytes),
            uploads_bytes: bytes(self.uploads_mb, usual.uploads_bytes),
        }
    }
}

/// What is told when the server listens.
#[derive(Debug, Serialize)]
struct Ready {
    url: String,
    server_key: String,
    /// Present when devices pin the certificate.
    tls_fingerprint: Option<String>,
}

impl Serve {
    pub(super) fn run(self, terminal: &Terminal) -> Result<(), CommandError> {
        if self.plain_http && !self.listen.ip().is_loopback() {
            return Err(CommandError::PlainHttp);
        }
        if self.listen.ip().is_unspecified() && self.url.is_none() {
            return Err(CommandError::UrlNeeded);
        }
        if let Some(url) = &self.url {
            check_url(url)?;
        }
        log_as_json();
        let _lock = ServerLock::acquire(&self.folder.data)?;
        if self.seal_files {
            PhotoFolder::begin_sealing(&self.folder.data)?;
        }
        let mut hub = Hub::open_to_serve(&self.folder.data, terminal.now_ms())?;
        hub.set_bounds(self.bounds.bounds());
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.max_blocking_threads(BLOCKING_THREADS).enable_all().build();
        let runtime = runtime.map_err(|_| CommandError::Runtime)?;
        let ended = runtime.block_on(self.serve(hub, terminal));
        // What a thread still does with the database is whole or not at all: nobody was told of it.
        runtime.shutdown_timeout(LAST_WORK);
        ended
    }

    async fn serve(self, hub: Hub, terminal: &Terminal) -> Result<(), CommandError> {
        // Before anybody is told that the server is there: a signal from then on ends it in order.
        let (stop, at_once) = stop_signals()?;
        let server_key = data_encoding::HEXLOWER.encode(&hub.public_key().0);
        let tls = self.tls()?;
        let pinned = tls.as_ref().filter(|_| self.pins()).map(|tls| tls.fingerprint);
        let server = Server::bind_at(hub, self.listen, tls, terminal.clock)?;
        let url = self.url.clone().unwrap_or_else(|| server.url());
        server.remember(&url, pinned)?;
        let tls_fingerprint = pinned.map(|pin| data_encoding::HEXLOWER.encode(&pin));
        let ready = Ready { url, server_key, tls_fingerprint };
        if let Some(path) = &self.ready_file {
            write_ready(path, &ready)?;
        }
        tracing::info!(address = %server.address(), "listening");
        let listening = format!("服务器已就绪：{}", ready.url);
        terminal.answer(&ready, || terminal.pick(listening, format!("The server listens: {}", ready.url)))?;
        server.run_until(stop, at_once).await?;
        tracing::info!("stopped");
        Ok(())
    }

    fn tls(&self) -> Result<Option<Tls>, CommandError> {
        match (&self.tls_cert, &self.tls_key) {
            _ if self.plain_http => Ok(None),
            (Some(cert), Some(key)) => Ok(Some(Tls::from_files(cert, key)?)),
            _ => Ok(Some(Tls::own(&self.folder.data, self.listen.ip())?)),
        }
    }

    fn pins(&self) -> bool {
        self.tls_cert.is_none() || self.tls_pin
    }
}

/// Scheme and host of an address, so that a slip of the keyboard is found before phones scan it.
pub(super) fn check_url(url: &str) -> Result<(), CommandError> {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    match host.is_some_and(|host| !host.is_empty() && !host.contains(['/', ' ', '?', '#'])) {
        true => Ok(()),
        false => Err(CommandError::Url),
    }
}

/// Written beside and renamed: who waits for the file never reads half of it.
fn write_ready(path: &Path, ready: &Ready) -> Result<(), CommandError> {
    let io = |error: std::io::Error| CommandError::ReadyFile(error.kind());
    let mut partial = path.as_os_str().to_owned();
    partial.push(".new");
    let line = serde_json::to_string(ready).map_err(|_| CommandError::Output)?;
    std::fs::write(&partial, line + "\n").map_err(io)?;
    std::fs::rename(&partial, path).map_err(io)
}

fn log_as_json() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    // A log that cannot be written, on a full disk, ends no request: the subscriber's own complaint of it
    // would panic where standard error is gone too.
    let log = tracing_subscriber::fmt().json().log_internal_errors(false);
    // Already set only where a host program logs: then that one stays.
    let _ = log.with_env_filter(filter).with_writer(std::io::stderr).try_init();
}

/// Ready when the process is told to stop, and when it is told so again: by SIGTERM, SIGINT, or SIGHUP
/// as a terminal or a session that ends sends it.
#[cfg(unix)]
fn stop_signals() -> Result<(impl Future<Output = ()> + Send, impl Future<Output = ()> + Send), CommandError>
{
    use tokio::signal::unix::{SignalKind, signal};
    use tokio::sync::watch;

    let (tell, mut told) = watch::channel(0u32);
    for kind in [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()] {
        let mut signals = signal(kind).map_err(|_| CommandError::Runtime)?;
        let tell = tell.clone();
        tokio::spawn(async move {
            while signals.recv().await.is_some() {
                tell.send_modify(|times| *times += 1);
            }
        });
    }
    let mut told_again = told.clone();
    // The signals are listened for as long as the runtime lives, so the channel stays.
    let stop = async move { drop(told.wait_for(|times| *times >= 1).await) };
    let at_once = async move { drop(told_again.wait_for(|times| *times >= 2).await) };
    Ok((stop, at_once))
}

/// Without signals the process runs until Ctrl-C, or until it is ended from outside.
#[cfg(not(unix))]
fn stop_signals() -> Result<(impl Future<Output = ()> + Send, impl Future<Output = ()> + Send), CommandError>
{
    let pressed = || async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    Ok((pressed(), async move {
        pressed().await;
        pressed().await;
    }))
}
