-- Version 9. What an upload said of itself at its creation, word for word: tus gives it back.

ALTER TABLE uploads ADD COLUMN metadata TEXT;
