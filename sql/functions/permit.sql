-- Messages by their ids, in the order in which rows are locked, and what stands
-- against each.
CREATE OR REPLACE FUNCTION followup.objections(ids text[])
RETURNS TABLE (asked followup.ledger[], whys text[])
LANGUAGE sql STABLE AS $$
  SELECT array_agg(l ORDER BY l.partition, l.seq),
    array_agg(nullif((SELECT o.why FROM followup.objection(l) o), '')
              ORDER BY l.partition, l.seq)
  FROM (SELECT DISTINCT w FROM unnest(ids) w) u,
    LATERAL followup.find_message(u.w) l
$$;

-- A permit right before the delivery. Refused once a reply, an opt-out, a
-- close, a pause or a hold is committed; the message is withdrawn then.
-- Whoever has a permit and did not use it at once asks `again`.
--
-- Partitions are locked before messages, as apply() does, and in order; what
-- was found before the locks is found out anew. Where nothing is withdrawn, no
-- partition is locked. A session makes its plan once: to make it anew for each
-- message takes longer than to follow it. So it must not be one that reads a
-- whole table since that is small yet (where one was counted when it was small,
-- tend() has plans made anew).
CREATE OR REPLACE FUNCTION followup.permit(
  ids text[], again text[] DEFAULT '{}')
RETURNS TABLE (id text, granted boolean, reason text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
SET random_page_cost = 1.1 AS $$
#variable_conflict use_column
DECLARE
  asked followup.ledger[];
  whys text[];
  given text[];
BEGIN
  SELECT a.asked, a.whys INTO asked, whys FROM followup.objections(ids) a;

  IF again <> '{}' OR EXISTS (
    SELECT FROM generate_subscripts(asked, 1) i
    WHERE whys[i] IS NOT NULL AND (asked[i]).status = 'pending') THEN
    PERFORM FROM followup.partition q
    WHERE q.id = ANY (ARRAY(
      SELECT (asked[i]).partition FROM generate_subscripts(asked, 1) i))
    ORDER BY q.id FOR NO KEY UPDATE;
    PERFORM FROM generate_subscripts(asked, 1) i
    JOIN followup.ledger l
      ON l.partition = (asked[i]).partition AND l.seq = (asked[i]).seq
    ORDER BY l.partition, l.seq FOR NO KEY UPDATE OF l;
    UPDATE followup.ledger l SET status = 'pending'
    FROM generate_subscripts(asked, 1) i
    WHERE (asked[i]).message_id = ANY (again)
      AND l.partition = (asked[i]).partition AND l.seq = (asked[i]).seq
      AND l.status = 'permit';
    SELECT a.asked, a.whys INTO asked, whys FROM followup.objections(ids) a;
    FOR i IN 1 .. coalesce(array_length(asked, 1), 0) LOOP
      IF whys[i] IS NOT NULL AND asked[i].status = 'pending' THEN
        PERFORM followup.withdraw(asked[i], whys[i]);
      END IF;
    END LOOP;
  END IF;

  -- By the key, not by the index of what is pending, as in apply(). What is free
  -- is locked, and so stays pending until it is granted.
  WITH free AS MATERIALIZED (
    SELECT l.partition, l.seq
    FROM generate_subscripts(asked, 1) i
    JOIN followup.ledger l
      ON l.partition = (asked[i]).partition AND l.seq = (asked[i]).seq
    WHERE whys[i] IS NULL AND CASE WHEN l.status = 'pending' THEN true END
    ORDER BY l.partition, l.seq FOR NO KEY UPDATE OF l
  ), granted AS (
    UPDATE followup.ledger l
    SET status = 'permit', status_at = clock_timestamp(),
      left_at = clock_timestamp()
    FROM free f
    WHERE l.partition = f.partition AND l.seq = f.seq
    RETURNING l.message_id
  )
  SELECT array_agg(g.message_id) INTO given FROM granted g;

  -- One that is neither refused nor granted was taken in between: its status
  -- says by what.
  RETURN QUERY
  SELECT w, g IS NOT NULL,
    CASE WHEN g IS NOT NULL THEN NULL
         WHEN l.message_id IS NULL THEN 'unknown_message'
         WHEN a.why IS NOT NULL THEN a.why
         WHEN l.status = 'permit' THEN 'outcome_unknown'
         ELSE 'already_' || l.status END
  FROM unnest(ids) w
  LEFT JOIN unnest(given) g ON g = w
  LEFT JOIN (
    SELECT (asked[i]).partition, (asked[i]).seq, (asked[i]).message_id,
      whys[i] AS why
    FROM generate_subscripts(asked, 1) i
  ) a ON a.message_id = w
  LEFT JOIN followup.ledger l
    ON l.partition = a.partition AND l.seq = a.seq;
END
$$;
