-- Enrollments whose instant passed a while ago and that wait for nothing else:
-- their timers were lost. params: partition, grace in seconds, limit
-- rows: id, due_ms
SELECT id, followup.due_ms(due_at) FROM followup.enrollment
WHERE partition = $1::integer AND outcome IS NULL
  AND due_at < clock_timestamp() - $2::integer * interval '1 s'
ORDER BY due_at LIMIT $3::integer
