//! The list of pages, what is missing, the keys.

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ruhu_text::Lang;

use super::super::model::Model;
use super::super::overlay::PageList;
use super::super::words::KEYS;
use super::question::{list, search_field};
use super::{ANSWER, BAR, BOLD, Body, DIM, WRONG, text};

const INDENT: &str = "  ";
/// Lines above and below the list of pages.
const AROUND_PAGES: usize = 4;

/// The list of pages; a mark tells those on which something is missing.
pub(super) fn pages(model: &Model, pages: &PageList, width: usize, height: usize) -> Body {
    let mut body = Body::default();
    body.text(INDENT, model.lang.pick("目录（! 有未完成的）", "Pages (! something is missing)"), width, BOLD);
    search_field(model, &pages.picker, 0, width, &mut body);
    let most = height.saturating_sub(AROUND_PAGES).max(1);
    list(model, &pages.picker, most, width, &mut body, |line| match pages.page(line) {
        Some(page) if model.outline.gaps_on(page) > 0 => "! ",
        Some(_) => "  ",
        None => "+ ",
    });
    body.focus = (0, body.lines.len());
    body
}

/// What is missing, and where.
pub(super) fn finish(model: &Model, cursor: usize, width: usize) -> Body {
    let mut body = Body::default();
    let gaps = &model.outline.gaps;
    if gaps.is_empty() {
        body.push("");
        body.text(
            INDENT,
            model.lang.pick("全部填好了。按 Enter 交表。", "Everything is there. Enter to finish."),
            width,
            BOLD,
        );
        return body;
    }
    let (zh, en) = (format!("还有 {} 处未完成：", gaps.len()), format!("{} still missing:", gaps.len()));
    body.text(INDENT, model.lang.pick(&zh, &en), width, WRONG);
    for (at, gap) in gaps.iter().enumerate() {
        let before = body.lines.len();
        let style = if at == cursor { BAR } else { Style::new() };
        body.push(Line::from(vec![
            Span::raw(INDENT),
            Span::styled(text::cut(&text::unmarked(&gap.label), width.saturating_sub(INDENT.len())), style),
        ]));
        if !gap.place.is_empty() {
            body.push(Span::styled(
                text::cut(&format!("{INDENT}{INDENT}{}", text::unmarked(&gap.place)), width),
                DIM,
            ));
        }
        if gap.message != gap.label {
            body.push(Span::styled(text::cut(&format!("{INDENT}{INDENT}{}", gap.message), width), WRONG));
        }
        if at == cursor {
            body.focus = (before, body.lines.len());
        }
    }
    body
}

/// The keys.
pub(super) fn help(lang: Lang, top: usize, width: usize) -> Body {
    let mut body = Body::default();
    for (key, zh, en) in KEYS.iter().skip(top) {
        body.push(Span::styled(text::cut(&format!("{INDENT}{key}"), width), ANSWER));
        body.text("      ", lang.pick(zh, en), width, Style::new());
    }
    body
}
