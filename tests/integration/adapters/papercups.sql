-- As much of Papercups' schema as the adapter touches, and awkward
-- conversations.
CREATE TABLE accounts (
  id uuid PRIMARY KEY, company_name varchar(255) NOT NULL,
  time_zone varchar(255), working_hours jsonb, settings jsonb);
CREATE TABLE users (
  id bigserial PRIMARY KEY, email varchar(255) NOT NULL,
  password_hash varchar(255), account_id uuid);
CREATE TABLE customers (
  id uuid PRIMARY KEY, name varchar(255), email varchar(255),
  phone varchar(255), external_id varchar(255), browser_language varchar(255),
  time_zone varchar(255), ip varchar(255), metadata jsonb, account_id uuid);
CREATE TABLE conversations (
  id uuid PRIMARY KEY, status varchar(255) DEFAULT 'open' NOT NULL,
  source varchar(255) DEFAULT 'chat', subject varchar(255),
  read boolean NOT NULL DEFAULT false, archived_at timestamp(0),
  closed_at timestamp(0), metadata jsonb, assignee_id bigint,
  account_id uuid NOT NULL, customer_id uuid);
CREATE INDEX ON conversations (customer_id);
CREATE TABLE messages (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), body text,
  sent_at timestamp(0), seen_at timestamp(0),
  source varchar(255) DEFAULT 'chat', type varchar(255) DEFAULT 'reply',
  private boolean DEFAULT false, metadata jsonb, conversation_id uuid NOT NULL,
  account_id uuid, customer_id uuid, user_id bigint,
  inserted_at timestamp(0) NOT NULL, updated_at timestamp(0));
CREATE INDEX ON messages (conversation_id);
CREATE TABLE tags (id uuid PRIMARY KEY, name varchar(255) NOT NULL);
CREATE TABLE conversation_tags (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), conversation_id uuid,
  tag_id uuid);
CREATE INDEX ON conversation_tags (conversation_id);
CREATE TABLE customer_tags (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), customer_id uuid, tag_id uuid);
CREATE INDEX ON customer_tags (customer_id);

CREATE FUNCTION key(n integer) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid
$$;
INSERT INTO accounts (id, company_name, time_zone) VALUES
  (key(1), 'Atelier', 'Europe/Berlin'), (key(2), 'Other', NULL);
INSERT INTO users (id, email) VALUES (1, 'eva@shop'), (2, 'followup@shop');
INSERT INTO customers (id, name, email, phone, external_id, browser_language,
                       time_zone, metadata) VALUES
  (key(10), 'Ana', 'ana@x', '+4911', 'crm-7', 'pt-BR', 'America/Sao_Paulo',
   '{"plan": "pro", "_last_text": "forged"}'),
  (key(11), '', '', NULL, NULL, NULL, 'Mars/Olympus', NULL),
  (key(12), 'Cem', 'c@x', NULL, NULL, 'de', NULL, '{"opted_out": "Yes"}'),
  (key(13), 'Dora', 'd@x', NULL, NULL, 'de', NULL, '[1]');
INSERT INTO tags VALUES (key(1), 'opt-out'), (key(2), 'intent-fence'),
  (key(3), 'stage-quote');
INSERT INTO conversations (id, account_id, customer_id)
SELECT key(n), key(1), key(10) FROM generate_series(1, 25) n;
UPDATE conversations SET assignee_id = 1, subject = 'Fence',
  metadata = '{"goal": "a fence"}' WHERE id = key(1);
UPDATE conversations SET status = 'closed' WHERE id = key(9);
UPDATE conversations SET archived_at = now() WHERE id = key(10);
UPDATE conversations SET source = 'email' WHERE id = key(11);
UPDATE conversations SET source = 'sms' WHERE id = key(12);
UPDATE conversations SET source = 'sandbox' WHERE id = key(13);
UPDATE conversations SET source = 'slack' WHERE id = key(14);
UPDATE conversations SET source = 'api' WHERE id = key(15);
UPDATE conversations SET customer_id = key(11) WHERE id = key(16);
UPDATE conversations SET customer_id = key(12) WHERE id = key(17);
UPDATE conversations SET customer_id = key(13) WHERE id = key(19);
UPDATE conversations SET account_id = key(2), customer_id = key(11),
  source = 'email' WHERE id = key(20);
DELETE FROM conversations WHERE id = key(25);
INSERT INTO conversation_tags (conversation_id, tag_id) VALUES
  (key(18), key(2)), (key(18), key(3));
INSERT INTO customer_tags (customer_id, tag_id) VALUES (key(13), key(1));

-- conversation, minute, by the customer, user, type, private, metadata
INSERT INTO messages (conversation_id, sent_at, inserted_at, customer_id,
  user_id, type, private, metadata, body)
