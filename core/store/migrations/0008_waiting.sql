-- Version 8 of the store. Changes that came before what they stand on, by one change that each of them
-- lacks: no document holds them, and the envelope that carries them is a row like any other.

CREATE TABLE waiting (
    doc      BLOB NOT NULL CHECK (length(doc) = 16),
    change   BLOB NOT NULL CHECK (length(change) = 32),
    lacks    BLOB NOT NULL CHECK (length(lacks) = 32),
    actor    BLOB NOT NULL CHECK (length(actor) = 16),
    bytes    INTEGER NOT NULL CHECK (bytes >= 0),
    envelope BLOB NOT NULL REFERENCES envelopes (hash) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (doc, change)
) STRICT, WITHOUT ROWID;
CREATE INDEX waiting_for ON waiting (doc, lacks);
CREATE INDEX waiting_of_author ON waiting (doc, actor, bytes);
CREATE INDEX waiting_of_envelope ON waiting (envelope);
