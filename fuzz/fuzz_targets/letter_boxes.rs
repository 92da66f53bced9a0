#![no_main]

ruhu_fuzz::target!("letter_boxes");
