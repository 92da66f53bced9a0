-- Version 2 of the store. The household fields that a form marks as deciding eligibility are rows,
-- written when the form is installed: to say what stands in the way of closing a visit, no form
-- need be compiled. Forms of an older store are marked 0 until the program above has read them.

ALTER TABLE forms ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0 CHECK (indexed IN (0, 1));

CREATE TABLE eligibility (
    form_id TEXT NOT NULL,
    version TEXT NOT NULL,
    path    TEXT NOT NULL,
    PRIMARY KEY (form_id, version, path),
    FOREIGN KEY (form_id, version) REFERENCES forms (id, version)
) STRICT, WITHOUT ROWID;
