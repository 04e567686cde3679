-- What a sender reports. Statuses may come out of order and twice: a message
-- only moves up. The first "sent" of a closing step closes the conversation
-- (close_next() does), unless the customer has written since it was fired.
CREATE OR REPLACE FUNCTION followup.receive_receipt(r jsonb) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  l followup.ledger;
  ranks constant text[] := ARRAY['pending', 'permit', 'withdrawn', 'unknown',
    'failed', 'sent', 'delivered', 'read'];
  news text := r->>'status';
  line text;
BEGIN
  SELECT * INTO l FROM followup.find_message(r->>'id');
  IF NOT FOUND THEN
    RETURN 'unknown_message';
  END IF;
  IF l.closes AND news IN ('sent', 'delivered', 'read') THEN
    PERFORM FROM followup.partition q WHERE q.id = l.partition
    FOR NO KEY UPDATE;
    SELECT * INTO l FROM followup.ledger x
    WHERE x.partition = l.partition AND x.seq = l.seq;
    IF l.status IN ('pending', 'permit')
       AND NOT EXISTS (
         SELECT FROM followup.conversation_facts(
           ARRAY[l.tenant], ARRAY[l.conversation]) f
         WHERE f.last_inbound_at > l.episode_at) THEN
      PERFORM followup.append(l, 'closed', 'close_out', NULL);
      INSERT INTO followup.closing (tenant, conversation, episode_at)
      VALUES (l.tenant, l.conversation, l.episode_at);
    END IF;
  END IF;
  SELECT * INTO l FROM followup.ledger x
  WHERE x.partition = l.partition AND x.seq = l.seq FOR NO KEY UPDATE;

  UPDATE followup.ledger x
  SET status = CASE
        WHEN news IN ('replied', 'opted_out') THEN x.status
        WHEN array_position(ranks, news) > array_position(ranks, x.status)
          THEN CASE WHEN news = 'failed' AND r->>'error_class' = 'ambiguous'
                    THEN 'unknown' ELSE news END
        ELSE x.status END,
    status_at = coalesce((r->>'at')::timestamptz, clock_timestamp()),
    provider_id = coalesce(r->>'provider_id', x.provider_id),
    chosen = coalesce(r->>'option', x.chosen),
    error_class = coalesce(r->>'error_class', x.error_class),
    error = coalesce(r->>'error', x.error)
  WHERE x.partition = l.partition AND x.seq = l.seq;

  IF l.contact IS NOT NULL AND (news = 'opted_out' OR (news = 'failed'
      AND r->>'error_class' IN ('opt_out', 'permanent_recipient'))) THEN
    line := CASE WHEN r->>'error_class' = 'permanent_recipient'
                 THEN l.channel ELSE '*' END;
    PERFORM followup.suppress(l.tenant, l.contact, line, 'receipt', NULL,
      coalesce(r->>'error_class', news), clock_timestamp());
  END IF;
  PERFORM followup.touch(l.tenant, l.conversation);
  RETURN 'done';
END
$$;
