//! What a household costs to show beside a large form that it has nothing to do with.

use std::fmt::Write as _;
use std::time::Duration;

use ruhu_device::Device;
use ruhu_harness::world::{KEY, Phone, World};

use crate::{compiled, household, ms, on_disk, percentile, row, timed};

const QUESTIONS: usize = 1_000;
const SHOWN: usize = 300;
const OPENED: usize = 15;

pub fn measure() {
    let mut world = World::on_disk(5, on_disk());
    let mut phone = world.caseworker("量度");
    phone.device().form_install(&compiled()).unwrap();
    let case = household(&phone, 0);
    let alone = [shown(&phone, &case), opened(&mut phone, &case)];
    phone.device().form_install(&large()).unwrap();
    let beside = [shown(&phone, &case), opened(&mut phone, &case)];
    for (what, (alone, beside)) in
        ["show", "open the store and show"].iter().zip(alone.into_iter().zip(beside))
    {
        row(
            &format!("{what} a household beside an unrelated form of {QUESTIONS} questions, p50"),
            &format!("{:.2} ms", ms(beside)),
            &format!("without it {:.2} ms", ms(alone)),
            beside.as_secs_f64() / alone.as_secs_f64(),
        );
    }
}

fn shown(phone: &Phone, case: &str) -> Duration {
    let show = || drop(phone.device().case_show(case).unwrap());
    percentile(&mut (0..SHOWN).map(|_| timed(show)).collect::<Vec<_>>(), 50)
}

/// As the command does it, for which the store is opened each time.
fn opened(phone: &mut Phone, case: &str) -> Duration {
    let folder = phone.switch_off().to_owned();
    let show = || {
        let device = Device::open(&folder, KEY, "bench").unwrap();
        drop(device.case_show(case).unwrap());
    };
    let time = percentile(&mut (0..OPENED).map(|_| timed(show)).collect::<Vec<_>>(), 50);
    phone.kill_and_reopen();
    time
}

/// A form whose every question decides eligibility.
fn large() -> Vec<u8> {
    let rows = (0..QUESTIONS).fold(String::new(), |mut rows, number| {
        let _ = writeln!(rows, ",text,q{number},第{number}题,case/q{number},eligibility");
        rows
    });
    let text = format!(
        "survey,,,,,\n,type,name,label,ruhu::save_to,ruhu::merge\n{rows}settings,,\n,form_id,version\n,large,1\n"
    );
    ruhu_formats::read_form(text.as_bytes()).unwrap().form.to_bytes()
}
