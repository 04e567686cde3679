-- Which partitions have something new: another owner, rows of the ledger, or
-- conversations that have changed.
-- params: partitions, their epochs, next_seqs and snapshots as far as we know
-- rows: partition, epoch, next_seq, whether conversations have changed
SELECT q.id, q.epoch, q.next_seq, c.changed
FROM unnest($1::integer[], $2::bigint[], $3::bigint[], $4::pg_snapshot[])
  AS w (id, epoch, next_seq, seen)
JOIN followup.partition q ON q.id = w.id
CROSS JOIN LATERAL (
  SELECT EXISTS (SELECT FROM followup.changed_after(w.id, w.seen)) AS changed
) c
WHERE q.epoch <> w.epoch OR q.next_seq <> w.next_seq OR c.changed
