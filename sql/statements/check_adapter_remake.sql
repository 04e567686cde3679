-- The functions alone. params: SQL
SELECT pg_temp.remake($1::text)
