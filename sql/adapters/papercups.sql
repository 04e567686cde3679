-- Papercups. A tenant is an account's id, a conversation its own. Times are UTC
-- without a zone and in whole seconds, ids are random: of two messages in one
-- second the customer's is taken for the newer one, so that nothing is sent.
--
-- What the sender posts must be told from an agent's: let it post as a user
-- whose e-mail address begins with "followup@" or "followup-".
SET LOCAL lock_timeout = '5s';
SET LOCAL check_function_bodies = off;

CREATE OR REPLACE FUNCTION followup.papercups_columns() RETURNS text[]
LANGUAGE sql IMMUTABLE AS $$
  SELECT ARRAY[
    'public.accounts id time_zone',
    'public.conversations id account_id customer_id assignee_id status source
      subject archived_at closed_at metadata',
    'public.messages id conversation_id customer_id user_id type private body
      metadata sent_at inserted_at',
    'public.customers id name email phone external_id browser_language
      time_zone metadata',
    'public.users id email',
    'public.tags id name',
    'public.conversation_tags conversation_id tag_id',
    'public.customer_tags customer_id tag_id']
$$;

CREATE OR REPLACE FUNCTION followup.papercups_is_ours(email text)
RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT email ~* '^followup[@-]'
$$;

CREATE OR REPLACE FUNCTION followup.adapter_problems()
RETURNS TABLE (severity text, problem text) LANGUAGE plpgsql STABLE AS $$
DECLARE
  lacks text := followup.columns_problem(followup.papercups_columns());
BEGIN
  IF lacks IS NOT NULL THEN
    RETURN QUERY SELECT 'error'::text, lacks;
    RETURN;
  END IF;
  RETURN QUERY SELECT 'error'::text, p FROM followup.triggers_problem(
    '{public.messages,public.conversations,public.customers,
      public.conversation_tags,public.customer_tags}') p
  WHERE p IS NOT NULL;
  IF NOT EXISTS (SELECT FROM public.users u
                 WHERE followup.papercups_is_ours(u.email)) THEN
    RETURN QUERY SELECT 'warning'::text, 'there is no user whose address '
      'begins with followup@: what a sender posts as anyone else is taken for '
      'an answer';
  END IF;
END
$$;

CREATE OR REPLACE FUNCTION followup.papercups_key(key text) RETURNS uuid
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN key ~ ('^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}'
                          || '-[0-9a-f]{12}$') THEN key::uuid END
$$;

CREATE OR REPLACE FUNCTION followup.papercups_object(value jsonb)
RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN jsonb_typeof(value) = 'object' THEN value - '_last_text'
         ELSE '{}' END
