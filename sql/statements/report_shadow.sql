-- What shadow schedules would have sent, beside what happened then: whether one
-- of ours wrote, or the customer did, and how soon. An answer of ours shows in
-- the ledger as the base that the next step counts from; after the last step
-- the CRM is asked. It begins where everything is still there, as in report.sql.
-- params: since (null: a week before until), until (null: now), limit of messages
-- rows: JSON
WITH RECURSIVE asked AS MATERIALIZED (
  SELECT coalesce($1::timestamptz,
      coalesce($2::timestamptz, clock_timestamp()) - interval '7 days') AS since,
    coalesce($2::timestamptz, clock_timestamp()) AS until
), span AS MATERIALIZED (
  SELECT greatest(a.since, p.forgotten) AS since, a.until,
    CASE WHEN p.forgotten > a.since THEN p.forgotten END AS forgotten_until
  FROM asked a, (SELECT max(forgotten) AS forgotten FROM followup.partition) p
), sent AS MATERIALIZED (
  SELECT l.*, n.outcome AS ended, n.last_seq
  FROM followup.ledger l
  JOIN followup.enrollment n ON n.partition = l.partition
    AND n.id = l.enrollment, span s
  WHERE l.status = 'shadow' AND l.at >= s.since AND l.at < s.until
), who AS MATERIALIZED (
  SELECT DISTINCT s.tenant, s.conversation FROM sent s
), facts AS MATERIALIZED (
  SELECT f.* FROM followup.conversation_facts(
    ARRAY(SELECT tenant FROM who ORDER BY tenant, conversation),
    ARRAY(SELECT conversation FROM who ORDER BY tenant, conversation)) f
), walk AS (
  -- each message's later rows, from the newest back
  SELECT s.partition, s.seq AS of_seq, l.*
  FROM (SELECT partition, seq, last_seq FROM sent) s,
    LATERAL (SELECT x.seq, x.prev_seq, x.at, x.step, x.event, x.outcome, x.trace,
               x.next_trace
             FROM followup.ledger x
             WHERE x.partition = s.partition AND x.seq = s.last_seq
               AND x.seq > s.seq) l
  UNION ALL
  SELECT w.partition, w.of_seq, x.seq, x.prev_seq, x.at, x.step, x.event,
    x.outcome, x.trace, x.next_trace
  FROM walk w
  JOIN followup.ledger x ON x.partition = w.partition AND x.seq = w.prev_seq
  WHERE x.seq > w.of_seq
), bases AS (
  SELECT w.partition, w.of_seq, w.seq, w.step IS NOT NULL AS is_step,
    (jsonb_path_query_first(
      CASE WHEN w.step IS NOT NULL THEN w.trace
           ELSE coalesce(w.next_trace, w.trace) END::jsonb,
      '$[*] ? (@.rule == "base").at') #>> '{}')::timestamptz AS base
  FROM walk w
), ours AS (
  -- up to the next step, which counts from the answer too
  SELECT b.partition, b.of_seq, min(b.base) AS at
  FROM bases b
  JOIN sent s ON s.partition = b.partition AND s.seq = b.of_seq
  WHERE b.base > s.at AND b.seq <= coalesce((
    SELECT min(c.seq) FROM bases c
    WHERE c.partition = b.partition AND c.of_seq = b.of_seq AND c.is_step),
    b.seq)
  GROUP BY 1, 2
), next_step AS (
  SELECT w.partition, w.of_seq, min(w.at) AS at FROM walk w
  WHERE w.event IN ('fired', 'silent', 'skipped', 'task') GROUP BY 1, 2
), seen AS (
  SELECT s.*, o.at AS ours_at, t.at AS next_at,
    (SELECT min(w.at) FROM walk w WHERE w.partition = s.partition
       AND w.of_seq = s.seq AND w.outcome IN ('replied', 'opted_out'))
      AS ended_at,
    (SELECT min(n.episode_at) FROM followup.enrollment n
     WHERE n.partition = s.partition AND n.tenant = s.tenant
       AND n.conversation = s.conversation AND n.episode_at > s.episode_at)
      AS later_at,
    CASE WHEN f.last_inbound_at > s.episode_at THEN f.last_inbound_at END
      AS inbound_at,
    CASE WHEN f.last_answer_at > s.at THEN f.last_answer_at END AS answer_at
  FROM sent s
  LEFT JOIN ours o ON o.partition = s.partition AND o.of_seq = s.seq
  LEFT JOIN next_step t ON t.partition = s.partition AND t.of_seq = s.seq
  LEFT JOIN facts f ON f.tenant_id = s.tenant
    AND f.conversation_id = s.conversation
), dated AS (
  SELECT s.*, least(s.ended_at, s.later_at, s.inbound_at) AS reply_at,
    coalesce(s.ours_at, CASE WHEN s.next_at IS NULL THEN s.answer_at END)
      AS wrote_at
  FROM seen s
), judged AS (
  SELECT d.*,
    CASE
      WHEN d.wrote_at < coalesce(d.reply_at, 'infinity') THEN 'we_wrote'
      WHEN d.reply_at < coalesce(d.next_at, 'infinity') THEN 'customer_wrote'
      WHEN d.next_at IS NULL AND d.ended NOT IN ('completed', 'replied')
        THEN d.ended
      ELSE 'nothing' END AS then_what
  FROM dated d
), told AS (
  SELECT j.*, CASE j.then_what WHEN 'we_wrote' THEN j.wrote_at
    WHEN 'customer_wrote' THEN j.reply_at END AS then_at
  FROM judged j
)
SELECT json_build_object(
  'since', (SELECT since FROM span), 'until', (SELECT until FROM span),
  'forgotten_until', (SELECT forgotten_until FROM span),
  'would_have_sent', (SELECT count(*) FROM told),
  'days', (SELECT coalesce(json_agg(d ORDER BY d.day), '[]') FROM (
    SELECT (t.at AT TIME ZONE 'UTC')::date AS day, count(*) AS messages,
      count(*) FILTER (WHERE t.then_what = 'we_wrote') AS we_wrote,
      count(*) FILTER (WHERE t.then_what = 'customer_wrote') AS customer_wrote,
      count(*) FILTER (WHERE t.then_what = 'nothing') AS nothing
    FROM told t GROUP BY 1) d),
  'steps', (SELECT coalesce(json_agg(d ORDER BY d.schedule, d.step), '[]')
    FROM (
    SELECT t.schedule, t.step, t.kind, count(*) AS messages,
      count(*) FILTER (WHERE t.then_what = 'we_wrote') AS we_wrote,
      count(*) FILTER (WHERE t.then_what = 'customer_wrote') AS customer_wrote,
      count(*) FILTER (WHERE t.then_what = 'nothing') AS nothing,
      round((extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (
        ORDER BY t.wrote_at - t.at) FILTER (WHERE t.then_what = 'we_wrote'))
        / 3600)::numeric, 1) AS hours_until_we_wrote
    FROM told t GROUP BY 1, 2, 3) d),
  'messages', (SELECT coalesce(json_agg(json_build_object(
      'at', date_trunc('second', t.at), 'tenant', t.tenant,
      'conversation', t.conversation, 'schedule', t.schedule, 'step', t.step,
      'text', t.message::jsonb->>'text', 'then', t.then_what,
      'then_at', date_trunc('second', t.then_at)) ORDER BY t.at, t.seq), '[]')
    FROM (SELECT * FROM told ORDER BY at DESC, seq DESC
          LIMIT $3::integer) t))::text
