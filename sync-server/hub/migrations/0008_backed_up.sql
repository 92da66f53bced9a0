-- Version 8. When the newest backup was made that has the file, Unix milliseconds; NULL when that one lacks
-- it, or none was made.

ALTER TABLE files ADD COLUMN backed_up_ms INTEGER;
