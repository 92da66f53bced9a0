//! Lists that come from files beside the form.

use crate::support::{MORNING, workbook};
use crate::xform::document;
use ruhu_form::{Form, ParsedForm, Session};
use ruhu_formats::{attach, attach_files, attachments, read_form, read_xform};
use std::sync::Arc;

const VILLAGES: &str = "name,label,town,standard\nhedong,河东村,xitang,1180\nhexi,河西村,xitang,1180\nshanqian,山前村,ganyao,1050\n";

fn reading() -> ParsedForm {
    let rows = [
        "type|name|label|calculation|choice_filter",
        "select_one_from_file villages.csv|village|村||town = ${town}",
        "text|town|镇||",
        "calculate|standard||pulldata('villages', 'standard', 'name', ${village})|",
    ];
    read_form(&workbook(&[("survey", &rows)])).unwrap()
}

fn with(file: &str) -> Result<ParsedForm, String> {
    attach_files(reading(), |name| (name == "villages.csv").then(|| file.as_bytes().to_vec()))
        .map_err(|faults| faults.to_string())
}

#[test]
fn a_table_beside_the_form_gives_choices_and_figures_and_travels_with_it() {
    let form = with(VILLAGES).unwrap().form;
    assert!(attachments(&form).iter().all(|file| file.attached));
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
    let reading = attach_files(reading(), |_| None).unwrap();
    assert_eq!(reading.warnings.last().unwrap().code, "missing-file");
    assert!(attach(&reading.form, "towns.csv", b"name\na\n").is_err());
    assert!(with("{\"type\": \"FeatureCollection\"}").unwrap_err().contains("features"));
    assert!(with("<villages><item>").is_err());
}

const WELLS: &str = r#"{"type": "FeatureCollection", "features": [
    {"type": "Feature", "id": "w1", "geometry": {"type": "Point", "coordinates": [120.9, 30.8, 4.5]},
     "properties": {"title": "东头井", "depth": 12.50, "shared": true, "closed": null}},
    {"type": "Feature", "id": 2, "geometry": {"type": "LineString", "coordinates": [[120.9, 30.8], [121, 31]]},
     "properties": {"title": "西渠"}},
    {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [[[120, 30], [121, 30], [121, 31], [120, 30]]]},
     "properties": {"id": "pond", "title": "鱼塘"}}]}"#;

#[test]
fn the_places_of_a_map_are_choices() {
    let rows = [
        "type|name|label|calculation",
        "select_one_from_file wells.geojson|well|水源|",
        "calculate|place||instance('wells')/root/item[id = ${well}]/geometry",
        "calculate|depth||instance('wells')/root/item[id = ${well}]/depth",
    ];
    let form = read_form(&workbook(&[("survey", &rows)])).unwrap().form;
    let form = attach(&form, "wells.geojson", WELLS.as_bytes()).unwrap();
    let mut visit = Session::new(Arc::new(form), MORNING);
    let offered: Vec<(String, String)> = visit
        .node("well")
        .unwrap()
        .choices
        .iter()
        .map(|choice| (choice.value.clone(), choice.label("").to_owned()))
        .collect();
    let expected = [("w1", "东头井"), ("2", "西渠"), ("pond", "鱼塘")];
    assert_eq!(offered, expected.map(|(value, label)| (value.to_owned(), label.to_owned())));
    let mut place = |well: &str| {
        visit.answer("well", well).unwrap();
        (visit.node("place").unwrap().value, visit.node("depth").unwrap().value)
    };
    assert_eq!(place("w1"), ("30.8 120.9 4.5 0".to_owned(), "12.50".to_owned()));
    assert_eq!(place("2").0, "30.8 120.9 0 0; 31 121 0 0");
    assert_eq!(place("pond").0, "30 120 0 0; 30 121 0 0; 31 121 0 0; 30 120 0 0");
}

#[test]
fn a_table_that_many_lists_name_is_not_copied_without_end() {
    let instances: String =
        (0..400).map(|n| format!(r#"<instance id="v{n}" src="jr://file-csv/v.csv"/>"#)).collect();
    let model =
        format!(r#"<instance><d id="d"><a/></d></instance>{instances}<bind nodeset="/d/a" type="string"/>"#);
    let xform = document(&model, r#"<input ref="/d/a"><label>甲</label></input>"#);
    let form = read_xform(xform.as_bytes()).unwrap().form;
    assert_eq!(attachments(&form).len(), 400);
    let table = "name,label\n".to_owned() + &"v,村\n".repeat(1_000);
    assert_eq!(attach(&form, "v.csv", table.as_bytes()).unwrap_err().diagnostics[0].code, "too-large");
    assert!(attach(&form, "v.csv", b"name,label\nv1,\n").is_ok());
}

#[test]
fn a_map_that_is_none_is_refused() {
    let refused = |file: &str| with(file).unwrap_err();
    for (wrong, why) in [
        (r#"{"type": "Feature", "features": []}"#, "type"),
        (
            r#"{"type": "FeatureCollection", "features": [{"geometry": {"type": "Circle", "coordinates": [1, 2]}}]}"#,
            "Circle",
        ),
        (
            r#"{"type": "FeatureCollection", "features": [{"geometry": {"type": "Point", "coordinates": [200, 95]}}]}"#,
            "Point",
        ),
        (r#"{"type": "FeatureCollection", "features": [{"geometry": {"type": "Point"}}]}"#, "Point"),
        (r#"{"type": "FeatureCollection", "features": [{"#, "GeoJSON"),
        (&format!("{}{}", r#"{"type": "FeatureCollection", "features": "#, "[".repeat(100_000)), "GeoJSON"),
    ] {
        assert!(refused(wrong).contains(why), "{}", refused(wrong));
    }
    let many = format!(r#"{{"type": "FeatureCollection", "features": [{}]}}"#, vec!["{}"; 300_001].join(","));
    assert!(refused(&many).contains("300000"));
}

#[test]
fn a_form_cannot_name_a_file_outside_its_folder() {
    let rows = ["type|name|label", "select_one_from_file ../secrets.csv|village|村"];
    let mut asked = Vec::new();
    if let Ok(reading) = read_form(&workbook(&[("survey", &rows)])) {
        let _ = attach_files(reading, |name| {
            asked.push(name.to_owned());
            None
        });
    }
    assert_eq!(asked, Vec::<String>::new());
}
