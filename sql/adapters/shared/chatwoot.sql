-- Chatwoot 4.x: what both of its adapters share. A tenant is an account's id, a
-- conversation its display_id, the number that people see and the API takes.
--
-- Nothing here may get in the way of Chatwoot's own migrations. So there are no
-- views and no triggers that name columns: PostgreSQL would refuse to change a
-- column that one of those depends on. Chatwoot's times are UTC without a zone.
SET LOCAL lock_timeout = '5s';
SET LOCAL check_function_bodies = off;

-- --- the probe --------------------------------------------------------------

-- What is read, all of it. sql/grants/chatwoot.sql grants the same.
CREATE OR REPLACE FUNCTION followup.chatwoot_columns()
RETURNS TABLE (tab text, col text) LANGUAGE sql IMMUTABLE AS $$
  SELECT t.tab, c.col FROM (VALUES
    ('accounts', '{id,status,locale,custom_attributes,settings}'::text[]),
    ('agent_bots', '{id,name}'),
    ('channel_api', '{id,additional_attributes}'),
    ('channel_twilio_sms', '{id,medium}'),
    ('contact_inboxes', '{id,source_id,contact_id,inbox_id}'),
    ('contacts', '{id,name,email,blocked,account_id,additional_attributes,
      custom_attributes,updated_at}'),
    ('conversations', '{id,account_id,display_id,inbox_id,contact_id,
      contact_inbox_id,status,assignee_id,additional_attributes,
      custom_attributes,cached_label_list,updated_at}'),
    ('inboxes', '{id,account_id,channel_id,channel_type,name,timezone,
      working_hours_enabled,csat_survey_enabled}'),
    ('messages', '{id,account_id,conversation_id,message_type,private,status,
      content,content_type,content_attributes,additional_attributes,
      sender_type,sender_id,created_at,updated_at}'),
    ('taggings', '{tag_id,taggable_type,taggable_id,context}'),
    ('tags', '{id,name}')
  ) t(tab, cols), unnest(t.cols) c(col)
$$;

CREATE OR REPLACE FUNCTION followup.chatwoot_has(tab text, col text)
RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM pg_attribute a
    WHERE a.attrelid = to_regclass('public.' || tab) AND a.attname = col
      AND a.attnum > 0 AND NOT a.attisdropped)
$$;

-- Null: all is there, and may be read.
CREATE OR REPLACE FUNCTION followup.chatwoot_lacks() RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
  lacks text;
BEGIN
  SELECT string_agg(DISTINCT CASE
      WHEN to_regclass('public.' || tab) IS NULL THEN 'table ' || tab
      ELSE tab || '.' || col END, ', ') INTO lacks
  FROM followup.chatwoot_columns() WHERE NOT followup.chatwoot_has(tab, col);
  IF lacks IS NOT NULL THEN
    RETURN 'Chatwoot''s schema lacks ' || lacks;
  END IF;
  SELECT string_agg(tab || '.' || col, ', ') INTO lacks
  FROM followup.chatwoot_columns()
  WHERE NOT has_column_privilege('public.' || tab, col, 'SELECT');
  RETURN current_user || ' may not read ' || lacks;
END
$$;

-- What competes with us, for people to decide.
CREATE OR REPLACE FUNCTION followup.chatwoot_rivals()
RETURNS TABLE (problem text) LANGUAGE plpgsql STABLE AS $$
DECLARE
  delayed text;
BEGIN
  RETURN QUERY SELECT format('account %s resolves conversations by itself '
      'after %s minutes: it may come before our close-out', a.id,
      a.settings ->> 'auto_resolve_after')
    FROM public.accounts a WHERE a.settings ->> 'auto_resolve_after' <> ''
    ORDER BY a.id LIMIT 20;
  RETURN QUERY SELECT format('inboxes with a CSAT survey send it after our '
      'close-out, when the conversation is resolved: %s',
      string_agg(i.id || ' ' || i.name, ', ' ORDER BY i.id))
    FROM public.inboxes i WHERE i.csat_survey_enabled HAVING count(*) > 0;
  IF followup.chatwoot_has('automation_rules', 'execution_delay')
    AND has_column_privilege('public.automation_rules', 'execution_delay',
                             'SELECT') THEN
    EXECUTE 'SELECT string_agg(r.id || '' '' || r.name, '', '' ORDER BY r.id)
      FROM public.automation_rules r
      WHERE r.active AND r.execution_delay > 0' INTO delayed;
    RETURN QUERY SELECT 'delayed automations may write to the same people: '
      || delayed WHERE delayed IS NOT NULL;
  END IF;
  IF NOT EXISTS (SELECT FROM public.agent_bots b
                 WHERE followup.chatwoot_is_ours(b.name)) THEN
    RETURN QUERY SELECT 'there is no agent bot named followup: a sender that '
      'posts as anyone else is taken for a person who answers'::text;
  END IF;
