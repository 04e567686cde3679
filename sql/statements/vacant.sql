-- Whether a partition has no owner, or one whose lease is over.
-- params: none. rows: one
SELECT EXISTS (
  SELECT FROM followup.partition
  WHERE owner IS NULL OR lease_until < clock_timestamp())
