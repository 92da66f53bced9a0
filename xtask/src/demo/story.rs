//! The story, chapter by chapter.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;
use tempfile::TempDir;

use super::checks::Checks;
use super::drawn::{lay_out, picture};
use super::narrator::{chapter, quote, tell};
use super::phone::{Killed, Phone};
use super::server::Server;
use crate::process;
use crate::workspace::{binary, root};

/// An invented township and one of its villages.
pub(super) const TOWNSHIP: &str = "330109999";
pub(super) const VILLAGE: &str = "330109999201";
const CASEWORKER: &str = "周明远";
const VOLUNTEER: &str = "林秀梅";
/// An invented person's number with the right check digit, and one with a wrong digit.
const ID_NUMBER: &str = "330109195803020016";
const WRONG_ID_NUMBER: &str = "330109195803020010";
/// Where the two phones disagree, and what each says.
const DISPUTED: &str = "case/members_real";
const SAYS_CASEWORKER: &str = "4";
const SAYS_VOLUNTEER: &str = "5";
/// Phone A dies when so many answers are acknowledged: past the middle of the form's pages.
const ANSWERS_BEFORE_DEATH: usize = 45;
const PHOTO_DEADLINE: Duration = Duration::from_secs(120);

/// A photo of the story.
pub(super) struct Photo {
    pub kind: &'static str,
    /// What the phone keeps of it.
    pub kept: Vec<u8>,
    pub sha256: String,
}

/// The stage and what stands on it.
pub(super) struct Story {
    pub stage: TempDir,
    pub server: Server,
    pub a: Phone,
    pub b: Phone,
    pub case: String,
    pub photos: Vec<Photo>,
    pub checks: Checks,
    /// Documents and changes on the server at the end.
    pub totals: (usize, u64),
}

impl Story {
    /// An empty stage.
    pub fn set_up() -> Result<Story> {
        let stage = tempfile::Builder::new().prefix("ruhu-demo-").tempdir()?;
        Ok(Story {
            server: Server::new(stage.path())?,
            a: Phone::new("A", stage.path(), "phone-a")?,
            b: Phone::new("B", stage.path(), "phone-b")?,
            case: String::new(),
            photos: Vec::new(),
            checks: Checks::default(),
            totals: (0, 0),
            stage,
        })
    }

    /// Plays it. An error means that a step could not be taken; a check that does not hold is only
    /// noted, so that the story shows what came of it.
    pub fn play(&mut self) -> Result<()> {
        self.enrol()?;
        self.open_household()?;
        self.go_offline()?;
        self.photograph()?;
        self.die_and_wake()?;
        self.authorise()?;
        self.volunteer_edits()?;
        self.meet_again()?;
        self.settle()?;
        self.compare()
    }

    fn enrol(&mut self) -> Result<()> {
        chapter(
            1,
            "服务器启动，发布入户调查表，登记两部手机",
            "The server starts, publishes the form, enrols two phones",
        );
        self.server.start()?;
        tell(&format!("服务器 {}", self.server.url), "TLS, its own certificate, pinned by the codes");
        for name in ["home_visit", "check_authorization"] {
            let form = root()?.join(format!("packs/forms/{name}.xlsx"));
            let form = self.server.admin(&["forms", "publish", &form.to_string_lossy()])?;
            let (id, version) = (text(&form, "/id"), text(&form, "/version"));
            tell(&format!("表单 {id} 版本 {version}"), "read from the .xlsx");
        }
        for (phone, person, role, scope) in [
            (&mut self.a, CASEWORKER, "caseworker", TOWNSHIP),
            (&mut self.b, VOLUNTEER, "volunteer", VILLAGE),
        ] {
            let code = self.server.code(person, role, scope)?;
            let status = phone.ask(&["enroll", &code])?;
            let enrolled = text(&status, "/author/person") == person && text(&status, "/scope") == scope;
            let (zh, en) = (
                format!("手机 {} 登记给{person}（{scope}）", phone.name),
                format!("phone {} is enrolled: {role}", phone.name),
            );
            self.checks.that(&zh, &en, enrolled);
            phone.sync()?;
        }
        let code = self.server.code(VOLUNTEER, "volunteer", VILLAGE)?;
        let again = self.b.ask(&["enroll", &code])?;
        let same = text(&again, "/author/person") == VOLUNTEER && text(&again, "/scope") == VILLAGE;
        self.checks.that(
            "已登记的手机用新的登记码换发证书，使用人不变",
            "a new code renews the certificate of an enrolled phone, whose it stays",
            same,
        );
        Ok(())
    }

