-- Withdraw messages that nobody took in time. params: partition, limit
SELECT followup.withdraw(x.l, 'expired') FROM (
  SELECT l FROM followup.ledger l
  WHERE l.partition = $1::integer AND l.status = 'pending'
    AND l.expires_at < clock_timestamp()
  ORDER BY l.seq LIMIT $2::integer) x
