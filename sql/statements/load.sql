-- All that is needed to judge conversations, as of one snapshot: facts, the
-- newest enrollment, the oldest pending command.
-- params: partition, enrollment ids, tenants, conversations, span in seconds
--         in which messages to the contact are counted (0: not at all)
-- rows: see enum in worker/engine/load.c
-- format: binary
WITH clock AS MATERIALIZED (
  SELECT clock_timestamp() AS now,
    clock_timestamp() - $5::bigint * interval '1 s' AS since,
    to_regtype('followup.decision')::oid::bigint AS decision,
    pg_current_snapshot()::text AS snapshot
), wanted AS MATERIALIZED (
  SELECT e.tenant, e.conversation FROM followup.enrollment e
  WHERE e.partition = $1::integer AND e.id = ANY ($2::bigint[])
  UNION
  SELECT * FROM unnest($3::text[], $4::text[])
), asked AS (
  SELECT array_agg(w.tenant) AS tenants,
    array_agg(w.conversation) AS conversations
  FROM wanted w
), facts AS MATERIALIZED (
  SELECT f.*, f.attributes::text AS attributes_text
  FROM asked a, followup.facts_of(a.tenants, a.conversations) f
)
SELECT t.snapshot, t.decision, t.now,
  w.tenant, w.conversation,
  -- facts
  f.conversation_id IS NOT NULL, f.contact_id, f.channel, f.address, f.status,
  f.owner, f.intent, f.stage, f.locale, f.timezones::text, f.last_inbound_at,
  f.last_answer_at, f.last_human_at, f.last_ours_at, f.window_ends_at,
  coalesce(f.opted_out, false)
    OR EXISTS (
      SELECT FROM followup.suppressions_of(w.tenant, f.contact_id, f.channel)),
  coalesce(f.tenant_active, true),
  CASE WHEN octet_length(f.attributes_text) <= 65536
       THEN f.attributes_text END,
  -- what is to be kept in the list of suppressions
  coalesce(f.opted_out, false)
    AND NOT EXISTS (
      SELECT FROM followup.suppressions_of(w.tenant, f.contact_id, '*')),
  CASE WHEN NOT EXISTS (
         SELECT FROM followup.suppression s
         WHERE s.tenant = w.tenant AND s.contact = f.contact_id
           AND s.lifted_at > f.last_inbound_at)
       THEN left(f.attributes->>'_last_text', 200) END,
  -- enrollment
  e.id, e.gen, e.outcome, e.version, e.episode_at, e.step, e.last_step_at,
  e.due_at, e.waits_for, e.manual_at, e.force, e.paused_until, e.not_before,
  e.window_closed, l.status, l.left_at,
  -- Mostly there is none at all, and that is looked up once.
  (SELECT EXISTS (SELECT FROM followup.hold))
    AND EXISTS (SELECT FROM followup.holds_on(w.tenant, v.name)),
  CASE WHEN e.outcome IS NULL AND e.since_at IS NOT NULL
       THEN (SELECT s.conversation
             FROM followup.newer_silence($1::integer, e.id) s) END,
  CASE WHEN $5::bigint > 0 THEN ARRAY(
    SELECT followup.us(s.at)
    FROM followup.sends_to(w.tenant, f.contact_id, t.since) s
    ORDER BY 1)::text END,
  -- command
  c.seq, c.action, c.at, c.delay, c.until, c.force, c.schedule, c.actor,
  c.reason, c.request_id
FROM wanted w
CROSS JOIN clock t
LEFT JOIN facts f
  ON f.tenant_id = w.tenant AND f.conversation_id = w.conversation
LEFT JOIN LATERAL (
  SELECT * FROM followup.enrollment n
  WHERE n.partition = $1::integer AND n.tenant = w.tenant
    AND n.conversation = w.conversation
  ORDER BY n.episode_at DESC LIMIT 1
) e ON true
LEFT JOIN followup.schedule_version v ON v.id = e.version
LEFT JOIN LATERAL (
  SELECT o.status, o.left_at FROM followup.ledger o
  WHERE o.partition = $1::integer AND o.seq = e.last_out_seq LIMIT 1
) l ON true
LEFT JOIN LATERAL (
  SELECT * FROM followup.command m
  WHERE m.status = 'pending' AND m.partition = $1::integer
    AND m.tenant = w.tenant AND m.conversation = w.conversation
  ORDER BY m.seq LIMIT 1
) c ON true