    fn open_household(&mut self) -> Result<()> {
        chapter(2, "手机 A 建户，两部手机同步", "Phone A opens a household, both phones sync");
        let new = self.a.ask(&household("陈大河", "河东村 3 组 17 号", ID_NUMBER))?;
        self.case = text(&new, "/id").to_owned();
        self.a.sync()?;
        self.b.sync()?;
        quote(&self.b.read(&["case", "list"])?);
        let seen = self.b.ask(&["case", "list"])?;
        self.checks.same(
            "手机 B 看到这一户",
            "phone B sees the household",
            &text(&seen, "/0/id"),
            &self.case.as_str(),
        );
        let wrong = self.a.refused(&household("某人", "某处", WRONG_ID_NUMBER))?;
        self.checks.same(
            "错误的身份证号当场拒绝",
            "a wrong ID number is refused",
            &wrong.as_str(),
            &"id_number",
        );
        Ok(())
    }

    fn go_offline(&mut self) -> Result<()> {
        chapter(3, "断网：服务器真的停了", "Offline: the server is really stopped");
        let well = self.server.stop()?;
        self.checks.that("服务器正常停止", "the server stopped in order", well);
        let code = self.a.refused(&["sync"])?;
        self.checks.same(
            "手机 A 同步：连不上，内容都在本机",
            "phone A cannot sync, everything is kept",
            &code.as_str(),
            &"offline",
        );
        Ok(())
    }

    fn photograph(&mut self) -> Result<()> {
        chapter(4, "手机 A 拍两张 1200 万像素照片", "Phone A attaches two 12-megapixel photos");
        for (seed, kind) in [("1", "house_out"), ("2", "house_in")] {
            let file = self.stage.path().join(format!("{kind}.jpg"));
            let mut generator = Command::new(binary("ruhu-test-photo")?);
            generator.args(["--seed", seed, "--out"]).arg(&file);
            let made = process::finish(&mut generator, PHOTO_DEADLINE)?;
            anyhow::ensure!(made.status.success(), "no photo was made: {}", made.stderr);
            let evidence = self.a.ask(&["attach", &self.case, &file.to_string_lossy(), "--kind", kind])?;
            let megabytes =
                evidence.get("size").and_then(Value::as_f64).unwrap_or_default() / f64::from(1 << 20);
            let (taken, place) = (text(&evidence, "/taken_at"), text(&evidence, "/place"));
            tell(
                &format!("{kind}.jpg {megabytes:.1} MB，拍摄于 {taken}，位置 {place}"),
                "time and place from EXIF",
            );
            let (zh, en) = (format!("{kind} 带有时间和位置"), format!("{kind} has time and place"));
            self.checks.that(&zh, &en, !taken.is_empty() && !place.is_empty());
            let sha256 = text(&evidence, "/sha256").to_owned();
            let out = self.stage.path().join(format!("{kind}-kept.jpg"));
            self.a.ask(&["file", &sha256, "--out", &out.to_string_lossy()])?;
            self.photos.push(Photo { kind, kept: fs::read(&out)?, sha256 });
        }
        self.look_at_photos()
    }

