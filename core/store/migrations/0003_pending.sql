-- Version 3 of the store. What of this device's work is not safe yet is found from two indexes, however
-- many envelopes there are; a draft says up to which entry of its journal the household holds it (0: not
-- known, which older drafts are until they are saved again).

CREATE INDEX envelopes_pending ON envelopes (doc, state)
    WHERE state IN ('outbox', 'quarantined', 'refused');

ALTER TABLE drafts ADD COLUMN saved_entry INTEGER NOT NULL DEFAULT 0 CHECK (saved_entry >= 0);
