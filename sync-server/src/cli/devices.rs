//! `enroll`, `revoke`, `unrevoke`, `renew`, `devices`.

use chrono::DateTime;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use ruhu_national::DivisionScope;
use ruhu_sync::{DeviceId, Role};
use serde::Serialize;

use super::DataFolder;
use super::failure::CommandError;
use super::serve::check_url;
use super::terminal::Terminal;
use crate::http::{TLS_META, URL_META};
use crate::hub::{Device, Hub, Invitation};

const HOUR_MS: i64 = 60 * 60 * 1000;
/// A certificate that ends within 30 days is told.
const SOON_MS: i64 = 30 * 24 * HOUR_MS;

/// Arguments of `enroll`.
#[derive(Debug, clap::Args)]
pub(super) struct Enroll {
    #[command(flatten)]
    folder: DataFolder,
    /// 人员姓名 / The person's name
    #[arg(long)]
    person: String,
    /// 角色 / Role
    #[arg(long, value_enum)]
    role: DeviceRole,
    /// 管辖范围：6、9或12位区划代码 / Scope: 6, 9 or 12 digits of a division code
    #[arg(long, value_name = "DIGITS")]
    scope: String,
    /// 有效小时数 / Hours the code is valid
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=24 * 365))]
    valid_hours: u32,
    /// 设备访问的地址 / How devices reach the server
    #[arg(long)]
    url: Option<String>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum DeviceRole {
    /// 网格员、协管员
    Volunteer,
    /// 镇街经办
    Caseworker,
    /// 县级监督
    Supervisor,
}

#[derive(Debug, Serialize)]
struct Issued {
    code: String,
    url: String,
    expires_at_ms: i64,
}

impl Enroll {
    pub(super) fn run(self, terminal: &Terminal) -> Result<(), CommandError> {
        let mut hub = self.folder.open(terminal)?;
        let (url, tls) = address(&hub, self.url)?;
        let role = match self.role {
            DeviceRole::Volunteer => Role::Volunteer,
            DeviceRole::Caseworker => Role::Caseworker,
            DeviceRole::Supervisor => Role::Supervisor,
        };
        let scope = DivisionScope::parse(&self.scope).map_err(|_| CommandError::Scope)?;
        let (now, valid_ms) = (terminal.now_ms(), i64::from(self.valid_hours) * HOUR_MS);
        let invitation = Invitation { person: self.person, role, scope, valid_ms };
        let code = hub.issue_code(invitation, &url, tls, now)?.to_string();
        let issued = Issued { code, url, expires_at_ms: now + valid_ms };
        terminal.answer(&issued, || {
            let hours = self.valid_hours;
            let zh = format!("一次性登记码（{hours}小时内有效，用后即废，请勿转发）：");
            let en =
                format!("One-time enrolment code (valid {hours} hours, for one device; keep it secret):");
            let qr = qr(&issued.code).unwrap_or_default();
            format!("{}\n{}\n{qr}", terminal.pick(zh, en), issued.code)
        })
    }
}

/// The address for the code, and the certificate to pin: what the server last said of itself. A
/// loopback server without TLS has nothing to pin.
fn address(hub: &Hub, given: Option<String>) -> Result<(String, Option<[u8; 32]>), CommandError> {
    let url = match given {
        Some(url) => url,
        None => hub.meta(URL_META)?.ok_or(CommandError::NeverServed)?,
    };
    check_url(&url)?;
    let pinned = hub.meta(TLS_META)?.ok_or(CommandError::NeverServed)?;
    let tls = data_encoding::HEXLOWER.decode(pinned.as_bytes()).ok().and_then(|pin| pin.try_into().ok());
    Ok((url, tls))
}

/// The code as a QR for a terminal: two modules a character, quiet zone included, dark on light as
/// phone cameras expect on a dark terminal.
fn qr(code: &str) -> Option<String> {
    let qr = QrCode::new(code.as_bytes()).ok()?;
    let mut render = qr.render::<Dense1x2>();
    Some(render.dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build())
}

/// Arguments of `revoke`.
#[derive(Debug, clap::Args)]
pub(super) struct Revoke {
    #[command(flatten)]
    folder: DataFolder,
    /// 设备编号 / The device
    device: String,
    /// 同时隐藏此后送达的内容（RFC 3339 时间或毫秒）/ Also hide what it delivered since (RFC 3339 or milliseconds)
    #[arg(long, value_name = "TIME")]
    hide_since: Option<String>,
}