    /// Good and bad photos are told from each other before they are attached, and a paper is made straight.
    fn look_at_photos(&mut self) -> Result<()> {
        for (kind, fault, verdict) in [
            ("room", "none", "good"),
            ("room", "dark", "dark"),
            ("document", "none", "good"),
            ("document", "blurred", "blurred"),
        ] {
            let file = self.stage.path().join(format!("{kind}-{fault}.jpg"));
            picture(&[kind, "--seed", "12", "--fault", fault], &file)?;
            let told = self.a.ask(&["photo", "check", &file.to_string_lossy(), "--kind", kind])?;
            let (zh, en) =
                (format!("拍得行不行：{kind} {verdict}"), format!("a photo is looked at: {kind} {verdict}"));
            self.checks.same(&zh, &en, &text(&told, "/verdict"), &verdict);
        }
        let paper = self.stage.path().join("document-none.jpg");
        let kept = self.a.ask(&["attach", &self.case, &paper.to_string_lossy(), "--kind", "papers"])?;
        let copy = self.stage.path().join("straight.jpg");
        let (id, out) = (text(&kept, "/id"), copy.to_string_lossy());
        self.a.ask(&["file", id, "--straightened", "--stamped", "--out", &*out])?;
        let sum = text(&kept, "/sha256").to_owned();
        let untouched = self.stage.path().join("untouched.jpg");
        self.a.ask(&["file", &sum, "--out", &untouched.to_string_lossy()])?;
        self.checks.that(
            "材料拉正、加注时间地点，另存副本，原照片不动",
            "the paper is made straight and stamped on a copy, the photo stays as it was",
            copy.is_file()
                && fs::metadata(&untouched)?.len() == kept.get("size").and_then(Value::as_u64).unwrap_or(0),
        );
        Ok(())
    }

    fn die_and_wake(&mut self) -> Result<()> {
        chapter(
            5,
            "手机 A 填表，填到一半被强行结束（SIGKILL），再打开",
            "Phone A fills the form, is killed in the middle (SIGKILL), and opened again",
        );
        let script = lay_out("home_visit", self.stage.path())?;
        let visit = self.a.ask(&["visit", "start", &self.case])?;
        let visit = text(&visit, "/id").to_owned();
        let killed = self.a.play_until_killed(&visit, &script, ANSWERS_BEFORE_DEATH)?;
        self.check_wake(&visit, &killed)?;
        let rest = self.stage.path().join("rest.txt");
        let left = remainder(&script, killed.line, &rest)?;
        self.checks.that("强行结束时表还没有填完", "the form was not finished when it died", left > 0);
        self.a.read(&["visit", "answers", &visit, &rest.to_string_lossy()])?;
        tell(&format!("接着填完余下 {left} 行"), "the rest is filled in");
        quote(&self.a.read(&["visit", "close", &visit])?);
        let shown = self.a.ask(&["visit", "show", &visit])?;
        let closed = shown.pointer("/visit/open") == Some(&Value::Bool(false));
        self.checks.that("入户调查办结", "the visit is closed", closed);
        self.check_evidence(&shown)
    }

    /// The visit was closed on evidence alone: each picture that it asks for is one of the household, and can be
    /// looked at.
    fn check_evidence(&mut self, shown: &Value) -> Result<()> {
        let pages = shown.get("pages").and_then(Value::as_array).context("a visit has pages")?;
        let nodes = pages.iter().filter_map(|page| page.get("nodes")?.as_array()).flatten();
        let pictures: Vec<&str> = nodes
            .filter(|node| text(node, "/kind") == "image" && !text(node, "/value").is_empty())
            .map(|node| text(node, "/value"))
            .collect();
        let household = self.a.ask(&["case", "show", &self.case])?;
        let entries: Vec<&str> =
            list(&household, "/household/evidence").iter().map(|one| text(one, "/id")).collect();
        let all = pictures.iter().all(|id| entries.contains(id));
        for id in &pictures {
            let out = self.stage.path().join(format!("{id}.jpg"));
            self.a.ask(&["file", id, "--thumbnail", "--out", &out.to_string_lossy()])?;
        }
        let (zh, en) = (
            format!("只凭材料办结：{} 个照片和签名都在本户档案里，都能打开", pictures.len()),
            format!(
                "closed on evidence alone: {} photos and signatures, each of the household",
                pictures.len()
            ),
        );
        self.checks.that(&zh, &en, all && pictures.len() == 7);
        Ok(())
    }

