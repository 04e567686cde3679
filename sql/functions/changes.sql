-- Change capture. Called by the CRM's own transactions, so it only appends:
-- it takes no lock that a writer could wait for. In PL/pgSQL, whose plans a
-- session keeps: SQL would be planned anew in every transaction. It has the
-- rights of its owner and yet no search_path of its own, since to set one costs
-- about as much as the row: so no name in it may be without its schema, an
-- operator's neither.
CREATE OR REPLACE FUNCTION followup.touch(tenant text, conversation text)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  INSERT INTO followup.change_log (partition, tenant, conversation)
  SELECT followup.share_of($1, $2, i.partitions), $1, $2
  FROM followup.installation i
  WHERE $1 IS NOT NULL AND $2 IS NOT NULL;
END
$$;

-- Conversations of a partition that changed after `seen` was taken, and are
-- committed now. Two index ranges: those that had not begun, and those that
-- were under way; a long transaction does not widen the search.
CREATE OR REPLACE FUNCTION followup.changed_after(p integer, seen pg_snapshot)
RETURNS TABLE (tenant text, conversation text) LANGUAGE sql STABLE AS $$
  SELECT c.tenant, c.conversation FROM followup.change_log c
  WHERE c.partition = p AND c.xid >= pg_snapshot_xmax(seen)
  UNION ALL
  SELECT c.tenant, c.conversation FROM followup.change_log c
  WHERE c.partition = p AND c.xid = ANY (ARRAY(SELECT pg_snapshot_xip(seen)))
$$;
