-- Partitions: who owns which, and the fence that keeps others out.

-- Its names are looked up now, not when it is called: touch() depends on that.
CREATE OR REPLACE FUNCTION followup.share_of(
  tenant text, conversation text, shares integer)
RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (abs(hashtextextended(conversation, hashtext(tenant)) % shares))::integer;

CREATE OR REPLACE FUNCTION followup.partition_of(tenant text, conversation text)
RETURNS integer LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT followup.share_of(tenant, conversation, i.partitions)
  FROM followup.installation i
$$;

CREATE OR REPLACE FUNCTION followup.set_partitions(n integer) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  judged pg_snapshot;
BEGIN
  IF n NOT BETWEEN 1 AND 64 THEN
    RAISE EXCEPTION 'partitions: % is not between 1 and 64', n
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  LOCK TABLE followup.enrollment, followup.partition, followup.change_log,
    followup.command IN SHARE ROW EXCLUSIVE MODE;
  IF n = (SELECT partitions FROM followup.installation) THEN
    RETURN;
  END IF;
  IF EXISTS (SELECT FROM followup.enrollment) THEN
    RAISE EXCEPTION 'partitions: cannot change while there are enrollments'
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  -- Snapshots taken one after the other see more and more. What any partition
  -- has not judged yet is judged by whoever has it now.
  SELECT q.captured INTO judged FROM followup.partition q
  ORDER BY pg_snapshot_xmax(q.captured), pg_snapshot_xmin(q.captured),
    (SELECT count(*) FROM pg_snapshot_xip(q.captured)) DESC LIMIT 1;
  UPDATE followup.installation SET partitions = n;
  INSERT INTO followup.partition (id, captured)
  SELECT i, judged FROM generate_series(0, n - 1) i
  ON CONFLICT DO NOTHING;
  DELETE FROM followup.partition WHERE id >= n;
  UPDATE followup.partition q
  SET captured = judged, epoch = q.epoch + 1, owner = NULL, lease_until = NULL;
  UPDATE followup.change_log c
  SET partition = followup.partition_of(c.tenant, c.conversation);
  UPDATE followup.command c
  SET partition = followup.partition_of(c.tenant, c.conversation)
  WHERE c.conversation IS NOT NULL;
END
$$;

-- Leases. A partition is taken when its lease has run out, never before; who
-- has more than a fair share gives the rest up for others to take. Rows are
-- locked in the order of their ids, by everyone who locks several.
CREATE OR REPLACE FUNCTION followup.lease(me text, lease_ms integer)
RETURNS SETOF followup.partition LANGUAGE plpgsql AS $$
DECLARE
  live integer;
  mine integer;
  share integer;
  until timestamptz := clock_timestamp() + lease_ms * interval '1 ms';
BEGIN
  INSERT INTO followup.worker AS w (id) VALUES (me)
  ON CONFLICT (id) DO UPDATE SET seen_at = clock_timestamp();
  DELETE FROM followup.worker w
  WHERE w.seen_at < clock_timestamp() - interval '1 day';

  PERFORM FROM followup.partition q WHERE q.owner = me
  ORDER BY q.id FOR NO KEY UPDATE;
  UPDATE followup.partition q SET lease_until = until
  WHERE q.owner = me;
  GET DIAGNOSTICS mine = ROW_COUNT;

  SELECT count(*) INTO live FROM followup.worker w
  WHERE w.seen_at > clock_timestamp() - lease_ms * interval '1 ms';
  SELECT ceil(count(*)::numeric / greatest(live, 1)) INTO share
  FROM followup.partition;

  UPDATE followup.partition q SET owner = NULL, lease_until = NULL
  WHERE q.id IN (
    SELECT g.id FROM followup.partition g WHERE g.owner = me
    ORDER BY g.id DESC LIMIT greatest(mine - share, 0));

  UPDATE followup.partition q
  SET owner = me, epoch = q.epoch + 1, lease_until = until
  WHERE q.id IN (
    SELECT f.id FROM followup.partition f
    WHERE f.owner IS NULL OR f.lease_until < clock_timestamp()
    ORDER BY f.id LIMIT greatest(share - mine, 0)
    FOR NO KEY UPDATE SKIP LOCKED);

  RETURN QUERY SELECT q.* FROM followup.partition q
  WHERE q.owner = me ORDER BY q.id;
END
$$;

CREATE OR REPLACE FUNCTION followup.release(worker text) RETURNS void
LANGUAGE sql AS $$
  SELECT FROM followup.partition q WHERE q.owner = $1
  ORDER BY q.id FOR NO KEY UPDATE;
  UPDATE followup.partition SET owner = NULL, lease_until = NULL
  WHERE owner = $1;
  DELETE FROM followup.worker w WHERE w.id = $1;
$$;

-- Sessions keep the plans that they made when a table was small, and a plan for
-- an empty table reads all of a full one for every row. Autovacuum notices
-- after a minute or more, which is too late for a table that begins to grow: so it is
-- analyzed as often as it has doubled, and all sessions plan again. Once it is
-- large, no plan changes any more, and autovacuum does as well.
CREATE OR REPLACE FUNCTION followup.tend() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  name text;
BEGIN
  FOR name IN
    SELECT s.relname FROM pg_stat_user_tables s
    JOIN pg_class c ON c.oid = s.relid
    WHERE s.schemaname = 'followup'
      AND s.relname IN ('enrollment', 'ledger', 'change_log', 'command',
                        'closing')
      AND s.n_live_tup > 2 * greatest(c.reltuples, 0) + 50
      AND c.reltuples < 20000
  LOOP
    EXECUTE format('ANALYZE (SKIP_LOCKED) followup.%I', name);
  END LOOP;
END
$$;

-- The fence: lock the partition's row, or refuse. Commits of one partition are
-- in the order of their seq, because all of them pass here.
CREATE OR REPLACE FUNCTION followup.fence(p integer, e bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  first bigint;
BEGIN
  SELECT q.next_seq INTO first FROM followup.partition q
  WHERE q.id = p AND q.epoch = e AND q.lease_until > clock_timestamp()
  FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'partition % is not ours at epoch %', p, e
      USING ERRCODE = 'FU001';
  END IF;
  RETURN first;
END
$$;
