-- PostgreSQL was set back behind Redis: go on after what Redis has seen.
-- params: partition, epoch, relayed, epoch in Redis
UPDATE followup.partition
SET next_seq = greatest(next_seq, $3::bigint + 1),
    epoch = greatest(epoch, $4::bigint) + 1,
    owner = NULL, lease_until = NULL
WHERE id = $1::integer AND epoch = $2::bigint
