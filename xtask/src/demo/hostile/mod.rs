//! `cargo xtask demo --story hostile`: a network, a server and people that do harm, by accident or on
//! purpose. Each act ends with what honest phones noticed of it, which is little, and with everything
//! everywhere.

mod broken_form;
mod line;
mod poison;
mod restored;
mod slow_line;
mod wrong_clock;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use super::checks::Checks;
use super::narrator::{chapter, quote, tell};
use super::phone::Phone;
use super::server::Server;
use super::story::{TOWNSHIP, VILLAGE, list, text};
use crate::console::{pairs, print_line};
use crate::process;
use crate::workspace::{binary, home_visit};

const PHOTO_DEADLINE: Duration = Duration::from_secs(120);

/// The stage, two honest phones, and what was checked.
pub struct Hostile {
    stage: TempDir,
    server: Server,
    a: Phone,
    b: Phone,
    checks: Checks,
    /// The acts that were played, each with the time it took.
    acts: Vec<(&'static str, Duration)>,
}

type Act = fn(&mut Hostile, u32) -> Result<()>;

impl Hostile {
    /// An empty stage.
    pub fn set_up() -> Result<Hostile> {
        let stage = tempfile::Builder::new().prefix("ruhu-demo-").tempdir()?;
        Ok(Hostile {
            server: Server::new(stage.path())?,
            a: Phone::new("A", stage.path(), "phone-a")?,
            b: Phone::new("B", stage.path(), "phone-b")?,
            checks: Checks::default(),
            acts: Vec::new(),
            stage,
        })
    }

