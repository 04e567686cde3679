-- Awkward conversations of the plain schema, which is there already.
INSERT INTO crm.contact (id, name, locale, timezones, attributes) VALUES
  ('ana', 'Ana', 'pt-BR', '{America/Sao_Paulo}',
   '{"plan": "pro", "goal": "a fence", "_last_text": "forged"}'),
  ('nobody', NULL, NULL, NULL, '{}');
INSERT INTO crm.contact (id, opted_out) VALUES ('out', true);
INSERT INTO crm.conversation (id, contact_id, channel, address)
SELECT n, 'nobody', 'webchat', 'v' FROM generate_series(1, 8) n;
INSERT INTO crm.conversation (id, tenant, contact_id, channel, address, status,
                              owner, intent, stage, attributes) VALUES
  ('9', 'other', 'ana', 'sms', '+49', 'closed', 'bot', 'pricing', 'quote',
   '{"plan": "max"}'),
  ('10', 'default', 'out', 'sms', NULL, 'open', 'nobody', NULL, NULL, '{}'),
  ('11', 'default', NULL, 'sms', NULL, 'open', 'nobody', NULL, NULL, '{}');

-- In the order of their ids, which is not that of their instants.
INSERT INTO crm.message (conversation_id, direction, author, body, status,
                         created_at)
SELECT v.c, v.d, v.a, v.b, v.s,
  '2026-01-01 00:00+00'::timestamptz + v.t * interval '1 minute'
FROM (VALUES
  ('1', 'in', 'human', 'text 5', 'sent', 5),
  ('1', 'out', 'bot', 'ours', 'sent', 7),
  ('1', 'in', 'human', 'text 3', 'sent', 3),
  ('1', 'out', 'human', 'ours', 'sent', 6),
  ('2', 'in', 'human', 'first', 'sent', 1),
  ('2', 'in', 'human', 'second', 'sent', 1),
  ('3', 'in', 'human', 'text 1', 'sent', 1),
  ('3', 'in', 'note', 'noted', 'sent', 2),
  ('3', 'in', 'automation', 'automatic', 'sent', 3),
  ('3', 'out', 'note', 'noted', 'sent', 4),
  ('4', 'in', 'human', 'text 1', 'sent', 1),
  ('4', 'in', 'human', NULL, 'sent', 2),
  ('5', 'out', 'human', 'ours', 'failed', 2),
  ('5', 'out', 'bot', 'ours', 'deleted', 3),
  ('5', 'out', 'followup', 'ours', 'sent', 4),
  ('5', 'out', 'followup', 'ours', 'failed', 5),
  ('7', 'in', 'human', repeat('x', 300), 'sent', 1),
  ('9', 'in', 'human', 'text 1', 'sent', 1)
) v (c, d, a, b, s, t);

INSERT INTO cases VALUES
  ('default', '1', 'the newest of each, whatever their ids',
   '{"last_inbound_at": 5, "last_answer_at": 7, "last_human_at": 6,
     "last_ours_at": null, "attributes": {"_last_text": "text 5"}}'),
  ('default', '2', 'of one instant the later id',
   '{"last_inbound_at": 1, "attributes": {"_last_text": "second"}}'),
  ('default', '3', 'notes and automatic answers are not counted',
   '{"last_inbound_at": 1, "last_answer_at": null, "last_human_at": null,
     "last_ours_at": null, "attributes": {"_last_text": "text 1"}}'),
  ('default', '5', 'what did not go out is not counted',
   '{"last_inbound_at": null, "last_answer_at": null, "last_human_at": null,
     "last_ours_at": 4}'),
  ('default', '6', 'without a message',
   '{"contact_id": "nobody", "channel": "webchat", "address": "v",
     "status": "open", "owner": "nobody", "last_inbound_at": null,
     "opted_out": false, "tenant_active": true, "attributes": {}}'),
  ('default', '7', 'a long text is cut',
   jsonb_build_object('attributes',
     jsonb_build_object('_last_text', repeat('x', 200)))),
  ('other', '9', 'a conversation''s attributes go before its contact''s',
   '{"status": "closed", "owner": "bot", "intent": "pricing",
     "stage": "quote", "locale": "pt-BR", "timezones": ["America/Sao_Paulo"],
     "attributes": {"name": "Ana", "plan": "max", "goal": "a fence",
     "_last_text": "text 1"}}'),
  ('default', '9', 'somebody else''s', NULL),
  ('default', '10', 'who wants no messages', '{"opted_out": true}'),
  ('default', '11', 'without a contact',
   '{"contact_id": null, "opted_out": false}'),
  ('default', '12', 'one that is not there', NULL);
