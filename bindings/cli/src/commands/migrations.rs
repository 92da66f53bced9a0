//! Moving a visit to a newer version of its form, and reading what that did.

use ruhu_device::{Device, VisitMigration};
use ruhu_form::MigrationReport;
use ruhu_text::{Bilingual, Lang};
use serde::Serialize;

use crate::clock;
use crate::failure::Failure;
use crate::output::Output;
use crate::table::Table;

/// What `ruhu visit migrate --json` prints.
#[derive(Serialize)]
struct Migrated {
    /// The visit's id.
    visit: String,
    /// Whether it moved: not with `--dry-run`, and not when it has the newest version.
    migrated: bool,
    /// What happened, or would happen; nothing when it has the newest version.
    report: Option<MigrationReport>,
}

/// `ruhu visit migrate`.
pub fn migrate(device: &Device, visit: &str, dry_run: bool, output: &mut Output) -> Result<(), Failure> {
    let mut report = device.visit_migration(visit)?;
    let migrated = !dry_run && report.is_some();
    if let Some(looked_at) = report.as_mut().filter(|_| migrated) {
        *looked_at = device.visit_migrate(visit, &looked_at.to)?.report;
    }
    output.answer(&Migrated { visit: visit.to_owned(), migrated, report }, |output, done| {
        let Some(report) = &done.report else {
            return output.line(output.pick(
                "这次调查用的已是最新版表单，不用换。",
                "The visit has the newest version of its form.",
            ));
        };
        print(report, output)?;
        output.line("")?;
        output.line(&closing_words(output.lang(), migrated, &report.to))
    })
}

fn closing_words(lang: Lang, migrated: bool, to: &str) -> String {
    match (lang, migrated) {
        (Lang::Zh, true) => format!("已换用新版表单 {to}。"),
        (Lang::En, true) => format!("The visit goes on with version {to}."),
        (Lang::Zh, false) => "以上只是预览，什么都没有改。要换，去掉 --dry-run 再运行一次。".into(),
        (Lang::En, false) => {
            "A preview; nothing was changed. To move the visit, run this without --dry-run.".into()
        }
    }
}

/// `ruhu visit migrations`.
pub fn list(device: &Device, visit: &str, output: &mut Output) -> Result<(), Failure> {
    output.answer(&device.visit_migrations(visit)?, |output, done| {
        if done.is_empty() {
            return output.line(output.pick(
                "这次调查没有换过表单版本。",
                "The visit never moved to another version of its form.",
            ));
        }
        done.iter().try_for_each(|VisitMigration { at_ms, report }| {
            output.line(&clock::local(*at_ms))?;
            print(report, output)?;
            output.line("")
        })
    })
}

fn print(report: &MigrationReport, output: &mut Output) -> Result<(), Failure> {
    lines(report, output.lang()).iter().try_for_each(|line| output.line(line))
}

/// The report as a clerk reads it: what was not taken over first, as somebody may have to ask again.
fn lines(report: &MigrationReport, lang: Lang) -> Vec<String> {
    let MigrationReport { form, from, to, .. } = report;
    let mut lines = vec![format!("{form}  {from} → {to}")];
    if report.is_empty() {
        let all = lang.pick("原来填的全部照原样带过去。", "Every answer is taken over as it stands.");
        lines.push(all.to_owned());
    }
    for Section { title, heading, rows } in sections(report, lang) {
        if rows.is_empty() {
            continue;
        }
        lines.extend([String::new(), title.to_owned()]);
        let mut table = Table::new(heading);
        rows.into_iter().for_each(|row| table.row(row));
        lines.extend(table.lines());
    }
    lines
}

