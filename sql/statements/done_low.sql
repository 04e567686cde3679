-- Move the mark below which no message is in the queue. All of it is read in one
-- snapshot: what is committed meanwhile lies above. params: partition, epoch
WITH p AS MATERIALIZED (
  SELECT q.id, q.epoch, q.next_seq FROM followup.partition q
  WHERE q.id = $1::integer AND q.epoch = $2::bigint
), open AS MATERIALIZED (
  SELECT l.seq FROM followup.ledger l
  WHERE l.partition = $1::integer AND l.status = 'pending'
  ORDER BY l.seq LIMIT 1
)
UPDATE followup.partition q
SET done_low = coalesce((SELECT seq FROM open), p.next_seq)
FROM p WHERE q.id = p.id AND q.epoch = p.epoch
