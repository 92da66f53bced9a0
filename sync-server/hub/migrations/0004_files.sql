-- Version 4: files that the server lost are known as lost until they come again, and phones are told
-- by marks, one pair for each township, that something came or was lost.

ALTER TABLE files ADD COLUMN lost INTEGER NOT NULL DEFAULT 0 CHECK (lost IN (0, 1));

-- Whether the bytes of this upload, and no other's, were read back and found to be the whole file.
ALTER TABLE uploads ADD COLUMN verified INTEGER NOT NULL DEFAULT 0 CHECK (verified IN (0, 1));

CREATE TABLE file_marks (
    township TEXT PRIMARY KEY NOT NULL CHECK (length(township) = 9),
    came     BLOB NOT NULL CHECK (length(came) = 8),
    lost     BLOB NOT NULL CHECK (length(lost) = 8)
) STRICT, WITHOUT ROWID;