    /// Every acknowledged answer is there after the death.
    fn check_wake(&mut self, visit: &str, killed: &Killed) -> Result<()> {
        let count = killed.acknowledged.len();
        self.checks.that(
            "进程确实被 SIGKILL 结束",
            "the process did die of SIGKILL",
            process::was_killed(killed.status),
        );
        let shown = self.a.ask(&["visit", "show", visit])?;
        let pages = shown.get("pages").and_then(Value::as_array).context("a visit has pages")?;
        let nodes: Vec<&Value> =
            pages.iter().filter_map(|page| page.get("nodes")?.as_array()).flatten().collect();
        let stands = |key: &String, value: &String| {
            nodes.iter().any(|node| text(node, "/path") == key && text(node, "/value") == value)
        };
        let lost: Vec<&String> = killed
            .acknowledged
            .iter()
            .filter(|(key, value)| !stands(key, value))
            .map(|(key, _)| key)
            .collect();
        let (zh, en) = (
            format!("重新打开：{count} 项已确认的回答都在"),
            format!("reopened: all {count} acknowledged answers are there"),
        );
        self.checks.same(&zh, &en, &lost, &Vec::new());
        let enough = count + 5 >= ANSWERS_BEFORE_DEATH;
        self.checks.that("被结束前已填了半张表", "it died in the middle of the form", enough);
        Ok(())
    }

    fn volunteer_edits(&mut self) -> Result<()> {
        chapter(
            7,
            "手机 B（同村协管员）离线修改同一户",
            "Phone B (volunteer of the village) edits the same household offline",
        );
        let visit = self.b.ask(&["visit", "start", &self.case])?;
        let visit = text(&visit, "/id").to_owned();
        let answers = [
            ("case_id", "XA-2026-0117"),
            ("visit_kind", "review"),
            ("water", "tap"),
            ("members_real", SAYS_VOLUNTEER),
            ("house_type", "self_built"),
            ("household_view", "孙女的学费也请考虑"),
        ];
        for (question, answer) in answers {
            self.b.ask(&["visit", "answer", &visit, question, answer])?;
            tell(&format!("{question} = {answer}"), "durable");
        }
        let saved = self.b.ask(&["visit", "save", &visit])?;
        self.checks.that(
            "手机 B 已存入该户",
            "phone B saved it",
            saved.get("changed") == Some(&Value::Bool(true)),
        );
        let missing = self.b.refused(&["visit", "close", &visit])?;
        self.checks.same(
            "未填完的调查不能办结",
            "a visit that is not complete is not closed",
            &missing.as_str(),
            &"not_complete",
        );
        Ok(())
    }

    fn meet_again(&mut self) -> Result<()> {
        chapter(8, "服务器回来，两部手机同步", "The server comes back, both phones sync");
        let (url, before) = (self.server.url.clone(), self.a.ask(&["status"])?);
        self.server.start()?;
        self.checks.same("服务器还在原来的地址", "the server is back at its address", &self.server.url, &url);
        let waited = before.get("outbox").and_then(Value::as_u64).unwrap_or_default() > 0;
        self.checks.that("手机 A 有待上传的内容", "phone A had work to send", waited);
        for phone in [&mut self.a, &mut self.b] {
            tell(&format!("手机 {} 同步", phone.name), "syncs");
            phone.sync()?;
        }
        tell("手机 A 再同步，收到 B 的内容", "A again, to get what B sent");
        self.a.sync()?;
        quote(&self.a.read(&["case", "show", &self.case])?);
        let merged = self.a.ask(&["case", "show", &self.case])?;
        let both =
            answered(&merged, CASEWORKER, "water", "well") && answered(&merged, VOLUNTEER, "water", "tap");
        self.checks.that(
            "其余内容自动合并，两份记录都在",
            "the rest merged silently, both records stand",
            both,
        );
        self.check_conflict()
    }

