-- Version 2: forms can be withdrawn, and of two notices on one version the later one holds.

ALTER TABLE forms ADD COLUMN withdrawn INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn IN (0, 1));
ALTER TABLE forms ADD COLUMN noticed_at_ms INTEGER NOT NULL DEFAULT 0;
UPDATE forms SET noticed_at_ms = published_at_ms;
