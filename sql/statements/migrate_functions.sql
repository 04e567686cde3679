-- Make the functions anew where they differ, in one transaction. After
-- migrate_begin.sql.
-- params: SQL of all, dry run
-- rows: done | present | missing
SELECT pg_temp.functions($1::text, $2::boolean)
