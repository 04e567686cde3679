-- Who speaks to a person, and whether anybody may.

-- Whether anything of a schedule's stop_when holds.
CREATE OR REPLACE FUNCTION followup.stops(
  stop_when jsonb, owner text, intent text, stage text, attributes jsonb)
RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(stop_when->'owner' ? coalesce(owner, 'nobody'), false)
    OR coalesce(stop_when->'intent' ? intent, false)
    OR coalesce(stop_when->'stage' ? stage, false)
    OR EXISTS (
      SELECT FROM jsonb_each(stop_when->'attributes') a
      WHERE a.value ? (attributes->>a.key))
$$;

-- The conversation in which the same person was answered later, at the same
-- address, and is followed up too; no row: this enrollment goes first. Enrollments
-- that share their person have no since_at. A shadow stands in nobody's way.
CREATE OR REPLACE FUNCTION followup.newer_silence(p integer, enrollment bigint)
RETURNS TABLE (conversation text) LANGUAGE sql STABLE AS $$
  SELECT o.conversation
  FROM followup.enrollment n
  JOIN followup.schedule_version v ON v.id = n.version
  JOIN followup.enrollment o ON o.tenant = n.tenant AND o.contact = n.contact
    AND o.channel = n.channel AND o.address = n.address
    AND o.conversation <> n.conversation
    AND (o.since_at, o.conversation) > (n.since_at, n.conversation)
  JOIN followup.schedule_version w ON w.id = o.version AND w.mode = v.mode
  WHERE n.partition = $1 AND n.id = $2 AND o.outcome IS NULL
  ORDER BY o.since_at DESC LIMIT 1
$$;

-- Of those just enrolled, and what is under way with the same people: the older
-- ones are judged again, and end.
CREATE OR REPLACE FUNCTION followup.touch_rivals(p integer, first bigint)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM followup.touch(x.tenant, x.conversation) FROM (
    SELECT n.tenant,
      CASE WHEN (o.since_at, o.conversation) > (n.since_at, n.conversation)
           THEN n.conversation ELSE o.conversation END AS conversation
    FROM followup.ledger l
    JOIN followup.enrollment n ON n.partition = l.partition
      AND n.id = l.enrollment
    JOIN followup.enrollment o ON o.tenant = n.tenant AND o.contact = n.contact
      AND o.channel = n.channel AND o.address = n.address
      AND o.conversation <> n.conversation
    WHERE l.partition = $1 AND l.seq >= $2 AND l.event = 'enrolled'
      AND n.since_at IS NOT NULL AND o.since_at IS NOT NULL
      AND o.outcome IS NULL) x;
END
$$;

-- Nobody is written to on `channel` ('*': on any) from now on, until it is
-- lifted. What is older than the lifting does not count again.
CREATE OR REPLACE FUNCTION followup.suppress(
  tenant text, contact text, channel text, source text, actor text,
  reason text, at timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO followup.suppression AS s (tenant, contact, channel, source,
    actor, reason, at)
  VALUES ($1, $2, $3, $4, $5, $6, $7)
  ON CONFLICT ON CONSTRAINT suppression_pkey DO UPDATE
  SET source = excluded.source, actor = excluded.actor,
    reason = excluded.reason, at = excluded.at, lifted_at = NULL,
    lifted_by = NULL
  WHERE s.lifted_at < excluded.at;
  IF FOUND THEN
    PERFORM followup.touch_contact($1, $2);
  END IF;
END
$$;