/// One kind of thing that happened to answers.
struct Section {
    title: &'static str,
    heading: [&'static str; 3],
    rows: Vec<[String; 3]>,
}

fn sections(report: &MigrationReport, lang: Lang) -> [Section; 5] {
    let text = |text: &Bilingual| text.get(lang).to_owned();
    let section = |zh: (&'static str, _), en: (&'static str, _), rows| {
        let (title, heading) = match lang {
            Lang::Zh => zh,
            Lang::En => en,
        };
        Section { title, heading, rows }
    };
    let dropped = report.dropped.iter().map(|d| [text(&d.label), d.shown.clone(), text(&d.reason.text())]);
    let hidden = report.hidden.iter().map(|h| [text(&h.label), h.shown.clone(), text(&h.reason.text())]);
    let converted = report.converted.iter().map(|c| [text(&c.label), c.before.clone(), c.after.clone()]);
    let again = report.recalculated.iter().map(|r| [text(&r.label), r.before.clone(), r.after.clone()]);
    let moved = report.moved.iter().map(|m| [text(&m.label), m.from.clone(), m.to.clone()]);
    [
        section(
            ("带不过去的（内容留在本机，随时用 ruhu visit migrations 查看）", ["题目", "原来的答案", "原因"]),
            ("Not taken over (kept on this device: ruhu visit migrations)", ["question", "answer", "reason"]),
            dropped.collect(),
        ),
        section(
            ("现在不问、先留着的", ["题目", "答案", "原因"]),
            ("Not asked now, but kept", ["question", "answer", "reason"]),
            hidden.collect(),
        ),
        section(
            ("题型变了、写法跟着改的", ["题目", "原来", "现在"]),
            ("Written otherwise, as the kind of question changed", ["question", "before", "now"]),
            converted.collect(),
        ),
        section(
            ("表单重新算出的", ["题目", "原来", "现在"]),
            ("Worked out anew by the form", ["question", "before", "now"]),
            again.collect(),
        ),
        section(
            ("换了位置、内容没变的", ["题目", "原来的位置", "现在的位置"]),
            ("Moved elsewhere, unchanged", ["question", "before", "now"]),
            moved.collect(),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use ruhu_form::{
        Converted, DropReason, Dropped, HiddenAnswer, HiddenReason, Moved, QuestionKind, Recalculated,
    };

    fn label(zh: &str, en: &str) -> Bilingual {
        Bilingual::new(zh, en)
    }

    fn report() -> MigrationReport {
        MigrationReport {
            format: MigrationReport::FORMAT,
            form: "home_visit".into(),
            from: "v1".into(),
            to: "v2".into(),
            moved: vec![Moved {
                from: "/home_visit/a/landlord".into(),
                to: "/home_visit/b/landlord".into(),
                label: label("房东姓名", "Landlord"),
            }],
            converted: vec![Converted {
                path: "/home_visit/area".into(),
                label: label("面积", "Area"),
                from: QuestionKind::Text,
                to: QuestionKind::Decimal,
                before: "086".into(),
                after: "86".into(),
            }],
            hidden: vec![HiddenAnswer {
                path: "/home_visit/remark".into(),
                label: label("备注", "Remark"),
                value: "门前有坡".into(),
                shown: "门前有坡".into(),
                class: None,
                reason: HiddenReason::Irrelevant,
            }],
            dropped: vec![Dropped {
                path: "/home_visit/debt".into(),
                label: label("欠债情况", "Debts"),
                value: "欠表哥两万\n年底还".into(),
                shown: "欠表哥两万\n年底还".into(),
                class: Some("S".into()),
                reason: DropReason::QuestionGone,
            }],
            recalculated: vec![Recalculated {
                path: "/home_visit/per_head".into(),
                label: label("人均", "A head"),
                before: "300".into(),
                after: "250".into(),
            }],
        }
    }

    #[test]
    fn a_clerk_reads_what_was_not_taken_over_before_what_was() {
        insta::assert_snapshot!("report_zh", lines(&report(), Lang::Zh).join("\n"));
        insta::assert_snapshot!("report_en", lines(&report(), Lang::En).join("\n"));
    }

    #[test]
    fn a_report_with_nothing_to_tell_says_so() {
        let nothing = MigrationReport {
            moved: Vec::new(),
            converted: Vec::new(),
            hidden: Vec::new(),
            dropped: Vec::new(),
            recalculated: Vec::new(),
            ..report()
        };
        assert_eq!(lines(&nothing, Lang::Zh), ["home_visit  v1 → v2", "原来填的全部照原样带过去。"]);
    }
}
