-- As much of Zammad's schema as the adapter touches, and awkward tickets.
CREATE TABLE users (
  id serial PRIMARY KEY, login varchar(255) NOT NULL UNIQUE,
  firstname varchar(100) DEFAULT '', email varchar(255) DEFAULT '',
  phone varchar(255) DEFAULT '', mobile varchar(255) DEFAULT '',
  password varchar(120), active boolean NOT NULL DEFAULT true,
  preferences text);
CREATE TABLE groups (id serial PRIMARY KEY, name varchar(160) NOT NULL);
CREATE TABLE calendars (
  id serial PRIMARY KEY, name varchar(250), timezone varchar(250) NOT NULL,
  "default" boolean NOT NULL DEFAULT false);
CREATE TABLE ticket_state_types (
  id serial PRIMARY KEY, name varchar(250) NOT NULL UNIQUE);
CREATE TABLE ticket_states (
  id serial PRIMARY KEY, state_type_id integer NOT NULL,
  name varchar(250) NOT NULL UNIQUE);
CREATE TABLE ticket_article_types (
  id serial PRIMARY KEY, name varchar(250) NOT NULL UNIQUE,
  communication boolean NOT NULL DEFAULT false);
CREATE TABLE ticket_article_senders (
  id serial PRIMARY KEY, name varchar(250) NOT NULL UNIQUE);
CREATE TABLE tickets (
  id serial PRIMARY KEY, group_id integer NOT NULL DEFAULT 1,
  state_id integer NOT NULL DEFAULT 2, number varchar(60),
  title varchar(250) NOT NULL DEFAULT 'Fence', owner_id integer NOT NULL
  DEFAULT 1, customer_id integer NOT NULL DEFAULT 10,
  create_article_type_id integer, pending_time timestamp(3),
  preferences text, updated_at timestamp(3) NOT NULL DEFAULT now());
CREATE TABLE ticket_articles (
  id serial PRIMARY KEY, ticket_id integer NOT NULL, type_id integer NOT NULL,
  sender_id integer NOT NULL, detected_language varchar(8),
  "from" varchar(3000), "to" varchar(3000), cc varchar(3000),
  body text NOT NULL, internal boolean NOT NULL DEFAULT false,
  preferences text, created_by_id integer NOT NULL,
  created_at timestamp(3) NOT NULL);
CREATE INDEX ON ticket_articles (ticket_id);
CREATE INDEX ON tickets (customer_id);
CREATE TABLE tag_items (id serial PRIMARY KEY, name varchar(250) NOT NULL);
CREATE TABLE tag_objects (id serial PRIMARY KEY, name varchar(250) NOT NULL);
CREATE TABLE tags (
  id serial PRIMARY KEY, tag_item_id integer NOT NULL,
  tag_object_id integer NOT NULL, o_id integer NOT NULL);
CREATE INDEX ON tags (o_id);

INSERT INTO users (id, login, firstname, email, mobile, phone, active,
                   preferences) VALUES
  (1, '-', '-', '', '', '', false, NULL),
  (2, 'agent@shop', 'Eva', 'agent@shop', '', '', true, NULL),
  (3, 'followup@shop', 'Follow', 'followup@shop', '', '', true, NULL),
  (10, 'ana@x', 'Ana', 'ana@x', '0049 171-12 34', '', true,
   E'---\nlocale: de-de\nnotification_config: {}\n'),
  (11, 'ben@x', 'Ben', 'ben@x', '', '0171 99', true, NULL),
  (12, 'left@x', 'Lea', 'left@x', '', '', false, NULL),
  (13, 'bounced@x', 'Bo', 'bounced@x', '', '', true,
   E'---\n:mail_delivery_failed: true\n');
INSERT INTO groups VALUES (1, 'Sales'), (2, 'Support');
INSERT INTO calendars (name, timezone, "default") VALUES
  ('US', 'America/New_York', false), ('DE', 'Europe/Berlin', true);
INSERT INTO ticket_state_types (id, name) VALUES (1, 'new'), (2, 'open'),
  (3, 'pending reminder'), (4, 'pending action'), (5, 'closed'), (6, 'merged'),
  (7, 'removed');
