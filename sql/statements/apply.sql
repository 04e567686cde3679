-- Decisions, all or those that still hold.
-- params: partition, epoch, snapshot they were judged in, decisions
-- rows: see enum in worker/engine/settle.c
-- format: binary
SELECT ord, result, id, seq, at, withdrew, withdrew_channel
FROM followup.apply($1::integer, $2::bigint, $3::pg_snapshot,
  $4::followup.decision[])