$$;

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
  SELECT w.tenant, w.conversation, c.customer_id::text,
    CASE c.source WHEN 'chat' THEN 'webchat' WHEN 'email' THEN 'email'
      WHEN 'sms' THEN 'sms' WHEN 'api' THEN 'api' ELSE 'other' END,
    CASE c.source WHEN 'chat' THEN u.id::text
      WHEN 'email' THEN nullif(u.email, '') WHEN 'sms' THEN nullif(u.phone, '')
      WHEN 'api' THEN coalesce(u.external_id, u.id::text) END,
    -- What comes from the page for trying out is nobody's.
    CASE WHEN c.source = 'sandbox' THEN NULL
      WHEN c.archived_at IS NOT NULL THEN 'closed'
      WHEN c.status IN ('open', 'closed') THEN c.status END,
    CASE WHEN c.assignee_id IS NOT NULL THEN 'human' ELSE 'nobody' END,
    coalesce(c.metadata ->> 'intent', g.intent),
    coalesce(c.metadata ->> 'stage', g.stage),
    substring(u.browser_language, '^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*'),
    -- The person's own zone, and where it is not known the account's.
    array_remove(ARRAY[followup.first_timezone(u.time_zone, a.time_zone)],
                 NULL),
    m.inbound_at AT TIME ZONE 'UTC',
    CASE WHEN m.answer_at = m.inbound_at
         THEN m.answer_at - interval '1 microsecond'
         ELSE m.answer_at END AT TIME ZONE 'UTC',
    CASE WHEN m.human_at = m.inbound_at
         THEN m.human_at - interval '1 microsecond'
         ELSE m.human_at END AT TIME ZONE 'UTC',
    m.ours_at AT TIME ZONE 'UTC', NULL::timestamptz,
    coalesce(g.opted_out, false)
      OR coalesce(lower(u.metadata ->> 'opted_out') IN ('true', 'yes', '1'),
                  false),
    true,
    jsonb_strip_nulls(jsonb_build_object('name', nullif(u.name, ''),
                                         'goal', c.subject))
      || followup.papercups_object(u.metadata)
      || followup.papercups_object(c.metadata)
      || jsonb_strip_nulls(jsonb_build_object('_last_text', left(l.body, 200)))
  FROM unnest(tenants, conversations) w(tenant, conversation)
  JOIN public.conversations c ON c.id = followup.papercups_key(w.conversation)
    AND c.account_id = followup.papercups_key(w.tenant)
  JOIN public.accounts a ON a.id = c.account_id
  LEFT JOIN public.customers u ON u.id = c.customer_id
  LEFT JOIN LATERAL (
    SELECT min(substr(n.name, 8)) FILTER (WHERE n.name LIKE 'intent-%')
        AS intent,
      min(substr(n.name, 7)) FILTER (WHERE n.name LIKE 'stage-%') AS stage,
      bool_or(lower(n.name) IN ('opt-out', 'optout', 'do-not-contact'))
        AS opted_out
    FROM public.tags n
    WHERE n.id IN (
      SELECT x.tag_id FROM public.conversation_tags x
      WHERE x.conversation_id = c.id
      UNION ALL
      SELECT x.tag_id FROM public.customer_tags x
      WHERE x.customer_id = c.customer_id)
  ) g ON true
  -- customer_id says that it came in. Reminders that Papercups writes by itself
  -- are for the agents.
  CROSS JOIN LATERAL (
    SELECT
      max(x.at) FILTER (WHERE x.came_in AND x.type = 'reply') AS inbound_at,
      max(x.at) FILTER (WHERE NOT x.came_in AND NOT x.ours
        AND (x.type = 'bot' OR x.type = 'reply' AND x.user_id IS NOT NULL))
        AS answer_at,
      max(x.at) FILTER (WHERE NOT x.came_in AND NOT x.ours AND x.type = 'reply'
        AND x.user_id IS NOT NULL) AS human_at,
      max(x.at) FILTER (WHERE NOT x.came_in AND x.ours) AS ours_at
    FROM (
      SELECT y.type, y.user_id, y.customer_id IS NOT NULL AS came_in,
        coalesce(y.sent_at, y.inserted_at) AS at,
        coalesce(followup.papercups_is_ours(by.email), false) AS ours
      FROM public.messages y
      LEFT JOIN public.users by ON by.id = y.user_id
      WHERE y.conversation_id = c.id AND NOT coalesce(y.private, false)
        AND coalesce(y.metadata ->> 'is_reminder', '') <> 'true'
    ) x
  ) m
  LEFT JOIN LATERAL (
    SELECT y.body FROM public.messages y
    WHERE y.conversation_id = c.id AND y.customer_id IS NOT NULL
      AND y.type = 'reply' AND NOT coalesce(y.private, false)
    ORDER BY coalesce(y.sent_at, y.inserted_at) DESC LIMIT 1
  ) l ON true
$$;

CREATE OR REPLACE FUNCTION followup.conversations_since(since timestamptz)
RETURNS TABLE (tenant_id text, conversation_id text)
LANGUAGE sql STABLE AS $$
  SELECT DISTINCT c.account_id::text, c.id::text
  FROM public.messages m
  JOIN public.conversations c ON c.id = m.conversation_id
  WHERE coalesce(m.sent_at, m.inserted_at) > since AT TIME ZONE 'UTC'
    AND m.customer_id IS NULL AND NOT coalesce(m.private, false)
$$;

-- Closing is two columns, which Papercups sets together. Its own events are
-- passed by, so an open page shows it after it has been loaded anew.
CREATE OR REPLACE FUNCTION followup.close_conversation(
  tenant text, conversation text)
