-- Adapter "plain": a small reference CRM, for those who have none and for the
-- quick start. The tables are made where they are missing and never dropped.

CREATE SCHEMA IF NOT EXISTS crm;

CREATE TABLE IF NOT EXISTS crm.contact (
  id text PRIMARY KEY DEFAULT gen_random_uuid()::text,
  name text,
  locale text,
  timezones text[],
  opted_out boolean NOT NULL DEFAULT false,
  attributes jsonb NOT NULL DEFAULT '{}'
);

CREATE TABLE IF NOT EXISTS crm.conversation (
  id text PRIMARY KEY DEFAULT gen_random_uuid()::text,
  tenant text NOT NULL DEFAULT 'default',
  contact_id text REFERENCES crm.contact ON DELETE CASCADE,
  channel text NOT NULL,
  address text,
  status text NOT NULL DEFAULT 'open',
  owner text NOT NULL DEFAULT 'nobody',
  intent text,
  stage text,
  attributes jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX IF NOT EXISTS conversation_contact
  ON crm.conversation (contact_id);

CREATE TABLE IF NOT EXISTS crm.message (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  conversation_id text NOT NULL REFERENCES crm.conversation ON DELETE CASCADE,
  direction text NOT NULL CHECK (direction IN ('in', 'out')),
  author text NOT NULL DEFAULT 'human'
    CHECK (author IN ('human', 'bot', 'followup', 'automation', 'note')),
  body text,
  status text NOT NULL DEFAULT 'sent',
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX IF NOT EXISTS message_conversation
  ON crm.message (conversation_id, created_at, id);

CREATE OR REPLACE FUNCTION followup.conversation_facts(
  tenants text[], conversations text[])
RETURNS TABLE (
  tenant_id text, conversation_id text, contact_id text, channel text,
  address text, status text, owner text, intent text, stage text, locale text,
  timezones text[], last_inbound_at timestamptz, last_answer_at timestamptz,
  last_human_at timestamptz, last_ours_at timestamptz,
  window_ends_at timestamptz, opted_out boolean, tenant_active boolean,
  attributes jsonb)
LANGUAGE sql STABLE AS $$
  SELECT c.tenant, c.id, c.contact_id, c.channel, c.address, c.status, c.owner,
    c.intent, c.stage, k.locale, k.timezones,
    m.last_inbound_at, m.last_answer_at, m.last_human_at, m.last_ours_at,
    NULL::timestamptz, coalesce(k.opted_out, false), true,
    jsonb_strip_nulls(jsonb_build_object('name', k.name))
      || coalesce(k.attributes, '{}') || c.attributes
      || jsonb_strip_nulls(jsonb_build_object('_last_text', m.last_text))
  FROM unnest(tenants, conversations) AS w(tenant, id)
  JOIN crm.conversation c ON c.id = w.id AND c.tenant = w.tenant
  LEFT JOIN crm.contact k ON k.id = c.contact_id
  CROSS JOIN LATERAL (
    SELECT
      max(m.created_at) FILTER (WHERE m.direction = 'in'
        AND m.author NOT IN ('note', 'automation')) AS last_inbound_at,
      max(m.created_at) FILTER (WHERE m.direction = 'out'
        AND m.author IN ('human', 'bot')
        AND m.status NOT IN ('failed', 'deleted')) AS last_answer_at,
      max(m.created_at) FILTER (WHERE m.direction = 'out'
        AND m.author = 'human'
        AND m.status NOT IN ('failed', 'deleted')) AS last_human_at,
      max(m.created_at) FILTER (WHERE m.direction = 'out'
        AND m.author = 'followup'
        AND m.status NOT IN ('failed', 'deleted')) AS last_ours_at,
      (array_agg(left(m.body, 200)) FILTER (WHERE m.direction = 'in'
        AND m.author NOT IN ('note', 'automation')))[1] AS last_text
    FROM (
      SELECT * FROM crm.message x WHERE x.conversation_id = c.id
      ORDER BY x.created_at DESC, x.id DESC) m
  ) m
$$;

CREATE OR REPLACE FUNCTION followup.conversations_since(since timestamptz)
RETURNS TABLE (tenant_id text, conversation_id text)
LANGUAGE sql STABLE AS $$
  SELECT DISTINCT c.tenant, c.id
  FROM crm.message m
  JOIN crm.conversation c ON c.id = m.conversation_id
  WHERE m.created_at > since AND m.direction = 'out'
    AND m.author IN ('human', 'bot')
$$;

CREATE OR REPLACE FUNCTION followup.close_conversation(
  tenant text, conversation text)
RETURNS void LANGUAGE sql AS $$
  UPDATE crm.conversation c SET status = 'closed'
  WHERE c.tenant = $1 AND c.id = $2 AND c.status = 'open'
$$;

-- Change capture: what the CRM writes is judged again within a moment. New
-- messages are read by their ids, so that to insert one costs nothing of ours.
-- Hence they are the sequence's. Our own change nothing that a judgement depends
-- on.
CREATE OR REPLACE FUNCTION followup.new_messages(above bigint, up_to bigint)
RETURNS TABLE (id bigint, tenant text, conversation text)
LANGUAGE sql STABLE AS $$
  SELECT m.id, c.tenant, c.id
  FROM crm.message m
  LEFT JOIN crm.conversation c
    ON c.id = m.conversation_id AND m.author NOT IN ('followup', 'note')
  WHERE m.id > above AND m.id <= up_to
  ORDER BY m.id LIMIT 10000
$$;

-- Other changes, by triggers.
CREATE OR REPLACE FUNCTION followup.plain_message_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM followup.touch(c.tenant, c.id) FROM crm.conversation c
  WHERE c.id IN (OLD.conversation_id,
                 CASE WHEN TG_OP = 'UPDATE' THEN NEW.conversation_id END);
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION followup.plain_conversation_changed()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    PERFORM followup.touch(OLD.tenant, OLD.id);
  END IF;
  IF TG_OP = 'UPDATE' AND (NEW.tenant, NEW.id) <> (OLD.tenant, OLD.id) THEN
    PERFORM followup.touch(NEW.tenant, NEW.id);
  END IF;
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION followup.plain_contact_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM followup.touch(c.tenant, c.id) FROM crm.conversation c
  WHERE c.contact_id = OLD.id;
  RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER followup_changed
  AFTER UPDATE OF conversation_id, direction, author, status, created_at
    OR DELETE ON crm.message FOR EACH ROW
  EXECUTE FUNCTION followup.plain_message_changed();
CREATE OR REPLACE TRIGGER followup_changed
  AFTER UPDATE OR DELETE ON crm.conversation FOR EACH ROW
  EXECUTE FUNCTION followup.plain_conversation_changed();
CREATE OR REPLACE TRIGGER followup_changed
  AFTER UPDATE ON crm.contact FOR EACH ROW
  EXECUTE FUNCTION followup.plain_contact_changed();

-- What the worker reads and, to close a conversation, writes.
CREATE OR REPLACE FUNCTION followup.grant_adapter(role name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  EXECUTE format($do$
    GRANT USAGE ON SCHEMA crm TO %1$I;
    GRANT SELECT ON crm.contact, crm.conversation, crm.message TO %1$I;
    GRANT UPDATE (status) ON crm.conversation TO %1$I
  $do$, role);
END
$$;
