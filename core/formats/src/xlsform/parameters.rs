//! The column `parameters`: `start=1 end=10`.

use super::cleaning;
use ruhu_form::QuestionKind::{self, *};
use ruhu_text::{Bilingual, nearest};
use ruhu_xpath::is_name;

/// What the value of a parameter may be.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Takes {
    /// A whole number, not less than zero.
    Whole,
    Number,
    Truth,
    /// A number or `${question}`.
    Seed,
    /// The name of a column or of a child.
    Name,
    OneOf(&'static [&'static str]),
    Text,
}

use Takes::{Name, Number, OneOf, Seed, Truth, Whole};

type Spec = (&'static str, Takes);

const RANGE: &[Spec] = &[
    ("start", Number),
    ("end", Number),
    ("step", Number),
    ("tick_interval", Number),
    ("placeholder", Number),
    ("tick_labelset", Takes::Text),
];
const SELECT: &[Spec] = &[("randomize", Truth), ("seed", Seed), ("value", Name), ("label", Name)];
const IMAGE: &[Spec] = &[("max-pixels", Whole), ("app", Takes::Text)];
const AUDIO: &[Spec] = &[("quality", OneOf(&["voice-only", "low", "normal", "external"]))];
const BACKGROUND_AUDIO: &[Spec] = &[("quality", OneOf(&["voice-only", "low", "normal"]))];
const GEOPOINT: &[Spec] = &[
    ("capture-accuracy", Number),
    ("warning-accuracy", Number),
    ("allow-mock-accuracy", Truth),
    ("reference-geometry", Takes::Text),
];
const LINE: &[Spec] =
    &[("incremental", Truth), ("allow-mock-accuracy", Truth), ("reference-geometry", Takes::Text)];
const TEXT: &[Spec] = &[("rows", Whole)];
const AUDIT: &[Spec] = &[
    ("location-priority", OneOf(&["no-power", "low-power", "balanced", "high-accuracy"])),
    ("location-min-interval", Whole),
    ("location-max-age", Whole),
    ("track-changes", Truth),
    ("track-changes-reasons", OneOf(&["on-form-edit"])),
    ("identify-user", Truth),
];

fn specs(kind: QuestionKind) -> &'static [Spec] {
    match kind {
        Range => RANGE,
        SelectOne | SelectMultiple | Rank => SELECT,
        Image => IMAGE,
        Audio => AUDIO,
        BackgroundAudio => BACKGROUND_AUDIO,
        Geopoint => GEOPOINT,
        Geotrace | Geoshape => LINE,
        QuestionKind::Text => TEXT,
        Audit => AUDIT,
        _ => &[],
    }
}

/// Something wrong with the parameters.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// Whether the form can be used all the same.
    pub harmless: bool,
    pub code: &'static str,
    pub message: Bilingual,
    pub help: Bilingual,
}

impl Problem {
    fn bad(message: Bilingual, help: Bilingual) -> Self {
        Problem { harmless: false, code: "bad-parameter", message, help }
    }
}

/// The parameters of a cell that hold, names in lower case, and what does not.
pub(super) fn read(kind: QuestionKind, cell: &str) -> (Vec<(String, String)>, Vec<Problem>) {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut problems = Vec::new();
    let (pairs, rest) = pairs(cell);
    if !rest.is_empty() {
        let message = Bilingual::new(
            format!("参数里的“{rest}”读不懂。"),
            format!("“{rest}” in the parameters cannot be read."),
        );
        problems.push(Problem::bad(
            message,
            Bilingual::new("请写成 名=值，用空格隔开。", "Write name=value, separated by blanks."),
        ));
    }
    for (name, value) in pairs {
        match specs(kind).iter().find(|(known, _)| known.replace('_', "-") == name.replace('_', "-")) {
            None => problems.push(unknown(kind, &name)),
            Some((_, takes)) if !holds(*takes, &value) => problems.push(bad_value(&name, &value, *takes)),
            Some((known, _)) if found.iter().any(|(seen, _)| seen == known) => problems.push(twice(known)),
            Some((known, Number | Whole | Takes::Text | Name | Seed)) => {
                found.push(((*known).to_owned(), value));
            }
            Some((known, _)) => found.push(((*known).to_owned(), value.to_ascii_lowercase())),
        }
    }
    if kind == Range {
        fill_range(&mut found);
    }
    problems.extend(together(kind, &found));
    (found, problems)
}

