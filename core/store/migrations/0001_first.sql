-- Version 1 of the store. Identifiers and hashes are kept as their raw bytes, times are
-- milliseconds since 1970 UTC, counters are SQLite integers.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY NOT NULL,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE documents (
    id            BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    kind          TEXT NOT NULL,
    division      TEXT NOT NULL,
    creator       BLOB NOT NULL CHECK (length(creator) = 16),
    created_at_ms INTEGER NOT NULL,
    heads         BLOB NOT NULL CHECK (length(heads) % 32 = 0),
    updated_at_ms INTEGER NOT NULL,
    saved         BLOB NOT NULL
) STRICT;

CREATE TABLE receipts (
    id    INTEGER PRIMARY KEY AUTOINCREMENT,
    bytes BLOB NOT NULL
) STRICT;

CREATE TABLE envelopes (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    hash           BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    doc            BLOB NOT NULL CHECK (length(doc) = 16),
    actor          BLOB NOT NULL CHECK (length(actor) = 16),
    seq            INTEGER NOT NULL CHECK (seq >= 0),
    prev           BLOB NOT NULL CHECK (length(prev) = 32),
    log            TEXT NOT NULL,
    state          TEXT NOT NULL
        CHECK (state IN ('outbox', 'acked', 'quarantined', 'refused', 'superseded')),
    epoch          INTEGER CHECK (epoch >= 0),
    server_seq     INTEGER CHECK (server_seq >= 0),
    server_time_ms INTEGER,
    receipt        INTEGER REFERENCES receipts (id),
    reason         TEXT,
    bytes          BLOB NOT NULL
) STRICT;

-- One envelope per place in an author's chain. A refused or superseded envelope gives its
-- place free for the one that stands in for it.
CREATE UNIQUE INDEX envelopes_place ON envelopes (actor, seq)
    WHERE state NOT IN ('refused', 'superseded');
CREATE INDEX envelopes_outbox ON envelopes (id) WHERE state = 'outbox';
CREATE INDEX envelopes_of_document ON envelopes (doc);
CREATE INDEX envelopes_of_log ON envelopes (log);
-- Covers the drift checksum: it is read from this index alone.
CREATE INDEX envelopes_in_view ON envelopes (log, epoch, hash) WHERE server_seq IS NOT NULL;

CREATE TABLE changes (
    doc      BLOB NOT NULL CHECK (length(doc) = 16),
    hash     BLOB NOT NULL CHECK (length(hash) = 32),
    actor    BLOB NOT NULL CHECK (length(actor) = 16),
    seq      INTEGER NOT NULL CHECK (seq >= 0),
    envelope BLOB NOT NULL REFERENCES envelopes (hash) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (doc, hash),
    UNIQUE (doc, actor, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX changes_of_envelope ON changes (envelope);

CREATE TABLE authors (
    actor BLOB PRIMARY KEY NOT NULL CHECK (length(actor) = 16),
    bytes BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE cursors (
    log            TEXT PRIMARY KEY NOT NULL,
    epoch          INTEGER NOT NULL,
    cursor         INTEGER NOT NULL,
    chain          BLOB NOT NULL CHECK (length(chain) = 32),
    head_signature BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE verdicts (
    subject BLOB PRIMARY KEY NOT NULL CHECK (length(subject) = 32),
    bytes   BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE forms (
    id      TEXT NOT NULL,
    version TEXT NOT NULL,
    hash    BLOB NOT NULL CHECK (length(hash) = 32),
    bytes   BLOB NOT NULL,
    PRIMARY KEY (id, version)
) STRICT;

CREATE TABLE drafts (
    id            TEXT PRIMARY KEY NOT NULL,
    doc           BLOB NOT NULL CHECK (length(doc) = 16),
    record        TEXT NOT NULL,
    form_id       TEXT NOT NULL,
    form_version  TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('open', 'closed'))
) STRICT;
CREATE INDEX drafts_by_state ON drafts (state, updated_at_ms DESC);

CREATE TABLE journal (
    draft TEXT NOT NULL REFERENCES drafts (id),
    entry INTEGER NOT NULL CHECK (entry > 0),
    bytes BLOB NOT NULL,
    PRIMARY KEY (draft, entry)
) STRICT, WITHOUT ROWID;

-- The case list: a projection, rebuilt from documents at any time.
CREATE TABLE cases (
    id            INTEGER PRIMARY KEY,
    doc           BLOB NOT NULL UNIQUE CHECK (length(doc) = 16),
    name          TEXT NOT NULL,
    initials      TEXT NOT NULL,
    division      TEXT NOT NULL,
    address       TEXT NOT NULL,
    id_tail       TEXT NOT NULL,
    people        INTEGER NOT NULL,
    conflicts     INTEGER NOT NULL,
    status        TEXT NOT NULL,
    updated_at_ms INTEGER NOT NULL
) STRICT;
-- The division stands last so that a list for one village is filtered inside the index.
CREATE INDEX cases_newest ON cases (updated_at_ms DESC, doc, division);
CREATE INDEX cases_by_division ON cases (division);

CREATE VIRTUAL TABLE case_search USING fts5 (
    name, initials, id_tail, address,
    content = 'cases', content_rowid = 'id', tokenize = 'trigram'
);

CREATE TRIGGER cases_inserted AFTER INSERT ON cases BEGIN
    INSERT INTO case_search (rowid, name, initials, id_tail, address)
    VALUES (new.id, new.name, new.initials, new.id_tail, new.address);
END;

CREATE TRIGGER cases_deleted AFTER DELETE ON cases BEGIN
    INSERT INTO case_search (case_search, rowid, name, initials, id_tail, address)
    VALUES ('delete', old.id, old.name, old.initials, old.id_tail, old.address);
END;

CREATE TRIGGER cases_renamed AFTER UPDATE OF name, initials, id_tail, address ON cases
WHEN (old.name, old.initials, old.id_tail, old.address)
    IS NOT (new.name, new.initials, new.id_tail, new.address)
BEGIN
    INSERT INTO case_search (case_search, rowid, name, initials, id_tail, address)
    VALUES ('delete', old.id, old.name, old.initials, old.id_tail, old.address);
    INSERT INTO case_search (rowid, name, initials, id_tail, address)
    VALUES (new.id, new.name, new.initials, new.id_tail, new.address);
END;

CREATE TABLE files (
    sha256        BLOB PRIMARY KEY NOT NULL CHECK (length(sha256) = 32),
    size          INTEGER NOT NULL CHECK (size >= 0),
    mime          TEXT NOT NULL,
    key           BLOB NOT NULL CHECK (length(key) = 32),
    state         TEXT NOT NULL
        CHECK (state IN ('local', 'uploading', 'stored', 'durable', 'wanted')),
    upload_url    TEXT,
    upload_offset INTEGER NOT NULL CHECK (upload_offset >= 0),
    receipt       BLOB,
    added_at_ms   INTEGER NOT NULL
) STRICT;
CREATE INDEX files_by_state ON files (state, size, added_at_ms);

-- The same photograph may stand in several documents; it is kept and sent once.
CREATE TABLE file_uses (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    sha256   BLOB NOT NULL REFERENCES files (sha256),
    doc      BLOB NOT NULL CHECK (length(doc) = 16),
    evidence TEXT NOT NULL,
    UNIQUE (sha256, doc, evidence)
) STRICT;
CREATE INDEX file_uses_of_document ON file_uses (doc);
