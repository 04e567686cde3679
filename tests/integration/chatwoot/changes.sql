-- Silences that are followed up, what then happens to each, and what is to come
-- of it: how the enrollment ended; or, while it goes on, what it waits for, or
-- "armed" ("moved": for a later instant). After cases.sql has been loaded.
-- "triggers": only these notice it at once.
SET search_path = public;
CREATE TABLE changes (
  id integer PRIMARY KEY, what text, triggers boolean, then_is text);
INSERT INTO changes VALUES
  (1, 'nothing', false, 'armed'),
  (2, 'the customer replies', false, 'replied'),
  (3, 'blocked', false, 'opted_out'),
  (4, 'resolved', false, 'closed'),
  (5, 'resolved and reopened', false, 'armed'),
  (6, 'snoozed', false, 'snoozed'),
  (7, 'deleted', false, 'gone'),
  (8, 'an agent answers from the phone', false, 'moved'),
  (9, 'our own message comes back', false, 'armed'),
  (10, 'a note', false, 'armed'),
  (11, 'an automation writes', false, 'armed'),
  (12, 'the answer is taken back', true, 'no_answer'),
  (13, 'the answer fails', true, 'no_answer'),
  (14, 'the person is labelled', true, 'opted_out'),
  (15, 'the conversation is labelled', false, 'opted_out'),
  (16, 'the person wrote elsewhere', false, 'armed'),
  (17, 'that is where', false, 'replied'),
  (18, 'merged into a person who opted out', false, 'opted_out'),
  (19, 'the person is gone', false, 'status_unknown'),
  (20, 'a form is answered', true, 'replied'),
  (21, 'replies by mail', false, 'replied'),
  (22, 'only read', false, 'armed'),
  (23, 'the answer is deleted for good', true, 'no_answer'),
  (24, 'becomes unknown', false, 'status_unknown');
DELETE FROM messages;
DELETE FROM conversations;
DELETE FROM contact_inboxes;
DELETE FROM contacts;
DELETE FROM taggings;
UPDATE accounts SET custom_attributes = '{}';
INSERT INTO contacts (id, account_id, name)
SELECT id, 1, 'Ana' FROM changes WHERE id <> 17;
INSERT INTO contacts (id, account_id, name, custom_attributes)
VALUES (100, 1, 'Bea', '{"opted_out": true}');
INSERT INTO contact_inboxes (id, contact_id, inbox_id, source_id)
SELECT id, CASE id WHEN 17 THEN 16 ELSE id END, 7, 'c' || id FROM changes;
INSERT INTO conversations (id, account_id, inbox_id, contact_id,
  contact_inbox_id)
SELECT 500 + id, 1, 7, CASE id WHEN 17 THEN 16 ELSE id END, id FROM changes
ORDER BY changes.id;
SELECT say(id, 0, 60, 'Contact') FROM changes;
SELECT say(id, 1, 50, 'User') FROM changes;

CREATE TABLE before AS SELECT NULL::text AS conversation,
  NULL::timestamptz AS due_at WHERE false;

-- What happens. Chatwoot notes changes of a conversation in rows of messages of
-- type 2, and moves updated_at.
CREATE PROCEDURE happen() LANGUAGE plpgsql AS $$
DECLARE
  soon timestamp := timezone('UTC', clock_timestamp());
BEGIN
  INSERT INTO before SELECT conversation, due_at FROM followup.enrollment;
  PERFORM say(2, 0, 0, 'Contact');
  UPDATE contacts SET blocked = true, updated_at = soon WHERE id = 3;
  UPDATE conversations SET status = 1, updated_at = soon WHERE id = 504;
  PERFORM say(4, 2, 0);
  UPDATE conversations SET status = 1, updated_at = soon WHERE id = 505;
  UPDATE conversations SET status = 0, updated_at = soon WHERE id = 505;
  UPDATE conversations SET status = 3, updated_at = soon WHERE id = 506;
  PERFORM say(6, 2, 0);
  DELETE FROM messages WHERE conversation_id = 507;
  DELETE FROM conversations WHERE id = 507;
  PERFORM say(8, 1, 0, attributes => '"{\"external_echo\":true}"');
  PERFORM say(9, 1, 0, 'AgentBot', bot => 2);
  PERFORM say(10, 1, 0, 'User', is_private => true);
  PERFORM say(11, 1, 0, attributes => '{"automation_rule_id": 1}');
  UPDATE messages SET content = 'gone', content_attributes
    = '"{\"deleted\":true}"' WHERE conversation_id = 512 AND message_type = 1;
  UPDATE messages SET status = 3
  WHERE conversation_id = 513 AND message_type = 1;
  INSERT INTO taggings (tag_id, taggable_type, taggable_id, context)
  VALUES (1, 'Contact', 14, 'labels');
  UPDATE conversations SET cached_label_list = 'vip, opt-out',
    updated_at = soon WHERE id = 515;
  PERFORM say(15, 2, 0);
  PERFORM say(17, 0, 0, 'Contact');
  UPDATE conversations SET contact_id = 100, updated_at = soon WHERE id = 518;
  DELETE FROM contacts WHERE id = 18;
  DELETE FROM contacts WHERE id = 19;
  UPDATE messages SET content_type = 4, updated_at = soon, content_attributes
    = '"{\"submitted_values\":[{\"title\":\"A\"}]}"'
  WHERE conversation_id = 520 AND message_type = 1;
  PERFORM say(21, 0, 0, 'Contact', form => 8);
  UPDATE messages SET status = 2
  WHERE conversation_id = 522 AND message_type = 1;
  UPDATE conversations SET last_activity_at = soon WHERE id = 522;
  DELETE FROM messages WHERE conversation_id = 523 AND message_type = 1;
  UPDATE conversations SET status = 9, updated_at = soon WHERE id = 524;
END
$$;

-- By id, since a conversation may be gone.
CREATE TABLE numbers AS
SELECT c.id - 500 AS id, c.display_id::text AS conversation
FROM conversations c;
CREATE VIEW come AS
SELECT k.id, k.what, k.triggers, k.then_is,
  coalesce(e.outcome, e.waits_for,
    CASE WHEN e.due_at > b.due_at THEN 'moved' ELSE 'armed' END) AS now_is
FROM changes k JOIN numbers n USING (id)
LEFT JOIN followup.enrollment e ON e.conversation = n.conversation
LEFT JOIN before b ON b.conversation = n.conversation;
