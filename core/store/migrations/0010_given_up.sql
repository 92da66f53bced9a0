-- Version 10 of the store. A photo that is lost stays told until somebody says that he knows.

ALTER TABLE files ADD COLUMN given_up INTEGER NOT NULL DEFAULT 0 CHECK (given_up IN (0, 1));
