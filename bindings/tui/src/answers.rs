//! The answers of a finished form as a file.

use std::io::{ErrorKind, Write};
use std::path::Path;

use ruhu_form::{AnswerField, Form, Session};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::draft::private;

/// The file: which form it was, and each answer under its path, in the order of the form.
#[derive(serde::Serialize)]
struct Answers<'a> {
    form: &'a str,
    version: &'a str,
    answers: ByPath,
}

struct ByPath(Vec<AnswerField>);

impl Serialize for ByPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for field in &self.0 {
            map.serialize_entry(&field.path, &field.value)?;
        }
        map.end()
    }
}

/// Writes the answers that count, on the disk when this returns; a file that exists is left alone.
///
/// # Errors
/// Why there is no such file now.
pub fn write(path: &Path, form: &Form, session: &Session) -> Result<(), ErrorKind> {
    let answers = Answers { form: form.id(), version: form.version(), answers: ByPath(session.answers()) };
    let mut bytes = serde_json::to_vec_pretty(&answers).map_err(|_| ErrorKind::InvalidData)?;
    bytes.push(b'\n');
    let written = private().create_new(true).open(path).and_then(|mut file| {
        file.write_all(&bytes)?;
        file.sync_all()
    });
    written.map_err(|error| error.kind())
}
