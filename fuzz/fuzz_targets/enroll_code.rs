#![no_main]

ruhu_fuzz::target!("enroll_code");
