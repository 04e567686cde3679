-- Apply decisions: compare-and-set on the generation of each enrollment and on
-- what was known of its conversation when it was judged. One ledger row each;
-- a decision without an event only answers a command.
--
-- What comes back is what the caller cannot know: seq is null where nothing was
-- written, at is when.
--
-- result: done | changed (the conversation changed since it was judged, or the
--           message before was let go)
--         | stale (the enrollment moved on) | early (its instant is ahead)
--         | capped (the contact has had enough since it was judged)
--
-- One statement finds what holds, and one does each thing that follows from it.
-- Mostly they are few, and to begin a statement costs more than to do it: so
-- what none of them asks for is left out. `kept` goes beside `given`, element by
-- element.
CREATE OR REPLACE FUNCTION followup.apply(
  p integer, e bigint, seen pg_snapshot, given followup.decision[])
RETURNS TABLE (
  ord integer, result text, id bigint, seq bigint, at timestamptz,
  withdrew bigint, withdrew_channel text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  ahead interval;
  first bigint;
  has record;
  over_cap integer[];
  let_go integer[];
  clock timestamptz;
  kept followup.applied[];
  last bigint;
  takes boolean;
BEGIN
  SELECT bool_or(d.id IS NULL AND d.event IS NOT NULL) AS beginnings,
    bool_or(d.since_at IS NOT NULL) AS rivals,
    bool_or(d.cap_max > 0) AS caps,
    bool_or(d.closes AND d.status IS NULL) AS closings,
    bool_or(d.command IS NOT NULL) AS commands,
    bool_or(d.suppress IS NOT NULL) AS opt_outs,
    bool_or(d.out_waits) AS outs,
    max(d.due_at) FILTER (WHERE d.event = 'fired') AS latest
  INTO has FROM unnest(given) d;

  -- A turn begins a moment before its timers are due; what it sends is decided
  -- as of their instant, and nobody sees it before. PostgreSQL sleeps for whole
  -- milliseconds: all but the last of them here, where nobody waits for us; of
  -- that, what is left when all is done. A clock that is set back meanwhile is not
  -- waited for.
  ahead := has.latest - clock_timestamp();
  IF ahead BETWEEN '1 ms' AND '50 ms' THEN
    PERFORM pg_sleep_for(ahead - interval '1 ms');
  END IF;
  first := followup.fence(p, e);

  -- Two conversations of one contact may be decided at once, in two partitions
  -- even: those that count against a cap are counted one after the other, and
  -- of those that begin each knows of the other.
  IF has.caps OR has.rivals THEN
    PERFORM pg_advisory_xact_lock(k.key) FROM (
      SELECT DISTINCT hashtextextended(d.contact, hashtext(d.tenant)) AS key
      FROM unnest(given) d
      WHERE d.cap_max > 0 OR d.since_at IS NOT NULL ORDER BY 1) k;
  END IF;
  -- Messages that were in the queue, or let go and not reported yet, locked in
  -- order: none of them gets a permit from now on. One that was let go since it
  -- was judged is being sent at this moment: what comes next is planned from
  -- there.
  IF has.outs THEN
    WITH waits AS MATERIALIZED (
      SELECT d.ord, d.event, d.id, d.out_left_at FROM unnest(given) d
      WHERE d.out_waits
    ), outs AS MATERIALIZED (
      SELECT d.ord, d.event IN ('fired', 'silent')
          AND l.left_at IS DISTINCT FROM d.out_left_at AS has_left
      FROM waits d
      JOIN followup.enrollment n ON n.partition = p AND n.id = d.id
      JOIN followup.ledger l ON l.partition = p AND l.seq = n.last_out_seq
      ORDER BY l.seq FOR NO KEY UPDATE OF l
    )
    SELECT array_agg(o.ord) FILTER (WHERE o.has_left) INTO let_go FROM outs o;
  END IF;
  clock := clock_timestamp();
  IF has.latest - clock BETWEEN '0 s' AND '1 ms' THEN
    clock := has.latest;
  END IF;
  IF has.caps THEN
    SELECT array_agg(c.ord) INTO over_cap FROM (
      SELECT d.*, row_number() OVER (
        PARTITION BY d.tenant, d.contact ORDER BY d.ord) AS nth
      FROM unnest(given) d WHERE d.cap_max > 0) c
    WHERE c.nth + (
      SELECT count(*) FROM followup.sends_to(c.tenant, c.contact,
        clock - c.cap_per_s * interval '1 s')) > c.cap_max;
  END IF;

  -- An enrollment needs no lock: whoever changes one holds the partition, as
  -- fence() does. A message that was held up, by that or a contact's lock, was
  -- sent when it was kept: the next step counts from there, so its timer only
  -- comes early.
  WITH newer AS MATERIALIZED (
    SELECT c.tenant, c.conversation FROM followup.changed_after(p, seen) c
  ), checked AS (
    SELECT d.*, n.last_seq, n.last_out_seq,
      CASE
        WHEN (d.tenant, d.conversation) IN
             (SELECT w.tenant, w.conversation FROM newer w) THEN 'changed'
        WHEN d.id IS NOT NULL AND n.gen IS DISTINCT FROM d.gen THEN 'stale'
        WHEN d.id IS NULL AND d.event IS NOT NULL AND EXISTS (
               SELECT FROM followup.enrollment o
               WHERE o.partition = p AND o.tenant = d.tenant
                 AND o.conversation = d.conversation
                 AND o.episode_at = d.episode_at) THEN 'stale'
        WHEN d.event = 'fired' AND d.due_at > clock THEN 'early'
        WHEN d.ord = ANY (let_go) THEN 'changed'
        WHEN d.ord = ANY (over_cap) THEN 'capped'
        ELSE 'done'
      END AS result
    FROM unnest(given) WITH ORDINALITY d
    LEFT JOIN followup.enrollment n ON n.partition = p AND n.id = d.id
  ), numbered AS (
    SELECT c.ordinality, c.ord, c.result, c.id, c.id IS NULL AS is_new,
      CASE WHEN c.result = 'done' AND c.event IS NOT NULL
           THEN first - 1 + count(*) FILTER (
             WHERE c.result = 'done' AND c.event IS NOT NULL)
             OVER (ORDER BY c.ordinality) END AS seq,
      c.last_seq, c.last_out_seq, c.withdraw OR c.status IS NOT NULL AS takes,
      CASE WHEN c.event = 'fired' AND c.last_step_at < clock - interval '1 s'
           THEN clock ELSE c.last_step_at END AS step_at
    FROM checked c
  )
  SELECT array_agg((m.ord, m.result,
      CASE WHEN m.is_new AND m.seq IS NOT NULL
           THEN nextval('followup.enrollment_id') ELSE m.id END,
      m.is_new, m.seq, m.last_seq, m.last_out_seq, m.step_at, NULL,
      NULL)::followup.applied ORDER BY m.ordinality),
    max(m.seq), bool_or(m.seq IS NOT NULL AND m.takes
                        AND m.last_out_seq IS NOT NULL)
  INTO kept, last, takes FROM numbered m;

  IF has.beginnings THEN
    INSERT INTO followup.enrollment (
      partition, id, tenant, conversation, contact, channel, episode_at,
      version, outcome, step, last_step_at, due_at, waits_for, manual_at,
      force, paused_until, last_seq, address, since_at)
    SELECT p, g.enrollment, g.tenant, g.conversation, g.contact, g.channel,
      g.episode_at, g.version, g.outcome, g.next_step, g.step_at,
      g.next_due_at, g.waits_for, g.manual_at, g.force, g.paused_until, g.seq,
      g.address, g.since_at
    FROM ROWS FROM (unnest(given), unnest(kept)) g
    WHERE g.seq IS NOT NULL AND g.is_new;
  END IF;

  UPDATE followup.enrollment n
  SET gen = n.gen + 1, outcome = g.outcome, step = g.next_step,
    last_step_at = g.step_at, due_at = g.next_due_at,
    waits_for = g.waits_for, manual_at = g.manual_at, force = g.force,
    paused_until = g.paused_until, not_before = g.not_before,
    last_seq = g.seq, version = g.version,
    last_out_seq = CASE WHEN g.status IS NULL THEN n.last_out_seq
                        ELSE g.seq END
  FROM ROWS FROM (unnest(given), unnest(kept)) g
  WHERE g.seq IS NOT NULL AND NOT g.is_new
    AND n.partition = p AND n.id = g.enrollment;

  IF takes THEN
    -- By the key: CASE keeps the planner from the index of what is pending. If
    -- nothing was when the table was looked at last, it takes that for empty,
    -- and reads for each decision all that waits by now.
    WITH taken AS (
      UPDATE followup.ledger l
      SET status = 'withdrawn', status_at = clock_timestamp(),
        error_class = CASE WHEN g.withdraw THEN coalesce(g.reason, g.event)
                           ELSE 'superseded' END
      FROM ROWS FROM (unnest(given), unnest(kept)) g
      WHERE (g.withdraw OR g.status IS NOT NULL) AND g.seq IS NOT NULL
        AND l.partition = p AND l.seq = g.out_seq
        AND CASE WHEN l.status = 'pending' THEN true END
      RETURNING l.seq, l.channel
    )
    SELECT array_agg((k.nth, k.result, k.enrollment, k.is_new, k.seq,
      k.prev_seq, k.out_seq, k.step_at, t.seq, t.channel)::followup.applied
      ORDER BY k.nth)
    INTO kept FROM unnest(kept) k LEFT JOIN taken t ON t.seq = k.out_seq;
  END IF;

  INSERT INTO followup.ledger (
    partition, seq, epoch, enrollment, gen, prev_seq, at, tenant,
    conversation, contact, channel, episode_at, event, reason, outcome,
    schedule, step, kind, due_at, next_step, next_due_at, trace,
    next_trace, actor, note, closes, withdrew, message_id, message, status,
    expires_at)
  SELECT p, g.seq, e, g.enrollment,
    CASE WHEN g.is_new THEN 0 ELSE g.gen + 1 END, g.prev_seq, clock, g.tenant,
    g.conversation, g.contact, g.channel, g.episode_at, g.event, g.reason,
    g.outcome, g.schedule, g.step, g.kind, g.due_at,
    CASE WHEN g.outcome IS NULL THEN g.next_step END, g.next_due_at, g.trace,
    g.next_trace, g.actor, g.note, coalesce(g.closes, false), g.took,
    g.message_id, g.message, g.status, g.expires_at
  FROM ROWS FROM (unnest(given), unnest(kept)) g
  WHERE g.seq IS NOT NULL;

  IF last IS NOT NULL THEN
    UPDATE followup.partition q SET next_seq = last + 1 WHERE q.id = p;
  END IF;

  -- A step that closes and says nothing closes at once; one with a message
  -- when the sender has reported it.
  IF has.closings THEN
    INSERT INTO followup.closing (tenant, conversation, episode_at)
    SELECT g.tenant, g.conversation, g.episode_at
    FROM ROWS FROM (unnest(given), unnest(kept)) g
    WHERE g.seq IS NOT NULL AND g.closes AND g.status IS NULL;
  END IF;
  IF has.commands THEN
    UPDATE followup.command m
    SET status = g.command_status, answer = g.answer,
      answered_at = clock_timestamp()
    FROM ROWS FROM (unnest(given), unnest(kept)) g
    WHERE g.result = 'done' AND m.seq = g.command;
  END IF;
  IF has.rivals THEN
    PERFORM followup.touch_rivals(p, first);
  END IF;
  -- An opt-out that was seen is kept, whatever became of the decision.
  IF has.opt_outs THEN
    PERFORM followup.suppress(d.tenant, d.contact, '*', d.suppress, NULL, NULL,
      d.suppress_at)
    FROM (
      SELECT * FROM unnest(given) d WHERE d.suppress IS NOT NULL
      ORDER BY d.tenant, d.contact) d;
  END IF;
  IF clock - clock_timestamp() BETWEEN '0 s' AND '1 ms' THEN
    PERFORM pg_sleep_for(clock - clock_timestamp());
  END IF;

  RETURN QUERY SELECT k.nth, k.result, k.enrollment, k.seq, clock, k.took,
    k.took_channel
  FROM unnest(kept) k;
END
$$;
