//! The workbooks of other projects, where the environment variable
//! `RUHU_CONFORMANCE` names the folder with them: each gives the same nodes, in
//! the same order, as in the XForm that pyxform makes of it.

use ruhu_formats::read_workbook;
use std::path::{Path, PathBuf};

fn folder() -> Option<PathBuf> {
    std::env::var_os("RUHU_CONFORMANCE").map(|folder| PathBuf::from(folder).join("forms"))
}

fn workbooks(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut workbooks: Vec<PathBuf> =
        files.filter(|file| file.extension().is_some_and(|ending| ending == "xlsx")).collect();
    workbooks.sort();
    assert!(!workbooks.is_empty(), "no workbooks in {}", folder.display());
    workbooks
}

/// The paths of the nodes of an XForm's primary instance in document order,
/// templates of repeats left out.
fn nodes(xform: &str) -> Vec<String> {
    let (_, instance) = xform.split_once("<instance>").unwrap();
    let (instance, _) = instance.split_once("</instance>").unwrap();
    let (mut paths, mut open, mut template) = (Vec::new(), Vec::<String>::new(), None);
    for tag in instance.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').unwrap();
        if tag.starts_with('/') {
            template = template.filter(|depth| *depth < open.len());
            open.pop();
            continue;
        }
        let name = tag.split([' ', '/', '\n']).next().unwrap();
        open.push(name.to_owned());
        if tag.contains("jr:template") {
            template = template.or(Some(open.len()));
        }
        if template.is_none() && open.len() > 1 {
            paths.push(format!("/{}", open.join("/")));
        }
        if tag.ends_with('/') {
            open.pop();
        }
    }
    paths
}

#[test]
fn workbooks_of_other_projects_have_the_nodes_that_pyxform_gives_them() {
    let Some(folder) = folder() else { return };
    let mut compared = 0;
    for workbook in workbooks(&folder) {
        // Two of them pyxform refuses: a type in capitals, an old .xls called .xlsx.
        let reading = read_workbook(&std::fs::read(&workbook).unwrap());
        let reading = reading.unwrap_or_else(|faults| panic!("{}: {faults}", workbook.display()));
        let reference = folder.join(format!("{}.xml", workbook.file_name().unwrap().display()));
        let Ok(xform) = std::fs::read_to_string(reference) else { continue };
        let own: Vec<String> =
            reading.form.questions().iter().map(|question| question.path.clone()).collect();
        assert_eq!(own, nodes(&xform), "{}", workbook.display());
        compared += 1;
    }
    assert!(compared > 0, "no reference XForms in {}", folder.display());
}
