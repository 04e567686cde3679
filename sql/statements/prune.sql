-- Forget changes that have been judged. params: partition, limit
-- rows: how many were forgotten
WITH gone AS (
  DELETE FROM followup.change_log c
  WHERE c.ctid = ANY (ARRAY(
    SELECT d.ctid FROM followup.change_log d
    WHERE d.partition = $1::integer
      AND d.xid < (SELECT pg_snapshot_xmin(p.captured)
                   FROM followup.partition p WHERE p.id = $1::integer)
      AND d.at < clock_timestamp() - interval '5 minutes'
    ORDER BY d.xid LIMIT $2::integer))
  RETURNING 1
)
SELECT count(*) FROM gone
