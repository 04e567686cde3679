-- Apply decisions: compare-and-set on the generation of each enrollment and on
-- what was known of its conversation when it was judged. One ledger row each;
-- a decision without an event only answers a command.
--
-- What comes back is what the caller cannot know: seq is null where nothing was
-- written, at is when.
--
-- result: done | changed (the conversation changed since it was judged)
--         | stale (the enrollment moved on) | early (its instant is ahead)
--         | capped (the contact has had enough since it was judged)
CREATE OR REPLACE FUNCTION followup.apply(
  p integer, e bigint, seen pg_snapshot, given followup.decision[])
RETURNS TABLE (
  ord integer, result text, id bigint, seq bigint, at timestamptz,
  withdrew bigint, withdrew_channel text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  first bigint := followup.fence(p, e);
BEGIN
  -- Two conversations of one contact may be decided at once, in two partitions
  -- even: those that count against a cap are counted one after the other, and
  -- of those that begin each knows of the other.
  PERFORM pg_advisory_xact_lock(k.key) FROM (
    SELECT DISTINCT hashtextextended(d.contact, hashtext(d.tenant)) AS key
    FROM unnest(given) d
    WHERE d.cap_max > 0 OR d.since_at IS NOT NULL ORDER BY 1) k;

  RETURN QUERY
  WITH d AS MATERIALIZED (
    SELECT * FROM unnest(given)
  ), clock AS MATERIALIZED (
    SELECT clock_timestamp() AS now
  ), newer AS MATERIALIZED (
    SELECT DISTINCT c.tenant, c.conversation
    FROM followup.changed_after(p, seen) c
  ), counted AS MATERIALIZED (
    SELECT d.ord, row_number() OVER (
      PARTITION BY d.tenant, d.contact ORDER BY d.ord) AS nth
    FROM d WHERE d.cap_max > 0
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
                 AND o.episode_at = d.episode_at) THEN 'stale'
        WHEN d.event = 'fired'
             AND d.due_at > clock_timestamp() + interval '50 ms' THEN 'early'
        WHEN coalesce(d.cap_max, 0) > 0 AND (
               SELECT c.nth FROM counted c WHERE c.ord = d.ord) + (
               SELECT count(*) FROM followup.sends_to(d.tenant, d.contact,
                 t.now - d.cap_per_s * interval '1 s'))
             > d.cap_max THEN 'capped'
        ELSE 'done'
      END AS result
    FROM d CROSS JOIN clock t LEFT JOIN locked l ON l.id = d.id
  ), good AS MATERIALIZED (
    -- A message that was held up, by a lock for instance, was sent when it was
    -- kept: the next step counts from there, so its timer only comes early.
    SELECT c.*, c.id IS NULL AS is_new,
      CASE WHEN c.event = 'fired'
             AND c.last_step_at < t.now - interval '1 s'
           THEN t.now ELSE c.last_step_at END AS step_at,
      coalesce(c.id, nextval('followup.enrollment_id')) AS eid,
      first - 1 + row_number() OVER (ORDER BY c.ord) AS seq
    FROM checked c CROSS JOIN clock t
    WHERE c.result = 'done' AND c.event IS NOT NULL
  ), made AS (
    INSERT INTO followup.enrollment (
      partition, id, tenant, conversation, contact, channel, episode_at,
      version, outcome, step, last_step_at, due_at, waits_for, manual_at,
      force, paused_until, last_seq, address, since_at)
    SELECT p, g.eid, g.tenant, g.conversation, g.contact, g.channel,
      g.episode_at, g.version, g.outcome, g.next_step, g.step_at,
      g.next_due_at, g.waits_for, g.manual_at, g.force, g.paused_until, g.seq,
      g.address, g.since_at
    FROM good g WHERE g.is_new
  ), moved AS (
    UPDATE followup.enrollment n
    SET gen = n.gen + 1, outcome = g.outcome, step = g.next_step,
      last_step_at = g.step_at, due_at = g.next_due_at,
      waits_for = g.waits_for, manual_at = g.manual_at, force = g.force,
      paused_until = g.paused_until, not_before = g.not_before,
      last_seq = g.seq, version = g.version,
      last_out_seq = CASE WHEN g.status IS NULL THEN n.last_out_seq
                          ELSE g.seq END
    FROM good g
    WHERE NOT g.is_new AND n.partition = p AND n.id = g.eid
  ), withdrawn AS (
    -- By the key: CASE keeps the planner from the index of what is pending. If
    -- nothing was when the table was looked at last, it takes that for empty,
    -- and reads for each decision all that waits by now.
    UPDATE followup.ledger l
    SET status = 'withdrawn', status_at = clock_timestamp(),
      error_class = CASE WHEN g.withdraw THEN coalesce(g.reason, g.event)
                         ELSE 'superseded' END
    FROM good g
    WHERE (g.withdraw OR g.status IS NOT NULL) AND l.partition = p
      AND l.seq = g.last_out_seq
      AND CASE WHEN l.status = 'pending' THEN true END
    RETURNING g.ord, l.seq, l.channel
  ), written AS (
    INSERT INTO followup.ledger (
      partition, seq, epoch, enrollment, gen, prev_seq, at, tenant,
      conversation, contact, channel, episode_at, event, reason, outcome,
      schedule, step, kind, due_at, next_step, next_due_at, trace,
      next_trace, actor, note, closes, withdrew, message_id, message, status,
      expires_at)
    SELECT p, g.seq, e, g.eid, CASE WHEN g.is_new THEN 0 ELSE g.gen + 1 END,
      g.last_seq, t.now, g.tenant, g.conversation, g.contact,
      g.channel, g.episode_at, g.event, g.reason, g.outcome, g.schedule,
      g.step, g.kind, g.due_at,
      CASE WHEN g.outcome IS NULL THEN g.next_step END, g.next_due_at, g.trace, g.next_trace, g.actor, g.note,
      coalesce(g.closes, false), w.seq, g.message_id, g.message, g.status,
      g.expires_at
    FROM good g CROSS JOIN clock t
    LEFT JOIN withdrawn w ON w.ord = g.ord
  ), closed AS (
    -- A step that closes and says nothing closes at once; one with a message
    -- when the sender has reported it.
    INSERT INTO followup.closing (tenant, conversation, episode_at)
    SELECT g.tenant, g.conversation, g.episode_at
    FROM good g
    WHERE g.closes AND g.status IS NULL
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
  SELECT c.ord, c.result, coalesce(g.eid, c.id), g.seq, t.now, w.seq,
    w.channel
  FROM checked c CROSS JOIN clock t
  LEFT JOIN good g ON g.ord = c.ord
  LEFT JOIN withdrawn w ON w.ord = c.ord
  ORDER BY c.ord;

  IF EXISTS (SELECT FROM unnest(given) d WHERE d.since_at IS NOT NULL) THEN
    PERFORM followup.touch_rivals(p, first);
  END IF;
  -- An opt-out that was seen is kept, whatever became of the decision.
  PERFORM followup.suppress(d.tenant, d.contact, '*', d.suppress, NULL, NULL,
    d.suppress_at)
  FROM (
    SELECT * FROM unnest(given) d WHERE d.suppress IS NOT NULL
    ORDER BY d.tenant, d.contact) d;
END
$$;
