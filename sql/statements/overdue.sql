-- Of a page of enrollments those whose instant passed a while ago and that wait
-- for nothing else: their timers may be lost. Nothing finds them by an index, so
-- as many as the page has are looked at, overdue or not: however many wait, no
-- other statement waits longer for this one.
-- params: partition, grace in seconds, after id, limit
-- rows: id, due_ms; where there may be more, the last id that was looked at, null
WITH page AS MATERIALIZED (
  SELECT id, due_at FROM followup.enrollment
  WHERE partition = $1::integer AND outcome IS NULL AND id > $3::bigint
  ORDER BY id LIMIT $4::integer
)
SELECT id, followup.due_ms(due_at) FROM page
WHERE due_at < clock_timestamp() - $2::integer * interval '1 s'
UNION ALL
SELECT max(id), NULL FROM page HAVING count(*) = $4::integer
