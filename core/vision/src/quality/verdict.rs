//! From facts to a word, and what to do.

use ruhu_text::Bilingual;
use serde::Serialize;

use super::exposure::Exposure;
use super::facts::{Facts, Kind};

/// What is said of a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It shows what it should.
    Good,
    /// Out of focus, or the hand shook.
    Blurred,
    /// Too little light.
    Dark,
    /// So much light that what is bright is lost.
    OverExposed,
    /// A reflection hides a part of the document.
    Glare,
    /// A part of the document is beyond the picture's edge.
    CutOff,
    /// It cannot be told: the facts lie between two of these, or there is nothing to measure.
    Unsure,
}

impl Verdict {
    /// The word that it is written as.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Good => "good",
            Verdict::Blurred => "blurred",
            Verdict::Dark => "dark",
            Verdict::OverExposed => "over_exposed",
            Verdict::Glare => "glare",
            Verdict::CutOff => "cut_off",
            Verdict::Unsure => "unsure",
        }
    }

    /// What to do, for who takes the picture; none when it is good.
    pub fn advice(self, kind: Kind) -> Option<Bilingual> {
        let (zh, en) = match (self, kind) {
            (Verdict::Good, _) => return None,
            (Verdict::Blurred, _) => (
                "照片模糊：请拿稳手机，对焦后再拍。",
                "Blurred: hold still, let the phone focus, and take it again.",
            ),
            (Verdict::Dark, Kind::Document) => {
                ("太暗：请到亮处或打开灯再拍。", "Too dark: go where there is light and take it again.")
            }
            (Verdict::Dark, Kind::Room) => (
                "太暗：请开灯，或背对窗户再拍。",
                "Too dark: turn on a light, or stand with your back to the window, and take it again.",
            ),
            (Verdict::OverExposed, _) => (
                "太亮，看不清：请避开直射光，点按要拍的地方再拍。",
                "Too bright to see anything: keep out of direct light, tap what you photograph, and take it again.",
            ),
            (Verdict::Glare, _) => (
                "有反光：请换个角度避开灯光再拍。",
                "A light is reflected: change the angle and take it again.",
            ),
            (Verdict::CutOff, _) => (
                "没有拍全：请离远一点，把四个角都拍进画面。",
                "The corner is cut off: step back until all four corners are in the picture.",
            ),
            (Verdict::Unsure, Kind::Document) => (
                "无法判断照片是否清楚：请自己看一看，字看不清就重拍。",
                "It cannot be told whether the photo is good: look at it, and take it again if you cannot read it.",
            ),
            (Verdict::Unsure, Kind::Room) => (
                "无法判断照片是否清楚：请自己看一看，看不清就重拍。",
                "It cannot be told whether the photo is good: look at it, and take it again if you cannot see what it should show.",
            ),
        };
        Some(Bilingual::new(zh, en))
    }
}

/// A fact against a rule: far on one side, far on the other, or between.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    No,
    Perhaps,
    Yes,
}

impl Answer {
    /// Yes from `yes` on, no below `no`.
    fn above(value: f32, no: f32, yes: f32) -> Answer {
        match value {
            value if value >= yes => Answer::Yes,
            value if value < no => Answer::No,
            _ => Answer::Perhaps,
        }
    }

    fn below(value: f32, yes: f32, no: f32) -> Answer {
        Answer::above(-value, -no, -yes)
    }

    fn and(self, other: Answer) -> Answer {
        if (self as u8) < other as u8 { self } else { other }
    }

    fn or(self, other: Answer) -> Answer {
        if (self as u8) > other as u8 { self } else { other }
    }
}

/// The verdict: of what is surely wrong the first, for each hides those after it.
pub(super) fn of(facts: &Facts, kind: Kind) -> Verdict {
    let found = [
        (dark(&facts.exposure, kind), Verdict::Dark),
        (over_exposed(&facts.exposure, kind), Verdict::OverExposed),
        (blurred(facts, kind), Verdict::Blurred),
        (cut_off(facts), Verdict::CutOff),
        (Answer::above(facts.glare, 0.004, 0.008), Verdict::Glare),
    ];
    let sure = found.iter().find(|(answer, _)| *answer == Answer::Yes);
    if let Some((_, verdict)) = sure {
        return *verdict;
    }
    let doubtful =
        facts.sharpness.edge_width.is_none() || found.iter().any(|(answer, _)| *answer == Answer::Perhaps);
    if doubtful { Verdict::Unsure } else { Verdict::Good }
}

/// Paper is the brightest thing on a table; of a room, most of it must be more than shadow.
fn dark(exposure: &Exposure, kind: Kind) -> Answer {
    match kind {
        Kind::Document => Answer::below(exposure.bright, 70.0, 92.0),
        Kind::Room => {
            Answer::below(exposure.upper, 40.0, 52.0)
                .or(Answer::below(exposure.median, 22.0, 28.0).and(Answer::below(exposure.upper, 60.0, 80.0)))
        }
    }
}

/// Burnt paper alone is what a scanner gives; when the ink on it is gone too, it is lost.
fn over_exposed(exposure: &Exposure, kind: Kind) -> Answer {
    match kind {
        Kind::Document => {
            Answer::above(exposure.burnt, 0.4, 0.55).and(Answer::above(exposure.dark, 95.0, 135.0))
        }
        Kind::Room => {
            Answer::above(exposure.burnt, 0.28, 0.36).or(
                Answer::above(exposure.median, 215.0, 235.0).and(Answer::above(exposure.upper, 246.0, 252.0))
            )
        }
    }
}

fn blurred(facts: &Facts, kind: Kind) -> Answer {
    let (sharp, blurred) = match kind {
        Kind::Document => (4.6, 5.6),
        Kind::Room => (5.2, 6.4),
    };
    facts.sharpness.edge_width.map_or(Answer::No, |width| Answer::above(width, sharp, blurred))
}

fn cut_off(facts: &Facts) -> Answer {
    match &facts.document {
        Some(document) if !document.cut_off.is_empty() => Answer::Yes,
        _ => Answer::No,
    }
}
