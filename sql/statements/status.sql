-- The whole state for a person, as one JSON object.
-- params: how long a worker counts as alive, in ms
-- rows: JSON
WITH now AS MATERIALIZED (SELECT clock_timestamp() AS at),
active AS MATERIALIZED (
  SELECT n.partition, count(*) AS active,
    count(*) FILTER (WHERE n.due_at IS NULL) AS waiting,
    count(*) FILTER (WHERE n.paused_until > now.at) AS paused,
    count(*) FILTER (WHERE n.due_at < now.at) AS overdue,
    min(n.due_at) AS next_due
  FROM followup.enrollment n, now
  WHERE n.outcome IS NULL GROUP BY n.partition
), late AS MATERIALIZED (
  SELECT n.channel, count(*) AS waiting, min(n.due_at) AS oldest
  FROM followup.enrollment n, now
  WHERE n.outcome IS NULL AND n.due_at < now.at - interval '10 s'
  GROUP BY n.channel
), queue AS MATERIALIZED (
  SELECT p.id AS partition,
    count(*) FILTER (WHERE l.status = 'pending') AS pending,
    count(*) FILTER (WHERE l.status = 'permit') AS permits,
    min(l.at) FILTER (WHERE l.status = 'pending') AS oldest
  FROM followup.partition p
  JOIN followup.ledger l ON l.partition = p.id AND l.seq >= p.done_low
  WHERE l.status IN ('pending', 'permit') GROUP BY p.id
), recent AS MATERIALIZED (
  SELECT l.event, l.status, l.channel,
    extract(epoch FROM l.at - l.due_at) * 1000 AS late_ms
  FROM now, followup.partition p
  JOIN followup.ledger l
    ON l.partition = p.id AND l.seq >= p.next_seq - 10000
  WHERE l.at > now.at - interval '1 hour'
), changes AS MATERIALIZED (
  SELECT count(*) AS n, min(c.at) AS oldest
  FROM followup.partition p
  JOIN followup.change_log c ON c.partition = p.id
    AND (c.xid >= pg_snapshot_xmax(p.captured)
         OR c.xid = ANY (ARRAY(SELECT pg_snapshot_xip(p.captured))))
)
SELECT json_build_object(
  'installation', (
    SELECT json_build_object(
      'migration', (SELECT max(m.name) FROM followup.migration m),
      'adapter', i.adapter,
      'partitions', i.partitions,
      'enroll_since', date_trunc('second', i.enroll_since))
    FROM followup.installation i),
  'enrollments', (
    SELECT json_build_object(
      'active', coalesce(sum(a.active), 0),
      'waiting', coalesce(sum(a.waiting), 0),
      'paused', coalesce(sum(a.paused), 0),
      'overdue', coalesce(sum(a.overdue), 0),
      'behind_s', greatest(0, round(
        extract(epoch FROM (SELECT at FROM now) - min(a.next_due)), 1)),
      'next_due', min(a.next_due))
    FROM active a),
  'late', (
    SELECT coalesce(json_agg(json_build_object(
      'channel', l.channel, 'waiting', l.waiting, 'behind_s', round(
        extract(epoch FROM (SELECT at FROM now) - l.oldest), 1))
      ORDER BY l.channel), '[]')
    FROM late l),
  'messages', (
    SELECT json_build_object(
      'pending', coalesce(sum(q.pending), 0),
      'at_senders', coalesce(sum(q.permits), 0),
      'oldest_s', round(
        extract(epoch FROM (SELECT at FROM now) - min(q.oldest)), 1))
    FROM queue q),
  'changes', (
    SELECT json_build_object(
      'to_judge', c.n,
      'oldest_s', round(
        extract(epoch FROM (SELECT at FROM now) - c.oldest), 1))
    FROM changes c),
  'last_hour', (
    SELECT json_build_object(
      'fired', count(*) FILTER (WHERE r.event = 'fired'),
      'late_p50_ms', round((percentile_disc(0.5) WITHIN GROUP (
        ORDER BY r.late_ms) FILTER (WHERE r.event = 'fired'))::numeric, 1),
      'late_p99_ms', round((percentile_disc(0.99) WITHIN GROUP (
        ORDER BY r.late_ms) FILTER (WHERE r.event = 'fired'))::numeric, 1),
      'withdrawn', count(*) FILTER (WHERE r.event = 'withdrawn'),
      'skipped', count(*) FILTER (WHERE r.event = 'skipped'),
      'replied', count(*) FILTER (WHERE r.event = 'replied'),
      'failed', count(*) FILTER (WHERE r.status = 'failed'),
      'outcome_unknown', count(*) FILTER (WHERE r.status = 'unknown'))
    FROM recent r),
  'holds', (
    SELECT coalesce(json_agg(json_build_object(
      'scope', h.scope, 'name', h.name, 'by', h.actor, 'reason', h.reason,
      'since', date_trunc('second', h.at)) ORDER BY h.at), '[]')
    FROM followup.hold h),
  'workers', (
    SELECT coalesce(json_agg(json_build_object(
      'id', w.id,
      'alive', w.seen_at > (SELECT at FROM now)
               - $1::bigint * interval '1 ms',
      'partitions', (SELECT count(*) FROM followup.partition p
                     WHERE p.owner = w.id
                       AND p.lease_until > (SELECT at FROM now)),
      'started', date_trunc('second', w.started_at),
      'seen_s_ago', round(
        extract(epoch FROM (SELECT at FROM now) - w.seen_at), 1))
      ORDER BY w.started_at), '[]')
    FROM followup.worker w),
  'partitions', (
    SELECT json_agg(json_build_object(
      'id', p.id,
      'owner', CASE WHEN p.lease_until > (SELECT at FROM now)
                    THEN p.owner END,
      'epoch', p.epoch,
      'seq', p.next_seq - 1,
      'active', coalesce(a.active, 0),
      'overdue', coalesce(a.overdue, 0),
      'pending', coalesce(q.pending, 0),
      'next_due', a.next_due) ORDER BY p.id)
    FROM followup.partition p
    LEFT JOIN active a ON a.partition = p.id
    LEFT JOIN queue q ON q.partition = p.id),
  'channels', (
    SELECT coalesce(json_agg(DISTINCT r.channel), '[]') FROM recent r
    WHERE r.channel IS NOT NULL))::text
