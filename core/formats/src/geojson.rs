//! GeoJSON (RFC 7946) as a list of choices: each feature is an `item` with its
//! `id`, its properties and its `geometry` as ODK writes places, so that
//! `select_one_from_file villages.geojson` offers what a map shows.

use crate::workbook::MAX_FILE;
use ruhu_form::definition::Element;
use ruhu_text::{Bilingual, Diagnostic};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt;

/// The most elements that one file may become.
const MAX_ELEMENTS: usize = 300_000;
/// The longest list of coordinates of one feature, in bytes.
const MAX_COORDINATES: usize = 1024 * 1024;

/// The elements of a list, `root/item/...`, of a feature collection.
///
/// # Errors
/// When it is no feature collection of points, lines and polygons, or too large.
pub(crate) fn elements_of(bytes: &[u8]) -> Result<Vec<Element>, Box<Diagnostic>> {
    if bytes.len() > MAX_FILE {
        return Err(bad(&format!("> {} MB", MAX_FILE >> 20)));
    }
    let found: Collection = serde_json::from_slice(bytes).map_err(|error| bad(&format!("{error}")))?;
    if found.kind != "FeatureCollection" {
        return Err(bad("type"));
    }
    match found.features {
        Features(Ok(elements)) => Ok(elements),
        Features(Err(reason)) => Err(bad(&reason)),
    }
}

fn bad(reason: &str) -> Box<Diagnostic> {
    let message = Bilingual::new(
        format!("地图文件读不懂：{reason}。"),
        format!("The GeoJSON cannot be read: {reason}."),
    );
    Box::new(Diagnostic::error("bad-geojson", message).help(Bilingual::new(
        "它应是 FeatureCollection，里面是点（Point）、线（LineString）或面（Polygon）。",
        "It must be a FeatureCollection of points, line strings or polygons.",
    )))
}

#[derive(Deserialize)]
struct Collection {
    #[serde(rename = "type")]
    kind: String,
    features: Features,
}

/// The elements of all features, made one by one: a file of a few megabytes
/// would be hundreds as a tree. Or why there are none.
struct Features(Result<Vec<Element>, String>);

#[derive(Deserialize)]
struct Feature<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    geometry: Option<Geometry<'a>>,
    #[serde(borrow)]
    properties: Option<BTreeMap<String, &'a RawValue>>,
}

#[derive(Deserialize)]
struct Geometry<'a> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow)]
    coordinates: Option<&'a RawValue>,
}

impl<'de> Deserialize<'de> for Features {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Features;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of features")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut features: A) -> Result<Features, A::Error> {
                let root = Element { name: "root".to_owned(), ..Element::default() };
                let mut elements = Ok(vec![root]);
                loop {
                    match &mut elements {
                        Ok(list) => match features.next_element::<Feature<'de>>()? {
                            Some(feature) => {
                                if let Err(reason) = feature.push_to(list) {
                                    elements = Err(reason);
                                }
                            }
                            None => break,
                        },
                        Err(_) => match features.next_element::<IgnoredAny>()? {
                            Some(_) => {}
                            None => break,
                        },
                    }
                }
                Ok(Features(elements))
            }
        }
        deserializer.deserialize_seq(Each)
    }
}

impl Feature<'_> {
    fn push_to(self, elements: &mut Vec<Element>) -> Result<(), String> {
        let item = elements.len() as u32;
        elements.push(Element { name: "item".to_owned(), parent: Some(0), ..Element::default() });
        let mut column = |name: &str, text: String| {
            elements.push(Element { name: name.to_owned(), text, parent: Some(item), ..Element::default() });
        };
        if let Some(geometry) = self.geometry {
            column("geometry", geometry.text()?);
        }
        if let Some(id) = self.id {
            column("id", text(id));
        }
        for (name, value) in self.properties.unwrap_or_default() {
            // The feature's own id and place come before properties of that name.
            let own = name == "geometry" || name == "id" && self.id.is_some();
            if !own && !name.is_empty() {
                column(&name, text(value));
            }
        }
        match elements.len() {
            0..=MAX_ELEMENTS => Ok(()),
            _ => Err(format!("> {MAX_ELEMENTS}")),
        }
    }
}

/// A text as it is, numbers and truths as written, nothing for null.
fn text(value: &RawValue) -> String {
    match value.get() {
        "null" => String::new(),
        written => serde_json::from_str(written).unwrap_or_else(|_| written.to_owned()),
    }
}

impl Geometry<'_> {
    /// As ODK writes it: latitude, longitude, altitude and accuracy in metres,
    /// places separated by semicolons; of a polygon its outer ring.
    fn text(&self) -> Result<String, String> {
        let written = self.coordinates.map_or("", RawValue::get);
        if written.len() > MAX_COORDINATES {
            return Err(format!("coordinates > {} KB", MAX_COORDINATES >> 10));
        }
        let wrong = |error: serde_json::Error| format!("{}: {error}", self.kind);
        let places: Vec<Vec<f64>> = match self.kind.as_str() {
            "Point" => vec![serde_json::from_str(written).map_err(wrong)?],
            "LineString" => serde_json::from_str(written).map_err(wrong)?,
            "Polygon" => {
                let rings: Vec<Vec<Vec<f64>>> = serde_json::from_str(written).map_err(wrong)?;
                rings.into_iter().next().unwrap_or_default()
            }
            other => return Err(other.chars().take(40).collect()),
        };
        let places: Option<Vec<String>> = places.iter().map(|place| point(place)).collect();
        places.map(|places| places.join("; ")).ok_or_else(|| format!("{}: coordinates", self.kind))
    }
}

/// RFC 7946 section 3.1.1: longitude, latitude, and perhaps altitude.
fn point(place: &[f64]) -> Option<String> {
    let (longitude, latitude) = (place.first()?, place.get(1)?);
    let on_earth = longitude.abs() <= 180.0 && latitude.abs() <= 90.0;
    on_earth.then(|| format!("{latitude} {longitude} {} 0", place.get(2).unwrap_or(&0.0)))
}
