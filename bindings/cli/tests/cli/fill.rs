//! A person fills a form: the real command in a real pseudo-terminal.

use std::fs;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fill_form;

const ROWS: u16 = 24;
const COLUMNS: u16 = 80;
/// How long a screen may take to show what it must. Nothing waits that long unless it fails.
const PATIENCE: Duration = Duration::from_secs(60);

const ENTER: &str = "\r";
const TAB: &str = "\t";
const PAGE_UP: &str = "\x1b[5~";
const CTRL_R: &str = "\x12";
const CTRL_S: &str = "\x13";
const CTRL_T: &str = "\x14";
const CTRL_Q: &str = "\x11";

/// What the terminal shows, told to who waits.
struct Shown {
    screen: Mutex<vt100::Parser>,
    changed: Condvar,
}

/// A terminal with the command in it.
struct Seat {
    shown: Arc<Shown>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    reader: Option<JoinHandle<()>>,
    _master: Box<dyn MasterPty + Send>,
}

impl Seat {
    fn take(folder: &Path, arguments: &[&str]) -> Seat {
        let size = PtySize { rows: ROWS, cols: COLUMNS, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_ruhu"));
        command.args(arguments);
        command.env("TERM", "xterm-256color");
        command.env("XDG_STATE_HOME", folder.join("state"));
        command.env("HOME", folder);
        command.env_remove("RUHU_LANG");
        command.cwd(folder);
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let sides = (NonZeroU16::new(ROWS).unwrap(), NonZeroU16::new(COLUMNS).unwrap());
        let screen = Mutex::new(vt100::Parser::new(sides.0, sides.1, 0));
        let shown = Arc::new(Shown { screen, changed: Condvar::new() });
        let reader = follow(pair.master.try_clone_reader().unwrap(), Arc::clone(&shown));
        let keys = pair.master.take_writer().unwrap();
        Seat { shown, keys, child, reader: Some(reader), _master: pair.master }
    }

    fn types(&mut self, keys: &str) -> &mut Seat {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
        self
    }

    /// Waits until the screen shows all of these.
    fn sees(&mut self, wanted: &[&str]) -> &mut Seat {
        let deadline = Instant::now() + PATIENCE;
        let mut screen = self.shown.screen.lock().unwrap();
        loop {
            let contents = screen.screen().contents();
            if wanted.iter().all(|text| contents.contains(text)) {
                break;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{wanted:?} is not on the screen:\n{contents}");
            screen = self.shown.changed.wait_timeout(screen, left).unwrap().0;
        }
        drop(screen);
        self
    }

    /// Waits for the end, and gives the exit code with what stands on the screen then.
    fn leaves(mut self) -> (u32, String) {
        let code = self.child.wait().unwrap().exit_code();
        self.reader.take().unwrap().join().unwrap();
        (code, self.shown.screen.lock().unwrap().screen().contents())
    }

    /// Ends the command as a power cut would.
    fn loses_power(mut self) {
        let pid = self.child.process_id().unwrap().to_string();
        assert!(Command::new("kill").args(["-9", &pid]).status().unwrap().success());
        assert!(!self.child.wait().unwrap().success());
        self.reader.take().unwrap().join().unwrap();
    }
}

fn follow(mut output: Box<dyn Read + Send>, shown: Arc<Shown>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        // The terminal ends with an error on Linux, with nothing more elsewhere.
        while let Ok(count @ 1..) = output.read(&mut bytes) {
            shown.screen.lock().unwrap().process(&bytes[..count]);
            shown.changed.notify_all();
        }
    })
}

/// A folder with the form in it.
fn desk() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    fs::write(path.join("visit.xlsx"), fill_form::bytes()).unwrap();
    (folder, path)
}

fn entries(draft: &Path) -> Vec<Value> {
    let text = fs::read_to_string(draft).unwrap();
    text.lines().skip(1).map(|line| serde_json::from_str::<Value>(line).unwrap()["entry"].clone()).collect()
}

#[test]
fn a_visit_is_filled_in_chinese_killed_in_the_middle_opened_again_and_finished() {
    let (_folder, desk) = desk();
    let arguments = ["form", "fill", "visit.xlsx", "--draft", "draft.jsonl", "--answers", "out.json"];
    let mut seat = Seat::take(&desk, &arguments);
    seat.sees(&["简短入户", "第 1/3 页", "> 户主姓名 *"]);
    seat.types("陈").types(ENTER).sees(&["! 姓名至少两个字。"]);
    seat.types("大河").types(ENTER).sees(&["> 村（社区） *", "陈大河"]);
    seat.types("bmh").sees(&["查找：bmh  1/12", "白马湖村"]).types(ENTER).sees(&["> 入户日期"]);
    seat.types(TAB).sees(&["家庭成员 1/1"]);
    seat.types("陈大河").types(ENTER).sees(&["> 年龄 *"]);
    seat.types("610").types(ENTER).sees(&["! 应在 0 到 120 之间。"]);
    seat.types("\x15").types("61").types(ENTER).sees(&["> 一共 1 人。"]);
    seat.types(PAGE_UP).sees(&["> 姓名 *"]).types(CTRL_R).sees(&["家庭成员 2/2"]);
    seat.types("陈小").sees(&["    陈小"]);
    seat.loses_power();
    assert_eq!(entries(&desk.join("draft.jsonl")).len(), 5, "all that was taken is on the disk");

    let mut seat = Seat::take(&desk, &arguments);
    seat.sees(&["家庭成员 2/2", "> 姓名 *", "已填 4/"]);
    seat.types("陈小满").types(ENTER).sees(&["> 年龄 *"]).types("9").types(ENTER).sees(&["> 一共 2 人。"]);
    seat.types(CTRL_T).sees(&["> 已向该户说明政策 *", "未完成 1"]);
    seat.types(" ").sees(&["未完成 0", "[x] 已勾选"]).types(CTRL_S).sees(&["全部填好了"]);
    seat.types(ENTER);
    let (code, said) = seat.leaves();
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("已填完。") && said.contains("答案：out.json") && said.contains("草稿：draft.jsonl"),
        "{said}"
    );
    let mut answers: Value = serde_json::from_slice(&fs::read(desk.join("out.json")).unwrap()).unwrap();
    let id = answers["answers"].as_object_mut().unwrap().remove("/data/meta/instanceID").unwrap();
    assert!(id.as_str().unwrap().starts_with("uuid:"), "{id}");
    assert_eq!(
        answers,
        json!({ "form": "short_visit", "version": "2026112201", "answers": {
            "/data/head/name": "陈大河",
            "/data/head/village": "208",
            "/data/member[@id='1']/member_name": "陈大河",
            "/data/member[@id='1']/age": "61",
            "/data/member[@id='2']/member_name": "陈小满",
            "/data/member[@id='2']/age": "9",
            "/data/facts/told": "OK",
            "/data/facts/total": "2",
            "/data/members": "2",
        } })
    );
    assert_eq!(entries(&desk.join("draft.jsonl")).len(), 8);
}

