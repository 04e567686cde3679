-- Small things first.

CREATE FUNCTION followup.us(at timestamptz) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN at = 'infinity' THEN 9223372036854775807
              ELSE (extract(epoch FROM at) * 1000000)::bigint END
$$;
COMMENT ON FUNCTION followup.us IS
  'microseconds since 1970; infinity is the largest';

CREATE FUNCTION followup.at(us bigint) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN us = 9223372036854775807 THEN 'infinity'::timestamptz
              ELSE 'epoch'::timestamptz + us * interval '1 microsecond' END
$$;

CREATE FUNCTION followup.due_ms(at timestamptz) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN at IS NULL OR at = 'infinity' THEN NULL
              ELSE ceil(extract(epoch FROM at) * 1000)::bigint END
$$;
COMMENT ON FUNCTION followup.due_ms IS
  'the score of a timer: never before the instant';

CREATE FUNCTION followup.partition_of(tenant text, conversation text)
RETURNS integer LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT (abs(hashtextextended(conversation, hashtext(tenant))
              % i.partitions))::integer
  FROM followup.installation i
$$;

CREATE FUNCTION followup.set_partitions(n integer) RETURNS void
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

-- Change capture. Called by the CRM's own transactions, so it only appends:
-- it takes no lock that a writer could wait for.
CREATE FUNCTION followup.touch(tenant text, conversation text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO followup.change_log (partition, tenant, conversation)
  SELECT followup.partition_of($1, $2), $1, $2
  WHERE $1 IS NOT NULL AND $2 IS NOT NULL
$$;

-- Conversations of a partition that changed after `seen` was taken, and are
-- committed now. Two index ranges: those that had not begun, and those that
-- were under way; a long transaction does not widen the search.
CREATE FUNCTION followup.changed_after(p integer, seen pg_snapshot)
RETURNS TABLE (tenant text, conversation text) LANGUAGE sql STABLE AS $$
  SELECT c.tenant, c.conversation FROM followup.change_log c
  WHERE c.partition = p
    AND (c.xid >= pg_snapshot_xmax(seen)
         OR c.xid = ANY (ARRAY(SELECT pg_snapshot_xip(seen))))
$$;

-- Leases. A partition is taken when its lease has run out, never before; who
-- has more than a fair share gives the rest up for others to take. Rows are
-- locked in the order of their ids, by everyone who locks several.
CREATE FUNCTION followup.lease(me text, lease_ms integer)
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

CREATE FUNCTION followup.release(worker text) RETURNS void
LANGUAGE sql AS $$
  SELECT FROM followup.partition q WHERE q.owner = $1
  ORDER BY q.id FOR NO KEY UPDATE;
  UPDATE followup.partition SET owner = NULL, lease_until = NULL
  WHERE owner = $1;
  DELETE FROM followup.worker w WHERE w.id = $1;
$$;

-- Sessions keep the plans that they made when a table was small, and a plan for
-- an empty table reads all of a full one for every row. Autovacuum notices after
-- a minute or more, which is too late for a table that begins to grow: so it is
-- analyzed as often as it has doubled, and all sessions plan again.
CREATE FUNCTION followup.tend() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  name text;
BEGIN
  FOR name IN
    SELECT s.relname FROM pg_stat_user_tables s
    JOIN pg_class c ON c.oid = s.relid
    WHERE s.schemaname = 'followup'
      AND s.relname IN ('enrollment', 'ledger', 'change_log', 'command')
      AND s.n_live_tup > 2 * greatest(c.reltuples, 0) + 50
  LOOP
    EXECUTE format('ANALYZE (SKIP_LOCKED) followup.%I', name);
  END LOOP;
END
$$;

-- The fence: lock the partition's row, or refuse. Commits of one partition are
-- in the order of their seq, because all of them pass here.
CREATE FUNCTION followup.fence(p integer, e bigint) RETURNS bigint
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

-- Placeholders until an adapter is installed: no conversation is known.
CREATE FUNCTION followup.conversation_facts(
  tenants text[], conversations text[])
RETURNS TABLE (
  tenant_id text, conversation_id text, contact_id text, channel text,
  address text, status text, owner text, intent text, stage text, locale text,
  timezones text[], last_inbound_at timestamptz, last_answer_at timestamptz,
  last_human_at timestamptz, last_ours_at timestamptz,
  window_ends_at timestamptz, opted_out boolean, tenant_active boolean,
  attributes jsonb)
LANGUAGE sql STABLE AS $$
  SELECT NULL::text, NULL::text, NULL::text, NULL::text, NULL::text,
         NULL::text, NULL::text, NULL::text, NULL::text, NULL::text,
         NULL::text[], NULL::timestamptz, NULL::timestamptz,
         NULL::timestamptz, NULL::timestamptz, NULL::timestamptz,
         NULL::boolean, NULL::boolean, NULL::jsonb
  WHERE false
$$;

CREATE FUNCTION followup.close_conversation(tenant text, conversation text)
RETURNS void LANGUAGE sql AS $$ SELECT $$;

CREATE FUNCTION followup.is_held(tenant text, schedule text) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM followup.hold h
    WHERE h.scope = 'service'
       OR (h.scope = 'tenant' AND h.name = $1)
       OR (h.scope = 'schedule' AND h.name = $2))
