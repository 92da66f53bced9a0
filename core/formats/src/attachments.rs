//! The files that lists of a form come from: tables (.csv), maps (.geojson)
//! and trees (.xml) beside it, as `csv-external`, `select_one_from_file` and `pulldata` name
//! them. Attached, they are part of the form and travel with it.

use crate::geojson;
use crate::workbook::table;
use ruhu_form::definition::Element;
use ruhu_form::{Form, FormError, ParsedForm};
use ruhu_text::{Bilingual, Diagnostic, Diagnostics, Explain, Lang};
use ruhu_xform::elements_of;
use std::path::{Path, PathBuf};

/// Where XForms find the form that was saved last: the host has it, no file.
pub(crate) const LAST_SAVED_FILE: &str = "jr://instance/last-saved";

/// The most elements that all lists of a form have together.
const MAX_ELEMENTS: usize = 500_000;

/// A file that a list of a form comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name: `villages.csv`.
    pub file: String,
    /// What expressions call it: `instance('villages')`.
    pub instance: String,
    /// Whether its content is in the form.
    pub attached: bool,
}

/// The files that lists of a form come from.
pub fn attachments(form: &Form) -> Vec<Attachment> {
    let instances = form.definition().instances.iter();
    let of_file = instances.filter_map(|instance| {
        let file = instance.file.clone().filter(|file| file != LAST_SAVED_FILE)?;
        let instance_id = instance.id.clone();
        Some(Attachment { file, instance: instance_id, attached: !instance.elements.is_empty() })
    });
    of_file.collect()
}

/// A form with the content of a file: a table in CSV with a heading, in
/// UTF-8, UTF-16 or GB18030, as `root/item/<column>`; GeoJSON, each feature
/// as an item with `id`, `geometry` and its properties; XML as it is.
/// Limits: 16 MB and 300,000 cells for a file, 500,000 elements for all, and
/// [`Form::MAX_BYTES`].
///
/// # Errors
/// When no list comes from a file of that name, or it cannot be read.
pub fn attach(form: &Form, file: &str, bytes: &[u8]) -> Result<Form, Diagnostics> {
    let elements = elements(bytes).map_err(|diagnostic| diagnostic.at_sheet(file))?;
    let mut definition = form.definition().clone();
    let (of_it, others): (Vec<_>, Vec<_>) =
        definition.instances.iter().partition(|instance| is_file(&instance.file, file));
    let all = others.iter().map(|instance| instance.elements.len()).sum::<usize>();
    if all.saturating_add(elements.len().saturating_mul(of_it.len())) > MAX_ELEMENTS {
        return Err(too_large(&FormError::TooLarge { limit: Form::MAX_BYTES }, file).into());
    }
    let mut of_file: Vec<_> =
        definition.instances.iter_mut().filter(|instance| is_file(&instance.file, file)).collect();
    // A long table is copied only where two lists come from it.
    if let Some(last) = of_file.pop() {
        of_file.into_iter().for_each(|instance| instance.elements.clone_from(&elements));
        last.elements = elements;
    } else {
        let message = Bilingual::new(
            format!("表单里没有用到文件“{file}”。"),
            format!("The form does not use a file “{file}”."),
        );
        return Err(Diagnostic::error("unused-file", message).at_sheet(file).into());
    }
    Form::from_definition(definition).map_err(|error| match error {
        FormError::Faulty { diagnostics } => diagnostics,
        other => too_large(&other, file).into(),
    })
}

/// Attaches what `find` has of the files that the form's lists come from; a
/// warning tells what is missing.
///
/// # Errors
/// When a file cannot be read; see [`attach`].
pub fn attach_files(
    reading: ParsedForm,
    mut find: impl FnMut(&str) -> Option<Vec<u8>>,
) -> Result<ParsedForm, Diagnostics> {
    let ParsedForm { mut form, mut warnings } = reading;
    let mut files: Vec<String> =
        attachments(&form).into_iter().filter(|file| !file.attached).map(|file| file.file).collect();
    files.sort();
    files.dedup();
    for file in files {
        let content = if is_plain_name(&file) { find(&file) } else { None };
        match content {
            Some(bytes) => match attach(&form, &file, &bytes) {
                Ok(attached) => form = attached,
                Err(found) => {
                    warnings.extend(found.diagnostics);
                    return Err(Diagnostics { diagnostics: warnings });
                }
            },
            None => warnings.push(missing(&file)),
        }
    }
    Ok(ParsedForm { form, warnings })
}

/// Where the files of a form are looked for: in its own folder, and in
/// `FORM-media` beside it, as ODK's tools lay them out.
pub fn media_folders(form: &Path) -> Vec<PathBuf> {
    let folder = form.parent().unwrap_or_else(|| Path::new("")).to_owned();
    let media = form.file_stem().map(|stem| folder.join(format!("{}-media", stem.to_string_lossy())));
    media.into_iter().chain([folder]).collect()
}

fn too_large(error: &FormError, file: &str) -> Diagnostic {
    let text = Bilingual::new(error.message(Lang::Zh), error.message(Lang::En));
    Diagnostic::error("too-large", text).at_sheet(file)
}

/// Whether a name stays in its folder: a form must not name any file there is.
fn is_plain_name(file: &str) -> bool {
    !file.is_empty() && !file.starts_with('.') && !file.contains(['/', '\\', ':', '\0'])
}

fn is_file(of_instance: &Option<String>, file: &str) -> bool {
    of_instance.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(file))
}

fn elements(bytes: &[u8]) -> Result<Vec<Element>, Box<Diagnostic>> {
    let begin = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start();
    if begin.starts_with(b"<") {
        return elements_of(bytes);
    }
    if begin.starts_with(b"{") {
        return geojson::elements_of(begin);
    }
    let rows = table(bytes)?;
    let mut rows = rows.into_iter();
    let heading: Vec<String> = rows.next().unwrap_or_default();
    let mut elements = vec![Element { name: "root".to_owned(), ..Element::default() }];
    for row in rows {
        let item = elements.len() as u32;
        elements.push(Element { name: "item".to_owned(), parent: Some(0), ..Element::default() });
        let cells = heading.iter().zip(row).filter(|(name, _)| !name.is_empty());
        elements.extend(cells.map(|(name, text)| Element {
            name: name.clone(),
            text,
            parent: Some(item),
            ..Element::default()
        }));
    }
    Ok(elements)
}

fn missing(file: &str) -> Diagnostic {
    let message = Bilingual::new(
        format!("没有找到表单要用的文件“{file}”，它的选项是空的。"),
        format!("The file “{file}” that the form uses is missing; its list is empty."),
    );
    Diagnostic::warning("missing-file", message).at_sheet(file).help(Bilingual::new(
        "请把它放在表单所在的文件夹，或“表单名-media”文件夹里。",
        "Put it in the folder of the form, or in a folder FORM-media beside it.",
    ))
}
