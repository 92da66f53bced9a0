#![no_main]

ruhu_fuzz::target!("intake");
