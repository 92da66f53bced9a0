//! Scripts of answers: a visit written down as text.

/// One line of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The line it stands on, from 1.
    pub line: usize,
    /// What it does.
    pub action: Action,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// `path = value`: answers a question; nothing after the sign clears it.
    Answer {
        /// Name, path or stable key.
        path: String,
        /// The value as XForms writes it.
        value: String,
    },
    /// `+ repeat_path instance_id`: adds an instance.
    Add {
        /// The repeat.
        path: String,
        /// The new instance's id.
        id: String,
    },
    /// `- repeat_instance_path`: removes an instance.
    Remove {
        /// The instance.
        path: String,
    },
}

/// Reads a script.
///
/// # Errors
/// The first line that cannot be read, from 1.
pub fn parse(text: &str) -> Result<Vec<Step>, usize> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let numbered = text.lines().enumerate().map(|(n, line)| (n + 1, line.trim()));
    numbered
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(number, line)| action(line).map(|action| Step { line: number, action }).ok_or(number))
        .collect()
}

fn action(line: &str) -> Option<Action> {
    if let Some(rest) = line.strip_prefix("+ ") {
        let (path, id) = rest.trim().rsplit_once(char::is_whitespace)?;
        return Some(Action::Add { path: path.trim().to_owned(), id: id.to_owned() });
    }
    if let Some(rest) = line.strip_prefix("- ") {
        let path = rest.trim();
        return (!path.is_empty()).then(|| Action::Remove { path: path.to_owned() });
    }
    let (path, value) = split_answer(line)?;
    let path = path.trim();
    (!path.is_empty()).then(|| Action::Answer { path: path.to_owned(), value: value.trim().to_owned() })
}

/// At the first `=` that stands outside the brackets of a stable key (`[@id='a1']`).
fn split_answer(line: &str) -> Option<(&str, &str)> {
    let mut depth = 0_u32;
    for (at, c) in line.char_indices() {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            '=' if depth == 0 => return Some((line.get(..at)?, line.get(at + 1..)?)),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_of_a_visit_is_read_line_by_line() {
        let script = "\u{feff}# 入户\n\nmembers_real = 3\n+ /v/team/investigator a1\n\
                      /v/team/investigator[@id='a1']/name = 张三 = 李四\n- /v/team/investigator[@id='a1']\r\nnote =";
        let actions: Vec<_> = parse(script).unwrap().into_iter().map(|s| (s.line, s.action)).collect();
        let answer = |path: &str, value: &str| Action::Answer { path: path.into(), value: value.into() };
        assert_eq!(
            actions,
            [
                (3, answer("members_real", "3")),
                (4, Action::Add { path: "/v/team/investigator".into(), id: "a1".into() }),
                (5, answer("/v/team/investigator[@id='a1']/name", "张三 = 李四")),
                (6, Action::Remove { path: "/v/team/investigator[@id='a1']".into() }),
                (7, answer("note", "")),
            ]
        );
    }

    #[test]
    fn a_line_that_is_no_step_is_named() {
        assert_eq!(parse("a = 1\nb"), Err(2));
        assert_eq!(parse("+ lonely"), Err(1));
        assert_eq!(parse("= 3"), Err(1));
        assert_eq!(parse("/v/r[@id='x']/a"), Err(1));
    }
}
