//! The chapter of the authorisation letter: printed, signed, pressed, photographed, checked, and what it allows.

use anyhow::{Context, Result};
use serde_json::Value;

use super::drawn::{Paper, lay_out};
use super::narrator::{chapter, quote, tell};
use super::story::{Story, household, list, text};

/// What the five grantors do in their boxes on a good sheet, and on a bad one.
const GOOD: &str = "ok,ok,ok,ok,ok";
const BAD: &str = "ok,missing,ok,stamp_instead,ok";
/// What is pressed on the letter, by whose finger; and how it is photographed.
const PRESSED: (u64, u64) = (45, 7);
/// What is pressed on the bad sheet.
const PRESSED_BADLY: (u64, u64) = (43, 7);
const SHOTS: [u64; 4] = [501, 502, 503, 504];
/// The same finger, pressed again.
const PRESSED_AGAIN: (u64, u64) = (42, 7);
/// Who authorises, and for what a request is written.
const GRANTOR: &str = "陈大河";
/// An invented person with the right check digit.
const OTHER_ID_NUMBER: &str = "330109196002280023";

impl Story {
    /// All of it without a network, on phone A.
    pub fn authorise(&mut self) -> Result<()> {
        chapter(
            6,
            "授权书：打印、签字捺印、拍照、检查、留存（离线）",
            "The authorisation letter: printed, signed, pressed, photographed, checked and kept, offline",
        );
        let script = lay_out("check_authorization", self.stage.path())?;
        let visit = self.a.ask(&["visit", "start", &self.case, "--form", "check_authorization"])?;
        let visit = text(&visit, "/id").to_owned();
        self.a.read(&["visit", "answers", &visit, &script.to_string_lossy()])?;
        self.a.ask(&["visit", "save", &visit])?;
        let paper = self.print_letter(&self.case.clone(), "letter")?;
        let photo = self.stage.path().join("letter-pressed.jpg");
        paper.photographed((GOOD, PRESSED.0, PRESSED.1), SHOTS[0], &photo)?;
        self.check_letter(&paper, &photo.to_string_lossy())?;
        let kept = self.a.ask(&["attach", &self.case, &photo.to_string_lossy(), "--kind", "letter"])?;
        let ok = list(&kept, "/letter/grantors").iter().filter(|one| text(one, "/verdict") == "ok").count();
        self.checks.same("照片留存，检查结论写入档案", "the photo is kept with what was found", &ok, &5);
        self.print_signed(&visit)?;
        self.allow(&visit)?;
        self.find_copy(&photo.to_string_lossy())
    }

    /// Prints a household's letter and puts it on paper.
    fn print_letter(&self, case: &str, name: &str) -> Result<Paper> {
        let stage = self.stage.path();
        let (pdf, boxes) = (stage.join(format!("{name}.pdf")), stage.join(format!("{name}.json")));
        let (out, places) = (pdf.to_string_lossy(), boxes.to_string_lossy());
        let letter = self.a.ask(&["letter", "print", case, "--out", &*out, "--boxes", &*places])?;
        let grantors = list(&letter, "/grantors").len();
        tell(
            &format!("授权书 {}，{grantors} 个签字捺印处", text(&letter, "/version")),
            "a PDF, with its fonts",
        );
        Paper::of(&pdf, boxes)
    }

    /// A good photo of the letter, and one of a sheet on which somebody did not press and somebody stamped.
    fn check_letter(&mut self, paper: &Paper, photo: &str) -> Result<()> {
        let checked = self.a.ask(&["letter", "check", photo, "--case", &self.case])?;
        self.checks.same(
            "五枚手印都合格",
            "five prints are as they should be",
            &verdicts(&checked),
            &GOOD.into(),
        );
        self.checks.same(
            "认出是本户现行的一份",
            "it is this household's letter, and the one printed last",
            &text(&checked, "/letter/standing"),
            &"current",
        );
        let bad = self.stage.path().join("letter-bad.jpg");
        paper.photographed((BAD, PRESSED_BADLY.0, PRESSED_BADLY.1), SHOTS[1], &bad)?;
        quote(&self.a.read(&["letter", "check", &bad.to_string_lossy()])?);
        let checked = self.a.ask(&["letter", "check", &bad.to_string_lossy()])?;
        self.checks.same(
            "漏按一枚、盖章代替一枚，都指出",
            "a missing print and a stamp are found",
            &verdicts(&checked),
            &BAD.into(),
        );
        Ok(())
    }

