//! The county's form in its versions, and a visit that was begun with the first.

use ruhu_device::VisitView;
use ruhu_form::MigrationReport;
use ruhu_formats::read_form;
use ruhu_store::{Store, StoreKey};

use crate::world::{KEY, Phone, World};

/// The form's id.
pub const FORM: &str = "county_visit";

const FIRST: &str = "\
begin_group,facts,情况,,,
integer,members,共同生活人口,case/members_real:int,,
text,area,住房面积（平方米）,case/house_area,,
text,debt,欠债情况,,,
select_one work,job,主要工作,,,
text,landlord,房东姓名,case/landlord,,
text,remark,备注,case/remark,,
end_group,,,,,
begin_repeat,child,子女,,,
text,child_name,子女姓名,,,
end_repeat,,,,,
";
const WORK: &str = ",work,farm,务农\n,work,factory,进厂\n,work,idle,没有工作\n";

/// The area is a number now, debts are not asked any more, the landlord is asked elsewhere, the remark
/// only of large families, and the water has to be told.
const SECOND: &str = "\
begin_group,facts,情况,,,
integer,members,共同生活人口,case/members_real:int,,
decimal,area,住房面积（平方米）,case/house_area,,
select_one work,job,主要工作,,,
text,remark,备注,case/remark,${members} > 5,
end_group,,,,,
begin_group,home,住房,,,
text,landlord,房东姓名,case/landlord,,
text,water,饮水从哪里来,,,yes
end_group,,,,,
begin_repeat,child,子女,,,
text,child_name,子女姓名,,,
end_repeat,,,,,
";
const NO_IDLE: &str = ",work,farm,务农\n,work,factory,进厂\n";

/// Debts are asked again, and the landlord is not.
const THIRD: &str = "\
begin_group,facts,情况,,,
integer,members,共同生活人口,case/members_real:int,,
decimal,area,住房面积（平方米）,case/house_area,,
text,debt,欠债情况,,,
select_one work,job,主要工作,,,
end_group,,,,,
begin_group,home,住房,,,
text,water,饮水从哪里来,,,yes
end_group,,,,,
begin_repeat,child,子女,,,
text,child_name,子女姓名,,,
end_repeat,,,,,
";

/// A form as a county writes it in CSV, compiled.
pub fn compiled(id: &str, version: &str, survey: &str, choices: &str) -> Vec<u8> {
    let rows: String = survey.lines().map(|row| format!(",{row}\n")).collect();
    let text = format!(
        "survey,,,,,,\n,type,name,label,ruhu::save_to,relevant,required\n{rows}\
         choices,,,\n,list_name,name,label\n{choices}settings,,\n,form_id,version\n,{id},{version}\n"
    );
    read_form(text.as_bytes()).unwrap_or_else(|faults| panic!("{faults}")).form.to_bytes()
}

/// One of the three versions, `1`, `2` or `3`.
pub fn version(number: &str) -> Vec<u8> {
    match number {
        "1" => compiled(FORM, "1", FIRST, WORK),
        "2" => compiled(FORM, "2", SECOND, NO_IDLE),
        "3" => compiled(FORM, "3", THIRD, NO_IDLE),
        other => panic!("no version {other}"),
    }
}

/// A phone with a household and a visit of version 1, answered.
pub struct Open {
    /// The world: it holds the folders.
    pub world: World,
    /// The phone.
    pub phone: Phone,
    /// The household.
    pub case: String,
    /// The visit.
    pub visit: String,
}

impl Open {
    /// A visit in which every question was answered.
    pub fn answered(seed: u64) -> Open {
        let mut world = World::new(seed);
        let phone = world.caseworker("王经办");
        phone.device().form_install(&version("1")).unwrap();
        let case = phone.new_case("张三");
        let visit = phone.device().visit_start(&case, FORM).unwrap().id;
        let open = Open { world, phone, case, visit };
        for (question, value) in [
            ("members", "4"),
            ("area", "86.5"),
            ("debt", "欠表哥两万"),
            ("job", "idle"),
            ("landlord", "赵房东"),
            ("remark", "门前有坡"),
        ] {
            open.world.clock.advance(30_000);
            open.answer(question, value);
        }
        open.phone.device().visit_add_repeat_as(&open.visit, "/data/child", "second").unwrap();
        open.answer("/data/child[@id='1']/child_name", "张小");
        open.answer("/data/child[@id='second']/child_name", "张二小");
        open.world.clock.advance(600_000);
        open
    }

    /// The county's next version arrives on the phone.
    pub fn publish(&self, number: &str) {
        self.phone.device().form_install(&version(number)).unwrap();
    }

    /// Moves the visit to the version after somebody looked at it.
    pub fn migrate(&self) -> MigrationReport {
        let seen = self.phone.device().visit_migration(&self.visit).unwrap().expect("a newer version");
        let done = self.phone.device().visit_migrate(&self.visit, &seen.to).unwrap();
        assert_eq!(done.report, seen, "it does what it said");
        assert_eq!(done.at_ms, self.phone.now_ms());
        done.report
    }

    /// Answers a question.
    pub fn answer(&self, question: &str, value: &str) {
        self.phone.device().visit_answer(&self.visit, question, value).unwrap();
    }

    /// The value of a question.
    pub fn value(&self, question: &str) -> String {
        self.phone.device().visit_node(&self.visit, question).unwrap().expect(question).value
    }

    /// The visit as a screen shows it.
    pub fn shown(&self) -> VisitView {
        self.phone.device().visit_show(&self.visit).unwrap()
    }

    /// What the record shows at an answer's key.
    pub fn saved(&self, key: &str) -> Option<String> {
        let household = self.phone.device().case_show(&self.case).unwrap().household;
        let record = household.records.into_iter().find(|record| record.id == self.visit).expect("a record");
        record.answers.get(key).filter(|value| !value.is_blank()).map(ToString::to_string)
    }

    /// What the record says of itself.
    pub fn fact(&self, key: &str) -> Option<String> {
        let household = self.phone.device().case_show(&self.case).unwrap().household;
        let record = household.records.into_iter().find(|record| record.id == self.visit).expect("a record");
        record.fields.get(key).map(ToString::to_string)
    }

    /// Works on the store itself while the app is shut.
    pub fn with_store<T>(&mut self, work: impl FnOnce(&Store) -> T) -> T {
        let folder = self.phone.switch_off();
        let done = work(&Store::open(folder, &StoreKey::from_bytes(KEY)).unwrap());
        self.phone.kill_and_reopen();
        done
    }
}

/// The keys of what a report says was dropped, with the values as people read them.
pub fn dropped(report: &MigrationReport) -> Vec<(&str, &str)> {
    report.dropped.iter().map(|told| (told.path.as_str(), told.shown.as_str())).collect()
}
