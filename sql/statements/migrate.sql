-- Apply one migration, in a transaction of its own. After migrate_begin.sql.
-- params: number, name, SQL, dry run
-- rows: done | present | differs | missing
SELECT pg_temp.migrate($1::integer, $2::text, $3::text, $4::boolean)
