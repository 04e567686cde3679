-- Changes up to this snapshot have been judged.
-- params: partition, epoch, snapshot
UPDATE followup.partition SET captured = $3::pg_snapshot
WHERE id = $1::integer AND epoch = $2::bigint
