-- Zammad 6. There is one tenant, "default": a ticket keeps its key when it goes
-- to another group; the group is the attribute "group". A conversation is a
-- ticket's id. Times are UTC without a zone; preferences are YAML in a text.
--
-- What the sender posts must be told from an agent's: let it post as a user
-- whose login is "followup", or begins with "followup@" or "followup-".
SET LOCAL lock_timeout = '5s';
SET LOCAL check_function_bodies = off;

CREATE OR REPLACE FUNCTION followup.zammad_columns() RETURNS text[]
LANGUAGE sql IMMUTABLE AS $$
  SELECT ARRAY[
    'public.tickets id group_id state_id owner_id customer_id title
      create_article_type_id preferences',
    'public.ticket_states id state_type_id',
    'public.ticket_state_types id name',
    'public.ticket_articles id ticket_id type_id sender_id internal to cc body
      detected_language preferences created_by_id created_at',
    'public.ticket_article_types id name communication',
    'public.ticket_article_senders id name',
    'public.users id login firstname email phone mobile active preferences',
    'public.groups id name',
    'public.calendars id timezone default',
    'public.tags o_id tag_object_id tag_item_id',
    'public.tag_items id name',
    'public.tag_objects id name']
$$;

CREATE OR REPLACE FUNCTION followup.zammad_is_ours(login text)
RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT login ~* '^followup([@-]|$)'
$$;

CREATE OR REPLACE FUNCTION followup.adapter_problems()
RETURNS TABLE (severity text, problem text) LANGUAGE plpgsql STABLE AS $$
DECLARE
  lacks text := followup.columns_problem(followup.zammad_columns());
BEGIN
  IF lacks IS NOT NULL THEN
    RETURN QUERY SELECT 'error'::text, lacks;
    RETURN;
  END IF;
  RETURN QUERY SELECT 'error'::text, p FROM followup.triggers_problem(
    '{public.ticket_articles,public.tickets,public.users,public.tags}') p
  WHERE p IS NOT NULL;
  IF NOT EXISTS (SELECT FROM public.users u
                 WHERE followup.zammad_is_ours(u.login)) THEN
    RETURN QUERY SELECT 'warning'::text, 'there is no user whose login is '
      'followup: what a sender posts as anyone else is taken for an answer';
  END IF;
END
$$;

CREATE OR REPLACE FUNCTION followup.zammad_key(key text) RETURNS integer
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN key ~ '^[1-9][0-9]{0,8}$' THEN key::integer END
$$;