impl Revoke {
    pub(super) fn run(self, terminal: &Terminal) -> Result<(), CommandError> {
        let device: DeviceId = self.device.parse().map_err(|_| CommandError::DeviceId)?;
        let since = self.hide_since.as_deref().map(time).transpose()?;
        let revoked = self.folder.open(terminal)?.revoke(device, since, terminal.now_ms())?;
        terminal.answer(&revoked, || {
            let (notices, hidden) = (revoked.notices, revoked.hidden);
            terminal.pick(
                format!("设备已吊销：通知{notices}个乡镇，隐藏{hidden}条。"),
                format!("The device is revoked: {notices} townships told, {hidden} envelopes hidden."),
            )
        })
    }
}

/// Arguments of `unrevoke`.
#[derive(Debug, clap::Args)]
pub(super) struct Unrevoke {
    #[command(flatten)]
    folder: DataFolder,
    /// 设备编号 / The device
    device: String,
}

impl Unrevoke {
    pub(super) fn run(self, terminal: &Terminal) -> Result<(), CommandError> {
        let device: DeviceId = self.device.parse().map_err(|_| CommandError::DeviceId)?;
        let done = self.folder.open(terminal)?.unrevoke(device, terminal.now_ms())?;
        terminal.answer(&done, || {
            let (notices, shown, envelopes) = (done.notices, done.shown, done.envelopes);
            terminal.pick(
                format!("吊销已撤回：收回通知{notices}份，恢复显示{shown}条，从隔离区放行{envelopes}条。"),
                format!("The revocation is taken back: {notices} notices withdrawn, {shown} envelopes shown again, {envelopes} let out of quarantine."),
            )
        })
    }
}

/// Arguments of `renew`.
#[derive(Debug, clap::Args)]
pub(super) struct Renew {
    #[command(flatten)]
    folder: DataFolder,
    /// 设备编号 / The device
    device: String,
}

#[derive(Debug, Serialize)]
struct Renewed {
    device: String,
    expires_at_ms: i64,
}

impl Renew {
    pub(super) fn run(self, terminal: &Terminal) -> Result<(), CommandError> {
        let device: DeviceId = self.device.parse().map_err(|_| CommandError::DeviceId)?;
        let expires_at_ms = self.folder.open(terminal)?.renew(device, terminal.now_ms())?.expires_at_ms;
        let until = DateTime::from_timestamp_millis(expires_at_ms).map(|time| time.date_naive().to_string());
        let until = until.unwrap_or_default();
        terminal.answer(&Renewed { device: device.to_string(), expires_at_ms }, || {
            terminal.pick(
                format!("证书已续期到 {until}，设备下次同步时收到。"),
                format!("The certificate is renewed until {until}; the device gets it with its next sync."),
            )
        })
    }
}

/// Unix milliseconds, or RFC 3339.
fn time(text: &str) -> Result<i64, CommandError> {
    if let Ok(ms) = text.parse() {
        return Ok(ms);
    }
    DateTime::parse_from_rfc3339(text).map(|time| time.timestamp_millis()).map_err(|_| CommandError::Time)
}

/// `devices`.
pub(super) fn list(folder: &DataFolder, terminal: &Terminal) -> Result<(), CommandError> {
    let hub = folder.open(terminal)?;
    let devices = hub.devices()?;
    let clock = hub.clock()?;
    let judging_ms = if clock.doubt.is_some() { clock.trusted_ms.unwrap_or(0) } else { terminal.now_ms() };
    terminal.answer(&devices, || {
        let line = |device: &Device| {
            let state = match device.revoked_at_ms {
                Some(_) => terminal.pick("已吊销", "revoked"),
                None if device.expires_at_ms <= judging_ms => terminal.pick("证书已到期", "expired"),
                None if device.expires_at_ms - judging_ms <= SOON_MS => {
                    terminal.pick("证书将到期", "expires soon")
                }
                None => terminal.pick("有效", "valid"),
            };
            format!("{}  {}  {}  {}  {state}", device.id, device.role, device.scope, device.person)
        };
        match devices.is_empty() {
            true => terminal.pick("没有登记的设备。", "No device is enrolled."),
            false => devices.iter().map(line).collect::<Vec<_>>().join("\n"),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_milliseconds_or_rfc_3339_with_its_offset() {
        assert_eq!(time("1763769600000").unwrap(), 1_763_769_600_000);
        assert_eq!(time("2025-11-22T08:00:00+08:00").unwrap(), 1_763_769_600_000);
        assert!(matches!(time("昨天"), Err(CommandError::Time)));
    }

    #[test]
    fn a_code_of_usual_length_fits_a_terminal() {
        let server = ruhu_sync::KeyPair::from_seed(&[1; 32]).public();
        let code =
            ruhu_sync::EnrollCode::new("https://192.0.2.1:8443".into(), [7; 16], server, Some([9; 32]));
        let widest = qr(&code.to_string()).unwrap().lines().map(|line| line.chars().count()).max();
        assert!(widest.unwrap() <= 80, "{widest:?}");
    }
}
