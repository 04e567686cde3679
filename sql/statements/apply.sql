-- Decisions, all or those that still hold.
-- params: partition, epoch, snapshot they were judged in, decisions
-- rows: what was written, as in ledger_page.sql, all null where nothing was;
--       ord, result, enrollment, due_ms (null: no timer)
SELECT seq, event, reason, outcome, tenant, conversation, episode_us, step,
  kind, at_us, next_step, next_due_us, actor, closes, status, channel,
  message_id, message, expires_us, withdrew, withdrew_channel,
  CASE WHEN withdrew IS NOT NULL THEN 'withdrawn' END, trace, next_trace,
  ord, result, id, due_ms
FROM followup.apply($1::integer, $2::bigint, $3::pg_snapshot, $4::followup.decision[])
