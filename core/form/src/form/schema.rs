//! The tree of node definitions: the root, and one for each row. A session has
//! nodes; each is of one definition, and a definition below a repeat has many.

use crate::definition::Definition;
use crate::question::QuestionKind;
use ruhu_xpath::{NodeDefId, ROOT_DEF, Schema};
use std::collections::HashMap;
use std::sync::Arc;

/// One definition: the root is number 0, row n of the form's definition n + 1.
#[derive(Debug)]
pub(crate) struct NodeDef {
    pub name: Arc<str>,
    pub parent: Option<NodeDefId>,
    pub children: Vec<NodeDefId>,
    /// Its position among the children of its parent.
    pub offset: u32,
    pub depth: u32,
    pub repeat: bool,
    /// How many repeats it stands in, itself not counted.
    pub repeat_depth: u32,
}

/// All node definitions of a form, as expressions are resolved against them.
#[derive(Debug)]
pub struct FormSchema {
    defs: Vec<NodeDef>,
    by_name: HashMap<Arc<str>, Vec<NodeDefId>>,
}

impl FormSchema {
    /// The schema of a definition whose rows name only earlier rows as parents.
    pub(crate) fn of(definition: &Definition) -> FormSchema {
        let mut schema = FormSchema { defs: Vec::new(), by_name: HashMap::new() };
        schema.push(&definition.root, None, false);
        for row in &definition.rows {
            let parent = row.parent.map_or(ROOT_DEF, |row| row + 1);
            schema.push(&row.name, Some(parent), row.kind == QuestionKind::Repeat);
        }
        schema
    }

    fn push(&mut self, name: &str, parent: Option<NodeDefId>, repeat: bool) {
        let id = self.defs.len() as NodeDefId;
        let name: Arc<str> = name.into();
        let above = parent.and_then(|parent| self.defs.get_mut(parent as usize));
        let (offset, depth, repeat_depth) = match above {
            Some(above) => {
                above.children.push(id);
                let offset = above.children.len() as u32 - 1;
                (offset, above.depth + 1, above.repeat_depth + u32::from(above.repeat))
            }
            None => (0, 0, 0),
        };
        self.by_name.entry(name.clone()).or_default().push(id);
        self.defs.push(NodeDef { name, parent, children: Vec::new(), offset, depth, repeat, repeat_depth });
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.defs.len()
    }

    pub(crate) fn get(&self, id: NodeDefId) -> Option<&NodeDef> {
        self.defs.get(id as usize)
    }

    /// How many repeats a definition stands in, itself not counted.
    pub fn repeat_depth(&self, id: NodeDefId) -> u32 {
        self.get(id).map_or(0, |def| def.repeat_depth)
    }
}

impl Schema for FormSchema {
    fn name(&self, id: NodeDefId) -> &str {
        self.get(id).map_or("", |def| &def.name)
    }

    fn parent(&self, id: NodeDefId) -> Option<NodeDefId> {
        self.get(id).and_then(|def| def.parent)
    }

    fn children(&self, id: NodeDefId) -> &[NodeDefId] {
        self.get(id).map_or(&[], |def| &def.children)
    }

    fn offset(&self, id: NodeDefId) -> u32 {
        self.get(id).map_or(0, |def| def.offset)
    }

    fn depth(&self, id: NodeDefId) -> u32 {
        self.get(id).map_or(0, |def| def.depth)
    }

    fn is_repeat(&self, id: NodeDefId) -> bool {
        self.get(id).is_some_and(|def| def.repeat)
    }

    fn named(&self, name: &str) -> &[NodeDefId] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(|name| &**name)
    }
}
