-- The pictures of prints, in a database of their own under a key of their own. All of it is made of photos, and
-- can be made again.

-- Photos that were looked at.
CREATE TABLE photos (
    id       INTEGER PRIMARY KEY,
    doc      BLOB NOT NULL CHECK (length(doc) = 16),
    evidence TEXT NOT NULL,
    sha256   BLOB NOT NULL CHECK (length(sha256) = 32),
    -- The boxes whose prints are not kept, as the caller writes them.
    left_out TEXT NOT NULL,
    -- By which version of the program's rules.
    format   INTEGER NOT NULL,
    -- Which sheet of paper it shows; empty when it does not say.
    paper    TEXT NOT NULL,
    -- What came of it: a word.
    outcome  TEXT NOT NULL,
    UNIQUE (doc, evidence)
) STRICT;

CREATE TABLE prints (
    id      INTEGER PRIMARY KEY,
    photo   INTEGER NOT NULL REFERENCES photos (id) ON DELETE CASCADE,
    -- In whose box of the letter; empty when it is not known.
    grantor TEXT NOT NULL,
    -- What it is looked for by.
    outline BLOB NOT NULL,
    -- The ink, packed.
    picture BLOB NOT NULL
) STRICT;
CREATE INDEX prints_of_photo ON prints (photo);
