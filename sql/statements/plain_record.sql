-- Adapter "plain": write messages that were sent into the conversations.
-- params: tenants, conversations, texts
INSERT INTO crm.message (conversation_id, direction, author, body)
SELECT c.id, 'out', 'followup', w.body
FROM unnest($1::text[], $2::text[], $3::text[])
  AS w(tenant, conversation, body)
JOIN crm.conversation c ON c.id = w.conversation AND c.tenant = w.tenant
