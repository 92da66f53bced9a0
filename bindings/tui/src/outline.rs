//! The form as it stands: its pages with their titles, and what is missing on which of them.

use std::collections::HashMap;

use ruhu_form::{NodeState, Page, Question, QuestionKind, Session};
use ruhu_text::Lang;

/// Where a question stands on the screen: the page and the question on it, both from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Spot {
    /// The page.
    pub page: usize,
    /// The question on the page.
    pub question: usize,
}

/// One page.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// The titles of the groups that hold it, the outermost first, its own last. An instance of a
    /// repeat has its position and how many there are: `调查人员 2/3`.
    pub titles: Vec<String>,
    /// The stable key of the innermost repeat instance that holds it.
    pub instance: Option<String>,
    /// Its questions.
    pub nodes: Vec<NodeState>,
}

impl Sheet {
    /// All titles on one line.
    pub fn title(&self) -> String {
        self.titles.join(" / ")
    }
}

/// Something that stands in the way of finishing.
#[derive(Debug, Clone)]
pub struct Gap {
    /// Where it stands; none when no page shows it.
    pub spot: Option<Spot>,
    /// The titles of its page.
    pub place: String,
    /// The question.
    pub label: String,
    /// What is the matter.
    pub message: String,
}

/// The form as it stands.
#[derive(Debug, Clone, Default)]
pub struct Outline {
    /// The pages that apply, in the order of the form.
    pub sheets: Vec<Sheet>,
    /// What is missing, in the order of the form.
    pub gaps: Vec<Gap>,
}

impl Outline {
    /// Reads the session.
    pub fn read(session: &Session, lang: Lang) -> Outline {
        let mut titles = Titles { session, lang, instances: HashMap::new() };
        let sheets: Vec<Sheet> = session.pages().into_iter().map(|page| titles.sheet(page)).collect();
        let gaps = gaps(session, lang, &sheets);
        Outline { sheets, gaps }
    }

    /// The question of that stable key.
    pub fn find(&self, path: &str) -> Option<Spot> {
        spots(&self.sheets).find(|(_, node)| node.path == path).map(|(spot, _)| spot)
    }

    /// The question at a spot.
    pub fn node(&self, spot: Spot) -> Option<&NodeState> {
        self.sheets.get(spot.page)?.nodes.get(spot.question)
    }

    /// The spot itself, or the nearest one there is.
    pub fn nearest(&self, spot: Spot) -> Spot {
        let page = spot.page.min(self.sheets.len().saturating_sub(1));
        let questions = self.sheets.get(page).map_or(0, |sheet| sheet.nodes.len());
        Spot { page, question: spot.question.min(questions.saturating_sub(1)) }
    }

    /// The next gap behind `spot`, from the beginning again after the last one.
    pub fn next_gap(&self, spot: Spot) -> Option<Spot> {
        let mut spots: Vec<Spot> = self.gaps.iter().filter_map(|gap| gap.spot).collect();
        spots.sort_unstable();
        spots.iter().find(|other| **other > spot).or_else(|| spots.first()).copied()
    }

    /// How many gaps a page has.
    pub fn gaps_on(&self, page: usize) -> usize {
        self.gaps.iter().filter(|gap| gap.spot.is_some_and(|spot| spot.page == page)).count()
    }

    /// The first page of a repeat instance.
    pub fn page_of_instance(&self, key: &str) -> Option<usize> {
        let inside = format!("{key}/");
        let holds = |sheet: &Sheet| {
            sheet.instance.as_deref().is_some_and(|held| held == key || held.starts_with(&inside))
        };
        self.sheets.iter().position(holds)
    }

    /// Answered questions and all questions that apply and can be answered.
    pub fn progress(&self) -> (usize, usize) {
        let asked = spots(&self.sheets).filter(|(_, node)| !node.read_only);
        asked.fold((0, 0), |(done, all), (_, node)| (done + usize::from(!node.value.is_empty()), all + 1))
    }
}

fn spots(sheets: &[Sheet]) -> impl Iterator<Item = (Spot, &NodeState)> {
    sheets.iter().enumerate().flat_map(|(page, sheet)| {
        let nodes = sheet.nodes.iter().enumerate();
        nodes.map(move |(question, node)| (Spot { page, question }, node))
    })
}

fn gaps(session: &Session, lang: Lang, sheets: &[Sheet]) -> Vec<Gap> {
    let by_path: HashMap<&str, Spot> = spots(sheets).map(|(spot, node)| (node.path.as_str(), spot)).collect();
    let gap = |missing: ruhu_form::Missing| {
        let spot = by_path.get(missing.path.as_str()).copied();
        let label = missing.labels.get(lang.code());
        let name = last_name(&missing.path);
        Gap {
            spot,
            place: spot.and_then(|spot| sheets.get(spot.page)).map_or_else(String::new, Sheet::title),
            label: if label.is_empty() { name } else { label }.to_owned(),
            message: missing.reason.message().get(lang).to_owned(),
        }
    };
    session.missing().into_iter().map(gap).collect()
}

