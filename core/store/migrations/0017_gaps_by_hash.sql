-- Version 17 of the store. An exclusion names an entry by its hash, and there may be as many exclusions as gaps.

CREATE INDEX gaps_by_hash ON gaps (hash);
