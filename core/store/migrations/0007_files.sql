-- Version 7 of the store. Whose a photo is, what the server said of one that is not here, and which
-- uses of a photo the server was told of.

-- Attached on this device; the others came by documents of colleagues and may give way.
ALTER TABLE files ADD COLUMN own INTEGER NOT NULL DEFAULT 0 CHECK (own IN (0, 1));
UPDATE files SET own = 1 WHERE state IN ('local', 'uploading', 'durable') OR receipt IS NOT NULL;
-- Of a file that is not here: whether the server has it; NULL when it was not asked.
ALTER TABLE files ADD COLUMN at_server INTEGER CHECK (at_server IN (0, 1));
-- Gave way to the device's own work: fetched when somebody opens it.
ALTER TABLE files ADD COLUMN on_demand INTEGER NOT NULL DEFAULT 0 CHECK (on_demand IN (0, 1));

-- Whether the server knows that the document names the file, and since when by its clock.
ALTER TABLE file_uses ADD COLUMN told INTEGER NOT NULL DEFAULT 1 CHECK (told IN (0, 1));
ALTER TABLE file_uses ADD COLUMN told_at_ms INTEGER;
UPDATE file_uses SET told = 0 WHERE sha256 IN (SELECT sha256 FROM files WHERE state IN ('local', 'uploading'));
CREATE INDEX file_uses_untold ON file_uses (sha256) WHERE told = 0;
CREATE INDEX file_uses_latest ON file_uses (told_at_ms) WHERE told_at_ms IS NOT NULL;
CREATE INDEX file_uses_of_file ON file_uses (sha256, doc);

-- Pieces of a file on its way to this device, each sealed under a key of its own.
CREATE TABLE file_parts (
    sha256  BLOB NOT NULL REFERENCES files (sha256),
    start   INTEGER NOT NULL CHECK (start >= 0),
    size    INTEGER NOT NULL CHECK (size > 0),
    content BLOB NOT NULL CHECK (length(content) = 32),
    key     BLOB NOT NULL CHECK (length(key) = 32),
    PRIMARY KEY (sha256, start)
) STRICT, WITHOUT ROWID;
