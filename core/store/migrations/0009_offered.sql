-- Version 9 of the store. What this device cannot use it offers all the same to a server that lost it;
-- and a household of which nothing can be shown is no line of the case list.

ALTER TABLE envelopes ADD COLUMN offered INTEGER NOT NULL DEFAULT 0 CHECK (offered IN (0, 1));
CREATE INDEX envelopes_offered ON envelopes (id) WHERE offered = 1;

DELETE FROM cases WHERE name = '' AND address = '' AND id_tail = '' AND people = 0 AND conflicts = 0
    AND status = '';
