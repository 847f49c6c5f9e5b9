-- Holds the place of a migration that is made beside this one.
SELECT;
