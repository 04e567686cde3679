-- Timers as they should be, a page at a time.
-- params: partition, after id, limit. rows: id, due_ms
SELECT id, followup.due_ms(due_at) FROM followup.enrollment
WHERE partition = $1::integer AND id > $2::bigint AND outcome IS NULL
  AND due_at IS NOT NULL
ORDER BY id LIMIT $3::integer
