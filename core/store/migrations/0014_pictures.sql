-- Version 14 of the store. What pictures look like, by the entries that name them, and small ones to show at
-- once.

CREATE TABLE likenesses (
    doc      BLOB NOT NULL CHECK (length(doc) = 16),
    evidence TEXT NOT NULL,
    -- As the entry says it.
    likeness TEXT NOT NULL,
    PRIMARY KEY (doc, evidence)
) STRICT, WITHOUT ROWID;

CREATE TABLE thumbnails (
    sha256 BLOB PRIMARY KEY NOT NULL CHECK (length(sha256) = 32),
    jpeg   BLOB NOT NULL
) STRICT;
CREATE INDEX file_uses_of_evidence ON file_uses (evidence);
