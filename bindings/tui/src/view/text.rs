//! Text on a grid: a Han character takes two cells.

use unicode_linebreak::{BreakOpportunity, linebreaks};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What stands where a text was cut.
const CUT: &str = "..";

/// Breaks a text into lines of at most `width` cells, by the rules of Unicode (UAX 14): Chinese breaks
/// between characters but not before a comma, Latin at blanks. What has no place to break is cut.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(2);
    let mut lines = vec![String::new()];
    let mut start = 0;
    for (end, opportunity) in linebreaks(text) {
        let piece = text.get(start..end).unwrap_or("");
        start = end;
        add_piece(&mut lines, &visible(piece.trim_end_matches(['\n', '\r'])), width);
        if opportunity == BreakOpportunity::Mandatory && end < text.len() {
            lines.push(String::new());
        }
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

fn add_piece(lines: &mut Vec<String>, piece: &str, width: usize) {
    let used = lines.last().map_or(0, |line| line.width());
    if used > 0 && used + piece.trim_end().width() > width {
        lines.push(String::new());
    }
    for c in piece.chars() {
        let used = lines.last().map_or(0, |line| line.width());
        if used + c.width().unwrap_or(0) > width {
            if c == ' ' {
                continue;
            }
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            line.push(c);
        }
    }
}

/// Without what a terminal would take for a command.
pub fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A label without the marks that XLSForm allows in it for browsers and phones: `**bold**`, headings
/// and elements such as `<span style="color:red">` and `<br>`.
pub fn unmarked(label: &str) -> String {
    if !label.contains(['*', '<', '#']) {
        return label.to_owned();
    }
    let without_tags = without_elements(&label.replace("<br>", "\n").replace("<br/>", "\n"));
    let lines = without_tags.split('\n').map(|line| match line.trim_start_matches('#') {
        heading if heading.len() < line.len() && heading.starts_with(' ') => heading.trim_start(),
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n").replace("**", "")
}

/// Leaves out what stands between `<` and `>` if it looks like an element: `a < b` stays.
fn without_elements(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let (before, from) = rest.split_at(at);
        kept.push_str(before);
        let inside = from.strip_prefix('<').unwrap_or(from);
        let begins =
            inside.strip_prefix('/').unwrap_or(inside).starts_with(|c: char| c.is_ascii_alphabetic());
        match inside.find('>').filter(|_| begins) {
            Some(end) => rest = inside.get(end + 1..).unwrap_or(""),
            None => {
                kept.push('<');
                rest = inside;
            }
        }
    }
    kept + rest
}

/// At most `width` cells of one line, marked where it was cut.
pub fn cut(text: &str, width: usize) -> String {
    let text = visible(text);
    if text.width() <= width {
        return text;
    }
    let mut kept = take(&text, width.saturating_sub(CUT.len()));
    kept.push_str(take(CUT, width).as_str());
    kept
}

/// As many characters as fit into `width` cells.
pub fn take(text: &str, width: usize) -> String {
    let mut used = 0;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used <= width
    };
    text.chars().take_while(fits).collect()
}

/// The text from the cell `from` on. A character that begins before it is left out, a blank in the
/// place of its second cell.
pub fn skip(text: &str, from: usize) -> String {
    let mut used = 0;
    let mut kept = String::new();
    for c in text.chars() {
        let begins = used;
        used += c.width().unwrap_or(0);
        if begins >= from {
            kept.push(c);
        } else if used > from {
            kept.push(' ');
        }
    }
    kept
}

/// With blanks behind it up to `width` cells.
pub fn pad(text: &str, width: usize) -> String {
    let blanks = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(blanks))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn chinese_breaks_between_characters_and_never_before_a_comma() {
        assert_eq!(wrap("每次入户至少两名，本人签字。", 16), ["每次入户至少两", "名，本人签字。"]);
        assert_eq!(wrap("At least two investigators", 12), ["At least two", "investigator", "s"]);
        assert_eq!(wrap("第一行\n第二行", 20), ["第一行", "第二行"]);
        assert_eq!(wrap("", 20), [""]);
    }

    #[test]
    fn a_text_is_cut_at_whole_characters() {
        assert_eq!(cut("青禾镇河东村", 12), "青禾镇河东村");
        assert_eq!(cut("青禾镇河东村", 9), "青禾镇..");
        assert_eq!(cut("青", 1), ".");
        assert_eq!(skip("青禾ab", 1), " 禾ab");
        assert_eq!(skip("青禾ab", 2), "禾ab");
        assert_eq!(pad("青", 4), "青  ");
    }

    #[test]
    fn marks_for_browsers_are_left_out_of_labels_and_comparisons_are_not() {
        assert_eq!(unmarked("**必填** <span style=\"color:red\">姓名</span><br>全名"), "必填 姓名\n全名");
        assert_eq!(unmarked("## 说明\n1. 先看 #3"), "说明\n1. 先看 #3");
        for plain in ["a < b, b > a", "<5 岁", "2 * 3", "#1", "a <b"] {
            assert_eq!(unmarked(plain), plain);
        }
    }

    #[test]
    fn a_command_to_the_terminal_in_a_label_is_text() {
        assert_eq!(wrap("a\u{1b}[2Jb", 20), ["a [2Jb"]);
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_asked_and_no_word_is_lost(text in "[一-龥，。a-z \n]{0,60}", width in 2_usize..30) {
            let lines = wrap(&text, width);
            for line in &lines {
                prop_assert!(line.width() <= width, "{line:?}");
            }
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(letters(&lines.concat()), letters(&text));
        }
    }
}