/// `a=1, b = 2;c=3`: the pairs, and what is none.
fn pairs(cell: &str) -> (Vec<(String, String)>, String) {
    let (clean, _) = cleaning::expression(cell);
    let spread = clean.replace('=', " = ");
    let tokens: Vec<&str> = spread
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';'))
        .filter(|t| !t.is_empty())
        .collect();
    let mut pairs = Vec::new();
    let mut rest = Vec::new();
    let mut left = tokens.as_slice();
    while let Some((first, after)) = left.split_first() {
        left = match after {
            ["=", value, after @ ..] if *first != "=" && *value != "=" => {
                pairs.push((first.to_ascii_lowercase(), (*value).to_owned()));
                after
            }
            _ => {
                rest.push(*first);
                after
            }
        };
    }
    (pairs, rest.join(" "))
}

fn holds(takes: Takes, value: &str) -> bool {
    match takes {
        Whole => value.parse::<u64>().is_ok(),
        Number => value.parse::<f64>().is_ok_and(f64::is_finite),
        Truth => value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false"),
        Seed => holds(Number, value) || (value.starts_with("${") && value.ends_with('}')),
        Name => is_name(value),
        OneOf(words) => words.iter().any(|word| word.eq_ignore_ascii_case(value)),
        Takes::Text => !value.is_empty(),
    }
}

fn unknown(kind: QuestionKind, name: &str) -> Problem {
    let names = || specs(kind).iter().map(|(name, _)| *name);
    let help = match nearest(name, names()) {
        Some(near) => Bilingual::new(format!("是不是“{near}”？"), format!("Did you mean “{near}”?")),
        None => {
            let all = names().collect::<Vec<_>>().join(", ");
            match all.is_empty() {
                true => Bilingual::new("这种题型没有参数。", "This type takes no parameters."),
                false => Bilingual::new(format!("可以写：{all}"), format!("It may be: {all}")),
            }
        }
    };
    let message = Bilingual::new(
        format!("参数“{name}”不认识，已忽略。"),
        format!("The parameter “{name}” is not known and is ignored."),
    );
    Problem { harmless: true, code: "unknown-parameter", message, help }
}

fn twice(name: &str) -> Problem {
    let message = Bilingual::new(
        format!("参数“{name}”写了两次，只用前一个。"),
        format!("The parameter “{name}” is given twice; the first is used."),
    );
    Problem { harmless: true, code: "duplicate-parameter", message, help: Bilingual::default() }
}

fn bad_value(name: &str, value: &str, takes: Takes) -> Problem {
    let message = Bilingual::new(
        format!("参数“{name}”的值“{value}”不对。"),
        format!("The parameter “{name}” cannot be “{value}”."),
    );
    let help = match takes {
        Whole => Bilingual::new("请写不小于 0 的整数。", "Write a whole number, not less than 0."),
        Number => Bilingual::new("请写数字。", "Write a number."),
        Truth => Bilingual::new("请写 true 或 false。", "Write true or false."),
        Seed => Bilingual::new("请写数字或 ${题目名}。", "Write a number or ${question}."),
        Name => Bilingual::new("请写文件里的一个列名。", "Write the name of a column of the file."),
        OneOf(words) => {
            let all = words.join(", ");
            Bilingual::new(format!("可以写：{all}"), format!("It may be: {all}"))
        }
        Takes::Text => Bilingual::default(),
    };
    Problem::bad(message, help)
}

/// A range without them goes from 1 to 10 in steps of 1 (XLSForm).
fn fill_range(found: &mut Vec<(String, String)>) {
    for (name, value) in [("start", "1"), ("end", "10"), ("step", "1")] {
        if !found.iter().any(|(seen, _)| seen == name) {
            found.push((name.to_owned(), value.to_owned()));
        }
    }
}

/// What parameters must be like together.
fn together(kind: QuestionKind, found: &[(String, String)]) -> Option<Problem> {
    let value = |name: &str| found.iter().find(|(seen, _)| seen == name).map(|(_, value)| value.as_str());
    match kind {
        Range => range(|name| value(name).and_then(|value| value.parse().ok())),
        SelectOne | SelectMultiple | Rank if value("seed").is_some() && value("randomize").is_none() => {
            Some(Problem::bad(
                Bilingual::new("有 seed，却没有 randomize=true。", "There is a seed, but no randomize=true."),
                Bilingual::new("请加上 randomize=true，或删去 seed。", "Add randomize=true, or remove seed."),
            ))
        }
        Audit => audit(value),
        _ => None,
    }
}

