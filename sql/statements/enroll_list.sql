-- Silences from before the first start, newest first, as explain.sql gives a
-- conversation. params: since, tenant (null: all), limit
-- rows: the conversation as JSON, how many there are
WITH wanted AS MATERIALIZED (
  SELECT DISTINCT c.tenant_id, c.conversation_id
  FROM followup.conversations_since($1::timestamptz) c
  WHERE c.tenant_id = coalesce($2::text, c.tenant_id)
), facts AS MATERIALIZED (
  SELECT f.* FROM followup.conversation_facts(
    ARRAY(SELECT tenant_id FROM wanted ORDER BY tenant_id, conversation_id),
    ARRAY(SELECT conversation_id FROM wanted
          ORDER BY tenant_id, conversation_id)) f
), silent AS MATERIALIZED (
  SELECT f.* FROM facts f, followup.installation i
  WHERE f.last_answer_at > $1::timestamptz
    AND f.last_answer_at <= i.enroll_since
    AND f.last_answer_at >= coalesce(f.last_inbound_at, '-infinity')
    AND NOT EXISTS (
      SELECT FROM followup.enrollment n
      WHERE n.partition = followup.partition_of(f.tenant_id, f.conversation_id)
        AND n.tenant = f.tenant_id AND n.conversation = f.conversation_id
        AND n.episode_at = coalesce(f.last_inbound_at, 'epoch'))
)
SELECT json_build_object(
  'facts', json_build_object(
    'tenant', f.tenant_id, 'conversation', f.conversation_id,
    'contact', f.contact_id, 'channel', f.channel, 'status', f.status,
    'owner', f.owner, 'intent', f.intent, 'stage', f.stage,
    'locale', f.locale, 'timezones', f.timezones,
    'tenant_active', coalesce(f.tenant_active, true),
    'attributes', f.attributes),
  'us', json_build_object(
    'now', followup.us(clock_timestamp()),
    'last_inbound_at', followup.us(f.last_inbound_at),
    'last_answer_at', followup.us(f.last_answer_at),
    'last_human_at', followup.us(f.last_human_at),
    'last_ours_at', followup.us(f.last_ours_at),
    'window_ends_at', followup.us(f.window_ends_at),
    'address', f.address),
  'against', (SELECT coalesce(json_agg(a.code), '[]') FROM (
      SELECT 'opted_out' AS code
      WHERE coalesce(f.opted_out, false)
         OR EXISTS (SELECT FROM followup.suppressions_of(
           f.tenant_id, f.contact_id, f.channel))
      UNION ALL SELECT 'superseded'
      WHERE EXISTS (
        SELECT FROM followup.enrollment n
        WHERE n.tenant = f.tenant_id AND n.contact = f.contact_id
          AND n.channel = f.channel AND n.address = f.address
          AND n.outcome IS NULL)
    ) a))::text, count(*) OVER ()
FROM silent f
ORDER BY f.last_answer_at DESC, f.tenant_id, f.conversation_id
LIMIT $3::integer