END
$$;

CREATE OR REPLACE FUNCTION followup.chatwoot_untriggered() RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT string_agg(t, ', ') FROM unnest(ARRAY['contact_inboxes', 'contacts',
    'conversations', 'messages', 'taggings']) t
  WHERE NOT EXISTS (
    SELECT FROM pg_trigger g
    WHERE g.tgrelid = to_regclass('public.' || t)
      AND g.tgname = 'followup_changed' AND g.tgenabled IN ('O', 'A'))
$$;

CREATE OR REPLACE FUNCTION followup.adapter_problems()
RETURNS TABLE (severity text, problem text) LANGUAGE plpgsql STABLE AS $$
DECLARE
  lacks text := followup.chatwoot_lacks();
BEGIN
  IF lacks IS NOT NULL THEN
    RETURN QUERY SELECT 'error'::text, lacks;
    RETURN;
  END IF;
  IF to_regprocedure('followup.changed_since(text)') IS NULL THEN
    RETURN QUERY SELECT 'error'::text, 'triggers are missing on ' || u
      || ': followup migrate --adapter chatwoot makes them'
    FROM followup.chatwoot_untriggered() u WHERE u IS NOT NULL;
  END IF;
  RETURN QUERY SELECT 'error'::text, i
  FROM followup.ids_problem('public.messages', 'id') i WHERE i IS NOT NULL;
  RETURN QUERY SELECT 'warning'::text, r.problem FROM followup.chatwoot_rivals() r;
  IF followup.chatwoot_has('conversations', 'assignee_agent_bot_id')
    AND has_column_privilege('public.conversations', 'assignee_agent_bot_id',
                             'SELECT')
    AND position('assignee_agent_bot_id' IN (
      SELECT prosrc FROM pg_proc
      WHERE oid = 'followup.conversation_facts(text[],text[])'::regprocedure))
      = 0 THEN
    RETURN QUERY SELECT 'warning'::text, 'Chatwoot has got columns that the '
      'adapter uses where they exist: install it again'::text;
  END IF;
END
$$;

-- --- the facts --------------------------------------------------------------

-- The agent bot that our senders post as, told by its name.
CREATE OR REPLACE FUNCTION followup.chatwoot_is_ours(bot text)
RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT bot ~* '^followup(-|$)'
$$;

-- A key as a number; others than Chatwoot writes are no keys.
CREATE OR REPLACE FUNCTION followup.chatwoot_key(key text)
RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN key ~ '^[1-9][0-9]{0,9}$' THEN key::bigint END
$$;

CREATE OR REPLACE FUNCTION followup.chatwoot_object(value jsonb)
RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN jsonb_typeof(value) = 'object' THEN value ELSE '{}' END
$$;

-- Names that Chatwoot gives to people whose name it does not know are no names:
-- "misty-river-123", a phone number, an address.
CREATE OR REPLACE FUNCTION followup.chatwoot_name(name text)
RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN name ~ '^[a-z]+-[a-z]+-[0-9]{1,4}$' OR name LIKE '%@%'
                OR name !~ '[^0-9+() .-]' THEN NULL
              ELSE btrim(name) END
$$;

-- The language that a text names, if it does: "pt_BR", "de-DE,de;q=0.9".
CREATE OR REPLACE FUNCTION followup.chatwoot_locale(named text)
RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT replace(substring(
    named, '^([A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*)(,|$)'), '_', '-')
$$;

