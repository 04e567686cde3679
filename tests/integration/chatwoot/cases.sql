-- Awkward conversations, and what is to become of each. Columns that Chatwoot
-- has and tests/integration/chatwoot/schema.sql has not are those without which
-- a row cannot be; a full schema gets them from the defaults below.
SET timezone = 'UTC';
SET search_path = public;
DO $$
DECLARE
  t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['accounts', 'agent_bots', 'channel_api',
    'channel_twilio_sms', 'inboxes', 'contacts', 'contact_inboxes',
    'conversations', 'messages'] LOOP
    EXECUTE coalesce((SELECT format('ALTER TABLE %I %s', t, string_agg(
        format('ALTER %I SET DEFAULT %s', a.attname,
          CASE WHEN a.atttypid IN ('timestamp'::regtype) THEN
                 'timezone(''UTC'', clock_timestamp())'
               WHEN a.atttypid = 'integer'::regtype THEN '1'
               ELSE '''x''' END), ', '))
      FROM pg_attribute a
      WHERE a.attrelid = t::regclass AND a.attnum > 0 AND a.attnotnull
        AND NOT a.atthasdef AND NOT a.attisdropped
      HAVING count(*) > 0), 'SELECT');
  END LOOP;
END
$$;

INSERT INTO accounts (id, name, locale, status, custom_attributes) VALUES
  (1, 'Atelier', 4, 0, '{"timezone": "Europe/Berlin"}'),
  (2, 'Closed shop', 0, 1, '{}');
INSERT INTO agent_bots (id, name) VALUES (1, 'greeter'), (2, 'followup');
INSERT INTO channel_twilio_sms (id, auth_token, medium)
VALUES (1, 'secret', 1), (2, 'secret', 0);
INSERT INTO channel_api (id, additional_attributes)
VALUES (1, '{"agent_reply_time_window": "48"}');
INSERT INTO inboxes (id, channel_id, account_id, name, channel_type, timezone,
  working_hours_enabled) VALUES
  (1, 1, 1, 'wa', 'Channel::Whatsapp', 'Europe/Vienna', true),
  (2, 1, 1, 'twilio wa', 'Channel::TwilioSms', 'UTC', false),
  (3, 2, 1, 'twilio', 'Channel::TwilioSms', 'UTC', false),
  (4, 1, 1, 'page', 'Channel::FacebookPage', 'UTC', false),
  (5, 1, 1, 'insta', 'Channel::Instagram', 'UTC', false),
  (6, 1, 1, 'telegram', 'Channel::Telegram', 'UTC', false),
  (7, 1, 1, 'site', 'Channel::WebWidget', 'UTC', true),
  (8, 1, 1, 'mail', 'Channel::Email', 'UTC', false),
  (9, 1, 1, 'api', 'Channel::Api', 'UTC', false),
  (10, 1, 1, 'line', 'Channel::Line', 'UTC', false),
  (11, 1, 2, 'wa', 'Channel::Whatsapp', 'UTC', false),
  (12, 1, 1, 'sms', 'Channel::Sms', 'UTC', false),
  (13, 1, 1, 'mars', 'Channel::WebWidget', 'Mars/Olympus', true);

-- What is expected; `why` null: it is written to.
CREATE TABLE cases (
  id integer PRIMARY KEY, what text, inbox integer, source text,
  status integer DEFAULT 0, person text DEFAULT 'Ana',
  person_attributes jsonb DEFAULT '{}', person_more jsonb DEFAULT '{}',
  own_attributes jsonb DEFAULT '{}', own_more jsonb DEFAULT '{}',
  channel text, address text, locale text DEFAULT 'de',
  zone text DEFAULT 'Europe/Berlin', owner text DEFAULT 'nobody', why text);
