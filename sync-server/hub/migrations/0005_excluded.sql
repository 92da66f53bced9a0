-- Version 5. Entries that an administrator has excluded: they keep their place, and their content is given to
-- nobody.

CREATE TABLE excluded (
    hash           BLOB PRIMARY KEY NOT NULL CHECK (length(hash) = 32),
    excluded_at_ms INTEGER NOT NULL,
    -- Why a verdict hid it before, if one did.
    hidden_for     TEXT
) STRICT, WITHOUT ROWID;
