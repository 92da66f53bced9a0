//! The commands of `ruhu-server`. Messages are Chinese, or English with `--lang en`; `--json` gives
//! one JSON document on standard output. Logs go to standard error.

mod backup;
mod check;
mod clock;
mod devices;
mod exclude;
mod failure;
mod forms;
mod letter_reuse;
mod pictures;
mod quarantine;
mod serve;
mod terminal;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::http::now_ms;
use crate::hub::Hub;
use failure::CommandError;
use terminal::Terminal;

/// 入户同步服务器 / The Ruhu sync server
#[derive(Debug, Parser)]
#[command(name = "ruhu-server", version)]
struct Arguments {
    /// 提示语言 / Language of messages
    #[arg(long, global = true, value_enum, default_value = "zh")]
    lang: Language,
    /// 输出 JSON / Print JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Language {
    Zh,
    En,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 启动服务器 / Run the server
    Serve(serve::Serve),
    /// 签发一次性登记码 / Issue a one-time enrolment code
    Enroll(devices::Enroll),
    /// 吊销设备 / Revoke a device
    Revoke(devices::Revoke),
    /// 撤回误操作的吊销 / Take back a revocation made by mistake
    Unrevoke(devices::Unrevoke),
    /// 列出设备 / List devices
    Devices(DataFolder),
    /// 发布和列出表单 / Publish and list forms
    Forms {
        #[command(subcommand)]
        command: forms::Forms,
    },
    /// 查看、放行或驳回隔离区的内容 / Look into quarantine, admit from it, dismiss
    Quarantine {
        #[command(subcommand)]
        command: quarantine::Quarantine,
    },
    /// 查看或确认服务器的时钟 / See or confirm the server's clock
    Clock {
        #[command(subcommand)]
        command: clock::Clock,
    },
    /// 为设备续期证书 / Renew a device's certificate
    Renew(devices::Renew),
    /// 排除内容：不再发给任何设备 / Leave content out: give it to no device
    Exclude(exclude::Exclude),
    /// 回读并核对全部档案和文件 / Read back and check every document and file
    Check(DataFolder),
    /// 授权书照片 / Photos of letters
    Letter {
        #[command(subcommand)]
        command: pictures::Letter,
    },
    /// 照片 / Photos
    Photo {
        #[command(subcommand)]
        command: pictures::Photo,
    },
    /// 备份数据库和照片，服务器可以同时运行 / Back up database and photos, while the server runs
    Backup(backup::Backup),
    /// 从备份恢复到空目录 / Restore a backup into an empty folder
    Restore(backup::Restore),
}

/// Which server.
#[derive(Debug, clap::Args)]
struct DataFolder {
    /// 数据目录 / The data folder
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

impl DataFolder {
    /// The server in the folder; a folder without one is an error, not a new server.
    fn open(&self, terminal: &Terminal) -> Result<Hub, CommandError> {
        Ok(Hub::open_existing(&self.data, terminal.now_ms())?)
    }
}

/// Runs the command that the arguments name.
pub fn main() -> ExitCode {
    main_at(now_ms)
}

/// As [`main`], by a clock that gives Unix milliseconds. The program `ruhu-server` goes by the clock of its
/// machine; another one is for tests of what a wrong clock does.
pub fn main_at(clock: fn() -> i64) -> ExitCode {
    let arguments = Arguments::parse();
    let lang = match arguments.lang {
        Language::Zh => ruhu_text::Lang::Zh,
        Language::En => ruhu_text::Lang::En,
    };
    let terminal = Terminal { lang, json: arguments.json, clock };
    match run(arguments.command, &terminal) {
        Ok(code) => code,
        Err(error) => {
            terminal.complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command, terminal: &Terminal) -> Result<ExitCode, CommandError> {
    match command {
        Command::Serve(serve) => serve.run(terminal)?,
        Command::Enroll(enroll) => enroll.run(terminal)?,
        Command::Revoke(revoke) => revoke.run(terminal)?,
        Command::Unrevoke(unrevoke) => unrevoke.run(terminal)?,
        Command::Devices(folder) => devices::list(&folder, terminal)?,
        Command::Forms { command } => command.run(terminal)?,
        Command::Quarantine { command } => return command.run(terminal),
        Command::Clock { command } => command.run(terminal)?,
        Command::Renew(renew) => renew.run(terminal)?,
        Command::Exclude(exclude) => exclude.run(terminal)?,
        Command::Check(folder) => return check::run(&folder, terminal),
        Command::Letter { command } => command.run(terminal)?,
        Command::Photo { command } => command.run(terminal)?,
        Command::Backup(backup) => return backup.run(terminal),
        Command::Restore(restore) => restore.run(terminal)?,
    }
    Ok(ExitCode::SUCCESS)
}
