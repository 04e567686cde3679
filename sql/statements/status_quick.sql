-- Is the service alive? params: how long a worker counts as alive, in ms
-- rows: partitions, of them leased, workers heard of
SELECT count(*),
  count(*) FILTER (
    WHERE p.owner IS NOT NULL AND p.lease_until > clock_timestamp()),
  (SELECT count(*) FROM followup.worker w
   WHERE w.seen_at > clock_timestamp() - $1::bigint * interval '1 ms')
FROM followup.partition p
