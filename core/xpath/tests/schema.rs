//! Expressions against a schema that is no form of ours: a household with members.
#![allow(clippy::unwrap_used)]

use ruhu_text::{Explain, Lang};
use ruhu_xpath::{
    NodeDefId, ROOT_DEF, Reference, ResolveError, Schema, compile_paths, parse, references, resolve,
};

/// Names with the number of their parent and whether they repeat, in document order.
const HOUSEHOLD: [(&str, Option<NodeDefId>, bool); 6] = [
    ("household", None, false),
    ("village", Some(0), false),
    ("member", Some(0), true),
    ("name", Some(2), false),
    ("income", Some(2), false),
    ("total", Some(0), false),
];
const MEMBER: NodeDefId = 2;
const NAME: NodeDefId = 3;
const INCOME: NodeDefId = 4;
const TOTAL: NodeDefId = 5;

/// The household as a schema: what a definition holds, and who bears a name.
struct Household {
    children: Vec<Vec<NodeDefId>>,
    ids: Vec<NodeDefId>,
}

impl Household {
    fn new() -> Household {
        let below =
            |id: NodeDefId| (0..).zip(HOUSEHOLD).filter(move |(_, (_, parent, _))| *parent == Some(id));
        let children = (0..6).map(|id| below(id).map(|(id, _)| id).collect()).collect();
        Household { children, ids: (0..6).collect() }
    }
}

impl Schema for Household {
    fn name(&self, id: NodeDefId) -> &str {
        HOUSEHOLD.get(id as usize).map_or("", |(name, _, _)| name)
    }
    fn parent(&self, id: NodeDefId) -> Option<NodeDefId> {
        HOUSEHOLD.get(id as usize).and_then(|(_, parent, _)| *parent)
    }
    fn children(&self, id: NodeDefId) -> &[NodeDefId] {
        self.children.get(id as usize).map_or(&[], Vec::as_slice)
    }
    fn offset(&self, id: NodeDefId) -> u32 {
        let siblings = self.parent(id).map_or(&[][..], |parent| self.children(parent));
        siblings.iter().position(|sibling| *sibling == id).unwrap_or(0) as u32
    }
    fn depth(&self, id: NodeDefId) -> u32 {
        self.lineage(id).count() as u32 - 1
    }
    fn is_repeat(&self, id: NodeDefId) -> bool {
        HOUSEHOLD.get(id as usize).is_some_and(|(_, _, repeat)| *repeat)
    }
    fn named(&self, name: &str) -> &[NodeDefId] {
        // No two have one name.
        let at = HOUSEHOLD.iter().position(|(found, _, _)| *found == name);
        at.map_or(&[], |at| &self.ids[at..=at])
    }
    fn names(&self) -> impl Iterator<Item = &str> {
        HOUSEHOLD.iter().map(|(name, _, _)| *name)
    }
}

fn resolved(text: &str, at: NodeDefId) -> Result<String, ResolveError> {
    resolve(parse(text).unwrap(), &Household::new(), at, false).map(|expr| expr.to_string())
}

fn looks_at(text: &str, at: NodeDefId) -> Vec<Reference> {
    let schema = Household::new();
    let expr = resolve(parse(text).unwrap(), &schema, at, false).unwrap();
    references(&expr, &schema, at, false).found
}

#[test]
fn within_a_member_a_name_means_that_member_and_from_outside_all() {
    assert_eq!(resolved("${income} > 900", NAME).unwrap(), "../income > 900");
    assert_eq!(resolved("sum(${income})", TOTAL).unwrap(), "sum(/household/member/income)");
    assert_eq!(resolved("${village}", NAME).unwrap(), "/household/village");
    assert_eq!(resolved("/household/member/income", NAME).unwrap(), "../income");
}

#[test]
fn a_name_that_there_is_not_is_told_with_one_that_looks_like_it() {
    let error = resolved("${incme} + 1", NAME).unwrap_err();
    assert_eq!(error, ResolveError::Unknown { name: "incme".into(), suggestion: Some("income".into()) });
    assert_eq!(error.message(Lang::En), "There is no question named “incme”. Did you mean “${income}”?");
}

#[test]
fn what_is_looked_at_is_bound_to_its_own_member_where_the_path_is() {
    let own = looks_at("${income} > 900", NAME);
    assert_eq!(
        own.iter().map(|found| (found.def, found.anchor)).collect::<Vec<_>>(),
        [(INCOME, Some(MEMBER))]
    );
    let all = looks_at("sum(${income})", TOTAL);
    assert_eq!(all.iter().map(|found| (found.def, found.anchor)).collect::<Vec<_>>(), [(INCOME, None)]);
    let schema = Household::new();
    let nowhere = references(&parse("/household/well").unwrap(), &schema, ROOT_DEF, false);
    assert_eq!(nowhere.dangling, ["/household/well"]);
}

#[test]
fn a_compiled_path_is_written_as_it_was() {
    let schema = Household::new();
    let mut expr = resolve(parse("${income} + count(${member})").unwrap(), &schema, NAME, false).unwrap();
    let before = expr.to_string();
    compile_paths(&mut expr, &schema, NAME, false);
    assert_eq!(expr.to_string(), before);
}