    /// Plays every act. An error means that a step could not be taken; a check that does not hold is only
    /// noted.
    pub fn play(&mut self) -> Result<()> {
        self.open()?;
        let acts: [(&'static str, Act); 6] = [
            ("办事员的表单 a clerk's forms", Hostile::broken_form),
            ("有毒的修改 a volunteer's poison", Hostile::poisoned),
            ("翻了一个比特 a flipped bit", Hostile::flipped),
            ("从昨天恢复的服务器 a server restored from yesterday", Hostile::restored),
            ("时钟快了的服务器 a server whose clock ran ahead", Hostile::wrong_clock),
            ("每秒 2 KB 的线路 a line of 2 kB/s", Hostile::slow_line),
        ];
        for (number, (name, act)) in (2..).zip(acts) {
            let began = Instant::now();
            act(self, number)?;
            self.acts.push((name, began.elapsed()));
        }
        self.everything_is_everywhere()
    }

    /// The server, a form, two phones that know one household.
    fn open(&mut self) -> Result<()> {
        chapter(1, "服务器、一张表、两部手机、一户人家", "A server, a form, two phones, a household");
        self.server.start()?;
        self.server.admin(&["forms", "publish", &home_visit()?.to_string_lossy()])?;
        for (phone, person, role, scope) in
            [(&mut self.a, "周明远", "caseworker", TOWNSHIP), (&mut self.b, "林秀梅", "volunteer", VILLAGE)]
        {
            let code = self.server.code(person, role, scope)?;
            phone.ask(&["enroll", &code])?;
            phone.sync()?;
            tell(&format!("手机 {} 登记给{person}", phone.name), role);
        }
        household(&self.a, "陈大河", "河东村 3 组 17 号")?;
        self.meet()
    }

    /// A phone that is enrolled only now.
    fn newcomer(&self, name: &'static str, person: &str) -> Result<Phone> {
        let phone = Phone::new(name, self.stage.path(), &format!("phone-{}", name.to_lowercase()))?;
        phone.ask(&["enroll", &self.server.code(person, "caseworker", TOWNSHIP)?])?;
        Ok(phone)
    }

    /// Both phones sync, twice: what one brings the other gets.
    fn meet(&mut self) -> Result<()> {
        for _ in 0..2 {
            self.a.sync()?;
            self.b.sync()?;
        }
        Ok(())
    }

    /// Tells what honest phones noticed, and checks that nothing of theirs is unsafe.
    fn noticed(&mut self) -> Result<()> {
        for phone in [&self.a, &self.b] {
            tell(&format!("手机 {} 的状态", phone.name), "what this phone says now");
            quote(&phone.read(&["status"])?);
            let safe = phone.ask(&["status"])?;
            let (zh, en) = (
                format!("手机 {} 没有不安全的内容", phone.name),
                format!("nothing of phone {} is unsafe", phone.name),
            );
            let count = safe.pointer("/not_yet_safe/count").and_then(Value::as_u64);
            self.checks.same(&zh, &en, &count, &Some(0));
        }
        Ok(())
    }

    /// Checks that a household looks the same on both phones.
    fn same_household(&mut self, case: &str) -> Result<()> {
        let (a, b) = (self.a.ask(&["case", "show", case])?, self.b.ask(&["case", "show", case])?);
        self.checks.same(
            "两部手机的档案版本相同",
            "both phones hold the same changes",
            &heads(&a),
            &heads(&b),
        );
        self.checks.same("内容逐项相同", "field by field", &a.get("household"), &b.get("household"));
        Ok(())
    }

    /// Checks that a photo is on a phone byte by byte.
    fn same_photo(&mut self, sha256: &str, taken: &Path) -> Result<()> {
        let out = self.stage.path().join(format!("{sha256}.jpg"));
        self.b.ask(&["file", sha256, "--out", &out.to_string_lossy()])?;
        let same = fs::read(&out)? == fs::read(taken)?;
        self.checks.that("照片在手机 B 上一字节不差", "the photo is the same on phone B", same);
        Ok(())
    }

    fn everything_is_everywhere(&mut self) -> Result<()> {
        let number = u32::try_from(self.acts.len()).unwrap_or(0) + 2;
        chapter(number, "核对：每一户在每一处都相同", "Every household is the same everywhere");
        self.meet()?;
        let on_server = self.server.check()?;
        self.checks.same("服务器数据完整", "the server is whole", &damage(&on_server), &Vec::new());
        let cases = self.a.ask(&["case", "list", "--limit", "1000"])?;
        let known = list(&on_server, "/documents");
        // Those that the poisoned pages began are no line of the list: they are counted.
        let not_shown = self.a.ask(&["status"])?["cases_not_shown"].as_u64().unwrap_or_default();
        self.checks.same(
            "服务器上户数相同",
            "as many households on the server",
            &(known.len() as u64),
            &(list(&cases, "").len() as u64 + not_shown),
        );
        for case in list(&cases, "") {
            let id = text(case, "/id").to_owned();
            let (a, b) = (self.a.ask(&["case", "show", &id])?, self.b.ask(&["case", "show", &id])?);
            let stored = known.iter().find(|document| text(document, "/id") == id).map(heads);
            let same = Some(heads(&a)) == stored && heads(&a) == heads(&b);
            let name = text(case, "/name");
            self.checks.that(
                &format!("{name}：手机 A、B 和服务器相同"),
                "the same on A, B and the server",
                same,
            );
        }
        self.noticed()
    }

    /// The table at the end.
    pub fn summary(&self, took: Duration) -> Vec<String> {
        let seconds = |took: Duration| format!("{:.1} s", took.as_secs_f64());
        let mut rows: Vec<(String, String)> =
            self.acts.iter().map(|(name, took)| ((*name).to_owned(), seconds(*took))).collect();
        rows.push(("全程用时 time of the story".to_owned(), seconds(took)));
        let (held, failed) = (self.checks.held(), self.checks.failed());
        rows.push(("核对 checks".to_owned(), format!("{held} ✓  {failed} ✗")));
        std::iter::once(String::new()).chain(pairs(&rows)).collect()
    }

    /// Checks that did not hold.
    pub fn failed(&self) -> usize {
        self.checks.failed()
    }

    /// Stops the server and clears the stage.
    pub fn end(mut self) -> Result<()> {
        self.server.stop()?;
        Ok(self.stage.close()?)
    }

    /// Leaves everything where it is and says where.
    pub fn keep(mut self) {
        let server = self.server.leave();
        let stage = self.stage.keep();
        print_line(&format!("\n数据 / data: {}", stage.display()));
        if let Some(id) = server {
            print_line(&format!("停止并清除 / stop and clear: kill {id}; rm -r {}", stage.display()));
        }
    }
}

/// Opens a household in the village and gives its id.
fn household(phone: &Phone, name: &str, address: &str) -> Result<String> {
    let new = phone.ask(&["case", "new", "--name", name, "--division", VILLAGE, "--address", address])?;
    Ok(text(&new, "/id").to_owned())
}

/// A visit of a few answers, saved.
fn visit(phone: &Phone, case: &str, answers: &[(&str, &str)]) -> Result<()> {
    let visit = phone.ask(&["visit", "start", case])?;
    let visit = text(&visit, "/id");
    for (question, answer) in answers {
        phone.ask(&["visit", "answer", visit, question, answer])?;
    }
    phone.ask(&["visit", "save", visit]).map(drop)
}

/// A photo made from a seed, attached to a household; gives a file with what is kept of it, and its SHA-256.
fn photograph(
    phone: &Phone,
    stage: &Path,
    case: &str,
    (seed, width, height): (u32, u32, u32),
) -> Result<(PathBuf, String)> {
    let file = stage.join(format!("photo-{seed}.jpg"));
    let mut generator = Command::new(binary("ruhu-test-photo")?);
    generator.args([
        "--seed",
        &seed.to_string(),
        "--width",
        &width.to_string(),
        "--height",
        &height.to_string(),
    ]);
    let made = process::finish(generator.arg("--out").arg(&file), PHOTO_DEADLINE)?;
    ensure!(made.status.success(), "no photo was made: {}", made.stderr);
    let attached = phone.ask(&["attach", case, &file.to_string_lossy(), "--kind", "house_out"])?;
    let sha256 = text(&attached, "/sha256").to_owned();
    let kept = stage.join(format!("kept-{seed}.jpg"));
    phone.ask(&["file", &sha256, "--out", &kept.to_string_lossy()])?;
    Ok((kept, sha256))
}

/// What is wrong with a server, but for changes that no document can hold: those it names and keeps.
fn damage(check: &Value) -> Vec<String> {
    let codes = list(check, "/findings").iter().map(|finding| text(finding, "/code"));
    codes.filter(|code| *code != "change").map(str::to_owned).collect()
}

/// The heads of a document, sorted.
fn heads(value: &Value) -> Vec<String> {
    let mut heads: Vec<String> =
        list(value, "/heads").iter().filter_map(Value::as_str).map(str::to_owned).collect();
    heads.sort_unstable();
    heads
}

/// The place where the server listens.
fn address(server: &Server) -> Result<std::net::SocketAddr> {
    server
        .url
        .rsplit('/')
        .next()
        .context("the server has an address")?
        .parse()
        .context("an address of a socket")
}
