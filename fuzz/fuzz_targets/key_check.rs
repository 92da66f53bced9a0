#![no_main]

ruhu_fuzz::target!("key_check");
