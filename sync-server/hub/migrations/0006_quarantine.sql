-- Version 6. Quarantine keeps photos too, has a size, and can be dismissed; uploads may be of documents that
-- lie in quarantine, and end.

CREATE TABLE quarantine_files (
    sha256  BLOB NOT NULL CHECK (length(sha256) = 32),
    doc     BLOB NOT NULL CHECK (length(doc) = 16),
    -- The device that gave it. An envelope of its own names it.
    device  BLOB NOT NULL CHECK (length(device) = 16),
    size    INTEGER NOT NULL CHECK (size > 0),
    mime    TEXT NOT NULL,
    time_ms INTEGER NOT NULL,
    PRIMARY KEY (sha256, doc, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX quarantine_files_given ON quarantine_files (device, doc);
CREATE INDEX quarantine_document ON quarantine (doc);

-- What was dismissed. The row stays when the content is deleted after its time.
CREATE TABLE dismissals (
    envelope        BLOB PRIMARY KEY NOT NULL CHECK (length(envelope) = 32),
    device          BLOB NOT NULL CHECK (length(device) = 16),
    dismissed_at_ms INTEGER NOT NULL,
    person          TEXT NOT NULL,
    reason          TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX dismissals_of_device ON dismissals (device);

-- Bytes in quarantine by device, kept by the triggers below.
CREATE TABLE quarantine_use (
    device BLOB PRIMARY KEY NOT NULL CHECK (length(device) = 16),
    bytes  INTEGER NOT NULL CHECK (bytes >= 0)
) STRICT, WITHOUT ROWID;
INSERT INTO quarantine_use (device, bytes)
    SELECT a.device, sum(length(q.bytes)) FROM quarantine q JOIN authors a ON a.actor = q.actor GROUP BY a.device;

CREATE TRIGGER quarantine_came AFTER INSERT ON quarantine BEGIN
    INSERT INTO quarantine_use (device, bytes)
        SELECT device, length(NEW.bytes) FROM authors WHERE actor = NEW.actor
        ON CONFLICT (device) DO UPDATE SET bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER quarantine_left AFTER DELETE ON quarantine BEGIN
    UPDATE quarantine_use SET bytes = max(0, bytes - length(OLD.bytes))
        WHERE device = (SELECT device FROM authors WHERE actor = OLD.actor);
END;
CREATE TRIGGER quarantine_file_came AFTER INSERT ON quarantine_files BEGIN
    INSERT INTO quarantine_use (device, bytes) VALUES (NEW.device, NEW.size)
        ON CONFLICT (device) DO UPDATE SET bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER quarantine_file_left AFTER DELETE ON quarantine_files BEGIN
    UPDATE quarantine_use SET bytes = max(0, bytes - OLD.size) WHERE device = OLD.device;
END;

CREATE TABLE uploads_anew (
    id            TEXT PRIMARY KEY NOT NULL,
    device        BLOB NOT NULL CHECK (length(device) = 16),
    sha256        BLOB NOT NULL CHECK (length(sha256) = 32),
    doc           BLOB NOT NULL CHECK (length(doc) = 16),
    size          INTEGER NOT NULL CHECK (size >= 0),
    mime          TEXT NOT NULL,
    received      INTEGER NOT NULL CHECK (received >= 0),
    created_at_ms INTEGER NOT NULL,
    verified      INTEGER NOT NULL DEFAULT 0 CHECK (verified IN (0, 1)),
    -- The file goes into quarantine.
    kept_apart    INTEGER NOT NULL DEFAULT 0 CHECK (kept_apart IN (0, 1)),
    -- When bytes last came.
    touched_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO uploads_anew (id, device, sha256, doc, size, mime, received, created_at_ms, verified, touched_at_ms)
    SELECT id, device, sha256, doc, size, mime, received, created_at_ms, verified, created_at_ms FROM uploads;
DROP TABLE uploads;
ALTER TABLE uploads_anew RENAME TO uploads;
CREATE INDEX uploads_open ON uploads (device, touched_at_ms, size) WHERE received < size;
CREATE INDEX uploads_idle ON uploads (touched_at_ms);
