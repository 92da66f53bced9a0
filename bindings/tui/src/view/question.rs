//! The questions of a page, one below the other, the current one open.

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ruhu_form::{NodeState, QuestionKind};
use ruhu_text::Lang;
use unicode_width::UnicodeWidthStr;

use super::super::editor::{Choices, Editor, Order};
use super::super::line::{self, LineEditor};
use super::super::model::Model;
use super::super::picker::Picker;
use super::super::words::format_of;
use super::{ANSWER, BAR, BOLD, Body, DIM, WRONG, text};

/// Marks the current question.
const HERE: &str = "> ";
const INDENT: &str = "    ";
/// The widest field for a line, in cells.
const FIELD: usize = 60;
/// Fewer choices than this need no search to be shown.
const SEARCHED_FROM: usize = 10;
/// Lines of the screen that a list of choices leaves to label, hint and neighbours.
const AROUND_CHOICES: usize = 8;
/// A list of choices is never lower than this, however low the screen is.
const FEWEST_CHOICES: usize = 4;
/// The most lines of an answer that is not being worked on.
const ANSWER_LINES: usize = 3;

/// The page that is open.
pub(super) fn page(model: &Model, width: usize, height: usize) -> Body {
    let mut body = Body::default();
    let nodes = model.sheet().map_or(&[][..], |sheet| &sheet.nodes);
    if nodes.is_empty() {
        let nothing = model.lang.pick("没有要填的题目。", "There is nothing to answer.");
        body.text(INDENT, nothing, width, DIM);
    }
    for (at, node) in nodes.iter().enumerate() {
        body.push("");
        if at == model.at.question {
            let from = body.lines.len();
            open(model, node, width, height, &mut body);
            body.focus = (from, body.lines.len());
        } else {
            label(model, node, "  ", Style::new(), width, &mut body);
            answer(model, node, width, &mut body);
            if let Some(error) = &node.error {
                body.text(INDENT, &format!("! {}", error.get(model.lang)), width, WRONG);
            }
        }
    }
    body
}

fn label(model: &Model, node: &NodeState, mark: &str, style: Style, width: usize, body: &mut Body) {
    let label = match node.label(model.lang.code()) {
        "" => &node.name,
        label => label,
    };
    // A note that is required holds the form open as long as it is there.
    let style = if node.kind == QuestionKind::Note && node.required { style.patch(WRONG) } else { style };
    let before = body.lines.len();
    body.text("  ", &text::unmarked(label), width.saturating_sub(2), style);
    if let Some(first) = body.lines.get_mut(before).and_then(|line| line.spans.first_mut()) {
        let rest: String = first.content.chars().skip(2).collect();
        first.content = format!("{mark}{rest}").into();
    }
    if node.required
        && node.kind != QuestionKind::Note
        && let Some(last) = body.lines.last_mut()
    {
        last.push_span(Span::styled(" *", WRONG));
    }
}

/// The answer of a question that is not being worked on.
fn answer(model: &Model, node: &NodeState, width: usize, body: &mut Body) {
    let shown = match node.kind {
        QuestionKind::SelectOne | QuestionKind::SelectMultiple | QuestionKind::Rank => chosen(model, node),
        QuestionKind::Acknowledge if !node.value.is_empty() => model.lang.pick("已勾选", "ticked").to_owned(),
        _ => line::shown(node.kind, &node.value),
    };
    if shown.is_empty() {
        return;
    }
    let room = width.saturating_sub(INDENT.len());
    for line in text::wrap(&shown, room).into_iter().take(ANSWER_LINES) {
        body.push(Span::styled(format!("{INDENT}{line}"), ANSWER));
    }
}

/// The labels of what was chosen; a choice that is not on offer by its value.
fn chosen(model: &Model, node: &NodeState) -> String {
    let name = |value: &str| {
        let choice = node.choices.iter().find(|choice| choice.value == value);
        let label = choice.map_or("", |choice| choice.label(model.lang.code()));
        if label.is_empty() { value.to_owned() } else { text::unmarked(label) }
    };
    let values: Vec<&str> = match node.kind {
        QuestionKind::SelectOne => vec![node.value.as_str()],
        _ => node.value.split_whitespace().collect(),
    };
    let names: Vec<String> = values.into_iter().map(name).collect();
    names.join(model.lang.pick("、", ", "))
}

/// The current question: label, hints, editor, errors.
fn open(model: &Model, node: &NodeState, width: usize, height: usize, body: &mut Body) {
    label(model, node, HERE, BOLD, width, body);
    let hint = node.hints.get(model.lang.code());
    if !hint.is_empty() {
        body.text(INDENT, &text::unmarked(hint), width, DIM);
    }
    match &model.editor {
        Editor::Nothing => read_only(model, node, width, body),
        Editor::Line(line) => line_field(model, node, line, width, body),
        Editor::Choices(choices) => choice_list(model, choices, width, height, body),
        Editor::Order(order) => order_list(model, order, width, body),
        Editor::Tick { set, .. } => {
            let mark = if *set { "[x] " } else { "[ ] " };
            let says =
                if *set { model.lang.pick("已勾选", "ticked") } else { format_of(model.lang, node.kind) };
            body.push(Span::styled(text::cut(&format!("{INDENT}{mark}{says}"), width), BAR));
        }
    }
    let standing = node.error.as_ref().map(|error| error.get(model.lang));
    if let Some(error) = model.refusal.as_deref().or(standing) {
        body.text(INDENT, &format!("! {error}"), width, WRONG.add_modifier(Modifier::BOLD));
    }
}

fn read_only(model: &Model, node: &NodeState, width: usize, body: &mut Body) {
    answer(model, node, width, body);
    if node.kind != QuestionKind::Note {
        body.text(INDENT, model.lang.pick("（只能看）", "(read only)"), width, DIM);
    }
}

