-- Version 6 of the store. Entries of the server's logs whose content did not come, or came damaged: they
-- count in the checksum of a log, and are asked for again.

CREATE TABLE gaps (
    log   TEXT NOT NULL,
    hash  BLOB NOT NULL CHECK (length(hash) = 32),
    epoch INTEGER NOT NULL CHECK (epoch >= 0),
    seq   INTEGER NOT NULL CHECK (seq >= 0),
    -- Whether an administrator has excluded it: then it is not asked for.
    excluded INTEGER NOT NULL CHECK (excluded IN (0, 1)),
    PRIMARY KEY (log, hash)
) STRICT, WITHOUT ROWID;