INSERT INTO cases (id, what, inbox, source, channel, address, why) VALUES
  (1, 'a person asked', 1, '4915111', 'whatsapp', '+4915111', NULL),
  (2, 'twilio, language', 2, 'whatsapp:+431', 'whatsapp', '+431', NULL),
  (3, 'twilio, zone of the person', 3, '+432', 'sms', '+432', NULL),
  (4, 'a bot answered', 4, 'psid', 'messenger', 'psid', NULL),
  (5, 'instagram in a page', 4, 'igsid', 'instagram', 'igsid', NULL),
  (6, 'from the phone', 6, '111', 'telegram', '777', NULL),
  (7, 'a name that is none', 7, 'u7', 'webchat', 'u7', NULL),
  (8, 'mail', 8, 'old@x', 'email', 'ana@x', NULL),
  (9, 'a window of its own', 9, 'u9', 'api', 'u9', NULL),
  (10, 'unknown channel', 10, 'l', 'other', 'l', 'status_unknown'),
  (11, 'account suspended', 11, '49152', 'whatsapp', '+49152',
    'tenant_inactive'),
  (12, 'unknown status', 7, 'u12', 'webchat', 'u12', 'status_unknown'),
  (13, 'resolved', 7, 'u13', 'webchat', 'u13', 'closed'),
  (14, 'snoozed', 7, 'u14', 'webchat', 'u14', 'snoozed'),
  (15, 'blocked', 7, 'u15', 'webchat', 'u15', 'opted_out'),
  (16, 'label on the person', 7, 'u16', 'webchat', 'u16', 'opted_out'),
  (17, 'attribute', 7, 'u17', 'webchat', 'u17', 'opted_out'),
  (18, 'automation only', 7, 'u18', 'webchat', 'u18', 'no_answer'),
  (19, 'campaign only', 7, 'u19', 'webchat', 'u19', 'no_answer'),
  (20, 'greeting only', 7, 'u20', 'webchat', 'u20', 'no_answer'),
  (21, 'answer failed', 7, 'u21', 'webchat', 'u21', 'no_answer'),
  (22, 'answer taken back', 7, 'u22', 'webchat', 'u22', 'no_answer'),
  (23, 'note only', 7, 'u23', 'webchat', 'u23', 'no_answer'),
  (24, 'the customer wrote last', 7, 'u24', 'webchat', 'u24', 'no_answer'),
  (25, 'our own came back', 7, 'u25', 'webchat', 'u25', NULL),
  (26, 'zero character', 7, 'u26', 'webchat', 'u26', NULL),
  (27, 'zones that are none', 13, 'u27', 'webchat', 'u27', NULL),
  (28, 'address lost', 1, '5f1c-a', 'whatsapp', NULL, 'no_address'),
  (29, 'person is gone', 7, 'u29', 'webchat', 'u29', 'status_unknown'),
  (30, 'wrote elsewhere since', 7, 'u30', 'webchat', 'u30', NULL),
  (31, 'and here', 1, '49153', 'whatsapp', '+49153', 'no_answer'),
  (32, 'chose in a form', 7, 'u32', 'webchat', 'u32', 'no_answer'),
  (33, 'reopened', 7, 'u33', 'webchat', 'u33', NULL),
  (34, 'same instant, wrote later', 7, 'u34', 'webchat', 'u34', 'no_answer'),
  (35, 'same instant, answered later', 7, 'u35', 'webchat', 'u35', NULL),
  (36, 'attributes that are no object', 7, 'u36', 'webchat', 'u36', NULL),
  (37, 'assistant answered', 12, '+433', 'sms', '+433', NULL),
  (38, 'mail into the chat', 7, 'u38', 'webchat', 'u38', 'no_answer'),
  (39, 'page without type', 5, 'ig39', 'instagram', 'ig39', NULL),
  (40, 'only ours so far', 5, 'ig40', 'instagram', 'ig40', 'no_answer');
UPDATE cases SET zone = 'Europe/Vienna' WHERE inbox = 1;
UPDATE cases SET own_more = '{"conversation_language": "pt_BR"}',
  locale = 'pt-BR' WHERE id = 2;
UPDATE cases SET person_attributes = '{"timezone": "Asia/Tokyo"}',
  zone = 'Asia/Tokyo' WHERE id = 3;
-- A bot has it, though somebody is assigned.
UPDATE cases SET status = 2, owner = 'bot' WHERE id = 4;
UPDATE cases SET own_more = '{"type": "instagram_direct_message"}'
WHERE id = 5;
UPDATE cases SET own_more = '{"chat_id": 777}',
  person_more = '{"language_code": "es"}', locale = 'es' WHERE id = 6;
UPDATE cases SET person = 'misty-river-123', locale = 'fr-FR',
  own_more = '{"browser_language": "fr-FR,fr;q=0.9"}' WHERE id = 7;
UPDATE cases SET zone = 'UTC' WHERE inbox = 7;
UPDATE cases SET zone = NULL, locale = 'en' WHERE id = 11;
UPDATE cases SET status = 7 WHERE id = 12;
UPDATE cases SET status = 1 WHERE id = 13;
UPDATE cases SET status = 3 WHERE id = 14;
UPDATE cases SET own_attributes = '{"opted_out": "Yes"}' WHERE id = 17;
UPDATE cases SET person_attributes = '{"timezone": "Mars/Phobos"}'
WHERE id = 27;
UPDATE cases SET person_attributes = '[1]', own_attributes = '"x"'
WHERE id = 36;
UPDATE cases SET person_attributes = '{"language": "Deutsch"}' WHERE id = 39;

INSERT INTO contacts (id, account_id, name, email, blocked, custom_attributes,
  additional_attributes)
SELECT id, CASE id WHEN 11 THEN 2 ELSE 1 END, person,
  CASE id WHEN 8 THEN 'ana@x' END, id = 15, person_attributes, person_more
