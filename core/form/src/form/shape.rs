//! The form's tree of places: the root, and one place for each row. A session
//! has nodes; every node stands for one place, a repeat's places for many.

use super::definition::{Definition, Kind};
use std::collections::HashMap;
use std::sync::Arc;

/// The number of a place: 0 is the root, row n of the definition is n + 1.
pub(crate) type PlaceId = u32;

/// The root's number.
pub(crate) const ROOT_PLACE: PlaceId = 0;

/// A place of the form.
#[derive(Debug)]
pub(crate) struct Place {
    pub name: Arc<str>,
    pub parent: Option<PlaceId>,
    pub children: Vec<PlaceId>,
    /// Its position among the children of its parent.
    pub offset: u32,
    pub depth: u32,
    pub repeat: bool,
    /// How many repeats it stands in, itself not counted.
    pub repeat_depth: u32,
}

/// All places.
#[derive(Debug)]
pub(crate) struct Shape {
    places: Vec<Place>,
    by_name: HashMap<Arc<str>, Vec<PlaceId>>,
}

impl Shape {
    /// The shape of a definition whose rows name only earlier rows as parents.
    pub fn of(definition: &Definition) -> Shape {
        let mut shape = Shape { places: Vec::new(), by_name: HashMap::new() };
        shape.push(&definition.root, None, false);
        for row in &definition.rows {
            let parent = row.parent.map_or(ROOT_PLACE, |row| row + 1);
            shape.push(&row.name, Some(parent), row.kind == Kind::Repeat);
        }
        shape
    }

    fn push(&mut self, name: &str, parent: Option<PlaceId>, repeat: bool) {
        let id = self.places.len() as PlaceId;
        let name: Arc<str> = name.into();
        let above = parent.and_then(|parent| self.places.get_mut(parent as usize));
        let (offset, depth, repeat_depth) = match above {
            Some(above) => {
                above.children.push(id);
                let offset = above.children.len() as u32 - 1;
                (offset, above.depth + 1, above.repeat_depth + u32::from(above.repeat))
            }
            None => (0, 0, 0),
        };
        self.by_name.entry(name.clone()).or_default().push(id);
        self.places.push(Place { name, parent, children: Vec::new(), offset, depth, repeat, repeat_depth });
    }

    pub fn len(&self) -> usize {
        self.places.len()
    }

    pub fn get(&self, id: PlaceId) -> Option<&Place> {
        self.places.get(id as usize)
    }

    pub fn children(&self, id: PlaceId) -> &[PlaceId] {
        self.get(id).map_or(&[], |place| &place.children)
    }

    pub fn parent(&self, id: PlaceId) -> Option<PlaceId> {
        self.get(id).and_then(|place| place.parent)
    }

    pub fn is_repeat(&self, id: PlaceId) -> bool {
        self.get(id).is_some_and(|place| place.repeat)
    }

    pub fn depth(&self, id: PlaceId) -> u32 {
        self.get(id).map_or(0, |place| place.depth)
    }

    pub fn name(&self, id: PlaceId) -> &str {
        self.get(id).map_or("", |place| &place.name)
    }

    /// The places of that name.
    pub fn named(&self, name: &str) -> &[PlaceId] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// The child of that name.
    pub fn child(&self, id: PlaceId, name: &str) -> Option<PlaceId> {
        self.named(name).iter().copied().find(|place| self.parent(*place) == Some(id))
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(|name| &**name)
    }

    /// The place and all that hold it, from the inside out.
    pub fn lineage(&self, id: PlaceId) -> impl Iterator<Item = PlaceId> {
        std::iter::successors(Some(id), |id| self.parent(*id))
    }

    /// The place and all below it, in document order.
    pub fn subtree(&self, id: PlaceId) -> Vec<PlaceId> {
        let mut found = Vec::new();
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            found.push(id);
            open.extend(self.children(id).iter().rev());
        }
        found
    }
}
