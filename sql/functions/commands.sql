-- Commands. PostgreSQL has them before Redis is told so; each then waits as a
-- change of its conversation until the partition's owner judges it. Whole
-- contacts fan out; opt-outs and holds take effect here and now.
CREATE OR REPLACE FUNCTION followup.receive_command(c jsonb)
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
  ELSIF w.action = 'migrate_version' AND w.scope IS NOT NULL THEN
    IF w.scope = 'schedule' AND NOT EXISTS (
        SELECT FROM followup.schedule_version v WHERE v.name = w.schedule) THEN
      wrong := 'no_such_schedule';
    ELSE
      INSERT INTO followup.fan_out (command) VALUES (w.seq);
    END IF;
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
      WHEN 'no_such_schedule' THEN 'there has never been such a schedule'
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

-- A command for a whole schedule or tenant becomes one for each conversation
-- under way, `page` of these at a time. Returns how many; null when there is no
-- such command.
CREATE OR REPLACE FUNCTION followup.fan_out_next(page integer)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  f followup.fan_out;
  w followup.command;
  seen integer;
  made integer;
BEGIN
  SELECT * INTO f FROM followup.fan_out x
  ORDER BY x.command LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  SELECT * INTO w FROM followup.command m WHERE m.seq = f.command;
  WITH page AS MATERIALIZED (
    SELECT n.partition, n.id, n.tenant, n.conversation, v.name
    FROM followup.enrollment n
    JOIN followup.schedule_version v ON v.id = n.version
    WHERE n.outcome IS NULL
      AND (n.partition, n.id) > (f.partition, f.enrollment)
    ORDER BY n.partition, n.id LIMIT page
  ), children AS (
    INSERT INTO followup.command (entry, partition, tenant, conversation,
      action, delay, actor, reason)
    SELECT w.entry || '/' || p.id, p.partition, p.tenant, p.conversation,
      w.action, w.delay, w.actor, w.reason
    FROM page p
    WHERE CASE w.scope WHEN 'tenant' THEN p.tenant = w.tenant
                       ELSE p.name = w.schedule END
    ON CONFLICT DO NOTHING
    RETURNING tenant, conversation
  ), touched AS (
    SELECT followup.touch(c.tenant, c.conversation) FROM children c
  ), last AS (
    SELECT p.partition, p.id FROM page p
    ORDER BY p.partition DESC, p.id DESC LIMIT 1
  )
  SELECT (SELECT count(*) FROM page), (SELECT count(*) FROM touched),
    (SELECT l.partition FROM last l), (SELECT l.id FROM last l)
  INTO seen, made, f.partition, f.enrollment;
  IF seen < page THEN
    DELETE FROM followup.fan_out x WHERE x.command = f.command;
  ELSE
    UPDATE followup.fan_out x
    SET partition = f.partition, enrollment = f.enrollment
    WHERE x.command = f.command;
  END IF;
  RETURN made;
END
$$;

-- All that is under way with a contact, or waits in the queue for a sender.
CREATE OR REPLACE FUNCTION followup.touch_contact(tenant text, contact text)
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
CREATE OR REPLACE FUNCTION followup.suppress_command(w followup.command)
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
    PERFORM followup.suppress(w.tenant, who, line, 'command', w.actor,
      w.reason, clock_timestamp());
  ELSE
    -- Who has opted out of everything is not taken back for one channel.
    IF line <> '*' AND EXISTS (
        SELECT FROM followup.suppression s WHERE s.tenant = w.tenant
          AND s.contact = who AND s.channel = '*'
          AND s.lifted_at IS NULL) THEN
      RETURN 'opted_out';
    END IF;
    UPDATE followup.suppression s
    SET lifted_at = clock_timestamp(), lifted_by = w.actor
    WHERE s.tenant = w.tenant AND s.contact = who
      AND (line = '*' OR s.channel = line) AND s.lifted_at IS NULL;
  END IF;
  PERFORM followup.touch_contact(w.tenant, who);
  RETURN NULL;
END
$$;

-- Judging, permits and the sweep look at the holds themselves: however many
-- conversations are meant, there is nothing else to do here.
CREATE OR REPLACE FUNCTION followup.hold_command(w followup.command)
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