-- States are renamed, and added to a type.
INSERT INTO ticket_states (id, state_type_id, name) VALUES (1, 1, 'neu'),
  (2, 2, 'offen'), (3, 3, 'warten'), (4, 5, 'closed'), (5, 6, 'merged'),
  (6, 7, 'removed'), (7, 4, 'pending close'), (8, 2, 'bei Partner');
INSERT INTO ticket_article_types (id, name, communication) VALUES
  (1, 'email', true), (2, 'sms', true), (3, 'phone', true), (4, 'note', false),
  (5, 'web', true), (6, 'telegram personal-message', true),
  (7, 'whatsapp message', true), (8, 'twitter status', true);
INSERT INTO ticket_article_senders VALUES (1, 'Agent'), (2, 'Customer'),
  (3, 'System');
INSERT INTO tag_objects VALUES (1, 'Ticket'), (2, 'User');
INSERT INTO tag_items VALUES (1, 'opt-out'), (2, 'intent-fence'),
  (3, 'stage-quote');

INSERT INTO tickets (id) SELECT generate_series(1, 30);
UPDATE tickets SET group_id = 2, owner_id = 2, state_id = 8 WHERE id = 2;
UPDATE tickets SET state_id = 3 WHERE id = 12;
UPDATE tickets SET state_id = 7 WHERE id = 13;
UPDATE tickets SET state_id = 4 WHERE id = 14;
UPDATE tickets SET state_id = 5 WHERE id = 15;
UPDATE tickets SET state_id = 6 WHERE id = 16;
UPDATE tickets SET customer_id = 12 WHERE id = 17;
UPDATE tickets SET customer_id = 13 WHERE id = 18;
UPDATE tickets SET customer_id = 11 WHERE id = 21;
UPDATE tickets SET preferences = E'---\nchannel_id: 7\ntelegram:\n'
  '  bid: ''9''\n  chat_id: -4711\n' WHERE id = 20;
UPDATE tickets SET create_article_type_id = 5 WHERE id = 25;
DELETE FROM tickets WHERE id = 30;
INSERT INTO tags (tag_item_id, tag_object_id, o_id) VALUES
  (2, 1, 2), (3, 1, 2), (1, 1, 19), (1, 2, 1);

-- ticket, minute, sender, type, internal, by, preferences, to
INSERT INTO ticket_articles (ticket_id, created_at, sender_id, type_id,
  internal, created_by_id, preferences, "to", cc, body, detected_language)
SELECT a.t, timestamp '2026-01-01' + a.m * interval '1 minute', a.s, a.ty, a.i,
  a.by, a.pref, coalesce(a.rcpt, 'Ana <Ana@X>'), NULL, 'text ' || a.m,
  CASE a.s WHEN 2 THEN 'es' END
FROM (VALUES
  (1, 1, 2, 1, false, 10, NULL, NULL), (1, 5, 1, 1, false, 2, NULL, NULL),
  (2, 1, 2, 1, false, 10, NULL, NULL), (2, 5, 1, 1, false, 2, NULL, NULL),
  (2, 7, 1, 1, false, 3, NULL, NULL),
  (3, 1, 2, 1, false, 10, NULL, NULL), (3, 5, 1, 4, true, 2, NULL, NULL),
  (4, 1, 2, 1, false, 10, NULL, NULL), (4, 5, 1, 1, true, 2, NULL, NULL),
  (5, 1, 2, 1, false, 10, NULL, NULL), (5, 2, 3, 1, false, 1, NULL, NULL),
  (6, 1, 2, 1, false, 10, NULL, NULL), (6, 5, 1, 3, false, 2, NULL, NULL),
  (7, 1, 1, 1, false, 2, NULL, NULL), (7, 5, 2, 3, false, 2, NULL, NULL),
  (8, 1, 2, 5, false, 10, NULL, NULL), (8, 5, 1, 1, false, 2, NULL, NULL),
  (8, 9, 2, 1, false, 10, NULL, NULL),
  (9, 1, 2, 1, false, 10, NULL, NULL),
  (9, 5, 1, 1, false, 2, E'---\ndelivery_status: fail\n', NULL),
  (10, 1, 2, 1, false, 10, NULL, NULL),
  (10, 5, 1, 1, false, 2, NULL, 'supplier@y'),
  (11, 1, 2, 7, false, 10, NULL, NULL),
  (11, 5, 1, 7, false, 2, E'---\nwhatsapp:\n  delivery_status: fail\n', NULL),
  (11, 3, 1, 7, false, 2, E'---\nwhatsapp:\n  delivery_status: sent\n', NULL),
  (18, 1, 2, 1, false, 13, NULL, NULL),
  (20, 1, 2, 6, false, 10, NULL, NULL), (20, 5, 1, 6, false, 2, NULL, NULL),
  (21, 1, 2, 2, false, 11, NULL, NULL),
  (22, 5, 1, 1, false, 2, NULL, NULL), (22, 5, 2, 1, false, 10, NULL, NULL),
  (23, 5, 2, 1, false, 10, NULL, NULL), (23, 5, 1, 1, false, 2, NULL, NULL),
  (24, 1, 2, 8, false, 10, NULL, NULL)
) a(t, m, s, ty, i, by, pref, rcpt);

