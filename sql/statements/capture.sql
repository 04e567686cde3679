-- Conversations that changed between two snapshots, a page at a time.
-- params: partition, epoch, old snapshot, new snapshot (null: now),
--         tenant and conversation of the page before (null: first), limit
-- rows: new snapshot, next_seq of the partition, tenant, conversation
--       (one row with nulls when nothing changed; none when fenced)
SELECT s.new::text, q.next_seq, c.tenant, c.conversation
FROM (SELECT coalesce($4::pg_snapshot, pg_current_snapshot()) AS new,
             $3::pg_snapshot AS old) s
JOIN followup.partition q ON q.id = $1::integer AND q.epoch = $2::bigint
LEFT JOIN LATERAL (
  SELECT DISTINCT l.tenant, l.conversation
  FROM followup.change_log l
  WHERE l.partition = $1::integer
    AND ((l.xid >= pg_snapshot_xmax(s.old) AND l.xid < pg_snapshot_xmax(s.new))
         OR l.xid = ANY (ARRAY(SELECT pg_snapshot_xip(s.old))))
    AND pg_visible_in_snapshot(l.xid, s.new)
    AND ($5::text IS NULL
         OR (l.tenant, l.conversation) > ($5::text, $6::text))
  ORDER BY l.tenant, l.conversation
  LIMIT $7::integer
) c ON true
