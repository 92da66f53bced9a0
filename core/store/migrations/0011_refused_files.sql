-- Version 11 of the store. Photos that the server refused, and why: they are tried again later and later,
-- and hold up no other.

CREATE TABLE refused_files (
    sha256   BLOB PRIMARY KEY NOT NULL REFERENCES files (sha256),
    code     TEXT NOT NULL,
    zh       TEXT NOT NULL,
    en       TEXT NOT NULL,
    -- How often.
    refusals INTEGER NOT NULL CHECK (refusals > 0),
    -- The last time, Unix milliseconds of the phone's clock.
    at_ms    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The open visits of a household.
CREATE INDEX drafts_open ON drafts (doc) WHERE state = 'open';
