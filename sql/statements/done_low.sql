-- Move the mark below which no message is in the queue; messages that nobody
-- took before they expired leave it. params: partition, epoch
WITH p AS (
  SELECT * FROM followup.partition
  WHERE id = $1::integer AND epoch = $2::bigint
), open AS (
  SELECT l.seq FROM p JOIN followup.ledger l
    ON l.partition = p.id AND l.seq >= p.done_low
  WHERE l.status = 'pending' ORDER BY l.seq LIMIT 1
)
UPDATE followup.partition q
SET done_low = coalesce((SELECT seq FROM open), q.next_seq)
FROM p WHERE q.id = p.id
