#![no_main]

ruhu_fuzz::target!("photo_lists");
