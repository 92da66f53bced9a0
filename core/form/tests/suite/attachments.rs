//! Lists that come from files beside the form.

use crate::support::{MORNING, workbook};
use ruhu_form::{Form, Reading, Session, read_form};
use std::sync::Arc;

const VILLAGES: &str = "name,label,town,standard\nhedong,河东村,xitang,1180\nhexi,河西村,xitang,1180\nshanqian,山前村,ganyao,1050\n";

fn reading() -> Reading {
    let rows = [
        "type|name|label|calculation|choice_filter",
        "select_one_from_file villages.csv|village|村||town = ${town}",
        "text|town|镇||",
        "calculate|standard||pulldata('villages', 'standard', 'name', ${village})|",
    ];
    read_form(&workbook(&[("survey", &rows)])).unwrap()
}

fn with(file: &str) -> Result<Reading, String> {
    reading()
        .attach(|name| (name == "villages.csv").then(|| file.as_bytes().to_vec()))
        .map_err(|faults| faults.to_string())
}

#[test]
fn a_table_beside_the_form_gives_choices_and_figures_and_travels_with_it() {
    let form = with(VILLAGES).unwrap().form;
    assert!(form.attachments().iter().all(|file| file.attached));
    // What the phone gets has the table in it.
    let form = Form::from_bytes(&form.to_bytes()).unwrap();
    let mut visit = Session::new(Arc::new(form), MORNING);
    visit.answer("town", "xitang").unwrap();
    let offered: Vec<String> =
        visit.node("village").unwrap().choices.iter().map(|choice| choice.label("").to_owned()).collect();
    assert_eq!(offered, ["河东村", "河西村"]);
    assert!(visit.answer("village", "shanqian").is_err());
    visit.answer("village", "hexi").unwrap();
    assert_eq!(visit.node("standard").unwrap().value, "1180");
}

#[test]
fn a_missing_file_is_told_and_a_wrong_one_refused() {
    let reading = reading().attach(|_| None).unwrap();
    assert_eq!(reading.faults.last().unwrap().code, "missing-file");
    assert!(reading.form.attach("towns.csv", b"name\na\n").is_err());
    assert!(with("{\"type\": \"FeatureCollection\"}").unwrap_err().contains("CSV"));
    assert!(with("<villages><item>").is_err());
}

#[test]
fn a_form_cannot_name_a_file_outside_its_folder() {
    let rows = ["type|name|label", "select_one_from_file ../secrets.csv|village|村"];
    let mut asked = Vec::new();
    if let Ok(reading) = read_form(&workbook(&[("survey", &rows)])) {
        let _ = reading.attach(|name| {
            asked.push(name.to_owned());
            None
        });
    }
    assert_eq!(asked, Vec::<String>::new());
}
