-- The channel says that its window is closed: so it stays until the customer
-- writes, which begins a new episode. The step whose message did not get through
-- is the pending one again, as if it had not been done, so that it is planned by
-- what the schedule says of steps outside the window; unless something came
-- after it. That was the last step: the enrollment is active again.
CREATE OR REPLACE FUNCTION followup.window_closed(l followup.ledger)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  n followup.enrollment;
  before timestamptz;
BEGIN
  PERFORM FROM followup.partition q WHERE q.id = l.partition
  FOR NO KEY UPDATE;
  SELECT * INTO n FROM followup.enrollment x
  WHERE x.partition = l.partition AND x.id = l.enrollment FOR NO KEY UPDATE;
  -- A step that has closed the conversation has been done.
  IF n.window_closed OR (l.closes AND l.status = 'sent') THEN
    RETURN;
  END IF;
  PERFORM followup.append(l, 'failed', 'window_closed', NULL);
  UPDATE followup.enrollment x SET window_closed = true
  WHERE x.partition = n.partition AND x.id = n.id;
  IF n.last_out_seq <> l.seq OR n.step <> l.step + 1
     OR coalesce(n.outcome, 'completed') <> 'completed' OR EXISTS (
       SELECT FROM followup.enrollment y
       WHERE y.partition = n.partition AND y.tenant = n.tenant
         AND y.conversation = n.conversation
         AND y.episode_at > n.episode_at) THEN
    RETURN;
  END IF;
  WITH RECURSIVE walk AS (
    SELECT y.* FROM followup.ledger y
    WHERE y.partition = l.partition AND y.seq = l.prev_seq
    UNION ALL
    SELECT y.* FROM walk JOIN followup.ledger y
      ON y.partition = walk.partition AND y.seq = walk.prev_seq
  )
  SELECT least(w.due_at, w.at) INTO before FROM walk w
  WHERE w.event IN ('fired', 'skipped', 'silent', 'task') AND w.step < l.step
  LIMIT 1;
  UPDATE followup.enrollment x
  SET step = l.step, last_step_at = before, outcome = NULL, due_at = NULL,
    waits_for = NULL, manual_at = NULL, force = 0
  WHERE x.partition = n.partition AND x.id = n.id;
END
$$;

-- A receipt may say that the person wants no more, or cannot be reached on
-- `channel`: that is kept. Returns whether it says so of somebody known.
CREATE OR REPLACE FUNCTION followup.suppress_by(
  r jsonb, tenant text, contact text, channel text)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF contact IS NOT NULL AND (r->>'status' = 'opted_out'
      OR (r->>'status' = 'failed' AND coalesce(r->>'error_class'
          IN ('opt_out', 'permanent_recipient'), false))) THEN
    PERFORM followup.suppress(tenant, contact,
      CASE WHEN r->>'error_class' = 'permanent_recipient'
           THEN channel ELSE '*' END,
      'receipt', NULL, coalesce(r->>'error_class', r->>'status'),
      clock_timestamp());
    RETURN true;
  END IF;
  RETURN false;
END
$$;

-- A receipt for a message that is not there. Where its follow-up is forgotten
-- there is nothing to keep it in; but whoever wants no more is heard however
-- late, as the person whose conversation it is by now.
CREATE OR REPLACE FUNCTION followup.receive_late(r jsonb) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  parts text[] := regexp_match(r->>'id',
    '^([0-9a-f]{6})-([0-9]{1,2})-([0-9]{1,18})-([0-9]{1,9})$');
  n followup.enrollment;
  who text;
BEGIN
  SELECT x.* INTO n FROM followup.enrollment x, followup.installation i
  WHERE i.tag = parts[1] AND x.partition = parts[2]::integer
    AND x.id = parts[3]::bigint AND x.gen >= parts[4]::integer
    AND x.outcome IS NOT NULL AND x.last_seq IS NULL;
  IF NOT FOUND THEN
    RETURN 'unknown_message';
  END IF;
  SELECT f.contact_id INTO who
  FROM followup.conversation_facts(
    ARRAY[n.tenant], ARRAY[n.conversation]) f;
  RETURN CASE WHEN followup.suppress_by(r, n.tenant, who, n.channel)
              THEN 'done' ELSE 'forgotten_message' END;
END
$$;

-- What a sender reports. Statuses may come out of order and twice: a message
-- only moves up, but for one that the provider took and then refused for the
-- window. The first "sent" of a closing step closes the conversation
-- (close_next() does), unless the customer has written since it was fired, or
-- it had been withdrawn or had failed: its step may be under way again then.
CREATE OR REPLACE FUNCTION followup.receive_receipt(r jsonb) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  l followup.ledger;
  ranks constant text[] := ARRAY['pending', 'permit', 'withdrawn', 'unknown',
    'failed', 'sent', 'delivered', 'read'];
  news text := r->>'status';
  shut boolean := news = 'failed'
    AND coalesce(r->>'error_class' = 'window_closed', false);
BEGIN
  SELECT * INTO l FROM followup.find_message(r->>'id');
  IF NOT FOUND THEN
    RETURN followup.receive_late(r);
  END IF;
  IF l.closes AND news IN ('sent', 'delivered', 'read') THEN
    PERFORM FROM followup.partition q WHERE q.id = l.partition
    FOR NO KEY UPDATE;
    SELECT * INTO l FROM followup.ledger x
    WHERE x.partition = l.partition AND x.seq = l.seq;
    IF l.status IN ('pending', 'permit', 'unknown')
       AND NOT EXISTS (
         SELECT FROM followup.conversation_facts(
           ARRAY[l.tenant], ARRAY[l.conversation]) f
         WHERE f.last_inbound_at > l.episode_at) THEN
      PERFORM followup.append(l, 'closed', 'close_out', NULL);
      INSERT INTO followup.closing (tenant, conversation, episode_at)
      VALUES (l.tenant, l.conversation, l.episode_at);
    END IF;
  END IF;
  IF shut THEN
    PERFORM FROM followup.partition q WHERE q.id = l.partition
    FOR NO KEY UPDATE;
  END IF;
  SELECT * INTO l FROM followup.ledger x
  WHERE x.partition = l.partition AND x.seq = l.seq FOR NO KEY UPDATE;
  shut := shut AND l.status IN ('pending', 'permit', 'unknown', 'sent');
  IF shut THEN
    PERFORM followup.window_closed(l);
  END IF;

  UPDATE followup.ledger x
  SET status = CASE
        WHEN news IN ('replied', 'opted_out') THEN x.status
        WHEN shut THEN news
        WHEN array_position(ranks, news) > array_position(ranks, x.status)
          THEN CASE WHEN news = 'failed' AND r->>'error_class' = 'ambiguous'
                    THEN 'unknown' ELSE news END
        ELSE x.status END,
    status_at = coalesce((r->>'at')::timestamptz, clock_timestamp()),
    left_at = CASE WHEN news = 'sent'
                   THEN coalesce(x.left_at, least((r->>'at')::timestamptz,
                                                  clock_timestamp()))
                   ELSE x.left_at END,
    provider_id = coalesce(r->>'provider_id', x.provider_id),
    chosen = coalesce(r->>'option', x.chosen),
    error_class = coalesce(r->>'error_class', x.error_class),
    error = coalesce(r->>'error', x.error)
  WHERE x.partition = l.partition AND x.seq = l.seq;

  PERFORM followup.suppress_by(r, l.tenant, l.contact, l.channel);
  PERFORM followup.touch(l.tenant, l.conversation);
  RETURN 'done';
END
$$;