FROM cases WHERE id NOT IN (29, 31);
INSERT INTO contact_inboxes (id, contact_id, inbox_id, source_id)
SELECT id, CASE id WHEN 31 THEN 30 ELSE id END, inbox, source FROM cases;
-- Ids and numbers that people see are not the same.
INSERT INTO conversations (id, account_id, inbox_id, contact_id,
  contact_inbox_id, status, assignee_id, custom_attributes,
  additional_attributes)
SELECT 500 + id, CASE id WHEN 11 THEN 2 ELSE 1 END, inbox,
  CASE id WHEN 31 THEN 30 ELSE id END, id, status,
  CASE WHEN id IN (1, 4) THEN 7 END, own_attributes, own_more
FROM cases ORDER BY cases.id;
UPDATE cases SET owner = 'human' WHERE id = 1;
INSERT INTO tags (id, name) VALUES (1, 'Opt-Out');
INSERT INTO taggings (tag_id, taggable_type, taggable_id, context)
VALUES (1, 'Contact', 16, 'labels');

-- The customer 60 s ago, an agent 50 s ago; then what makes the case.
CREATE FUNCTION say(
  id integer, type integer, age numeric, sender text DEFAULT NULL,
  attributes json DEFAULT '{}', is_private boolean DEFAULT false,
  state integer DEFAULT 0, form integer DEFAULT 0, bot bigint DEFAULT 7,
  more jsonb DEFAULT '{}')
RETURNS void LANGUAGE sql AS $$
  INSERT INTO messages (account_id, inbox_id, conversation_id, message_type,
    content, created_at, updated_at, private, status, content_type,
    content_attributes, sender_type, sender_id, additional_attributes)
  SELECT c.account_id, c.inbox_id, c.id, $2, 'text',
    date_trunc('second', timezone('UTC', now())) - $3 * interval '1 s',
    timezone('UTC', now()) - interval '5 s', $6, $7, $8, $5, $4, $9, $10
  FROM conversations c WHERE c.id = 500 + $1
$$;
SELECT say(id, 0, 60, 'Contact') FROM cases WHERE id NOT IN (34, 35, 40);
SELECT say(id, 1, 50, 'User') FROM cases WHERE id NOT IN
  (4, 6, 18, 19, 20, 21, 22, 23, 26, 34, 35, 37, 40);
SELECT say(4, 1, 50, 'AgentBot', bot => 1);
SELECT say(6, 1, 50, attributes => '"{\"external_echo\":true}"');
SELECT say(18, 1, 50, attributes => '"{\"automation_rule_id\":5}"');
SELECT say(19, 1, 50, 'User', more => '{"campaign_id": 4}');
SELECT say(20, 3, 50);
SELECT say(21, 1, 50, 'User', state => 3);
SELECT say(22, 1, 50, 'User', '"{\"deleted\":true}"');
SELECT say(23, 1, 50, 'User', is_private => true);
SELECT say(24, 0, 40, 'Contact', NULL);
SELECT say(25, 1, 40, 'AgentBot', bot => 2);
SELECT say(26, 1, 50, 'User', '{"x": "a\u0000b", "automation": 1}');
SELECT say(31, 0, 10, 'Contact');
SELECT say(32, 1, 45, 'User',
  '"{\"submitted_values\":[{\"title\":\"A\"}]}"', form => 4);
SELECT say(33, 2, 40), say(33, 2, 30);
SELECT say(34, 1, 50, 'User');
SELECT say(34, 0, 50, 'Contact');
SELECT say(35, 0, 50, 'Contact');
SELECT say(35, 1, 50, 'User');
SELECT say(37, 1, 50, 'Captain::Assistant');
SELECT say(38, 0, 20, 'Contact', form => 8);
SELECT say(40, 1, 50, 'AgentBot', bot => 2);
SELECT setval('messages_id_seq', 10000);

-- The facts that are not as expected.
CREATE VIEW wrong AS
SELECT k.id, k.what, f.channel, f.address, f.locale, f.timezones, f.owner
FROM cases k JOIN conversations c ON c.id = 500 + k.id
LEFT JOIN followup.conversation_facts(ARRAY[c.account_id::text],
  ARRAY[c.display_id::text]) f ON true
WHERE (f.channel, f.address, f.locale, f.owner) IS DISTINCT FROM
      (k.channel, k.address, k.locale, k.owner)
  OR f.timezones <> array_remove(ARRAY[k.zone], NULL)
  OR f.contact_id <> (CASE k.id WHEN 31 THEN 30 ELSE k.id END)::text
  OR f.attributes ->> 'name' IS DISTINCT FROM
     CASE WHEN k.id NOT IN (7, 29) THEN 'Ana' END
  OR f.attributes ->> '_last_text' <> 'text';