-- accounts.locale is a place in this list.
CREATE OR REPLACE FUNCTION followup.chatwoot_language(n integer)
RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT ('{en,ar,nl,fr,de,hi,it,ja,ko,pt,ru,zh,es,ml,ca,el,pt_BR,ro,ta,fa,'
    'zh_TW,vi,da,tr,cs,fi,id,sv,hu,no,zh_CN,pl,sk,uk,th,lv,is,he,lt,sr}'
    ::text[])[n + 1]
$$;

-- What a message is by its attributes. These are JSON, often JSON within a JSON
-- string, and may hold what no jsonb can: they are looked at as text, which
-- cannot fail.
CREATE OR REPLACE FUNCTION followup.chatwoot_says(attributes json, what text)
RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(attributes::text ~ what, false)
$$;

-- A part of the function depends on what this Chatwoot has.
DO $install$
BEGIN
  EXECUTE replace($facts$
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
  SELECT w.tenant, w.conversation, c.contact_id::text,
    coalesce(k.channel, 'other'), k.address,
    -- Who is unknown, and what is unknown, is not written to.
    CASE WHEN p.id IS NOT NULL AND k.channel IS NOT NULL
         THEN ('{open,closed,open,snoozed}'::text[])[c.status + 1] END,
    -- Pending says that a bot has it, whoever is assigned.
    CASE WHEN c.status = 2 THEN 'bot'
         WHEN c.assignee_id IS NOT NULL THEN 'human'
         WHEN :bot: THEN 'bot' ELSE 'nobody' END,
    coalesce(c.custom_attributes ->> 'intent', l.intent),
    coalesce(c.custom_attributes ->> 'stage', l.stage),
    coalesce(
      followup.chatwoot_locale(c.custom_attributes ->> 'language'),
      followup.chatwoot_locale(p.custom_attributes ->> 'language'),
      followup.chatwoot_locale(
        c.additional_attributes ->> 'conversation_language'),
      followup.chatwoot_locale(p.additional_attributes ->> 'language_code'),
      followup.chatwoot_locale(c.additional_attributes ->> 'browser_language'),
      followup.chatwoot_locale(followup.chatwoot_language(a.locale))),
    -- UTC is what an inbox has when nobody has set it.
    array_remove(ARRAY[followup.first_timezone(
      p.custom_attributes ->> 'timezone', c.custom_attributes ->> 'timezone',
      CASE WHEN i.working_hours_enabled OR i.timezone <> 'UTC'
           THEN i.timezone END,
      a.custom_attributes ->> 'timezone')], NULL),
    greatest(m.at, f.chosen_at) AT TIME ZONE 'UTC',
    -- At the same instant the later row is the newer one.
    CASE WHEN r.at = m.at AND r.id < m.id
         THEN r.at - interval '1 microsecond' ELSE r.at END AT TIME ZONE 'UTC',
    h.at AT TIME ZONE 'UTC', f.ours_at AT TIME ZONE 'UTC',
    CASE WHEN k.hours IS NOT NULL
         THEN coalesce(m.at AT TIME ZONE 'UTC' + k.hours * interval '1 hour',
                       'epoch') END,
    coalesce(p.blocked, false) OR coalesce(l.opted_out, false)
      OR coalesce(lower(p.custom_attributes ->> 'opted_out')
                  IN ('true', 't', 'yes', '1'), false)
      OR coalesce(lower(c.custom_attributes ->> 'opted_out')
                  IN ('true', 't', 'yes', '1'), false),
    coalesce(a.status, 0) = 0,
    jsonb_strip_nulls(
        jsonb_build_object('name', followup.chatwoot_name(p.name)))
      || followup.chatwoot_object(p.custom_attributes)
      || followup.chatwoot_object(c.custom_attributes)
      || jsonb_strip_nulls(
        jsonb_build_object('_last_text', left(m.content, 200)))
  FROM unnest(tenants, conversations) w(tenant, conversation)
  CROSS JOIN (
    SELECT array_agg(b.id) AS ours FROM public.agent_bots b
    WHERE followup.chatwoot_is_ours(b.name)) bots
  JOIN public.conversations c
    ON c.account_id = followup.chatwoot_key(w.tenant)
    AND c.display_id = followup.chatwoot_key(w.conversation)
  JOIN public.accounts a ON a.id = c.account_id
  LEFT JOIN public.inboxes i ON i.id = c.inbox_id
  LEFT JOIN public.contacts p ON p.id = c.contact_id
  LEFT JOIN public.contact_inboxes ci ON ci.id = c.contact_inbox_id
  LEFT JOIN public.channel_twilio_sms tw
    ON i.channel_type = 'Channel::TwilioSms' AND tw.id = i.channel_id
  LEFT JOIN public.channel_api ap
    ON i.channel_type = 'Channel::Api' AND ap.id = i.channel_id
  -- A source_id of another shape than the channel's is no address: Chatwoot
  -- puts a random one in its place when a number has changed hands.
  CROSS JOIN LATERAL (
    SELECT
      CASE i.channel_type
        WHEN 'Channel::Whatsapp' THEN 'whatsapp'
        WHEN 'Channel::TwilioSms' THEN
          CASE tw.medium WHEN 0 THEN 'sms' WHEN 1 THEN 'whatsapp' END
        WHEN 'Channel::Sms' THEN 'sms'
        WHEN 'Channel::FacebookPage' THEN
          CASE WHEN c.additional_attributes ->> 'type'
                    = 'instagram_direct_message'
               THEN 'instagram' ELSE 'messenger' END
        WHEN 'Channel::Instagram' THEN 'instagram'
        WHEN 'Channel::Telegram' THEN 'telegram'
        WHEN 'Channel::WebWidget' THEN 'webchat'
        WHEN 'Channel::Email' THEN 'email'
        WHEN 'Channel::Api' THEN 'api' END AS channel,
      CASE
        WHEN i.channel_type = 'Channel::Whatsapp'
          THEN '+' || substring(ci.source_id, '^\d{1,15}$')
        WHEN i.channel_type IN ('Channel::TwilioSms', 'Channel::Sms')
          THEN substring(ci.source_id, '^(?:whatsapp:)?(\+\d{1,15})$')
        WHEN i.channel_type = 'Channel::Telegram'
          THEN coalesce(c.additional_attributes ->> 'chat_id', ci.source_id)
        WHEN i.channel_type = 'Channel::Email'
          THEN coalesce(nullif(p.email, ''), ci.source_id)
        ELSE ci.source_id END AS address,
      substring(ap.additional_attributes ->> 'agent_reply_time_window',
        '^\d{1,4}$')::integer AS hours
  ) k
  LEFT JOIN LATERAL (
    SELECT min(substr(x.label, 8)) FILTER (WHERE x.label LIKE 'intent-%')
        AS intent,
      min(substr(x.label, 7)) FILTER (WHERE x.label LIKE 'stage-%') AS stage,
      bool_or(x.label IN ('opt-out', 'optout', 'do-not-contact', 'stop'))
        AS opted_out
    FROM (
      SELECT lower(btrim(u)) FROM unnest(
        string_to_array(c.cached_label_list, ',')) u
      UNION ALL
      SELECT lower(t.name) FROM public.taggings g
      JOIN public.tags t ON t.id = g.tag_id
      WHERE g.taggable_id = c.id AND g.taggable_type = 'Conversation'
        AND g.context = 'labels'
      UNION ALL
      SELECT lower(t.name) FROM public.taggings g
      JOIN public.tags t ON t.id = g.tag_id
      WHERE g.taggable_id = c.contact_id AND g.taggable_type = 'Contact'
        AND g.context = 'labels'
    ) x(label)
  ) l ON true
  -- Messages are always found by their conversation, newest first. OFFSET 0
  -- keeps the conditions out of PostgreSQL's choice of an index, which would be
  -- a bad one for a busy account. What the customer wrote last,
  LEFT JOIN LATERAL (
    SELECT x.id, x.created_at AS at, x.content FROM public.messages x
    WHERE x.conversation_id = c.id AND x.account_id = c.account_id
      AND x.message_type = 0 AND NOT x.private
    ORDER BY x.created_at DESC LIMIT 1
  ) m ON true
  -- or chose: an answer in a form of the web widget is no message, but changes
  -- the one that asked; and what we sent.
  LEFT JOIN LATERAL (
    SELECT max(x.updated_at) FILTER (WHERE x.content_type IN (1, 2, 3, 4, 6, 9)
          AND followup.chatwoot_says(x.content_attributes, 'submitted_'))
        AS chosen_at,
      max(x.created_at) FILTER (WHERE x.sender_type = 'AgentBot'
          AND x.sender_id = ANY (ours) AND x.status IS DISTINCT FROM 3)
        AS ours_at
    FROM public.messages x
    WHERE x.conversation_id = c.id AND x.account_id = c.account_id
      AND x.message_type IN (1, 3)
  ) f ON true
  -- The last answer of a person, of their phone, or of a bot that is not ours.
  LEFT JOIN LATERAL (
    SELECT x.id, x.created_at AS at FROM (
      SELECT y.created_at, y.id, y.private, y.status, y.sender_type, y.sender_id,
        y.content_attributes, y.additional_attributes
      FROM public.messages y
      WHERE y.conversation_id = c.id AND y.account_id = c.account_id
        AND y.message_type = 1 ORDER BY y.created_at DESC OFFSET 0) x
    WHERE NOT x.private AND x.status IS DISTINCT FROM 3
      AND (x.sender_type = 'AgentBot' AND x.sender_id = ANY (ours)) IS NOT TRUE
      AND NOT followup.chatwoot_says(x.content_attributes,
        'automation_rule_id|deleted\\?": ?true')
      AND NOT coalesce(x.additional_attributes ? 'campaign_id', false)
    LIMIT 1
  ) r ON true
  -- A person was here, even if what they wrote failed or was taken back.
  LEFT JOIN LATERAL (
    SELECT x.created_at AS at FROM (
      SELECT y.created_at, y.id, y.private, y.status, y.sender_type, y.sender_id,
        y.content_attributes, y.additional_attributes
      FROM public.messages y
      WHERE y.conversation_id = c.id AND y.account_id = c.account_id
        AND y.message_type = 1 ORDER BY y.created_at DESC OFFSET 0) x
    WHERE NOT x.private AND coalesce(x.sender_type, 'User') = 'User'
      AND NOT followup.chatwoot_says(x.content_attributes,
        'automation_rule_id')
      AND NOT coalesce(x.additional_attributes ? 'campaign_id', false)
    LIMIT 1
  ) h ON true
$$
$facts$, ':bot:',
    CASE WHEN followup.chatwoot_has('conversations', 'assignee_agent_bot_id')
           AND has_column_privilege('public.conversations',
                 'assignee_agent_bot_id', 'SELECT')
         THEN 'c.assignee_agent_bot_id IS NOT NULL' ELSE 'false' END);