$$;

CREATE FUNCTION followup.is_suppressed(
  tenant text, contact text, channel text)
RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM followup.suppression s
    WHERE s.tenant = $1 AND s.contact = $2 AND s.channel IN ('*', $3))
$$;

-- Instants of the messages to a contact since `since`, over all conversations:
-- from each enrollment back along its rows of the ledger. Withdrawn and shadow
-- messages never reached anybody.
CREATE FUNCTION followup.sends_to(
  tenant text, contact text, since timestamptz)
RETURNS TABLE (at timestamptz) LANGUAGE sql STABLE AS $$
  WITH RECURSIVE walk AS (
    SELECT l.partition, l.prev_seq, l.at, l.status
    FROM followup.enrollment n
    JOIN followup.ledger l ON l.partition = n.partition AND l.seq = n.last_seq
    WHERE n.tenant = $1 AND n.contact = $2 AND l.at > $3
    UNION ALL
    SELECT l.partition, l.prev_seq, l.at, l.status
    FROM walk
    JOIN followup.ledger l
      ON l.partition = walk.partition AND l.seq = walk.prev_seq
    WHERE l.at > $3
  )
  SELECT w.at FROM walk w
  WHERE w.status NOT IN ('withdrawn', 'shadow')
$$;

-- What the worker decided about one conversation. Instants are microseconds.
CREATE TYPE followup.decision AS (
  ord integer, id bigint, gen integer, tenant text, conversation text,
  contact text, channel text, episode_us bigint, version bigint,
  schedule text, event text, reason text, outcome text, step integer,
  kind text, due_us bigint, next_step integer, last_step_us bigint,
  next_due_us bigint, waits_for text, manual_us bigint, force integer,
  paused_us bigint, trace text, actor text, note text, closes boolean,
  withdraw boolean, message_id text, message text, status text,
  expires_us bigint, cap_max integer, cap_per_s bigint, command bigint,
  command_status text, answer text
);

-- Apply decisions: compare-and-set on the generation of each enrollment and on
-- what was known of its conversation when it was judged. One ledger row each;
-- a decision without an event only answers a command.
--
-- result: done | changed (the conversation changed since it was judged)
--         | stale (the enrollment moved on) | early (its instant is ahead)
--         | capped (the contact has had enough since it was judged)
CREATE FUNCTION followup.apply(
  p integer, e bigint, seen pg_snapshot, decisions jsonb)
