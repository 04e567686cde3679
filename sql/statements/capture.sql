-- Conversations that changed between two snapshots, a page at a time, in the
-- order of the index: transactions that were under way in the old snapshot come
-- before those that had not begun, having smaller ids.
-- params: partition, epoch, old snapshot, new snapshot (null: now),
--         transaction, tenant and conversation that the page before ended with
--         (null: first), limit
-- rows: new snapshot, next_seq of the partition, tenant, conversation,
--       transaction, whether an earlier row of the page has the conversation
--       (one row with nulls when nothing changed; none when fenced)
SELECT s.new::text, q.next_seq, c.tenant, c.conversation, c.xid::text, c.again
FROM (SELECT coalesce($4::pg_snapshot, pg_current_snapshot()) AS new,
             $3::pg_snapshot AS old,
             coalesce($5::xid8, '0'::xid8) AS xid,
             coalesce($6::text, '') AS tenant,
             coalesce($7::text, '') AS conversation) s
JOIN followup.partition q ON q.id = $1::integer AND q.epoch = $2::bigint
LEFT JOIN LATERAL (
  SELECT p.*, row_number() OVER (
    PARTITION BY p.tenant, p.conversation ORDER BY p.xid) > 1 AS again
  FROM (
    (SELECT l.xid, l.tenant, l.conversation
     FROM pg_snapshot_xip(s.old) x, LATERAL (
       SELECT DISTINCT y.xid, y.tenant, y.conversation
       FROM followup.change_log y
       WHERE y.partition = $1::integer AND y.xid = x
         AND (y.xid, y.tenant, y.conversation)
             > (s.xid, s.tenant, s.conversation)
       ORDER BY y.xid, y.tenant, y.conversation LIMIT $8::integer) l
     WHERE x >= s.xid AND pg_visible_in_snapshot(x, s.new))
    UNION ALL
    (SELECT DISTINCT l.xid, l.tenant, l.conversation
     FROM followup.change_log l
     WHERE l.partition = $1::integer
       AND (l.xid, l.tenant, l.conversation)
           > (s.xid, s.tenant, s.conversation)
       AND l.xid >= pg_snapshot_xmax(s.old)
       AND l.xid < pg_snapshot_xmax(s.new)
       AND pg_visible_in_snapshot(l.xid, s.new)
     ORDER BY l.xid, l.tenant, l.conversation LIMIT $8::integer)
    ORDER BY xid, tenant, conversation LIMIT $8::integer
  ) p
) c ON true
ORDER BY c.xid, c.tenant, c.conversation