fn range(value: impl Fn(&str) -> Option<f64>) -> Option<Problem> {
    let (start, end, step) = (value("start")?, value("end")?, value("step")?);
    let width = (end - start).abs();
    for (name, size) in [("step", Some(step)), ("tick_interval", value("tick_interval"))] {
        if size.is_some_and(|size| size == 0.0 || size.abs() > width) {
            let message = Bilingual::new(
                format!("“{name}”不能是 0，也不能比从 {start} 到 {end} 还大。"),
                format!("“{name}” cannot be 0, nor larger than from {start} to {end}."),
            );
            return Some(Problem::bad(message, Bilingual::default()));
        }
    }
    let placed = value("placeholder").is_none_or(|at| (start.min(end)..=start.max(end)).contains(&at));
    (!placed).then(|| {
        let message = Bilingual::new(
            format!("placeholder 要在 {start} 和 {end} 之间。"),
            format!("The placeholder must lie between {start} and {end}."),
        );
        Problem::bad(message, Bilingual::default())
    })
}

fn audit<'a>(value: impl Fn(&str) -> Option<&'a str>) -> Option<Problem> {
    let names = ["location-priority", "location-min-interval", "location-max-age"];
    let given: Vec<&str> = names.into_iter().filter(|name| value(name).is_some()).collect();
    let number = |name: &str| value(name).and_then(|value| value.parse::<u64>().ok());
    if !given.is_empty() && given.len() < names.len() {
        let all = names.join(", ");
        return Some(Problem::bad(
            Bilingual::new("要记录位置，三个参数都要写。", "To log places, all three parameters are needed."),
            Bilingual::new(format!("请写：{all}"), format!("Write: {all}")),
        ));
    }
    let (least, most) = (number(names[1])?, number(names[2])?);
    (most < least).then(|| {
        Problem::bad(
            Bilingual::new(
                "location-max-age 不能小于 location-min-interval。",
                "location-max-age cannot be less than location-min-interval.",
            ),
            Bilingual::default(),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good(kind: QuestionKind, cell: &str) -> String {
        let (found, problems) = read(kind, cell);
        assert_eq!(problems, [], "{cell}");
        found.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    }

    fn wrong(kind: QuestionKind, cell: &str) -> Vec<String> {
        let problem = |problem: Problem| format!("{} {}", problem.code, problem.message.en);
        read(kind, cell).1.into_iter().map(problem).collect()
    }

    #[test]
    fn parameters_are_separated_by_blanks_commas_or_semicolons() {
        assert_eq!(good(Range, "start = 0, end=5;step=0.5"), "start=0 end=5 step=0.5");
        assert_eq!(good(Range, "Start＝0，end＝5"), "start=0 end=5 step=1");
        assert_eq!(good(Image, "max-pixels=1024"), "max-pixels=1024");
        assert_eq!(good(Image, "max_pixels=1024"), "max-pixels=1024");
        assert_eq!(good(SelectOne, "randomize=TRUE seed=${Seed}"), "randomize=true seed=${Seed}");
    }

    #[test]
    fn parameters_that_do_not_hold_are_told_one_by_one() {
        assert_eq!(
            wrong(Range, "start=one stp=2 end"),
            [
                "bad-parameter “end” in the parameters cannot be read.",
                "bad-parameter The parameter “start” cannot be “one”.",
                "unknown-parameter The parameter “stp” is not known and is ignored."
            ]
        );
        assert_eq!(wrong(Range, "step=0").len(), 1);
        assert_eq!(wrong(Range, "start=0 end=4 step=5").len(), 1);
        assert_eq!(wrong(SelectOne, "seed=4").len(), 1);
        assert_eq!(wrong(Audit, "location-priority=balanced").len(), 1);
        assert_eq!(
            wrong(Audit, "location-priority=balanced location-min-interval=60 location-max-age=30").len(),
            1
        );
        assert_eq!(wrong(Audio, "quality=best").len(), 1);
    }
}
