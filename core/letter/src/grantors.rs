//! Those whom records of the form `check_authorization` name.

use ruhu_case::{Household, Record};

use crate::answers::Answers;
use crate::contents::{Grantor, Role, Ward};
use crate::person::Person;

/// The form that authorisations are given with.
pub const FORM: &str = "check_authorization";

/// The grantors of a record.
pub(crate) fn grantors(record: &Record) -> Vec<Grantor> {
    let instances = Answers::instances(record, "grantor");
    let grantor = |(_, answers): (String, Answers)| {
        let role = Role::named(answers.text("grantor_role"))?;
        let Person { name, idno } = Person::new(answers.text("grantor_name"), answers.text("grantor_idno"));
        let ward = (role == Role::Guardian).then(|| {
            let Person { name, idno } = Person::new(answers.text("ward_name"), answers.text("ward_idno"));
            Ward { name, idno, relation: answers.text("guardian_rel").to_owned() }
        });
        (!name.is_empty()).then_some(Grantor { role, name, idno, ward })
    };
    instances.into_iter().filter_map(grantor).collect()
}

/// All whom records of the form name: grantors and their wards.
pub(crate) fn authorizing(household: &Household) -> Vec<Person> {
    let records = household.records.iter().filter(|record| record.form.as_deref() == Some(FORM));
    let grantors = records.flat_map(grantors);
    let both = grantors.flat_map(|Grantor { name, idno, ward, .. }| {
        [Some(Person { name, idno }), ward.map(|Ward { name, idno, .. }| Person { name, idno })]
    });
    both.flatten().collect()
}
