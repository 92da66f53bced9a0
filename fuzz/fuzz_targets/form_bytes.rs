#![no_main]

ruhu_fuzz::target!("form_bytes");
