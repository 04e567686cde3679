-- What messages did. One counts once three days have passed or its next step
-- was due, whichever was first; a reply until then is its reply. Steps of
-- silences that are held out are measured in the same way, beside the others.
-- It begins where everything is still there: some of what ended up to
-- forgotten_until is not.
-- params: since (null: 30 days before until), until (null: now)
-- rows: JSON
WITH asked AS MATERIALIZED (
  SELECT coalesce($1::timestamptz,
      coalesce($2::timestamptz, clock_timestamp()) - interval '30 days')
      AS since,
    coalesce($2::timestamptz, clock_timestamp()) AS until
), span AS MATERIALIZED (
  SELECT greatest(a.since, p.forgotten) AS since, a.until,
    CASE WHEN p.forgotten > a.since THEN p.forgotten END AS forgotten_until
  FROM asked a, (SELECT max(forgotten) AS forgotten FROM followup.partition) p
), steps AS MATERIALIZED (
  SELECT l.*, n.last_seq, n.outcome AS ended,
    coalesce(l.reason, '') = 'holdout' AS held,
    least(l.at + interval '3 days', l.next_due_at) AS horizon
  FROM followup.ledger l
  JOIN followup.enrollment n ON n.partition = l.partition
    AND n.id = l.enrollment, span s
  WHERE l.at >= s.since AND l.at < s.until
    AND (l.status IN ('permit', 'unknown', 'failed', 'sent', 'delivered',
                      'read')
         OR l.reason = 'holdout')
), who AS MATERIALIZED (
  SELECT DISTINCT s.tenant, s.conversation FROM steps s
), facts AS MATERIALIZED (
  SELECT f.* FROM followup.conversation_facts(
    ARRAY(SELECT tenant FROM who ORDER BY tenant, conversation),
    ARRAY(SELECT conversation FROM who ORDER BY tenant, conversation)) f
), seen AS MATERIALIZED (
  SELECT s.schedule, s.step, s.kind, s.held, s.channel, s.status, s.error_class,
    s.at, s.horizon, f.intent,
    CASE WHEN s.held THEN 'none' ELSE s.message::jsonb->>'variant' END
      AS variant,
    e.outcome AS end_outcome, e.at AS end_at,
    -- ended by anything else, or not at all: the first message since
    CASE WHEN s.ended = 'completed' THEN least(
      (SELECT min(n.episode_at) FROM followup.enrollment n
       WHERE n.partition = s.partition AND n.tenant = s.tenant
         AND n.conversation = s.conversation AND n.episode_at > s.episode_at),
      CASE WHEN f.last_inbound_at > s.episode_at THEN f.last_inbound_at END)
      END AS later_at
  FROM steps s
  LEFT JOIN followup.ledger e ON e.partition = s.partition
    AND e.seq = s.last_seq AND e.outcome IS NOT NULL
  LEFT JOIN facts f ON f.tenant_id = s.tenant
    AND f.conversation_id = s.conversation
), told AS MATERIALIZED (
  SELECT s.*, s.horizon <= (SELECT until FROM span)
      AND (s.held OR s.status IN ('sent', 'delivered', 'read')) AS counted,
    coalesce(CASE WHEN s.end_outcome = 'replied' THEN s.end_at END, s.later_at)
      <= s.horizon AS replied,
    s.end_outcome = 'opted_out' AND s.end_at <= s.horizon AS opted_out
  FROM seen s
), rows AS (
  SELECT t.schedule, t.step, t.kind, t.variant, t.channel, t.intent,
    count(*) FILTER (WHERE t.status IN ('sent', 'delivered', 'read')) AS sent,
    count(*) FILTER (WHERE t.status = 'failed') AS failed,
    count(*) FILTER (WHERE t.status IN ('permit', 'unknown')) AS unknown,
    count(*) FILTER (WHERE t.opted_out) AS opted_out,
    count(*) FILTER (WHERE t.counted) AS counted,
    count(*) FILTER (WHERE t.counted AND t.replied) AS replied
  FROM told t WHERE NOT t.held GROUP BY 1, 2, 3, 4, 5, 6
), arms AS (
  SELECT t.schedule, t.step,
    CASE WHEN t.held THEN 'held out' ELSE 'messages' END AS arm,
    count(*) FILTER (WHERE t.counted) AS counted,
    count(*) FILTER (WHERE t.counted AND t.replied) AS replied
  FROM told t
  WHERE (t.schedule, t.step) IN (SELECT schedule, step FROM told WHERE held)
  GROUP BY 1, 2, 3
)
SELECT json_build_object(
  'since', (SELECT since FROM span), 'until', (SELECT until FROM span),
  'forgotten_until', (SELECT forgotten_until FROM span),
  'messages', (SELECT coalesce(json_agg(json_build_object(
      'schedule', r.schedule, 'step', r.step, 'kind', r.kind,
      'variant', r.variant, 'channel', r.channel, 'intent', r.intent,
      'sent', r.sent, 'failed', r.failed, 'unknown', r.unknown,
      'opted_out', r.opted_out, 'counted', r.counted, 'replied', r.replied,
      'percent', p.percent, 'low', p.low, 'high', p.high)
      ORDER BY r.schedule, r.step, r.variant, r.channel, r.intent), '[]')
    FROM rows r LEFT JOIN LATERAL followup.rate(r.replied, r.counted) p
      ON true),
  'holdout', (SELECT coalesce(json_agg(json_build_object(
      'schedule', a.schedule, 'step', a.step, 'arm', a.arm,
      'counted', a.counted, 'replied', a.replied, 'percent', p.percent,
      'low', p.low, 'high', p.high)
      ORDER BY a.schedule, a.step, a.arm DESC), '[]')
    FROM arms a LEFT JOIN LATERAL followup.rate(a.replied, a.counted) p
      ON true))::text
