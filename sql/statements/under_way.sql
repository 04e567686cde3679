-- Follow-ups under way, a page of a partition at a time.
-- params: partition, after id, limit, tenant, conversation, contact, schedule
--         (null: any)
-- rows: id, version
SELECT n.id, n.version
FROM followup.enrollment n
JOIN followup.schedule_version v ON v.id = n.version
WHERE n.partition = $1::integer AND n.id > $2::bigint AND n.outcome IS NULL
  AND ($4::text IS NULL OR n.tenant = $4::text)
  AND ($5::text IS NULL OR n.conversation = $5::text)
  AND ($6::text IS NULL OR n.contact = $6::text)
  AND ($7::text IS NULL OR v.name = $7::text)
ORDER BY n.id LIMIT $3::integer
