-- Version 12 of the store. The parts of the search are joined when nobody waits, not within the transaction
-- of whoever happens to write the next name.

INSERT INTO case_search (case_search, rank) VALUES ('automerge', 0);
