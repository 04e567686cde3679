-- Judge again what waits for a hold that is gone, a page at a time.
-- params: partition, after id, limit
-- rows: last id of the page, whether it was full, how many are judged again
WITH page AS MATERIALIZED (
  SELECT n.id, n.tenant, n.conversation, n.version
  FROM followup.enrollment n
  WHERE n.partition = $1::integer AND n.id > $2::bigint
    AND n.waits_for = 'held' AND n.outcome IS NULL
    AND NOT EXISTS (SELECT FROM followup.hold s WHERE s.scope = 'service')
  ORDER BY n.id LIMIT $3::integer
), touched AS (
  INSERT INTO followup.change_log (partition, tenant, conversation)
  SELECT $1::integer, p.tenant, p.conversation
  FROM page p JOIN followup.schedule_version v ON v.id = p.version
  WHERE NOT EXISTS (
    SELECT FROM followup.hold h
    WHERE (h.scope = 'tenant' AND h.name = p.tenant)
       OR (h.scope = 'schedule' AND h.name = v.name))
  RETURNING 1
)
SELECT coalesce((SELECT max(p.id) FROM page p), 0),
  (SELECT count(*) FROM page) = $3::integer, (SELECT count(*) FROM touched)
