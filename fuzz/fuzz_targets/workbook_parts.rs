#![no_main]

ruhu_fuzz::target!("workbook_parts");
