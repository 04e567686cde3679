-- New messages, read by their ids: for an adapter that tells which rows there
-- are, new_messages(above, up_to), instead of a trigger that each of the CRM's
-- inserts would pay for. What is read is noted as touch() notes it.
--
-- Ids are taken before they are committed, and some are never. So ids that were
-- passed over are read again and again, until whoever was under way when they
-- were passed over has ended: a snapshot in which they are missing even then will
-- not be followed by one that has them. An id may be taken a moment before its
-- transaction counts as under way, hence the 10 s.
--
-- A few rows of a huge table are wanted, and which is known only when they are
-- asked for: a plan that is made for the average reads all of it.

-- Why ids of the column tell nothing of the order in which they were taken; null:
-- they do.
CREATE OR REPLACE FUNCTION followup.ids_problem(tab text, col text)
RETURNS text LANGUAGE sql STABLE AS $$
  SELECT format('sessions take %s ids of %s at a time (CACHE) and use them much '
    'later: new rows cannot be told by them', s.seqcache, tab)
  FROM pg_sequence s
  WHERE s.seqrelid = pg_get_serial_sequence(tab, col)::regclass
    AND s.seqcache > 1
$$;

CREATE OR REPLACE FUNCTION followup.last_id() RETURNS bigint
LANGUAGE sql IMMUTABLE RETURN 9223372036854775807;

-- Whether read_new() would find anything to do. Writes nothing, and locks none.
CREATE OR REPLACE FUNCTION followup.has_new() RETURNS boolean
LANGUAGE plpgsql STABLE
SET jit = off SET enable_seqscan = off
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  RETURN EXISTS (
    SELECT FROM followup.reading r WHERE r.head IS NULL
  ) OR EXISTS (
    SELECT FROM followup.reading r,
      LATERAL followup.new_messages(r.head, followup.last_id())
  ) OR EXISTS (
    SELECT FROM followup.unread u
    WHERE u.ended <= pg_snapshot_xmin(pg_current_snapshot())
      AND u.at < clock_timestamp() - interval '10 s'
  ) OR EXISTS (
    SELECT FROM followup.unread u,
      LATERAL followup.new_messages(u.above, u.up_to)
  );
END
$$;

-- The highest id that is committed; 0: none is.
CREATE OR REPLACE FUNCTION followup.newest_id() RETURNS bigint
LANGUAGE plpgsql STABLE
SET jit = off SET enable_seqscan = off
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  low bigint := 0;
  high bigint := followup.last_id();
  middle bigint;
BEGIN
  WHILE low < high LOOP
    middle := low + (high - low) / 2;
    IF EXISTS (SELECT FROM followup.new_messages(middle, followup.last_id()))
    THEN
      low := middle + 1;
    ELSE
      high := middle;
    END IF;
  END LOOP;
  RETURN low;
END
$$;

-- Begin with what comes from now on. The last thousand before are read as well:
-- what is under way now has its ids there.
CREATE OR REPLACE FUNCTION followup.begin_reading() RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  newest bigint := followup.newest_id();
BEGIN
  DELETE FROM followup.unread;
  INSERT INTO followup.unread (above, up_to, ended)
  SELECT greatest(newest - 1000, 0), newest,
    pg_snapshot_xmax(pg_current_snapshot())
  WHERE newest > 0;
  UPDATE followup.reading SET head = newest;
END
$$;

-- Read what is new, and note the conversations that it belongs to. One worker
-- reads at a time; what it has read and how far commit together.
--
-- result: conversations that were noted; null: the adapter is not read so
CREATE OR REPLACE FUNCTION followup.read_new() RETURNS integer
LANGUAGE plpgsql
SET jit = off SET enable_seqscan = off
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  was bigint;
  newest bigint;
  n integer;
BEGIN
  IF to_regprocedure('followup.new_messages(bigint, bigint)') IS NULL THEN
    RETURN NULL;
  END IF;
  IF NOT followup.has_new() THEN
    RETURN 0;
  END IF;
  SELECT r.head INTO was FROM followup.reading r FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN 0;
  END IF;
  IF was IS NULL THEN
    PERFORM followup.begin_reading();
    RETURN 0;
  END IF;

  -- All of it in one snapshot. Of a range in which something was found remains
  -- what is missing between the ids, and behind the last one if it has an end.
  WITH asked AS (
    SELECT u.above, u.up_to, u.ended, u.at FROM followup.unread u
    UNION ALL
    SELECT was, followup.last_id(), pg_snapshot_xmax(pg_current_snapshot()),
      clock_timestamp()
  ), found AS MATERIALIZED (
    SELECT a.*, m.id, m.tenant, m.conversation,
      lag(m.id, 1, a.above) OVER (PARTITION BY a.above ORDER BY m.id) AS before
    FROM asked a, LATERAL followup.new_messages(a.above, a.up_to) m
  ), gone AS (
    DELETE FROM followup.unread u
    WHERE EXISTS (SELECT FROM found f WHERE f.above = u.above)
      OR (u.ended <= pg_snapshot_xmin(pg_current_snapshot())
          AND u.at < clock_timestamp() - interval '10 s')
  ), missing AS (
    INSERT INTO followup.unread (above, up_to, ended, at)
    SELECT f.before, f.id - 1, f.ended, f.at FROM found f
    WHERE f.before < f.id - 1
    UNION ALL
    SELECT max(f.id), f.up_to, f.ended, f.at FROM found f
    WHERE f.up_to < followup.last_id()
    GROUP BY f.above, f.up_to, f.ended, f.at
    HAVING max(f.id) < f.up_to
  ), noted AS (
    INSERT INTO followup.change_log (partition, tenant, conversation)
    SELECT followup.share_of(d.tenant, d.conversation, i.partitions),
      d.tenant, d.conversation
    FROM (SELECT DISTINCT f.tenant, f.conversation FROM found f) d,
      followup.installation i
    WHERE d.tenant IS NOT NULL AND d.conversation IS NOT NULL
    RETURNING 1
  )
  SELECT (SELECT max(f.id) FROM found f WHERE f.above = was),
    (SELECT count(*) FROM noted)
  INTO newest, n;
  IF newest IS NOT NULL THEN
    UPDATE followup.reading SET head = newest;
  END IF;
  RETURN n;
END
$$;
