-- Messages that a stream which is behind lacks, in order.
-- params: partition, channel, from seq, limit
SELECT l.seq, l.message_id, l.kind, followup.us(l.expires_at), l.message
FROM followup.ledger l
WHERE l.partition = $1::integer AND l.status = 'pending'
  AND l.channel = $2::text AND l.seq >= $3::bigint
ORDER BY l.seq LIMIT $4::integer