RETURNS TABLE (ord integer, result text, id bigint, due_ms bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  first bigint := followup.fence(p, e);
BEGIN
  -- Two conversations of one contact may be decided at once, in two partitions
  -- even: those that count against a cap are counted one after the other.
  PERFORM pg_advisory_xact_lock(k.key) FROM (
    SELECT DISTINCT hashtextextended(d.contact, hashtext(d.tenant)) AS key
    FROM jsonb_populate_recordset(NULL::followup.decision, decisions) d
    WHERE d.cap_max > 0 ORDER BY 1) k;

  RETURN QUERY
  WITH d AS MATERIALIZED (
    SELECT *, row_number() OVER (
      PARTITION BY tenant, contact, cap_max > 0 ORDER BY ord) AS nth
    FROM jsonb_populate_recordset(NULL::followup.decision, decisions)
  ), newer AS MATERIALIZED (
    SELECT DISTINCT c.tenant, c.conversation
    FROM followup.changed_after(p, seen) c
  ), locked AS MATERIALIZED (
    SELECT n.id, n.gen, n.outcome, n.last_seq, n.last_out_seq
    FROM followup.enrollment n
    WHERE n.partition = p AND n.id = ANY (ARRAY(SELECT d.id FROM d))
    ORDER BY n.id
    FOR NO KEY UPDATE
  ), checked AS MATERIALIZED (
    SELECT d.*, l.last_seq, l.last_out_seq,
      CASE
        WHEN (d.tenant, d.conversation) IN
             (SELECT w.tenant, w.conversation FROM newer w) THEN 'changed'
        WHEN d.id IS NOT NULL AND l.gen IS DISTINCT FROM d.gen THEN 'stale'
        WHEN d.id IS NULL AND d.event IS NOT NULL AND EXISTS (
               SELECT FROM followup.enrollment o
               WHERE o.partition = p AND o.tenant = d.tenant
                 AND o.conversation = d.conversation
                 AND o.episode_at = followup.at(d.episode_us)) THEN 'stale'
        WHEN d.event = 'fired' AND followup.at(d.due_us)
             > clock_timestamp() + interval '50 ms' THEN 'early'
        WHEN d.cap_max > 0 AND d.nth + (
               SELECT count(*) FROM followup.sends_to(d.tenant, d.contact,
                 clock_timestamp() - d.cap_per_s * interval '1 s'))
             > d.cap_max THEN 'capped'
        ELSE 'done'
      END AS result
    FROM d LEFT JOIN locked l ON l.id = d.id
  ), good AS MATERIALIZED (
    SELECT c.*, c.id IS NULL AS is_new,
      coalesce(c.id, nextval('followup.enrollment_id')) AS eid,
      first - 1 + row_number() OVER (ORDER BY c.ord) AS seq
    FROM checked c WHERE c.result = 'done' AND c.event IS NOT NULL
  ), made AS (
    INSERT INTO followup.enrollment (
      partition, id, tenant, conversation, contact, channel, episode_at,
      version, outcome, step, last_step_at, due_at, waits_for, manual_at,
      force, paused_until, last_seq)
    SELECT p, g.eid, g.tenant, g.conversation, g.contact, g.channel,
      followup.at(g.episode_us), g.version, g.outcome, g.next_step,
      followup.at(g.last_step_us), followup.at(g.next_due_us), g.waits_for,
      followup.at(g.manual_us), g.force, followup.at(g.paused_us), g.seq
    FROM good g WHERE g.is_new
  ), moved AS (
    UPDATE followup.enrollment n
    SET gen = n.gen + 1, outcome = g.outcome, step = g.next_step,
      last_step_at = followup.at(g.last_step_us),
      due_at = followup.at(g.next_due_us), waits_for = g.waits_for,
      manual_at = followup.at(g.manual_us), force = g.force,
      paused_until = followup.at(g.paused_us), last_seq = g.seq,
      version = g.version,
      last_out_seq = CASE WHEN g.status IS NULL THEN n.last_out_seq
                          ELSE g.seq END
    FROM good g
    WHERE NOT g.is_new AND n.partition = p AND n.id = g.eid
  ), withdrawn AS (
    UPDATE followup.ledger l
    SET status = 'withdrawn', status_at = clock_timestamp(),
      error_class = CASE WHEN g.withdraw THEN g.reason ELSE 'superseded' END
    FROM good g
    WHERE (g.withdraw OR g.status IS NOT NULL) AND l.partition = p
      AND l.seq = g.last_out_seq AND l.status = 'pending'
    RETURNING g.seq AS by_seq, l.seq
  ), written AS (
    INSERT INTO followup.ledger (
      partition, seq, epoch, enrollment, gen, prev_seq, at, tenant,
      conversation, contact, channel, episode_at, event, reason, outcome,
      schedule, step, kind, due_at, next_step, next_due_at, trace, actor, note,
      closes, withdrew, message_id, message, status, expires_at)
    SELECT p, g.seq, e, g.eid, CASE WHEN g.is_new THEN 0 ELSE g.gen + 1 END,
      g.last_seq, clock_timestamp(), g.tenant, g.conversation, g.contact,
      g.channel, followup.at(g.episode_us), g.event, g.reason, g.outcome,
      g.schedule, g.step, g.kind, followup.at(g.due_us),
      CASE WHEN g.outcome IS NULL THEN g.next_step END,
      followup.at(g.next_due_us), g.trace, g.actor, g.note,
      coalesce(g.closes, false), w.seq, g.message_id, g.message, g.status,
      followup.at(g.expires_us)
    FROM good g LEFT JOIN withdrawn w ON w.by_seq = g.seq
  ), numbered AS (
    UPDATE followup.partition q
    SET next_seq = q.next_seq + (SELECT count(*) FROM good)
    WHERE q.id = p
  ), answered AS (
    UPDATE followup.command m
    SET status = c.command_status, answer = c.answer,
      answered_at = clock_timestamp()
    FROM checked c
    WHERE c.command IS NOT NULL AND c.result = 'done' AND m.seq = c.command
  )
  SELECT c.ord, c.result, coalesce(g.eid, c.id),
    CASE WHEN g.outcome IS NULL
         THEN followup.due_ms(followup.at(g.next_due_us)) END
  FROM checked c LEFT JOIN good g ON g.ord = c.ord
  ORDER BY c.ord;

  -- A step that closes and says nothing closes at once; one with a message
  -- when the sender has reported it.
  INSERT INTO followup.closing (tenant, conversation, episode_at)
  SELECT l.tenant, l.conversation, l.episode_at
  FROM followup.ledger l
  WHERE l.partition = p AND l.seq >= first AND l.closes AND l.status IS NULL;
END
$$;

-- Close the conversation that has waited longest. What the customer or a person
-- has changed since is left as it is; what cannot be closed now, for a lock or
-- for an error of the CRM's, is tried again later.
--
-- result: closed | left | failed (with its SQLSTATE); no row: nothing to do
CREATE FUNCTION followup.close_next()
RETURNS TABLE (tenant text, conversation text, result text, state text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  c followup.closing;
BEGIN
  SELECT * INTO c FROM followup.closing x
  WHERE x.try_at <= clock_timestamp()
  ORDER BY x.try_at, x.id LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  tenant := c.tenant;
  conversation := c.conversation;
  result := 'left';
  PERFORM set_config('lock_timeout', '200ms', true);
  BEGIN
    PERFORM FROM followup.conversation_facts(
      ARRAY[c.tenant], ARRAY[c.conversation]) f
    WHERE f.status = 'open'
      AND coalesce(f.last_inbound_at, 'epoch') <= c.episode_at;
    IF FOUND THEN
      result := 'closed';
      PERFORM followup.close_conversation(c.tenant, c.conversation);
    END IF;
    DELETE FROM followup.closing x WHERE x.id = c.id;
  EXCEPTION WHEN OTHERS THEN
    result := 'failed';
    state := SQLSTATE;
    UPDATE followup.closing x
    SET tries = x.tries + 1,
      try_at = clock_timestamp() + least(2 ^ x.tries, 300) * interval '1 s'
    WHERE x.id = c.id;
  END;
  RETURN NEXT;
END
$$;

-- Commands. PostgreSQL has them before Redis is told so; each then waits as a
-- change of its conversation until the partition's owner judges it. Whole
-- contacts fan out; opt-outs and holds take effect here and now.
CREATE FUNCTION followup.receive_command(c jsonb)
RETURNS TABLE (status text, answer text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  w followup.command := jsonb_populate_record(NULL::followup.command, c);
  n integer;
  wrong text;
BEGIN
  IF w.conversation IS NOT NULL THEN
    w.partition := followup.partition_of(w.tenant, w.conversation);
  END IF;
  INSERT INTO followup.command (entry, request_id, partition, tenant,
    conversation, contact, action, at, delay, until, force, schedule, scope,
    actor, reason)
  VALUES (w.entry, w.request_id, w.partition, w.tenant, w.conversation,
    w.contact, w.action, w.at, w.delay, w.until, coalesce(w.force, 0),
    w.schedule, w.scope, w.actor, w.reason)
  ON CONFLICT DO NOTHING
  RETURNING seq INTO w.seq;
  IF NOT FOUND THEN
    RETURN QUERY SELECT m.status, m.answer FROM followup.command m
    WHERE m.entry = w.entry OR m.request_id = w.request_id LIMIT 1;
    RETURN;
  END IF;

  IF w.action IN ('opt_out', 'opt_in') THEN
    wrong := followup.suppress_command(w);
  ELSIF w.action IN ('hold', 'release') THEN
    PERFORM followup.hold_command(w);
  ELSIF w.conversation IS NULL THEN
    WITH made AS (
      INSERT INTO followup.command (entry, partition, tenant, conversation,
        contact, action, at, delay, until, force, schedule, scope, actor,
        reason)
      SELECT w.entry || '/' || n.id, n.partition, n.tenant, n.conversation,
        w.contact, w.action, w.at, w.delay, w.until, coalesce(w.force, 0),
        w.schedule, w.scope, w.actor, w.reason
      FROM followup.enrollment n
      WHERE n.tenant = w.tenant AND n.contact = w.contact AND n.outcome IS NULL
      RETURNING tenant, conversation
    ), touched AS (
      SELECT followup.touch(m.tenant, m.conversation) FROM made m
    )
    SELECT count(*) INTO n FROM touched;
  ELSE
    PERFORM followup.touch(w.tenant, w.conversation);
    RETURN QUERY SELECT 'pending'::text, NULL::text;
    RETURN;
  END IF;

  w.status := CASE WHEN wrong IS NULL THEN 'done' ELSE 'refused' END;
  w.answer := jsonb_strip_nulls(jsonb_build_object(
    'ok', wrong IS NULL, 'error', wrong,
    'message', CASE wrong
      WHEN 'not_found' THEN 'the CRM names no contact of this conversation'
      WHEN 'opted_out' THEN 'the contact has opted out of all channels; '
        'opt_in with the scope contact takes that back' END,
    'conversation', w.conversation, 'contact', w.contact,
    'conversations', n))::text;
  UPDATE followup.command m
  SET status = w.status, answer = w.answer, answered_at = clock_timestamp()
  WHERE m.seq = w.seq;
  RETURN QUERY SELECT w.status, w.answer;
END
$$;

-- All that is under way with a contact, or waits in the queue for a sender.
CREATE FUNCTION followup.touch_contact(tenant text, contact text)
RETURNS integer LANGUAGE sql AS $$
  WITH touched AS (
    SELECT followup.touch(n.tenant, n.conversation)
    FROM followup.enrollment n
    LEFT JOIN followup.ledger l
      ON l.partition = n.partition AND l.seq = n.last_out_seq
    WHERE n.tenant = $1 AND n.contact = $2
      AND (n.outcome IS NULL OR l.status = 'pending'))
  SELECT count(*)::integer FROM touched
$$;

-- Who is meant: the contact named, or the one that the conversation is with.
-- Returns what is wrong with the command, or null.
CREATE FUNCTION followup.suppress_command(w followup.command)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  who text;
  line text;
BEGIN
  SELECT f.contact_id, f.channel INTO who, line
  FROM followup.conversation_facts(ARRAY[w.tenant], ARRAY[w.conversation]) f
  WHERE w.conversation IS NOT NULL;
  who := coalesce(w.contact, who);
  line := CASE WHEN w.scope = 'channel' THEN coalesce(line, '*') ELSE '*' END;
  IF who IS NULL THEN
    RETURN 'not_found';
  END IF;
  IF w.action = 'opt_out' THEN
    INSERT INTO followup.suppression (tenant, contact, channel, source, actor,
      reason)
    VALUES (w.tenant, who, line, 'command', w.actor, w.reason)
    ON CONFLICT DO NOTHING;
  ELSE
    -- Who has opted out of everything is not taken back for one channel.
    IF line <> '*' AND EXISTS (
        SELECT FROM followup.suppression s WHERE s.tenant = w.tenant
          AND s.contact = who AND s.channel = '*') THEN
      RETURN 'opted_out';
    END IF;
    DELETE FROM followup.suppression s
    WHERE s.tenant = w.tenant AND s.contact = who
      AND (line = '*' OR s.channel = line);
  END IF;
  PERFORM followup.touch_contact(w.tenant, who);
  RETURN NULL;
END
$$;

-- Judging, permits and the sweep look at the holds themselves: however many
-- conversations are meant, there is nothing else to do here.
CREATE FUNCTION followup.hold_command(w followup.command)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  what text := coalesce(w.scope, 'service');
  called text := CASE what WHEN 'tenant' THEN w.tenant
                           WHEN 'schedule' THEN w.schedule ELSE '' END;
BEGIN
  IF w.action = 'hold' THEN
    INSERT INTO followup.hold (scope, name, actor, reason)
    VALUES (what, called, w.actor, w.reason) ON CONFLICT DO NOTHING;
  ELSE
    DELETE FROM followup.hold h WHERE h.scope = what AND h.name = called;
  END IF;
END
$$;

-- A message's row from its id: tag-partition-enrollment-gen. The enrollment
-- leads to its newest row, and from there back.
CREATE FUNCTION followup.find_message(wanted text)
RETURNS SETOF followup.ledger LANGUAGE sql STABLE AS $$
  WITH RECURSIVE named AS (
    SELECT split_part(wanted, '-', 2)::integer AS p,
           split_part(wanted, '-', 3)::bigint AS id
    WHERE wanted ~ '^[0-9a-f]{6}-[0-9]{1,2}-[0-9]{1,18}-[0-9]{1,9}$'
  ), walk AS (
    SELECT l.* FROM named
    JOIN followup.enrollment n ON n.partition = named.p AND n.id = named.id
    JOIN followup.ledger l ON l.partition = n.partition AND l.seq = n.last_seq
    UNION ALL
    SELECT l.* FROM walk
    JOIN followup.ledger l
      ON l.partition = walk.partition AND l.seq = walk.prev_seq
    WHERE walk.message_id IS DISTINCT FROM wanted
  )
  SELECT * FROM walk WHERE message_id = wanted LIMIT 1
$$;

-- Why a message may not go out now; null when it may.
CREATE FUNCTION followup.objection(l followup.ledger) RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN l.status = 'permit' THEN 'outcome_unknown'
    WHEN l.status <> 'pending' THEN 'already_' || l.status
    WHEN l.expires_at < clock_timestamp() THEN 'expired'
    WHEN followup.is_held(l.tenant, l.schedule) THEN 'held'
    WHEN followup.is_suppressed(l.tenant, l.contact, l.channel)
      THEN 'opted_out'
    ELSE coalesce((
      SELECT CASE
        WHEN n.outcome = 'cancelled' THEN 'cancelled'
        WHEN n.last_out_seq <> l.seq THEN 'superseded'
        WHEN n.paused_until > clock_timestamp() THEN 'paused' END
      FROM followup.enrollment n
      WHERE n.partition = l.partition AND n.id = l.enrollment
    ), (
      SELECT CASE
        WHEN NOT coalesce(f.tenant_active, true) THEN 'tenant_inactive'
        WHEN f.opted_out THEN 'opted_out'
        WHEN f.last_inbound_at > l.episode_at THEN 'replied'
        WHEN f.status IS DISTINCT FROM 'open' THEN 'closed'
        WHEN f.last_answer_at > l.at THEN 'answered'
        ELSE '' END
      FROM followup.conversation_facts(
        ARRAY[l.tenant], ARRAY[l.conversation]) f), 'gone')
  END
$$;

-- Add to the ledger of a message's enrollment outside of apply(). The partition
-- is locked first, then the enrollment, as apply() does.
CREATE FUNCTION followup.append(
  l followup.ledger, what text, why text, took bigint)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  q followup.partition;
  n followup.enrollment;
BEGIN
  UPDATE followup.partition y SET next_seq = y.next_seq + 1
  WHERE y.id = l.partition RETURNING * INTO q;
  SELECT * INTO n FROM followup.enrollment x
  WHERE x.partition = l.partition AND x.id = l.enrollment FOR NO KEY UPDATE;
  UPDATE followup.enrollment x
  SET last_seq = q.next_seq - 1, gen = x.gen + 1
  WHERE x.partition = n.partition AND x.id = n.id;
  INSERT INTO followup.ledger (partition, seq, epoch, enrollment, gen,
    prev_seq, at, tenant, conversation, contact, channel, episode_at, event,
    reason, schedule, step, kind, withdrew)
  VALUES (l.partition, q.next_seq - 1, q.epoch, l.enrollment, n.gen + 1,
    n.last_seq, clock_timestamp(), l.tenant, l.conversation, l.contact,
    l.channel, l.episode_at, what, why, l.schedule, l.step, l.kind, took);
END
$$;

-- Take a message out of the queue and say so in the ledger.
CREATE FUNCTION followup.withdraw(l followup.ledger, why text)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM followup.append(l, 'withdrawn', why, l.seq);
  UPDATE followup.ledger x
  SET status = 'withdrawn', status_at = clock_timestamp(), error_class = why
  WHERE x.partition = l.partition AND x.seq = l.seq AND x.status = 'pending';
END
$$;

-- Messages by their ids, in the order in which rows are locked, and what stands
-- against each.
CREATE FUNCTION followup.objections(ids text[])
RETURNS TABLE (asked followup.ledger[], whys text[])
LANGUAGE sql STABLE AS $$
  SELECT array_agg(l ORDER BY l.partition, l.seq),
    array_agg(nullif(followup.objection(l), '') ORDER BY l.partition, l.seq)
  FROM (SELECT DISTINCT w FROM unnest(ids) w) u,
    LATERAL followup.find_message(u.w) l
$$;

-- A permit right before the delivery. Refused once a reply, an opt-out, a
-- close, a pause or a hold is committed; the message is withdrawn then.
-- Whoever has a permit and did not use it at once asks `again`.
--
-- Partitions are locked before messages, as apply() does, and in order; what
-- was found before the locks is found out anew. Where nothing is withdrawn, no
-- partition is locked.
CREATE FUNCTION followup.permit(ids text[], again text[] DEFAULT '{}')
RETURNS TABLE (id text, granted boolean, reason text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
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

  WITH free AS MATERIALIZED (
    SELECT l.partition, l.seq
    FROM generate_subscripts(asked, 1) i
    JOIN followup.ledger l
      ON l.partition = (asked[i]).partition AND l.seq = (asked[i]).seq
    WHERE whys[i] IS NULL AND l.status = 'pending'
    ORDER BY l.partition, l.seq FOR NO KEY UPDATE OF l
  ), granted AS (
    UPDATE followup.ledger l
    SET status = 'permit', status_at = clock_timestamp()
    FROM free f
    WHERE l.partition = f.partition AND l.seq = f.seq AND l.status = 'pending'
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

-- What a sender reports. Statuses may come out of order and twice: a message
-- only moves up. The first "sent" of a closing step closes the conversation
-- (close_next() does), unless the customer has written since it was fired.
CREATE FUNCTION followup.receive_receipt(r jsonb) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  l followup.ledger;
  ranks constant text[] := ARRAY['pending', 'permit', 'withdrawn', 'unknown',
    'failed', 'sent', 'delivered', 'read'];
  news text := r->>'status';
  line text;
BEGIN
  SELECT * INTO l FROM followup.find_message(r->>'id');
  IF NOT FOUND THEN
    RETURN 'unknown_message';
  END IF;
  IF l.closes AND news IN ('sent', 'delivered', 'read') THEN
    PERFORM FROM followup.partition q WHERE q.id = l.partition
    FOR NO KEY UPDATE;
    SELECT * INTO l FROM followup.ledger x
    WHERE x.partition = l.partition AND x.seq = l.seq;
    IF l.status IN ('pending', 'permit')
       AND NOT EXISTS (
         SELECT FROM followup.conversation_facts(
           ARRAY[l.tenant], ARRAY[l.conversation]) f
         WHERE f.last_inbound_at > l.episode_at) THEN
      PERFORM followup.append(l, 'closed', 'close_out', NULL);
      INSERT INTO followup.closing (tenant, conversation, episode_at)
      VALUES (l.tenant, l.conversation, l.episode_at);
    END IF;
  END IF;
  SELECT * INTO l FROM followup.ledger x
  WHERE x.partition = l.partition AND x.seq = l.seq FOR NO KEY UPDATE;

  UPDATE followup.ledger x
  SET status = CASE
        WHEN news IN ('replied', 'opted_out') THEN x.status
        WHEN array_position(ranks, news) > array_position(ranks, x.status)
          THEN CASE WHEN news = 'failed' AND r->>'error_class' = 'ambiguous'
                    THEN 'unknown' ELSE news END
        ELSE x.status END,
    status_at = coalesce((r->>'at')::timestamptz, clock_timestamp()),
    provider_id = coalesce(r->>'provider_id', x.provider_id),
    chosen = coalesce(r->>'option', x.chosen),
    error_class = coalesce(r->>'error_class', x.error_class),
    error = coalesce(r->>'error', x.error)
  WHERE x.partition = l.partition AND x.seq = l.seq;

  IF l.contact IS NOT NULL AND (news = 'opted_out' OR (news = 'failed'
      AND r->>'error_class' IN ('opt_out', 'permanent_recipient'))) THEN
    line := CASE WHEN r->>'error_class' = 'permanent_recipient'
                 THEN l.channel ELSE '*' END;
    INSERT INTO followup.suppression (tenant, contact, channel, source, reason)
    VALUES (l.tenant, l.contact, line, 'receipt',
            coalesce(r->>'error_class', news))
    ON CONFLICT DO NOTHING;
    PERFORM followup.touch_contact(l.tenant, l.contact);
  END IF;
  PERFORM followup.touch(l.tenant, l.conversation);
  RETURN 'done';
END
$$;
