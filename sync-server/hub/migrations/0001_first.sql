-- Version 1 of the server's database. Identifiers and hashes are kept as their raw bytes, times are
-- milliseconds since 1970 UTC of the server's clock, divisions and townships are their digits.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One-time codes. Only the hash of the secret is kept; who used a code is named by its public key.
CREATE TABLE codes (
    secret_hash   BLOB PRIMARY KEY NOT NULL CHECK (length(secret_hash) = 32),
    person        TEXT NOT NULL,
    role          TEXT NOT NULL,
    scope         TEXT NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    used_by       BLOB CHECK (length(used_by) = 32)
) STRICT, WITHOUT ROWID;

CREATE TABLE devices (
    id             BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    certificate    BLOB NOT NULL,
    enrolled_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Apart from the devices: after a restore a revocation may be relearned before its device.
CREATE TABLE revocations (
    device        BLOB PRIMARY KEY NOT NULL CHECK (length(device) = 16),
    revoked_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE authors (
    actor        BLOB PRIMARY KEY NOT NULL CHECK (length(actor) = 16),
    device       BLOB NOT NULL CHECK (length(device) = 16),
    issued_at_ms INTEGER NOT NULL,
    record       BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX authors_of_device ON authors (device);

-- The counter and the chain of each log: changed in the transaction that appends.
CREATE TABLE logs (
    id       INTEGER PRIMARY KEY,
    township TEXT NOT NULL CHECK (length(township) = 9),
    class    INTEGER NOT NULL,
    epoch    INTEGER NOT NULL CHECK (epoch > 0),
    head     INTEGER NOT NULL CHECK (head >= 0),
    chain    BLOB NOT NULL CHECK (length(chain) = 32),
    UNIQUE (township, class)
) STRICT;

CREATE TABLE log_sums (
    log      INTEGER NOT NULL REFERENCES logs (id),
    division TEXT NOT NULL CHECK (length(division) = 12),
    count    INTEGER NOT NULL,
    sum      BLOB NOT NULL CHECK (length(sum) = 16),
    PRIMARY KEY (log, division)
) STRICT, WITHOUT ROWID;

CREATE TABLE documents (
    id            BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    class         INTEGER NOT NULL,
    division      TEXT NOT NULL CHECK (length(division) = 12),
    created_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE envelopes (
    id         INTEGER PRIMARY KEY,
    hash       BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    log        INTEGER NOT NULL REFERENCES logs (id),
    seq        INTEGER NOT NULL CHECK (seq > 0),
    doc        BLOB NOT NULL REFERENCES documents (id),
    division   TEXT NOT NULL,
    actor      BLOB NOT NULL CHECK (length(actor) = 16),
    author_seq INTEGER NOT NULL CHECK (author_seq > 0),
    prev       BLOB NOT NULL CHECK (length(prev) = 32),
    time_ms    INTEGER NOT NULL,
    chain      BLOB NOT NULL CHECK (length(chain) = 32),
    hidden     INTEGER NOT NULL DEFAULT 0 CHECK (hidden IN (0, 1)),
    bytes      BLOB NOT NULL,
    UNIQUE (log, seq),
    UNIQUE (actor, author_seq)
) STRICT;
CREATE INDEX envelopes_of_division ON envelopes (log, division, seq);
CREATE INDEX envelopes_of_document ON envelopes (doc);

CREATE TABLE changes (
    doc      BLOB NOT NULL,
    hash     BLOB NOT NULL CHECK (length(hash) = 32),
    -- Both NULL for a change of a type newer than this program.
    actor    BLOB CHECK (length(actor) = 16),
    seq      INTEGER,
    envelope INTEGER NOT NULL REFERENCES envelopes (id),
    PRIMARY KEY (doc, hash),
    UNIQUE (doc, actor, seq)
) STRICT, WITHOUT ROWID;

-- Which logs an author wrote in: who may see one of these may know the author.
CREATE TABLE author_logs (
    actor BLOB NOT NULL,
    log   INTEGER NOT NULL REFERENCES logs (id),
    PRIMARY KEY (actor, log)
) STRICT, WITHOUT ROWID;

CREATE TABLE verdicts (
    subject BLOB PRIMARY KEY NOT NULL CHECK (length(subject) = 32),
    hide    INTEGER NOT NULL CHECK (hide IN (0, 1)),
    reason  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE quarantine (
    hash       BLOB PRIMARY KEY NOT NULL CHECK (length(hash) = 32),
    reason     TEXT NOT NULL,
    doc        BLOB NOT NULL,
    actor      BLOB NOT NULL,
    author_seq INTEGER NOT NULL,
    prev       BLOB NOT NULL,
    creates    INTEGER NOT NULL CHECK (creates IN (0, 1)),
    time_ms    INTEGER NOT NULL,
    bytes      BLOB NOT NULL
) STRICT;
CREATE INDEX quarantine_place ON quarantine (actor, author_seq);
CREATE INDEX quarantine_creators ON quarantine (doc) WHERE creates = 1;

CREATE TABLE quarantine_changes (
    doc      BLOB NOT NULL,
    hash     BLOB NOT NULL,
    envelope BLOB NOT NULL REFERENCES quarantine (hash),
    PRIMARY KEY (doc, hash, envelope)
) STRICT, WITHOUT ROWID;

-- What was refused and not kept, counted by reason.
CREATE TABLE refusals (
    reason TEXT PRIMARY KEY NOT NULL,
    count  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE forms (
    id              TEXT NOT NULL,
    version         TEXT NOT NULL,
    hash            BLOB NOT NULL CHECK (length(hash) = 32),
    bytes           BLOB NOT NULL,
    published_at_ms INTEGER NOT NULL,
    PRIMARY KEY (id, version)
) STRICT;

CREATE TABLE files (
    sha256       BLOB PRIMARY KEY NOT NULL CHECK (length(sha256) = 32),
    size         INTEGER NOT NULL CHECK (size >= 0),
    mime         TEXT NOT NULL,
    stored_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Which documents a file belongs to; who may see one of them may see the file.
CREATE TABLE file_refs (
    sha256 BLOB NOT NULL REFERENCES files (sha256),
    doc    BLOB NOT NULL REFERENCES documents (id),
    PRIMARY KEY (sha256, doc)
) STRICT, WITHOUT ROWID;

CREATE TABLE uploads (
    id            TEXT PRIMARY KEY NOT NULL,
    device        BLOB NOT NULL CHECK (length(device) = 16),
    sha256        BLOB NOT NULL CHECK (length(sha256) = 32),
    doc           BLOB NOT NULL REFERENCES documents (id),
    size          INTEGER NOT NULL CHECK (size >= 0),
    mime          TEXT NOT NULL,
    received      INTEGER NOT NULL CHECK (received >= 0),
    created_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
