-- Renew what is ours, take what is free, up to a fair share.
-- params: worker, lease in ms
-- rows: partition, epoch, next_seq, done_low, captured, how many partitions
SELECT id, epoch, next_seq, done_low, captured::text,
  (SELECT partitions FROM followup.installation)
FROM followup.lease($1::text, $2::integer)
