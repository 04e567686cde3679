-- What nobody needs any more goes by itself.
--
-- A follow-up is forgotten as a whole: once it has ended, and nothing has been
-- written of it for long enough, its rows of the ledger go, all of them. One
-- that has a message of which nobody knows what became stays as it is. The
-- enrollment stays too, without the person: that a silence was followed up is
-- known for ever, for else it would begin again. It has no last_seq then.

-- Commands that were answered before `before`, at most `most`.
CREATE OR REPLACE FUNCTION followup.forget_commands(
  before timestamptz, most integer)
RETURNS bigint LANGUAGE sql AS $$
  WITH oldest AS MATERIALIZED (
    SELECT m.seq, m.status, m.answered_at FROM followup.command m
    ORDER BY m.seq LIMIT most
  ), gone AS (
    DELETE FROM followup.command m
    WHERE m.seq = ANY (ARRAY(
        SELECT o.seq FROM oldest o
        WHERE o.status <> 'pending' AND o.answered_at < before))
      AND NOT EXISTS (
        SELECT FROM followup.fan_out f WHERE f.command = m.seq)
    RETURNING 1
  )
  SELECT count(*) FROM gone
$$;

-- Follow-ups whose newest row is among the `most` rows after `after`, up to
-- `told`: what the streams have not been told yet is not looked at. A row that
-- arms a step is nobody's last. The partition is locked as by everybody who
-- changes an enrollment; what was locked meanwhile is seen as it is then.
CREATE OR REPLACE FUNCTION followup.forget_ended(
  p integer, before timestamptz, after bigint, told bigint, most integer,
  OUT next bigint, OUT ended bigint, OUT gone bigint)
LANGUAGE plpgsql AS $$
DECLARE
  until timestamptz;
BEGIN
  PERFORM FROM followup.partition q WHERE q.id = p FOR NO KEY UPDATE;
  WITH RECURSIVE page AS MATERIALIZED (
    SELECT l.seq, l.enrollment, l.at, l.next_step FROM followup.ledger l
    WHERE l.partition = p AND l.seq > after AND l.seq <= told
    ORDER BY l.seq LIMIT most
  ), newest AS MATERIALIZED (
    SELECT n.id, n.last_seq, g.at
    FROM page g
    JOIN followup.enrollment n ON n.partition = p AND n.id = g.enrollment
    WHERE g.next_step IS NULL AND g.at < before
      AND n.last_seq = g.seq AND n.outcome IS NOT NULL
  ), chain AS (
    SELECT w.id, l.seq, l.prev_seq, l.status
    FROM newest w
    JOIN followup.ledger l ON l.partition = p AND l.seq = w.last_seq
    UNION ALL
    SELECT c.id, l.seq, l.prev_seq, l.status
    FROM chain c
    JOIN followup.ledger l ON l.partition = p AND l.seq = c.prev_seq
  ), done AS MATERIALIZED (
    SELECT c.id, array_agg(c.seq) AS seqs FROM chain c GROUP BY c.id
    HAVING count(*) FILTER (
      WHERE c.status IN ('pending', 'permit', 'unknown')) = 0
  ), deleted AS (
    DELETE FROM followup.ledger l
    WHERE l.partition = p
      AND l.seq = ANY (ARRAY(SELECT unnest(d.seqs) FROM done d))
    RETURNING 1
  ), stripped AS (
    UPDATE followup.enrollment n
    SET contact = NULL, address = NULL, since_at = NULL, last_seq = NULL,
      last_out_seq = NULL, last_step_at = NULL, due_at = NULL,
      waits_for = NULL, manual_at = NULL, paused_until = NULL,
      not_before = NULL
    WHERE n.partition = p AND n.id = ANY (ARRAY(SELECT d.id FROM done d))
    RETURNING 1
  )
  SELECT
    (SELECT max(g.seq) FROM page g
     HAVING count(*) = most AND max(g.at) < before),
    (SELECT count(*) FROM stripped), (SELECT count(*) FROM deleted),
    (SELECT max(w.at) FROM newest w JOIN done d USING (id))
  INTO next, ended, gone, until;
  UPDATE followup.partition q SET forgotten = greatest(q.forgotten, until)
  WHERE q.id = p AND until IS NOT NULL;
END
$$;

-- A page of what is older than `keep_s`; `next` is where the following one
-- begins, null when this was the last. Whoever works with the tables deletes
-- from none of them but by this, and nothing of the last day. A crash may bring
-- back what was just forgotten: nobody waits for the disk.
CREATE OR REPLACE FUNCTION followup.forget(
  p integer, keep_s bigint, after bigint, told bigint, most integer,
  OUT next bigint, OUT ended bigint, OUT gone bigint, OUT commands bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  before timestamptz := clock_timestamp() - keep_s * interval '1 s';
BEGIN
  IF keep_s < 86400 THEN
    RAISE EXCEPTION 'forget: % s are less than a day', keep_s
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM set_config('synchronous_commit', 'off', true);
  SELECT e.next, e.ended, e.gone INTO next, ended, gone
  FROM followup.forget_ended(p, before, after, told, most) e;
  commands := CASE WHEN p = 0
    THEN followup.forget_commands(before, most) ELSE 0 END;
  IF commands = most THEN
    next := coalesce(next, after);
  END IF;
END
$$;
REVOKE EXECUTE ON FUNCTION
  followup.forget(integer, bigint, bigint, bigint, integer) FROM PUBLIC;
