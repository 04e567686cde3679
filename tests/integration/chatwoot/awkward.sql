-- What is expected of the conversations of chatwoot-testdata.sql. `asked`: our
-- answer is the newer one, so a silence has begun.
SET search_path = public;
CREATE TABLE expected (
  id integer PRIMARY KEY, what text, channel text, address text, status text,
  owner text, asked boolean, a_person boolean, ours boolean,
  opted_out boolean, intent text, stage text, locale text, zone text);
INSERT INTO expected VALUES
  (1001, 'a note and an activity after the answer', 'whatsapp', '+5511988',
    'open', 'human', true, true, false, false, 'pricing', 'recommend', 'pt',
    'America/Manaus'),
  (1002, 'blocked', 'whatsapp', '+5511977', 'closed', 'nobody', false, false,
    false, true, NULL, NULL, 'pt-BR', 'America/Sao_Paulo'),
  (1003, 'automation only', 'whatsapp', '+5511988', 'open', 'nobody', false,
    false, false, false, 'booking', 'commit', 'pt-BR', 'America/Manaus'),
  (1004, 'a bot answered', 'messenger', 'PSID1', 'open', 'bot', true, false,
    false, false, NULL, NULL, 'pt-BR', 'America/Sao_Paulo'),
  (1005, 'instagram in a page, our answer failed', 'instagram', 'IGSID1',
    'open', 'nobody', false, true, false, false, NULL, NULL, 'pt-BR',
    'America/Sao_Paulo'),
  (1006, 'from the phone', 'telegram', '888', 'open', 'nobody', true, true,
    false, false, NULL, NULL, 'es', 'America/Sao_Paulo'),
  (1007, 'greeting only', 'webchat', '6b1b2c3d-0000-4000-8000-000000000001',
    'open', 'nobody', false, false, false, false, NULL, NULL, 'de',
    'Europe/Madrid'),
  (1008, 'snoozed', 'email', 'fay@x', 'snoozed', 'human', true, true, false,
    false, NULL, NULL, 'pt-BR', 'America/Sao_Paulo'),
  (1009, 'campaign, attribute', 'api', '6b1b2c3d-0000-4000-8000-000000000002',
    'open', 'nobody', false, false, false, true, NULL, NULL, 'en', NULL),
  (1010, 'only ours', 'instagram', 'IGSID2', 'open', 'nobody', false, false,
    true, false, NULL, NULL, 'pt-BR', 'America/Sao_Paulo'),
  (1011, 'the answer was deleted', 'whatsapp', '+5511988', 'open', 'human',
    false, true, false, false, NULL, NULL, 'pt-BR', 'America/Manaus');

CREATE VIEW wrong AS
SELECT x.id, x.what, got
FROM expected x JOIN conversations c USING (id)
LEFT JOIN followup.conversation_facts(ARRAY[c.account_id::text],
  ARRAY[c.display_id::text]) f ON true
CROSS JOIN LATERAL (SELECT ROW(f.channel, f.address, f.status, f.owner,
  coalesce(f.last_answer_at > coalesce(f.last_inbound_at, '-infinity'), false),
  f.last_human_at IS NOT NULL, f.last_ours_at IS NOT NULL, f.opted_out,
  f.intent, f.stage, f.locale, f.timezones[1])::text) r(got)
WHERE got IS DISTINCT FROM ROW(x.channel, x.address, x.status, x.owner,
  x.asked, x.a_person, x.ours, x.opted_out, x.intent, x.stage, x.locale,
  x.zone)::text
  -- A window of its own, of 48 hours, has the ninth alone.
  OR f.window_ends_at IS DISTINCT FROM
     CASE x.id WHEN 1009 THEN f.last_inbound_at + interval '48 h' END
  OR (f.last_inbound_at IS NULL) <> (x.id = 1010);
