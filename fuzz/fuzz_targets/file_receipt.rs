#![no_main]

ruhu_fuzz::target!("file_receipt");