/// Finds the titles of pages; instances of a repeat are counted once.
struct Titles<'a> {
    session: &'a Session,
    lang: Lang,
    instances: HashMap<String, Vec<String>>,
}

impl Titles<'_> {
    fn sheet(&mut self, page: Page) -> Sheet {
        // The root has one step and is named by the title of the form, which stands above each page.
        let keys: Vec<&str> = keys_down_to(&page.path).skip(1).collect();
        let instance = keys.iter().rev().find(|key| key.ends_with(']')).map(|key| (*key).to_owned());
        let titles = keys.iter().filter_map(|key| self.title(key)).collect();
        Sheet { titles, instance, nodes: page.nodes }
    }

    /// A group without a label has no title; an instance always has one.
    fn title(&mut self, key: &str) -> Option<String> {
        let node = self.session.node(key)?;
        let label = node.label(self.lang.code());
        let Some(repeat) = repeat_of(key) else {
            return (!label.is_empty()).then(|| label.to_owned());
        };
        let name = if label.is_empty() { &node.name } else { label };
        let all = self.instances.entry(repeat.to_owned()).or_insert_with(|| instances(self.session, repeat));
        let position = all.iter().position(|instance| instance == key)? + 1;
        Some(format!("{name} {position}/{}", all.len()))
    }
}

/// The stable keys of a repeat's instances, in their order.
pub fn instances(session: &Session, repeat: &str) -> Vec<String> {
    (1..).map_while(|position: usize| session.canonical(&format!("{repeat}[{position}]")).ok()).collect()
}

/// The repeat that an instance's stable key belongs to.
pub fn repeat_of(instance: &str) -> Option<&str> {
    let last = instance.rfind('/')?;
    let bracket = instance.get(last..)?.find('[')?;
    instance.get(..last + bracket)
}

/// The stable keys from the root down to `key` itself.
fn keys_down_to(key: &str) -> impl Iterator<Item = &str> {
    let ends = key.char_indices().skip(1).filter(|(_, c)| *c == '/').map(|(at, _)| at);
    ends.chain([key.len()]).filter_map(|end| key.get(..end))
}

fn last_name(key: &str) -> &str {
    let step = key.rsplit('/').next().unwrap_or(key);
    step.split('[').next().unwrap_or(step)
}

/// A repeat that has no instance now and would apply if it had one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmptyRepeat {
    /// The stable key.
    pub path: String,
    /// Its label, or its name.
    pub label: String,
}

/// The repeats whose instances were all removed: no page shows them, and a person may want one again.
pub fn empty_repeats(session: &Session, lang: Lang) -> Vec<EmptyRepeat> {
    let repeats: Vec<&Question> =
        session.form().questions().iter().filter(|row| row.kind == QuestionKind::Repeat).collect();
    if repeats.is_empty() {
        return Vec::new();
    }
    let holders: Vec<NodeState> =
        session.nodes().into_iter().filter(|node| node.kind.is_container()).collect();
    let mut found = Vec::new();
    for repeat in repeats {
        let Some((above, name)) = repeat.path.rsplit_once('/') else { continue };
        let root = (above.matches('/').count() == 1).then_some(above);
        let held = holders.iter().filter(|node| node.relevant && without_ids(&node.path) == above);
        for parent in held.map(|node| node.path.as_str()).chain(root) {
            let path = format!("{parent}/{name}");
            if would_apply(session, &path) {
                let label = match repeat.label(lang.code()) {
                    "" => name,
                    label => label,
                };
                found.push(EmptyRepeat { path, label: label.to_owned() });
            }
        }
    }
    found
}

/// Whether a repeat has no instance, may have one, and it would be shown. The session does not tell
/// of what is not there, so it is tried on a copy.
fn would_apply(session: &Session, repeat: &str) -> bool {
    if session.canonical(&format!("{repeat}[1]")).is_ok() {
        return false;
    }
    let mut copy = session.clone();
    copy.add_repeat(repeat, "1").is_ok()
        && copy.node(&format!("{repeat}[1]")).is_some_and(|node| node.relevant)
}

/// `/v/team/investigator[@id='1']` as the form names it.
pub fn without_ids(key: &str) -> String {
    key.split('/').map(|step| step.split('[').next().unwrap_or(step)).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_taken_apart_at_its_steps() {
        let key = "/v/team/investigator[@id='lin']/visit[@id='2']";
        let keys: Vec<&str> = keys_down_to(key).collect();
        assert_eq!(keys, ["/v", "/v/team", "/v/team/investigator[@id='lin']", key]);
        assert_eq!(repeat_of(key), Some("/v/team/investigator[@id='lin']/visit"));
        assert_eq!(repeat_of("/v/team"), None);
        assert_eq!(without_ids(key), "/v/team/investigator/visit");
        assert_eq!(last_name(key), "visit");
    }
}
