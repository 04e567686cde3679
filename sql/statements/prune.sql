-- Forget changes that have been judged. params: partition
DELETE FROM followup.change_log c
WHERE c.ctid = ANY (ARRAY(
  SELECT d.ctid FROM followup.change_log d
  JOIN followup.partition p ON p.id = d.partition
  WHERE d.partition = $1::integer
    AND d.xid < pg_snapshot_xmin(p.captured)
    AND d.at < clock_timestamp() - interval '5 minutes'
  LIMIT 50000))