SELECT key(a.c), CASE WHEN a.m < 90 THEN a.at END, a.at,
  CASE WHEN a.inb THEN key(10) END, a.u, a.ty, a.p, a.meta::jsonb,
  'text ' || a.m
FROM (
  SELECT *, timestamp '2026-01-01' + m * interval '1 minute' AS at FROM (VALUES
  (1, 1, true, NULL, 'reply', false, NULL),
  (1, 5, false, 1, 'reply', false, NULL),
  (2, 1, true, NULL, 'reply', false, NULL),
  (2, 5, false, 1, 'reply', true, NULL),
  (3, 1, true, NULL, 'reply', false, NULL),
  (3, 5, false, 1, 'note', false, NULL),
  (4, 1, true, NULL, 'reply', false, NULL),
  (4, 5, false, NULL, 'bot', false, NULL),
  (5, 1, true, NULL, 'reply', false, NULL),
  (5, 5, false, NULL, 'bot', true, '{"is_reminder": true}'),
  (5, 6, false, 1, 'bot', false, '{"is_reminder": true}'),
  (6, 1, true, NULL, 'reply', false, NULL),
  (6, 5, false, 1, 'reply', false, NULL),
  (6, 8, false, 2, 'reply', false, NULL),
  (7, 5, true, NULL, 'reply', false, NULL),
  (7, 5, false, 1, 'reply', false, NULL),
  (8, 1, true, NULL, 'reply', NULL, NULL),
  (8, 95, false, 1, 'reply', NULL, NULL),
  (21, 1, false, 1, 'reply', false, NULL),
  (22, 1, true, NULL, 'reply', false, NULL),
  (22, 3, true, NULL, 'note', true, NULL),
  (22, 2, false, 1, 'reply', false, NULL)
  ) v(c, m, inb, u, ty, p, meta)) a;

INSERT INTO cases SELECT key(t)::text, key(id)::text, what, expected::jsonb
FROM (VALUES
  (1, 1, 'an agent answered', '{"channel": "webchat",
    "address": "00000000-0000-4000-8000-000000000010", "status": "open",
    "owner": "human", "locale": "pt-BR", "timezones": ["America/Sao_Paulo"],
    "contact_id": "00000000-0000-4000-8000-000000000010",
    "last_inbound_at": 1, "last_answer_at": 5, "last_human_at": 5,
    "opted_out": false, "attributes": {"name": "Ana", "goal": "a fence",
    "plan": "pro", "_last_text": "text 1"}}'),
  (1, 2, 'a private message', '{"last_answer_at": null, "owner": "nobody"}'),
  (1, 3, 'a note', '{"last_answer_at": null}'),
  (1, 4, 'a bot answered', '{"last_answer_at": 5, "last_human_at": null}'),
  (1, 5, 'its own reminders', '{"last_answer_at": null,
    "last_human_at": null}'),
  (1, 6, 'ours is no answer', '{"last_answer_at": 5, "last_ours_at": 8}'),
  (1, 7, 'in the same second', '{"last_inbound_at": 5,
    "last_answer_at": 5.00000}'),
  (1, 8, 'not sent yet, private unset', '{"last_inbound_at": 1,
    "last_answer_at": 95}'),
  (1, 9, 'closed', '{"status": "closed"}'),
  (1, 10, 'archived', '{"status": "closed"}'),
  (1, 11, 'mail', '{"channel": "email", "address": "ana@x"}'),
  (1, 12, 'sms', '{"channel": "sms", "address": "+4911"}'),
  (1, 13, 'the sandbox', '{"status": null}'),
  (1, 14, 'slack', '{"channel": "other", "address": null}'),
  (1, 15, 'api', '{"channel": "api", "address": "crm-7"}'),
  (1, 16, 'a zone that is none, no name', '{"timezones": ["Europe/Berlin"],
    "locale": null}'),
  (1, 17, 'opted out by attribute', '{"opted_out": true}'),
  (1, 18, 'tags', '{"intent": "fence", "stage": "quote",
    "opted_out": false}'),
  (1, 19, 'tag of the person, no attributes', '{"opted_out": true,
    "attributes": {"name": "Dora"}}'),
  (2, 20, 'no zone, no address', '{"timezones": [], "address": null}'),
  (1, 21, 'the shop wrote first', '{"last_inbound_at": null,
    "last_answer_at": 1, "attributes": {"plan": "pro"}}'),
  (1, 22, 'a note of the customer''s', '{"last_inbound_at": 1,
    "last_answer_at": 2, "attributes": {"_last_text": "text 1"}}'),
  (1, 25, 'deleted', NULL), (2, 1, 'of another account', NULL)
) x(t, id, what, expected);
INSERT INTO cases VALUES ('default', 'x', 'no key', NULL);
