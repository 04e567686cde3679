-- What is installed, compared with an adapter.
-- params: the adapter's SQL
-- rows: adapter, whether its SQL is the same, partitions (none: no schema yet)
SELECT i.adapter, i.digest IS NOT DISTINCT FROM pg_temp.digest($1::text),
  i.partitions
FROM pg_temp.installed() i
