-- Messages in the queue: which one, what stands against it, taking it out.

-- A message's row from its id: tag-partition-enrollment-gen. The enrollment
-- leads to its newest row, and from there back. What is no such id is nobody's:
-- it becomes null, for a cast may be tried before any condition is looked at.
CREATE OR REPLACE FUNCTION followup.find_message(wanted text)
RETURNS SETOF followup.ledger LANGUAGE sql STABLE AS $$
  WITH RECURSIVE named AS (
    SELECT m[1]::integer AS p, m[2]::bigint AS id
    FROM regexp_match(wanted,
      '^[0-9a-f]{6}-([0-9]{1,2})-([0-9]{1,18})-[0-9]{1,9}$') m
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

-- Why a message may not go out now; '' when it may. One row: so it becomes part
-- of the statement that asks, whose plan a session keeps.
CREATE OR REPLACE FUNCTION followup.objection(l followup.ledger)
RETURNS TABLE (why text) LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN l.status = 'permit' THEN 'outcome_unknown'
    WHEN l.status <> 'pending' THEN 'already_' || l.status
    WHEN l.expires_at < clock_timestamp() THEN 'expired'
    WHEN EXISTS (SELECT FROM followup.holds_on(l.tenant, l.schedule))
      THEN 'held'
    WHEN EXISTS (
      SELECT FROM followup.suppressions_of(l.tenant, l.contact, l.channel))
      THEN 'opted_out'
    ELSE coalesce((
      SELECT CASE
        WHEN n.outcome IN ('cancelled', 'superseded', 'stopped') THEN n.outcome
        WHEN n.since_at IS NOT NULL
          AND EXISTS (SELECT FROM followup.newer_silence(n.partition, n.id))
          THEN 'superseded'
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
        WHEN f.owner = 'human'
          AND coalesce(f.last_human_at, '-infinity') < f.last_answer_at
          THEN 'handed_over'
        WHEN f.last_answer_at > l.at THEN 'answered'
        WHEN v.stop_when IS NOT NULL AND followup.stops(v.stop_when, f.owner,
          f.intent, f.stage, f.attributes) THEN 'stopped'
        ELSE '' END
      FROM followup.conversation_facts(
        ARRAY[l.tenant], ARRAY[l.conversation]) f
      LEFT JOIN followup.enrollment n
        ON n.partition = l.partition AND n.id = l.enrollment
      LEFT JOIN followup.schedule_version v ON v.id = n.version), 'gone')
  END
$$;

-- Add to the ledger of a message's enrollment outside of apply(). The partition
-- is locked first, then the enrollment, as apply() does.
CREATE OR REPLACE FUNCTION followup.append(
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
CREATE OR REPLACE FUNCTION followup.withdraw(l followup.ledger, why text)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM followup.append(l, 'withdrawn', why, l.seq);
  UPDATE followup.ledger x
  SET status = 'withdrawn', status_at = clock_timestamp(), error_class = why
  WHERE x.partition = l.partition AND x.seq = l.seq AND x.status = 'pending';
END
$$;
