#![no_main]

ruhu_fuzz::target!("upload_headers");
