//! A phone that dies while a visit moves. The other process is this test program itself, started
//! again for the ignored test below. It stands apart from the other tests of forms' versions: a process
//! that is being started holds for a moment what others in this program have locked.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use ruhu_device::Device;
use ruhu_harness::world::KEY;

use ruhu_harness::county::{FORM, Open, compiled};

const FOLDER: &str = "RUHU_FORM_VERSIONS_FOLDER";
const VISIT: &str = "RUHU_FORM_VERSIONS_VISIT";
const CHILD: &str = "child_moves_a_visit_until_it_is_killed";

/// Another version each time: the remark wanders between two groups, and one question is new and one gone.
fn wandering(number: u32) -> Vec<u8> {
    let (here, there) = if number.is_multiple_of(2) { ("facts", "home") } else { ("home", "facts") };
    let survey = format!(
        "begin_group,{here},情况,,,\ninteger,members,共同生活人口,,,\ntext,question_{number},新的一题,,,\nend_group,,,,,\n\
         begin_group,{there},住房,,,\ntext,remark,备注,,,\nend_group,,,,,\n"
    );
    compiled(FORM, &number.to_string(), &survey, ",work,farm,务农\n")
}

#[test]
#[ignore = "run in a process of its own by the test of this file"]
fn child_moves_a_visit_until_it_is_killed() {
    let (Some(folder), Ok(visit)) = (env::var_os(FOLDER), env::var(VISIT)) else { return };
    let device = Device::open(&PathBuf::from(folder), KEY, "install-of-the-child").unwrap();
    for number in 2.. {
        device.form_install(&wandering(number)).unwrap();
        device.visit_migrate(&visit, &number.to_string()).unwrap();
        device.visit_answer(&visit, &format!("question_{number}"), &format!("答{number}")).unwrap();
        let mut out = std::io::stdout();
        writeln!(out, "\n> {number}").unwrap();
        out.flush().unwrap();
    }
}

/// Lets the child move the visit until it has told of `enough`, kills it, and gives what it told last.
fn killed_after(enough: u32, open: &mut Open) -> u32 {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--ignored", "--exact", CHILD])
        .env(VISIT, &open.visit)
        .env(FOLDER, open.phone.switch_off());
    let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let told = |line: &str| line.strip_prefix("> ").and_then(|number| number.parse().ok());
    let mut last = 1;
    while last < enough {
        let line = lines.next().expect("the child ended by itself").unwrap();
        last = told(&line).unwrap_or(last);
    }
    process.kill().unwrap();
    process.wait().unwrap();
    lines.map_while(Result::ok).filter_map(|line| told(&line)).last().unwrap_or(last)
}

#[test]
fn a_phone_killed_while_a_visit_moves_has_the_old_visit_or_the_new_one() {
    for enough in [2, 5, 17] {
        let mut open = Open::answered(60 + u64::from(enough));
        let last = killed_after(enough, &mut open);
        open.phone.kill_and_reopen();
        let version: u32 = open.shown().visit.version.parse().unwrap();
        assert!((last..=last + 1).contains(&version), "{version} after {last}");
        let reports = open.phone.device().visit_migrations(&open.visit).unwrap();
        let ways: Vec<(u32, u32)> = reports
            .iter()
            .map(|done| (done.report.from.parse().unwrap(), done.report.to.parse().unwrap()))
            .collect();
        assert_eq!(ways, (1..version).map(|from| (from, from + 1)).collect::<Vec<_>>());
        assert_eq!((open.value("members"), open.value("remark")), ("4".into(), "门前有坡".into()));
        // Every answer that was dropped on the way can be read, those of the versions in between too.
        let dropped: Vec<&str> =
            reports.iter().flat_map(|done| &done.report.dropped).map(|told| told.value.as_str()).collect();
        assert!(
            ["欠表哥两万", "赵房东", "张二小"].iter().all(|value| dropped.contains(value)),
            "{dropped:?}"
        );
        let between: Vec<String> = (2..version).map(|number| format!("答{number}")).collect();
        assert!(between.iter().all(|value| dropped.contains(&value.as_str())), "{dropped:?}");
        assert!(open.phone.device().check().unwrap().is_empty());
    }
}
