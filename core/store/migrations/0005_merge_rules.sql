-- Version 5 of the store. What a form says of values that were written side by side (`path`: a question of
-- its, or a field of the household that it fills) is rows, as what decides eligibility is. Forms that are
-- here are read once more for it.

CREATE TABLE merge_rules (
    form_id TEXT NOT NULL,
    version TEXT NOT NULL,
    path    TEXT NOT NULL,
    rule    TEXT NOT NULL,
    PRIMARY KEY (form_id, version, path),
    FOREIGN KEY (form_id, version) REFERENCES forms (id, version)
) STRICT, WITHOUT ROWID;

UPDATE forms SET indexed = 0;
