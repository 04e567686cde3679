-- Enrollments whose instant passed a while ago and that wait for nothing else, a
-- page at a time: their timers may be lost.
-- params: partition, grace in seconds, after id, limit
-- rows: id, due_ms
SELECT id, followup.due_ms(due_at) FROM followup.enrollment
WHERE partition = $1::integer AND outcome IS NULL
  AND due_at < clock_timestamp() - $2::integer * interval '1 s'
  AND id > $3::bigint
ORDER BY id LIMIT $4::integer
