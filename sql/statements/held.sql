-- Withdraw messages that a hold has caught in the queue. params: partition, limit
-- rows: how many
SELECT count(followup.withdraw(x.l, 'held')) FROM (
  SELECT l FROM followup.ledger l
  WHERE l.partition = $1::integer AND l.status = 'pending'
    AND EXISTS (SELECT FROM followup.hold)
    AND EXISTS (
      SELECT FROM followup.hold h
      WHERE h.scope = 'service'
         OR (h.scope = 'tenant' AND h.name = l.tenant)
         OR (h.scope = 'schedule' AND h.name = l.schedule))
  ORDER BY l.seq LIMIT $2::integer) x
