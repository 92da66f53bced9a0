-- Version 4 of the store. A form that the server withdrew is not offered for new visits; the visits
-- that were begun with it go on. A form that this program cannot use is remembered by the hash that
-- the server named for it, so that it is told and not fetched again until another one stands there.

ALTER TABLE forms ADD COLUMN withdrawn INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn IN (0, 1));
-- The server's signed word on the form, when the server gave one.
ALTER TABLE forms ADD COLUMN notice BLOB;

CREATE TABLE refused_forms (
    id      TEXT NOT NULL,
    version TEXT NOT NULL,
    hash    BLOB NOT NULL CHECK (length(hash) = 32),
    -- Why, as a code, and which version of the program could not use it.
    reason  TEXT NOT NULL,
    program TEXT NOT NULL,
    PRIMARY KEY (id, version)
) STRICT, WITHOUT ROWID;