/// The field, with the terminal's own cursor in it: input methods show their candidates there.
fn line_field(model: &Model, node: &NodeState, line: &LineEditor, width: usize, body: &mut Body) {
    let format = match node.kind {
        QuestionKind::Range => scale(model, node),
        kind => format_of(model.lang, kind).to_owned(),
    };
    if !format.is_empty() {
        body.text(INDENT, &format, width, DIM);
    }
    let room = width.saturating_sub(INDENT.len() + 1).clamp(1, FIELD);
    let input = line.input();
    let scroll = input.visual_scroll(room.saturating_sub(1));
    let one_line = input.value().replace('\n', "\u{21b5}");
    let seen = text::take(&text::skip(&text::visible(&one_line), scroll), room);
    body.cursor = Some((body.lines.len(), INDENT.len() + input.visual_cursor().saturating_sub(scroll)));
    let field = Style::new().add_modifier(Modifier::UNDERLINED);
    body.push(match line.offer() {
        Some(offer) => {
            let says = format!("{offer} {}", model.lang.pick("按空格填入", "space takes it"));
            let says = text::pad(&text::cut(&says, room), room);
            Line::from(vec![Span::raw(INDENT), Span::styled(says, field.patch(DIM))])
        }
        None => {
            Line::from(vec![Span::raw(INDENT), Span::styled(text::pad(&seen, room), field.patch(ANSWER))])
        }
    });
}

/// The numbers that a range takes, by its parameters; XLSForm's own where there are none.
fn scale(model: &Model, node: &NodeState) -> String {
    let question = model.question(node);
    let parameter = |name, usual| question.and_then(|question| question.parameter(name)).unwrap_or(usual);
    let (start, end, step) = (parameter("start", "0"), parameter("end", "10"), parameter("step", "1"));
    match model.lang {
        Lang::Zh => format!("{start} 到 {end}，每格 {step}"),
        Lang::En => format!("{start} to {end} in steps of {step}"),
    }
}

fn choice_list(model: &Model, choices: &Choices, width: usize, height: usize, body: &mut Body) {
    let picker = &choices.picker;
    search_field(model, picker, SEARCHED_FROM, width, body);
    let most = height.saturating_sub(AROUND_CHOICES).max(FEWEST_CHOICES);
    let marks = if choices.one { ("(x) ", "( ) ") } else { ("[x] ", "[ ] ") };
    list(model, picker, most, width, body, |at| if choices.is_chosen(at) { marks.0 } else { marks.1 });
}

/// What was typed to search; lists of fewer than `from` lines have none before something is.
pub(super) fn search_field(model: &Model, picker: &Picker, from: usize, width: usize, body: &mut Body) {
    let typed = picker.search().value();
    if picker.len() < from && typed.is_empty() {
        return;
    }
    let name = model.lang.pick("查找：", "search: ");
    let found = match typed.is_empty() {
        true => model.lang.pick("（打字，或拼音首字母）", "(type, or pinyin initials)").to_owned(),
        false => format!("  {}/{}", picker.shown().count(), picker.len()),
    };
    let column = INDENT.len() + name.width() + picker.search().visual_cursor();
    body.cursor = Some((body.lines.len(), column));
    body.push(Line::from(vec![
        Span::raw(INDENT),
        Span::raw(name),
        Span::styled(text::cut(typed, width.saturating_sub(INDENT.len() + name.width())), ANSWER),
        Span::styled(found, DIM),
    ]));
}

/// A window of at most `most` lines of a list, around its cursor.
pub(super) fn list(
    model: &Model,
    picker: &Picker,
    most: usize,
    width: usize,
    body: &mut Body,
    mark: impl Fn(usize) -> &'static str,
) {
    let shown = picker.shown().count();
    let cursor = picker.cursor().unwrap_or(0);
    let top = cursor.saturating_sub(most / 2).min(shown.saturating_sub(most));
    for (line, (at, item)) in picker.shown().enumerate().skip(top).take(most) {
        let style = if picker.cursor() == Some(line) { BAR } else { Style::new() };
        let says = text::cut(
            &format!("{}{}", mark(at), text::unmarked(&item.label)),
            width.saturating_sub(INDENT.len()),
        );
        body.push(Line::from(vec![Span::raw(INDENT), Span::styled(says, style)]));
    }
    let below = shown.saturating_sub(top + most);
    if shown == 0 {
        body.text(INDENT, model.lang.pick("没有这样的选项。", "Nothing fits."), width, DIM);
    } else if top + below > 0 {
        let (zh, en) = (format!("（上面 {top}，下面 {below}）"), format!("({top} above, {below} below)"));
        body.text(INDENT, model.lang.pick(&zh, &en), width, DIM);
    }
}

fn order_list(model: &Model, order: &Order, width: usize, body: &mut Body) {
    let says = match order.held {
        true => model.lang.pick("用上下键移动，空格放下", "arrows move it, space puts it down"),
        false => model.lang.pick("空格拿起一项，再用上下键排先后", "space takes one up, arrows move it"),
    };
    body.text(INDENT, says, width, DIM);
    for (at, (_, label)) in order.ranked.iter().enumerate() {
        let held = if order.held && at == order.cursor { "= " } else { "" };
        let line = text::cut(&format!("{}. {held}{label}", at + 1), width.saturating_sub(INDENT.len()));
        let style = if at == order.cursor { BAR } else { Style::new() };
        if at == order.cursor {
            body.cursor = Some((body.lines.len(), INDENT.len()));
        }
        body.push(Line::from(vec![Span::raw(INDENT), Span::styled(line, style)]));
    }
}
