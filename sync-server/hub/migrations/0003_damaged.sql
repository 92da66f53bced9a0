-- Version 3. Entries of the logs whose bytes were found not to be what was filed: they are sought from
-- the phones that have them whole. A row goes when the entry is whole again.

CREATE TABLE damaged (
    hash        BLOB PRIMARY KEY NOT NULL CHECK (length(hash) = 32),
    found_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
