-- What is expected of a conversation: some of its columns, instants as minutes
-- after the first of 2026 in UTC; null: it is not there.
SET search_path = public;
CREATE TABLE cases (tenant text, conversation text, what text, expected jsonb);

CREATE FUNCTION minutes(at timestamptz) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT coalesce(to_jsonb(round(extract(epoch FROM
    at - '2026-01-01 00:00+00'::timestamptz) / 60, 5)), 'null')
$$;

CREATE VIEW wrong AS
SELECT c.what, c.expected, f.got
FROM cases c
LEFT JOIN LATERAL (
  SELECT to_jsonb(f) || jsonb_build_object(
    'last_inbound_at', minutes(f.last_inbound_at),
    'last_answer_at', minutes(f.last_answer_at),
    'last_human_at', minutes(f.last_human_at),
    'last_ours_at', minutes(f.last_ours_at)) AS got
  FROM followup.conversation_facts(ARRAY[c.tenant], ARRAY[c.conversation]) f
) f ON true
WHERE CASE WHEN c.expected IS NULL THEN f.got IS NOT NULL
           ELSE (f.got @> c.expected) IS NOT TRUE END;
