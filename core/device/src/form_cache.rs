//! Compiled forms, kept as long as there is room.

use std::sync::{Arc, Mutex, PoisonError};

use ruhu_form::Form;

/// Compiled forms kept, in bytes of what they were compiled from; the newest is kept always.
const CACHE_BYTES: usize = 8 * 1024 * 1024;

/// Compiled forms, those used last at the end.
#[derive(Default)]
pub(crate) struct FormCache(Mutex<Vec<CachedForm>>);

struct CachedForm {
    /// The id and version under which it is stored, whatever the form itself says.
    name: (String, String),
    form: Arc<Form>,
    bytes: usize,
}

impl FormCache {
    /// A form that is kept; it counts as used.
    pub fn get(&self, id: &str, version: &str) -> Option<Arc<Form>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|kept| kept.name.0 == id && kept.name.1 == version)?;
        let used = kept.remove(at);
        let form = Arc::clone(&used.form);
        kept.push(used);
        Some(form)
    }

    /// Keeps a form, and lets go of those longest unused when there is no room.
    pub fn put(&self, id: &str, version: &str, form: Arc<Form>, bytes: usize) {
        let name = (id.to_owned(), version.to_owned());
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|kept| kept.name != name);
        kept.push(CachedForm { name, form, bytes });
        while kept.len() > 1 && kept.iter().map(|kept| kept.bytes).sum::<usize>() > CACHE_BYTES {
            kept.remove(0);
        }
    }
}
