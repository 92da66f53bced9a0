#![no_main]

ruhu_fuzz::target!("log_head");