RETURNS void LANGUAGE sql AS $$
  UPDATE public.conversations c
  SET status = 'closed',
    closed_at = date_trunc('second', timezone('UTC', now()))
  WHERE c.id = followup.papercups_key(conversation)
    AND c.account_id = followup.papercups_key(tenant) AND c.status = 'open'
$$;

-- --- change capture ---------------------------------------------------------

CREATE OR REPLACE FUNCTION followup.papercups_touch(conversation uuid)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM followup.touch(c.account_id::text, c.id::text)
  FROM public.conversations c WHERE c.id = conversation;
END
$$;

CREATE OR REPLACE FUNCTION followup.papercups_touch_customer(customer uuid)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM followup.touch(c.account_id::text, c.id::text)
  FROM public.conversations c
  WHERE c.customer_id = customer AND c.status = 'open';
END
$$;

-- Messages are marked as seen often: that changes nothing.
CREATE OR REPLACE FUNCTION followup.papercups_message() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    PERFORM followup.papercups_touch(OLD.conversation_id);
  ELSIF TG_OP = 'INSERT' THEN
    PERFORM followup.papercups_touch(NEW.conversation_id);
  ELSIF (NEW.conversation_id, NEW.customer_id, NEW.user_id, NEW.type,
         NEW.private, NEW.body, NEW.sent_at, NEW.metadata)
     IS DISTINCT FROM
        (OLD.conversation_id, OLD.customer_id, OLD.user_id, OLD.type,
         OLD.private, OLD.body, OLD.sent_at, OLD.metadata) THEN
    PERFORM followup.papercups_touch(NEW.conversation_id);
    IF NEW.conversation_id <> OLD.conversation_id THEN
      PERFORM followup.papercups_touch(OLD.conversation_id);
    END IF;
  END IF;
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION followup.papercups_conversation() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE'
    OR (NEW.status, NEW.archived_at, NEW.assignee_id, NEW.customer_id,
        NEW.source, NEW.subject, NEW.metadata)
    IS DISTINCT FROM
       (OLD.status, OLD.archived_at, OLD.assignee_id, OLD.customer_id,
        OLD.source, OLD.subject, OLD.metadata) THEN
    PERFORM followup.touch(OLD.account_id::text, OLD.id::text);
  END IF;
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION followup.papercups_customer() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE'
    OR (NEW.name, NEW.email, NEW.phone, NEW.external_id, NEW.time_zone,
        NEW.browser_language, NEW.metadata)
    IS DISTINCT FROM
       (OLD.name, OLD.email, OLD.phone, OLD.external_id, OLD.time_zone,
        OLD.browser_language, OLD.metadata) THEN
    PERFORM followup.papercups_touch_customer(OLD.id);
  END IF;
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION followup.papercups_conversation_tag()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM followup.papercups_touch(CASE WHEN TG_OP = 'DELETE'
    THEN OLD.conversation_id ELSE NEW.conversation_id END);
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION followup.papercups_customer_tag() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM followup.papercups_touch_customer(CASE WHEN TG_OP = 'DELETE'
    THEN OLD.customer_id ELSE NEW.customer_id END);
  RETURN NULL;
END
$$;

DO $$
BEGIN
  IF followup.columns_problem(followup.papercups_columns()) IS NULL THEN
    PERFORM followup.make_trigger('public.messages',
      'INSERT OR UPDATE OR DELETE', 'papercups_message');
    PERFORM followup.make_trigger('public.conversations', 'UPDATE OR DELETE',
      'papercups_conversation');
    PERFORM followup.make_trigger('public.customers', 'UPDATE OR DELETE',
      'papercups_customer');
    PERFORM followup.make_trigger('public.conversation_tags',
      'INSERT OR DELETE', 'papercups_conversation_tag');
    PERFORM followup.make_trigger('public.customer_tags',
      'INSERT OR DELETE', 'papercups_customer_tag');
  END IF;
END
$$;

CREATE OR REPLACE FUNCTION followup.grant_adapter(role name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM followup.grant_columns(followup.papercups_columns(), role);
  EXECUTE format('GRANT UPDATE (status, closed_at) ON public.conversations '
                 'TO %I', role);
END
$$;
