-- Version 16 of the store. The list is read from its index alone: while a sync writes, every page that is
-- looked at is deciphered anew, and the lines of a list lie on as many pages as there are households in it.

DROP INDEX cases_newest;
-- The division stands third so that a list for one village is filtered inside the index.
CREATE INDEX cases_newest ON cases
    (updated_at_ms DESC, doc, division, name, address, id_tail, people, conflicts, status);
