-- Version 15 of the store. The photos on which prints are compared, by the entries that name them.

CREATE TABLE print_photos (
    doc      BLOB NOT NULL CHECK (length(doc) = 16),
    evidence TEXT NOT NULL,
    sha256   BLOB NOT NULL CHECK (length(sha256) = 32),
    -- What the household says of it: JSON.
    facts    TEXT NOT NULL,
    PRIMARY KEY (doc, evidence)
) STRICT, WITHOUT ROWID;

-- Documents that are here already are gone through once, when prints are compared first.
INSERT INTO meta (key, value) SELECT 'print_photos/unlisted', x'01' WHERE EXISTS (SELECT 1 FROM documents);
