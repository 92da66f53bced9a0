#![no_main]

ruhu_fuzz::target!("id_number");
