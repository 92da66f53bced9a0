//! A household roster: one repeat of thirty questions, with what real rosters have: ages worked out
//! from birthdays, questions that hang on them, constraints between answers, choices that hang on
//! other choices, sums over all members.

use crate::sheet::{Book, row};

/// How many members are filled in.
pub const MEMBERS: usize = 200;
/// The repeat.
pub const REPEAT: &str = "/roster/member";

const HEADER: &[&str] = &[
    "type",
    "name",
    "label",
    "relevant",
    "constraint",
    "constraint_message",
    "calculation",
    "choice_filter",
    "required",
    "default",
];

/// `type | name | label | relevant | constraint | message | calculation | choice_filter | required`,
/// the thirty questions of a member.
const MEMBER: &str = "\
text | name | 姓名 | | | | | | yes
select_one relation | relation | 与户主的关系 | | | | | | yes
select_one sex | sex | 性别 | | | | | | yes
date | born | 出生日期 | | . <= ${visited} | 不能晚于入户日期 | | | yes
calculate | age | | | | | int((${visited} - ${born}) div 365.25) | |
text | idno | 身份证号 | | string-length(.) = 18 and regex(., '^[0-9]{17}[0-9X]$') | 应为十八位 | | |
text | phone | 手机号 | ${age} >= 12 | regex(., '^1[0-9]{10}$') | 应为十一位 | | |
select_one marriage | marriage | 婚姻状况 | ${age} >= 20 | | | | |
select_one yes_no | at_school | 是否在校 | ${age} >= 3 and ${age} <= 30 | | | | |
select_one stage | stage | 就读阶段 | ${at_school} = 'yes' | | | | number(min_age) <= ${age} |
integer | school_fee | 一年学费（元） | ${at_school} = 'yes' | . >= 0 and . <= 100000 | 请核对金额 | | |
select_one health | health | ${name}的健康状况 | | | | | | yes
select_multiple illness | illness | 患有哪些病 | ${health} != 'well' and ${health} != '' | | | | |
integer | treatment | 一年看病花费（元） | count-selected(${illness}) > 0 | . >= 0 and . <= 1000000 | 请核对金额 | | |
select_one yes_no | insured | 是否参加医保 | | | | | |
integer | reimbursed | 其中报销（元） | ${insured} = 'yes' and ${treatment} > 0 | . >= 0 and . <= ${treatment} | 不能多于花费 | | |
calculate | own_cost | | | | | if(${treatment} > 0, ${treatment} - coalesce(${reimbursed}, 0), 0) | |
select_one yes_no | disabled | 有无残疾证 | | | | | |
select_one disability | disability | 残疾类别 | ${disabled} = 'yes' | | | | |
integer | level | 残疾等级 | ${disabled} = 'yes' | . >= 1 and . <= 4 | 一至四级 | | |
select_one yes_no | can_work | 能否劳动 | ${age} >= 16 and ${age} < 70 | | | | |
select_one work | work | 做什么工作 | ${can_work} = 'yes' | | | | |
select_one province | province | 在哪个省工作 | ${work} = 'away' | | | | |
select_one county | county | 在哪个县工作 | ${province} != '' | | | | province = ${province} |
integer | wage | 月收入（元） | ${can_work} = 'yes' | . >= 0 and . <= 50000 | 请核对金额 | | |
integer | months | 一年做几个月 | ${wage} > 0 | . >= 0 and . <= 12 | 一年只有十二个月 | | |
calculate | earned | | | | | if(${wage} > 0, ${wage} * coalesce(${months}, 12), 0) | |
integer | pension | 月养老金（元） | ${age} >= 60 | . >= 0 and . <= 20000 | 请核对金额 | | |
calculate | income | | | | | ${earned} + coalesce(${pension}, 0) * 12 - ${own_cost} | |
text | remark | 备注 | | | | | |";

/// After the members: sums over all of them, and what hangs on the sums.
const HOUSEHOLD: &str = "\
calculate | people | | | | | count(${member}) | |
calculate | total | | | | | sum(${income}) | |
calculate | per_head | | | | | round(${total} div ${people}, 2) | |
calculate | illness_cost | | | | | sum(${own_cost}) | |
calculate | oldest | | | | | max(${age}) | |
calculate | pupils | | | | | count(${at_school}[. = 'yes']) | |
select_one yes_no | poor | 人均收入低于标准，是否申请 | ${per_head} < 9600 | | | | | yes
text | poor_why | 主要困难 | ${poor} = 'yes' | | | | |
note | ill_note | 全家看病自付${illness_cost}元 | ${illness_cost} > 20000 | | | | |";

const LISTS: &[(&str, &[&str])] = &[
    ("relation", &["head 户主", "spouse 配偶", "child 子女", "parent 父母", "other 其他"]),
    ("sex", &["male 男", "female 女"]),
    ("yes_no", &["yes 是", "no 否"]),
    ("marriage", &["single 未婚", "married 已婚", "divorced 离异", "widowed 丧偶"]),
    ("health", &["well 健康", "chronic 慢性病", "serious 重病", "bedridden 卧床"]),
    (
        "illness",
        &["heart 心脏病", "pressure 高血压", "sugar 糖尿病", "tumour 肿瘤", "kidney 肾病", "mind 精神病"],
    ),
    ("disability", &["sight 视力", "hearing 听力", "speech 言语", "limb 肢体", "mental 智力", "mind 精神"]),
    ("work", &["farm 务农", "local 本地打工", "away 外出打工", "own 做小生意"]),
];
const STAGES: &[(&str, &str)] =
    &[("3", "幼儿园"), ("6", "小学"), ("12", "初中"), ("15", "高中"), ("18", "大学")];
const PROVINCES: usize = 10;
const COUNTIES_EACH: usize = 20;

/// The workbook.
pub fn workbook() -> Vec<u8> {
    let mut book = Book::new();
    book.sheet("survey", HEADER, &survey());
    book.sheet("choices", &["list_name", "name", "label", "min_age", "province"], &choices());
    let settings = ["家庭成员登记（测速用）", "roster", "1", "roster"];
    book.sheet("settings", &["form_title", "form_id", "version", "name"], &[row(&settings)]);
    book.bytes()
}

fn survey() -> Vec<Vec<String>> {
    let mut rows = vec![row(&["date", "visited", "入户日期", "", "", "", "", "", "yes", "2026-11-20"])];
    rows.push(row(&["begin_repeat", "member", "成员"]));
    rows.extend(MEMBER.lines().map(cells));
    rows.push(row(&["end_repeat"]));
    rows.extend(HOUSEHOLD.lines().map(cells));
    rows
}

fn cells(line: &str) -> Vec<String> {
    line.split('|').map(|cell| cell.trim().to_owned()).collect()
}

fn choices() -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for (list, choices) in LISTS {
        for choice in *choices {
            let (name, label) = choice.split_once(' ').unwrap();
            rows.push(row(&[list, name, label]));
        }
    }
    for (min_age, label) in STAGES {
        rows.push(row(&["stage", &format!("from_{min_age}"), label, min_age]));
    }
    for province in 0..PROVINCES {
        rows.push(row(&["province", &format!("p{province}"), &format!("{province}号省")]));
        for county in 0..COUNTIES_EACH {
            let name = format!("p{province}c{county}");
            let label = format!("{province}号省{county}号县");
            rows.push(row(&["county", &name, &label, "", &format!("p{province}")]));
        }
    }
    rows
}
