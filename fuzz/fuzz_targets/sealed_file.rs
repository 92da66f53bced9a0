#![no_main]

ruhu_fuzz::target!("sealed_file");
