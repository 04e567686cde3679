-- Decisions, all or those that still hold.
-- params: partition, epoch, snapshot they were judged in, decisions (JSON)
-- rows: ord, result, enrollment, due_ms (null: no timer)
SELECT ord, result, id, due_ms
FROM followup.apply($1::integer, $2::bigint, $3::pg_snapshot, $4::jsonb)
