//! A household of 75 facts made from its number alone: the same that the peers of the bench are given.
//! About 2.85 KB as JSON, a third of it text, a tenth of it hashes that nothing compresses.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

const WORDS: [&str; 30] = [
    "river", "north", "mill", "lower", "upper", "stone", "field", "temple", "bridge", "east", "west", "barn",
    "orchard", "well", "school", "track", "hill", "pond", "gate", "road", "clinic", "market", "terrace",
    "ditch", "wall", "roof", "drain", "fence", "spring", "ridge",
];

/// Mulberry32, by Tommy Ettinger (public domain): the generator that is the same in every language.
struct Random {
    household: u32,
    state: u32,
}

impl Random {
    fn of(household: u32) -> Random {
        Random { household, state: household.wrapping_mul(7_919).wrapping_add(17) }
    }

    /// From 0 to less than 1.
    fn fraction(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x6D2B_79F5);
        let a = self.state;
        let mut t = (a ^ (a >> 15)).wrapping_mul(1 | a);
        t = t.wrapping_add((t ^ (t >> 7)).wrapping_mul(61 | t)) ^ t;
        f64::from(t ^ (t >> 14)) / 4_294_967_296.0
    }

    fn below(&mut self, limit: u32) -> u32 {
        (self.fraction() * f64::from(limit)) as u32
    }

    fn one_of(&mut self, values: &[&'static str]) -> &'static str {
        values[self.below(values.len() as u32) as usize]
    }

    fn word(&mut self) -> &'static str {
        self.one_of(&WORDS)
    }

    fn words(&mut self, count: usize) -> String {
        (0..count).map(|_| self.word()).collect::<Vec<_>>().join(" ")
    }

    fn hash(&mut self, length: usize) -> String {
        let number = self.below(1_000_000_000);
        let digest = Sha256::digest(format!("c{}:{number}", self.household));
        data_encoding::HEXLOWER.encode(&digest)[..length].to_owned()
    }

    /// From 0 to less than the limit, with so many places.
    fn decimal(&mut self, limit: f64, places: usize) -> f64 {
        format!("{:.places$}", self.fraction() * limit).parse().unwrap()
    }

    fn name(&mut self, number: u32) -> String {
        let word = self.word();
        format!("Person {}-{number} {word}", self.household)
    }

    fn person(&mut self, number: u32) -> Value {
        json!({
            "id": self.hash(16),
            "name": self.name(number),
            "sex": self.one_of(&["m", "f"]),
            "birth_year": 1930 + self.below(90),
            "relation": self.one_of(&["head", "spouse", "child", "parent", "other"]),
            "disability": self.below(5),
            "phone_hash": self.hash(16),
        })
    }
}

/// The household of a number.
pub fn household(number: u32) -> Value {
    let r = &mut Random::of(number);
    json!({
        "case_id": r.hash(32), "form": "household_check", "form_version": 7,
        "status": r.one_of(&["new", "visited", "review"]),
        "created_at": format!("2026-0{}-1{}T0{}:12:33Z", 1 + r.below(9), r.below(9), r.below(9)),
        "place": {
            "county": format!("ct-{}", r.below(99)), "township": format!("tw-{}", r.below(99)),
            "village": format!("v-{}", r.below(999)), "group": format!("g{}", r.below(30)),
            "address": r.words(9), "lat": 30.0 + r.fraction(), "lon": 104.0 + r.fraction(),
            "landmark": r.words(5),
        },
        "head": r.person(0),
        "members": { "m1": r.person(1), "m2": r.person(2), "m3": r.person(3) },
        "dwelling": {
            "structure": r.one_of(&["brick", "timber", "adobe", "mixed"]), "floors": 1 + r.below(4),
            "area_m2": 40 + r.below(200), "built": 1960 + r.below(64), "roof": r.word(), "wall": r.word(),
            "grade": r.one_of(&["A", "B", "C", "D"]), "notes": r.words(60),
        },
        "services": {
            "water": r.one_of(&["piped", "well", "none"]), "toilet": r.below(4), "power": r.below(2) == 1,
            "road": r.below(5), "clinic_km": r.decimal(20.0, 1), "school_km": r.decimal(20.0, 1),
            "internet": r.below(2) == 1,
        },
        "economy": {
            "land_mu": r.decimal(12.0, 2), "livestock": r.below(20), "income": r.below(90_000),
            "subsidy": r.below(6_000), "debt": r.below(30_000), "spend_health": r.below(9_000),
            "spend_school": r.below(9_000),
        },
        "risk": {
            "flood": r.below(4), "slide": r.below(4), "fire": r.below(4), "illness": r.below(4),
            "score": r.below(100), "reason": r.words(45),
        },
        "visit": {
            "by": format!("worker-{}", r.below(40)), "device": format!("dev-{}", r.hash(12)),
            "at": format!("2026-05-1{}T10:22:31Z", r.below(9)), "result": r.word(),
            "next": format!("2026-07-0{}", 1 + r.below(9)), "remark": r.words(110),
        },
    })
}

/// The facts of a household with their paths, `place/county`.
pub fn facts(household: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect(household, "", &mut found);
    found
}

fn collect(value: &Value, path: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(map) => {
            let slash = if path.is_empty() { "" } else { "/" };
            map.iter().for_each(|(key, value)| collect(value, &format!("{path}{slash}{key}"), found));
        }
        Value::String(text) => found.push((path.to_owned(), text.clone())),
        other => found.push((path.to_owned(), other.to_string())),
    }
}

/// A form that asks for every fact of a household, as a table of its rows.
pub fn form() -> Vec<u8> {
    let mut rows = String::from("survey,,,\n,type,name,label\n");
    if let Value::Object(map) = household(0) {
        ask(&map, &mut rows);
    }
    rows.push_str("settings,,\n,form_id,version\n,household_check,7\n");
    ruhu_formats::read_form(rows.as_bytes()).unwrap().form.to_bytes()
}

fn ask(map: &Map<String, Value>, rows: &mut String) {
    for (key, value) in map {
        let kind = match value {
            Value::Object(inner) => {
                rows.push_str(&format!(",begin_group,{key},{key}\n"));
                ask(inner, rows);
                rows.push_str(",end_group,,\n");
                continue;
            }
            Value::Number(number) if number.is_f64() => "decimal",
            Value::Number(_) => "integer",
            _ => "text",
        };
        rows.push_str(&format!(",{kind},{key},{key}\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_household_has_75_facts_in_as_many_bytes_as_the_peers_are_given() {
        let bytes: usize = (0..100).map(|number| household(number).to_string().len()).sum();
        assert!((2_700..3_000).contains(&(bytes / 100)), "{} bytes", bytes / 100);
        for number in [0, 1, 999] {
            assert_eq!(facts(&household(number)).len(), 75);
        }
    }
}