    /// Exactly one conflict, with both values, both authors, the phones' times and the server's.
    fn check_conflict(&mut self) -> Result<()> {
        let conflicts = self.a.ask(&["case", "conflicts", &self.case])?;
        let paths: Vec<&str> = list(&conflicts, "").iter().map(|conflict| text(conflict, "/path")).collect();
        self.checks.same("只有一处冲突", "there is one conflict", &paths, &vec![DISPUTED]);
        let choices = list(&conflicts, "/0/choices");
        let mut said: Vec<(&str, &str)> =
            choices.iter().map(|choice| (text(choice, "/text"), text(choice, "/author/person"))).collect();
        said.sort_unstable();
        let expected = vec![(SAYS_CASEWORKER, CASEWORKER), (SAYS_VOLUNTEER, VOLUNTEER)];
        self.checks.same(
            "两个值都在，各有填写人",
            "both values are kept, with their authors",
            &said,
            &expected,
        );
        let timed = |choice: &Value| {
            ["phone_time_ms", "server_time_ms"].iter().all(|key| choice.get(*key).is_some_and(Value::is_i64))
        };
        self.checks.that(
            "都有手机时间和服务器时间",
            "with the phones' times and the server's",
            choices.iter().all(timed),
        );
        let eligibility = conflicts.pointer("/0/eligibility") == Some(&Value::Bool(true));
        self.checks.that("这一项影响资格，办结前须处理", "the field decides eligibility", eligibility);
        Ok(())
    }

    fn settle(&mut self) -> Result<()> {
        chapter(9, "在手机 A 上处理冲突，再同步", "The conflict is settled on phone A, and both sync again");
        quote(&self.a.read(&["case", "resolve", &self.case, DISPUTED, SAYS_CASEWORKER])?);
        self.a.sync()?;
        self.b.sync()?;
        quote(&self.b.read(&["case", "history", &self.case, DISPUTED])?);
        for phone in [&self.a, &self.b] {
            let conflicts = phone.ask(&["case", "conflicts", &self.case])?;
            let (zh, en) = (
                format!("手机 {} 没有冲突了", phone.name),
                format!("phone {} has no conflict left", phone.name),
            );
            self.checks.that(&zh, &en, list(&conflicts, "").is_empty());
            let household = phone.ask(&["case", "show", &self.case])?;
            let settled = household.pointer("/household/case/members_real/int").map(Value::to_string);
            let (zh, en) = (
                format!("手机 {} 显示处理后的值", phone.name),
                format!("phone {} shows the settled value", phone.name),
            );
            self.checks.same(&zh, &en, &settled.as_deref(), &Some(SAYS_CASEWORKER));
        }
        Ok(())
    }
}

/// The command that opens a household in the village.
pub(super) fn household<'a>(name: &'a str, address: &'a str, idno: &'a str) -> [&'a str; 10] {
    ["case", "new", "--name", name, "--division", VILLAGE, "--address", address, "--idno", idno]
}

/// Whether a household has a record begun by this person with this answer.
fn answered(household: &Value, person: &str, question: &str, answer: &str) -> bool {
    list(household, "/household/records").iter().filter(|record| text(record, "/started_by") == person).any(
        |record| {
            let answers = record.get("answers").and_then(Value::as_object);
            answers.into_iter().flatten().any(|(path, value)| {
                path.rsplit('/').next() == Some(question) && text(value, "/text") == answer
            })
        },
    )
}

/// Writes what a script has left after a line; gives how many lines have something to do.
fn remainder(script: &Path, line: usize, rest: &Path) -> Result<usize> {
    let whole = fs::read_to_string(script)?;
    let left: Vec<&str> = whole.lines().skip(line).collect();
    fs::write(rest, left.join("\n"))?;
    Ok(left.iter().filter(|line| !line.trim().is_empty() && !line.starts_with('#')).count())
}

/// A text in JSON; empty when it is not there.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// A list in JSON; empty when it is not there.
pub(super) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