#[test]
fn without_a_named_draft_one_is_kept_in_the_state_folder_and_its_place_is_told() {
    let (_folder, desk) = desk();
    let mut seat = Seat::take(&desk, &["--lang", "en", "form", "fill", "visit.xlsx"]);
    seat.sees(&["> Head of household *"]).types("陈大河").types(ENTER).sees(&["> Village *"]).types(CTRL_Q);
    let (code, said) = seat.leaves();
    assert!(code == 0 && said.contains("Not finished yet."), "{said}");
    let kept: Vec<PathBuf> =
        fs::read_dir(desk.join("state/ruhu/drafts")).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [draft] = kept.as_slice() else { panic!("one draft: {kept:?}") };
    assert_eq!(entries(draft).len(), 1);

    let seat_of_nothing = |draft: &str| {
        let mut seat = Seat::take(&desk, &["--json", "form", "fill", "visit.xlsx", "--draft", draft]);
        seat.sees(&["陈大河"]).types(CTRL_Q);
        seat.leaves()
    };
    let (code, said) = seat_of_nothing(draft.to_str().unwrap());
    assert!(code == 0 && said.contains("\"finished\":false"), "{said}");

    let mut seat = Seat::take(&desk, &["form", "fill", "visit.xlsx"]);
    seat.sees(&["> 户主姓名 *"]).types(CTRL_Q);
    assert!(seat.leaves().1.contains("没有留下草稿"));
    assert_eq!(fs::read_dir(desk.join("state/ruhu/drafts")).unwrap().count(), 1, "an empty one is not kept");
}

#[test]
fn a_draft_begun_with_another_version_of_the_form_says_what_no_longer_fits() {
    let (_folder, desk) = desk();
    let mut seat = Seat::take(&desk, &["form", "fill", "visit.xlsx", "--draft", "draft.jsonl"]);
    seat.sees(&["> 户主姓名 *"]).types("陈大河").types(ENTER).sees(&["> 村（社区） *"]).types(CTRL_Q);
    assert_eq!(seat.leaves().0, 0);
    let file = desk.join("draft.jsonl");
    let text = fs::read_to_string(&file).unwrap();
    let old = text.replace("2026112201", "2025010101");
    let gone = text.lines().last().unwrap().replace("/head/name", "/head/nickname");
    fs::write(&file, format!("{old}{gone}\n")).unwrap();
    let mut seat = Seat::take(&desk, &["form", "fill", "visit.xlsx", "--draft", "draft.jsonl"]);
    seat.sees(&["草稿用的是表单版本 2025010101", "有 1 项填写与现在的表单不符", "陈大河"]).types(CTRL_Q);
    assert_eq!(seat.leaves().0, 0);
    assert_eq!(entries(&file).len(), 2, "what no longer fits stays in the draft");
}

#[test]
fn what_cannot_be_filled_is_refused_before_the_screen_is_taken() {
    let (_folder, desk) = desk();
    let refused = |arguments: &[&str]| {
        let seat = Seat::take(&desk, arguments);
        let (code, said) = seat.leaves();
        assert_eq!(code, 1, "{said}");
        said
    };
    fs::write(desk.join("notes.xlsx"), "不是工作簿").unwrap();
    assert!(refused(&["form", "fill", "notes.xlsx"]).contains("这张表单不能使用："));
    assert!(refused(&["form", "fill", "none.xlsx"]).contains("不存在"));
    fs::write(desk.join("out.json"), "{}").unwrap();
    assert!(refused(&["form", "fill", "visit.xlsx", "--answers", "out.json"]).contains("文件已存在"));
    assert!(refused(&["form", "fill", "visit.xlsx", "--draft", "out.json"]).contains("这个文件不是草稿"));
    assert_eq!(fs::read_to_string(desk.join("out.json")).unwrap(), "{}");
}

#[test]
fn without_a_terminal_it_says_so_in_both_languages() {
    let (_folder, desk) = desk();
    let run = |lang: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ruhu"));
        command.current_dir(&desk).args(["--lang", lang, "form", "fill", "visit.xlsx"]);
        let output = command.stdin(Stdio::null()).output().unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(run("zh").contains("填表要在终端里进行"));
    assert!(run("en").contains("A form is filled on a terminal"));
}
