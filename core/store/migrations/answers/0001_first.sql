-- Answers that have not moved into the journal of their draft yet (src/answers.rs).
CREATE TABLE entries (
    draft TEXT NOT NULL,
    entry INTEGER NOT NULL CHECK (entry > 0),
    at_ms INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (draft, entry)
) STRICT, WITHOUT ROWID;
