-- One conversation for a person: facts, the newest enrollment, what stands
-- against sending, commands that wait, the ledger of its last 50 events.
-- params: tenant, conversation
-- rows: JSON; facts is null when the adapter does not know it; ask is what the
-- planner is asked with: version is that of an active enrollment; of one that
-- ended long ago the ledger may be forgotten
WITH RECURSIVE now AS MATERIALIZED (SELECT clock_timestamp() AS at),
facts AS MATERIALIZED (
  SELECT * FROM followup.conversation_facts(ARRAY[$1::text], ARRAY[$2::text])
), newest AS MATERIALIZED (
  SELECT n.*, v.name AS schedule, left(v.digest, 12) AS digest
  FROM followup.enrollment n
  JOIN followup.schedule_version v ON v.id = n.version
  WHERE n.partition = followup.partition_of($1::text, $2::text)
    AND n.tenant = $1::text AND n.conversation = $2::text
  ORDER BY n.episode_at DESC LIMIT 1
), walk AS (
  SELECT l.*, 1 AS nth FROM newest n JOIN followup.ledger l
    ON l.partition = n.partition AND l.seq = n.last_seq
  UNION ALL
  SELECT l.*, w.nth + 1 FROM walk w JOIN followup.ledger l
    ON l.partition = w.partition AND l.seq = w.prev_seq
  WHERE w.nth < 50
)
SELECT json_build_object(
  'facts', (SELECT json_build_object(
    'tenant', f.tenant_id, 'conversation', f.conversation_id,
    'contact', f.contact_id, 'channel', f.channel,
    'has_address', f.address IS NOT NULL AND f.address <> '',
    'status', f.status, 'owner', f.owner, 'intent', f.intent,
    'stage', f.stage, 'locale', f.locale, 'timezones', f.timezones,
    'last_inbound_at', f.last_inbound_at, 'last_answer_at', f.last_answer_at,
    'last_human_at', f.last_human_at,
    'last_ours_at', f.last_ours_at, 'window_ends_at', f.window_ends_at,
    'opted_out', coalesce(f.opted_out, false),
    'tenant_active', coalesce(f.tenant_active, true),
    'attributes', f.attributes - '_last_text') FROM facts f),
  'ask', (SELECT json_build_object(
    'partition', followup.partition_of($1::text, $2::text),
    'enroll_since', followup.us(i.enroll_since)::text,
    'version', (SELECT n.version FROM newest n WHERE n.outcome IS NULL))
    FROM followup.installation i),
  'enrollment', (SELECT json_build_object(
    'schedule', n.schedule, 'version', n.digest,
    'state', CASE
      WHEN n.outcome IS NOT NULL THEN 'ended: ' || n.outcome
      WHEN n.paused_until > now.at THEN 'paused'
      WHEN n.due_at IS NULL THEN 'waiting: ' || coalesce(n.waits_for, '-')
      ELSE 'armed' END,
    'step', n.step, 'due_at', n.due_at, 'waits_for', n.waits_for,
    'paused_until', CASE WHEN n.paused_until > now.at
                         THEN n.paused_until END,
    'manual_at', n.manual_at, 'not_before', n.not_before,
    'window_closed', n.window_closed,
    'enrolled_at', n.enrolled_at, 'episode', n.episode_at,
    'history_forgotten', n.outcome IS NOT NULL AND n.last_seq IS NULL,
    'this_silence', n.episode_at = coalesce(
      (SELECT f.last_inbound_at FROM facts f), 'epoch'),
    'partition', n.partition, 'id', n.id) FROM newest n, now),
  'message', (SELECT json_build_object(
    'id', l.message_id, 'step', l.step, 'status', l.status,
    'status_at', l.status_at, 'left_at', l.left_at,
    'expires_at', l.expires_at,
    'error_class', l.error_class, 'chosen', l.chosen)
    FROM newest n JOIN followup.ledger l
      ON l.partition = n.partition AND l.seq = n.last_out_seq),
  'against', (SELECT coalesce(json_agg(a.code), '[]') FROM (
      SELECT 'held' AS code
      WHERE EXISTS (SELECT FROM followup.holds_on(
        $1::text, (SELECT n.schedule FROM newest n)))
      UNION ALL SELECT 'opted_out' FROM facts f
      WHERE coalesce(f.opted_out, false)
         OR EXISTS (SELECT FROM followup.suppressions_of(
           $1::text, f.contact_id, f.channel))
      UNION ALL SELECT 'superseded' FROM newest n
      WHERE n.outcome IS NULL
        AND EXISTS (SELECT FROM followup.newer_silence(n.partition, n.id))
      UNION ALL SELECT 'gone' WHERE NOT EXISTS (SELECT FROM facts)
    ) a),
  'suppressed', (SELECT coalesce(json_agg(json_strip_nulls(json_build_object(
      'channel', s.channel, 'source', s.source, 'at', s.at, 'by', s.actor,
      'reason', s.reason, 'lifted_at', s.lifted_at, 'lifted_by', s.lifted_by))
      ORDER BY s.at), '[]')
    FROM followup.suppression s JOIN facts f ON s.contact = f.contact_id
    WHERE s.tenant = $1::text),
  'commands', (SELECT coalesce(json_agg(json_build_object(
      'action', m.action, 'by', m.actor, 'reason', m.reason,
      'received', m.received_at) ORDER BY m.seq), '[]')
    FROM followup.command m
    WHERE m.status = 'pending' AND m.tenant = $1::text
      AND m.conversation = $2::text
      AND m.partition = followup.partition_of($1::text, $2::text)),
  'history', (SELECT coalesce(json_agg(json_build_object(
      'at', date_trunc('milliseconds', w.at), 'event', w.event,
      'reason', w.reason, 'outcome', w.outcome, 'step', w.step,
      'kind', w.kind, 'due_at', w.due_at, 'next_due_at', w.next_due_at,
      'by', w.actor, 'note', w.note, 'status', w.status,
      'why', (SELECT string_agg(concat_ws(' ', x.move->>'rule',
                x.move->>'moved'), ', ' ORDER BY x.nth)
              FROM json_array_elements(coalesce(w.trace, w.next_trace)::json)
                WITH ORDINALITY x (move, nth)))
      ORDER BY w.nth DESC), '[]') FROM walk w))::text
