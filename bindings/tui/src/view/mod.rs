//! The model as a frame. Marks are ASCII: terminals set to Chinese draw many other signs two cells
//! wide.

mod lists;
mod question;
mod text;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use ruhu_text::Lang;
use unicode_width::UnicodeWidthStr;

use super::model::Model;
use super::overlay::Overlay;

const BAR: Style = Style::new().add_modifier(Modifier::REVERSED);
const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);
const DIM: Style = Style::new().add_modifier(Modifier::DIM);
const WRONG: Style = Style::new().fg(Color::Red);
const ANSWER: Style = Style::new().fg(Color::Cyan);

/// The most lines that a message takes.
const MESSAGE_LINES: usize = 3;

/// Lines of the part that scrolls, and what of them must be seen.
#[derive(Debug, Default)]
struct Body {
    lines: Vec<Line<'static>>,
    /// The first line that must be seen, and the line behind the last.
    focus: (usize, usize),
    /// Line and column of the cursor.
    cursor: Option<(usize, usize)>,
}

impl Body {
    fn push(&mut self, line: impl Into<Line<'static>>) {
        self.lines.push(line.into());
    }

    /// A text over several lines, each behind `indent`.
    fn text(&mut self, indent: &str, text: &str, width: usize, style: Style) {
        let room = width.saturating_sub(indent.width());
        for line in text::wrap(text, room) {
            self.push(Span::styled(format!("{indent}{line}"), style));
        }
    }
}

/// Draws the screen.
pub fn draw(model: &Model, frame: &mut Frame<'_>) {
    let width = usize::from(frame.area().width);
    let message = message(model, width);
    let areas = Layout::vertical([
        Constraint::Length(2),
        Constraint::Min(1),
        Constraint::Length(message.len() as u16),
        Constraint::Length(1),
    ]);
    let [head, middle, below, foot] = areas.areas(frame.area());
    frame.render_widget(Paragraph::new(heading(model, width)), head);
    let body = match &model.overlay {
        Some(Overlay::Pages(list)) => lists::pages(model, list, width, usize::from(middle.height)),
        Some(Overlay::Finish { cursor }) => lists::finish(model, *cursor, width),
        Some(Overlay::Help { top }) => lists::help(model.lang, *top, width),
        Some(Overlay::Remove { .. } | Overlay::Leave) | None => {
            question::page(model, width, usize::from(middle.height))
        }
    };
    draw_body(body, middle, frame);
    frame.render_widget(Paragraph::new(message), below);
    frame.render_widget(Paragraph::new(Span::styled(text::pad(&keys(model, width), width), BAR)), foot);
}

/// The part of the body around its focus.
fn draw_body(body: Body, area: Rect, frame: &mut Frame<'_>) {
    let height = usize::from(area.height);
    let top = first_line(&body, height);
    let lines: Vec<Line<'_>> = body.lines.into_iter().skip(top).take(height).collect();
    frame.render_widget(Paragraph::new(lines), area);
    let place = body.cursor.and_then(|(line, column)| Some((line.checked_sub(top)?, column)));
    if let Some((line, column)) = place.filter(|(line, _)| *line < height) {
        let column = column.min(usize::from(area.width.saturating_sub(1)));
        frame.set_cursor_position(Position::new(area.x + column as u16, area.y + line as u16));
    }
}

/// The focus stands in the middle as long as there is something above and below it. Of one that is
/// too high the line with the cursor is seen, or its beginning.
fn first_line(body: &Body, height: usize) -> usize {
    let (from, to) = body.focus;
    let most = body.lines.len().saturating_sub(height);
    let focus = to.saturating_sub(from);
    if focus < height {
        return from.saturating_sub((height - focus) / 2).min(most);
    }
    let seen = body.cursor.map_or(from, |(line, _)| line.saturating_sub(height.saturating_sub(1)).max(from));
    seen.min(most)
}