END
$install$;

-- Chatwoot resolves a conversation with events, reports and a survey, which SQL
-- would pass by. The event "closed" tells the sender to do it through the API.
CREATE OR REPLACE FUNCTION followup.close_conversation(
  tenant text, conversation text)
RETURNS void LANGUAGE sql AS $$ SELECT $$;

-- Rights on Chatwoot's tables can be passed on by who was given them so:
-- sql/grants/chatwoot.sql does.
CREATE OR REPLACE FUNCTION followup.grant_adapter(role name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  t record;
BEGIN
  FOR t IN
    SELECT tab, string_agg(quote_ident(col), ', ') AS cols
    FROM (
      SELECT tab, col FROM followup.chatwoot_columns()
      UNION ALL VALUES ('conversations', 'assignee_agent_bot_id'),
        ('automation_rules', 'id'), ('automation_rules', 'name'),
        ('automation_rules', 'active'), ('automation_rules', 'execution_delay')
    ) x
    WHERE CASE WHEN followup.chatwoot_has(tab, col)
      THEN has_column_privilege('public.' || tab, col, 'SELECT') END
    GROUP BY tab
  LOOP
    EXECUTE format('GRANT SELECT (%s) ON public.%I TO %I', t.cols, t.tab, role);
  END LOOP;
END
$$;

-- Past silences, for `followup enroll --since`.
CREATE OR REPLACE FUNCTION followup.conversations_since(since timestamptz)
RETURNS TABLE (tenant_id text, conversation_id text)
LANGUAGE sql STABLE AS $$
  SELECT c.account_id::text, c.display_id::text
  FROM public.conversations c
  WHERE c.status <> 1 AND EXISTS (
    SELECT FROM public.messages x
    WHERE x.conversation_id = c.id AND x.account_id = c.account_id
      AND x.message_type = 1 AND NOT x.private
      AND x.created_at > since AT TIME ZONE 'UTC')
$$;
