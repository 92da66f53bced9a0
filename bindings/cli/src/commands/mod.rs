//! The commands: each calls the device and prints what it answers.

mod cases;
mod check_requests;
mod conflicts;
mod convert;
mod evidence;
mod files;
mod files_reuse;
mod fill;
pub mod forms;
mod letter_photos;
mod letters;
mod link;
mod migrations;
mod pending;
mod photos;
mod picture_files;
mod print_reuse;
mod show;
mod traces;
mod visits;
mod xpath;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use ruhu_device::{Device, DeviceError, Explain};

use crate::arguments::{Arguments, CaseCommand, Command, FormCommand, LetterCommand, PhotoCommand};
use crate::failure::Failure;
use crate::output::Output;
use crate::{install, key};

/// The word that stands for the most recent case or visit.
const LAST: &str = "last";

/// How a command ended that did what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing more to say.
    Fine,
    /// It was asked to look for faults and found some.
    Findings,
    /// A sync that came to its end with something left.
    InPart,
}

impl From<()> for Outcome {
    fn from((): ()) -> Self {
        Outcome::Fine
    }
}

/// Runs the command.
pub fn run(arguments: &Arguments, output: &mut Output) -> Result<Outcome, Failure> {
    // A form that is checked or tried out needs no device.
    match &arguments.command {
        Command::Form(FormCommand::Check { files }) => return forms::check(files, output),
        Command::Form(FormCommand::Convert { form, out }) => {
            return convert::convert(form, out, output).map(Outcome::from);
        }
        Command::Form(FormCommand::Run { form, trace }) => return traces::run(form, trace, output),
        Command::Form(FormCommand::Fill { form, draft, answers }) => {
            return fill::run(form, draft.as_deref(), answers.as_deref(), output).map(Outcome::from);
        }
        Command::Photo(PhotoCommand::Check { files, kind }) => {
            return photos::check(files, *kind, output).map(Outcome::from);
        }
        Command::Letter(LetterCommand::Photos(command)) if !command.needs_device() => {
            return letter_photos::run(command, None, output).map(Outcome::from);
        }
        _ => {}
    }
    if let Command::Xpath { file } = &arguments.command {
        return xpath::run(file, output);
    }
    let device = open(arguments, output)?;
    match &arguments.command {
        Command::Enroll { code } => link::enroll(&device, code, output),
        Command::Status => link::status(&device, output),
        Command::Sync { metered } => return link::sync(&device, *metered, output),
        Command::Case(command) => case(&device, command, output),
        Command::Visit(command) => visits::run(&device, command, output),
        Command::Attach { case, file, kind } => {
            evidence::attach(&device, &case_id(&device, case)?, file, kind, output)
        }
        Command::File(arguments) => evidence::file(&device, arguments, output),
        Command::Files(command) => files::run(&device, command, output),
        Command::Photo(PhotoCommand::Settings { place, originals }) => {
            photos::settings(&device, *place, *originals, output)
        }
        Command::Photo(PhotoCommand::Check { files, kind }) => photos::check(files, *kind, output),
        Command::Letter(command) => letters::run(&device, command, output),
        Command::CheckRequest(command) => check_requests::run(&device, command, output),
        Command::GiveUp { case } => evidence::give_up(&device, &case_id(&device, case)?, output),
        Command::Form(_) => forms::list(&device, output),
        Command::Xpath { file } => return xpath::run(file, output),
        Command::Check => return link::check(&device, output),
    }
    .map(Outcome::from)
}

fn case(device: &Device, command: &CaseCommand, output: &mut Output) -> Result<(), Failure> {
    match command {
        CaseCommand::New(new) => cases::new(device, new, output),
        CaseCommand::List { division, offset, limit } => {
            cases::list(device, (division, *offset, *limit), output)
        }
        CaseCommand::Search { text, limit } => cases::search(device, text, *limit, output),
        CaseCommand::Show { id } => show::case(device, &case_id(device, id)?, output),
        CaseCommand::History { id, path } => cases::history(device, &case_id(device, id)?, path, output),
        CaseCommand::Conflicts { id } => conflicts::list(device, &case_id(device, id)?, output),
        CaseCommand::Resolve { id, path, value } => {
            conflicts::resolve(device, &case_id(device, id)?, path, value, output)
        }
    }
}

fn open(arguments: &Arguments, output: &Output) -> Result<Device, Failure> {
    let folder: PathBuf = arguments.data.clone().ok_or(Failure::NoFolder)?;
    fs::create_dir_all(&folder).map_err(|error| Failure::Folder(error.kind()))?;
    let file = arguments.key_file.clone().unwrap_or_else(|| folder.join(key::DEFAULT_NAME));
    let key = key::load_or_make(&file, &folder)?;
    let install = match &arguments.install {
        Some(install) => install.clone(),
        None => install::default_for(&folder)?,
    };
    let deadline = Instant::now() + Duration::from_secs(arguments.wait);
    let mut told = arguments.json;
    loop {
        match Device::open(&folder, *key, &install) {
            Err(error) if error.code() == "in_use" && Instant::now() < deadline => {
                if !told {
                    output.progress(output.pick(
                        "另一个程序正在使用本机数据（可能正在同步），等它完成…",
                        "Another program has this device's data, perhaps a sync that still runs; waiting for it…",
                    ));
                    told = true;
                }
                wait_until_free(&folder, deadline.saturating_duration_since(Instant::now()))?;
            }
            opened => {
                let device = opened?;
                device.set_reserve(arguments.reserve);
                return Ok(device);
            }
        }
    }
}

/// Waits until no other process holds the device, at most so long.
fn wait_until_free(folder: &Path, most: Duration) -> Result<(), Failure> {
    let (tell, told) = mpsc::channel();
    let folder = folder.to_owned();
    // It may wait beyond the end of this program, and ends with it.
    thread::spawn(move || tell.send(Device::wait_until_free(&folder)));
    match told.recv_timeout(most) {
        Ok(waited) => Ok(waited?),
        Err(_) => Ok(()),
    }
}

/// The case that a word names.
fn case_id(device: &Device, word: &str) -> Result<String, Failure> {
    if word != LAST {
        return Ok(word.to_owned());
    }
    let first = device.case_list("", 0, 1)?.into_iter().next();
    Ok(first.ok_or(DeviceError::NotFound { what: "case" })?.id)
}

/// The visit that a word names.
fn visit_id(device: &Device, word: &str) -> Result<String, Failure> {
    if word != LAST {
        return Ok(word.to_owned());
    }
    let first = device.visits(false)?.into_iter().next();
    Ok(first.ok_or(DeviceError::NotFound { what: "visit" })?.id)
}
