//! `clock show`, `clock accept`.

use chrono::DateTime;

use super::DataFolder;
use super::failure::CommandError;
use super::terminal::Terminal;
use crate::hub::{ClockState, Doubt};

/// Subcommands of `clock`.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Clock {
    /// 服务器认为自己的时钟是否可信 / Whether the server trusts its clock
    Show(DataFolder),
    /// 确认当前日期和时间正确 / Confirm that date and time are right
    Accept(DataFolder),
}

impl Clock {
    pub(super) fn run(self, terminal: &Terminal) -> Result<(), CommandError> {
        let state = match self {
            Clock::Show(folder) => folder.open(terminal)?.observe_clock(terminal.now_ms())?,
            Clock::Accept(folder) => folder.open(terminal)?.accept_clock(terminal.now_ms())?,
        };
        terminal.answer(&state, || told(&state, terminal))
    }
}

fn told(state: &ClockState, terminal: &Terminal) -> String {
    let time =
        |ms: i64| DateTime::from_timestamp_millis(ms).map(|time| time.to_rfc3339()).unwrap_or_default();
    let (now, trusted) = (time(terminal.now_ms()), state.trusted_ms.map(time).unwrap_or_default());
    match state.doubt {
        None => terminal.pick(format!("时钟可信：{now}"), format!("The clock is trusted: {now}")),
        Some(Doubt::Jump) => terminal.pick(
            format!("时钟可能不准：现在显示 {now}，上次可信的时间是 {trusted}。期间不判断证书到期，也不签发证书和登记码。时间确实正确时请运行 clock accept。"),
            format!("The clock is in doubt: it says {now}, and was last trusted at {trusted}. No certificate ends by it and none is issued. If it is right, run clock accept."),
        ),
        Some(Doubt::Phones) => terminal.pick(
            format!("时钟可能不准：现在显示 {now}，但多部手机的时间彼此一致而与它不同。时间确实正确时请运行 clock accept。"),
            format!("The clock is in doubt: it says {now}, and phones agree with each other and not with it. If it is right, run clock accept."),
        ),
    }
}
