//! Moving a visit to a newer version of its form, and reading what that did.

use ruhu_device::{Device, Lang, VisitMigration};
use ruhu_form::{MigrationReport, Text2};
use serde::Serialize;

use crate::clock;
use crate::commands::forms;
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

/// The report as a clerk reads it: what was taken out first, as somebody may have to ask again.
fn print(report: &MigrationReport, output: &mut Output) -> Result<(), Failure> {
    let MigrationReport { form, from, to, .. } = report;
    output.line(&format!("{form}  {from} → {to}"))?;
    if report.is_empty() {
        return output
            .line(output.pick("原来填的全部照原样带过去。", "Every answer is taken over as it stands."));
    }
    sections(report, output.lang()).iter().filter(|section| !section.rows.is_empty()).try_for_each(
        |section| {
            output.line("")?;
            output.line(section.title)?;
            let mut table = Table::new(section.heading);
            section.rows.iter().for_each(|row| table.row(row.clone()));
            output.table(&table)
        },
    )
}

/// One kind of thing that happened to answers.
struct Section {
    title: &'static str,
    heading: [&'static str; 3],
    rows: Vec<[String; 3]>,
}

fn sections(report: &MigrationReport, lang: Lang) -> [Section; 5] {
    let text = |text: &Text2| text.get(forms::form_lang(lang)).to_owned();
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
            ("没有带过去的（内容保留在这里，随时可查）", ["题目", "原来的答案", "原因"]),
            ("Not taken over (kept here to be read at any time)", ["question", "answer", "reason"]),
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