INSERT INTO cases SELECT 'default', id::text, what, expected::jsonb FROM (VALUES
  (1, 'an agent answered', '{"contact_id": "10", "channel": "email",
    "address": "ana@x", "status": "open", "owner": "nobody", "locale": "de-de",
    "timezones": ["Europe/Berlin"], "last_inbound_at": 1, "last_answer_at": 5,
    "last_human_at": 5, "last_ours_at": null, "opted_out": false,
    "tenant_active": true, "attributes": {"name": "Ana", "goal": "Fence",
    "group": "Sales", "_last_text": "text 1"}}'),
  (2, 'ours is no answer; a state of its own; tags', '{"status": "open",
    "owner": "human", "intent": "fence", "stage": "quote", "last_answer_at": 5,
    "last_ours_at": 7, "attributes": {"group": "Support"}}'),
  (3, 'an internal note', '{"last_answer_at": null}'),
  (4, 'an internal mail', '{"last_answer_at": null}'),
  (5, 'an automation answered', '{"last_inbound_at": 1, "last_answer_at": null,
    "last_human_at": null}'),
  (6, 'an agent noted a call', '{"last_inbound_at": 1,
    "last_answer_at": null}'),
  (7, 'the customer called', '{"last_inbound_at": 5, "last_answer_at": 1,
    "channel": "email"}'),
  (8, 'replied by mail', '{"channel": "email", "last_inbound_at": 9,
    "attributes": {"_last_text": "text 9"}}'),
  (9, 'the answer failed', '{"last_answer_at": null}'),
  (10, 'a mail to somebody else', '{"last_answer_at": null}'),
  (11, 'whatsapp, the newer answer failed', '{"channel": "whatsapp",
    "address": "+491711234", "last_answer_at": 3}'),
  (12, 'pending reminder', '{"status": "snoozed"}'),
  (13, 'pending close', '{"status": "snoozed"}'),
  (14, 'closed', '{"status": "closed"}'),
  (15, 'merged', NULL), (16, 'removed', NULL), (30, 'deleted', NULL),
  (17, 'a user who is not active', '{"status": null, "opted_out": false}'),
  (18, 'mail comes back', '{"channel": "email", "address": null}'),
  (19, 'opted out', '{"opted_out": true}'),
  (20, 'telegram', '{"channel": "telegram", "address": "-4711"}'),
  (21, 'a number without country, no locale', '{"channel": "sms",
    "address": null, "locale": "es"}'),
  (22, 'same instant, wrote later', '{"last_inbound_at": 5,
    "last_answer_at": 5.00000}'),
  (23, 'same instant, answered later', '{"last_inbound_at": 5,
    "last_answer_at": 5}'),
  (24, 'in public', '{"channel": "other", "address": null}'),
  (25, 'nothing written', '{"channel": "email", "last_inbound_at": null}')
) x(id, what, expected);
INSERT INTO cases VALUES ('1', '1', 'another tenant', NULL),
  ('default', '01', 'no key', NULL);
