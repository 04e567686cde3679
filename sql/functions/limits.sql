-- What stands against a person or a schedule, apart from the conversation.

-- Functions that return rows become part of the statement that asks them, as
-- long as their arguments are plain: hence each has one for a single question.

CREATE OR REPLACE FUNCTION followup.holds_on(tenant text, schedule text)
RETURNS SETOF followup.hold LANGUAGE sql STABLE AS $$
  SELECT * FROM followup.hold h
  WHERE h.scope = 'service'
     OR (h.scope = 'tenant' AND h.name = $1)
     OR (h.scope = 'schedule' AND h.name = $2)
$$;

CREATE OR REPLACE FUNCTION followup.suppressions_of(
  tenant text, contact text, channel text)
RETURNS SETOF followup.suppression LANGUAGE sql STABLE AS $$
  SELECT * FROM followup.suppression s
  WHERE s.tenant = $1 AND s.contact = $2 AND s.channel IN ('*', $3)
    AND s.lifted_at IS NULL
$$;

-- Instants of the messages to a contact since `since`, over all conversations:
-- from each enrollment back along its rows of the ledger. Withdrawn and shadow
-- messages never reached anybody, nor did those that found the window closed.
CREATE OR REPLACE FUNCTION followup.sends_to(
  tenant text, contact text, since timestamptz)
RETURNS TABLE (at timestamptz) LANGUAGE sql STABLE AS $$
  WITH RECURSIVE walk AS (
    SELECT l.partition, l.prev_seq, l.at, l.status, l.error_class
    FROM followup.enrollment n
    JOIN followup.ledger l ON l.partition = n.partition AND l.seq = n.last_seq
    WHERE n.tenant = $1 AND n.contact = $2 AND l.at > $3
    UNION ALL
    SELECT l.partition, l.prev_seq, l.at, l.status, l.error_class
    FROM walk
    JOIN followup.ledger l
      ON l.partition = walk.partition AND l.seq = walk.prev_seq
    WHERE l.at > $3
  )
  SELECT w.at FROM walk w
  WHERE w.status NOT IN ('withdrawn', 'shadow')
    AND NOT (w.status = 'failed'
             AND w.error_class IS NOT DISTINCT FROM 'window_closed')
$$;