    /// A copy of the letter with a signature that the household keeps.
    fn print_signed(&mut self, visit: &str) -> Result<()> {
        let answer = |phone: &super::phone::Phone| -> Result<String> {
            let shown = phone.ask(&["visit", "show", visit])?;
            let nodes = shown.get("pages").and_then(Value::as_array).context("pages")?.iter();
            let mut nodes = nodes.filter_map(|page| page.get("nodes")?.as_array()).flatten();
            let signed =
                nodes.find(|node| text(node, "/name") == "grant_sign" && !text(node, "/value").is_empty());
            Ok(text(signed.context("somebody signed")?, "/value").to_owned())
        };
        let signature = answer(&self.a)?;
        let out = self.stage.path().join("letter-signed.pdf");
        let signed = format!("2={signature}");
        let out = out.to_string_lossy();
        let letter = self.a.ask(&["letter", "print", &self.case, "--out", &*out, "--signed", &signed])?;
        self.checks.same(
            "屏幕签名留存为笔迹，印进同一份授权书",
            "a signature drawn on the screen is kept, and printed into the same letter",
            &letter.get("new"),
            &Some(&Value::Bool(false)),
        );
        let drawn = self.stage.path().join("sign_wu.json");
        let again =
            self.a.refused(&["attach", &self.case, &drawn.to_string_lossy(), "--kind", "signature"])?;
        self.checks.same(
            "同一笔迹不能再用",
            "the same strokes stand for nobody else",
            &again.as_str(),
            &"signature_used",
        );
        Ok(())
    }

    /// Nothing may be asked before the authorisation is closed.
    fn allow(&mut self, visit: &str) -> Result<()> {
        let out = self.stage.path().join("request.json");
        let out = out.to_string_lossy();
        let (person, scope) = (["--person", GRANTOR], ["--scope", "bank,tax"]);
        let export =
            ["check-request", "export", &self.case, person[0], person[1], scope[0], scope[1], "--out", &*out];
        let early = self.a.refused(&export)?;
        self.checks.same(
            "没有办结的授权，写不出核对请求",
            "no letter, no request",
            &early.as_str(),
            &"not_authorized",
        );
        self.a.ask(&["visit", "close", visit])?;
        quote(&self.a.read(&["letter", "coverage", &self.case])?);
        let coverage = self.a.ask(&["letter", "coverage", &self.case])?;
        let covered =
            list(&coverage, "/people").iter().filter(|one| !list(one, "/covered").is_empty()).count();
        self.checks.that("授权办结，每人都有有效授权", "closed, it covers them", covered >= 5);
        self.a.ask(&export)?;
        self.checks.that(
            "现在可以写出核对请求",
            "now a request is written",
            std::path::Path::new(&*out).is_file(),
        );
        Ok(())
    }

    /// Another household's letter with the same impressions, and one with the same finger pressed again.
    fn find_copy(&mut self, photo: &str) -> Result<()> {
        let other = self.a.ask(&household("沈阿毛", "河东村 5 组 2 号", OTHER_ID_NUMBER))?;
        let paper = self.print_letter(text(&other, "/id"), "letter-of-another")?;
        let [copied, pressed] = ["copied.jpg", "pressed.jpg"].map(|name| self.stage.path().join(name));
        paper.photographed(("ok", PRESSED.0, PRESSED.1), SHOTS[2], &copied)?;
        paper.photographed(("ok", PRESSED_AGAIN.0, PRESSED_AGAIN.1), SHOTS[3], &pressed)?;
        let (copied, pressed) = (copied.to_string_lossy(), pressed.to_string_lossy());
        let pairs = self.a.ask_lines(&["letter", "reuse", photo, &copied, &pressed])?;
        let found: Vec<(&str, &str)> =
            pairs.iter().map(|pair| (text(pair, "/a"), text(pair, "/b"))).collect();
        self.checks.same(
            "翻印到另一户的手印被发现，同一手指重新按的不算",
            "a print copied to another household is found, the finger pressed again is none",
            &found,
            &vec![(photo, &*copied)],
        );
        Ok(())
    }
}

/// The verdicts of a letter's grantors, in their order.
fn verdicts(checked: &Value) -> String {
    list(checked, "/grantors").iter().map(|one| text(one, "/verdict")).collect::<Vec<_>>().join(",")
}
