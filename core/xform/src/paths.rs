//! Paths to nodes, as the attributes `ref` and `nodeset` hold them.

use ruhu_xpath::is_name;

/// The path without prefixes and relative steps: `/data/a`. A relative one
/// begins at `context`. None when it is not a plain path to one place.
pub(super) fn absolute(text: &str, context: &str) -> Option<String> {
    let text = text.trim();
    let mut steps: Vec<&str> = match text.starts_with('/') {
        true => Vec::new(),
        false => context.split('/').filter(|step| !step.is_empty()).collect(),
    };
    for step in text.trim_start_matches('/').split('/') {
        match step.trim() {
            "." | "current()" => {}
            ".." => {
                steps.pop()?;
            }
            step => {
                let name = step.rsplit_once(':').map_or(step, |(_, local)| local);
                steps.push(Some(name).filter(|name| is_name(name))?);
            }
        }
    }
    (!steps.is_empty()).then(|| format!("/{}", steps.join("/")))
}

/// The path from the node at `from` to the one at `to`, both plain.
pub(super) fn relative(from: &str, to: &str) -> String {
    let from: Vec<&str> = from.split('/').collect();
    let to: Vec<&str> = to.split('/').collect();
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from.iter().skip(shared).map(|_| "..");
    let steps: Vec<&str> = up.chain(to.into_iter().skip(shared)).collect();
    match steps.first() {
        None => ".".to_owned(),
        Some(&"..") => steps.join("/"),
        Some(_) => format!("./{}", steps.join("/")),
    }
}

/// The path of what holds a node.
pub(super) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// The id in `jr:itext('id')`.
pub(super) fn itext_id(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("jr:itext(")?.strip_suffix(')')?.trim();
    let quoted = |quote: char| inner.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    quoted('\'').or_else(|| quoted('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lose_their_prefixes_and_relative_steps() {
        let of = |text| absolute(text, "/data/household");
        assert_eq!(of(" /data/orx:meta/orx:instanceID ").as_deref(), Some("/data/meta/instanceID"));
        assert_eq!(of("name").as_deref(), Some("/data/household/name"));
        assert_eq!(of("../other").as_deref(), Some("/data/other"));
        assert_eq!(of("current()/../other").as_deref(), Some("/data/other"));
        for bad in ["", "/data/a[1]", "count(/data/a)", "../../../..", "/data/@id", "3"] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_relative_path_leads_where_the_plain_one_does() {
        for (from, to, path) in [
            ("/d/g/a", "/d/g/b", "../b"),
            ("/d/g", "/d/g/b", "./b"),
            ("/d/g/h/a", "/d/c", "../../../c"),
            ("/d", "/d", "."),
        ] {
            assert_eq!(relative(from, to), path);
            assert_eq!(absolute(path, from).as_deref(), Some(to));
        }
    }

    #[test]
    fn the_id_of_a_text_is_taken_from_either_quotes() {
        assert_eq!(itext_id("jr:itext('/data/a:label')"), Some("/data/a:label"));
        assert_eq!(itext_id(" jr:itext(\"a\") "), Some("a"));
        assert_eq!(itext_id("jr:itext(itextId)"), None);
    }
}
