-- From this version on the store has a database of answers beside it (src/answers.rs); it is made before
-- this step is taken, and a store that lacks it has lost answers.
SELECT 1;
