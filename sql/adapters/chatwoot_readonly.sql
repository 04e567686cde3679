\ir shared/chatwoot.sql

-- --- change capture without triggers ------------------------------------------

-- With these functions go the triggers of the other adapter.
DROP FUNCTION IF EXISTS followup.chatwoot_message() CASCADE;
DROP FUNCTION IF EXISTS followup.chatwoot_conversation() CASCADE;
DROP FUNCTION IF EXISTS followup.chatwoot_contact() CASCADE;
DROP FUNCTION IF EXISTS followup.chatwoot_contact_inbox() CASCADE;
DROP FUNCTION IF EXISTS followup.chatwoot_tagging() CASCADE;

-- Rows of messages tell nearly all: what people write, and the notes that
-- Chatwoot itself adds when status, assignee or labels change.
CREATE OR REPLACE FUNCTION followup.new_messages(above bigint, up_to bigint)
RETURNS TABLE (id bigint, tenant text, conversation text)
LANGUAGE sql STABLE AS $$
  SELECT x.id, c.account_id::text, c.display_id::text
  FROM public.messages x
  LEFT JOIN public.conversations c ON c.id = x.conversation_id
  WHERE x.id > above AND x.id <= up_to
  ORDER BY x.id LIMIT 10000
$$;

-- The rest, contacts above all, is looked up for what is being followed up, some
-- at a time, by the instant of its last update; that is the clock of another
-- machine, hence the 30 s.
--
-- The mark: p and n, the enrollment up to which was looked; begun, before, when
-- this round and the one before began.
CREATE OR REPLACE FUNCTION followup.changed_since(since text)
RETURNS TABLE (tenant text, conversation text, mark text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  m jsonb := coalesce(since, '{}')::jsonb;
  e record;
  n integer := 0;
BEGIN
  IF NOT m ? 'begun' OR NOT m ? 'p' AND clock_timestamp()
     > (m ->> 'begun')::timestamptz + interval '15 s' THEN
    m := m || jsonb_build_object('p', -1, 'n', 0, 'begun', clock_timestamp(),
      'before', coalesce(m ->> 'begun', clock_timestamp()::text));
  END IF;
  IF m ? 'p' THEN
    FOR e IN
      SELECT l.partition, l.id, l.tenant, l.conversation,
        c.id IS NULL OR k.id IS NULL
        OR greatest(c.updated_at, k.updated_at) AT TIME ZONE 'UTC'
           > (m ->> 'before')::timestamptz - interval '30 s' AS is_other
      FROM (
        SELECT * FROM followup.enrollment o
        WHERE o.outcome IS NULL
          AND (o.partition, o.id) > ((m ->> 'p')::integer, (m ->> 'n')::bigint)
        ORDER BY o.partition, o.id LIMIT 2000
      ) l
      LEFT JOIN public.conversations c
        ON c.account_id = followup.chatwoot_key(l.tenant)
        AND c.display_id = followup.chatwoot_key(l.conversation)
      LEFT JOIN public.contacts k ON k.id = c.contact_id
      ORDER BY l.partition, l.id
    LOOP
      n := n + 1;
      IF e.is_other THEN
        RETURN QUERY SELECT e.tenant, e.conversation, NULL::text;
      END IF;
    END LOOP;
    m := CASE WHEN n = 2000
      THEN m || jsonb_build_object('p', e.partition, 'n', e.id)
      ELSE m - 'p' - 'n' END;
  END IF;
  RETURN QUERY SELECT NULL::text, NULL::text, m::text;
END
$$;
