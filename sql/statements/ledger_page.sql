-- The ledger after a seq, for the streams.
-- params: partition, after seq, limit
-- rows: see enum in worker/engine/relay.c
-- format: binary
SELECT l.seq, l.event, l.reason, l.outcome, l.tenant, l.conversation,
  l.episode_at, l.step, l.kind, l.at, l.next_step, l.next_due_at, l.actor,
  l.closes, l.status, l.channel, l.message_id, l.message, l.expires_at,
  l.withdrew, o.channel, o.status, l.trace, l.next_trace
FROM followup.ledger l
LEFT JOIN followup.ledger o
  ON o.partition = l.partition AND o.seq = l.withdrew
WHERE l.partition = $1::integer AND l.seq > $2::bigint
ORDER BY l.seq LIMIT $3::integer