-- A number as senders need it; one without the country's code is none.
CREATE OR REPLACE FUNCTION followup.zammad_number(number text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
  SELECT '+' || substring(regexp_replace(number, '[^0-9+]', '', 'g'),
                          '^(?:\+|00)([1-9][0-9]{4,14})$')
$$;

CREATE OR REPLACE FUNCTION followup.zammad_channel(type text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE type WHEN 'whatsapp message' THEN 'whatsapp'
    WHEN 'telegram personal-message' THEN 'telegram'
    WHEN 'facebook direct-message' THEN 'messenger' WHEN 'sms' THEN 'sms'
    WHEN 'chat' THEN 'webchat' WHEN 'email' THEN 'email'
    -- Who wrote in the portal, or called, is answered by mail.
    WHEN 'web' THEN 'email' WHEN 'note' THEN 'email' WHEN 'phone' THEN 'email'
    ELSE 'other' END
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
  SELECT w.tenant, w.conversation, t.customer_id::text, k.channel,
    CASE k.channel
      WHEN 'email' THEN CASE WHEN u.preferences
          ~ '(?n)^ *:?mail_delivery_failed: true' THEN NULL
        ELSE nullif(u.email, '') END
      WHEN 'sms' THEN coalesce(followup.zammad_number(u.mobile),
                               followup.zammad_number(u.phone))
      WHEN 'whatsapp' THEN coalesce(followup.zammad_number(u.mobile),
                                    followup.zammad_number(u.phone))
      WHEN 'telegram' THEN substring(t.preferences,
                             '(?n)^ *:?chat_id: [''"]?(-?[0-9]+)') END,
    -- By the type: states are renamed and added. A user who is not active is
    -- not written to, but has not opted out.
    CASE WHEN u.active THEN
      CASE st.name WHEN 'new' THEN 'open' WHEN 'open' THEN 'open'
        WHEN 'pending reminder' THEN 'snoozed'
        WHEN 'pending action' THEN 'snoozed'
        WHEN 'closed' THEN 'closed' END END,
    CASE WHEN t.owner_id <> 1 THEN 'human' ELSE 'nobody' END, -- 1 is nobody
    g.intent, g.stage,
    replace(coalesce(substring(u.preferences,
        '(?n)^ *:?locale: [''"]?([A-Za-z]{2,3}([-_][A-Za-z]+)*)'),
      i.detected_language), '_', '-'),
    array_remove(ARRAY[followup.first_timezone((
      SELECT c.timezone FROM public.calendars c
      ORDER BY c."default" DESC, c.id LIMIT 1))], NULL),
    i.created_at AT TIME ZONE 'UTC',
    -- At the same instant the later row is the newer one.
    CASE WHEN a.created_at = i.created_at AND a.id < i.id
         THEN a.created_at - interval '1 microsecond'
         ELSE a.created_at END AT TIME ZONE 'UTC',
    a.created_at AT TIME ZONE 'UTC', o.ours_at AT TIME ZONE 'UTC',
    NULL::timestamptz, coalesce(g.opted_out, false), true,
    jsonb_strip_nulls(jsonb_build_object('name', nullif(u.firstname, ''),
      'goal', t.title, 'group', r.name, '_last_text', left(i.body, 200)))
  FROM unnest(tenants, conversations) w(tenant, conversation)
  JOIN public.tickets t ON w.tenant = 'default'
    AND t.id = followup.zammad_key(w.conversation)
  JOIN public.ticket_states s ON s.id = t.state_id
  -- What was merged goes on in another ticket.
  JOIN public.ticket_state_types st ON st.id = s.state_type_id
    AND st.name NOT IN ('merged', 'removed')
  LEFT JOIN public.users u ON u.id = t.customer_id
  LEFT JOIN public.groups r ON r.id = t.group_id
  LEFT JOIN LATERAL (
    SELECT min(substr(n.name, 8)) FILTER (WHERE n.name LIKE 'intent-%')
        AS intent,
      min(substr(n.name, 7)) FILTER (WHERE n.name LIKE 'stage-%') AS stage,
      bool_or(lower(n.name) IN ('opt-out', 'optout', 'do-not-contact'))
        AS opted_out
    FROM public.tags x
    JOIN public.tag_items n ON n.id = x.tag_item_id
    JOIN public.tag_objects b ON b.id = x.tag_object_id AND b.name = 'Ticket'
    WHERE x.o_id = t.id
  ) g ON true
  -- What the customer wrote, or said when they called.
  LEFT JOIN LATERAL (
    SELECT x.id, x.created_at, x.body, x.detected_language
    FROM public.ticket_articles x
    JOIN public.ticket_article_senders n
      ON n.id = x.sender_id AND n.name = 'Customer'
    WHERE x.ticket_id = t.id AND NOT x.internal
    ORDER BY x.created_at DESC, x.id DESC LIMIT 1
  ) i ON true
  -- What an agent wrote to them: no note, no call, nothing that failed, no mail
  -- to somebody else. What triggers send is the sender System's.
  LEFT JOIN LATERAL (
    SELECT x.id, x.created_at FROM public.ticket_articles x
    JOIN public.ticket_article_senders n
      ON n.id = x.sender_id AND n.name = 'Agent'
    JOIN public.ticket_article_types y
      ON y.id = x.type_id AND y.communication AND y.name <> 'phone'
    LEFT JOIN public.users by ON by.id = x.created_by_id
    WHERE x.ticket_id = t.id AND NOT x.internal
      AND followup.zammad_is_ours(by.login) IS NOT TRUE
      AND (y.name <> 'email' OR coalesce(u.email, '') = '' OR position(
        lower(u.email) IN lower(concat_ws(' ', x."to", x.cc))) > 0)
      AND coalesce(x.preferences, '') !~ '(?n)^ *:?delivery_status: fail'
    ORDER BY x.created_at DESC, x.id DESC LIMIT 1
  ) a ON true
  LEFT JOIN LATERAL (
    SELECT max(x.created_at) AS ours_at FROM public.ticket_articles x
    JOIN public.users by ON by.id = x.created_by_id
    WHERE x.ticket_id = t.id AND NOT x.internal
      AND followup.zammad_is_ours(by.login)
  ) o ON true
  -- The channel that was last written on, whoever wrote.
  LEFT JOIN LATERAL (
    SELECT y.name FROM public.ticket_articles x
    JOIN public.ticket_article_types y
      ON y.id = x.type_id AND y.communication AND y.name <> 'phone'
    JOIN public.ticket_article_senders n
      ON n.id = x.sender_id AND n.name <> 'System'
    WHERE x.ticket_id = t.id AND NOT x.internal
    ORDER BY x.created_at DESC, x.id DESC LIMIT 1
  ) l ON true
  LEFT JOIN public.ticket_article_types c ON c.id = t.create_article_type_id
  CROSS JOIN LATERAL (
    SELECT followup.zammad_channel(coalesce(l.name, c.name)) AS channel) k
$$;

CREATE OR REPLACE FUNCTION followup.conversations_since(since timestamptz)
RETURNS TABLE (tenant_id text, conversation_id text)
LANGUAGE sql STABLE AS $$
  SELECT DISTINCT 'default', x.ticket_id::text
  FROM public.ticket_articles x
  JOIN public.ticket_article_senders n
    ON n.id = x.sender_id AND n.name = 'Agent'
  JOIN public.tickets t ON t.id = x.ticket_id
  JOIN public.ticket_states s ON s.id = t.state_id
  JOIN public.ticket_state_types st ON st.id = s.state_type_id
  WHERE x.created_at > since AT TIME ZONE 'UTC' AND NOT x.internal
    AND st.name NOT IN ('merged', 'removed')
$$;

-- Zammad closes a ticket with its history, escalations, triggers and the search
-- index, which SQL would pass by. The event "closed" tells the sender to do it
-- through the API.
CREATE OR REPLACE FUNCTION followup.close_conversation(
  tenant text, conversation text)
RETURNS void LANGUAGE sql AS $$ SELECT $$;

-- --- change capture ---------------------------------------------------------

CREATE OR REPLACE FUNCTION followup.zammad_article() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    PERFORM followup.touch('default', OLD.ticket_id::text);
  END IF;
  IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE'
     AND NEW.ticket_id <> OLD.ticket_id THEN
    PERFORM followup.touch('default', NEW.ticket_id::text);
  END IF;
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION followup.zammad_ticket() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE'
    OR (NEW.state_id, NEW.owner_id, NEW.customer_id, NEW.group_id)
       <> (OLD.state_id, OLD.owner_id, OLD.customer_id, OLD.group_id)
    OR NEW.title IS DISTINCT FROM OLD.title
    OR NEW.preferences IS DISTINCT FROM OLD.preferences THEN
    PERFORM followup.touch('default', OLD.id::text);
  END IF;
  RETURN NULL;
END
$$;

-- Only tickets that are neither closed nor merged have a follow-up.
CREATE OR REPLACE FUNCTION followup.zammad_user() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' OR NEW.active <> OLD.active
    OR (NEW.firstname, NEW.email, NEW.phone, NEW.mobile, NEW.preferences)
       IS DISTINCT FROM
       (OLD.firstname, OLD.email, OLD.phone, OLD.mobile, OLD.preferences) THEN
    PERFORM followup.touch('default', t.id::text)
    FROM public.tickets t
    JOIN public.ticket_states s ON s.id = t.state_id
    JOIN public.ticket_state_types st ON st.id = s.state_type_id
    WHERE t.customer_id = OLD.id
      AND st.name NOT IN ('closed', 'merged', 'removed');
  END IF;
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION followup.zammad_tag() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  g public.tags := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
  PERFORM followup.touch('default', g.o_id::text)
  FROM public.tag_objects b WHERE b.id = g.tag_object_id AND b.name = 'Ticket';
  RETURN NULL;
END
$$;

DO $$
BEGIN
  IF followup.columns_problem(followup.zammad_columns()) IS NULL THEN
    PERFORM followup.make_trigger('public.ticket_articles',
      'INSERT OR UPDATE OR DELETE', 'zammad_article');
    PERFORM followup.make_trigger('public.tickets', 'UPDATE OR DELETE',
      'zammad_ticket');
    PERFORM followup.make_trigger('public.users', 'UPDATE OR DELETE',
      'zammad_user');
    PERFORM followup.make_trigger('public.tags', 'INSERT OR DELETE',
      'zammad_tag');
  END IF;
END
$$;

CREATE OR REPLACE FUNCTION followup.grant_adapter(role name) RETURNS void
LANGUAGE sql AS $$
  SELECT followup.grant_columns(followup.zammad_columns(), role)
$$;
