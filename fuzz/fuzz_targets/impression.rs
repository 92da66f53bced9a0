#![no_main]

ruhu_fuzz::target!("impression");