/// Two lines: the form and how far it is, the page.
fn heading(model: &Model, width: usize) -> Vec<Line<'static>> {
    let (done, all) = model.outline.progress();
    let gaps = model.outline.gaps.len();
    let right = match model.lang {
        Lang::Zh => format!("已填 {done}/{all}  未完成 {gaps} "),
        Lang::En => format!("answered {done}/{all}  missing {gaps} "),
    };
    let room = width.saturating_sub(right.width());
    let title = text::cut(&format!(" {}", model.session.form().title()), room.saturating_sub(1));
    let first = text::cut(&format!("{}{right}", text::pad(&title, room)), width);
    let pages = model.outline.sheets.len();
    let at = (model.at.page + 1).min(pages);
    let number = match model.lang {
        Lang::Zh => format!(" 第 {at}/{pages} 页  "),
        Lang::En => format!(" page {at}/{pages}  "),
    };
    let title = model.sheet().map_or_else(String::new, |sheet| text::unmarked(&sheet.title()));
    let second = text::cut(&format!("{number}{title}"), width);
    vec![Span::styled(first, BAR).into(), Span::styled(second, BOLD).into()]
}

/// What is to be said or asked below the page.
fn message(model: &Model, width: usize) -> Vec<Line<'static>> {
    let lang = model.lang;
    let (said, style) = match (&model.overlay, model.unsaved, &model.notice) {
        (_, Some(kind), _) => (
            match lang {
                Lang::Zh => format!(
                    "还没有存到磁盘上（{kind}）。先腾出空间，再按任意键重试；Ctrl+Q 离开会丢失这一项。"
                ),
                Lang::En => format!(
                    "Not on the disk yet ({kind}). Make room, then press any key to try again; leaving with Ctrl+Q loses this entry."
                ),
            },
            WRONG,
        ),
        (Some(Overlay::Remove { title, .. }), ..) => (
            match lang {
                Lang::Zh => format!("要删除“{title}”和其中填的内容吗？按 y 删除，按 n 不删。"),
                Lang::En => format!("Remove “{title}” with everything in it? y to remove, n to keep."),
            },
            WRONG,
        ),
        (Some(Overlay::Leave), ..) => (
            lang.pick(
                "这一题填的内容没有被接受，离开就没有了。按 y 离开，按 n 留下。",
                "What stands at this question was refused and will be gone. y to leave, n to stay.",
            )
            .to_owned(),
            WRONG,
        ),
        (_, _, Some(notice)) => (notice.clone(), BOLD),
        _ => return Vec::new(),
    };
    let lines = text::wrap(&said, width.saturating_sub(1)).into_iter().take(MESSAGE_LINES);
    lines.map(|line| Line::from(Span::styled(format!(" {line}"), style))).collect()
}

/// The keys that matter now, as many as there is room for.
fn keys(model: &Model, width: usize) -> String {
    let keys: &[(&str, &str)] = match &model.overlay {
        Some(Overlay::Pages(_)) => {
            &[("Enter 打开", "Enter open"), ("Esc 返回", "Esc back"), ("打字查找", "type to search")]
        }
        Some(Overlay::Finish { .. }) if model.outline.gaps.is_empty() => {
            &[("Enter 交表", "Enter finish"), ("Esc 返回", "Esc back")]
        }
        Some(Overlay::Finish { .. }) => &[("Enter 跳到这一题", "Enter go there"), ("Esc 返回", "Esc back")],
        Some(Overlay::Help { .. }) => &[("Esc 返回", "Esc back")],
        Some(Overlay::Remove { .. } | Overlay::Leave) => &[("y 是", "y yes"), ("n 否", "n no")],
        None => &[
            ("Enter 确定", "Enter take"),
            ("F1 帮助", "F1 help"),
            ("^S 交表", "^S finish"),
            ("PgDn 下一页", "PgDn next page"),
            ("^T 下一处未完成", "^T next missing"),
            ("^G 目录", "^G pages"),
            ("^R 加一条", "^R add one"),
            ("^Q 离开", "^Q leave"),
        ],
    };
    let mut line = String::new();
    for (zh, en) in keys {
        let longer = format!("{line} {} ", model.lang.pick(zh, en));
        if longer.width() <= width {
            line = longer;
        }
    }
    line
}
