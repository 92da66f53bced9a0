#![allow(clippy::unwrap_used)]
//! The case list and its search, as a caseworker uses them.

mod common;

use std::time::{Duration, Instant};

use common::{case, doc, open, read, write};
use proptest::prelude::*;
use ruhu_case::DocId;
use ruhu_store::{CaseRow, Store};
use tempfile::TempDir;

fn village() -> (TempDir, Store) {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    write(&store, |tx| {
        tx.put_case(&case(1, "张三", "北京市东城区东华门街道南池子大街1号", "0011"))?;
        tx.put_case(&case(2, "张三丰", "北京市东城区景山街道西老胡同2号", "002X"))?;
        tx.put_case(&case(3, "单伟", "北京市东城区朝阳门街道3号院", "0033"))?;
        tx.put_case(&case(4, "李100%_\\\"号", "河北省某县张各庄", "0044"))?;
        tx.put_case(&CaseRow { division: "130102001001".into(), ..case(5, "王五", "石家庄", "0055") })
    });
    (dir, store)
}

fn found(store: &Store, query: &str) -> Vec<String> {
    read(store, |tx| tx.search_cases(query, 50)).into_iter().map(|row| row.name).collect()
}

#[test]
fn the_list_shows_the_last_changed_first_within_a_division() {
    let (_dir, store) = village();
    let names = |prefix: &str, offset, limit| -> Vec<String> {
        read(&store, |tx| tx.cases(prefix, offset, limit)).into_iter().map(|row| row.name).collect()
    };
    assert_eq!(names("110101", 0, 2), ["李100%_\\\"号", "单伟"]);
    assert_eq!(names("110101", 2, 9), ["张三丰", "张三"]);
    assert_eq!(names("130102001001", 0, 9), ["王五"]);
    assert_eq!(names("%", 0, 9), Vec::<String>::new());
    for (prefix, count) in [("", 5), ("110101001", 4), ("13", 1), ("14", 0)] {
        assert_eq!(read(&store, |tx| tx.case_count(prefix)), count, "{prefix}");
    }
}

#[test]
fn a_person_is_found_by_one_two_or_three_characters_of_the_name() {
    let (_dir, store) = village();
    assert_eq!(found(&store, "丰"), ["张三丰"]);
    assert_eq!(found(&store, "张三"), ["张三丰", "张三"]);
    assert_eq!(found(&store, "张三丰"), ["张三丰"]);
    // Names come before addresses that hold the same character.
    assert_eq!(found(&store, "张"), ["张三丰", "张三", "李100%_\\\"号"]);
}

#[test]
fn a_person_is_found_by_pinyin_initials_id_tail_and_address() {
    let (_dir, store) = village();
    assert_eq!(found(&store, "zsf"), ["张三丰"]);
    assert_eq!(found(&store, "ZS"), ["张三丰", "张三"]);
    assert_eq!(found(&store, "sw"), ["单伟"]);
    assert_eq!(found(&store, "dw"), ["单伟"]);
    assert_eq!(found(&store, "002x"), ["张三丰"]);
    assert_eq!(found(&store, "００３３"), ["单伟"]);
    assert_eq!(found(&store, "南池子"), ["张三"]);
    assert_eq!(found(&store, "张　东华门街道"), ["张三"]);
    assert_eq!(found(&store, "张 石家庄"), Vec::<String>::new());
    assert_eq!(found(&store, "  ").len(), 5);
    assert_eq!(read(&store, |tx| tx.search_cases("0", 1)).len(), 1);
}

#[test]
fn signs_with_a_meaning_in_sql_are_only_signs() {
    let (_dir, store) = village();
    for query in ["%", "_", "\\", "\"", "100%", "%_\\", "\\\"号", "0%_\\\""] {
        assert_eq!(found(&store, query), ["李100%_\\\"号"], "{query}");
    }
    for query in
        ["*", "a OR b", "NEAR(张 三)", "name:张三", "^张三", "-张三", "\"\"\"", "'; DROP TABLE cases"]
    {
        assert_eq!(found(&store, query), Vec::<String>::new(), "{query}");
    }
    assert_eq!(found(&store, "张三\0丰"), ["张三丰"]);
}

