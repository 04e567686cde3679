-- params: number of the newest migration known
-- rows: name of a newer one in the database, or null
SELECT pg_temp.migrate_ahead($1::integer)
