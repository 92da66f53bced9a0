//! One select of five thousand villages, narrowed in three ways: by the town (a plain comparison,
//! which an engine may answer from an index), by a search within the name, and by both.

use crate::script::Step;
use crate::sheet::{Book, row};

const TOWNS: usize = 50;
const VILLAGES_EACH: usize = 100;
const GIVEN: &[&str] = &["柳树", "石桥", "红星", "东风", "李家", "王家", "赵家", "上坝", "下坝", "新民"];

/// The workbook.
pub fn workbook() -> Vec<u8> {
    let mut book = Book::new();
    let survey = [
        row(&["select_one town", "town", "乡镇"]),
        row(&["text", "search", "村名里的字"]),
        row(&["select_one village", "by_town", "这个乡镇的村", "town = ${town}"]),
        row(&["select_one village", "by_word", "名字里有这些字的村", "contains(name_zh, ${search})"]),
        row(&[
            "select_one village",
            "by_both",
            "这个乡镇里名字有这些字的村",
            "town = ${town} and contains(name_zh, ${search})",
        ]),
    ];
    book.sheet("survey", &["type", "name", "label", "choice_filter"], &survey);
    book.sheet("choices", &["list_name", "name", "label", "town", "name_zh"], &choices());
    let settings = ["选村（测速用）", "villages", "1", "villages"];
    book.sheet("settings", &["form_title", "form_id", "version", "name"], &[row(&settings)]);
    book.bytes()
}

fn choices() -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> =
        (0..TOWNS).map(|town| row(&["town", &format!("t{town}"), &format!("{town}号镇")])).collect();
    for town in 0..TOWNS {
        for village in 0..VILLAGES_EACH {
            let name = format!("{}{village}组", GIVEN[(town + village) % GIVEN.len()]);
            rows.push(row(&["village", &format!("t{town}v{village}"), &name, &format!("t{town}"), &name]));
        }
    }
    rows
}

/// Changes the town and the search again and again, and wants the choices each time.
pub fn script(random: &mut fastrand::Rng, answers: usize) -> Vec<Step> {
    let mut steps = Vec::new();
    let set = |question: &str, value: String, select: &str, count: usize| Step::Set {
        path: format!("/villages/{question}"),
        value,
        measured: true,
        offers: Some((format!("/villages/{select}"), count)),
    };
    for number in 0..answers {
        // Never the same answer twice: nothing may come from the last one.
        let town = format!("t{}", (number * 7) % TOWNS);
        steps.push(set("town", town, "by_town", VILLAGES_EACH));
        let word = GIVEN[(number * 3 + random.usize(0..2)) % GIVEN.len()];
        steps.push(set("search", word.to_owned(), "by_word", TOWNS * VILLAGES_EACH / GIVEN.len()));
        let town = format!("t{}", (number * 7 + 3) % TOWNS);
        steps.push(set("town", town, "by_both", VILLAGES_EACH / GIVEN.len()));
    }
    steps
}