#[test]
fn a_corrected_name_is_found_under_the_new_name_only() {
    let (_dir, store) = village();
    write(&store, |tx| tx.put_case(&case(1, "章珊珊", "搬到乡下", "0011")));
    assert_eq!(found(&store, "章珊珊"), ["章珊珊"]);
    assert_eq!(found(&store, "zss"), ["章珊珊"]);
    assert_eq!(found(&store, "南池子"), Vec::<String>::new());
    // A change that is not text leaves the index as it is.
    write(&store, |tx| {
        tx.put_case(&CaseRow { conflicts: 2, ..case(1, "章珊珊", "搬到乡下", "0011") })
    });
    assert_eq!(read(&store, |tx| tx.search_cases("章珊珊", 1))[0].conflicts, 2);
    write(&store, |tx| tx.remove_case(&doc(1)));
    assert_eq!(found(&store, "章珊珊"), Vec::<String>::new());
    assert_eq!(read(&store, |tx| tx.case_count("")), 4);
    write(&store, |tx| tx.clear_projections());
    assert_eq!((found(&store, "张三丰").len(), found(&store, "").len()), (0, 0));
    assert_eq!(store.check(), Ok(vec![]));
}

#[test]
fn ten_thousand_households_open_and_list_without_reading_them_all() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    let surnames: Vec<char> = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨".chars().collect();
    let given: Vec<char> = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明".chars().collect();
    write(&store, |tx| {
        (0..10_000usize).try_for_each(|n| {
            let name: String = [surnames[n % 16], given[n / 16 % 16], given[n / 256 % 16]].iter().collect();
            let division = format!("110101{:06}", n % 300);
            let address = format!("北京市东城区第{}街道{}号", n % 97, n);
            let id = DocId::new(n as i64, [7; 10]);
            let row = case(1, &name, &address, &format!("{:04}", n % 10_000));
            tx.put_case(&CaseRow { doc: id, division, updated_at_ms: n as i64, ..row })
        })
    });
    drop(store);

    let start = Instant::now();
    let store = open(dir.path());
    let first = read(&store, |tx| tx.cases("110101", 0, 50));
    let listed = start.elapsed();
    assert_eq!(first.len(), 50);
    assert!(first.is_sorted_by_key(|row| -row.updated_at_ms));
    let search = |query| {
        let start = Instant::now();
        (read(&store, |tx| tx.search_cases(query, 50)).len(), start.elapsed())
    };
    let (by_name, by_part, by_tail) = (search("赵伟伟"), search("涛"), search("0042"));
    println!("open and list {listed:?}, search {by_name:?} {by_part:?} {by_tail:?}");
    assert_eq!((by_name.0, by_part.0, by_tail.0), (3, 50, 1));
    // The aim is 50 ms on a phone; this bound only shows that the whole store is not read.
    assert!(listed < Duration::from_millis(250), "{listed:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_can_be_searched_for(query in "\\PC{0,12}|[\"*'():^ \\-+张三ABOR\u{0}%_\\\\]{0,12}") {
        let (_dir, store) = village();
        read(&store, |tx| tx.search_cases(&query, 50));
        read(&store, |tx| tx.cases(&query, 0, 50));
    }

    #[test]
    fn every_part_of_a_name_finds_it(name in "[一-龥·A-Za-z%_\"\\\\]{1,8}", from in 0..8usize, len in 1..8usize) {
        let (_dir, store) = village();
        let part: String = name.chars().skip(from).take(len).collect();
        let row = case(9, &name, "", "");
        write(&store, |tx| tx.put_case(&row));
        prop_assert!(read(&store, |tx| tx.search_cases(&part, 50)).contains(&row), "{name} by {part}");
    }
}
